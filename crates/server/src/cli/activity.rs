//! `postroom activity`: who did what.

use std::time::Duration;

use mail::{NaiveDate, Place};
use serde_json::{Value, json};
use store::{Activity, ActivityKind, ActivityQuery};

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

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let now = environment::unix_seconds();
    let since = args.since.as_deref().map(|text| moment(text, now));
    let until = args.until.as_deref().map(|text| moment(text, now));
    let query = ActivityQuery {
        mailbox: None,
        account: args.user.clone(),
        kind: args.kind.as_deref().and_then(ActivityKind::parse),
        message: args.message.clone(),
        since: since.transpose()?.unwrap_or(0),
        until: until.transpose()?.unwrap_or(ActivityQuery::END_OF_TIME),
        below: None,
        count_max: args.limit,
    };
    AdminContext::with(config, async |context| {
        run_on(context, args, query, terminal).await
    })
    .await
}

async fn run_on(
    context: &AdminContext,
    args: &Args,
    mut query: ActivityQuery,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if let Some(name) = &args.mailbox {
        query.mailbox = Some(context.mailbox_id(name).await?);
    }
    let rows = context.store.activity(&query).await?;
    let data = rows.iter().map(|row| data(context, row)).collect();
    terminal.show(&data, || {
        rows.iter().map(|row| line(context, row)).collect()
    })
}

fn data(context: &AdminContext, row: &Activity) -> Value {
    let name = |place: &Option<Place>| place.as_ref().map(|place| context.name(place).to_string());
    json!({
        "at": row.at,
        "kind": row.kind.word(),
        "actor": row.actor,
        "login": row.login,
        "token": row.token,
        "session": row.session.map(|session| session.to_string()),
        "node": row.node,
        "address": row.address,
        "client": row.client,
        "mailbox_id": row.mailbox.map(|mailbox| mailbox.0),
        "mailbox": name(&row.place),
        "other": name(&row.other_place),
        "uids": (!row.uids.is_empty()).then(|| row.uids.to_string()),
        "flags_set": row.flags_set,
        "flags_cleared": row.flags_cleared,
        "detail": row.detail,
    })
}

/// `2026-11-22T23:01:02.003Z ada expunge Shared Folders/support 4:7 [192.0.2.1 Thunderbird]`
fn line(context: &AdminContext, row: &Activity) -> String {
    let mut words = vec![row.at.clone()];
    words.push(match (&row.actor, &row.login) {
        (Some(actor), Some(login)) => format!("{login} as {actor}"),
        (Some(actor), None) => actor.clone(),
        (None, _) => "-".to_owned(),
    });
    words.push(row.kind.word().to_owned());
    words.extend(
        row.place
            .as_ref()
            .map(|place| context.name(place).to_string()),
    );
    if let Some(other) = &row.other_place {
        words.push(format!("({})", context.name(other)));
    }
    if !row.uids.is_empty() {
        words.push(row.uids.to_string());
    }
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
