//! Everything that was answered OK is there once, and nothing else, whatever is killed: a frontend
//! by SIGKILL in the middle of its work, PostgreSQL by a restart.
//!
//! The tests run the real binary, because a process is needed that can be killed.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use private_pg::{Options, PrivatePg, Tuning};
use tempfile::TempDir;
use testkit::{Architect, Client, Given, Names, PASSWORD, Tap};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many sessions append, and how many set keywords.
const WRITERS: usize = 4;
/// The number of answers before the kill.
const ANSWERS_BEFORE: usize = 60;
/// The number of answers after which the writers stop.
const ANSWERS_AFTER: usize = 60;
const MAILBOX: &str = "Team/Orders";

#[test]
fn a_killed_frontend_keeps_what_it_answered_and_loses_nothing_else() {
    run(async |world: &mut World| {
        let mut doomed = Frontend::start(world, "doomed");
        let survivor = Frontend::start(world, "survivor");
        let count = Arc::new(AtomicUsize::new(0));
        let (mut appending, mut storing) = (Vec::new(), Vec::new());
        for _ in 0..WRITERS {
            appending.push(doomed.log_in().await);
            storing.push(doomed.select().await);
        }
        let mut watcher = survivor.select().await;
        // They begin together: whoever is quick has the frontend killed.
        let mut writers = JoinSet::new();
        for (writer, (appending, storing)) in appending.into_iter().zip(storing).enumerate() {
            let log = Log::new(writer, &count);
            writers.spawn(append_until_it_ends(appending, log));
            let log = Log::new(WRITERS + writer, &count);
            writers.spawn(store_until_it_ends(storing, log));
        }
        while count.load(Ordering::SeqCst) < ANSWERS_BEFORE {
            watcher.ask_ok("NOOP").await.unwrap();
        }
        doomed.kill();
        let logs = writers.join_all().await;

        // The clients of the other frontend go on and find everything that was answered OK. The
        // dead frontend may not have sent its last wake-ups; SELECT does not rely on them.
        watcher.ask_ok("NOOP").await.unwrap();
        watcher.ask_ok(format!("SELECT {MAILBOX}")).await.unwrap();
        verify(&mut watcher, &logs).await;
        // A new frontend finds it too.
        let reborn = Frontend::start(world, "reborn");
        let mut client = reborn.select().await;
        verify(&mut client, &logs).await;
    });
}

#[test]
fn a_restart_of_postgresql_is_no_worse_than_unavailable() {
    run(async |world: &mut World| {
        let is_back = watch::Sender::new(false);
        let frontends = [Frontend::start(world, "one"), Frontend::start(world, "two")];
        let count = Arc::new(AtomicUsize::new(0));
        let mut writers = JoinSet::new();
        for writer in 0..2 * WRITERS {
            let client = frontends[writer % 2].log_in().await;
            let log = Log::new(writer, &count);
            writers.spawn(append_through_it_all(client, log, is_back.subscribe()));
        }
        while count.load(Ordering::SeqCst) < ANSWERS_BEFORE {
            tokio::task::yield_now().await;
        }
        world.restart_postgres();
        is_back.send_replace(true);
        let logs = writers.join_all().await;
        for frontend in &frontends {
            let mut client = frontend.select().await;
            verify(&mut client, &logs).await;
        }
    });
}

/// A PostgreSQL behind a fixed address, and a mailbox in it.
struct World {
    postgres: Option<PrivatePg>,
    tap: Tap,
    dir: TempDir,
}

fn run(act: impl AsyncFnOnce(&mut World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let postgres = World::start_postgres(&dir);
        let tap = Tap::open(([127, 0, 0, 1], postgres.port()).into())
            .await
            .unwrap();
        let mut world = World {
            postgres: Some(postgres),
            tap,
            dir,
        };
        world.furnish().await;
        act(&mut world).await;
    });
}

