//! Traces reach a real receiver over HTTP, and only ours do.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tracing::{info, info_span};

use super::subscriber;
use crate::config::{LogConfig, LogFormat, OtlpConfig};

/// Reads one OTLP request as a collector does, says that it was taken, and hands it out.
async fn receive(listener: TcpListener) -> (String, Vec<u8>) {
    let (mut socket, _) = listener.accept().await.unwrap();
    let (head, body) = read_request(&mut socket).await;
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
    socket.write_all(answer).await.unwrap();
    (head, body)
}

async fn read_request(socket: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        assert_ne!(
            socket.read_buf(&mut bytes).await.unwrap(),
            0,
            "hung up early"
        );
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length: usize = head
            .lines()
            .find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .unwrap();
        let body = bytes[end + 4..].to_vec();
        if body.len() == length {
            return (head, body);
        }
    }
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_database_calls_are_sent_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let otlp = OtlpConfig {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        ratio: 1.0,
    };
    let log = LogConfig {
        format: LogFormat::Json,
        filter: "off".to_owned(),
    };
    let (subscriber, telemetry) =
        subscriber(&log, Some(&otlp), "node-7", &Handle::current()).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let command = info_span!("imap.command", command = "UID FETCH");
        command.in_scope(|| {
            info_span!("db.load_heads").in_scope(|| info!("an event"));
            info_span!("chatter of a library").in_scope(|| ());
        });
    });
    let stop = tokio::task::spawn_blocking(move || telemetry.stop());
    let ((head, body), stopped) = tokio::join!(receive(listener), stop);
    stopped.unwrap();

    assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
    assert!(
        head.to_lowercase()
            .contains("content-type: application/x-protobuf"),
        "{head}"
    );
    for expected in [
        "imap.command",
        "UID FETCH",
        "db.load_heads",
        "postroom",
        "node-7",
    ] {
        assert!(holds(&body, expected), "{expected}");
    }
    assert!(!holds(&body, "chatter"));
}

#[tokio::test]
async fn without_a_receiver_nothing_is_made() {
    let log = LogConfig {
        format: LogFormat::Pretty,
        filter: "off".to_owned(),
    };
    let (_subscriber, telemetry) = subscriber(&log, None, "node-7", &Handle::current()).unwrap();
    assert!(telemetry.traces.is_none());
}
