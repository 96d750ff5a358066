//! What the API says of what it has not done, in the words of the command line.

use hyper::StatusCode;
use serde::Deserialize;

use crate::cli::failure::Failure;

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The API has said so.
    Problem(Problem),
    /// There was no answer, or none of the API.
    Failure(Failure),
}

/// A problem as the API tells it (RFC 9457).
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    pub(super) status: u16,
    detail: String,
}

impl Refusal {
    /// Whether it was answered so.
    pub(super) fn is(&self, status: StatusCode) -> bool {
        matches!(self, Self::Problem(problem) if problem.status == status.as_u16())
    }

    /// With other words for one answer, which the verb has for it.
    pub(super) fn or(self, status: StatusCode, failure: impl FnOnce() -> Failure) -> Self {
        if self.is(status) {
            Self::Failure(failure())
        } else {
            self
        }
    }

    /// The same for what is not there or may not be known.
    pub(super) fn or_none(self, failure: impl FnOnce() -> Failure) -> Self {
        self.or(StatusCode::NOT_FOUND, failure)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Failure(failure) => failure,
            Refusal::Problem(Problem {
                status: 400,
                detail,
            }) => Self::usage(words(&detail)),
            Refusal::Problem(Problem { detail, .. }) => Self::failed(words(&detail)),
        }
    }
}

/// A sentence as the command line says it: the API has put a capital letter and a full stop to it.
fn words(sentence: &str) -> String {
    let text = sentence.strip_suffix('.').unwrap_or(sentence);
    let mut signs = text.chars();
    let (first, second) = (signs.next(), signs.clone().next());
    match (first, second) {
        // INBOX is called so.
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().collect::<String>() + signs.as_str()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_the_api_says_is_said_as_at_the_command_line() {
        for (sentence, expected) in [
            ("The list is full.", "the list is full"),
            ("INBOX keeps its name.", "INBOX keeps its name"),
            ("Älter.", "älter"),
            ("", ""),
        ] {
            assert_eq!(words(sentence), expected);
        }
    }
}
