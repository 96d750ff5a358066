//! The program itself: signals, exit codes, traces.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::client::{Client, get};
use crate::verbs::ok;
use crate::world::World;

/// A `postroom serve` of its own.
pub(crate) struct Process {
    child: Child,
    pub(crate) imap: SocketAddr,
    pub(crate) http: SocketAddr,
}

impl Process {
    pub(crate) fn start(world: &World, more: &[(&str, &str)]) -> Self {
        let mut process = Self::waiting(world, &[], more);
        process.wait_until_ready();
        process
    }

    /// One of which the log is kept in a file.
    pub(crate) fn start_logging(world: &World, more: &[(&str, &str)], log: &Path) -> Self {
        Self::start_with(&world.settings(more), log)
    }

    /// The same, where `more` says from which file the URL of the database is.
    pub(crate) fn start_without_url(world: &World, more: &[(&str, &str)], log: &Path) -> Self {
        let mut settings = world.settings(more);
        settings.remove("POSTROOM_DATABASE__URL");
        Self::start_with(&settings, log)
    }

    fn start_with(settings: &HashMap<String, String>, log: &Path) -> Self {
        let log = File::create(log).unwrap();
        let mut process = Self::spawn(&[], settings, log.into());
        process.wait_until_ready();
        process
    }

    /// One that is not ready before somebody else has migrated the database.
    pub(crate) fn waiting(world: &World, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        Self::spawn(arguments, &world.settings(more), Stdio::null())
    }

    fn spawn(arguments: &[&str], settings: &HashMap<String, String>, log: Stdio) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_postroom"))
            .args(["serve", "--json"])
            .args(arguments)
            .envs(settings)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Self {
            child,
            imap: nowhere,
            http: nowhere,
        }
    }

    pub(crate) fn wait_until_ready(&mut self) {
        let mut line = String::new();
        let mut said = BufReader::new(self.child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let address = |of: &str| ready[of][0].as_str().unwrap().parse().unwrap();
        self.imap = address("imap");
        self.http = address("http");
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Most have ended by themselves.
        drop(self.child.kill().and_then(|()| self.child.wait()));
    }
}

pub(crate) fn play(talk: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(talk);
}

#[test]
fn sigterm_says_goodbye_and_ends_well() {
    let world = World::new();
    let mut process = Process::start(&world, &[]);
    play(async {
        world.add_ada().await;
        let mut client = Client::connect(process.imap).await;
        client.greeting().await;
        client.ok("LOGIN ada pass").await;
        client.say("t IDLE").await;
        assert!(client.line().await.starts_with('+'));
        process.signal("TERM");
        let line = client.line().await;
        assert!(
            line.starts_with("* BYE This frontend is being stopped"),
            "{line}"
        );
        assert_eq!(client.line().await, "");
    });
    assert_eq!(process.exit_code(), Some(0));
}

