//! AUTHENTICATE (RFC 9051, 6.2.2) with SASL-IR (RFC 4959).

use auth::{
    BearerMechanism, Binding, ClientFirst, Credentials, Mechanism, Proof, SaslStep, ScramExchange,
    ScramMechanism,
};
use wire::{SaslLine, Secret, Tag, say};

use crate::conversation::session::{Awaiting, Session};
use crate::ending::{Done, Ending, Refused, conclude};
use crate::exchange::{Claim, Exchange};
use crate::login;
use crate::names::naming::split_login;
use crate::node::{Challenged, LoginVerdict};
use crate::out::Out;
use crate::report::{CommandStep, Report};

/// What follows from what the client has said.
enum Step {
    /// This challenge, after which the exchange goes on.
    Ask(Vec<u8>, Box<Exchange>),
    /// The end.
    Done(Done),
}

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
    let mechanism = Mechanism::parse(mechanism).filter(|it| session.circumstances().offers(*it));
    let Some(mechanism) = mechanism else {
        return Err(Refused::Cannot("This mechanism is not offered").into());
    };
    let step = match (initial, mechanism) {
        (Some(message), mechanism) => begin(session, mechanism, message.0).await?,
        (None, Mechanism::Password(mechanism)) => follow(session, mechanism.start(None)).await?,
        (None, Mechanism::External | Mechanism::Scram(_) | Mechanism::Bearer(_)) => {
            Step::Ask(Vec::new(), Box::new(Exchange::First(mechanism)))
        }
    };
    match step {
        Step::Ask(challenge, exchange) => {
            ask(session, tag.clone(), exchange, &challenge, out);
            Ok(CommandStep::Later)
        }
        Step::Done(done) => Ok(done.into()),
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
    let step = match wire::sasl_decode(line) {
        None => Err(Ending::malformed("This is not base64")),
        Some(SaslLine::Cancel) => Err(Ending::malformed("Cancelled")),
        Some(SaslLine::Data(answer)) => respond(session, exchange, answer.0).await,
    };
    let outcome = match step {
        Ok(Step::Ask(challenge, exchange)) => {
            ask(session, tag, exchange, &challenge, out);
            return Report::going_on("AUTHENTICATE");
        }
        Ok(Step::Done(done)) => Ok(done),
        Err(ending) => Err(ending),
    };
    let verdict = conclude(&mut out.buffer, &tag, "AUTHENTICATE", outcome);
    Report::concluded("AUTHENTICATE", verdict)
}

fn ask(
    session: &mut Session,
    tag: Tag,
    exchange: Box<Exchange>,
    challenge: &[u8],
    out: &mut Out<'_>,
) {
    say::continuation_data(&mut out.buffer, challenge);
    session.awaiting = Awaiting::Sasl { tag, exchange };
}

async fn respond(
    session: &mut Session,
    exchange: Exchange,
    message: Vec<u8>,
) -> Result<Step, Ending> {
    match exchange {
        Exchange::First(mechanism) => begin(session, mechanism, message).await,
        Exchange::Password(exchange) => follow(session, exchange.respond(message)).await,
        Exchange::Proof {
            claim,
            challenged,
            exchange,
        } => check(session, claim, &challenged, &exchange, &message).await,
        Exchange::Acknowledgement { .. } if !message.is_empty() => Err(Refused::LoginFailed.into()),
        Exchange::Acknowledgement { claim, verdict } => admit(session, &claim, verdict).await,
        Exchange::Regret(claim) => admit(session, &claim, LoginVerdict::Refused).await,
    }
}

/// The client's first message.
async fn begin(
    session: &mut Session,
    mechanism: Mechanism,
    message: Vec<u8>,
) -> Result<Step, Ending> {
    match mechanism {
        Mechanism::Password(mechanism) => follow(session, mechanism.start(Some(message))).await,
        Mechanism::Scram(mechanism) => challenge(session, mechanism, &message).await,
        Mechanism::Bearer(mechanism) => bear(session, mechanism, &message).await,
        Mechanism::External => certify(session, message).await,
    }
}

async fn follow(session: &mut Session, step: SaslStep) -> Result<Step, Ending> {
    let Credentials {
        authzid,
        user,
        password,
    } = match step {
        SaslStep::Challenge(challenge, exchange) => {
            return Ok(Step::Ask(challenge, Box::new(Exchange::Password(exchange))));
        }
        SaslStep::Credentials(credentials) => credentials,
        SaslStep::Refused => return Err(Refused::LoginFailed.into()),
    };
    let password = Secret(password.as_bytes().to_vec());
    let entered = login::enter(session, &user, &password, authzid.as_deref()).await;
    entered.map(Step::Done)
}

