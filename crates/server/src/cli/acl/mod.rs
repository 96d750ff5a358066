//! `postroom acl`: who may do what in a mailbox, and why.

mod explain;
mod import;
mod role;

use std::path::{Path, PathBuf};

use ::acl::{AclEntry, Identifier, Modification, Operation, Permit, Rights, Role, Subject};
use mail::MailboxId;
use serde::{Serialize, Serializer};
use serde_json::json;

use super::admin_context::{Acting, AdminContext, Operator};
use super::failure::Failure;
use super::letter_choice::LetterChoice;
use super::terminal::Terminal;
use crate::config::Config;
pub(super) use explain::{CommandAnswer, ExplainedReason, Explanation};

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

/// What is asked about lists: of the store, or of the API of a frontend.
pub(super) trait Lists {
    async fn access_list(&self, mailbox: &str) -> Result<AccessList, Failure>;
    /// Makes all of these changes, or says why not before the first one is made.
    async fn change_lists(
        &self,
        mailbox: &str,
        reach: Reach,
        changes: &[(Subject, Modification)],
    ) -> Result<(), Failure>;
    /// Those of whom a list names who are not there, as far as that may be known; in order.
    async fn nobodies(
        &self,
        mailbox: &str,
        named: &[(Subject, Modification)],
    ) -> Result<Vec<String>, Failure>;
    async fn explain(&self, user: &str, mailbox: &str) -> Result<Explanation, Failure>;
}

/// Which lists are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Mailbox,
    /// And those that mailboxes below have of their own.
    Below,
}

/// The list that a mailbox has.
pub(super) struct AccessList {
    /// The mailbox above whose list it is.
    pub(super) above: Option<String>,
    pub(super) entries: Vec<ListEntry>,
}

/// An entry of a list, as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct ListEntry {
    pub(super) identifier: String,
    #[serde(serialize_with = "in_letters")]
    pub(super) rights: Rights,
    /// Whether it is for a user or a group that is not there.
    pub(super) is_nobody: bool,
}

fn in_letters<S: Serializer>(rights: &Rights, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(rights)
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let config = match &args.verb {
        Verb::Set { letters, .. } => letters.over(config),
        Verb::Import { letters, .. } => letters.over_many(config),
        Verb::Get { .. } | Verb::Delete { .. } | Verb::Explain { .. } => config.clone(),
    };
    AdminContext::with(&config, async |context| {
        let acting = context.acting(args.acting.as_deref()).await?;
        match &args.verb {
            Verb::Import {
                dry_run, source, ..
            } => import(context, &acting.who, source, *dry_run, terminal).await,
            verb => run_on(&acting, verb, terminal).await,
        }
    })
    .await
}

pub(super) async fn run_remotely(
    lists: &impl Lists,
    args: &Args,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if args.acting.is_some() {
        return Err(Failure::only_here("--as"));
    }
    if let Verb::Set { letters, .. } = &args.verb {
        letters.check_remote()?;
    }
    run_on(lists, &args.verb, terminal).await
}

async fn run_on(lists: &impl Lists, verb: &Verb, terminal: &Terminal) -> Result<(), Failure> {
    let reach = |recursive| {
        if recursive {
            Reach::Below
        } else {
            Reach::Mailbox
        }
    };
    match verb {
        Verb::Get { mailbox } => get(&lists.access_list(mailbox).await?, terminal),
        Verb::Set {
            recursive,
            mailbox,
            entries,
            letters: _,
        } => {
            let changes = changes(entries)?;
            lists
                .change_lists(mailbox, reach(*recursive), &changes)
                .await?;
            let said = changes
                .iter()
                .map(|(subject, change)| format!("{subject} {}", role::in_letters(*change)));
            let said = said.collect::<Vec<_>>().join(", ");
            terminal.report(format!("{mailbox}: {said}"))?;
            // A list may name whom a directory will make tomorrow, or a typing error.
            let mut nobodies = lists.nobodies(mailbox, &changes).await?.into_iter();
            nobodies.try_for_each(|name| terminal.report(format!("{name}{NOBODY}")))
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
            lists
                .change_lists(mailbox, reach(*recursive), &changes?)
                .await?;
            let said = identifiers.join(", ");
            terminal.report(format!("{mailbox}: no entry any more for {said}"))
        }
        Verb::Import { .. } => Err(Failure::only_here("acl import")),
        Verb::Explain { user, mailbox } => {
            let explanation = lists.explain(user, mailbox).await?;
            terminal.show(&json!(explanation), || explanation.words())
        }
    }
}

