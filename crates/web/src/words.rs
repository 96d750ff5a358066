//! Rights, roles, identifiers and times as people read them. Pure.

use acl::{Identifier, Rights, Role, Subject};
use maud::{Markup, html};

use crate::language::Language;
use crate::texts::{Texts, fill};

/// What a role is called.
pub(crate) const fn role(texts: &Texts, role: Role) -> &'static str {
    match role {
        Role::Viewer => texts.viewer,
        Role::Contributor => texts.contributor,
        Role::Editor => texts.editor,
        Role::Manager => texts.manager,
    }
}

/// What a role may do.
pub(crate) const fn role_means(texts: &Texts, role: Role) -> &'static str {
    match role {
        Role::Viewer => texts.viewer_means,
        Role::Contributor => texts.contributor_means,
        Role::Editor => texts.editor_means,
        Role::Manager => texts.manager_means,
    }
}

/// Each right with what it allows, in the order of the letters.
pub(crate) const fn rights(texts: &Texts) -> [(Rights, &'static str); 12] {
    [
        (Rights::LOOKUP, texts.right_l),
        (Rights::READ, texts.right_r),
        (Rights::SEEN, texts.right_s),
        (Rights::WRITE, texts.right_w),
        (Rights::INSERT, texts.right_i),
        (Rights::POST, texts.right_p),
        (Rights::CREATE, texts.right_k),
        (Rights::DELETE_MAILBOX, texts.right_x),
        (Rights::DELETE_MESSAGES, texts.right_t),
        (Rights::EXPUNGE, texts.right_e),
        (Rights::ADMINISTER, texts.right_a),
        (Rights::ANNOTATE, texts.right_n),
    ]
}

/// What these rights allow, one after the other.
pub(crate) fn allowed(texts: &Texts, held: Rights) -> String {
    let words = rights(texts)
        .into_iter()
        .filter(|(right, _)| held.contains(*right))
        .map(|(_, words)| words);
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        return texts.nothing.to_owned();
    }
    words.join(", ")
}

/// The letters of RFC 4314, without those that only stand for others.
pub(crate) fn letters(held: Rights) -> String {
    held.to_string().replace(['c', 'd'], "")
}

/// Whom an entry is for.
pub(crate) fn identifier(texts: &Texts, identifier: &Identifier) -> String {
    match identifier {
        Identifier::User(name) => name.clone(),
        Identifier::Group(name) => fill(texts.group, &[("name", name)]),
        Identifier::Anyone => texts.anyone.to_owned(),
        Identifier::Authenticated => texts.authenticated.to_owned(),
        Identifier::Domain(domain) => fill(texts.of_domain, &[("domain", domain)]),
        Identifier::Anonymous => texts.anonymous.to_owned(),
        Identifier::Owner => texts.owner.to_owned(),
    }
}

/// The same of an entry that may take away.
pub(crate) fn subject(texts: &Texts, subject: &Subject) -> String {
    let words = identifier(texts, &subject.identifier);
    if subject.is_negative {
        return format!("− {words}");
    }
    words
}

/// A time of the store, which is RFC 3339 in UTC, to a minute.
pub(crate) fn time(language: Language, at: &str) -> Markup {
    html! { time datetime=(at) { (moment(language, at)) } }
}

pub(crate) fn moment(language: Language, at: &str) -> String {
    let (Some(date), Some(minute)) = (at.get(..10), at.get(11..16)) else {
        return at.to_owned();
    };
    format!("{} {minute}", day(language, date))
}

/// `2026-11-30`, as it is written in this language.
fn day(language: Language, date: &str) -> String {
    match (language, date.split('-').collect::<Vec<_>>().as_slice()) {
        (Language::German, [year, month, day]) => format!("{day}.{month}.{year}"),
        _ => date.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use acl::{Rights, Role};

    use super::{allowed, letters, moment, rights};
    use crate::language::Language;

    #[test]
    fn every_right_has_words() {
        let texts = Language::English.texts();
        let all = rights(texts)
            .into_iter()
            .fold(Rights::NONE, |all, (right, _)| all.union(right));
        assert_eq!(all, Rights::ALL);
        let words = allowed(texts, Role::Viewer.rights());
        assert_eq!(words, "see the mailbox, read messages, keep read marks");
        assert_eq!(allowed(texts, Rights::NONE), "nothing");
        assert_eq!(letters(Role::Editor.rights()), "lrswipte");
    }

    #[test]
    fn a_time_is_told_to_the_minute() {
        for (language, expected) in [
            (Language::English, "2026-11-30 07:05"),
            (Language::German, "30.11.2026 07:05"),
        ] {
            assert_eq!(moment(language, "2026-11-30T07:05:59.123Z"), expected);
            assert_eq!(moment(language, "ä"), "ä");
        }
    }
}
