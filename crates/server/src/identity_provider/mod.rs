//! An identity provider: what it says of itself, its keys, which it changes as it likes, what its tokens are worth, and how people sign in
//! there.

mod metadata;
mod sign_in;

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use auth::{BadBearer, BadKeys, BearerLogin, BearerRules, KeySet, check_bearer};
use hyper::body::Bytes;
use hyper::header::ACCEPT;
use hyper::{Request, Uri};
use tokio::sync::Mutex as AsyncMutex;
use tokio_rustls::TlsConnector;
use tracing::{info, warn};

use crate::config::{KeySource, OAuthConfig, SessionsEnd, SignInConfig};
use crate::environment;
use crate::error::ServerError;
use crate::lock::lock;
use crate::telemetry::{connector, send_in_time};
use metadata::Known;
pub(crate) use metadata::described_at;
pub(crate) use sign_in::NoSignIn;

/// Unknown keys have the keys read again, and not more often: tokens cost nothing to make up.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(60);
/// The same while there are no keys.
const NO_KEYS_PAUSE: Duration = Duration::from_secs(2);
/// A document that is longer has no keys.
const DOCUMENT_BYTES_MAX: usize = 256 * 1024;

/// An identity provider whose tokens let people in.
pub(crate) struct IdentityProvider {
    rules: BearerRules,
    api: Option<BearerRules>,
    sign_in: Option<SignInConfig>,
    source: KeySource,
    tls: TlsConnector,
    every: Duration,
    sessions_end: SessionsEnd,
    keys: Mutex<Option<Arc<KeySet>>>,
    metadata: AsyncMutex<Known>,
    /// When the keys were read last because a token asked for it, and whether they could be.
    tried: AsyncMutex<Option<(Instant, bool)>>,
}

/// Why a token lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoBearer {
    /// It is not right.
    Bad(BadBearer),
    /// Whether it is right, nobody can say: there are no keys.
    Unknown,
}

/// Why it did not say what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoDocument {
    #[error("{0}")]
    Unreachable(Box<dyn Error + Send + Sync>),
    #[error("it was answered {0}")]
    Status(u16),
    #[error("it is too long")]
    TooLong,
    #[error(transparent)]
    Bad(#[from] BadKeys),
    #[error("{0}")]
    NoMetadata(&'static str),
}

impl IdentityProvider {
    pub(crate) fn new(config: &OAuthConfig) -> Result<Self, ServerError> {
        let tls = connector(config.ca.as_deref())
            .map_err(|cause| ServerError::IdentityProvider(cause.to_string()))?;
        Ok(Self {
            rules: config.rules.clone(),
            api: config.api.clone(),
            sign_in: config.sign_in.clone(),
            source: config.keys.clone(),
            tls,
            every: config.keys_every,
            sessions_end: config.sessions_end,
            keys: Mutex::default(),
            metadata: AsyncMutex::default(),
            tried: AsyncMutex::default(),
        })
    }

    /// Whom a token of a mail program lets in, and until when, in seconds since 1970.
    pub(crate) async fn check(&self, token: &str) -> Result<(String, Option<i64>), NoBearer> {
        let BearerLogin { user, ends_at } = self.check_by(token, &self.rules).await?;
        let ends_at = match self.sessions_end {
            SessionsEnd::WithToken => Some(ends_at.saturating_add(self.rules.skew)),
            SessionsEnd::AsOthers => None,
        };
        Ok((user, ends_at))
    }

    /// Whom a token lets in at the HTTP API.
    pub(crate) async fn check_for_api(&self, token: &str) -> Result<String, NoBearer> {
        let rules = self.api.as_ref();
        let rules = rules.ok_or(NoBearer::Bad(BadBearer::Audience))?;
        Ok(self.check_by(token, rules).await?.user)
    }

    async fn check_by(&self, token: &str, rules: &BearerRules) -> Result<BearerLogin, NoBearer> {
        self.with_keys(|keys| check_bearer(token, keys, rules, environment::unix_seconds()))
            .await
    }

    /// Checks by the keys that are known, and once more where those are too old.
    async fn with_keys<T>(
        &self,
        check: impl Fn(&KeySet) -> Result<T, BadBearer>,
    ) -> Result<T, NoBearer> {
        let check = || {
            let keys = self.known().ok_or(NoBearer::Unknown)?;
            check(&keys).map_err(NoBearer::Bad)
        };
        let checked = check();
        if !matches!(
            checked,
            Err(NoBearer::Unknown | NoBearer::Bad(BadBearer::UnknownKey))
        ) {
            return checked;
        }
        let known = self.known().map(|_| UNKNOWN_KEY_PAUSE);
        let is_renewed = self.renew(known.unwrap_or(NO_KEYS_PAUSE)).await;
        match check() {
            Err(NoBearer::Bad(BadBearer::UnknownKey)) if !is_renewed => Err(NoBearer::Unknown),
            checked => checked,
        }
    }

    fn known(&self) -> Option<Arc<KeySet>> {
        lock(&self.keys).clone()
    }

    /// Reads the keys, unless that was tried less than `pause` ago. Whether they could be read.
    async fn renew(&self, pause: Duration) -> bool {
        let mut tried = self.tried.lock().await;
        if let Some((at, is_read)) = *tried
            && environment::now() - at < pause
        {
            return is_read;
        }
        let is_read = self.read_anew().await;
        *tried = Some((environment::now(), is_read));
        is_read
    }

    async fn read_anew(&self) -> bool {
        match self.read().await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                let before = lock(&self.keys).replace(Arc::clone(&keys));
                if before.is_none_or(|before| before != keys) {
                    info!("the identity provider has other keys");
                }
                true
            }
            Err(cause) => {
                warn!(%cause, "could not read the keys of the identity provider");
                false
            }
        }
    }

    /// Keeps the keys up to date, without end. Those of before count as long as there are no others.
    pub(crate) async fn follow(self: Arc<Self>) {
        loop {
            let pause = if self.read_anew().await {
                self.every
            } else {
                UNKNOWN_KEY_PAUSE
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Whether it can be asked for all that is needed of it.
    pub(crate) async fn check_presence(&self) -> Result<(), NoDocument> {
        if self.is_asked_where_people_sign_in() {
            self.metadata(Duration::ZERO).await?;
        }
        self.read().await.map(|_| ())
    }

    async fn read(&self) -> Result<KeySet, NoDocument> {
        let document = match &self.source {
            KeySource::File(path) => tokio::fs::read(path)
                .await
                .map_err(|cause| NoDocument::Unreachable(cause.into()))?,
            KeySource::Url(url) => self.read_document(url).await?,
            KeySource::Discovery => {
                let metadata = self.metadata(self.every).await?;
                self.read_document(&metadata.keys).await?
            }
        };
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(NoDocument::TooLong);
        }
        Ok(KeySet::parse(&document)?)
    }

    async fn read_document(&self, url: &Uri) -> Result<Vec<u8>, NoDocument> {
        let request = Request::get(url).header(ACCEPT, "application/json");
        let request = request
            .body(Bytes::new())
            .map_err(|cause| NoDocument::Unreachable(cause.into()))?;
        let answer = send_in_time(self.tls.clone(), request)
            .await
            .map_err(NoDocument::Unreachable)?;
        if !answer.status().is_success() {
            return Err(NoDocument::Status(answer.status().as_u16()));
        }
        let document = answer.into_body();
        let is_short = document.len() <= DOCUMENT_BYTES_MAX;
        is_short
            .then(|| document.to_vec())
            .ok_or(NoDocument::TooLong)
    }
}
