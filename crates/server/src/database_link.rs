//! The way to the configured database while the frontend runs: it changes when its password is replaced, also without a
//! signal where the URL is in a file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use store::Store;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::config::{DatabaseConfig, Secret, is_database_url};
use crate::lock::lock;

/// The URL in use, and the file that may get another one.
#[derive(Debug)]
pub(crate) struct DatabaseLink {
    store: Store,
    current: Mutex<Option<Secret>>,
    file: Option<PathBuf>,
    reload_every: Duration,
}

impl DatabaseLink {
    pub(crate) fn new(config: &DatabaseConfig, store: Store) -> Arc<Self> {
        Arc::new(Self {
            store,
            current: Mutex::new(config.url.clone()),
            file: config.url_file.clone(),
            reload_every: config.reload_every,
        })
    }

    /// Looks at the file regularly, for as long as there is one.
    pub(crate) async fn follow(self: Arc<Self>) {
        let Some(file) = &self.file else {
            return;
        };
        loop {
            sleep(self.reload_every).await;
            match tokio::fs::read_to_string(file).await {
                Ok(text) => self.move_to(&Secret::new(text.trim().to_owned())).await,
                // It may be in the midst of being replaced; the connections that there are go on.
                Err(cause) => warn!(%cause, "the file of database.url cannot be read"),
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
        if !is_database_url(url) {
            warn!(
                "keeping the connections to the database: database.url must begin with postgres://"
            );
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
}
