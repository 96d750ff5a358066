//! `[ldap]`: a directory that knows people and their passwords.

use std::time::Duration;

use ldap::{Depth, Groups, Membership, People, Servers, Settings, check_url};
use store::Newcomers;

use super::form::Form;
use super::setting::Choice;
use crate::upkeep::SYNC_PAUSE_MAX;

/// A directory that knows people and their passwords.
#[derive(Clone, Debug)]
pub struct LdapConfig {
    /// How it is asked.
    pub settings: Settings,
    /// Logins that it is asked about at a time.
    pub connections: usize,
    /// How long a right password is remembered.
    pub recheck: Duration,
    /// How people get their accounts.
    pub accounts: MakeAccounts,
    /// How often accounts and groups follow the directory.
    pub sync_every: Duration,
}

/// How people of a directory get their accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakeAccounts {
    /// When they log in for the first time.
    AtLogin,
    /// Before they log in, when the directory is looked at next.
    BySync,
    /// By hand.
    Never,
}

/// Whether `ldap://` begins TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StartTls {
    Always,
    ExceptLoopback,
    Never,
}

impl Choice for StartTls {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("always", Self::Always),
        ("except_loopback", Self::ExceptLoopback),
        ("never", Self::Never),
    ];
}

impl Choice for MakeAccounts {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("at_login", Self::AtLogin),
        ("by_sync", Self::BySync),
        ("never", Self::Never),
    ];
}

impl Choice for Depth {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("subtree", Self::Subtree), ("one", Self::One)];
}

impl LdapConfig {
    pub(super) fn fill(form: &mut Form) -> Option<Self> {
        let servers = fill_servers(form);
        let is_asked = !servers.urls.is_empty();
        let people = fill_people(form, is_asked);
        let timeout = form.at_least(
            "ldap.timeout",
            "5s",
            Duration::from_millis(100),
            "How long an answer of the directory may take, and a connection to each of its servers.",
        );
        let connections: usize = form.take(
            "ldap.connections",
            "8",
            "Logins of one frontend that the directory is asked about at a time; others wait as for a core. As many connections \
             are kept open to search by, and to check passwords by.",
        );
        form.check(connections > 0, "ldap.connections", "must be at least 1");
        let recheck = form.at_least(
            "ldap.recheck",
            "5min",
            Duration::from_secs(1),
            "How long a frontend takes a password for right that the directory has found right.",
        );
        let accounts = form.choose(
            "ldap.accounts",
            MakeAccounts::AtLogin,
            "When a person of the directory gets an account who has none: at the first login, or by the synchronisation. An account that is here already, under the person's name, is \
             the person's from the first login on, and its password here is forgotten.",
        );
        let sync_every = form.at_least(
            "ldap.sync_every",
            "2min",
            Duration::from_secs(1),
            "How often one frontend looks at all people and groups of the directory, 15min at most: whoever is gone there is disabled \
             here, whoever is back enabled, whoever is renamed called so, and sessions by a password of before end.",
        );
        form.check(
            sync_every <= SYNC_PAUSE_MAX,
            "ldap.sync_every",
            "must be at most 15min",
        );
        let groups = fill_groups(form);
        is_asked.then_some(Self {
            settings: Settings {
                servers,
                people,
                groups,
                timeout,
                kept_max: connections,
            },
            connections,
            recheck,
            accounts,
            sync_every,
        })
    }
}

impl LdapConfig {
    /// Whether a login makes an account.
    pub(crate) fn newcomers_at_login(&self) -> Newcomers {
        match self.accounts {
            MakeAccounts::AtLogin | MakeAccounts::BySync => Newcomers::Welcome,
            MakeAccounts::Never => Newcomers::Refused,
        }
    }

    /// Whether people get accounts before they log in.
    pub(crate) fn newcomers_at_sync(&self) -> Newcomers {
        match self.accounts {
            MakeAccounts::BySync => Newcomers::Welcome,
            MakeAccounts::AtLogin | MakeAccounts::Never => Newcomers::Refused,
        }
    }
}

