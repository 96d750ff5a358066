//! What a directory sends: an id in the path, JSON in the body.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use mail::limits::SCIM_BODY_BYTES_MAX;
use serde_json::Value;

use super::answer::SCIM_JSON;
use super::problem::ScimProblem;
use crate::input::{Named, has_nul};
use crate::problem::{Problem, sentence};

/// What a resource is known by.
#[derive(Debug)]
pub(super) struct Id(pub(super) String);

/// The body, from JSON.
#[derive(Debug)]
pub(super) struct Body(pub(super) Value);

/// By which JSON is called (RFC 7644, 3.1); some directories write the plain one.
const KINDS: [&str; 2] = [SCIM_JSON, "application/json"];

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ScimProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ScimProblem> {
        let Named(id) = Named::from_request_parts(parts, state).await?;
        Ok(Self(id))
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ScimProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, ScimProblem> {
        if !is_json(request.headers()) {
            return Err(Problem::WrongType.into());
        }
        let body = to_bytes(request.into_body(), SCIM_BODY_BYTES_MAX).await;
        let body = body.map_err(|_| Problem::TooLarge)?;
        let value: Value = serde_json::from_slice(&body)
            .map_err(|bad| Problem::Malformed(sentence(&bad.to_string())))?;
        if has_nul(&value) {
            return Err(ScimProblem::value("A text has a NUL in it."));
        }
        Ok(Self(value))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next();
    let kind = kind.unwrap_or_default().trim();
    KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind))
}
