//! What a browser asks.

use std::net::IpAddr;

use auth::BrowserSecret;

/// A request, read whole.
#[derive(Clone, Debug)]
pub struct WebRequest {
    /// What is wanted of the page.
    pub method: Method,
    /// The path, as it was sent.
    pub path: String,
    /// What follows the `?`, as it was sent.
    pub query: String,
    /// The host that the browser believes to speak to, maybe with a port.
    pub host: String,
    /// The header `Cookie`.
    pub cookies: String,
    /// The header `Accept-Language`.
    pub languages: String,
    /// What was sent along.
    pub body: Body,
    /// From where it comes.
    pub address: IpAddr,
    /// How it is protected on its way.
    pub transport: Transport,
    /// Seconds since 1970.
    pub unix_seconds: i64,
}

/// What is wanted of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// To see it.
    Get,
    /// To change something.
    Post,
    /// Something else, which no page does.
    Other,
}

/// What a request has brought, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing, as every GET.
    Nothing,
    /// The fields of a form, `application/x-www-form-urlencoded`.
    Form(Vec<u8>),
    /// XML, as mail programs send it.
    Xml(Vec<u8>),
}

/// How a request is protected on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// By TLS.
    Tls,
    /// By not leaving the machine.
    Loopback,
}

/// The fields of a query or a form, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// What a field holds, without spaces around; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// What a field holds, as it was typed.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The same, where there is such a field.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a box was ticked.
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }
}

/// What a browser keeps for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// As whom it is signed in.
    Session,
    /// A sign-in at an identity provider, until it is over.
    SignIn,
}

impl Cookie {
    /// In TLS browsers see to it that nobody but this host has set it (RFC 6265bis, 4.1.3.2).
    pub(crate) const fn name(self, transport: Transport) -> &'static str {
        match (self, transport) {
            (Self::Session, Transport::Tls) => "__Host-postroom",
            (Self::Session, Transport::Loopback) => "postroom",
            (Self::SignIn, Transport::Tls) => "__Host-postroom-sign-in",
            (Self::SignIn, Transport::Loopback) => "postroom-sign-in",
        }
    }
}

impl WebRequest {
    /// The secret that the browser keeps for us.
    pub(crate) fn secret(&self) -> Option<BrowserSecret> {
        let mut kept = self.kept(Cookie::Session);
        kept.find_map(BrowserSecret::parse)
    }

    /// What the browser keeps for us in this cookie.
    pub(crate) fn kept(&self, cookie: Cookie) -> impl Iterator<Item = &str> {
        let ours = cookie.name(self.transport);
        let cookies = self.cookies.split(';');
        cookies.filter_map(move |cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == ours).then_some(value)
        })
    }

    /// The fields of a form, as they were sent; empty where there is none.
    pub(crate) fn form(&self) -> &[u8] {
        match &self.body {
            Body::Form(fields) => fields,
            Body::Nothing | Body::Xml(_) => &[],
        }
    }

    /// The path and what follows it, to come back to.
    pub(crate) fn location(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, self.query)
    }

    /// The host by which the browser knows us, without a port.
    pub(crate) fn host_name(&self) -> &str {
        let is_port = |port: &str| port.chars().all(|sign| sign.is_ascii_digit());
        match self.host.rsplit_once(':') {
            Some((name, port)) if is_port(port) => name,
            Some(_) | None => &self.host,
        }
    }
}

/// A path with fields behind it.
pub(crate) fn url(path: &str, fields: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    format!("{path}?{}", query.finish())
}

/// A path of ours to come back to; `None` for everything that may lead elsewhere.
pub(crate) fn own_location(text: &str) -> Option<&str> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_own = text.starts_with('/') && !text.starts_with("//");
    (is_plain && is_own).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Fields, own_location, url};

    #[test]
    fn fields_are_what_was_typed() {
        let fields = Fields::parse(b"who=+Bo%26Co+&password=+x+&empty=&who=second&%ff=1");
        assert_eq!(fields.text("who"), "Bo&Co");
        assert_eq!(fields.raw("password"), " x ");
        assert_eq!(fields.text("empty"), "");
        assert_eq!(fields.text("missing"), "");
        assert!(!fields.is_ticked("empty") && fields.is_ticked("who"));
        let there = url("/mailbox", &[("name", "Shared Folders/a&b=ä")]);
        let (path, query) = there.split_once('?').unwrap();
        assert_eq!(path, "/mailbox");
        let back = Fields::parse(query.as_bytes());
        assert_eq!(back.text("name"), "Shared Folders/a&b=ä");
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for own in ["/", "/mailbox?name=a%20b"] {
            assert_eq!(own_location(own), Some(own));
        }
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/a\r\nx: y",
            "/ä",
        ] {
            assert_eq!(own_location(other), None, "{other:?}");
        }
    }
}
