//! GETACL (RFC 4314, 3.3).

use acl::{AclEntry, Operation, Subject};
use wire::{MailboxArg, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome};
use crate::names::named::Missing;
use crate::out::Out;

pub(crate) async fn run(session: &mut Session, mailbox: &MailboxArg, out: &mut Out<'_>) -> Outcome {
    let (named, _) = session
        .permit(mailbox, Operation::Administer, Missing::Mailbox)
        .await?;
    let entries = session.store.access_list(named.found.id).await?;
    let lines: Vec<(String, String)> = entries
        .into_iter()
        .map(|entry| {
            let AclEntry {
                identifier,
                is_negative,
                rights,
            } = entry;
            (
                Subject {
                    identifier,
                    is_negative,
                }
                .to_string(),
                rights.to_string(),
            )
        })
        .collect();
    let lines: Vec<(&str, &str)> = lines
        .iter()
        .map(|(subject, rights)| (subject.as_str(), rights.as_str()))
        .collect();
    say::acl(
        &mut out.buffer,
        session.speech(),
        named.name.as_str(),
        &lines,
    );
    Ok(Done::completed())
}
