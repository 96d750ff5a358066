//! A file becomes a [`DesiredState`], or is told what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use acl::{Identifier, Rights, Role, Subject, fold_identifier, fold_name};
use mail::{EmailAddress, Flag, FlagPolicy, MailboxName, QuotaLimits, Resource};

use crate::document::{Mistake, Placed, Table, in_order, keep, parse, tables};
use crate::key::{COMPLETE, Section};
use crate::wanted::{
    Addresses, Alias, DesiredAccount, DesiredGroup, DesiredList, DesiredMailbox, DesiredState,
    List, Source,
};

/// Says what is wrong with the hash of a password, if something is.
type CheckHash<'c> = &'c dyn Fn(&str) -> Result<(), String>;

/// The keys of `quota`, each with what it limits.
pub(crate) const LIMITS: [(&str, Resource); 3] = [
    ("storage", Resource::Storage),
    ("messages", Resource::Message),
    ("mailboxes", Resource::Mailbox),
];
/// In `rights`: the list is that of the mailbox above.
pub(crate) const INHERITED: &str = "inherited";
/// In `source`.
pub(crate) const DIRECTORY: &str = "directory";

impl DesiredState {
    /// Reads a file. `folders` are those that `folders = true` of a mailbox means, each with its special use.
    ///
    /// # Errors
    ///
    /// The first [`Mistake`] in each account, group and mailbox, as they stand in the file; one alone where it is not TOML.
    pub fn parse(
        text: &str,
        folders: &[(&str, &str)],
        check_hash: CheckHash<'_>,
    ) -> Result<Self, Vec<Mistake>> {
        let document = parse(text).map_err(|mistake| vec![mistake])?;
        let mut state = Self::default();
        let mut mistakes = Vec::new();
        let wrong = &mut mistakes;
        for (key, value) in in_order(document.get_ref()) {
            match key.get_ref().as_ref() {
                COMPLETE => {
                    state.complete = keep(complete(text, &document), wrong).unwrap_or_default();
                }
                "account" => {
                    for (name, table) in tables(text, Section::Accounts, value, wrong) {
                        let read = account(&table, check_hash);
                        keep(insert(&mut state.accounts, name, read, &table), wrong);
                    }
                }
                "group" => {
                    for (name, table) in tables(text, Section::Groups, value, wrong) {
                        let read = group(&table);
                        keep(insert(&mut state.groups, name, read, &table), wrong);
                    }
                }
                "mailbox" => {
                    let tables = tables(text, Section::Mailboxes, value, wrong);
                    state.mailboxes = mailboxes(&tables, folders, wrong);
                }
                "alias" => {
                    state.aliases = keep(aliases(text, &document), wrong).unwrap_or_default();
                }
                other => {
                    let words = format!(
                        "unknown key {other}: there are complete, account, group, mailbox and alias"
                    );
                    wrong.push(Mistake::at(text, &key.span(), words));
                }
            }
        }
        if mistakes.is_empty() {
            Ok(state)
        } else {
            Err(mistakes)
        }
    }
}

/// A name that differs in case alone is the same.
fn insert<T>(
    all: &mut BTreeMap<String, T>,
    name: &str,
    read: Result<T, Mistake>,
    table: &Table<'_>,
) -> Result<(), Mistake> {
    insert_new(all, folded(name, table)?, read?, table)
}

fn insert_new<T>(
    all: &mut BTreeMap<String, T>,
    name: String,
    read: T,
    table: &Table<'_>,
) -> Result<(), Mistake> {
    if all.contains_key(&name) {
        return Err(table.mistake(&table.at, format!("{name} stands here twice")));
    }
    all.insert(name, read);
    Ok(())
}

fn complete(
    text: &str,
    document: &toml::Spanned<toml::de::DeTable<'_>>,
) -> Result<BTreeSet<Section>, Mistake> {
    let top = Table::of(text, document);
    let words = top.texts(COMPLETE)?.unwrap_or_default();
    let sections = words.into_iter().map(|(word, at)| {
        let section = Section::ALL
            .into_iter()
            .find(|section| section.word() == word);
        section.ok_or_else(|| {
            top.mistake(
                &at,
                format!("{word:?} is none of accounts, groups, mailboxes and aliases"),
            )
        })
    });
    sections.collect()
}

fn folded(name: &str, table: &Table<'_>) -> Result<String, Mistake> {
    fold_name(name).ok_or_else(|| {
        let words = format!(
            "{name:?} is no name: it has 1 to 255 bytes and no / * % or control characters"
        );
        table.mistake(&table.at, words)
    })
}

