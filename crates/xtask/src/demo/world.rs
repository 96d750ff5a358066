//! The people of the demo, and the mailboxes that they find there.

use std::collections::BTreeSet;
use std::num::NonZero;

use super::letters::Letter;
use super::postroom::Postroom;
use crate::imap::{Client, quoted};
use crate::tool::ChoreError;

pub(super) const SHARED: &str = "Shared Folders/support";
/// The address of the shared mailbox, for which every node takes letters by LMTP.
pub(super) const ADDRESS: &str = "support@demo.test";
const DOMAIN: &str = "demo.test";
pub(super) const ADMIN: &str = "admin";
pub(super) const LEAD: &str = "ada";
const COLLEAGUES: &[&str] = &["bo", "cleo"];
/// The password of everybody: it is a demo, on loopback.
pub(super) const PASSWORD: &str = "pass";

const TEAM: &str = "support";
/// The people for load tools.
const CROWD: &str = "crowd";
const MEMBERS_MAY: &str = "lrswipte";
const LEAD_MAY: &str = "manager";

/// All people but the administrator, the lead first.
pub(super) fn people(crowd: usize) -> impl Iterator<Item = String> {
    let team = std::iter::once(&LEAD)
        .chain(COLLEAGUES)
        .map(|name| (*name).to_owned());
    team.chain((1..=crowd).map(|number| format!("u{number}")))
}

/// Makes accounts, groups, the shared mailbox and its list.
pub(super) fn make(postroom: &Postroom, crowd: usize) -> Result<(), ChoreError> {
    add_user(postroom, ADMIN, &["--admin"])?;
    postroom.run(&["mailbox", "create", SHARED])?;
    postroom.run(&["group", "add", TEAM])?;
    postroom.run(&["group", "add", CROWD])?;
    at_once(&people(crowd).collect::<Vec<_>>(), |person| {
        add_user(postroom, person, &[])?;
        let inbox = format!("user/{person}");
        postroom.run(&["address", "add", &address_of(person), &inbox])?;
        match group_of(person) {
            Some(group) => postroom
                .run(&["group", "member", "add", group, person])
                .map(drop),
            None => Ok(()),
        }
    })?;
    for (identifier, rights) in [
        (LEAD, LEAD_MAY),
        ("group:support", MEMBERS_MAY),
        ("group:crowd", MEMBERS_MAY),
    ] {
        postroom.run(&["acl", "set", SHARED, identifier, rights])?;
    }
    postroom.run(&["team", "add", TEAM, "--address", ADDRESS])?;
    Ok(())
}

/// Where somebody gets mail, and as what he sends.
pub(super) fn address_of(person: &str) -> String {
    format!("{person}@{DOMAIN}")
}

/// The lead has an entry of her own.
fn group_of(person: &str) -> Option<&'static str> {
    match person {
        LEAD => None,
        colleague if COLLEAGUES.contains(&colleague) => Some(TEAM),
        _ => Some(CROWD),
    }
}

fn add_user(postroom: &Postroom, name: &str, more: &[&str]) -> Result<(), ChoreError> {
    let verb = ["user", "add", name, "--password-stdin"];
    postroom.run_with_password(&[verb.as_slice(), more].concat(), PASSWORD)
}

/// Does the same for each person, on all cores: most of it is hashing.
fn at_once(
    people: &[String],
    make: impl Fn(&str) -> Result<(), ChoreError> + Sync,
) -> Result<(), ChoreError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let each = people.len().div_ceil(cores).max(1);
    let make = &make;
    std::thread::scope(|scope| {
        let work = |share: &'_ [String]| share.iter().try_for_each(|person| make(person));
        let workers: Vec<_> = people
            .chunks(each)
            .map(|share| scope.spawn(move || work(share)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(ChoreError::new("making people failed")))
        })
    })
}

/// Puts each letter into its mailbox, and returns how many are in the shared one.
pub(super) fn fill(port: u16, letters: &[Letter]) -> Result<usize, ChoreError> {
    let mut in_shared = 0;
    for person in people(0) {
        let mut client = Client::login(port, &person, PASSWORD)?;
        let mut known = BTreeSet::from([SHARED, "INBOX"]);
        for letter in letters {
            let Some((owner, mailbox)) = letter.owner_and_mailbox() else {
                continue;
            };
            if owner != person {
                continue;
            }
            if known.insert(mailbox) && !is_there(&mut client, mailbox)? {
                client.command(&format!("CREATE {}", quoted(mailbox)))?;
            }
            let date = letter.internal_date();
            client.append(mailbox, &letter.flags, &date, &letter.bytes)?;
            in_shared += usize::from(mailbox == SHARED);
        }
        client.command("LOGOUT")?;
    }
    Ok(in_shared)
}

/// The team has some folders from the beginning.
fn is_there(client: &mut Client, mailbox: &str) -> Result<bool, ChoreError> {
    let listed = client.command(&format!("LIST \"\" {}", quoted(mailbox)))?;
    Ok(listed.iter().any(|line| line.starts_with("* LIST ")))
}
