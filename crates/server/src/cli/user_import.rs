//! `postroom user import`: many accounts from one file, with the passwords that they have elsewhere.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use auth::Hasher;
use mail::AccountId;
use serde::Deserialize;
use serde_json::json;
use store::{Fault, account_name};

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::input::text_of;
use super::terminal::Terminal;
use super::user;

pub(super) const HELP: &str = "Formats, by the end of the file's name:\n  \
    .csv      a line of titles: name, and any of hash, groups (with spaces between)\n  \
    .jsonl    an object a line: {\"name\": \"ada\", \"hash\": \"{SSHA}…\", \"groups\": [\"support\"]}\n  \
    .passwd   name:hash, and whatever comes behind another colon, as Dovecot's passwd-file and Apache's htpasswd have it\n\n\
    Hashes, with or without {SCHEME} before them: argon2, bcrypt ($2y$), SHA-crypt ($5$, $6$), SSHA, SSHA256, SSHA512,\n\
    SHA, SHA256, SHA512, PBKDF2. At the first login with one ours takes its place. Without a hash nobody can log in by\n\
    password.\n\n\
    The whole file is checked first; nothing is done where a line is wrong. Accounts that are there already stay as they are,\n\
    but for the groups, so that the same file may be imported again.";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file, or - for standard input.
    #[arg(value_name = "FILE")]
    file: String,
    /// What is in it, where the file's name does not say so.
    #[arg(long)]
    format: Option<Format>,
    /// Each new account with Sent, Drafts, Trash, Archive and Junk.
    #[arg(long)]
    folders: bool,
    /// Check the file and say what would be done.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Csv,
    Jsonl,
    Passwd,
}

/// One account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    hash: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
}

/// The same in a table, which has no lists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(default)]
    hash: Option<String>,
    #[serde(default)]
    groups: String,
}

/// What is in a line of the file, or what is wrong there.
type Line = (u64, Result<Entry, String>);

/// So many wrong lines are shown.
const WRONG_SHOWN: usize = 20;

pub(super) async fn run(
    context: &AdminContext,
    args: &Args,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let lines = args.format()?.read(&text_of(&args.file)?)?;
    let groups = context.store.groups().await?;
    let groups: HashSet<_> = groups.into_iter().map(|group| group.name).collect();
    let entries = checked(lines, &groups)?;
    let accounts = context.store.accounts().await?;
    let known: HashMap<_, _> = accounts
        .into_iter()
        .map(|account| (account.name, account.id))
        .collect();
    let (mut added, mut there) = (0_u64, 0_u64);
    for entry in &entries {
        let name = &entry.name;
        let is_there = known.contains_key(name);
        if !args.dry_run {
            let done = import(context, entry, known.get(name).copied(), args.folders).await;
            done.map_err(|fault| stopped(name, added, fault))?;
        }
        there += u64::from(is_there);
        added += u64::from(!is_there);
    }
    let would = if args.dry_run { "would be " } else { "" };
    let data = json!({ "added": added, "there": there, "dry_run": args.dry_run });
    terminal.show(&data, || {
        format!("{added} users {would}added, {there} were there already")
    })
}

/// Makes the account unless it is there, and lets it be in its groups.
async fn import(
    context: &AdminContext,
    entry: &Entry,
    known: Option<AccountId>,
    with_folders: bool,
) -> Result<(), Fault> {
    let id = match known {
        Some(id) => id,
        None => {
            user::create(
                context,
                &entry.name,
                entry.hash.as_deref(),
                false,
                with_folders,
            )
            .await?
        }
    };
    for group in &entry.groups {
        context.store.add_member(group, id).await?;
    }
    Ok(())
}

impl Args {
    fn format(&self) -> Result<Format, Failure> {
        let end = Path::new(&self.file).extension();
        let by_name = match end.and_then(|end| end.to_str()) {
            Some("csv") => Some(Format::Csv),
            Some("jsonl") => Some(Format::Jsonl),
            Some("passwd") => Some(Format::Passwd),
            Some(_) | None => None,
        };
        self.format.or(by_name).ok_or_else(|| {
            Failure::usage(format!(
                "{}: its name does not end in .csv, .jsonl or .passwd: say --format",
                self.file
            ))
        })
    }
}

