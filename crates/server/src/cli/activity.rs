//! `postroom activity`: who did what.

use std::time::Duration;

use mail::{NaiveDate, Place};
use serde::Serialize;
use serde_json::json;
use store::{ActivityKind, ActivityQuery};

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::{Config, parse_span};
use crate::environment;

pub(super) const HELP: &str = "Times are UTC. What is told of logins may be some seconds late; \
    everything else is written with what it tells of. Rows are kept for activity.keep.\n\n\
    Examples:\n  \
    postroom activity --mailbox 'Shared Folders/support' --since 2h\n  \
    postroom activity --user ada --kind expunge --since 2026-11-01\n  \
    postroom activity --message '<17@example.org>'\n  \
    postroom activity --kind refused --json";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only on this mailbox, under its name of today; with `#` and its number if it is gone.
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// Only what this user did.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only this kind.
    #[arg(long, value_name = "KIND", value_parser = clap::builder::PossibleValuesParser::new(ActivityKind::words()))]
    kind: Option<String>,
    /// The story of one message, wherever it is or was: its Message-ID.
    #[arg(long, value_name = "ID")]
    message: Option<String>,
    /// Not before: so long ago (`30min`, `2h`, `7d`), or a date, or a date and time.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// The newest, at most so many.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: u32,
}

/// What is asked of the record of activity: of the store, or of the API of a frontend.
pub(super) trait ActivityRecord {
    /// The newest so many, oldest first.
    async fn activity(&self, wanted: &WantedActivity<'_>) -> Result<Vec<ListedActivity>, Failure>;
}

/// What is meant: that of which all that is said is so.
pub(super) struct WantedActivity<'w> {
    pub(super) mailbox: Option<&'w str>,
    pub(super) user: Option<&'w str>,
    pub(super) kind: Option<ActivityKind>,
    pub(super) message: Option<&'w str>,
    /// In seconds since 1970, as the next.
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
    pub(super) count_max: u32,
}

/// Something that was done, as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct ListedActivity {
    pub(super) at: String,
    pub(super) kind: String,
    pub(super) actor: Option<String>,
    pub(super) login: Option<String>,
    pub(super) token: Option<String>,
    pub(super) session: Option<String>,
    pub(super) node: Option<String>,
    pub(super) address: Option<String>,
    pub(super) client: Option<String>,
    pub(super) mailbox_id: Option<i64>,
    pub(super) mailbox: Option<String>,
    pub(super) other: Option<String>,
    pub(super) uids: Option<String>,
    pub(super) flags_set: Vec<String>,
    pub(super) flags_cleared: Vec<String>,
    pub(super) detail: Option<String>,
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    // What cannot be is told before a database is looked for.
    args.wanted()?;
    AdminContext::with(config, async |context| {
        run_on(context, args, terminal).await
    })
    .await
}

pub(super) async fn run_on(
    record: &impl ActivityRecord,
    args: &Args,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let rows = record.activity(&args.wanted()?).await?;
    terminal.show(&json!(rows), || rows.iter().map(line).collect())
}

impl Args {
    fn wanted(&self) -> Result<WantedActivity<'_>, Failure> {
        let now = environment::unix_seconds();
        let since = self.since.as_deref().map(|text| moment(text, now));
        let until = self.until.as_deref().map(|text| moment(text, now));
        Ok(WantedActivity {
            mailbox: self.mailbox.as_deref(),
            user: self.user.as_deref(),
            kind: self.kind.as_deref().and_then(ActivityKind::parse),
            message: self.message.as_deref(),
            since: since.transpose()?,
            until: until.transpose()?,
            count_max: self.limit,
        })
    }
}

