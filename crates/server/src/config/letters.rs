//! `[letters]`: what people are told by letters of the server's own.

use std::time::Duration;

use mail::EmailAddress;
use store::Letters;
use web::Language;

use super::form::Form;
use super::setting::{Choice, Setting};

/// What people are told by letters of the server's own.
#[derive(Clone, Debug)]
pub struct LettersConfig {
    /// Which grants of shared mailboxes are told.
    pub access: Letters,
    /// How long after a grant: what is withdrawn until then is not told.
    pub access_after: Duration,
    /// In which language, where nobody knows better.
    pub language: Language,
    /// Who writes them; `None` for the postmaster of the reader's domain.
    pub sender: Option<EmailAddress>,
}

/// An address, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sender(Option<EmailAddress>);

impl Setting for Sender {
    fn parse(texts: &[String]) -> Result<Self, String> {
        match texts {
            [text] if text.is_empty() => Ok(Self(None)),
            [text] => match EmailAddress::parse(text) {
                Ok(address) => Ok(Self(Some(address))),
                Err(bad) => Err(format!("an address of mail ({bad})")),
            },
            _ => Err("one address of mail".to_owned()),
        }
    }
}

impl Choice for Letters {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("none", Self::None),
        ("by-hand", Self::ByHand),
        ("all", Self::All),
    ];
}

impl Choice for Language {
    const CHOICES: &'static [(&'static str, Self)] = &[("en", Self::English), ("de", Self::German)];
}

impl LettersConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let access = form.choose(
            "letters.access",
            Letters::ByHand,
            "Whether a letter in the INBOX tells people of a shared mailbox that they were given: by hand, where somebody gives it by \
             SETACL, the page, the HTTP API or postroom acl, group and team; all, also where postroom apply, acl import or a directory does.",
        );
        let access_after = form.at_least(
            "letters.access_after",
            "30s",
            Duration::from_millis(10),
            "How long after that the letter is written: what is withdrawn until then is not told.",
        );
        let language = form.choose(
            "letters.language",
            Language::English,
            "The language of letters to people who have not signed in to the pages, where theirs is seen.",
        );
        let Sender(sender) = form.take(
            "letters.from",
            "",
            "The address that letters come from. Without it the postmaster of the reader's domain.",
        );
        Self {
            access,
            access_after,
            language,
            sender,
        }
    }
}
