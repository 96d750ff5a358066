//! Why somebody does not get the page that was asked for.

use acl::Denied;
use maud::html;
use store::Fault;
use tracing::warn;

use crate::language::Language;
use crate::layout;
use crate::response::WebResponse;

#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// Not there, or not to be known.
    NotFound,
    /// To be known, and not to be changed.
    NotAllowed,
    /// A form that does not come from our page, or from one before the sign-in.
    OldForm,
    /// The page is not for that; these methods are.
    WrongMethod(&'static str),
    /// The database is away.
    Unavailable,
    /// Something else, in the words of the language.
    Refused(String),
    /// Our trouble.
    Broken,
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            Denied::NoPermission => Self::NotAllowed,
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Gone => Self::NotFound,
            Fault::Denied => Self::NotAllowed,
            // Asked again, it works.
            Fault::Stale | Fault::Unavailable(_) => {
                warn!(cause = %fault, "a web page could not be shown");
                Self::Unavailable
            }
            Fault::Expunged
            | Fault::Exists
            | Fault::HasChildren
            | Fault::Annotations
            | Fault::Delivered
            | Fault::OverQuota
            | Fault::Limit(_)
            | Fault::Broken(_) => {
                warn!(cause = %fault, "a web page could not be shown");
                Self::Broken
            }
        }
    }
}

impl Problem {
    pub(crate) fn page(&self, language: Language) -> WebResponse {
        let texts = language.texts();
        let (status, title, hint) = match self {
            Self::NotFound => (404, texts.not_found, texts.not_found_hint),
            Self::NotAllowed => (403, texts.not_allowed, texts.not_allowed_hint),
            Self::OldForm => (403, texts.old_form, texts.old_form_hint),
            Self::WrongMethod(_) => (405, texts.wrong_method, ""),
            Self::Unavailable => (503, texts.unavailable, texts.unavailable_hint),
            Self::Refused(words) => (409, texts.refused, words.as_str()),
            Self::Broken => (500, texts.unavailable, texts.unavailable_hint),
        };
        let page = layout::bare(
            language,
            title,
            &html! {
                h1 { (title) }
                @if !hint.is_empty() { p { (hint) } }
                p { a href="/" { (texts.back) } }
            },
        );
        let response = WebResponse::page(status, page);
        match self {
            Self::WrongMethod(allowed) => response.with("allow", (*allowed).to_owned()),
            Self::Unavailable => response.with("retry-after", "5".to_owned()),
            Self::NotFound | Self::NotAllowed | Self::OldForm | Self::Refused(_) | Self::Broken => {
                response
            }
        }
    }
}