#[test]
fn a_slow_command_has_a_line_with_session_address_and_trace() {
    let world = World::new();
    let log = world.path().join("log");
    let process = Process::start_logging(
        &world,
        &[
            ("LOG__FORMAT", "json"),
            ("LOG__SLOW_COMMAND", "1ms"),
            // Nobody listens there: that traces are wanted is enough.
            ("TELEMETRY__OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ],
        &log,
    );
    play(async {
        world.add_ada().await;
        let mut client = Client::connect(process.imap).await;
        client.greeting().await;
        // To compare a password takes longer than that.
        client.ok("LOGIN ada pass").await;
        let metrics = get(process.http, "/metrics").await;
        for operation in ["find_account", "prolong_lease"] {
            let counted = format!("duration_seconds_count{{operation=\"{operation}\"}}");
            assert!(metrics.contains(&counted), "{operation} in {metrics}");
        }
    });
    let log = fs::read_to_string(log).unwrap();
    let slow = log.lines().find(|line| line.contains("a slow command"));
    let slow: Value = serde_json::from_str(slow.unwrap()).unwrap();
    let command = &slow["span"];
    assert!(slow["took_ms"].as_u64() >= Some(1), "{slow}");
    assert_eq!(command["command"], "LOGIN", "{slow}");
    assert_eq!(command["client.address"], "127.0.0.1", "{slow}");
    assert!(command["session.id"].is_string(), "{slow}");
    let trace_id = command["trace_id"].as_str();
    assert!(trace_id.is_some_and(|id| id.len() == 32), "{slow}");
}

#[test]
fn while_it_stops_it_is_alive_but_not_ready() {
    let world = World::new();
    let mut process = Process::start(
        &world,
        &[("TIMEOUTS__DRAIN", "60s"), ("TIMEOUTS__STOP", "60s")],
    );
    play(async {
        // The first goes at once, the second in the middle of the window.
        let mut first = Client::connect(process.imap).await;
        first.greeting().await;
        let mut second = Client::connect(process.imap).await;
        second.greeting().await;
        assert!(
            get(process.http, "/healthz/ready")
                .await
                .starts_with("HTTP/1.1 200")
        );
        process.signal("TERM");
        assert!(first.line().await.starts_with("* BYE "));
        assert!(
            get(process.http, "/healthz/ready")
                .await
                .ends_with("draining\n")
        );
        assert!(
            get(process.http, "/healthz/live")
                .await
                .starts_with("HTTP/1.1 200")
        );
        second.ok("NOOP").await;
        assert!(tokio::net::TcpStream::connect(process.imap).await.is_err());
        // Somebody is still here, and would be for long.
        process.signal("INT");
        assert_eq!(second.line().await, "");
    });
    assert_eq!(
        process.exit_code(),
        Some(130),
        "a second signal ends it at once"
    );
}

#[test]
fn who_may_not_migrate_is_alive_and_waits_for_who_may() {
    let world = World::new();
    let http = free_address();
    let settings = world.settings(&[
        ("DATABASE__MIGRATE", "false"),
        ("LISTEN__HTTP", &http.to_string()),
    ]);
    let mut serve = Command::new(env!("CARGO_BIN_EXE_postroom"))
        .args(["serve", "--json"])
        .envs(&settings)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    play(async {
        see_it_starting(http).await;
    });
    let migrated = Command::new(env!("CARGO_BIN_EXE_postroom"))
        .arg("migrate")
        .envs(&settings)
        .output()
        .unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    let mut line = String::new();
    BufReader::new(serve.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with('{'), "{line}");
    play(async {
        let ready = get(http, "/healthz/ready").await;
        assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    });
    serve.kill().and_then(|()| serve.wait()).unwrap();
}

#[test]
fn who_starts_before_the_database_is_alive_and_waits_for_it() {
    let world = World::new();
    let (http, nowhere) = (free_address(), free_address());
    let settings = [
        ("LISTEN__HTTP", http.to_string()),
        (
            "DATABASE__URL",
            format!("postgres://postroom@{nowhere}/postroom"),
        ),
    ];
    let settings = settings
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let mut process = Process::waiting(&world, &[], &settings);
    play(async {
        see_it_starting(http).await;
    });
    assert!(process.is_running());
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));
}

#[test]
fn a_database_that_refuses_is_not_waited_for() {
    let world = World::new();
    let url = world.postgres.url();
    let (place, _) = url.split_once('?').unwrap_or((&url, ""));
    let (server, _) = place.rsplit_once('/').unwrap();
    let elsewhere = url.replace(place, &format!("{server}/no_such_database"));
    // One that waited would never end.
    let ended = Command::new("timeout")
        .args(["60", env!("CARGO_BIN_EXE_postroom"), "serve"])
        .envs(world.settings(&[("DATABASE__URL", &elsewhere)]))
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("no_such_database"), "{said}");
}

