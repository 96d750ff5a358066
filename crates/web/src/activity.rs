//! Who did what in a mailbox. As in IMAP, neither from where somebody works nor the other mailbox of a copy is for those to know who
//! administer this one.

use acl::{Modification, Rights, Subject};
use mail::{InternalDate, NaiveDate};
use maud::{Markup, html};
use store::{Activity, ActivityKind, ActivityQuery};

use crate::layout::hidden;
use crate::mailbox::{self, Tab};
use crate::problem::Problem;
use crate::request::url;
use crate::response::WebResponse;
use crate::texts::{Texts, fill};
use crate::visit::{Administered, SignedIn};
use crate::words;

/// How many are shown.
const ROWS_MAX: u32 = 200;
/// The field that says where the page before ended.
const OLDER: &str = "below";
const DAY: i64 = 24 * 60 * 60;

/// What happens in mailboxes.
const KINDS: [ActivityKind; 13] = [
    ActivityKind::Rights,
    ActivityKind::Expunge,
    ActivityKind::Move,
    ActivityKind::Flags,
    ActivityKind::Append,
    ActivityKind::Copy,
    ActivityKind::Delivery,
    ActivityKind::Answer,
    ActivityKind::Create,
    ActivityKind::Rename,
    ActivityKind::Delete,
    ActivityKind::Metadata,
    ActivityKind::Account,
];

pub(crate) async fn show(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let query = &person.visit.query;
    let team = person.administered(query.text("name")).await?;
    let by = query.text("person");
    let day = day(query.text("day"));
    let rows = person
        .store
        .activity(&ActivityQuery {
            account: (!by.is_empty()).then(|| by.to_owned()),
            kind: ActivityKind::parse(query.text("kind")),
            since: day.unwrap_or(0),
            until: day.map_or(ActivityQuery::END_OF_TIME, |day| day + DAY),
            below: query.text(OLDER).parse().ok(),
            ..ActivityQuery::newest_on(team.permit.mailbox(), ROWS_MAX)
        })
        .await?;
    let texts = person.texts();
    let is_cut = u32::try_from(rows.len()).is_ok_and(|count| count == ROWS_MAX);
    let oldest = rows.first().filter(|_| is_cut);
    let main = html! {
        p.lead { (texts.activity_hint) }
        (filters(person, &team))
        @if rows.is_empty() { p { (texts.no_activity) } } @else {
            table.cards {
                thead { tr {
                    @for title in [texts.when, texts.who, texts.what] { th scope="col" { (title) } }
                } }
                tbody { @for done in rows.iter().rev() { (row(person, done)) } }
            }
        }
        @if let Some(oldest) = oldest { p { a href=(older_than(person, &team, oldest)) rel="next" { (texts.older) } } }
    };
    let title = fill(texts.activity_in, &[("team", team.name.as_str())]);
    Ok(mailbox::page(
        person,
        200,
        &team.name,
        Tab::Activity,
        &title,
        &main,
    ))
}

/// The same list, from where this page ends.
fn older_than(person: &SignedIn<'_>, team: &Administered, oldest: &Activity) -> String {
    let query = &person.visit.query;
    let number = oldest.number.to_string();
    let mut fields = vec![("name", team.name.as_str()), (OLDER, number.as_str())];
    let filters = ["person", "kind", "day"].map(|field| (field, query.text(field)));
    fields.extend(filters.iter().filter(|(_, value)| !value.is_empty()));
    url("/mailbox/activity", &fields)
}

fn filters(person: &SignedIn<'_>, team: &Administered) -> Markup {
    let texts = person.texts();
    let query = &person.visit.query;
    html! {
        form.row method="get" action="/mailbox/activity" {
            (hidden("name", team.name.as_str()))
            div {
                label for="person" { (texts.who) }
                input #person name="person" type="text" value=(query.text("person")) maxlength="255" autocapitalize="none"
                    autocomplete="off" spellcheck="false";
            }
            div {
                label for="kind" { (texts.kind) }
                select #kind name="kind" {
                    option value="" { (texts.every_kind) }
                    @for kind in KINDS {
                        option value=(kind.word()) selected[query.text("kind") == kind.word()] { (words_of(texts, kind)) }
                    }
                }
            }
            div {
                label for="day" { (texts.day) }
                input #day name="day" type="date" value=(query.text("day"));
            }
            button type="submit" { (texts.show) }
        }
    }
}

