//! A PostgreSQL, a frontend in this process, and somebody who can log in.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::future::pending;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use private_pg::{Options, PrivatePg, Tuning};
use server::Frontend;
use server::config::{Config, Sources, Surroundings};
use store::{Background, Compute, Letters, Store};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::client::Client;

/// Everything that a test begins with. Nothing of it is left when it is dropped.
pub(crate) struct World {
    pub(crate) postgres: PrivatePg,
    pub(crate) folder: TempDir,
}

impl World {
    /// An empty database, which nothing was done with yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL runs as another user when we are root.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let options = Options::new(folder.path().join("database"), Tuning::Scratch);
        let postgres = PrivatePg::start(&options).unwrap();
        Self { postgres, folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Settings as variables: everything on free loopback ports, LOGIN in the clear.
    pub(crate) fn settings(&self, more: &[(&str, &str)]) -> HashMap<String, String> {
        let (url, state_dir) = (self.postgres.url(), self.path().join("state"));
        let usual = [
            ("NODE__NAME", "test"),
            ("NODE__STATE_DIR", state_dir.to_str().unwrap()),
            ("DATABASE__URL", url.as_str()),
            ("LISTEN__IMAP", "127.0.0.1:0"),
            ("LISTEN__IMAPS", "127.0.0.1:0"),
            ("LISTEN__HTTP", "127.0.0.1:0"),
            ("LOGIN__WITHOUT_TLS", "loopback"),
            ("TIMEOUTS__DRAIN", "0s"),
        ];
        let all = usual.iter().chain(more);
        all.map(|&(name, value)| (format!("POSTROOM_{name}"), value.to_owned()))
            .collect()
    }

    /// Runs `talk` against a frontend with these settings, where ada has the password `pass`.
    pub(crate) fn play(more: &[(&str, &str)], talk: impl AsyncFnOnce(&Self, &Frontend)) {
        let world = Self::new();
        let sources = Sources {
            file: None,
            variables: world.settings(more),
            surroundings: Surroundings::default(),
        };
        let config = Config::load(&sources).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let frontend = Frontend::start(&config).await.unwrap();
            world.add_ada().await;
            talk(&world, &frontend).await;
            frontend.stop().await;
        });
    }

    pub(crate) async fn add_ada(&self) {
        add_ada(&self.store().await, b"pass").await;
    }

    /// As [`add_ada`](Self::add_ada), by another way to the database.
    pub(crate) async fn add_ada_through(&self, url: &str) {
        add_ada(&store_at(url).await, b"pass").await;
    }

    /// Another way to the database.
    pub(crate) async fn store_at(&self, url: &str) -> Store {
        store_at(url).await
    }

    /// The database as an administrator's program sees it.
    pub(crate) async fn store(&self) -> Store {
        store_at(&self.postgres.url()).await
    }
}

async fn store_at(url: &str) -> Store {
    let options = store::Options {
        url: url.to_owned(),
        connections: 1,
        standby_url: None,
        application_name: "test".to_owned(),
        letters: Letters::None,
    };
    let runtime = tokio::runtime::Handle::current();
    let background = Background {
        spawn: Arc::new(move |task| drop(runtime.spawn(task))),
        sleep: Arc::new(|time| {
            // What the store waits for, not what the test does.
            Box::pin(async move { drop(timeout(time, pending::<()>()).await) })
        }),
        clock: Arc::new(Duration::default),
        compute: Compute::new(1, Arc::new(|work| work())),
    };
    Store::connect(options, background).await.unwrap()
}

/// Makes the account `ada` with a password.
pub(crate) async fn add_ada(store: &Store, password: &[u8]) {
    let hash = auth::Hasher::new().hash(password, &[7; 16]).unwrap();
    store
        .create_account("ada", Some(&hash), false)
        .await
        .unwrap();
}

/// A client that ada is logged in with.
pub(crate) async fn ada(frontend: &Frontend) -> Client {
    let mut client = Client::connect(frontend.addresses().imap[0]).await;
    client.greeting().await;
    client.ok("LOGIN ada pass").await;
    client
}