impl World {
    fn start_postgres(dir: &TempDir) -> PrivatePg {
        let path = dir.path().join("postgres");
        tokio::task::block_in_place(|| {
            PrivatePg::start(&Options::new(path, Tuning::Scratch)).unwrap()
        })
    }

    /// Restarts PostgreSQL as its operator would, with connections cut; it comes back on another
    /// port behind the tap.
    fn restart_postgres(&mut self) {
        let postgres = self.postgres.take().unwrap();
        tokio::task::block_in_place(|| postgres.stop()).unwrap();
        let postgres = Self::start_postgres(&self.dir);
        self.tap.lead_to(([127, 0, 0, 1], postgres.port()).into());
        self.postgres = Some(postgres);
    }

    fn url(&self) -> String {
        let url = self.postgres.as_ref().unwrap().url();
        let (credentials, _) = url.rsplit_once('@').unwrap();
        format!("{credentials}@{}/postgres", self.tap.address())
    }

    async fn furnish(&self) {
        store::Store::migrate(&self.url()).await.unwrap();
        let mut architect = Architect::enter_at(&self.url()).await.unwrap();
        for sentence in [
            format!("mailbox {MAILBOX} with messages $1 $2 $3"),
            format!("ada may lrsiw on {MAILBOX}"),
        ] {
            let given = Given::parse(&sentence, None).unwrap();
            architect.make(&given, &mut Names::new()).await.unwrap();
        }
    }
}

/// A process of `postroom serve`.
struct Frontend {
    process: Child,
    imap: SocketAddr,
}

impl Frontend {
    fn start(world: &World, name: &str) -> Self {
        let mut process = Command::new(binary())
            .args(["serve", "--json"])
            .env("POSTROOM_DATABASE__URL", world.url())
            .env("POSTROOM_NODE__NAME", name)
            .env("POSTROOM_NODE__STATE_DIR", world.dir.path().join(name))
            .env("POSTROOM_LISTEN__IMAP", "127.0.0.1:0")
            .env("POSTROOM_LISTEN__IMAPS", "127.0.0.1:0")
            .env("POSTROOM_LISTEN__HTTP", "127.0.0.1:0")
            .env("POSTROOM_LOGIN__WITHOUT_TLS", "loopback")
            .env("POSTROOM_NAMES__SHARED", "Team")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut ready).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        let imap = ready["imap"][0].as_str().unwrap().parse().unwrap();
        Self { process, imap }
    }

    /// Kills the process by SIGKILL, so that it cannot clean up.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    async fn log_in(&self) -> Client {
        let mut client = Client::connect("ada", self.imap).await.unwrap();
        client
            .ask_ok(format!("LOGIN ada {PASSWORD}"))
            .await
            .unwrap();
        client
    }

    /// Somebody who has logged in and selected the mailbox.
    async fn select(&self) -> Client {
        let mut client = self.log_in().await;
        client.ask_ok(format!("SELECT {MAILBOX}")).await.unwrap();
        client
    }
}

impl Drop for Frontend {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The binary, built once for all tests here.
fn binary() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args([
                "build",
                "--quiet",
                "--package",
                "postroom-server",
                "--bin",
                "postroom",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        // Cargo's variables for this crate are removed; a build script that reads them would run
        // again.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(&name);
            }
        }
        let built = cargo.status();
        assert!(built.unwrap().success(), "postroom was not built");
        let test = std::env::current_exe().unwrap();
        test.parent().unwrap().parent().unwrap().join("postroom")
    });
    &BINARY
}

/// What one writer tried, and the answers.
struct Log {
    writer: usize,
    /// The subjects of messages, or the keywords on a message, by their answers.
    tried: BTreeMap<String, Answer>,
    /// The number of OK answers of all writers.
    count: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// It must be there once.
    Ok,
    /// It may be there once: the commit may have happened before the answer was lost.
    Unknown,
}

impl Log {
    fn new(writer: usize, count: &Arc<AtomicUsize>) -> Self {
        Self {
            writer,
            tried: BTreeMap::new(),
            count: Arc::clone(count),
        }
    }

