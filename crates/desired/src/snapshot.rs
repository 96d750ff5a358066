//! What there is, as a file that says all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use mail::QuotaLimits;

use crate::current::{CurrentAccount, CurrentGroup, CurrentMailbox, CurrentState};
use crate::key::{COMPLETE, Section};
use crate::parse::{DIRECTORY, INHERITED, LIMITS};
use crate::wanted::{Addresses, List, Source, TreeName};
use crate::words::rights_in;

/// Everything that a file can say, or the shared mailboxes of one tree only. Passwords are in no such file.
#[must_use]
pub fn snapshot(state: &CurrentState, tree: Option<&str>) -> String {
    let mut page = String::new();
    if tree.is_none() {
        let sections = Section::ALL.map(Section::word);
        write(&mut page, COMPLETE, &texts(sections));
        for (name, account) in &state.accounts {
            account.write(name, &mut page);
        }
        for (name, group) in &state.groups {
            group.write(name, &mut page);
        }
    }
    let is_asked = |path: &str| {
        tree.is_none_or(|tree| TreeName::of_shared(path) == TreeName::Shared(tree.to_owned()))
    };
    for (path, mailbox) in state.mailboxes.iter().filter(|(path, _)| is_asked(path)) {
        let quota = state.quotas.get(path).copied().unwrap_or_default();
        mailbox.write(path, quota, &mut page);
    }
    if tree.is_none() && !state.aliases.is_empty() {
        let _ = writeln!(page, "\n[{}]", Section::Aliases.table());
        for alias in state.aliases.values() {
            write(
                &mut page,
                &key(&alias.spelling),
                &addresses_in(&alias.targets),
            );
        }
    }
    page
}

impl CurrentAccount {
    fn write(&self, name: &str, page: &mut String) {
        open(page, Section::Accounts, name);
        match self.source {
            Source::Directory => write(page, "source", &quoted(DIRECTORY)),
            Source::Hand => {
                write(page, "admin", &self.is_admin.to_string());
                write(page, "disabled", &self.is_disabled.to_string());
            }
        }
        write(page, "addresses", &addresses_in(&self.addresses));
        write(page, "quota", &quota_in(self.quota));
    }
}

impl CurrentGroup {
    fn write(&self, name: &str, page: &mut String) {
        open(page, Section::Groups, name);
        match self.source {
            Source::Directory => write(page, "source", &quoted(DIRECTORY)),
            Source::Hand => write(page, "members", &members_in(&self.members)),
        }
    }
}

impl CurrentMailbox {
    fn write(&self, path: &str, quota: QuotaLimits, page: &mut String) {
        open(page, Section::Mailboxes, path);
        write(
            page,
            "special_use",
            &quoted(self.special_use.as_deref().unwrap_or_default()),
        );
        let list = self
            .list
            .as_ref()
            .map_or_else(|| quoted(INHERITED), list_in);
        write(page, "rights", &list);
        let private = self.private.to_string();
        write(page, "private", &texts(private.split_ascii_whitespace()));
        write(page, "addresses", &addresses_in(&self.addresses));
        write(page, "quota", &quota_in(quota));
    }
}

fn open(page: &mut String, section: Section, name: &str) {
    if !page.is_empty() {
        page.push('\n');
    }
    // Writing to a String cannot fail.
    let _ = writeln!(page, "[{}.{}]", section.table(), key(name));
}

fn write(page: &mut String, name: &str, value: &str) {
    let _ = writeln!(page, "{name} = {value}");
}

fn members_in(members: &BTreeSet<String>) -> String {
    texts(members.iter().map(String::as_str))
}

fn addresses_in(addresses: &Addresses) -> String {
    texts(addresses.values().map(String::as_str))
}

fn list_in(list: &List) -> String {
    let entries: BTreeMap<String, String> = list
        .iter()
        .map(|(subject, rights)| (subject.to_string(), quoted(&rights_in(*rights))))
        .collect();
    table(entries.into_iter())
}

fn quota_in(limits: QuotaLimits) -> String {
    let named = LIMITS.into_iter().filter_map(|(name, resource)| {
        let limit = limits.of(resource)?;
        Some((name.to_owned(), limit.to_string()))
    });
    table(named)
}

fn table(entries: impl Iterator<Item = (String, String)>) -> String {
    let entries: Vec<String> = entries
        .map(|(name, value)| format!("{} = {value}", key(&name)))
        .collect();
    if entries.is_empty() {
        return "{}".to_owned();
    }
    format!("{{ {} }}", entries.join(", "))
}

fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", texts.join(", "))
}

/// A key of TOML: bare where it may be.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) {
        return name.to_owned();
    }
    quoted(name)
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
