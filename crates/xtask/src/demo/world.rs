//! Who is in the demo, and what they find there.

use super::postroom::Postroom;
use crate::imap::Client;
use crate::tool::Trouble;

pub(super) const SHARED: &str = "Shared Folders/support";
pub(super) const ADMIN: &str = "admin";
pub(super) const LEAD: &str = "ada";
const COLLEAGUES: &[&str] = &["bo", "cleo"];
/// Everybody's. It is a demo, on loopback.
pub(super) const PASSWORD: &str = "pass";

const TEAM: &str = "support";
/// The people for load tools.
const CROWD: &str = "crowd";
const MEMBERS_MAY: &str = "lrswipte";
const LEAD_MAY: &str = "lrswipkxtea";

/// Everybody but the administrator, the lead first.
pub(super) fn people(crowd: usize) -> impl Iterator<Item = String> {
    let team = std::iter::once(&LEAD)
        .chain(COLLEAGUES)
        .map(|name| (*name).to_owned());
    team.chain((1..=crowd).map(|number| format!("u{number}")))
}

/// Makes accounts, groups, the shared mailbox and its list.
pub(super) fn make(postroom: &Postroom, crowd: usize) -> Result<(), Trouble> {
    add_user(postroom, ADMIN, &["--admin"])?;
    for person in people(crowd) {
        add_user(postroom, &person, &[])?;
    }
    postroom.run(&["mailbox", "create", SHARED])?;
    postroom.run(&["acl", "set", SHARED, LEAD, LEAD_MAY])?;
    let team: Vec<_> = COLLEAGUES.iter().map(|name| (*name).to_owned()).collect();
    let crowd: Vec<_> = people(crowd).skip(1 + COLLEAGUES.len()).collect();
    for (group, members) in [(TEAM, team), (CROWD, crowd)] {
        if !members.is_empty() {
            add_group(postroom, group, &members)?;
            postroom.run(&["acl", "set", SHARED, &format!("group:{group}"), MEMBERS_MAY])?;
        }
    }
    Ok(())
}

fn add_user(postroom: &Postroom, name: &str, more: &[&str]) -> Result<(), Trouble> {
    let verb = ["user", "add", name, "--password-stdin"];
    postroom.run_with_password(&[verb.as_slice(), more].concat(), PASSWORD)
}

fn add_group(postroom: &Postroom, group: &str, members: &[String]) -> Result<(), Trouble> {
    postroom.run(&["group", "create", group])?;
    for member in members {
        postroom.run(&["group", "add", group, member])?;
    }
    Ok(())
}

/// Puts `letters` into the shared mailbox, and returns how many it took.
pub(super) fn fill(port: u16, letters: &[Vec<u8>]) -> Result<usize, Trouble> {
    let mut client = Client::login(port, LEAD, PASSWORD)?;
    for letter in letters {
        client.append(SHARED, "", letter)?;
    }
    client.command("LOGOUT")?;
    Ok(letters.len())
}
