//! What was seen, for people and for programs.

use mail::Place;
use serde_json::{Map, Value, json};
use store::{BusyAccount, BusyMailbox, BusyNode};

use super::figures::Figure;
use super::{AdminContext, Answer, Frontend};

pub(super) fn data(
    context: Option<&AdminContext>,
    frontends: &[Frontend],
    answer: &Answer,
) -> Value {
    let of_frontend = |frontend: &Frontend| {
        let figures = frontend.figures().into_iter();
        let figures = figures.flat_map(|figure| figure.data);
        let who = [
            ("frontend", json!(frontend.address)),
            ("state", json!(frontend.state)),
        ];
        let all = who.into_iter().chain(figures);
        all.map(|(key, value)| (key.to_owned(), value))
            .collect::<Map<_, _>>()
    };
    let mut data = json!({
        "frontends": frontends.iter().map(of_frontend).collect::<Value>(),
        "database": answer.as_ref().err(),
    });
    if let Ok(busy) = answer {
        let node = |node: &BusyNode| {
            let silent = node.silent.as_secs_f64();
            json!({ "node": node.name, "sessions": node.sessions, "silent_seconds": silent })
        };
        let mailbox = |mailbox: &BusyMailbox| {
            let name = name(context, mailbox.place.as_ref());
            json!({ "mailbox": name, "changes": mailbox.changes, "sessions": mailbox.sessions })
        };
        let user = |account: &BusyAccount| json!({ "user": account.name, "changes": account.changes, "sessions": account.sessions });
        data["nodes"] = busy.nodes.iter().map(node).collect();
        data["mailboxes"] = busy.mailboxes.iter().map(mailbox).collect();
        data["users"] = busy.accounts.iter().map(user).collect();
    }
    data
}

pub(super) fn words(
    context: Option<&AdminContext>,
    frontends: &[Frontend],
    answer: &Answer,
) -> String {
    let table = table(frontends);
    let busy = match answer {
        Ok(busy) => busy,
        Err(cause) => return format!("{table}\ndatabase: {cause}\n"),
    };
    let node = |node: &BusyNode| {
        let silent = node.silent.as_secs();
        format!(
            "{:>9}  {}, heard {silent} s ago\n",
            node.sessions, node.name
        )
    };
    let nodes: String = busy.nodes.iter().map(node).collect();
    let mailbox = |mailbox: &BusyMailbox| {
        let name = name(context, mailbox.place.as_ref());
        let name = name.as_deref().unwrap_or("(deleted)");
        row(mailbox.changes, mailbox.sessions, name)
    };
    let mailboxes: String = busy.mailboxes.iter().map(mailbox).collect();
    let user = |account: &BusyAccount| row(account.changes, account.sessions, &account.name);
    let users: String = busy.accounts.iter().map(user).collect();
    format!(
        "{table}\n sessions  node\n{nodes}\n changes  sessions  mailbox\n{mailboxes}\n changes  sessions  user\n{users}"
    )
}

fn row(changes: u64, sessions: u64, name: &str) -> String {
    format!("{changes:>8} {sessions:>9}  {name}\n")
}

fn name(context: Option<&AdminContext>, place: Option<&Place>) -> Option<String> {
    Some(context?.name(place?).to_string())
}

/// A column for each frontend.
fn table(frontends: &[Frontend]) -> String {
    let columns: Vec<Vec<Figure>> = frontends.iter().map(Frontend::figures).collect();
    let head = ["frontend", "state"].map(str::to_owned).into_iter();
    let figures = columns.iter().max_by_key(|figures| figures.len());
    let figures = figures.into_iter().flatten();
    let names: Vec<String> = head
        .chain(figures.map(|figure| figure.what.to_owned()))
        .collect();
    let mut lines: Vec<String> = names.iter().map(|name| format!("{name:9}")).collect();
    for (frontend, figures) in frontends.iter().zip(&columns) {
        let head = [frontend.address.as_str(), &frontend.state].into_iter();
        let cells: Vec<&str> = head
            .chain(figures.iter().map(|figure| figure.words.as_str()))
            .collect();
        let width = cells.iter().map(|cell| cell.chars().count()).max();
        let width = width.unwrap_or_default();
        for (place, line) in lines.iter_mut().enumerate() {
            let cell = cells.get(place).copied().unwrap_or_default();
            line.push_str(&format!("  {cell:width$}"));
        }
    }
    let lines = lines.iter().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}
