//! Signing in at an identity provider (`OpenID` Connect Core 1.0, 3.1): the browser is sent there with what it has to bring back, and comes
//! back with a code. Nothing of it is kept here meanwhile, so it may come back to another frontend.

use auth::{BrowserSecret, CodeFlow, ExpectedIdToken, SignedInSince};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mail::limits::WEB_SIGN_IN_MINUTES_MAX;
use store::SignedInBy;
use tracing::info;

use crate::problem::Problem;
use crate::request::{Cookie, Transport, own_location, url};
use crate::response::WebResponse;
use crate::sign_in::{self, Entered, Remark, next};
use crate::site::{AskedSignIn, ProviderVerdict, SignInAnswer, SignInProvider};
use crate::texts::fill;
use crate::visit::{SignedIn, Visit};

/// Where a link leads that signs in at the provider.
pub(crate) const BEGIN: &str = "/sign-in/provider";
/// Where browsers come back to.
pub(crate) const END: &str = "/sign-in/answer";
/// The field of the link by which somebody who is signed in shows the provider once more who he is.
const AGAIN: &str = "again";
const YES: &str = "yes";

/// A sign-in that a browser was sent away for.
struct Begun {
    flow: CodeFlow,
    /// In seconds since 1970.
    at: i64,
    since: SignedInSince,
    /// Where to go afterwards.
    next: String,
}

/// Where a link leads by which somebody signs in, and comes to `next` afterwards.
pub(crate) fn link(next: &str) -> String {
    url(BEGIN, &[("next", next)])
}

/// The same for somebody who is signed in, and has to show once more who he is.
pub(crate) fn link_again(next: &str) -> String {
    url(BEGIN, &[("next", next), (AGAIN, YES)])
}

pub(crate) async fn begin(visit: &Visit<'_>) -> Result<WebResponse, Problem> {
    let provider = visit.site.provider.as_ref().ok_or(Problem::NotFound)?;
    let secret = BrowserSecret::from_random((visit.site.random)().ok_or(Problem::Broken)?);
    let begun = Begun {
        flow: CodeFlow::new(secret),
        at: visit.request.unix_seconds,
        since: match visit.query.text(AGAIN) {
            YES => SignedInSince::Begun,
            _ => SignedInSince::Whenever,
        },
        next: next(visit).to_owned(),
    };
    let asked = AskedSignIn {
        redirect: redirect(visit)?,
        state: begun.state(),
        nonce: begun.flow.nonce(),
        challenge: begun.flow.challenge(),
        since: begun.since,
    };
    match provider.find_address(&asked).await {
        Some(address) => {
            let transport = visit.request.transport;
            Ok(WebResponse::see(address).keep_sign_in(&begun.to_text(), transport))
        }
        None => no_answer(visit, provider.as_ref(), &begun),
    }
}

pub(crate) async fn end(visit: Visit<'_>) -> Result<WebResponse, Problem> {
    let provider = visit.site.provider.clone().ok_or(Problem::NotFound)?;
    let (transport, language) = (visit.request.transport, visit.language);
    let Some(begun) = begun_here(&visit) else {
        // Whoever loads the page again by which he came has come already.
        let Err(visit) = visit.signed_in().await? else {
            return Ok(WebResponse::see("/".to_owned()));
        };
        let remark = Remark::Wrong(visit.texts().old_sign_in.to_owned());
        return sign_in::form(&visit, 403, &remark, "/");
    };
    let ended = finish(visit, provider.as_ref(), &begun).await;
    // Whatever came of it: nobody comes back twice.
    let response = ended.unwrap_or_else(|problem| problem.page(language));
    Ok(response.forget(Cookie::SignIn, transport))
}

async fn finish(
    visit: Visit<'_>,
    provider: &dyn SignInProvider,
    begun: &Begun,
) -> Result<WebResponse, Problem> {
    let texts = visit.texts();
    let answer = SignInAnswer {
        code: visit.query.raw("code").to_owned(),
        issuer: visit.query.find("iss").map(str::to_owned),
        redirect: redirect(&visit)?,
        verifier: begun.flow.verifier(),
        expected: ExpectedIdToken {
            nonce: begun.flow.nonce(),
            begun_at: begun.at,
            since: begun.since,
        },
    };
    if answer.code.is_empty() {
        // By a word of RFC 6749, 4.1.2.1, which is the provider's and may say anything.
        info!("the identity provider has sent a browser back without a code");
        return refused(&visit, begun, 403, texts.sign_in_not_done.to_owned());
    }
    let address = visit.request.address;
    let account = match provider.redeem(&answer, address).await {
        ProviderVerdict::Welcome(account) => account,
        ProviderVerdict::Refused(name) => {
            if let Some(name) = name {
                visit.site.store.note_refusal(&name, address.to_canonical());
            }
            return refused(&visit, begun, 403, texts.not_let_in.to_owned());
        }
        ProviderVerdict::TooMany => {
            return refused(&visit, begun, 429, texts.too_many_logins.to_owned());
        }
        ProviderVerdict::NoAnswer => return no_answer(&visit, provider, begun),
        ProviderVerdict::Unavailable => return Err(Problem::Unavailable),
    };
    let by = match begun.since {
        SignedInSince::Whenever => SignedInBy::Provider,
        SignedInSince::Begun => SignedInBy::ProviderAgain,
    };
    let visit = match visit.signed_in().await? {
        // Who shows who he is, has to be who he was.
        Ok(person) if by == SignedInBy::ProviderAgain && person.account.id != account.id => {
            return Err(Problem::Refused(texts.somebody_else.to_owned()));
        }
        Ok(SignedIn { visit, .. }) | Err(visit) => visit,
    };
    let entered = Entered {
        account: &account,
        by,
        next: begun.way_on(),
    };
    match sign_in::begin(&visit, &entered).await? {
        Some(response) => Ok(response),
        None => refused(&visit, begun, 403, texts.not_let_in.to_owned()),
    }
}

