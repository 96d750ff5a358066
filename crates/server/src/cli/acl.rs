//! `postroom acl`: who may do what in a mailbox, and why.

use ::acl::{Deed, Entry, Identifier, Modification, Ownership, Rights, Subject};
use mail::Place;
use serde_json::{Value, json};
use store::{Account, Found};

use super::desk::{Desk, Operator};
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "Names are those that the acting user sees. Rights (RFC 4314):\n  \
    l  see it            i  put messages in      t  mark messages deleted\n  \
    r  read messages     p  send mail to it      e  remove deleted messages\n  \
    s  keep read marks   k  create below it      a  administer this list\n  \
    w  change flags      x  delete or rename it  n  annotate\n\n\
    Examples:\n  \
    postroom acl set 'Shared Folders/support' ada lrswipte\n  \
    postroom acl set 'Shared Folders/support' group:staff +p\n  \
    postroom acl set 'Shared Folders/support' -- -bob e\n  \
    postroom acl explain ada 'Shared Folders/support'";

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
        /// Such as `Shared Folders/support`.
        mailbox: String,
        /// A user, `group:name`, `domain:name`, `anyone`, `authenticated`, `owner`.
        #[arg(allow_hyphen_values = true)]
        identifier: String,
        /// Letters; with `+` or `-` before them a change of what is there.
        #[arg(allow_hyphen_values = true)]
        rights: String,
    },
    /// Remove an entry from a list.
    Delete {
        /// Such as `Shared Folders/support`.
        mailbox: String,
        /// As `acl get` prints it.
        #[arg(allow_hyphen_values = true)]
        identifier: String,
    },
    /// Say what a user may do, and which entry gave or took each right.
    Explain {
        /// Whose rights.
        user: String,
        /// Such as `Shared Folders/support`.
        mailbox: String,
    },
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let desk = Desk::open(config).await?;
    let done = run_on(&desk, args, terminal).await;
    desk.close(done).await
}

async fn run_on(desk: &Desk, args: &Args, terminal: &Terminal) -> Result<(), Failure> {
    let who = desk.operator(args.acting.as_deref()).await?;
    match &args.verb {
        Verb::Get { mailbox } => get(desk, &who, mailbox, terminal).await,
        Verb::Set {
            mailbox,
            identifier,
            rights,
        } => {
            let subject = subject(identifier)?;
            let change = Modification::parse(rights)
                .map_err(|cause| Failure::usage(format!("{rights}: {cause}")))?;
            let place = desk.place(mailbox)?;
            let found = desk.find(&who, &place).await?;
            let permit = desk.permit(&found, &place, Deed::Administer)?;
            desk.store.set_rights(&permit, &subject, change).await?;
            terminal.report(format!("{mailbox}: {subject} {rights}"))
        }
        Verb::Delete {
            mailbox,
            identifier,
        } => {
            let subject = subject(identifier)?;
            let place = desk.place(mailbox)?;
            let found = desk.find(&who, &place).await?;
            let permit = desk.permit(&found, &place, Deed::Administer)?;
            desk.store.delete_rights(&permit, &subject).await?;
            terminal.report(format!("{mailbox}: {subject} is not listed"))
        }
        Verb::Explain { user, mailbox } => {
            let asked = desk.find_account(user).await?;
            explain(desk, &who, &asked, mailbox, terminal).await
        }
    }
}

async fn get(
    desk: &Desk,
    who: &Operator,
    mailbox: &str,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let place = desk.place(mailbox)?;
    let found = desk.find(who, &place).await?;
    desk.permit(&found, &place, Deed::Administer)?;
    let data = found
        .entries
        .iter()
        .map(|entry| json!({ "identifier": title(entry), "rights": entry.rights.to_string() }));
    terminal.show(&data.collect(), || {
        let line = |entry: &Entry| format!("{:13} {}\n", entry.rights.to_string(), title(entry));
        found.entries.iter().map(line).collect()
    })
}

async fn explain(
    desk: &Desk,
    operator: &Operator,
    asked: &Account,
    mailbox: &str,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let place = desk.place(mailbox)?;
    let seen = desk.find(operator, &place).await?;
    desk.permit(&seen, &place, Deed::Administer)?;
    let found = desk
        .store
        .resolve(asked.id, &seen_by(asked, operator, place))
        .await?;
    let found = found.ok_or_else(|| Failure::failed(format!("no mailbox {mailbox}")))?;
    let reasons = reasons(&found);
    let rights = found.standing.rights.to_string();
    let data = json!({
        "user": asked.name,
        "mailbox": mailbox,
        "rights": rights,
        "because": reasons.iter().map(Reason::data).collect::<Value>(),
    });
    terminal.show(&data, || {
        let held = if rights.is_empty() {
            "nothing"
        } else {
            &rights
        };
        let mut words = format!("{} may {held} on {mailbox}\n", asked.name);
        words.extend(reasons.iter().map(Reason::line));
        words
    })
}

/// One thing that has a say in somebody's rights.
struct Reason {
    from: String,
    rights: Rights,
    is_negative: bool,
}

impl Reason {
    fn line(&self) -> String {
        let sign = if self.is_negative { '-' } else { '+' };
        format!("  {sign}{:12} {}\n", self.rights.to_string(), self.from)
    }

    fn data(&self) -> Value {
        json!({
            "from": self.from,
            "rights": self.rights.to_string(),
            "takes": self.is_negative,
        })
    }
}

/// Every entry that applies, in the list's order, then what no list can take away.
fn reasons(found: &Found) -> Vec<Reason> {
    let belonging = found.belonging();
    let ownership = belonging.ownership;
    let entries = ::acl::applying(&found.entries, &found.who, belonging).map(|entry| Reason {
        from: format!("entry {}", title(entry)),
        rights: entry.rights,
        is_negative: entry.is_negative,
    });
    let implied = ::acl::implied(found.who.is_admin, ownership);
    let always = match ownership {
        Ownership::Own => "always, as the owner",
        Ownership::Theirs | Ownership::Shared => "always, as a site administrator",
    };
    let implied = (!implied.is_empty()).then(|| Reason {
        from: always.to_owned(),
        rights: implied,
        is_negative: false,
    });
    entries.chain(implied).collect()
}

/// The operator's name for a place, as the place that it is to `asked`.
fn seen_by(asked: &Account, operator: &Operator, place: Place) -> Place {
    match place {
        Place::Mine(path) if asked.id != operator.account.id => Place::Theirs {
            owner: operator.account.name.clone(),
            path,
        },
        Place::Theirs { owner, path } if owner == asked.name => Place::Mine(path),
        same => same,
    }
}

fn subject(text: &str) -> Result<Subject, Failure> {
    Subject::parse(text).map_err(|cause| Failure::usage(format!("{text}: {cause}")))
}

fn title(entry: &Entry) -> String {
    let identifier: &Identifier = &entry.identifier;
    let dash = if entry.is_negative { "-" } else { "" };
    format!("{dash}{identifier}")
}
