//! What a browser is answered.

use auth::BrowserSecret;
use mail::limits::WEB_SIGN_IN_MINUTES_MAX;
use maud::Markup;

use crate::request::{Cookie, Transport};

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
/// What XML begins with.
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NOT_KEPT: (&str, &str) = ("cache-control", "no-store");
/// Pages ask for the style of their own release, by its version.
const KEPT: (&str, &str) = ("cache-control", "public, max-age=3600");
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

    /// XML, written as if it were a page: all of it is escaped that is not markup.
    pub(crate) fn document(status: u16, content_type: &str, document: &str) -> Self {
        let text = format!("{XML}{}\n", document.replace(is_no_xml, ""));
        Self::of(status, content_type, text, NOT_KEPT)
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
        self.with("set-cookie", cookie(Cookie::Session, &text, "", transport))
    }

    /// Has the browser remember a sign-in that it is sent away for.
    pub(crate) fn keep_sign_in(self, text: &str, transport: Transport) -> Self {
        let age = format!("; Max-Age={}", WEB_SIGN_IN_MINUTES_MAX * 60);
        self.with("set-cookie", cookie(Cookie::SignIn, text, &age, transport))
    }

    /// Takes one away.
    pub(crate) fn forget(self, kept: Cookie, transport: Transport) -> Self {
        self.with("set-cookie", cookie(kept, "", "; Max-Age=0", transport))
    }
}

/// What XML cannot say, by a reference neither (XML 1.0, 2.2).
fn is_no_xml(sign: char) -> bool {
    let is_control = sign < ' ' && !matches!(sign, '\t' | '\n' | '\r');
    is_control || matches!(sign, '\u{fffe}' | '\u{ffff}')
}

/// No script reads it, and other sites' forms do not send it.
fn cookie(kept: Cookie, value: &str, age: &str, transport: Transport) -> String {
    let name = kept.name(transport);
    let secure = match transport {
        Transport::Tls => "; Secure",
        Transport::Loopback => "",
    };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
}

#[cfg(test)]
mod tests {
    use super::cookie;
    use crate::request::{Cookie, Transport};

    #[test]
    fn what_is_kept_in_tls_is_of_this_host_alone() {
        for (kept, name) in [
            (Cookie::Session, "postroom"),
            (Cookie::SignIn, "postroom-sign-in"),
        ] {
            let plain = cookie(kept, "x", "", Transport::Loopback);
            assert_eq!(plain, format!("{name}=x; Path=/; HttpOnly; SameSite=Lax"));
            let hardened = cookie(kept, "x", "; Max-Age=1", Transport::Tls);
            let expected = "x; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=1";
            assert_eq!(hardened, format!("__Host-{name}={expected}"));
        }
    }
}