/// The sign-in that this browser was sent away for, if it brings back what it was given.
fn begun_here(visit: &Visit<'_>) -> Option<Begun> {
    let now = visit.request.unix_seconds;
    let seconds_max = i64::try_from(WEB_SIGN_IN_MINUTES_MAX * 60).ok()?;
    let mut kept = visit.request.kept(Cookie::SignIn);
    let begun = kept.find_map(Begun::parse)?;
    let is_young = (begun.at..begun.at + seconds_max).contains(&now);
    let is_its = begun.flow.is_state(
        &begun.words().each_ref().map(String::as_str),
        visit.query.raw("state"),
    );
    (is_young && is_its).then_some(begun)
}

fn no_answer(
    visit: &Visit<'_>,
    provider: &dyn SignInProvider,
    begun: &Begun,
) -> Result<WebResponse, Problem> {
    let words = fill(
        visit.texts().provider_away,
        &[("provider", provider.name())],
    );
    refused(visit, begun, 503, words)
}

fn refused(
    visit: &Visit<'_>,
    begun: &Begun,
    status: u16,
    words: String,
) -> Result<WebResponse, Problem> {
    match begun.since {
        SignedInSince::Whenever => {
            let remark = Remark::Wrong(words);
            sign_in::form(visit, status, &remark, begun.way_on())
        }
        // Whoever is signed in stays so.
        SignedInSince::Begun => Err(Problem::Refused(words)),
    }
}

/// Where this browser comes back to, as the provider has to know it.
fn redirect(visit: &Visit<'_>) -> Result<String, Problem> {
    if let Some((host, port)) = &visit.site.pages {
        return Ok(match port {
            443 => format!("https://{host}{END}"),
            port => format!("https://{host}:{port}{END}"),
        });
    }
    let host = visit.request.host.as_str();
    let is_host = |sign: char| sign.is_ascii_alphanumeric() || ".-:[]".contains(sign);
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(Problem::NotFound);
    }
    let scheme = match visit.request.transport {
        Transport::Tls => "https",
        Transport::Loopback => "http",
    };
    Ok(format!("{scheme}://{host}{END}"))
}

const SEPARATOR: char = '.';
const WORD_AGAIN: &str = "again";
const WORD_WHENEVER: &str = "whenever";

impl Begun {
    /// What the browser keeps.
    fn to_text(&self) -> String {
        let secret = self.flow.secret().to_text();
        let [at, since, next] = self.words().map(|word| URL_SAFE_NO_PAD.encode(word));
        [secret.as_str(), &at, &since, &next].join(&SEPARATOR.to_string())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(SEPARATOR);
        let secret = BrowserSecret::parse(parts.next()?)?;
        let mut word = || {
            let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
            String::from_utf8(bytes).ok()
        };
        let (at, since, next) = (word()?.parse().ok()?, word()?, word()?);
        let is_whole = parts.next().is_none();
        is_whole.then_some(Self {
            flow: CodeFlow::new(secret),
            at,
            since: match since.as_str() {
                WORD_AGAIN => SignedInSince::Begun,
                WORD_WHENEVER => SignedInSince::Whenever,
                _ => return None,
            },
            next,
        })
    }

    /// What the state vouches for.
    fn words(&self) -> [String; 3] {
        let since = match self.since {
            SignedInSince::Begun => WORD_AGAIN,
            SignedInSince::Whenever => WORD_WHENEVER,
        };
        [self.at.to_string(), since.to_owned(), self.next.clone()]
    }

    /// Where to go, which is a page of ours.
    fn way_on(&self) -> &str {
        own_location(&self.next).unwrap_or("/")
    }

    fn state(&self) -> String {
        self.flow
            .state(&self.words().each_ref().map(String::as_str))
    }
}
