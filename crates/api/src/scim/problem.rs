//! Why something is not done, as RFC 7644, 3.12 has it.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use scim::{BadFilter, BadPatch, BadResource};
use serde_json::json;
use store::Fault;

use super::answer::SCIM_JSON;
use crate::problem::{Problem, sentence};

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScimProblem {
    problem: Problem,
    /// What programs know it by, where RFC 7644 has a word.
    kind: Option<&'static str>,
}

impl ScimProblem {
    fn new(problem: Problem, kind: &'static str) -> Self {
        Self {
            problem,
            kind: Some(kind),
        }
    }

    /// Something is there already that is called so.
    pub(super) fn taken(words: &'static str) -> Self {
        Self::new(Problem::Conflict(words), "uniqueness")
    }

    pub(super) fn value(words: &str) -> Self {
        Self::new(Problem::Malformed(words.to_owned()), "invalidValue")
    }
}

impl From<Problem> for ScimProblem {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Malformed(_) => Self::new(problem, "invalidSyntax"),
            // There is no 422 in RFC 7644.
            Problem::Unfit(words) => Self::value(&words),
            Problem::Conflict(_) => Self::new(problem, "uniqueness"),
            Problem::NoToken
            | Problem::WrongToken
            | Problem::NotAllowed
            | Problem::ReadOnly
            | Problem::NotFound
            | Problem::WrongMethod
            | Problem::Changed
            | Problem::TooLarge
            | Problem::WrongType
            | Problem::TooMany(_)
            | Problem::Unavailable
            | Problem::Broken => Self {
                problem,
                kind: None,
            },
        }
    }
}

impl From<Fault> for ScimProblem {
    fn from(fault: Fault) -> Self {
        Problem::from(fault).into()
    }
}

impl From<BadFilter> for ScimProblem {
    fn from(bad: BadFilter) -> Self {
        Self::new(
            Problem::Malformed(sentence(&bad.to_string())),
            "invalidFilter",
        )
    }
}

impl From<BadPatch> for ScimProblem {
    fn from(bad: BadPatch) -> Self {
        let kind = match bad {
            BadPatch::Syntax(_) => "invalidSyntax",
            BadPatch::Path => "invalidPath",
            BadPatch::NoTarget => "noTarget",
            BadPatch::ReadOnly => "mutability",
            BadPatch::Value => "invalidValue",
        };
        Self::new(Problem::Malformed(sentence(&bad.to_string())), kind)
    }
}

impl From<BadResource> for ScimProblem {
    fn from(bad: BadResource) -> Self {
        Self::value(&sentence(&bad.to_string()))
    }
}

impl IntoResponse for ScimProblem {
    /// With the same headers as where somebody else asks.
    fn into_response(self) -> Response {
        let status: StatusCode = self.problem.status();
        let mut told = json!({
            "schemas": [scim::ERROR],
            // A string (RFC 7644, 3.12).
            "status": status.as_str(),
            "detail": self.problem.detail(),
        });
        if let Some((kind, fields)) = self.kind.zip(told.as_object_mut()) {
            fields.insert("scimType".to_owned(), kind.into());
        }
        let mut response = self.problem.into_response();
        *response.body_mut() = Body::from(told.to_string());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
        response
    }
}
