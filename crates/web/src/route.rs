//! Which page answers which path.

use crate::language::Language;
use crate::problem::Problem;
use crate::request::{Body, Method, WebRequest, url};
use crate::response::WebResponse;
use crate::site::Site;
use crate::visit::{SignedIn, Visit};
use crate::{
    activity, api_token, decline, device_profile, devices, explain, mailboxes, people, provider,
    settings, setup, sign_in,
};

/// What everybody gets, signed in or not.
const ASSETS: [(&str, &str, &str); 2] = [
    (
        "/style.css",
        "text/css; charset=utf-8",
        include_str!("assets/style.css"),
    ),
    (
        "/icon.svg",
        "image/svg+xml",
        include_str!("assets/icon.svg"),
    ),
];

const GET: &str = "GET, HEAD";
const POST: &str = "POST";
const BOTH: &str = "GET, HEAD, POST";

/// Answers a request.
pub async fn answer(site: &Site, request: &WebRequest) -> WebResponse {
    let language = Language::preferred(&request.languages);
    let answered = find(site, request).await;
    let response = answered.unwrap_or_else(|problem| problem.page(language));
    response
        .with("content-language", language.tag().to_owned())
        .with("vary", "accept-language, cookie".to_owned())
}

async fn find(site: &Site, request: &WebRequest) -> Result<WebResponse, Problem> {
    use Method::{Get, Post};
    let visit = Visit::new(site, request);
    if let Some((_, content_type, text)) = ASSETS.iter().find(|(at, ..)| *at == request.path) {
        return match request.method {
            Get => Ok(WebResponse::asset(content_type, text)),
            Post | Method::Other => Err(Problem::WrongMethod(GET)),
        };
    }
    if let Some(told) = setup::answer(&visit).await {
        return Ok(told);
    }
    if matches!(request.body, Body::Xml(_)) {
        return Ok(WebResponse::plain(415, "a form, please"));
    }
    match (request.path.as_str(), request.method) {
        ("/sign-in", Get) => sign_in::show(visit).await,
        ("/sign-in", Post) => sign_in::enter(&visit).await,
        ("/sign-in", Method::Other) => Err(Problem::WrongMethod(BOTH)),
        (provider::BEGIN, Get) => provider::begin(&visit).await,
        (provider::END, Get) => provider::end(visit).await,
        (provider::BEGIN | provider::END, Post | Method::Other) => Err(Problem::WrongMethod(GET)),
        _ => match visit.signed_in().await? {
            Ok(person) => of_person(person).await,
            // What is there is nobody's to know who has not signed in.
            Err(visit) => Ok(to_sign_in(&visit)),
        },
    }
}

async fn of_person(person: SignedIn<'_>) -> Result<WebResponse, Problem> {
    use Method::{Get, Other, Post};
    let (path, method) = (
        person.visit.request.path.as_str(),
        person.visit.request.method,
    );
    if method == Post {
        person.visit.check_form()?;
    }
    match (path, method) {
        ("/", Get) => mailboxes::home(&person).await,
        ("/sign-out", Post) => sign_in::leave(&person).await,
        (decline::PATH, Get) => decline::show(&person).await,
        (decline::PATH, Post) => decline::change(&person).await,
        ("/devices", Get) => devices::show(&person).await,
        ("/devices", Post) => devices::make(&person).await,
        ("/devices/api", Post) => api_token::make(&person).await,
        ("/devices/profile", Post) => device_profile::download(&person).await,
        ("/devices/withdraw", Get) => devices::ask_to_withdraw(&person).await,
        ("/devices/withdraw", Post) => devices::withdraw(&person).await,
        ("/mailboxes", Get) => mailboxes::show(&person).await,
        ("/mailbox", Get) => people::show(&person).await,
        ("/mailbox/add", Post) => people::add(&person).await,
        ("/mailbox/change", Post) => people::change(&person).await,
        ("/mailbox/undo", Post) => people::undo(&person).await,
        ("/mailbox/explain", Get) => explain::show(&person).await,
        ("/mailbox/activity", Get) => activity::show(&person).await,
        ("/mailbox/settings", Get) => settings::show(&person).await,
        ("/mailbox/settings", Post) => settings::change(&person).await,
        (decline::PATH | "/devices" | "/devices/withdraw" | "/mailbox/settings", Other) => {
            Err(Problem::WrongMethod(BOTH))
        }
        (
            "/sign-out" | "/devices/api" | "/devices/profile" | "/mailbox/add" | "/mailbox/change"
            | "/mailbox/undo",
            Get | Other,
        ) => Err(Problem::WrongMethod(POST)),
        (
            "/" | "/mailboxes" | "/mailbox" | "/mailbox/explain" | "/mailbox/activity",
            Post | Other,
        ) => Err(Problem::WrongMethod(GET)),
        _ => Err(Problem::NotFound),
    }
}

/// Who looks at a page comes back to it; what a form would have done is not done.
fn to_sign_in(visit: &Visit<'_>) -> WebResponse {
    match visit.request.method {
        Method::Get if visit.request.path == "/" => WebResponse::see("/sign-in".to_owned()),
        Method::Get => {
            let location = visit.request.location();
            WebResponse::see(url("/sign-in", &[("next", &location)]))
        }
        Method::Post | Method::Other => WebResponse::see("/sign-in".to_owned()),
    }
}
