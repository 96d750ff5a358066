//! The list of a mailbox as a table: a row for each entry, a column for each role. A cell is a button that gives that role.

use std::collections::{BTreeMap, HashSet};

use acl::{AclEntry, Identifier, Rights, Role, Subject};
use maud::{Markup, html};
use store::GroupPeople;

use super::ListOf;
use crate::layout::{form_token, hidden};
use crate::mailboxes;
use crate::request::url;
use crate::texts::fill;
use crate::visit::{Administered, SignedIn};
use crate::words;

pub(super) struct Grid<'g> {
    pub(super) person: &'g SignedIn<'g>,
    pub(super) team: &'g Administered,
    pub(super) entries: Vec<AclEntry>,
    /// Names in the list that nobody has.
    pub(super) nobodies: HashSet<String>,
    pub(super) groups: BTreeMap<String, GroupPeople>,
    pub(super) list_of: ListOf,
}

impl Grid<'_> {
    pub(super) fn show(&self) -> Markup {
        let texts = self.person.texts();
        let giving = self.entries.iter().filter(|entry| !entry.is_negative);
        let giving: Vec<_> = giving.enumerate().collect();
        let taking: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| entry.is_negative)
            .collect();
        html! {
            (self.remark_of_list())
            @if giving.is_empty() { p { (texts.empty_list) } } @else {
                table.grid.cards {
                    thead { tr {
                        th scope="col" { (texts.person_or_group) }
                        @for role in Role::ALL { th.role scope="col" { (words::role(texts, role)) } }
                        td {}
                    } }
                    tbody { @for (number, entry) in giving { (self.row(number, entry)) } }
                }
            }
            @if !taking.is_empty() { (self.taken(&taking)) }
            (self.roles())
            @if self.is_own() { (self.add_form()) }
        }
    }

    /// Only a list of the mailbox's own is changed here: a change would part it from the one above for good.
    fn is_own(&self) -> bool {
        matches!(self.list_of, ListOf::Itself)
    }

    fn remark_of_list(&self) -> Markup {
        let texts = self.person.texts();
        match &self.list_of {
            ListOf::Itself => html! {},
            ListOf::Above(None) => html! { p.lead { (texts.list_of_hidden) } },
            ListOf::Above(Some(name)) => html! {
                p.lead { (fill(texts.list_of, &[("team", name.as_str())])) " " a href=(mailboxes::to(name)) { (name) } }
            },
        }
    }

    fn row(&self, number: usize, entry: &AclEntry) -> Markup {
        let texts = self.person.texts();
        let subject = subject_of(entry);
        let who = words::identifier(texts, &entry.identifier);
        let held = Role::of(entry.rights);
        let form = format!("entry-{number}");
        html! {
            tr {
                th scope="row" {
                    span.who { (who) }
                    (self.about(entry, held))
                }
                @for role in Role::ALL { td.role { (self.cell(&form, &who, held, role)) } }
                td.do {
                    @if self.is_own() {
                        form id=(form) method="post" action="/mailbox/change" {
                            (form_token(&self.person.secret))
                            (hidden("name", self.team.name.as_str()))
                            (hidden("who", &subject.to_string()))
                            button name="role" value="remove" aria-label=(fill(texts.remove_who, &[("who", &who)])) {
                                (texts.remove)
                            }
                        }
                    }
                }
            }
        }
    }

    /// The role that somebody has is pressed, and the others are buttons.
    fn cell(&self, form: &str, who: &str, held: Option<Role>, role: Role) -> Markup {
        let texts = self.person.texts();
        let name = words::role(texts, role);
        let is_held = held == Some(role);
        if !self.is_own() || is_held {
            let label = fill(texts.role_is, &[("who", who), ("role", name)]);
            return html! {
                @if is_held {
                    span.held { span.mark aria-hidden="true" { "●" } span.unseen { (label) } span.small aria-hidden="true" { (name) } }
                }
            };
        }
        let label = fill(texts.role_of, &[("who", who), ("role", name)]);
        html! {
            button.give form=(form) name="role" value=(role.word()) aria-label=(label) title=(label) {
                span.mark aria-hidden="true" { "○" } span.small aria-hidden="true" { (name) }
            }
        }
    }

    /// What there is to say of an entry beside its role.
    fn about(&self, entry: &AclEntry, held: Option<Role>) -> Markup {
        let texts = self.person.texts();
        let is_nobody = self.nobodies.contains(&entry.identifier.to_string());
        html! {
            @if held.is_none() {
                small { (no_role(self.person, entry.rights)) }
            }
            @if is_nobody { small.bad { (texts.nobody_yet) } }
            @match &entry.identifier {
                Identifier::User(name) => {
                    small { a href=(self.explain(name)) aria-label=(fill(texts.why, &[("who", name)])) { (texts.may_do) } }
                }
                Identifier::Group(group) => {
                    @if let Some(people) = self.groups.get(group) { (self.people(people)) }
                }
                Identifier::Anyone
                | Identifier::Authenticated
                | Identifier::Domain(_)
                | Identifier::Anonymous
                | Identifier::Owner => {}
            }
        }
    }

    fn people(&self, people: &GroupPeople) -> Markup {
        let texts = self.person.texts();
        let count = match people.count {
            1 => texts.people_in_group_one.to_owned(),
            count => fill(texts.people_in_group, &[("count", &count.to_string())]),
        };
        let named = i64::try_from(people.names.len()).unwrap_or(i64::MAX);
        let more = people.count.saturating_sub(named);
        html! {
            details {
                summary { (count) }
                ul {
                    @for name in &people.names { li { a href=(self.explain(name)) { (name) } } }
                    @if more > 0 { li { (fill(texts.and_more, &[("count", &more.to_string())])) } }
                }
            }
        }
    }

    fn explain(&self, who: &str) -> String {
        url(
            "/mailbox/explain",
            &[("name", self.team.name.as_str()), ("who", who)],
        )
    }

    /// Negative entries (RFC 4314, 2), which no mail program but the old ones makes.
    fn taken(&self, taking: &[&AclEntry]) -> Markup {
        let texts = self.person.texts();
        html! {
            h2 { (texts.taken_away) }
            p.hint { (texts.taken_away_hint) }
            ul.plain {
                @for entry in taking {
                    @let who = words::identifier(texts, &entry.identifier);
                    li {
                        span.who { (who) } ": " code { (words::letters(entry.rights)) } " (" (words::allowed(texts, entry.rights)) ") "
                        @if self.is_own() {
                            form.inline method="post" action="/mailbox/change" {
                                (form_token(&self.person.secret))
                                (hidden("name", self.team.name.as_str()))
                                (hidden("who", &subject_of(entry).to_string()))
                                button name="role" value="remove" aria-label=(fill(texts.remove_who, &[("who", &who)])) { (texts.remove) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn roles(&self) -> Markup {
        let texts = self.person.texts();
        html! {
            h2 { (texts.roles) }
            dl.roles {
                @for role in Role::ALL {
                    dt { (words::role(texts, role)) }
                    dd { (words::role_means(texts, role)) }
                }
            }
        }
    }

    fn add_form(&self) -> Markup {
        let texts = self.person.texts();
        let form = &self.person.visit.form;
        let typed = if form.text("role") == "remove" {
            ""
        } else {
            form.text("add")
        };
        html! {
            h2 #add { (texts.add_person) }
            form.row method="post" action="/mailbox/add" {
                (form_token(&self.person.secret))
                (hidden("name", self.team.name.as_str()))
                div {
                    label for="who" { (texts.name) }
                    input #who name="add" type="text" required maxlength="255" value=(typed) autocomplete="off"
                        autocapitalize="none" spellcheck="false" aria-describedby="who-hint";
                }
                div {
                    label for="role" { (texts.role) }
                    select #role name="role" {
                        @for role in Role::ALL {
                            option value=(role.word()) selected[role == Role::Editor] { (words::role(texts, role)) }
                        }
                    }
                }
                button.primary type="submit" { (texts.add) }
                p.hint #who-hint { (texts.add_hint) }
            }
        }
    }
}

/// Letters, and the same in words.
fn no_role(person: &SignedIn<'_>, rights: Rights) -> Markup {
    let texts = person.texts();
    let letters = words::letters(rights);
    html! { (fill(texts.no_role, &[("letters", &letters)])) " (" (words::allowed(texts, rights)) ")" }
}

fn subject_of(entry: &AclEntry) -> Subject {
    Subject {
        identifier: entry.identifier.clone(),
        is_negative: entry.is_negative,
    }
}