fn get(list: &AccessList, terminal: &Terminal) -> Result<(), Failure> {
    terminal.show(&json!(list.entries), || {
        let above = list.above.iter();
        let above = above.map(|above| format!("the list of {above}\n"));
        let line = |entry: &ListEntry| {
            let role = Role::of(entry.rights).map(|role| format!("  ({})", role.word()));
            let nobody = if entry.is_nobody { NOBODY } else { "" };
            format!(
                "{:13} {}{}{nobody}\n",
                entry.rights.to_string(),
                entry.identifier,
                role.unwrap_or_default()
            )
        };
        above.chain(list.entries.iter().map(line)).collect()
    })
}

/// What stands behind an identifier of a user or a group that is not there.
pub(super) const NOBODY: &str = "  (nobody has that name)";

/// The entries of a mailbox's list.
pub(super) async fn entries_of(
    context: &AdminContext,
    mailbox: MailboxId,
) -> Result<Vec<ListEntry>, Failure> {
    let list = context.store.access_list(mailbox).await?;
    let named = list.iter().map(|entry| &entry.identifier);
    let nobodies = context.store.nobodies(named).await?;
    let listed = list.iter().map(|entry| ListEntry {
        identifier: title(entry),
        rights: entry.rights,
        is_nobody: nobodies.contains(&entry.identifier.to_string()),
    });
    Ok(listed.collect())
}

impl Lists for Acting<'_> {
    async fn access_list(&self, mailbox: &str) -> Result<AccessList, Failure> {
        let (_, found, _) = self.permit(mailbox, Operation::Administer).await?;
        Ok(AccessList {
            above: self.context.list_of(&self.who, &found).await?,
            entries: entries_of(self.context, found.id).await?,
        })
    }

    /// Every permit is there before the first change is made. Below the mailbox only lists of their own are changed: what has
    /// none has the list above.
    async fn change_lists(
        &self,
        mailbox: &str,
        reach: Reach,
        changes: &[(Subject, Modification)],
    ) -> Result<(), Failure> {
        let context = self.context;
        for (subject, change) in changes {
            context.may_grant(&self.who, subject, change.gives())?;
        }
        let permits = permits(context, &self.who, mailbox, reach).await?;
        for (depth, permit) in permits.into_iter().enumerate() {
            if depth > 0 && context.store.list_of(permit.mailbox()).await?.is_some() {
                continue;
            }
            for (subject, change) in changes {
                context.store.set_rights(&permit, subject, *change).await?;
            }
        }
        Ok(())
    }

    async fn nobodies(
        &self,
        _: &str,
        named: &[(Subject, Modification)],
    ) -> Result<Vec<String>, Failure> {
        let named = named.iter().map(|(subject, _)| &subject.identifier);
        let nobodies = self.context.store.nobodies(named).await?;
        let mut nobodies: Vec<_> = nobodies.into_iter().collect();
        nobodies.sort();
        Ok(nobodies)
    }

    async fn explain(&self, user: &str, mailbox: &str) -> Result<Explanation, Failure> {
        let asked = self.context.find_account(user).await?;
        explain::load(self, &asked, mailbox).await
    }
}

/// Leave to administer a mailbox, and all below it that the operator can see.
async fn permits(
    context: &AdminContext,
    who: &Operator,
    mailbox: &str,
    reach: Reach,
) -> Result<Vec<Permit>, Failure> {
    let place = context.place(mailbox)?;
    let mut places = vec![place.clone()];
    if reach == Reach::Below {
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