#[test]
fn a_verb_waits_for_who_migrates() {
    let world = World::new();
    let settings = world.settings(&[]);
    let adding = thread::spawn({
        let settings = settings.clone();
        move || {
            ok(
                &settings,
                &["user", "add", "ada", "--password-stdin"],
                "pass",
            )
        }
    });
    ok(&settings, &["migrate"], "");
    assert_eq!(adding.join().unwrap(), "user ada added\n");
}

#[test]
fn systemd_hears_when_it_is_ready_what_it_took_over_and_when_it_stops() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    let file = folder.path().join("postroom.toml");
    fs::write(&file, "").unwrap();
    let mut settings = world.settings(&[("CONFIG", file.to_str().unwrap())]);
    settings.insert("NOTIFY_SOCKET".to_owned(), path.display().to_string());
    let mut process = Process::spawn(&[], &settings, Stdio::null());
    let hear = || {
        let mut said = [0; 256];
        let length = systemd.recv(&mut said).unwrap();
        String::from_utf8(said[..length].to_vec()).unwrap()
    };
    assert_eq!(hear(), "READY=1\n");
    process.wait_until_ready();
    for (text, status) in [
        ("log.filter = 'warn'", "the configuration was read again"),
        (
            "limits.connections = 7",
            "needs a restart: limits.connections",
        ),
        (
            "nothing = 1",
            "nothing was taken over: the configuration has mistakes",
        ),
    ] {
        fs::write(&file, text).unwrap();
        process.signal("HUP");
        assert_eq!(hear(), format!("STATUS={status}\n"));
    }
    process.signal("TERM");
    assert_eq!(hear(), "STOPPING=1\n");
    assert_eq!(process.exit_code(), Some(0));
}

/// Waits for its probes: they say that it is alive and not ready.
async fn see_it_starting(http: SocketAddr) {
    while tokio::net::TcpStream::connect(http).await.is_err() {}
    let alive = get(http, "/healthz/live").await;
    assert!(alive.starts_with("HTTP/1.1 200"), "{alive}");
    let ready = get(http, "/healthz/ready").await;
    assert!(ready.ends_with("starting\n"), "{ready}");
}

/// An address on which nobody listens now.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Takes OTLP requests on a thread of its own, until somebody connects who says nothing.
fn collect(listener: TcpListener) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        loop {
            let (socket, _) = listener.accept().unwrap();
            let Some((_, body)) = take(socket, "200 OK") else {
                return bytes;
            };
            bytes.extend(body);
        }
    })
}

/// The first line of one request and its body; `None` from who says nothing.
pub(crate) fn take(socket: TcpStream, answer: &str) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(socket);
    let (mut head, mut length) = (String::new(), None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if head.is_empty() {
            head.clone_from(&line);
        }
        length = length.or_else(|| line.strip_prefix("content-length: ")?.parse().ok());
    }
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).unwrap();
    let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
    reader.get_mut().write_all(answer.as_bytes()).unwrap();
    Some((head, body))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn traces_tell_commands_and_no_secrets() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let endpoint = format!("http://{address}");
    let collector = collect(listener);
    let mut process = Process::start(&world, &[("TELEMETRY__OTLP_ENDPOINT", &endpoint)]);
    play(async {
        world.add_ada().await;
        let mut client = Client::connect(process.imap).await;
        client.greeting().await;
        let _refused = client.ask("LOGIN ada hunter2").await;
        client.ok("LOGIN ada pass").await;
        client.ok("SELECT INBOX").await;
    });
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));
    drop(TcpStream::connect(address).unwrap());
    let traces = collector.join().unwrap();
    for expected in [
        "imap.command",
        "LOGIN",
        "SELECT",
        "db.resolve",
        "db.load_image",
    ] {
        assert!(holds(&traces, expected), "{expected}");
    }
    for secret in ["hunter2", "127.0.0.1", "select id"] {
        assert!(!holds(&traces, secret), "{secret}");
    }
}