/// Takes a token of an identity provider. A client whose token is refused is told why it needs another, and answers before the
/// command ends (RFC 7628, 3.2.3).
async fn bear(
    session: &mut Session,
    mechanism: BearerMechanism,
    message: &[u8],
) -> Result<Step, Ending> {
    let Some(bearer) = mechanism.parse(message) else {
        return Err(Refused::LoginFailed.into());
    };
    let address = session.peer.address.ip();
    let authenticator = &session.node.authenticator;
    let verdict = authenticator.bear(bearer.token(), address).await;
    let claim = Claim {
        user: bearer.identity.clone().unwrap_or_default(),
        identity: bearer.identity,
    };
    if let LoginVerdict::Refused = verdict {
        let hint = &session.node.bearer_hint;
        let why = mechanism.refusal(hint.scope.as_deref(), hint.configuration.as_deref());
        return Ok(Step::Ask(why, Box::new(Exchange::Regret(claim))));
    }
    admit(session, &claim, verdict).await
}

/// Believes the certificate that the client has shown in TLS. The message is whom it wants to act as; empty: whom the certificate names
/// (RFC 4422, A.1).
async fn certify(session: &mut Session, message: Vec<u8>) -> Result<Step, Ending> {
    let identity = String::from_utf8(message)
        .ok()
        .filter(|text| !text.contains('\0'));
    let (Some(identity), Some(certificate)) = (identity, session.certificate.as_deref()) else {
        return Err(Refused::LoginFailed.into());
    };
    let address = session.peer.address.ip();
    let authenticator = &session.node.authenticator;
    let verdict = authenticator.certify(certificate, address).await;
    let claim = Claim {
        user: identity.clone(),
        identity: Some(identity).filter(|identity| !identity.is_empty()),
    };
    admit(session, &claim, verdict).await
}

/// Asks whoever comes to prove that he knows his password.
async fn challenge(
    session: &mut Session,
    mechanism: ScramMechanism,
    message: &[u8],
) -> Result<Step, Ending> {
    let bound = Mechanism::Scram(ScramMechanism::Bound);
    let binding = match (mechanism, session.tls_binding.as_deref()) {
        (ScramMechanism::Bound, Some(binding)) => Binding::To(*binding),
        (ScramMechanism::Bound, None) => return Err(Refused::LoginFailed.into()),
        (ScramMechanism::Unbound, _) if session.circumstances().offers(bound) => Binding::Refused,
        (ScramMechanism::Unbound, _) => Binding::Impossible,
    };
    let Some(mut first) = ClientFirst::parse(message, binding) else {
        return Err(Refused::LoginFailed.into());
    };
    let claim = Claim {
        user: first.user.clone(),
        identity: first.authzid.take(),
    };
    let (name, _) = split_login(&claim.user);
    let challenged = match session.node.authenticator.challenge(name).await {
        Ok(challenged) => challenged,
        Err(verdict) => return admit(session, &claim, verdict).await,
    };
    let (challenge, exchange) = first.challenge(challenged.verifier.clone(), &challenged.nonce);
    let exchange = Exchange::Proof {
        claim,
        challenged,
        exchange,
    };
    Ok(Step::Ask(challenge, Box::new(exchange)))
}

async fn check(
    session: &mut Session,
    claim: Claim,
    challenged: &Challenged,
    exchange: &ScramExchange,
    message: &[u8],
) -> Result<Step, Ending> {
    let proof = exchange.check(message);
    let (name, _) = split_login(&claim.user);
    let address = session.peer.address.ip();
    let authenticator = &session.node.authenticator;
    let verdict = authenticator.admit(name, challenged, &proof, address).await;
    match (verdict, proof) {
        (verdict @ LoginVerdict::Welcome(_), Proof::Right(ours)) => Ok(Step::Ask(
            ours,
            Box::new(Exchange::Acknowledgement { claim, verdict }),
        )),
        (verdict, _) => admit(session, &claim, verdict).await,
    }
}

async fn admit(
    session: &mut Session,
    claim: &Claim,
    verdict: LoginVerdict,
) -> Result<Step, Ending> {
    let admitted = login::admit(session, verdict, &claim.user, claim.identity.as_deref()).await;
    admitted.map(Step::Done)
}