    fn note(&mut self, what: String, answer: Answer) {
        self.tried.insert(what, answer);
        if answer == Answer::Ok {
            self.count.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn append(log: &Log, number: usize) -> (String, String) {
    let subject = format!("message-{}-{number}", log.writer);
    let message = format!("Subject: {subject}\r\n\r\nHello.\r\n");
    (
        subject,
        format!("APPEND {MAILBOX} {{{}+}}\r\n{message}", message.len()),
    )
}

async fn append_until_it_ends(mut client: Client, mut log: Log) -> Log {
    for number in 0.. {
        let (subject, command) = append(&log, number);
        match client.ask_ok(command).await {
            Ok(_) => log.note(subject, Answer::Ok),
            Err(_) => {
                log.note(subject, Answer::Unknown);
                break;
            }
        }
    }
    log
}

async fn store_until_it_ends(mut client: Client, mut log: Log) -> Log {
    for number in 0.. {
        // Each writer uses one keyword for each message; a mailbox may not have many more.
        let keyword = format!("k{}", log.writer);
        let message = number % 3 + 1;
        let what = format!("{message} {keyword}");
        match client
            .ask_ok(format!("STORE {message} +FLAGS.SILENT ({keyword})"))
            .await
        {
            Ok(_) => log.note(what, Answer::Ok),
            Err(_) => {
                log.tried.entry(what).or_insert(Answer::Unknown);
                break;
            }
        }
    }
    log
}

/// Goes on after `NO [UNAVAILABLE]`, the only allowed answer besides OK.
async fn append_through_it_all(
    mut client: Client,
    mut log: Log,
    mut is_back: watch::Receiver<bool>,
) -> Log {
    let mut number = 0;
    while log.count.load(Ordering::SeqCst) < ANSWERS_BEFORE + ANSWERS_AFTER {
        let (subject, command) = append(&log, number);
        number += 1;
        match client.ask_ok(command).await {
            Ok(_) => log.note(subject, Answer::Ok),
            Err(answer) => {
                assert!(answer.contains(" NO [UNAVAILABLE] "), "{answer:?}");
                log.note(subject, Answer::Unknown);
                is_back.wait_for(|is_back| *is_back).await.unwrap();
            }
        }
    }
    log
}

/// Checks that everything that was answered OK is there once, and that nothing is there that no
/// writer tried.
async fn verify(client: &mut Client, logs: &[Log]) {
    let tried: BTreeMap<&String, Answer> = logs
        .iter()
        .flat_map(|log| log.tried.iter().map(|(what, answer)| (what, *answer)))
        .collect();
    let fetched = client
        .ask_ok("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        .await
        .unwrap();
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (index, response) in fetched.iter().enumerate() {
        let text = String::from_utf8_lossy(response);
        for what in marks(&text, index + 1) {
            assert!(tried.contains_key(&what), "nobody tried {what}: {text}");
            assert!(found.insert(what), "there twice: {text}");
        }
    }
    let lost = tried
        .iter()
        .filter(|(what, answer)| **answer == Answer::Ok && !found.contains(**what));
    assert_eq!(lost.collect::<Vec<_>>(), [], "answered OK and not there");
}

/// The subject of an appended message, and the keywords of the given one.
fn marks(response: &str, number: usize) -> Vec<String> {
    let subject = response
        .split_once("Subject: message-")
        .and_then(|(_, rest)| rest.split_once("\r\n"))
        .map(|(subject, _)| format!("message-{subject}"));
    let flags = response
        .split_once("FLAGS (")
        .and_then(|(_, rest)| rest.split_once(')'));
    let keywords = flags.into_iter().flat_map(|(flags, _)| flags.split(' '));
    let keywords = keywords
        .filter(|flag| flag.starts_with('k'))
        .map(|keyword| format!("{number} {keyword}"));
    subject.into_iter().chain(keywords).collect()
}