fn account(table: &Table<'_>, check_hash: CheckHash<'_>) -> Result<DesiredAccount, Mistake> {
    let hash = table.text("hash")?;
    if let Some((hash, at)) = &hash {
        check_hash(hash).map_err(|words| table.mistake(at, words))?;
    }
    let source = source(table, &["admin", "disabled", "hash", "folders"])?;
    Ok(DesiredAccount {
        source,
        is_admin: table.truth("admin")?,
        is_disabled: table.truth("disabled")?,
        hash: hash.map(|(hash, _)| hash.to_owned()),
        has_folders: table.truth("folders")?.unwrap_or_default(),
        addresses: addresses(table)?,
        quota: quota(table)?,
    })
}

fn group(table: &Table<'_>) -> Result<DesiredGroup, Mistake> {
    let source = source(table, &["members"])?;
    let members = table.texts("members")?.map(|members| {
        let members = members
            .into_iter()
            .map(|(text, at)| member(text).ok_or((text, at)));
        members.collect::<Result<_, _>>()
    });
    let members = members.transpose();
    let members = members.map_err(|(text, at)| {
        table.mistake(&at, format!("{text:?} is no user and no group:name"))
    })?;
    Ok(DesiredGroup { source, members })
}

fn member(text: &str) -> Option<String> {
    match Identifier::parse(text).ok()? {
        Identifier::User(name) => fold_name(&name),
        Identifier::Group(name) => Some(format!("group:{}", fold_name(&name)?)),
        Identifier::Anyone
        | Identifier::Authenticated
        | Identifier::Domain(_)
        | Identifier::Anonymous
        | Identifier::Owner => None,
    }
}

/// Where the directory is the source, these keys are its to say.
fn source(table: &Table<'_>, directorys: &[&str]) -> Result<Source, Mistake> {
    match table.text("source")? {
        None => Ok(Source::Hand),
        Some((DIRECTORY, _)) => {
            let said = directorys
                .iter()
                .find_map(|key| Some((key, table.place_of(key)?)));
            match said {
                None => Ok(Source::Directory),
                Some((key, at)) => {
                    Err(table.mistake(&at, format!("{key} is said by the directory")))
                }
            }
        }
        Some((other, at)) => {
            Err(table.mistake(&at, format!("source is \"directory\", not {other:?}")))
        }
    }
}

