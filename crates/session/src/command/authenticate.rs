//! AUTHENTICATE (RFC 9051, 6.2.2) with SASL-IR (RFC 4959).

use auth::{Credentials, Exchange, Mechanism, SaslStep};
use wire::{SaslLine, Secret, Tag, say};

use crate::conversation::session::{Awaiting, Session};
use crate::ending::{Ending, Outcome, Refused, conclude};
use crate::login;
use crate::out::Out;
use crate::report::{CommandStep, Report};

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    mechanism: &str,
    initial: Option<Secret>,
    out: &mut Out<'_>,
) -> Result<CommandStep, Ending> {
    if !session.peer.security.may_login() {
        return Err(Refused::PrivacyRequired.into());
    }
    let Some(mechanism) = Mechanism::parse(mechanism) else {
        return Err(Refused::Cannot("This mechanism is not offered").into());
    };
    match mechanism.start(initial.map(|secret| secret.0)) {
        SaslStep::Challenge(challenge, exchange) => {
            ask(session, tag.clone(), exchange, &challenge, out);
            Ok(CommandStep::Later)
        }
        SaslStep::Credentials(credentials) => Ok(enter(session, credentials).await?.into()),
        SaslStep::Refused => Err(Refused::LoginFailed.into()),
    }
}

/// The client's next answer.
pub(crate) async fn go_on(
    session: &mut Session,
    tag: Tag,
    exchange: Exchange,
    line: &[u8],
    out: &mut Out<'_>,
) -> Report {
    let outcome = match wire::sasl_decode(line) {
        None => Err(Ending::malformed("This is not base64")),
        Some(SaslLine::Cancel) => Err(Ending::malformed("Cancelled")),
        Some(SaslLine::Data(answer)) => match exchange.respond(answer.0) {
            SaslStep::Challenge(challenge, exchange) => {
                ask(session, tag, exchange, &challenge, out);
                return Report::going_on("AUTHENTICATE");
            }
            SaslStep::Credentials(credentials) => enter(session, credentials).await,
            SaslStep::Refused => Err(Refused::LoginFailed.into()),
        },
    };
    let verdict = conclude(&mut out.buffer, &tag, "AUTHENTICATE", outcome);
    Report::concluded("AUTHENTICATE", verdict)
}

fn ask(session: &mut Session, tag: Tag, exchange: Exchange, challenge: &[u8], out: &mut Out<'_>) {
    say::continuation_data(&mut out.buffer, challenge);
    session.awaiting = Awaiting::Sasl {
        tag,
        exchange: Box::new(exchange),
    };
}

async fn enter(session: &mut Session, credentials: Credentials) -> Outcome {
    let Credentials {
        authzid,
        user,
        password,
    } = credentials;
    let password = Secret(password.as_bytes().to_vec());
    login::enter(session, &user, &password, authzid.as_deref()).await
}
