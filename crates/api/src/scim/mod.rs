//! SCIM 2.0 (RFC 7644): by a token of a site administrator that is for nothing else, a directory keeps accounts and groups. What it may change is its
//! own, and what it says of that is kept beside it (docs/adr/0116-what-a-directory-may-change.md).
//!
//! From below to above: `problem`; `directory`, who asks; `input`; `listed`; `answer`; `kept`, what is done with either kind; `users` and `groups`; `discovery`.

mod answer;
mod directory;
mod discovery;
mod groups;
mod input;
mod kept;
mod listed;
mod problem;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use store::{ScimGroup, ScimUser};

use crate::asker::Shared;
use crate::problem::Problem;

use directory::Directory;
use kept::Kept;
pub(crate) use problem::ScimProblem;

/// What is asked where, below [`scim::PATH`].
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .merge(kept::<ScimUser>("/Users", "/Users/{id}"))
        .merge(kept::<ScimGroup>("/Groups", "/Groups/{id}"))
        .route("/ServiceProviderConfig", get(discovery::show_config))
        .route("/ResourceTypes", get(discovery::list_resource_types))
        .route("/ResourceTypes/{id}", get(discovery::show_resource_type))
        .route("/Schemas", get(discovery::list_schemas))
        .route("/Schemas/{id}", get(discovery::show_schema))
        .method_not_allowed_fallback(async || ScimProblem::from(Problem::WrongMethod))
        .fallback(missing)
}

fn kept<K: Kept + 'static>(all: &str, one: &str) -> Router<Arc<Shared>> {
    Router::new()
        .route(all, get(kept::list::<K>).post(kept::create::<K>))
        .route(
            one,
            get(kept::show::<K>)
                .put(kept::replace::<K>)
                .patch(kept::patch::<K>)
                .delete(kept::delete::<K>),
        )
}

/// Whoever has no token is not told what is there.
async fn missing(directory: Result<Directory, ScimProblem>) -> ScimProblem {
    directory
        .err()
        .unwrap_or_else(|| ScimProblem::from(Problem::NotFound))
}
