//! What probes and scrapers see, over a real socket.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Health, Served, serve};
use crate::environment;
use crate::metrics::{LoginMethod, Metrics, Stage};

struct Probe {
    port: u16,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    is_database_there: Arc<AtomicBool>,
    pings: Arc<AtomicBool>,
}

impl Probe {
    /// Of a node that takes clients.
    async fn start() -> Self {
        Self::of(true).await
    }

    async fn of(has_started: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_database_there = Arc::new(AtomicBool::new(true));
        let pings = Arc::new(AtomicBool::new(false));
        let (there, pinged) = (Arc::clone(&is_database_there), Arc::clone(&pings));
        let health = Arc::<Health>::default();
        let metrics = Arc::new(Metrics::new(None));
        let served = Served {
            health: Arc::clone(&health),
            panics: Arc::default(),
        };
        environment::start(serve(Arc::new(listener), Arc::new(served)));
        let ping = Box::new(move || -> Pin<Box<dyn Future<Output = bool> + Send>> {
            pinged.store(true, Ordering::Relaxed);
            let is_there = there.load(Ordering::Relaxed);
            Box::pin(async move { is_there })
        });
        if has_started {
            health.start(ping, Arc::clone(&metrics));
        }
        Self {
            port,
            health,
            metrics,
            is_database_there,
            pings,
        }
    }

    async fn ask(&self, request: &str) -> String {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

#[tokio::test]
async fn alive_without_asking_the_database() {
    let probe = Probe::start().await;
    probe.is_database_there.store(false, Ordering::Relaxed);
    assert!(
        probe
            .ask("GET /healthz/live")
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert!(!probe.pings.load(Ordering::Relaxed));
}

#[tokio::test]
async fn alive_but_not_ready_while_it_starts() {
    let probe = Probe::of(false).await;
    let alive = probe.ask("GET /healthz/live").await;
    assert!(alive.starts_with("HTTP/1.1 200"), "{alive}");
    for path in ["/healthz/ready", "/metrics"] {
        let answer = probe.ask(&format!("GET {path}")).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.ends_with("starting\n"), "{answer}");
    }
    assert!(!probe.pings.load(Ordering::Relaxed));
}

#[tokio::test]
async fn ready_while_the_database_is_there_and_the_node_stays() {
    let probe = Probe::start().await;
    assert!(
        probe
            .ask("GET /healthz/ready")
            .await
            .starts_with("HTTP/1.1 200")
    );

    probe.is_database_there.store(false, Ordering::Relaxed);
    let answer = probe.ask("GET /healthz/ready").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.ends_with("database away\n"), "{answer}");

    probe.is_database_there.store(true, Ordering::Relaxed);
    probe.health.drain();
    let answer = probe.ask("GET /healthz/ready").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.ends_with("draining\n"), "{answer}");
}

#[tokio::test]
async fn metrics_are_text_with_names_and_units() {
    let probe = Probe::start().await;
    probe.metrics.move_connection(None, Some(Stage::Arriving));
    probe
        .metrics
        .move_connection(Some(Stage::Arriving), Some(Stage::Idling));
    probe
        .metrics
        .count_command("UID FETCH", "ok", Duration::from_millis(3));
    probe.metrics.count_login(LoginMethod::Token, "refused");
    probe.metrics.count_refused("address");

    let page = probe.ask("GET /metrics").await;
    for line in [
        "content-type: text/plain; version=0.0.4",
        "postroom_connections{state=\"idling\"} 1",
        "postroom_connections{state=\"arriving\"} 0",
        "postroom_commands_total{command=\"UID FETCH\",result=\"ok\"} 1",
        "postroom_command_duration_seconds_count{command=\"UID FETCH\"} 1",
        "postroom_logins_total{method=\"token\",result=\"refused\"} 1",
        "postroom_connections_refused_total{bound=\"address\"} 1",
        "# TYPE postroom_logins_total counter",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
}

#[tokio::test]
async fn nothing_else_is_there() {
    let probe = Probe::start().await;
    assert!(
        probe
            .ask("GET /elsewhere")
            .await
            .starts_with("HTTP/1.1 404")
    );
    assert!(probe.ask("POST /metrics").await.starts_with("HTTP/1.1 405"));
}

/// Sixty-four who never read, nor write, kept every probe out.
#[tokio::test]
async fn those_who_say_nothing_do_not_keep_a_probe_out() {
    let probe = Probe::start().await;
    let mut silent = Vec::new();
    for _ in 0..2 * super::HTTP_CONNECTIONS_MAX {
        silent.push(TcpStream::connect(("127.0.0.1", probe.port)).await.unwrap());
    }
    let asked = tokio::time::timeout(Duration::from_secs(5), probe.ask("GET /healthz/live"));
    assert!(asked.await.unwrap().starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn people_get_a_page_that_loads_nothing_from_elsewhere() {
    // It says that the node starts, too.
    let probe = Probe::of(false).await;
    let index = probe.ask("GET /").await;
    assert!(index.contains("content-type: text/html"), "{index}");
    assert!(
        index.contains("content-security-policy: default-src 'self'"),
        "{index}"
    );
    assert!(!index.contains("http:") && !index.contains("https:"));
    for part in ["/icon.svg", "/page.css", "/page.js"] {
        assert!(index.contains(part));
        let answer = probe.ask(&format!("GET {part}")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
