//! What a browser is answered.

use auth::BrowserSecret;
use maud::Markup;

use crate::request::Transport;

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct WebResponse {
    /// The status code of HTTP.
    pub status: u16,
    /// Headers beside those that every answer has; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// What is shown.
    pub body: String,
}

/// What every answer says, whatever it is: nothing from elsewhere, in no frame, kept by nobody.
const ALWAYS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];
const NOT_KEPT: (&str, &str) = ("cache-control", "no-store");
/// Styles may be kept for an hour; what they are of a release is asked for by its version.
const KEPT: (&str, &str) = ("cache-control", "public, max-age=3600");
/// A browser that has come by TLS once does not come without it for a year.
const TLS_ONLY: (&str, &str) = ("strict-transport-security", "max-age=31536000");

impl WebResponse {
    pub(crate) fn page(status: u16, page: Markup) -> Self {
        Self::of(
            status,
            "text/html; charset=utf-8",
            page.into_string(),
            NOT_KEPT,
        )
    }

    pub(crate) fn asset(content_type: &'static str, text: &'static str) -> Self {
        Self::of(200, content_type, text.to_owned(), KEPT)
    }

    /// To another of our pages, by GET.
    pub(crate) fn see(location: String) -> Self {
        let mut response = Self::of(303, "text/plain; charset=utf-8", String::new(), NOT_KEPT);
        response.headers.push(("location", location));
        response
    }

    /// An answer without a page, as by whoever cannot read the request.
    #[must_use]
    pub fn plain(status: u16, words: &str) -> Self {
        Self::of(
            status,
            "text/plain; charset=utf-8",
            format!("{words}\n"),
            NOT_KEPT,
        )
    }

    fn of(
        status: u16,
        content_type: &str,
        body: String,
        (cache, how): (&'static str, &str),
    ) -> Self {
        let mut headers = vec![
            ("content-type", content_type.to_owned()),
            (cache, how.to_owned()),
        ];
        headers.extend(ALWAYS.map(|(name, value)| (name, value.to_owned())));
        Self {
            status,
            headers,
            body,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Gives the browser a secret to keep until it is closed.
    pub(crate) fn keep(self, secret: &BrowserSecret, transport: Transport) -> Self {
        let text = secret.to_text();
        self.with("set-cookie", cookie(&text, "", transport))
    }

    /// Takes it away.
    pub(crate) fn forget(self, transport: Transport) -> Self {
        self.with("set-cookie", cookie("", "; Max-Age=0", transport))
    }

    pub(crate) fn over(self, transport: Transport) -> Self {
        let (name, value) = TLS_ONLY;
        match transport {
            Transport::Tls => self.with(name, value.to_owned()),
            Transport::Loopback => self,
        }
    }
}

/// No script reads it, and other sites' forms do not send it.
fn cookie(value: &str, age: &str, transport: Transport) -> String {
    let name = transport.cookie_name();
    let secure = match transport {
        Transport::Tls => "; Secure",
        Transport::Loopback => "",
    };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
}
