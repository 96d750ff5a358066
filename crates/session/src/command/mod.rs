//! One file a command. A handler tells the story: resolve, permit, commit, learn, tell.

pub(crate) mod append;
pub(crate) mod authenticate;
mod cancel_update;
mod capability;
mod check;
mod close;
mod compress;
mod copy;
mod create;
mod delete;
mod delete_acl;
mod enable;
mod esearch;
mod expunge;
pub(crate) mod fetch;
mod get_acl;
mod get_metadata;
mod get_quota;
mod get_quota_root;
mod id;
pub(crate) mod idle;
pub(crate) mod list;
mod list_rights;
pub(crate) mod login;
mod logout;
mod lsub;
mod r#move;
mod my_rights;
mod namespace;
mod noop;
mod notify;
mod rename;
mod replace;
mod search;
mod select;
mod set_acl;
mod set_metadata;
mod set_quota;
mod sort;
mod starttls;
pub(crate) mod status;
mod store;
mod subscribe;
mod thread;
mod uid_batches;
mod unauthenticate;

use wire::{Body, Tag};

use crate::conversation::session::Session;
use crate::ending::Ending;
use crate::node::Now;
use crate::out::Out;
use crate::report::Step;

/// Does what `body` asks. Every branch is boxed: an idle session is as large as the largest.
pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    body: Body,
    now: Now,
    out: &mut Out<'_>,
) -> Result<Step, Ending> {
    let done = match body {
        Body::Capability => capability::run(session, out),
        Body::Noop => noop::run(),
        Body::Check => check::run(),
        Body::Logout => return Ok(logout::run(session, out)),
        Body::StartTls => return starttls::run(session),
        Body::Compress => return compress::run(session),
        Body::Unauthenticate => return unauthenticate::run(session),
        Body::Authenticate { mechanism, initial } => {
            return Box::pin(authenticate::run(session, tag, &mechanism, initial, out)).await;
        }
        Body::Login { user, password } => Box::pin(login::run(session, &user, &password)).await?,
        Body::Enable(names) => enable::run(session, &names, out),
        Body::Id(pairs) => id::run(session, pairs.as_deref(), out)?,
        Body::Select(select) => Box::pin(select::run(session, select, out)).await?,
        Body::Create {
            mailbox,
            special_use,
        } => Box::pin(create::run(session, &mailbox, &special_use, out)).await?,
        Body::Delete(mailbox) => Box::pin(delete::run(session, &mailbox, out)).await?,
        Body::Rename { from, to } => Box::pin(rename::run(session, &from, &to, out)).await?,
        Body::Subscribe(mailbox) => Box::pin(subscribe::subscribe(session, &mailbox)).await?,
        Body::Unsubscribe(mailbox) => Box::pin(subscribe::unsubscribe(session, &mailbox)).await?,
        Body::List(list) => Box::pin(list::run(session, &list, out)).await?,
        Body::Lsub { reference, pattern } => {
            Box::pin(lsub::run(session, &reference, &pattern, out)).await?
        }
        Body::Namespace => namespace::run(session, out),
        Body::Status { mailbox, items } => {
            Box::pin(status::run(session, &mailbox, &items, out)).await?
        }
        Body::Append { mailbox, messages } => {
            Box::pin(append::run(session, &mailbox, messages, now)).await?
        }
        Body::Idle => return Ok(Box::pin(idle::run(session, tag, out)).await),
        Body::Close => Box::pin(close::close(session, tag, out)).await?,
        Body::Unselect => close::unselect(session),
        Body::Expunge => Box::pin(expunge::run(session, tag, None, out)).await?,
        Body::UidExpunge(set) => Box::pin(expunge::run(session, tag, Some(&set), out)).await?,
        Body::Esearch(asked) => Box::pin(esearch::run(session, tag, asked, now, out)).await?,
        Body::UidBatches { size, range } => uid_batches::run(session, tag, size, range, out)?,
        Body::Search(search) => Box::pin(search::run(session, tag, search, now, out)).await?,
        Body::Sort(asked) => Box::pin(sort::run(session, tag, asked, now, out)).await?,
        Body::CancelUpdate(tags) => cancel_update::run(session, &tags)?,
        Body::Thread {
            numbering,
            algorithm,
            key,
        } => {
            Box::pin(thread::run(
                session, tag, numbering, algorithm, key, now, out,
            ))
            .await?
        }
        Body::Fetch(fetch) => Box::pin(fetch::run(session, fetch, out)).await?,
        Body::Store(request) => Box::pin(store::run(session, tag, request, out)).await?,
        Body::Copy {
            numbering,
            set,
            mailbox,
        } => Box::pin(copy::run(session, tag, (numbering, &set), &mailbox, out)).await?,
        Body::Move {
            numbering,
            set,
            mailbox,
        } => Box::pin(r#move::run(session, tag, (numbering, &set), &mailbox, out)).await?,
        Body::Replace {
            numbering,
            set,
            mailbox,
            message,
        } => {
            let old = (numbering, set);
            Box::pin(replace::run(session, &old, &mailbox, message, now, out)).await?
        }
        Body::SetAcl {
            mailbox,
            identifier,
            rights,
        } => Box::pin(set_acl::run(session, &mailbox, &identifier, &rights)).await?,
        Body::DeleteAcl {
            mailbox,
            identifier,
        } => Box::pin(delete_acl::run(session, &mailbox, &identifier)).await?,
        Body::GetAcl(mailbox) => Box::pin(get_acl::run(session, &mailbox, out)).await?,
        Body::ListRights {
            mailbox,
            identifier,
        } => Box::pin(list_rights::run(session, &mailbox, &identifier, out)).await?,
        Body::MyRights(mailbox) => Box::pin(my_rights::run(session, &mailbox, out)).await?,
        Body::GetQuota(root) => Box::pin(get_quota::run(session, &root, out)).await?,
        Body::GetQuotaRoot(mailbox) => {
            Box::pin(get_quota_root::run(session, &mailbox, out)).await?
        }
        Body::SetQuota { root, limits } => {
            Box::pin(set_quota::run(session, &root, &limits, out)).await?
        }
        Body::GetMetadata(asked) => Box::pin(get_metadata::run(session, asked, out)).await?,
        Body::SetMetadata { mailbox, entries } => {
            Box::pin(set_metadata::run(session, mailbox.as_ref(), entries)).await?
        }
        Body::Notify(asked) => Box::pin(notify::run(session, asked, out)).await?,
    };
    Ok(done.into())
}
