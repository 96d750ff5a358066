//! The way to the configured database while the frontend runs: it changes when its password is replaced, also without a
//! signal where the URL is in a file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::{BadDatabaseUrl, Store};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::{DatabaseConfig, Secret};
use crate::lock::lock;

/// The URL in use, and the file that may get another one.
#[derive(Debug)]
pub(crate) struct DatabaseLink {
    store: Store,
    current: Mutex<Option<Secret>>,
    file: Option<PathBuf>,
    of_standbys: Mutex<Option<Secret>>,
    file_of_standbys: Option<PathBuf>,
    reload_every: Duration,
}

impl DatabaseLink {
    pub(crate) fn new(config: &DatabaseConfig, store: Store) -> Arc<Self> {
        Arc::new(Self {
            store,
            current: Mutex::new(config.url.clone()),
            file: config.url_file.clone(),
            of_standbys: Mutex::new(config.read_url.clone()),
            file_of_standbys: config.read_url_file.clone(),
            reload_every: config.reload_every,
        })
    }

    /// Looks at the files regularly, for as long as there is one.
    pub(crate) async fn follow(self: Arc<Self>) {
        while self.file.is_some() || self.file_of_standbys.is_some() {
            sleep(self.reload_every).await;
            if let Some(url) = read(self.file.as_deref(), "database.url").await {
                self.move_to(&url).await;
            }
            if let Some(url) = read(self.file_of_standbys.as_deref(), "database.read_url").await {
                self.move_standbys_to(&url);
            }
        }
    }

    /// Uses `url` from now on, if it is another one and leads to the same database.
    pub(crate) async fn move_to(&self, url: &Secret) {
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
    pub(crate) fn move_standbys_to(&self, url: &Secret) {
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
    match tokio::fs::read_to_string(file?).await {
        Ok(text) => Some(Secret::new(text.trim().to_owned())),
        // It may be in the midst of being replaced; the connections that there are go on.
        Err(cause) => {
            warn!(setting, %cause, "the file of a setting cannot be read");
            None
        }
    }
}
