//! What a request brings: names in its path, fields in its query, JSON in its body. What is wrong with them is told as a problem.

use axum::body::to_bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use mail::limits::API_BODY_BYTES_MAX;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{Problem, sentence};

/// Names in the path, decoded.
#[derive(Debug)]
pub(crate) struct Named<T>(pub(crate) T);

/// Fields of the query.
#[derive(Debug)]
pub(crate) struct Fields<T>(pub(crate) T);

/// The body, from JSON.
#[derive(Debug)]
pub(crate) struct Input<T>(pub(crate) T);

const JSON: &str = "application/json";

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // A name that cannot be is a name that is not there. No text of PostgreSQL has a NUL in it.
        if parts.uri.path().contains("%00") {
            return Err(Problem::NotFound);
        }
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        let Path(names) = path.map_err(|_| Problem::NotFound)?;
        Ok(Self(names))
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Fields<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if parts.uri.query().unwrap_or_default().contains("%00") {
            return Err(Problem::Malformed("A field has a NUL in it.".to_owned()));
        }
        let Query(fields) = Query::try_from_uri(&parts.uri)
            .map_err(|bad| Problem::Malformed(sentence(&bad.body_text())))?;
        Ok(Self(fields))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::WrongType);
        }
        let body = to_bytes(request.into_body(), API_BODY_BYTES_MAX).await;
        let body = body.map_err(|_| Problem::TooLarge)?;
        read(&body).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next();
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON))
}

/// What is no JSON is malformed; what is JSON and means nothing here is unfit.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let malformed = |bad: serde_json::Error| Problem::Malformed(sentence(&bad.to_string()));
    let value: Value = serde_json::from_slice(body).map_err(malformed)?;
    if has_nul(&value) {
        return Err(Problem::Unfit("A text has a NUL in it.".to_owned()));
    }
    serde_json::from_value(value).map_err(|bad| Problem::Unfit(sentence(&bad.to_string())))
}

/// PostgreSQL has no text with it. The depth of JSON is bounded by whoever has parsed it.
pub(crate) fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(fields) => {
            let mut fields = fields.iter();
            fields.any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::read;
    use crate::problem::Problem;

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    #[serde(deny_unknown_fields)]
    struct Body {
        name: String,
    }

    #[test]
    fn a_body_is_read_or_told_what_is_wrong() {
        let body = read::<Body>(br#"{"name": "a"}"#);
        assert_eq!(
            body,
            Ok(Body {
                name: "a".to_owned()
            })
        );
        for (text, is_malformed) in [
            ("", true),
            ("{", true),
            ("{\"name\": \"\u{fffd}\"} x", true),
            ("{}", false),
            (r#"{"name": 1}"#, false),
            (r#"{"name": "a", "other": 1}"#, false),
            (r#"{"name": "a\u0000"}"#, false),
            ("[]", false),
        ] {
            let problem = read::<Body>(text.as_bytes()).unwrap_err();
            let is_told = matches!(problem, Problem::Malformed(_));
            assert_eq!(is_told, is_malformed, "{text}: {problem:?}");
        }
    }
}
