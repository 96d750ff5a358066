//! LISTRIGHTS (RFC 4314, 3.4).

use acl::{Identifier, Operation, Ownership, Subject};
use wire::{MailboxArg, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome};
use crate::names::named::{Missing, Named};
use crate::out::Out;

pub(crate) async fn run(
    session: &mut Session,
    mailbox: &MailboxArg,
    identifier: &str,
    out: &mut Out<'_>,
) -> Outcome {
    let subject = Subject::parse(identifier).map_err(Ending::malformed_as)?;
    let (named, _) = session
        .permit(mailbox, Operation::Administer, Missing::Mailbox)
        .await?;
    let implied = implied(session, &named, &subject).await?;
    let grantable = acl::grantable(&subject, &named.found.who, session.node.everybody);
    let rights = acl::list_rights(&subject, implied, grantable);
    let optional: Vec<&str> = rights.optional.iter().map(String::as_str).collect();
    say::list_rights(
        &mut out.buffer,
        session.speech(),
        named.name.as_str(),
        identifier,
        &rights.required,
        &optional,
    );
    Ok(Done::completed())
}

/// What the subject holds here whatever the list says. What a site administrator holds is not told: it would tell who
/// is one, to whoever administers a mailbox.
async fn implied(
    session: &Session,
    named: &Named,
    subject: &Subject,
) -> Result<acl::Rights, Ending> {
    let owner = named.found.owner;
    let account = match &subject.identifier {
        Identifier::User(name) => {
            let account = session.store.find_account(name).await?;
            account.map(|account| account.id)
        }
        Identifier::Owner => owner,
        Identifier::Group(_)
        | Identifier::Anyone
        | Identifier::Authenticated
        | Identifier::Domain(_)
        | Identifier::Anonymous => None,
    };
    let ownership = match owner {
        None => Ownership::Shared,
        Some(owner) if Some(owner) == account => Ownership::Own,
        Some(_) => Ownership::Theirs,
    };
    Ok(acl::implied(false, ownership))
}
