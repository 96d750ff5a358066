//! `postroom acl`: who may do what in a mailbox, and why.

mod explain;
mod import;
mod role;

use std::path::{Path, PathBuf};

use ::acl::{AclEntry, Identifier, Modification, Operation, Permit, Rights, Role, Subject};
use serde_json::json;

use super::admin_context::{AdminContext, Operator};
use super::failure::Failure;
use super::letter_choice::LetterChoice;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "Names are those that the acting user sees. Rights (RFC 4314):\n  \
    l  see it            i  put messages in      t  mark messages deleted\n  \
    r  read messages     p  send mail to it      e  remove deleted messages\n  \
    s  keep read marks   k  create below it      a  administer this list\n  \
    w  change flags      x  delete or rename it  n  annotate\n\n\
    Roles, to be said instead of letters, also with + or - before them:\n  \
    viewer       lrs           contributor  lrswip\n  \
    editor       lrswipte      manager      lrswipkxtean\n\n\
    Examples:\n  \
    postroom acl set 'Shared Folders/support' ada editor bo viewer\n  \
    postroom acl set --recursive 'Shared Folders/support' group:staff lrswi\n  \
    postroom acl set 'Shared Folders/support' group:staff +p\n  \
    postroom acl set 'Shared Folders/support' -- -bob e\n  \
    postroom acl explain ada 'Shared Folders/support'\n  \
    postroom acl import --dry-run dovecot dovecot-acl 'Shared Folders/support'\n  \
    postroom acl import cyrus mboxlist.txt";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Act as this user; else as the first site administrator.
    #[arg(long = "as", global = true, value_name = "USER")]
    acting: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Print a mailbox's list.
    Get {
        /// Such as `Shared Folders/support`.
        mailbox: String,
    },
    /// Give rights, or take them with `-rights`; `-name` is a negative entry.
    Set {
        /// On every mailbox below, too. Options come before the mailbox.
        #[arg(long)]
        recursive: bool,
        #[command(flatten)]
        letters: LetterChoice,
        /// Such as `Shared Folders/support`.
        mailbox: String,
        /// Whom and what, in turn: a user, `group:name`, `domain:name`, `anyone`, `authenticated` or
        /// `owner`; then a role or letters, with `+` or `-` before them a change of what is there.
        #[arg(
            required = true,
            num_args = 2..,
            allow_hyphen_values = true,
            value_names = ["IDENTIFIER", "RIGHTS"],
        )]
        entries: Vec<String>,
    },
    /// Remove entries from a list.
    Delete {
        /// On every mailbox below, too. Options come before the mailbox.
        #[arg(long)]
        recursive: bool,
        /// Such as `Shared Folders/support`.
        mailbox: String,
        /// As `acl get` prints them.
        #[arg(required = true, allow_hyphen_values = true, value_name = "IDENTIFIER")]
        identifiers: Vec<String>,
    },
    /// Take over lists of another server. Entries that are there already are replaced.
    Import {
        /// Say what would be done, and do nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        letters: LetterChoice,
        #[command(subcommand)]
        source: Source,
    },
    /// Say what a user may do, and which entry gave or took each right.
    Explain {
        /// Whose rights.
        user: String,
        /// Such as `Shared Folders/support`.
        mailbox: String,
    },
}

#[derive(Debug, clap::Subcommand)]
enum Source {
    /// A mailbox's `dovecot-acl` file.
    Dovecot {
        /// The file.
        file: PathBuf,
        /// Our mailbox.
        mailbox: String,
    },
    /// What `ctl_mboxlist -d` prints as text, of all mailboxes.
    Cyrus {
        /// The file.
        file: PathBuf,
    },
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let config = match &args.verb {
        Verb::Set { letters, .. } => letters.over(config),
        Verb::Import { letters, .. } => letters.over_many(config),
        Verb::Get { .. } | Verb::Delete { .. } | Verb::Explain { .. } => config.clone(),
    };
    AdminContext::with(&config, async |context| {
        run_on(context, args, terminal).await
    })
    .await
}

