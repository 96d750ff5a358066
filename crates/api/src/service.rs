//! What is asked where, and how every request is answered.

use std::fmt;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use mail::limits::{API_BODY_BYTES_MAX, SCIM_BODY_BYTES_MAX};
use tower_service::Service as _;
use tracing::{Instrument as _, info_span};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::asker::{Asker, Shared};
use crate::problem::Problem;
use crate::scim::ScimProblem;
use crate::site::{ApiSite, Caller, Doors, PATH};
use crate::{
    activity, addresses, document, explain, groups, lists, mailboxes, me, open_sessions, policies,
    quotas, reports, routes_of_mail, scim, tokens, users,
};

/// Where the document is that describes it.
const DOCUMENT: &str = "/openapi.json";

/// What every answer says, whatever it is: kept by nobody, and no page.
const ALWAYS: [(HeaderName, &str); 3] = [
    (CACHE_CONTROL, "no-store"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Answers requests below [`PATH`], and those of directories.
#[derive(Clone)]
pub struct ApiService {
    router: Router,
    doors: Doors,
}

/// What is asked where. A handler without a row here is never called, and one with a row is in the document.
fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(me::show_me))
        .routes(routes!(
            mailboxes::list_mailboxes,
            mailboxes::create_mailbox
        ))
        .routes(routes!(
            mailboxes::show_mailbox,
            mailboxes::rename_mailbox,
            mailboxes::delete_mailbox
        ))
        .routes(routes!(reports::show_report))
        .routes(routes!(policies::show_policy, policies::set_policy))
        .routes(routes!(lists::show_list))
        .routes(routes!(explain::explain_rights))
        .routes(routes!(
            lists::show_entry,
            lists::set_entry,
            lists::delete_entry
        ))
        .routes(routes!(groups::list_groups, groups::create_group))
        .routes(routes!(groups::show_group, groups::delete_group))
        .routes(routes!(groups::add_member, groups::remove_member))
        .routes(routes!(users::list_users, users::create_user))
        .routes(routes!(
            users::show_user,
            users::change_user,
            users::delete_user
        ))
        .routes(routes!(users::set_password, users::remove_password))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::list_all_tokens))
        .routes(routes!(tokens::show_token, tokens::delete_token))
        .routes(routes!(addresses::list_addresses, addresses::add_address))
        .routes(routes!(addresses::remove_address))
        .routes(routes!(routes_of_mail::explain_address))
        .routes(routes!(quotas::list_quotas))
        .routes(routes!(quotas::show_quota, quotas::set_quota))
        .routes(routes!(open_sessions::list_sessions))
        .routes(routes!(open_sessions::end_session))
        .routes(routes!(activity::list_activity))
}

/// The API in OpenAPI 3.1, as JSON.
#[must_use]
pub fn openapi_json() -> String {
    let (_, document) = routes().split_for_parts();
    document::completed(document).to_json().unwrap_or_default()
}

impl ApiService {
    /// Begins to serve.
    #[must_use]
    pub fn new(site: ApiSite) -> Self {
        let (router, _) = routes().split_for_parts();
        let document = Bytes::from(openapi_json());
        let doors = site.doors;
        let shared = Arc::new(Shared::new(site));
        let api = router
            .route(DOCUMENT, get(show_document))
            .method_not_allowed_fallback(async || Problem::WrongMethod);
        let mut router = Router::new();
        if doors.api {
            router = router.nest(PATH, api);
        }
        if doors.scim {
            router = router.nest(::scim::PATH, scim::routes());
        }
        let router = router
            .fallback(missing)
            .layer(Extension(Document(document)))
            .with_state(shared);
        Self { router, doors }
    }

    /// Whether a request for this path is for this.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        let is_below = |door: &str| {
            let rest = path.strip_prefix(door);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        (self.doors.api && is_below(PATH)) || (self.doors.scim && is_below(::scim::PATH))
    }

    /// What a request for this path may bring, in bytes.
    #[must_use]
    pub fn body_bytes_max(path: &str) -> usize {
        if path.starts_with(::scim::PATH) {
            SCIM_BODY_BYTES_MAX
        } else {
            API_BODY_BYTES_MAX
        }
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request<Bytes>, caller: Caller) -> Response<Bytes> {
        let mut request = request.map(Body::from);
        request.extensions_mut().insert(caller);
        let answering = self.router.clone().call(request);
        let answered = answering.instrument(info_span!("api.request")).await;
        match answered {
            Ok(response) => whole(response).await,
            Err(impossible) => match impossible {},
        }
    }

    /// The answer to a request that was larger than any may be.
    #[must_use]
    pub async fn too_large(path: &str) -> Response<Bytes> {
        whole(told(path, Problem::TooLarge)).await
    }

    /// The answer to a request that broke off.
    #[must_use]
    pub async fn broken_off(path: &str) -> Response<Bytes> {
        let problem = Problem::Malformed("The request broke off.".to_owned());
        whole(told(path, problem)).await
    }
}

/// In the words of whom the path belongs to.
fn told(path: &str, problem: Problem) -> Response {
    if path.starts_with(::scim::PATH) {
        ScimProblem::from(problem).into_response()
    } else {
        problem.into_response()
    }
}

/// With what every answer says. All bodies are in memory already.
async fn whole(response: Response) -> Response<Bytes> {
    let (mut head, body) = response.into_parts();
    for (name, value) in ALWAYS {
        head.headers.insert(name, HeaderValue::from_static(value));
    }
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(head, body)
}

#[derive(Clone)]
struct Document(Bytes);

/// The same for everybody, and no secret.
async fn show_document(Extension(Document(document)): Extension<Document>) -> Response {
    let kind = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, kind)], document).into_response()
}

/// Whoever has no token is not told what is there.
async fn missing(asker: Result<Asker, Problem>) -> Problem {
    asker.err().unwrap_or(Problem::NotFound)
}

impl fmt::Debug for ApiService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiService")
    }
}
