//! Why somebody may do something or not: which entry gave or took each right, and what each command
//! would be answered.

use std::collections::BTreeSet;

use ::acl::{Denied, Operation, Ownership, Rights, permit};
use mail::{FlagBits, Place};
use serde_json::{Value, json};
use store::{Account, Found};

use super::{NOBODY, identifiers, title};
use crate::cli::admin_context::{AdminContext, Operator};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// What clients ask for, and the operation that sessions ask a permit for then.
const COMMANDS: [(&str, Operation); 15] = [
    ("LIST", Operation::Lookup),
    ("SUBSCRIBE", Operation::Subscribe),
    ("MYRIGHTS", Operation::ReadMyRights),
    (
        "SELECT, STATUS, FETCH, SEARCH, COPY out of it",
        Operation::Read,
    ),
    ("STORE of \\Seen", Operation::ChangeFlags(FlagBits::SEEN)),
    (
        "STORE of \\Deleted",
        Operation::ChangeFlags(FlagBits::DELETED),
    ),
    (
        "STORE of other flags",
        Operation::ChangeFlags(FlagBits::FLAGGED),
    ),
    (
        "APPEND, COPY and MOVE into it",
        Operation::Insert(FlagBits::NONE),
    ),
    ("EXPUNGE", Operation::Expunge),
    ("MOVE out of it", Operation::MoveFrom),
    ("CREATE below it", Operation::CreateChild),
    ("DELETE, RENAME", Operation::DeleteMailbox),
    ("GETMETADATA, SETMETADATA", Operation::Annotate),
    ("SETMETADATA of its policy", Operation::SetPolicy),
    (
        "GETACL, SETACL, DELETEACL, LISTRIGHTS",
        Operation::Administer,
    ),
];

pub(super) async fn explain(
    context: &AdminContext,
    operator: &Operator,
    asked: &Account,
    mailbox: &str,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let place = context.place(mailbox)?;
    let seen = context.find(operator, &place).await?;
    context.permit(&seen, &place, Operation::Administer)?;
    let found = context
        .store
        .resolve(asked.id, &seen_by(asked, operator, place))
        .await?;
    let found = found.ok_or_else(|| Failure::failed(format!("no mailbox {mailbox}")))?;
    let above = context.list_of(operator, &found).await?;
    let list = context.store.access_list(found.id).await?;
    let nobodies = context.store.nobodies(identifiers(&list)).await?;
    let nobodies: BTreeSet<String> = nobodies.into_iter().collect();
    let reasons = reasons(&found);
    let rights = found.access.rights.to_string();
    let answers = || {
        let answers = COMMANDS.iter();
        answers.map(|(command, operation)| (*command, answer(&found, *operation)))
    };
    let sends_as = ::acl::may_send_as(&found.applying, &found.who, found.belonging());
    let data = json!({
        "user": asked.name,
        "mailbox": mailbox,
        "rights": rights,
        "list_of": above,
        "nobodies": nobodies,
        "because": reasons.iter().map(Reason::data).collect::<Value>(),
        "sends_as": sends_as,
        "commands": answers()
            .map(|(command, answer)| json!({ "command": command, "answer": answer }))
            .collect::<Value>(),
    });
    terminal.show(&data, || {
        let held = if rights.is_empty() {
            "nothing"
        } else {
            &rights
        };
        let mut words = format!("{} may {held} on {mailbox}\n", asked.name);
        words.extend(
            above
                .iter()
                .map(|above| format!("  by the list of {above}\n")),
        );
        words.extend(reasons.iter().map(Reason::line));
        words.extend(
            nobodies
                .iter()
                .map(|name| format!("  entry {name}{NOBODY}\n")),
        );
        let sending = if sends_as { "may" } else { "may not" };
        words.push_str(&format!("  {sending:16} send mail as its addresses\n"));
        words.extend(answers().map(|(command, answer)| format!("  {answer:16} {command}\n")));
        words
    })
}

/// From the function that sessions ask.
fn answer(found: &Found, operation: Operation) -> &'static str {
    match permit(&found.access, operation) {
        Ok(_) => "OK",
        Err(Denied::NoPermission) => "NO [NOPERM]",
        Err(Denied::Hidden) => "NO [NONEXISTENT]",
    }
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
    let entries = ::acl::applying(&found.applying, &found.who, belonging).map(|entry| Reason {
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
