//! What is said of all this (RFC 7644, 4). No filter finds anything in it.

use axum::response::Response;
use mail::limits::API_PAGE_ITEMS_MAX;
use serde_json::Value;

use super::answer;
use super::directory::Directory;
use super::input::Id;
use super::listed::Listed;
use super::problem::ScimProblem;
use crate::problem::Problem;

pub(super) async fn show_config(_: Directory) -> Result<Response, ScimProblem> {
    answer::fixed(&scim::service_provider_config(API_PAGE_ITEMS_MAX))
}

pub(super) async fn list_resource_types(
    _: Directory,
    listed: Listed,
) -> Result<Response, ScimProblem> {
    all(&listed, scim::resource_types())
}

pub(super) async fn show_resource_type(_: Directory, id: Id) -> Result<Response, ScimProblem> {
    one(&id, scim::resource_types())
}

pub(super) async fn list_schemas(_: Directory, listed: Listed) -> Result<Response, ScimProblem> {
    all(&listed, scim::schemas())
}

pub(super) async fn show_schema(_: Directory, id: Id) -> Result<Response, ScimProblem> {
    one(&id, scim::schemas())
}

fn all(listed: &Listed, values: Vec<Value>) -> Result<Response, ScimProblem> {
    if listed.has_filter() {
        return Err(Problem::NotAllowed.into());
    }
    let total = i64::try_from(values.len()).unwrap_or(i64::MAX);
    answer::list(listed, total, values)
}

fn one(id: &Id, values: Vec<Value>) -> Result<Response, ScimProblem> {
    let mut values = values.into_iter();
    let value = values.find(|value| value["id"].as_str().is_some_and(|it| it == id.0));
    answer::fixed(&value.ok_or(Problem::NotFound)?)
}
