//! The list of a mailbox as a table: a row for each entry, a column for each role. A cell is a button that gives that role.

use std::collections::{BTreeMap, HashSet};

use acl::{AclEntry, Identifier, Role};
use maud::{Markup, html};
use store::{GroupPeople, Letters};

use super::change::{CHANGE, LETTER, Wish};
use super::{ListOf, subject_of};
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

/// The field by which an entry is looked for.
const FIND: &str = "find";
/// How many entries are shown; the others are found by name.
const ROWS_MAX: usize = 200;
/// With fewer nobody searches.
const SEARCHED_MIN: usize = 20;
/// The one form of all buttons in the table.
const FORM: &str = "list";

impl Grid<'_> {
    pub(super) fn show(&self) -> Markup {
        let texts = self.person.texts();
        let (giving, taking) = self.found();
        html! {
            (self.remark_of_list())
            @if self.is_own() { (self.add_form()) (self.change_form()) }
            @if self.entries.len() >= SEARCHED_MIN { (self.search_form()) }
            @if giving.is_empty() { p { (texts.empty_list) } } @else {
                table.grid.cards {
                    thead { tr {
                        th scope="col" { (texts.person_or_group) }
                        @for role in Role::ALL { th.role scope="col" { (words::role(texts, role)) } }
                        td {}
                    } }
                    tbody { @for entry in giving.iter().take(ROWS_MAX) { (self.row(entry)) } }
                }
                @if let Some(more) = giving.len().checked_sub(ROWS_MAX).filter(|more| *more > 0) {
                    p.hint { (fill(texts.and_more, &[("count", &more.to_string())])) }
                }
            }
            @if !taking.is_empty() { (self.taken(&taking)) }
            (self.roles())
        }
    }

    /// The entries that are looked for, people first: those that give, and those that take away.
    fn found(&self) -> (Vec<&AclEntry>, Vec<&AclEntry>) {
        let wanted = self.person.visit.query.text(FIND).to_lowercase();
        let mut found: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| entry.identifier.to_string().contains(&wanted))
            .collect();
        found.sort_by_key(|entry| match &entry.identifier {
            Identifier::User(_) => 0,
            Identifier::Group(_) => 1,
            Identifier::Anyone
            | Identifier::Authenticated
            | Identifier::Domain(_)
            | Identifier::Anonymous
            | Identifier::Owner => 2,
        });
        found.into_iter().partition(|entry| !entry.is_negative)
    }

    fn search_form(&self) -> Markup {
        let texts = self.person.texts();
        html! {
            form.row.search method="get" action="/mailbox" role="search" {
                (hidden("name", self.team.name.as_str()))
                div {
                    label for="find" { (texts.find) }
                    input #find name=(FIND) type="text" value=(self.person.visit.query.text(FIND)) maxlength="255"
                        autocomplete="off" autocapitalize="none" spellcheck="false";
                }
                button type="submit" { (texts.show) }
            }
        }
    }

    /// What the buttons of the table send.
    fn change_form(&self) -> Markup {
        html! {
            form id=(FORM) method="post" action="/mailbox/change" {
                (form_token(&self.person.secret))
                (hidden("name", self.team.name.as_str()))
            }
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

    fn row(&self, entry: &AclEntry) -> Markup {
        let texts = self.person.texts();
        let who = words::identifier(texts, &entry.identifier);
        let held = Role::of(entry.rights);
        html! {
            tr {
                th scope="row" {
                    span.who { (who) }
                    (self.about(entry, held))
                }
                @for role in Role::ALL { td.role { (self.cell(entry, &who, held, role)) } }
                td.do { (self.remove_button(entry, &who)) }
            }
        }
    }

    fn remove_button(&self, entry: &AclEntry, who: &str) -> Markup {
        let texts = self.person.texts();
        let label = fill(texts.remove_who, &[("who", who)]);
        html! {
            @if self.is_own() {
                button form=(FORM) name=(CHANGE) value=(Wish::remove(entry)) aria-label=(label) { (texts.remove) }
            }
        }
    }

    /// The role that somebody has is marked, and the others are buttons where they may be given.
    fn cell(&self, entry: &AclEntry, who: &str, held: Option<Role>, role: Role) -> Markup {
        let texts = self.person.texts();
        let name = words::role(texts, role);
        let values = [("who", who), ("role", name)];
        let asker = &self.team.found.who;
        let grantable = acl::grantable(&subject_of(entry), asker, self.person.site().everybody);
        let may_give = self.is_own() && grantable.contains(role.rights());
        html! {
            @if held == Some(role) {
                span.held {
                    span.mark aria-hidden="true" { "●" }
                    span.unseen { (fill(texts.role_is, &values)) }
                    span.small aria-hidden="true" { (name) }
                }
            } @else if may_give {
                button.give form=(FORM) name=(CHANGE) value=(Wish::give(role, entry)) aria-label=(fill(texts.role_of, &values)) {
                    span.mark aria-hidden="true" { "○" } span.small aria-hidden="true" { (name) }
                }
            }
        }
    }

    /// What there is to say of an entry beside its role.
    fn about(&self, entry: &AclEntry, held: Option<Role>) -> Markup {
        let texts = self.person.texts();
        let is_nobody = self.nobodies.contains(&entry.identifier.to_string());
        html! {
            @if held.is_none() {
                small { (texts.no_role) ": " (words::in_full(texts, entry.rights)) }
            }
            @if is_nobody { small.bad { (texts.nobody_yet) } }
            @match &entry.identifier {
                Identifier::User(name) => {
                    small { a href=(self.explain(name)) { (fill(texts.why, &[("who", name)])) } }
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
                        span.who { (who) } ": " (words::in_full(texts, entry.rights)) " "
                        (self.remove_button(entry, &who))
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
        // As it was sent, where it comes back with a word about what is wrong.
        let is_back = !form.text("add").is_empty();
        let tells = if is_back {
            form.is_ticked(LETTER)
        } else {
            self.person.site().letters != Letters::None
        };
        let chosen = Role::parse(form.text("role")).unwrap_or(Role::Editor);
        html! {
            h2 #add { (texts.add_person) }
            form.row method="post" action="/mailbox/add" {
                (form_token(&self.person.secret))
                (hidden("name", self.team.name.as_str()))
                div {
                    label for="who" { (texts.name) }
                    input #who name="add" type="text" required maxlength="255" value=(form.text("add")) autocomplete="off"
                        autocapitalize="none" spellcheck="false" aria-describedby="who-hint";
                }
                div {
                    label for="role" { (texts.role) }
                    select #role name="role" {
                        @for role in Role::ALL {
                            option value=(role.word()) selected[role == chosen] { (words::role(texts, role)) }
                        }
                    }
                }
                label { input type="checkbox" name=(LETTER) value="yes" checked[tells]; (texts.letter_to_them) }
                button.primary type="submit" { (texts.add) }
                p.hint #who-hint { (texts.add_hint) }
            }
        }
    }
}