fn row(person: &SignedIn<'_>, done: &Activity) -> Markup {
    let texts = person.texts();
    let who = match (&done.actor, &done.login) {
        (Some(actor), Some(login)) => fill(texts.acted_as, &[("login", login), ("actor", actor)]),
        (Some(actor), None) => actor.clone(),
        (None, _) => texts.somebody.to_owned(),
    };
    html! {
        tr {
            td data-label=(texts.when) { (words::time(person.language(), &done.at)) }
            th scope="row" { (who) }
            td data-label=(texts.what) { (what(texts, done)) }
        }
    }
}

fn what(texts: &Texts, done: &Activity) -> String {
    let mut words = vec![words_of(texts, done.kind).to_owned()];
    words.extend(match done.uids.len() {
        0 => None,
        1 => Some(texts.message_one.to_owned()),
        count => Some(fill(texts.messages, &[("count", &count.to_string())])),
    });
    let flags = |text: &str, flags: &[String]| {
        (!flags.is_empty()).then(|| fill(text, &[("flags", &flags.join(" "))]))
    };
    words.extend(flags(texts.set_flags, &done.flags_set));
    words.extend(flags(texts.cleared_flags, &done.flags_cleared));
    words.extend(done.detail.as_deref().map(|detail| {
        let is_change = done.kind == ActivityKind::Rights;
        let in_words = is_change.then(|| change(texts, detail)).flatten();
        in_words.unwrap_or_else(|| detail.to_owned())
    }));
    words.join(" · ")
}

/// `bo +lrs` as the record has it, in words.
fn change(texts: &Texts, detail: &str) -> Option<String> {
    let (who, rights) = detail.rsplit_once(' ')?;
    let who = words::subject(texts, &Subject::parse(who).ok()?);
    let (text, rights) = match Modification::parse(rights).ok()? {
        Modification::Replace(Rights::NONE) => (texts.was_removed, Rights::NONE),
        Modification::Replace(rights) => (texts.is_now, rights),
        Modification::Add(rights) => (texts.gives, rights),
        Modification::Remove(rights) => (texts.takes, rights),
    };
    let what = words::what(texts, rights);
    Some(fill(text, &[("who", &who), ("what", &what)]))
}

const fn words_of(texts: &Texts, kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Append => texts.kind_append,
        ActivityKind::Flags => texts.kind_flags,
        ActivityKind::Expunge => texts.kind_expunge,
        ActivityKind::Copy => texts.kind_copy,
        ActivityKind::Move => texts.kind_move,
        ActivityKind::Create => texts.kind_create,
        ActivityKind::Rename => texts.kind_rename,
        ActivityKind::Delete => texts.kind_delete,
        ActivityKind::Rights => texts.kind_rights,
        ActivityKind::Metadata => texts.kind_metadata,
        ActivityKind::Delivery => texts.kind_delivery,
        ActivityKind::Answer => texts.kind_answer,
        ActivityKind::Account => texts.kind_account,
        // These concern no mailbox.
        ActivityKind::Login | ActivityKind::Refused | ActivityKind::ActAs | ActivityKind::Group => {
            ""
        }
    }
}

/// The first second of `2026-11-30`.
fn day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let day = NaiveDate::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some(InternalDate::from_parts(day, (0, 0, 0), 0)?.unix_seconds)
}

#[cfg(test)]
mod tests {
    use super::{change, day};
    use crate::language::Language;

    #[test]
    fn a_change_of_rights_is_told_in_words() {
        let texts = Language::English.texts();
        for (detail, expected) in [
            ("bo lrs", Some("bo: Viewer")),
            ("bo ", Some("bo was removed.")),
            ("group:a b +r", Some("group a b: gives r (read messages)")),
            ("-bo e", Some("− bo: e (remove deleted messages for good)")),
            ("bo -lrs", Some("bo: takes away Viewer")),
            ("bo", None),
            ("bo xyz", None),
        ] {
            assert_eq!(change(texts, detail).as_deref(), expected, "{detail}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight() {
        for (text, expected) in [
            ("1970-01-02", Some(86_400)),
            ("1970-02-30", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
    }
}