fn mailboxes(
    tables: &[(&str, Table<'_>)],
    folders: &[(&str, &str)],
    mistakes: &mut Vec<Mistake>,
) -> BTreeMap<String, DesiredMailbox> {
    let mut all = BTreeMap::new();
    let mut with_folders = Vec::new();
    let mut inheriting = Vec::new();
    for (name, table) in tables {
        let Some((path, has_folders)) = keep(named_mailbox(name, table), mistakes) else {
            continue;
        };
        let mailbox = keep(mailbox(table), mistakes).unwrap_or_default();
        if mailbox.list == Some(DesiredList::Inherited) {
            inheriting.push((path.clone(), table));
        }
        if has_folders {
            with_folders.push(path.to_string());
        }
        keep(
            insert_new(&mut all, path.to_string(), mailbox, table),
            mistakes,
        );
    }
    for path in with_folders {
        for (folder, special_use) in folders {
            let folder = all
                .entry(format!("{path}/{folder}"))
                .or_insert_with(DesiredMailbox::default);
            folder
                .special_use
                .get_or_insert_with(|| Some((*special_use).to_owned()));
            folder.list.get_or_insert(DesiredList::Inherited);
        }
    }
    for (path, table) in inheriting {
        let mut above = std::iter::successors(path.parent(), MailboxName::parent);
        if !above.any(|above| all.contains_key(above.as_str())) {
            let words = format!("{path} has no mailbox above it here whose list it could have");
            mistakes.push(table.mistake(&table.at, words));
        }
    }
    all
}

/// Its name, and whether it has the usual folders.
fn named_mailbox(name: &str, table: &Table<'_>) -> Result<(MailboxName, bool), Mistake> {
    let path = MailboxName::parse(name)
        .map_err(|bad| table.mistake(&table.at, format!("{name}: {bad}")))?;
    if path.as_str() == MailboxName::INBOX {
        return Err(table.mistake(&table.at, "INBOX is no shared mailbox"));
    }
    Ok((path, table.truth("folders")?.unwrap_or_default()))
}

fn mailbox(table: &Table<'_>) -> Result<DesiredMailbox, Mistake> {
    Ok(DesiredMailbox {
        special_use: special_use(table)?,
        list: list(table)?,
        private: private(table)?,
        addresses: addresses(table)?,
        quota: quota(table)?,
    })
}

fn special_use(table: &Table<'_>) -> Result<Option<Option<String>>, Mistake> {
    Ok(match table.text("special_use")? {
        None => None,
        Some(("", _)) => Some(None),
        Some((word, at)) => {
            let known = mail::SPECIAL_USES
                .iter()
                .find(|known| known.eq_ignore_ascii_case(word));
            let known = known.ok_or_else(|| {
                table.mistake(&at, format!("{word:?} is no special use of RFC 6154"))
            })?;
            Some(Some((*known).to_owned()))
        }
    })
}

fn list(table: &Table<'_>) -> Result<Option<DesiredList>, Mistake> {
    let Some(value) = table.value("rights") else {
        return Ok(None);
    };
    if value.get_ref().as_str() == Some(INHERITED) {
        return Ok(Some(DesiredList::Inherited));
    }
    if value.get_ref().as_table().is_none() {
        return Err(table.mistake(
            &value.span(),
            "rights is a table, in braces, or \"inherited\"",
        ));
    }
    let mut list = List::new();
    for ((name, at), (word, word_at)) in table.pairs("rights")? {
        let subject =
            Subject::parse(name).map_err(|bad| table.mistake(&at, format!("{name}: {bad}")))?;
        let subject = Subject {
            identifier: fold_identifier(&subject.identifier),
            is_negative: subject.is_negative,
        };
        let rights = rights(word).map_err(|words| table.mistake(&word_at, words))?;
        if list.insert(subject, rights).is_some() {
            return Err(table.mistake(&at, format!("{name} stands here twice")));
        }
    }
    Ok(Some(DesiredList::Own(list)))
}

fn rights(word: &str) -> Result<Rights, String> {
    match Role::rights_written(word) {
        Ok(Rights::NONE) => Err("an entry without rights is none: leave it out".to_owned()),
        Ok(rights) => Ok(rights),
        Err(bad) => Err(format!("{word:?} is neither a role nor letters: {bad}")),
    }
}

fn private(table: &Table<'_>) -> Result<Option<FlagPolicy>, Mistake> {
    let Some(words) = table.texts("private")? else {
        return Ok(None);
    };
    let mut policy = FlagPolicy::default();
    for (word, at) in words {
        let flag =
            Flag::parse(word).map_err(|bad| table.mistake(&at, format!("{word:?}: {bad}")))?;
        policy
            .add(flag)
            .map_err(|bad| table.mistake(&at, bad.to_string()))?;
    }
    Ok(Some(policy.in_order()))
}

fn addresses(table: &Table<'_>) -> Result<Option<Addresses>, Mistake> {
    addresses_in(table, "addresses")
}

fn addresses_in(table: &Table<'_>, key: &str) -> Result<Option<Addresses>, Mistake> {
    let Some(texts) = table.texts(key)? else {
        return Ok(None);
    };
    let mut all = Addresses::new();
    for placed in texts {
        let (key, spelling) = address(table, &placed)?;
        if all.insert(key, spelling).is_some() {
            return Err(table.mistake(&placed.1, format!("{} stands here twice", placed.0)));
        }
    }
    Ok(Some(all))
}

fn address(table: &Table<'_>, (text, at): &Placed<'_>) -> Result<(String, String), Mistake> {
    let mistake = |bad| table.mistake(at, format!("{text}: {bad}"));
    match text.strip_prefix('@') {
        Some(domain) => {
            let domain = EmailAddress::parse_domain(domain).map_err(mistake)?;
            Ok((format!("@{domain}"), format!("@{domain}")))
        }
        None => {
            let address = EmailAddress::parse(text).map_err(mistake)?;
            Ok((
                format!("{}@{}", address.folded_local(), address.domain()),
                address.to_string(),
            ))
        }
    }
}

fn aliases(
    text: &str,
    document: &toml::Spanned<toml::de::DeTable<'_>>,
) -> Result<BTreeMap<String, Alias>, Mistake> {
    let Some(table) = Table::of(text, document).inner(Section::Aliases.table())? else {
        return Ok(BTreeMap::new());
    };
    let mut all = BTreeMap::new();
    for (name, at) in table.names() {
        let (key, spelling) = address(&table, &(name, at.clone()))?;
        let targets = addresses_in(&table, name)?.unwrap_or_default();
        let domains = targets
            .values()
            .filter(|target| target.starts_with('@'))
            .count();
        if domains > usize::from(spelling.starts_with('@')) {
            let words = "a domain, and nothing else, may be another name of one domain";
            return Err(table.mistake(&at, words));
        }
        if all.insert(key, Alias { spelling, targets }).is_some() {
            return Err(table.mistake(&at, format!("{name} stands here twice")));
        }
    }
    Ok(all)
}

fn quota(table: &Table<'_>) -> Result<Option<QuotaLimits>, Mistake> {
    let known = LIMITS.map(|(name, _)| name);
    let limits = table.numbers("quota", &known)?;
    Ok(limits.map(|limits| {
        let named = |name: &str| LIMITS.into_iter().find(|(known, _)| *known == name);
        limits
            .into_iter()
            .filter_map(|(name, limit)| Some((named(name)?.1, limit)))
            .collect()
    }))
}
