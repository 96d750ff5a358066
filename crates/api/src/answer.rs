//! What a request is answered that is done.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::conditions::{Conditions, EntityTag};
use crate::problem::Problem;
use crate::site::PATH;

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    body: Vec<u8>,
    headers: Vec<(HeaderName, String)>,
}

/// What a segment of a path has as it is (RFC 3986, 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path of the API with these names in it, one after each of `parts`.
pub(crate) fn location(parts: &[(&str, &str)]) -> String {
    let mut location = PATH.to_owned();
    for (part, name) in parts {
        location.push('/');
        location.push_str(part);
        location.push('/');
        location.extend(utf8_percent_encode(name, SEGMENT));
    }
    location
}

impl Answer {
    /// What is there, unless whoever asks has it already.
    pub(crate) fn shown<T: Serialize>(value: &T, conditions: &Conditions) -> Result<Self, Problem> {
        let body = json(value)?;
        let tag = EntityTag::of(&body);
        let is_known = conditions.has_seen(Some(&tag));
        let answer = Self {
            status: if is_known {
                StatusCode::NOT_MODIFIED
            } else {
                StatusCode::OK
            },
            body: if is_known { Vec::new() } else { body },
            headers: Vec::new(),
        };
        Ok(answer.with(ETAG, tag.as_str().to_owned()))
    }

    /// What was made or changed.
    pub(crate) fn changed<T: Serialize>(value: &T) -> Result<Self, Problem> {
        Self::shown(value, &Conditions::default())
    }

    /// What was made, and where it is.
    pub(crate) fn made<T: Serialize>(value: &T, location: String) -> Result<Self, Problem> {
        let mut answer = Self::changed(value)?.with(LOCATION, location);
        answer.status = StatusCode::CREATED;
        Ok(answer)
    }

    /// It was done, and there is nothing to tell.
    pub(crate) const fn done() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: Vec::new(),
            headers: Vec::new(),
        }
    }

    fn with(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The state of something that is there, to compare with the conditions of a change.
pub(crate) fn tag<T: Serialize>(value: &T) -> Result<EntityTag, Problem> {
    Ok(EntityTag::of(&json(value)?))
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|_| Problem::Broken)
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let has_body = !self.body.is_empty();
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if has_body {
            let kind = HeaderValue::from_static("application/json");
            headers.insert(CONTENT_TYPE, kind);
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::location;

    #[test]
    fn names_are_segments_of_a_path() {
        let there = location(&[("mailboxes", "Shared Folders/a b"), ("acl", "-bo@x.test")]);
        let expected = "/api/v1/mailboxes/Shared%20Folders%2Fa%20b/acl/-bo%40x.test";
        assert_eq!(there, expected);
    }
}
