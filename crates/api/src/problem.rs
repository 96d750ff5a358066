//! Why a request is not done, as RFC 9457 has it. Nothing of the database comes here, and nothing of what the asker may not know.

use acl::Denied;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::Fault;
use tracing::warn;
use utoipa::ToSchema;

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There is no token.
    NoToken,
    /// The token lets nobody in, or not here. Nobody is told which.
    WrongToken,
    /// To be known, and not to be done by whoever asks.
    NotAllowed,
    /// By a token that only reads.
    ReadOnly,
    /// Not there, or not to be known.
    NotFound,
    /// The resource is not for that.
    WrongMethod,
    /// The request cannot be read.
    Malformed(String),
    /// The request can be read, and asks for what cannot be.
    Unfit(String),
    /// What is there is in the way.
    Conflict(&'static str),
    /// What is there is not what the request expects.
    Changed,
    /// The body is too large.
    TooLarge,
    /// The body is no JSON.
    WrongType,
    /// Too much was asked for lately.
    TooMany(Wait),
    /// The database is away.
    Unavailable,
    /// Our trouble.
    Broken,
}

/// For how long somebody should not ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) seconds: u64,
}

/// A problem as it is told (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDetails {
    /// `about:blank`: the title is that of the status.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong, in one word for programs; it stays as it is in later releases.
    #[schema(example = "not_found")]
    code: &'static str,
    /// What went wrong, for people.
    detail: String,
}

pub(crate) const PROBLEM_TYPE: &str = "application/problem+json";
/// While the database is away.
const UNAVAILABLE_SECONDS: u64 = 5;

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
            Fault::Exists => Self::Conflict("There is one of that name already."),
            Fault::HasChildren => Self::Conflict("There are mailboxes below it."),
            Fault::OverQuota => Self::Conflict("The quota would be exceeded."),
            Fault::Limit(words) => Self::Unfit(sentence(words)),
            // Asked again, it works.
            Fault::Stale | Fault::Unavailable(_) => {
                warn!(cause = %fault, "a request to the API could not be answered");
                Self::Unavailable
            }
            Fault::Expunged | Fault::Annotations | Fault::Delivered | Fault::Broken(_) => {
                warn!(cause = %fault, "a request to the API could not be answered");
                Self::Broken
            }
        }
    }
}

/// With a capital letter and a full stop.
pub(crate) fn sentence(words: &str) -> String {
    let mut signs = words.chars();
    let first = signs.next().map(|first| first.to_uppercase().to_string());
    let first = first.unwrap_or_default();
    let end = if words.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", signs.as_str())
}

impl Problem {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::NotAllowed | Self::ReadOnly => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::WrongToken => "wrong_token",
            Self::NotAllowed => "not_allowed",
            Self::ReadOnly => "read_only",
            Self::NotFound => "not_found",
            Self::WrongMethod => "wrong_method",
            Self::Malformed(_) => "malformed",
            Self::Unfit(_) => "unfit",
            Self::Conflict(_) => "conflict",
            Self::Changed => "changed",
            Self::TooLarge => "too_large",
            Self::WrongType => "wrong_type",
            Self::TooMany(_) => "too_many",
            Self::Unavailable => "unavailable",
            Self::Broken => "broken",
        }
    }

    pub(crate) fn detail(&self) -> String {
        let words = match self {
            Self::Malformed(words) | Self::Unfit(words) => return words.clone(),
            Self::Conflict(words) => words,
            Self::NoToken => "Send an access token that is for this: Authorization: Bearer prtok_…",
            Self::WrongToken => "The token opens nothing here.",
            Self::NotAllowed => "You may not do that.",
            Self::ReadOnly => "This token only reads.",
            Self::NotFound => "There is no such thing, or you may not know of it.",
            Self::WrongMethod => "The resource is not for that method.",
            Self::Changed => "It was changed meanwhile: look again.",
            Self::TooLarge => "The body is too large.",
            Self::WrongType => "The body must be JSON: Content-Type: application/json",
            Self::TooMany(_) => "Too much was asked for: wait, and try again.",
            Self::Unavailable => "The database does not answer: try again.",
            Self::Broken => "Something went wrong here; the log says what.",
        };
        words.to_owned()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let told = ProblemDetails {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: self.code(),
            detail: self.detail(),
        };
        // Strings and numbers always become JSON.
        let body = serde_json::to_vec(&told).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_TYPE));
        match self {
            // RFC 6750, 3: no word of an error to whoever sends no token.
            Self::NoToken => {
                let how = HeaderValue::from_static("Bearer realm=\"postroom\"");
                headers.insert(WWW_AUTHENTICATE, how);
            }
            Self::WrongToken => {
                let how = "Bearer realm=\"postroom\", error=\"invalid_token\"";
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(how));
            }
            Self::TooMany(Wait { seconds }) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from(UNAVAILABLE_SECONDS));
            }
            Self::NotAllowed
            | Self::ReadOnly
            | Self::NotFound
            | Self::WrongMethod
            | Self::Malformed(_)
            | Self::Unfit(_)
            | Self::Conflict(_)
            | Self::Changed
            | Self::TooLarge
            | Self::WrongType
            | Self::Broken => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn what_the_store_says_is_told_in_a_sentence() {
        for (words, expected) in [
            ("the list is full", "The list is full."),
            ("Done.", "Done."),
            ("älter", "Älter."),
            ("", "."),
        ] {
            assert_eq!(sentence(words), expected);
        }
    }
}