impl Format {
    /// # Errors
    ///
    /// Where not even the titles are right.
    fn read(self, text: &str) -> Result<Vec<Line>, Failure> {
        let lines = || {
            (1..)
                .zip(text.lines().map(str::trim))
                .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        };
        Ok(match self {
            Self::Csv => return read_csv(text),
            Self::Jsonl => lines()
                .map(|(number, line)| {
                    let entry = serde_json::from_str(line).map_err(|cause| cause.to_string());
                    (number, entry)
                })
                .collect(),
            Self::Passwd => lines()
                .map(|(number, line)| (number, read_passwd(line)))
                .collect(),
        })
    }
}

fn read_csv(text: &str) -> Result<Vec<Line>, Failure> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let titles = reader
        .headers()
        .map_err(|cause| Failure::failed(cause.to_string()))?;
    let strange = titles
        .iter()
        .find(|title| !["name", "hash", "groups"].contains(title));
    if let Some(title) = strange {
        let words = format!("line 1: titles are name, hash and groups, not {title:?}");
        return Err(Failure::failed(words));
    }
    if !titles.iter().any(|title| title == "name") {
        return Err(Failure::failed("line 1: a title has to be name"));
    }
    let titles = titles.clone();
    Ok(reader
        .records()
        .map(|record| match record {
            Ok(record) => {
                let number = record.position().map_or(0, csv::Position::line);
                let row = record.deserialize(Some(&titles));
                (
                    number,
                    row.map(Row::entry).map_err(|cause| cause.to_string()),
                )
            }
            Err(cause) => {
                let number = cause.position().map_or(0, csv::Position::line);
                (
                    number,
                    Err("it has not as many fields as there are titles".to_owned()),
                )
            }
        })
        .collect())
}

impl Row {
    fn entry(self) -> Entry {
        Entry {
            name: self.name,
            hash: self.hash,
            groups: self.groups.split_whitespace().map(str::to_owned).collect(),
        }
    }
}

fn read_passwd(line: &str) -> Result<Entry, String> {
    let (name, rest) = line
        .split_once(':')
        .ok_or_else(|| "there is no colon".to_owned())?;
    let hash = rest.split(':').next().unwrap_or_default();
    Ok(Entry {
        name: name.to_owned(),
        hash: Some(hash.to_owned()),
        groups: Vec::new(),
    })
}

/// All accounts, by the spelling that they are kept in; or every line that is wrong.
fn checked(lines: Vec<Line>, groups: &HashSet<String>) -> Result<Vec<Entry>, Failure> {
    let mut wrong = Vec::new();
    let mut first_at = HashMap::new();
    let mut entries = Vec::new();
    for (number, line) in lines {
        let entry = line.and_then(|entry| check(entry, groups));
        match entry {
            Ok(entry) => match first_at.insert(entry.name.clone(), number) {
                Some(before) => {
                    wrong.push((number, format!("{} is in line {before}, too", entry.name)));
                }
                None => entries.push(entry),
            },
            Err(words) => wrong.push((number, words)),
        }
    }
    if wrong.is_empty() {
        return Ok(entries);
    }
    let more = wrong.len().saturating_sub(WRONG_SHOWN);
    let mut words: Vec<_> = wrong
        .iter()
        .take(WRONG_SHOWN)
        .map(|(number, words)| format!("line {number}: {words}"))
        .collect();
    words.extend((more > 0).then(|| format!("and {more} lines more")));
    words.push("nothing was imported".to_owned());
    Err(Failure::failed(words.join("\n")))
}

fn check(entry: Entry, groups: &HashSet<String>) -> Result<Entry, String> {
    let name = account_name(&entry.name).map_err(|fault| format!("{:?}: {fault}", entry.name))?;
    let hash = entry.hash.filter(|hash| !hash.is_empty());
    if let Some(hash) = &hash {
        Hasher::check(hash).map_err(|cause| format!("{name}: {cause}"))?;
    }
    let groups_of = entry
        .groups
        .iter()
        .map(|group| group.to_lowercase())
        .map(|group| match groups.contains(&group) {
            true => Ok(group),
            false => Err(format!("{name}: no group {group}")),
        });
    Ok(Entry {
        groups: groups_of.collect::<Result<_, _>>()?,
        name,
        hash,
    })
}

/// What was done before stays: the same file may be imported again.
fn stopped(name: &str, added: u64, fault: Fault) -> Failure {
    let cause = Failure::from(fault);
    Failure::failed(format!(
        "{name}: {cause}; {added} users were added before, import the file again"
    ))
}
