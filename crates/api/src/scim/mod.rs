//! SCIM 2.0 (RFC 7644): by a token of a site administrator that is for nothing else, a directory keeps accounts and groups. What it may change is its
//! own, and what it says of that is kept beside it (docs/adr/0116-what-a-directory-may-change.md).
//!
//! From below to above: `problem`; `directory`, who asks; `input`; `listed`; `answer`; `users` and `groups`; `discovery`.

mod answer;
mod directory;
mod discovery;
mod groups;
mod input;
mod listed;
mod problem;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::asker::Shared;
use crate::problem::Problem;

use directory::Directory;
pub(crate) use problem::ScimProblem;

/// What is asked where, below [`scim::PATH`].
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/Users", get(users::list).post(users::create))
        .route(
            "/Users/{id}",
            get(users::show)
                .put(users::replace)
                .patch(users::patch)
                .delete(users::delete),
        )
        .route("/Groups", get(groups::list).post(groups::create))
        .route(
            "/Groups/{id}",
            get(groups::show)
                .put(groups::replace)
                .patch(groups::patch)
                .delete(groups::delete),
        )
        .route("/ServiceProviderConfig", get(discovery::show_config))
        .route("/ResourceTypes", get(discovery::list_resource_types))
        .route("/ResourceTypes/{id}", get(discovery::show_resource_type))
        .route("/Schemas", get(discovery::list_schemas))
        .route("/Schemas/{id}", get(discovery::show_schema))
        .method_not_allowed_fallback(async || ScimProblem::from(Problem::WrongMethod))
        .fallback(missing)
}

/// Whoever has no token is not told what is there.
async fn missing(directory: Result<Directory, ScimProblem>) -> ScimProblem {
    directory
        .err()
        .unwrap_or_else(|| ScimProblem::from(Problem::NotFound))
}