async fn run_on(context: &AdminContext, args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let who = context.operator(args.acting.as_deref()).await?;
    match &args.verb {
        Verb::Get { mailbox } => get(context, &who, mailbox, terminal).await,
        Verb::Set {
            recursive,
            mailbox,
            entries,
            letters: _,
        } => {
            let changes = changes(entries)?;
            change(context, &who, (mailbox, *recursive), &changes).await?;
            let said = changes
                .iter()
                .map(|(subject, change)| format!("{subject} {}", role::in_letters(*change)));
            let said = said.collect::<Vec<_>>().join(", ");
            terminal.report(format!("{mailbox}: {said}"))?;
            // A list may name whom a directory will make tomorrow, or a typing error.
            let named = changes.iter().map(|(subject, _)| &subject.identifier);
            let nobodies = context.store.nobodies(named).await?;
            let mut nobodies: Vec<_> = nobodies.iter().collect();
            nobodies.sort();
            nobodies
                .into_iter()
                .try_for_each(|name| terminal.report(format!("{name}{NOBODY}")))
        }
        Verb::Delete {
            recursive,
            mailbox,
            identifiers,
        } => {
            let nothing = Modification::Replace(Rights::NONE);
            let changes: Result<Vec<_>, Failure> = identifiers
                .iter()
                .map(|identifier| Ok((subject(identifier)?, nothing)))
                .collect();
            change(context, &who, (mailbox, *recursive), &changes?).await?;
            let said = identifiers.join(", ");
            terminal.report(format!("{mailbox}: no entry any more for {said}"))
        }
        Verb::Import {
            dry_run, source, ..
        } => import(context, &who, source, *dry_run, terminal).await,
        Verb::Explain { user, mailbox } => {
            let asked = context.find_account(user).await?;
            explain::explain(context, &who, &asked, mailbox, terminal).await
        }
    }
}

async fn get(
    context: &AdminContext,
    who: &Operator,
    mailbox: &str,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let place = context.place(mailbox)?;
    let found = context.find(who, &place).await?;
    context.permit(&found, &place, Operation::Administer)?;
    let list = context.store.access_list(found.id).await?;
    let above = context.list_of(who, &found).await?;
    let nobodies = context.store.nobodies(identifiers(&list)).await?;
    let is_nobody = |entry: &AclEntry| nobodies.contains(&entry.identifier.to_string());
    let data = list.iter().map(|entry| {
        let rights = entry.rights.to_string();
        json!({ "identifier": title(entry), "rights": rights, "is_nobody": is_nobody(entry) })
    });
    terminal.show(&data.collect(), || {
        let above = above.map(|above| format!("the list of {above}\n"));
        let line = |entry: &AclEntry| {
            let role = Role::of(entry.rights).map(|role| format!("  ({})", role.word()));
            let rights = entry.rights.to_string();
            let nobody = if is_nobody(entry) { NOBODY } else { "" };
            format!(
                "{rights:13} {}{}{nobody}\n",
                title(entry),
                role.unwrap_or_default()
            )
        };
        above.into_iter().chain(list.iter().map(line)).collect()
    })
}

/// What stands behind an identifier of a user or a group that is not there.
pub(super) const NOBODY: &str = "  (nobody has that name)";

/// Whom the entries of a list are for.
pub(super) fn identifiers(list: &[AclEntry]) -> impl Iterator<Item = &::acl::Identifier> + Send {
    list.iter().map(|entry| &entry.identifier)
}

/// Every permit is there before the first change is made. Below the mailbox only lists of their own are changed: what has
/// none has the list above.
async fn change(
    context: &AdminContext,
    who: &Operator,
    (mailbox, recursive): (&str, bool),
    changes: &[(Subject, Modification)],
) -> Result<(), Failure> {
    for (subject, change) in changes {
        context.may_grant(who, subject, change.gives())?;
    }
    for (depth, permit) in permits(context, who, mailbox, recursive)
        .await?
        .into_iter()
        .enumerate()
    {
        if depth > 0 && context.store.list_of(permit.mailbox()).await?.is_some() {
            continue;
        }
        for (subject, change) in changes {
            context.store.set_rights(&permit, subject, *change).await?;
        }
    }
    Ok(())
}

