//! Contents are read from a standby, as far as it has them and follows the history in which the primary is.
//!
//! The standby is another database into which everything was copied, so that it is as late as a test wants.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mail::{AccountId, ContentId, MailboxId};
use sqlx::{Connection as _, Executor as _, PgConnection};
use store::Store;

use crate::world::{World, append, connect_with_standby, image, inbox};

/// A mailbox, and a node that reads its contents from a standby that is not there yet.
struct Team {
    world: World,
    reader: Store,
    /// The time of the reader, in seconds.
    now: Arc<AtomicU64>,
    standby: String,
    ada: AccountId,
    mailbox: MailboxId,
}

/// The subjects of what was read, how much of it came from a standby, and how much it had not.
type Readings = (Vec<String>, u64, u64);

impl Team {
    async fn new() -> Self {
        let world = World::new().await;
        let ada = world.account("ada").await;
        let mailbox = inbox(&world.store, ada).await;
        let standby = format!("{}_standby", world.url);
        // Of the run before.
        let (_, name) = standby.rsplit_once('/').unwrap();
        world
            .change(&format!("drop database if exists {name}"))
            .await;
        let now = Arc::new(AtomicU64::new(0));
        let clock = now.clone();
        let clock = Arc::new(move || Duration::from_secs(clock.load(Ordering::Relaxed)));
        let reader = connect_with_standby(&world.url, Some(standby.clone()), clock).await;
        Self {
            world,
            reader,
            now,
            standby,
            ada,
            mailbox,
        }
    }

    async fn append(&self, subject: &str) {
        append(&self.world.store, self.ada, self.mailbox, &[subject]).await;
    }

    /// The standby has everything that is there now.
    async fn make_standby(&self) {
        let (_, name) = self.standby.rsplit_once('/').unwrap();
        self.world.change(&format!("create database {name}")).await;
        let mut dump = Command::new("pg_dump");
        let dump = dump.arg(&self.world.url).stdout(Stdio::piped());
        let mut dump = dump.spawn().unwrap();
        let mut load = Command::new("psql");
        load.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]);
        load.arg(&self.standby).stdin(dump.stdout.take().unwrap());
        let loaded = load.stdout(Stdio::null()).status().unwrap();
        assert!(loaded.success() && dump.wait().unwrap().success());
    }

    async fn change_standby(&self, statements: &str) {
        let mut standby = PgConnection::connect(&self.standby).await.unwrap();
        let statements = sqlx::AssertSqlSafe(statements.to_owned());
        standby.execute(statements).await.unwrap();
        standby.close().await.unwrap();
    }

    /// After a failure no standby is asked for two seconds.
    fn rest(&self) {
        self.now.fetch_add(3, Ordering::Relaxed);
    }

    async fn read(&self) -> Readings {
        let image = image(&self.world.store, self.mailbox).await;
        let ids: Vec<ContentId> = image.iter().map(|(_, message)| message.content).collect();
        let before = self.reader.stats();
        let mut messages = self.reader.load_messages(&ids).await.unwrap();
        messages.sort_by_key(|(id, _)| *id);
        let subjects = messages.iter().map(|(_, text)| {
            let text = String::from_utf8_lossy(text);
            let line = text.lines().find_map(|line| line.strip_prefix("Subject: "));
            line.unwrap_or_default().to_owned()
        });
        let after = self.reader.stats();
        (
            subjects.collect(),
            after.contents_from_standbys - before.contents_from_standbys,
            after.contents_missed_by_standbys - before.contents_missed_by_standbys,
        )
    }
}

fn readings(subjects: &[&str], given: u64, missed: u64) -> Readings {
    let subjects = subjects.iter().map(|subject| (*subject).to_owned());
    (subjects.collect(), given, missed)
}

#[tokio::test]
async fn a_standby_is_read_as_far_as_it_goes_and_the_primary_else() {
    let team = Team::new().await;
    team.append("one").await;
    assert_eq!(team.read().await, readings(&["one"], 0, 1), "none is there");
    team.make_standby().await;
    assert_eq!(team.read().await, readings(&["one"], 0, 1), "it rests");
    team.rest();
    assert_eq!(team.read().await, readings(&["one"], 1, 0));
    team.append("two").await;
    assert_eq!(team.read().await, readings(&["one", "two"], 1, 1));
    // What is gone there in the midst of it does no harm.
    team.change_standby("alter table content rename to elsewhere")
        .await;
    assert_eq!(team.read().await, readings(&["one", "two"], 0, 2));
}

#[tokio::test]
async fn a_standby_of_another_history_is_not_read() {
    let team = Team::new().await;
    team.append("one").await;
    team.make_standby().await;
    // The numbers mean something else there.
    team.change_standby("update content set body = header")
        .await;
    team.world.begin_another_history().await;
    // Their connections of before are gone.
    for node in [&team.reader, &team.world.store] {
        node.ping().await.unwrap_err();
        node.ping().await.unwrap();
    }
    assert_eq!(team.read().await, readings(&["one"], 0, 1));
    team.rest();
    assert_eq!(team.read().await, readings(&["one"], 0, 1));
    team.change_standby("insert into known_history (history) values ('another')")
        .await;
    team.rest();
    assert_eq!(team.read().await, readings(&["one"], 1, 0));
}
