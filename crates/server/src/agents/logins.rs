//! Logins by Dovecot's auth protocol: the same accounts, throttle and record as by IMAP.

use std::net::{IpAddr, Ipv4Addr};

use mail::SessionId;
use mta::auth_protocol::{Claim, Conversation, Step, fail, greeting, refuse, welcome};
use session::{Hangup, LoginVerdict, opened_by, split_login};
use store::{AccessToken, Account, Fault, Origin, TokenScope};
use tracing::{Instrument as _, debug, info, info_span, warn};
use wire::Secret;

use super::{Agent, AgentsContext, READ_BYTES_MAX};
use crate::environment;

/// Answers requests until one side hangs up.
pub(super) async fn answer(agent: &mut Agent) -> Result<(), Hangup> {
    let cookie = environment::random_bytes().ok_or(Hangup)?;
    let connection = environment::random_bytes().ok_or(Hangup)?;
    let hello = greeting(std::process::id(), u64::from_be_bytes(connection), &cookie);
    agent.say(&hello).await?;
    let mut conversation = Conversation::default();
    let mut buffer = vec![0; READ_BYTES_MAX];
    loop {
        conversation.push(agent.hear(&mut buffer).await?);
        loop {
            match conversation.take_next() {
                Ok(Some(Step::Nothing)) => {}
                Ok(Some(Step::Say(bytes))) => agent.say(&bytes).await?,
                Ok(Some(Step::Ask(claim))) => {
                    let address = claim.address.or(agent.address);
                    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
                    let judged = judge(&agent.context, claim, address.to_canonical());
                    let bytes = judged.instrument(info_span!("agents.login")).await;
                    agent.say(&bytes).await?;
                }
                Ok(None) => break,
                Err(unreadable) => {
                    debug!(cause = ?unreadable, "what an agent sent to listen.auth is not the protocol");
                    return Err(Hangup);
                }
            }
        }
    }
}

/// Whether somebody is let in, as the answer to the agent. Who names a view (`ada/support`) is let in as the account.
async fn judge(context: &AgentsContext, claim: Claim, address: IpAddr) -> Vec<u8> {
    let (user, _view) = split_login(&claim.credentials.user);
    let password = Secret(claim.credentials.password.as_bytes().to_vec());
    let verdict = context.authenticator.login(user, &password, address).await;
    match verdict {
        LoginVerdict::Welcome(account) if is_oneself(&claim, user) => {
            note_login(context, &account, None, &claim, address);
            info!(user.id = %account.id, service = claim.service, "let in for a mail transfer agent");
            welcome(claim.id, &account.name)
        }
        LoginVerdict::ByToken(account, token) => {
            match login_by_token(context, &account, &token, &claim).await {
                Ok(Some(login)) => {
                    note_login(context, &account, Some(&token), &claim, address);
                    info!(
                        user.id = %account.id, token.id = %token.id, service = claim.service,
                        "let in by an access token for a mail transfer agent"
                    );
                    welcome(claim.id, &login)
                }
                Ok(None) => {
                    context.store.note_refusal(user, address);
                    refuse(claim.id)
                }
                Err(fault) => {
                    warn!(cause = %fault, "could not look up what an access token is for");
                    fail(claim.id, "Logins cannot be checked right now")
                }
            }
        }
        LoginVerdict::Welcome(_)
        | LoginVerdict::ByBearer(..)
        | LoginVerdict::ByCertificate(..)
        | LoginVerdict::Refused => {
            context.store.note_refusal(user, address);
            refuse(claim.id)
        }
        LoginVerdict::TooMany => fail(claim.id, "Too many logins, try again later"),
        LoginVerdict::Unavailable => fail(claim.id, "Logins cannot be checked right now"),
    }
}

/// How the agent knows who logs in by this token: as the account, or, by a token for one tree, as who sends for that alone.
async fn login_by_token(
    context: &AgentsContext,
    account: &Account,
    token: &AccessToken,
    claim: &Claim,
) -> Result<Option<String>, Fault> {
    if !token.services.submission {
        return Ok(None);
    }
    let (user, identity) = (
        &claim.credentials.user,
        claim.credentials.authzid.as_deref(),
    );
    let opened = opened_by(
        &context.store,
        &context.separator,
        account,
        token,
        user,
        identity,
    )
    .await?;
    Ok(opened.map(|_| match &token.scope {
        TokenScope::Account => account.name.clone(),
        TokenScope::Tree { login, .. } => login.clone(),
    }))
}

/// Nobody sends as somebody else by naming him: who may send as an address is its senders' map's to say.
fn is_oneself(claim: &Claim, user: &str) -> bool {
    let identity = claim.credentials.authzid.as_deref();
    identity.is_none_or(|identity| split_login(identity).0 == user)
}

fn note_login(
    context: &AgentsContext,
    account: &Account,
    token: Option<&AccessToken>,
    claim: &Claim,
    address: IpAddr,
) {
    let Some(session) = environment::random_bytes() else {
        return;
    };
    let origin = Origin {
        session: SessionId::from_random(session),
        account: account.id,
        account_name: account.name.clone(),
        login_name: None,
        token: token.map(AccessToken::usage),
        logins: vec![account.login()],
        node: context.node_name.clone(),
        address: Some(address),
        client: Some(claim.service.clone()),
    };
    context.store.from_origin(origin).note_login();
}
