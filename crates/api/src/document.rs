//! The API in OpenAPI. Paths, methods and bodies stand beside the handlers that are routed by them; what is the same for all requests is
//! added here.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response, ResponseBuilder,
    SecurityRequirement, Server, Tag,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::problem::{PROBLEM_TYPE, ProblemDetails};
use crate::site::PATH;

const DESCRIPTION: &str = "What `postroom` does at the command line, by the rights of whoever asks. A mailbox that may not be known is \
    answered as one that is not there. Errors are as RFC 9457 has them, with a `code` for programs. Answers have an `ETag`: \
    `If-None-Match` spares what is known already, and `If-Match` lets a change be made only if nobody else has made one since. Long \
    lists come in pages: `next` is what `after` says to see the next one.";
const TAGS: [(&str, &str); 9] = [
    ("me", "Who the token lets in"),
    (
        "mailboxes",
        "Mailboxes, by the names that whoever asks calls them",
    ),
    ("lists", "Who may do what in a mailbox (RFC 4314)"),
    ("groups", "Groups of accounts; for site administrators"),
    ("users", "Accounts; for site administrators"),
    ("tokens", "Access tokens"),
    (
        "addresses",
        "Who gets what comes to an address; for site administrators",
    ),
    ("quotas", "How much room there is (RFC 9208)"),
    ("activity", "Who did what"),
];
const SCHEME: &str = "token";

/// The document of what is routed, with what is the same for all requests.
pub(crate) fn completed(routed: OpenApi) -> OpenApi {
    let tags = TAGS.into_iter().map(|(name, words)| {
        let mut tag = Tag::new(name);
        tag.description = Some(words.to_owned());
        tag
    });
    let info = InfoBuilder::new()
        .title("Postroom")
        .version("1")
        .description(Some(DESCRIPTION));
    let mut document = OpenApiBuilder::from(routed)
        .info(info)
        .servers(Some([Server::new(PATH)]))
        .tags(Some(tags))
        .security(Some([SecurityRequirement::new(SCHEME, [""; 0])]))
        .build();
    let components = document.components.get_or_insert_default();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("prtok_…")
        .description(Some("An access token for the API"));
    components.add_security_scheme(SCHEME, SecurityScheme::Http(token.build()));
    let problem = ProblemDetails::name().into_owned();
    components.schemas.insert(problem, ProblemDetails::schema());
    for item in document.paths.paths.values_mut() {
        for (operation, is_read) in operations(item) {
            complete(operation, is_read);
        }
    }
    document
}

/// Each with whether it only reads.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    let read = item.get.as_mut().map(|operation| (operation, true));
    let others = [
        item.post.as_mut(),
        item.put.as_mut(),
        item.patch.as_mut(),
        item.delete.as_mut(),
    ];
    let others = others
        .into_iter()
        .flatten()
        .map(|operation| (operation, false));
    read.into_iter().chain(others)
}

fn complete(operation: &mut Operation, is_read: bool) {
    let in_path = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Path,
        RefOr::Ref(_) => false,
    };
    let has_names = operation.parameters.iter().flatten().any(in_path);
    let has_body = operation.request_body.is_some();
    let everywhere = [400, 401, 403, 404, 429, 500, 503].map(|status| (status, true));
    let where_fit = [
        (304, is_read),
        (412, !is_read),
        (413, has_body),
        (415, has_body),
        (422, has_body || has_names),
    ];
    let responses = &mut operation.responses.responses;
    for (status, is_possible) in everywhere.into_iter().chain(where_fit) {
        if is_possible {
            let told = responses.entry(status.to_string());
            told.or_insert_with(|| RefOr::T(response(status)));
        }
    }
    describe(responses);
}

fn response(status: u16) -> Response {
    let response = ResponseBuilder::new();
    if status < 400 {
        return response.build();
    }
    let problem = Ref::from_schema_name(ProblemDetails::name());
    response
        .content(PROBLEM_TYPE, Content::new(Some(problem)))
        .build()
}

/// In the words of HTTP where nothing else is said. Errors are of another type than all else.
fn describe(responses: &mut BTreeMap<String, RefOr<Response>>) {
    for (status, told) in responses {
        let RefOr::T(told) = told else { continue };
        let status: u16 = status.parse().unwrap_or_default();
        if status >= 400 {
            *told = response(status);
        }
        if told.description.is_empty() {
            let status = StatusCode::from_u16(status).ok();
            let words = status.and_then(|status| status.canonical_reason());
            words.unwrap_or_default().clone_into(&mut told.description);
        }
    }
}
