//! `postroom doctor --after-restore`: what a database needs that was restored from a backup
//! (docs/adr/0089-after-a-restore.md).

use serde_json::json;
use store::{LEASE_LENGTH, Recount, Restoration, Store};

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "After a restore from a backup, before frontends are started:\n  \
    postroom doctor --after-restore --dry-run       says what it would do\n  \
    postroom doctor --after-restore                 every mailbox gets a new UIDVALIDITY: clients read all mail anew\n  \
    postroom doctor --after-restore --nothing-lost  keeps it, where nobody wrote after the moment of the backup\n\n\
    Examples:\n  \
    postroom doctor\n  \
    postroom doctor --after-restore --nothing-lost";

/// What was asked for of a restored database.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// After a restore: give every mailbox a new UIDVALIDITY, as clients may have seen what is lost, and count again what is
    /// counted. Needs the database role that owns the schema.
    #[arg(long)]
    pub(super) after_restore: bool,
    /// Say what that would do.
    #[arg(long, requires = "after_restore")]
    dry_run: bool,
    /// Keep every UIDVALIDITY: nobody has written after the moment of the backup, as frontends were stopped before it.
    #[arg(long, requires = "after_restore")]
    nothing_lost: bool,
    /// Do it although frontends serve clients on this database.
    #[arg(long, requires = "after_restore")]
    while_serving: bool,
}

/// What was done.
struct Done {
    begun_anew: u64,
    recount: Recount,
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        let store = &context.store;
        let found = look(store, args).await?;
        if !found.is_owner {
            let words = "the role of database.url does not own the schema: this is done by the one that does, as migrate is";
            return Err(Failure::failed(words));
        }
        if args.dry_run {
            return terminal.show(&foretell(args, &found), || words_before(args, &found));
        }
        if found.frontends > 0 && !args.while_serving {
            let words = format!(
                "frontends serve clients on this database ({}): stop them first, or say --while-serving",
                found.frontends
            );
            return Err(Failure::failed(words));
        }
        let begun_anew = if args.nothing_lost {
            0
        } else {
            store.begin_uids_anew().await?
        };
        let recount = store.recount().await?;
        let done = Done {
            begun_anew,
            recount,
        };
        terminal.show(&data(&found, &done), || words_after(args, &found, &done))
    })
    .await
}

/// Frontends that were killed have a lease for a moment: they are looked for a second time.
async fn look(store: &Store, args: &Args) -> Result<Restoration, Failure> {
    let found = store.restoration().await?;
    if found.frontends == 0 || args.while_serving {
        return Ok(found);
    }
    tokio::time::sleep(LEASE_LENGTH).await;
    Ok(store.restoration().await?)
}

fn foretell(args: &Args, found: &Restoration) -> serde_json::Value {
    json!({
        "mailboxes": found.mailboxes,
        "would_begin_anew": if args.nothing_lost { 0 } else { found.outdated },
        "frontends": found.frontends,
    })
}

fn words_before(args: &Args, found: &Restoration) -> String {
    let mut words = String::new();
    if args.nothing_lost {
        words += "would keep every UIDVALIDITY\n";
    } else {
        words += &format!(
            "would give {} of {} mailboxes a new UIDVALIDITY: clients read them anew\n",
            found.outdated, found.mailboxes
        );
    }
    words += "would count again what is in mailboxes and quota roots\n";
    if found.frontends > 0 {
        words += &format!(
            "frontends serve clients on this database ({}): stop them first\n",
            found.frontends
        );
    }
    words
}

fn data(found: &Restoration, done: &Done) -> serde_json::Value {
    json!({
        "mailboxes": found.mailboxes,
        "begun_anew": done.begun_anew,
        "miscounted": { "mailboxes": done.recount.mailboxes, "quota_roots": done.recount.quota_roots },
    })
}

fn words_after(args: &Args, found: &Restoration, done: &Done) -> String {
    let mut words = format!(
        "{} of {} mailboxes have a new UIDVALIDITY\n\
         counts were wrong in {} mailboxes and {} quota roots\n",
        done.begun_anew, found.mailboxes, done.recount.mailboxes, done.recount.quota_roots
    );
    if !args.nothing_lost {
        words += "what was withdrawn after the moment of the backup is there again: rights, access tokens, old passwords, \
                  disabled users. Look through them before frontends are started\n";
    }
    words
}
