//! The way to the configured database while the frontend runs: it changes when its password is replaced, also without a
//! signal where the URL is in a file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::{BadDatabaseUrl, Store};
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::{DatabaseConfig, Secret};
use crate::lock::lock;

/// The URLs in use, and the files that may get others.
#[derive(Debug)]
pub(crate) struct DatabaseLink {
    store: Store,
    current: Mutex<Option<Secret>>,
    of_standbys: Mutex<Option<Secret>>,
    files: watch::Sender<Files>,
    reload_every: Duration,
}

/// Where the settings say that the URLs are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Files {
    primary: Option<PathBuf>,
    standbys: Option<PathBuf>,
}

impl Files {
    fn of(config: &DatabaseConfig) -> Self {
        Self {
            primary: config.url_file.clone(),
            standbys: config.read_url_file.clone(),
        }
    }

    const fn are_any(&self) -> bool {
        self.primary.is_some() || self.standbys.is_some()
    }
}

impl DatabaseLink {
    pub(crate) fn new(config: &DatabaseConfig, store: Store) -> Arc<Self> {
        Arc::new(Self {
            store,
            current: Mutex::new(config.url.clone()),
            of_standbys: Mutex::new(config.read_url.clone()),
            files: watch::channel(Files::of(config)).0,
            reload_every: config.reload_every,
        })
    }

    /// Looks at the files regularly, without end.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut named = self.files.subscribe();
        // The sender is ours.
        while named.wait_for(Files::are_any).await.is_ok() {
            sleep(self.reload_every).await;
            let files = named.borrow().clone();
            if let Some(url) = read(files.primary.as_deref(), "database.url").await {
                self.move_to(&url).await;
            }
            if let Some(url) = read(files.standbys.as_deref(), "database.read_url").await {
                self.move_standbys_to(&url);
            }
        }
    }

    /// Uses what `config` says from now on, and looks at the files that it names.
    pub(crate) async fn reload(&self, config: &DatabaseConfig) {
        // First: what an old file says must not come after it.
        self.files.send_replace(Files::of(config));
        if let Some(url) = &config.url {
            self.move_to(url).await;
        }
        if let Some(url) = &config.read_url {
            self.move_standbys_to(url);
        }
    }

    /// Uses `url` from now on, if it is another one and leads to the same database.
    async fn move_to(&self, url: &Secret) {
        let is_known = lock(&self.current)
            .as_ref()
            .is_none_or(|known| known == url);
        if is_known {
            return;
        }
        if let Err(bad) = BadDatabaseUrl::of(url.expose()) {
            warn!("keeping the connections to the database: database.url {bad}");
            return;
        }
        match self.store.move_to(url.expose()).await {
            Ok(()) => {
                *lock(&self.current) = Some(url.clone());
                info!(
                    "database.url has changed: new connections use it, and the old ones are let go"
                );
            }
            Err(cause) => {
                warn!(%cause, "keeping the connections to the database: the new database.url does not lead there");
            }
        }
    }
    /// Reads from the standbys at `url` from now on, if it is another one.
    fn move_standbys_to(&self, url: &Secret) {
        let mut current = lock(&self.of_standbys);
        if current.as_ref().is_none_or(|known| known == url) {
            return;
        }
        if let Err(bad) = BadDatabaseUrl::of_standbys(url.expose()) {
            warn!("keeping the connections to standbys: database.read_url {bad}");
            return;
        }
        match self.store.move_standbys_to(url.expose()) {
            Ok(()) => {
                *current = Some(url.clone());
                info!("database.read_url has changed: new connections to standbys use it");
            }
            Err(cause) => warn!(%cause, "keeping the connections to standbys"),
        }
    }
}

/// What is in a file, if there is one and it can be read.
async fn read(file: Option<&Path>, setting: &str) -> Option<Secret> {
    let file = file?;
    match tokio::fs::read_to_string(file).await {
        Ok(text) => Some(Secret::new(text.trim().to_owned())),
        // It may be in the midst of being replaced; the connections that there are go on.
        Err(cause) => {
            warn!(setting, file = %file.display(), %cause, "the file of a setting cannot be read");
            None
        }
    }
}
