//! A browser as far as the pages need one: it keeps a cookie, follows redirects, and sends forms with the token of the page before.

use std::fmt;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One browser at one node.
#[derive(Debug)]
pub(crate) struct Browser {
    to: SocketAddr,
    cookie: String,
    /// What it keeps of a sign-in elsewhere.
    sign_in: String,
    token: String,
    languages: String,
}

/// What came back in the end.
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Where it was found.
    pub(crate) address: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// More than any page needs.
const REDIRECTS_MAX: usize = 5;

/// A path with fields.
pub(crate) fn url(path: &str, fields: &[(&str, &str)]) -> String {
    format!("{path}?{}", encoded(fields))
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| {
        let value = value.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        });
        format!("{name}={}", value.collect::<String>())
    });
    pairs.collect::<Vec<_>>().join("&")
}

impl Browser {
    pub(crate) fn new(to: SocketAddr) -> Self {
        Self {
            to,
            cookie: String::new(),
            sign_in: String::new(),
            token: String::new(),
            languages: String::new(),
        }
    }

    /// The same browser, led to another node.
    pub(crate) fn clone_at(&self, to: SocketAddr) -> Self {
        Self {
            to,
            cookie: self.cookie.clone(),
            sign_in: self.sign_in.clone(),
            token: self.token.clone(),
            languages: self.languages.clone(),
        }
    }

    pub(crate) fn cookie(&self) -> String {
        self.cookie.clone()
    }

    pub(crate) fn set_cookie(&mut self, cookie: &str) {
        cookie.clone_into(&mut self.cookie);
    }

    pub(crate) fn sign_in_cookie(&self) -> String {
        self.sign_in.clone()
    }

    pub(crate) fn set_sign_in_cookie(&mut self, cookie: &str) {
        cookie.clone_into(&mut self.sign_in);
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn speak(&mut self, languages: &str) {
        languages.clone_into(&mut self.languages);
    }

    pub(crate) async fn sign_in(&mut self, user: &str, password: &str) -> Page {
        self.get("/sign-in").await;
        self.submit("/sign-in", &[("user", user), ("password", password)])
            .await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let mut page = self.ask("GET", path, None).await;
        for _ in 0..REDIRECTS_MAX {
            let Some(location) = page.header("location") else {
                break;
            };
            page = self.ask("GET", &location, None).await;
        }
        page
    }

    /// Without going where it is sent.
    pub(crate) async fn ask_once(&mut self, path: &str) -> Page {
        self.ask("GET", path, None).await
    }

    /// Sends a form as the page shown last has it.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token.clone();
        self.post_with(path, fields, &token).await
    }

    pub(crate) async fn post_with(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        token: &str,
    ) -> Page {
        let body = encoded(&[fields, &[("token", token)]].concat());
        let page = self.ask("POST", path, Some(body)).await;
        match page.header("location") {
            Some(location) => self.get(&location).await,
            None => page,
        }
    }

    /// Sends the first form of a page that goes to `action`, as it stands there.
    pub(crate) async fn submit_form_of(&mut self, page: &Page, action: &str) -> Page {
        let form = page
            .body
            .split("<form")
            .find(|form| form.contains(&format!("action=\"{action}\"")));
        let form = form.unwrap().split("</form>").next().unwrap();
        let fields: Vec<(String, String)> = form
            .split("<input type=\"hidden\" ")
            .skip(1)
            .map(|input| (attribute(input, "name"), attribute(input, "value")))
            .collect();
        let fields: Vec<_> = fields
            .iter()
            .filter(|(name, _)| name != "token")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.submit(action, &fields).await
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<String>) -> Page {
        let path = path
            .split('#')
            .next()
            .unwrap()
            .replace('<', "%3C")
            .replace('>', "%3E");
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: mail.test:1\r\nCookie: other=1; postroom={}; postroom-sign-in={}\r\nAccept-Language: {}\r\n",
            self.cookie, self.sign_in, self.languages
        );
        let body = body.unwrap_or_default();
        if method == "POST" {
            head.push_str(&format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                body.len()
            ));
        }
        let mut page = self.raw(&head, &body).await;
        page.address = path;
        page
    }

    /// Says just this, and the end of the head.
    pub(crate) async fn raw(&mut self, head: &str, body: &str) -> Page {
        let mut socket = TcpStream::connect(self.to).await.unwrap();
        let request = format!("{head}Connection: close\r\n\r\n{body}");
        // Whoever is refused early may not take all of it.
        let _refused_early = socket.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _reset = socket.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let page = Page {
            status: status.unwrap_or_default(),
            address: String::new(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        let set = page.head.lines();
        for set in set.filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = set.split_once('=').unwrap();
            let value = value.split(';').next().unwrap();
            match name {
                "postroom" => value.clone_into(&mut self.cookie),
                "postroom-sign-in" => value.clone_into(&mut self.sign_in),
                other => assert_eq!(other, "", "another cookie"),
            }
        }
        if let Some((_, rest)) = page.body.split_once("name=\"token\" ") {
            self.token = attribute(rest, "value");
        }
        page
    }
}

fn attribute(text: &str, name: &str) -> String {
    let (_, rest) = text.split_once(&format!("{name}=\"")).unwrap();
    unescaped(rest.split('"').next().unwrap())
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

impl Page {
    pub(crate) fn has(&self, words: &str) -> bool {
        self.body.contains(words)
    }

    pub(crate) fn count(&self, words: &str) -> usize {
        self.body.matches(words).count()
    }

    /// Where the link with these words leads.
    pub(crate) fn link(&self, words: &str) -> String {
        let (before, _) = self.body.split_once(&format!(">{words}</a>")).unwrap();
        let (_, link) = before.rsplit_once("<a href=\"").unwrap();
        let (to, _) = link.split_once('"').unwrap();
        to.replace("&amp;", "&")
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let start = format!("{name}: ");
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(&start).map(str::to_owned))
    }
}

/// Without its head, as that has a cookie.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.status, self.address, self.body)
    }
}