/// How the directory is reached; without a server nobody asks it.
fn fill_servers(form: &mut Form) -> Servers {
    let urls = words(&form.take::<String>(
        "ldap.url",
        "",
        "The servers of a directory that knows people and their passwords: ldaps://host, or ldap://host, which begins TLS before \
         a password is sent; several with commas between, each asked where those before it cannot be reached. Without one \
         passwords are those that postroom user sets.",
    ));
    let checked: Result<Vec<_>, _> = urls.iter().map(|url| check_url(url)).collect();
    let (is_loopback, bad) = match checked {
        Ok(checked) => (checked.iter().all(|(is_loopback, _)| *is_loopback), None),
        Err(bad) => (false, Some(bad.to_string())),
    };
    if let Some(bad) = bad {
        form.check(false, "ldap.url", &bad);
    }
    let starttls = form.choose(
        "ldap.starttls",
        StartTls::Always,
        "Whether ldap:// begins TLS. Without it passwords travel in the clear.",
    );
    let ca = form.take(
        "ldap.ca",
        "",
        "The certificates of the authorities that have signed those of the directory's servers, PEM; else the system's are trusted.",
    );
    let bind_dn: String = form.take(
        "ldap.bind_dn",
        "",
        "The entry as which the directory is searched; empty: as nobody.",
    );
    let password = form.secret("ldap.bind_password", "Its password.");
    form.check(
        bind_dn.is_empty() == password.is_none(),
        "ldap.bind_dn",
        "and ldap.bind_password belong together",
    );
    Servers {
        starttls: match starttls {
            StartTls::Always => true,
            StartTls::ExceptLoopback => !is_loopback,
            StartTls::Never => false,
        },
        urls,
        ca,
        bind: password.map(|password| (bind_dn, password.expose().to_owned())),
    }
}

/// Where people are, and what is read of them.
fn fill_people(form: &mut Form, is_asked: bool) -> People {
    let base: String = form.take(
        "ldap.base",
        "",
        "The entry below which people are, as in ou=people,dc=example,dc=org.",
    );
    form.check(
        !is_asked || !base.is_empty(),
        "ldap.base",
        "must be set where ldap.url is",
    );
    let depth = form.choose("ldap.scope", Depth::Subtree, "How far below.");
    let filter: String = form.take(
        "ldap.filter",
        "(&(objectClass=inetOrgPerson)(mail={user}))",
        "Who has an account: the filter that finds the one entry of a user name. {user} is what was typed, {local} and {domain} \
         what is before and behind its last @. Everybody is found by the same filter with * in these places. Leave out here who \
         may not log in.",
    );
    form.check(
        filter.starts_with('(')
            && ["{user}", "{local}"]
                .iter()
                .any(|part| filter.contains(part)),
        "ldap.filter",
        "must be in parentheses, and name {user} or {local}",
    );
    let template: Option<String> = form.take(
        "ldap.bind_template",
        "",
        "The entry of a user name, as in uid={local},ou=people,dc=example,dc=org, where it follows from the name: nothing is \
         searched for then before the password is right, and people must be able to read their own entry.",
    );
    let id = form.take(
        "ldap.id_attribute",
        "entryUUID",
        "The attribute that stays the same as long as a person does, whatever the name; objectGUID in Active Directory.",
    );
    let name = form.take(
        "ldap.name_attribute",
        "mail",
        "The attribute with the name of a person's account.",
    );
    let changed = words(&form.take::<String>(
        "ldap.changed_attributes",
        "pwdChangedTime, pwdLastSet",
        "Attributes that change when the password does: sessions by the password of before end then. One that the directory \
         does not have is as none.",
    ));
    let domains = words(&form.take::<String>(
        "ldap.domains",
        "",
        "The domains of the names that the directory is asked about, as in example.org, with commas between; empty: all names. \
         An administrator who has a password of this site is not asked about.",
    ));
    People {
        base,
        depth,
        filter,
        template,
        id,
        name,
        changed,
        domains,
    }
}

/// Where groups are, where they are asked for.
fn fill_groups(form: &mut Form) -> Option<Groups> {
    let base: String = form.take(
        "ldap.group_base",
        "",
        "The entry below which groups are, as in ou=groups,dc=example,dc=org. Each becomes a group here, group:name in lists, in which \
         are those of its people who have accounts; groups in groups are not looked into. Empty: groups are made by hand.",
    );
    let filter: String = form.take(
        "ldap.group_filter",
        "(objectClass=groupOfNames)",
        "Which entries there are groups, as in (objectClass=posixGroup) or (objectClass=group).",
    );
    let name = form.take(
        "ldap.group_name_attribute",
        "cn",
        "The attribute with a group's name.",
    );
    let membership = form.choose(
        "ldap.membership",
        Membership::Member,
        "How the directory says who is in a group: member (or uniqueMember) of the group names entries, memberUid of the group names \
         the uid of people, memberOf of people names groups. Active Directory: memberOf.",
    );
    (!base.is_empty()).then_some(Groups {
        base,
        filter,
        name,
        membership,
    })
}

impl Choice for Membership {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("member", Self::Member),
        ("memberUid", Self::MemberUid),
        ("memberOf", Self::MemberOf),
    ];
}

/// What stands between commas.
fn words(text: &str) -> Vec<String> {
    let words = text.split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
