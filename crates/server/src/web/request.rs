//! From HTTP to a request of the room `web`, and its answer back.

use std::convert::Infallible;
use std::net::IpAddr;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue,
};
use hyper::{Request, Response, StatusCode};
use mail::limits::WEB_FORM_BYTES_MAX;
use tracing::{Instrument as _, info_span};
use web::{Body, Method, Site, Transport, WebRequest, WebResponse, answer};

use super::api::Api;
use crate::environment;

const FORM: &str = "application/x-www-form-urlencoded";
/// What mail programs send that ask how to set themselves up.
const XML: [&str; 2] = ["text/xml", "application/xml"];

/// Answers one request, whatever it is.
pub(super) async fn serve(
    request: Request<Incoming>,
    site: &Site,
    api: Option<&Api>,
    address: IpAddr,
    transport: Transport,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(api) = api.filter(|api| api.is_at(request.uri().path())) {
        return api.serve(request, address).await;
    }
    let response = match read(request, address, transport).await {
        Ok(request) => {
            let span = info_span!("web.request", client.address = %address.to_canonical());
            answer(site, &request).instrument(span).await
        }
        Err(refusal) => refusal,
    };
    Ok(write(response))
}

async fn read(
    request: Request<Incoming>,
    address: IpAddr,
    transport: Transport,
) -> Result<WebRequest, WebResponse> {
    let (head, body) = request.into_parts();
    let method = match head.method {
        hyper::Method::GET | hyper::Method::HEAD => Method::Get,
        hyper::Method::POST => Method::Post,
        _ => Method::Other,
    };
    let text = |name| text(&head.headers, name);
    let body = if method == Method::Post {
        read_body(&text(CONTENT_TYPE), body).await?
    } else {
        Body::Nothing
    };
    Ok(WebRequest {
        method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        host: text(HOST),
        // A browser may send several (RFC 9113, 8.2.3).
        cookies: all(&head.headers, COOKIE),
        languages: text(ACCEPT_LANGUAGE),
        body,
        address,
        transport,
        unix_seconds: environment::unix_seconds(),
    })
}

async fn read_body(content_type: &str, body: Incoming) -> Result<Body, WebResponse> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let is_form = kind.eq_ignore_ascii_case(FORM);
    if !is_form && !XML.iter().any(|xml| kind.eq_ignore_ascii_case(xml)) {
        return Err(WebResponse::plain(415, "a form, please"));
    }
    let collected = Limited::new(body, WEB_FORM_BYTES_MAX).collect().await;
    match collected {
        Ok(collected) if is_form => Ok(Body::Form(collected.to_bytes().to_vec())),
        Ok(collected) => Ok(Body::Xml(collected.to_bytes().to_vec())),
        Err(cause) if cause.is::<LengthLimitError>() => {
            Err(WebResponse::plain(413, "the form is too large"))
        }
        Err(_) => Err(WebResponse::plain(400, "the form broke off")),
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn all(headers: &HeaderMap, name: HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let texts: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
    texts.join(";")
}

fn write(answered: WebResponse) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(answered.body));
    *response.status_mut() =
        StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answered.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
    }
    response
}
