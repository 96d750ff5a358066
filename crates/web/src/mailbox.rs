//! What the pages of one mailbox have in common.

use mail::MailboxName;
use maud::{Markup, html};

use crate::layout::{self, Section};
use crate::request::url;
use crate::response::WebResponse;
use crate::visit::SignedIn;

/// A page of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    People,
    Activity,
    Settings,
}

impl Tab {
    const ALL: [Self; 3] = [Self::People, Self::Activity, Self::Settings];

    pub(crate) fn url(self, mailbox: &MailboxName) -> String {
        let path = match self {
            Self::People => "/mailbox",
            Self::Activity => "/mailbox/activity",
            Self::Settings => "/mailbox/settings",
        };
        url(path, &[("name", mailbox.as_str())])
    }
}

/// A page of a mailbox, with the way to its others.
pub(crate) fn page(
    person: &SignedIn<'_>,
    status: u16,
    mailbox: &MailboxName,
    tab: Tab,
    title: &str,
    main: &Markup,
) -> WebResponse {
    let texts = person.texts();
    let words = |tab: Tab| match tab {
        Tab::People => texts.people,
        Tab::Activity => texts.activity,
        Tab::Settings => texts.settings,
    };
    let main = html! {
        h1 { (title) }
        nav.tabs aria-label=(mailbox) {
            @for one in Tab::ALL {
                a href=(one.url(mailbox)) aria-current=[(one == tab).then_some("page")] { (words(one)) }
            }
        }
        (main)
    };
    layout::answer(person, status, Section::Teams, title, &main)
}