/// `2026-11-22T23:01:02.003Z ada expunge Shared Folders/support 4:7 [192.0.2.1 Thunderbird]`
fn line(row: &ListedActivity) -> String {
    let mut words = vec![row.at.clone()];
    words.push(match (&row.actor, &row.login) {
        (Some(actor), Some(login)) => format!("{login} as {actor}"),
        (Some(actor), None) => actor.clone(),
        (None, _) => "-".to_owned(),
    });
    words.push(row.kind.clone());
    words.extend(row.mailbox.clone());
    words.extend(row.other.as_ref().map(|other| format!("({other})")));
    words.extend(row.uids.clone());
    words.extend(row.flags_set.iter().map(|flag| format!("+{flag}")));
    words.extend(row.flags_cleared.iter().map(|flag| format!("-{flag}")));
    words.extend(row.detail.clone());
    let token = row.token.as_ref().map(|token| format!("by {token}"));
    let from = [&row.address, &row.client, &row.node, &token];
    let from: Vec<&str> = from.into_iter().filter_map(Option::as_deref).collect();
    if !from.is_empty() {
        words.push(format!("[{}]", from.join(" ")));
    }
    words.join(" ") + "\n"
}

impl ActivityRecord for AdminContext {
    async fn activity(&self, wanted: &WantedActivity<'_>) -> Result<Vec<ListedActivity>, Failure> {
        let mailbox = match wanted.mailbox {
            Some(name) => Some(self.mailbox_id(name).await?),
            None => None,
        };
        let query = ActivityQuery {
            mailbox,
            account: wanted.user.map(str::to_owned),
            kind: wanted.kind,
            message: wanted.message.map(str::to_owned),
            since: wanted.since.unwrap_or(0),
            until: wanted.until.unwrap_or(ActivityQuery::END_OF_TIME),
            below: None,
            count_max: wanted.count_max,
        };
        let rows = self.store.activity(&query).await?.into_iter();
        let name = |place: Option<Place>| place.map(|place| self.name(&place).to_string());
        let listed = rows.map(|row| ListedActivity {
            at: row.at,
            kind: row.kind.word().to_owned(),
            actor: row.actor,
            login: row.login,
            token: row.token,
            session: row.session.map(|session| session.to_string()),
            node: row.node,
            address: row.address,
            client: row.client,
            mailbox_id: row.mailbox.map(|mailbox| mailbox.0),
            mailbox: name(row.place),
            other: name(row.other_place),
            uids: (!row.uids.is_empty()).then(|| row.uids.to_string()),
            flags_set: row.flags_set,
            flags_cleared: row.flags_cleared,
            detail: row.detail,
        });
        Ok(listed.collect())
    }
}

/// Seconds since 1970 of `2h` ago, of the beginning of a day, or of a minute of it.
fn moment(text: &str, now: i64) -> Result<i64, Failure> {
    let ago = parse_span(text).map(|span: Duration| {
        let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        now.saturating_sub(seconds)
    });
    ago.or_else(|| date_time(text)).ok_or_else(|| {
        Failure::usage(format!(
            "{text}: say 30min, 2h or 7d ago, or 2026-11-22, or 2026-11-22T17:30"
        ))
    })
}

pub(super) fn date_time(text: &str) -> Option<i64> {
    let text = text.trim_end_matches('Z');
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let day = NaiveDate::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    let mut parts = time.splitn(3, ':');
    let mut number = || parts.next().map_or(Some(0), |part| part.parse().ok());
    let (hour, minute, second) = (number()?, number()?, number()?);
    let date = mail::InternalDate::from_parts(day, (hour, minute, second), 0)?;
    Some(date.unix_seconds)
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_moment_is_an_age_or_a_date() {
        for (text, expected) in [
            ("0s", Some(1_000_000)),
            ("2h", Some(1_000_000 - 7200)),
            ("7d", Some(1_000_000 - 7 * 86_400)),
            ("1970-01-02", Some(86_400)),
            ("1970-01-02T01:02", Some(86_400 + 3720)),
            ("1970-01-02T01:02:03Z", Some(86_400 + 3723)),
            ("1970-02-30", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(moment(text, 1_000_000).ok(), expected, "{text}");
        }
    }
}
