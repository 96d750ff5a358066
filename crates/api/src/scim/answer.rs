//! What is told: a resource with its version, a list, or nothing.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use scim::ResourceKind;
use serde_json::{Value, json};

use super::listed::{Listed, Shape};
use super::problem::ScimProblem;
use crate::conditions::{Conditions, EntityTag};
use crate::problem::Problem;

/// RFC 7644, 8.1.
pub(super) const SCIM_JSON: &str = "application/scim+json";

/// What is there, and what this state of it is called.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    value: Value,
    pub(super) tag: EntityTag,
}

/// When something was made and changed, and what it is known by.
pub(super) struct Meta<'m> {
    pub(super) id: &'m str,
    pub(super) created: &'m str,
    pub(super) changed: &'m str,
}

impl Resource {
    /// With what every resource has (RFC 7643, 3.1).
    pub(super) fn new(kind: ResourceKind, mut value: Value, meta: &Meta<'_>) -> Self {
        value["schemas"] = json!([kind.schema()]);
        value["id"] = meta.id.into();
        value["meta"] = json!({
            "resourceType": kind.name(),
            "created": meta.created,
            "lastModified": meta.changed,
            "location": kind.location(meta.id),
        });
        let tag = EntityTag::of(value.to_string().as_bytes());
        value["meta"]["version"] = tag.as_str().into();
        Self { value, tag }
    }

    pub(super) fn into_value(self) -> Value {
        self.value
    }

    /// It is there, unless whoever asks has it already.
    pub(super) fn shown(
        self,
        shape: &Shape,
        conditions: &Conditions,
    ) -> Result<Response, ScimProblem> {
        if conditions.has_seen(Some(&self.tag)) {
            return with(StatusCode::NOT_MODIFIED, None, &[(ETAG, self.tag.as_str())]);
        }
        self.told(StatusCode::OK, shape)
    }

    /// It was changed.
    pub(super) fn changed(self, shape: &Shape) -> Result<Response, ScimProblem> {
        self.told(StatusCode::OK, shape)
    }

    /// It was made.
    pub(super) fn made(self, shape: &Shape) -> Result<Response, ScimProblem> {
        self.told(StatusCode::CREATED, shape)
    }

    fn told(self, status: StatusCode, shape: &Shape) -> Result<Response, ScimProblem> {
        let location = self.value["meta"]["location"].as_str().unwrap_or_default();
        let headers = [(ETAG, self.tag.as_str()), (LOCATION, location)];
        let headers = if status == StatusCode::CREATED {
            &headers[..]
        } else {
            &headers[..1]
        };
        let body = shape.cut(self.value.clone());
        with(status, Some(&body), headers)
    }
}

/// A part of a list (RFC 7644, 3.4.2).
pub(super) fn list(
    listed: &Listed,
    total: i64,
    resources: Vec<Value>,
) -> Result<Response, ScimProblem> {
    let resources = resources.into_iter();
    let resources: Vec<Value> = resources
        .map(|resource| listed.shape.cut(resource))
        .collect();
    let body = json!({
        "schemas": [scim::LIST_RESPONSE],
        "totalResults": total,
        "startIndex": listed.start(),
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    with(StatusCode::OK, Some(&body), &[])
}

/// What is the same for everybody.
pub(super) fn fixed(body: &Value) -> Result<Response, ScimProblem> {
    with(StatusCode::OK, Some(body), &[])
}

/// It was done, and there is nothing to tell.
pub(super) fn done() -> Result<Response, ScimProblem> {
    with(StatusCode::NO_CONTENT, None, &[])
}

fn with(
    status: StatusCode,
    body: Option<&Value>,
    headers: &[(axum::http::HeaderName, &str)],
) -> Result<Response, ScimProblem> {
    let has_body = body.is_some();
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let told = response.headers_mut();
    if has_body {
        told.insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    }
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).map_err(|_| Problem::Broken)?;
        told.insert(name, value);
    }
    Ok(response)
}