/// Leave to administer a mailbox, and all below it that the operator can see.
async fn permits(
    context: &AdminContext,
    who: &Operator,
    mailbox: &str,
    recursive: bool,
) -> Result<Vec<Permit>, Failure> {
    let place = context.place(mailbox)?;
    let mut places = vec![place.clone()];
    if recursive {
        let top = context.name(&place).to_string() + "/";
        let visible = context.store.visible(who.account.id).await?;
        let below = visible.into_iter().map(|listed| listed.place);
        places.extend(below.filter(|place| context.name(place).as_str().starts_with(&top)));
    }
    let mut permits = Vec::with_capacity(places.len());
    for place in places {
        let found = context.find(who, &place).await?;
        permits.push(context.permit(&found, &place, Operation::Administer)?);
    }
    Ok(permits)
}

/// Identifiers and rights in turn.
fn changes(entries: &[String]) -> Result<Vec<(Subject, Modification)>, Failure> {
    let pairs = entries.chunks(2).map(|pair| match pair {
        [identifier, _] if identifier.starts_with("--") => Err(Failure::usage(format!(
            "{identifier} stands where an identifier should; options come before the mailbox"
        ))),
        [identifier, rights] => {
            if let Some(role) = role::meant(rights) {
                let words = format!("{rights:?}: did you mean {}?", role.word());
                return Err(Failure::usage(words));
            }
            let change = role::parse_change(rights)
                .map_err(|cause| Failure::usage(role::neither(rights, cause)))?;
            Ok((subject(identifier)?, change))
        }
        alone => Err(Failure::usage(format!("{}: which rights?", alone.concat()))),
    });
    pairs.collect()
}

async fn import(
    context: &AdminContext,
    who: &Operator,
    source: &Source,
    dry_run: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let (imported, into) = match source {
        Source::Dovecot { file, mailbox } => (
            import::read_dovecot(&read(file)?),
            Some(context.place(mailbox)?),
        ),
        Source::Cyrus { file } => (import::read_cyrus(&read(file)?), None),
    };
    let mut skipped = imported.remarks;
    let mut done = Vec::new();
    for grant in imported.grants {
        let Some(place) = grant.place.or_else(|| into.clone()) else {
            continue;
        };
        let line = format!(
            "{}: {} {}",
            context.name(&place),
            grant.subject,
            grant.rights
        );
        let permit = match context.find(who, &place).await {
            Ok(found) => context
                .may_grant(who, &grant.subject, grant.rights)
                .and_then(|()| context.permit(&found, &place, Operation::Administer)),
            Err(failure) => Err(failure),
        };
        let set = match permit {
            Ok(_) if dry_run => Ok(()),
            Ok(permit) => {
                let change = Modification::Replace(grant.rights);
                let set = context
                    .store
                    .set_rights(&permit, &grant.subject, change)
                    .await;
                set.map_err(Failure::from)
            }
            Err(failure) => Err(failure),
        };
        match set {
            Ok(()) => done.push(line),
            Err(failure) => skipped.push(format!("{line}: {failure}")),
        }
    }
    let data = json!({ "done": done, "skipped": skipped, "dry_run": dry_run });
    terminal.show(&data, || {
        let skipped = skipped.iter().map(|line| format!("skipped: {line}\n"));
        let done = done.iter().map(|line| line.clone() + "\n");
        done.chain(skipped).collect()
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|cause| Failure::failed(format!("{}: {cause}", file.display())))
}

fn subject(text: &str) -> Result<Subject, Failure> {
    Subject::parse(text).map_err(|cause| Failure::usage(format!("{text}: {cause}")))
}

fn title(entry: &AclEntry) -> String {
    let identifier: &Identifier = &entry.identifier;
    let dash = if entry.is_negative { "-" } else { "" };
    format!("{dash}{identifier}")
}
