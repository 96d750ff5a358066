//! The PostgreSQL to work on: the configured one, or a private one below the state directory.

#[cfg(not(feature = "private-pg"))]
mod not_private;
#[cfg(feature = "private-pg")]
mod private;

use std::path::Path;

#[cfg(not(feature = "private-pg"))]
use self::not_private::Private;
#[cfg(feature = "private-pg")]
use self::private::Private;
use crate::config::{Config, Secret};
use crate::error::ServerError;

/// The database's URL, and the private PostgreSQL that must be stopped in the end.
#[derive(Debug)]
pub(crate) struct Database {
    url: Secret,
    private: Option<Private>,
}

impl Database {
    /// Opens the database for a server, which runs the private PostgreSQL if there is one.
    pub(crate) async fn open(config: &Config) -> Result<Self, ServerError> {
        match &config.database.url {
            Some(url) => Ok(Self::elsewhere(url.clone())),
            None => Self::start(&config.node.state_dir).await,
        }
    }

    /// Whether the settings say which database, where this program cannot run one.
    pub(crate) fn check(config: &Config) -> Result<(), ServerError> {
        match &config.database.url {
            Some(_) => Ok(()),
            None => Private::check(),
        }
    }

    /// Opens the database for a verb of the command line. It uses the private PostgreSQL of a server that
    /// runs one.
    pub(crate) async fn reach(config: &Config) -> Result<Self, ServerError> {
        let state_dir = &config.node.state_dir;
        match Self::open(config).await {
            Err(error) => match Private::of_another(&error, state_dir) {
                Some(url) => Ok(Self::elsewhere(url)),
                None => Err(error),
            },
            opened => opened,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.url.expose()
    }

    /// The process id of the private PostgreSQL, if there is one.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.private.as_ref().map(Private::pid)
    }

    /// Stops the private PostgreSQL, if there is one.
    pub(crate) async fn stop(self) {
        if let Some(private) = self.private {
            private.stop().await;
        }
    }

    fn elsewhere(url: Secret) -> Self {
        Self { url, private: None }
    }

    async fn start(state_dir: &Path) -> Result<Self, ServerError> {
        let (url, private) = Private::start(state_dir).await?;
        Ok(Self {
            url,
            private: Some(private),
        })
    }
}
