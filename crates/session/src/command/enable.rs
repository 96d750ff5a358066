//! ENABLE (RFC 5161). Names that are not known are passed over.

use wire::say;

use crate::ending::Done;
use crate::out::Out;
use crate::session::Session;

pub(crate) fn run(session: &mut Session, names: &[String], out: &mut Out<'_>) -> Done {
    let mut enabled = Vec::new();
    for name in names {
        match name.as_str() {
            "CONDSTORE" => {
                session.enabled.condstore = true;
                enabled.push("CONDSTORE");
            }
            // QRESYNC brings CONDSTORE with it (RFC 7162, 3.2.3).
            "QRESYNC" => {
                session.enabled.condstore = true;
                session.enabled.qresync = true;
                enabled.push("QRESYNC");
            }
            _ => {}
        }
    }
    enabled.dedup();
    say::enabled(&mut out.buffer, &enabled);
    Done::completed()
}
