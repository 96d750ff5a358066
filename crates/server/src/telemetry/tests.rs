//! Traces reach a real receiver over HTTP, in TLS or without, and only ours do.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use prost::Message as _;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;
use tracing::{info, info_span, trace, warn};

use super::subscriber;
use crate::config::{LogConfig, LogFormat, OtlpConfig};

/// Reads one OTLP request as a collector does, says that it was taken, and hands it out.
async fn receive(socket: impl AsyncRead + AsyncWrite + Unpin) -> (String, Vec<u8>) {
    let mut socket = socket;
    let (head, body) = read_request(&mut socket).await;
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
    socket.write_all(answer).await.unwrap();
    socket.flush().await.unwrap();
    (head, body)
}

async fn read_request(socket: &mut (impl AsyncRead + Unpin)) -> (String, Vec<u8>) {
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

fn quiet() -> LogConfig {
    LogConfig {
        format: LogFormat::Json,
        filter: "off".to_owned(),
        slow_command: None,
    }
}

/// What is sent of `work`, with the spans by their names and the resource's attributes.
async fn sent(work: impl FnOnce()) -> (String, Vec<Span>, Vec<KeyValue>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let otlp = OtlpConfig {
        endpoint: Some(format!("http://{}", listener.local_addr().unwrap())),
        ..OtlpConfig::default()
    };
    let (subscriber, telemetry) =
        subscriber(&quiet(), Some(&otlp), "node-7", &Handle::current()).unwrap();
    tracing::subscriber::with_default(subscriber, work);
    let stop = tokio::task::spawn_blocking(move || telemetry.stop());
    let received = async { receive(listener.accept().await.unwrap().0).await };
    let ((head, body), stopped) = tokio::join!(received, stop);
    stopped.unwrap();
    let request = ExportTraceServiceRequest::decode(&*body).unwrap();
    let [resource_spans] = request.resource_spans.try_into().unwrap();
    let spans = resource_spans.scope_spans.into_iter();
    let spans = spans.flat_map(|scope| scope.spans).collect();
    (head, spans, resource_spans.resource.unwrap().attributes)
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_and_database_calls_are_sent_and_nothing_else() {
    let (head, spans, resource) = sent(|| {
        let command = info_span!("imap.command", command = "UID FETCH");
        command.in_scope(|| {
            info_span!("db.load_heads").in_scope(|| info!("an event"));
            info_span!("chatter of a library").in_scope(|| ());
        });
    })
    .await;
    assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
    let kind = "content-type: application/x-protobuf";
    assert!(head.to_lowercase().contains(kind), "{head}");
    assert_eq!(text(&resource, "service.name"), Some("postroom"));
    assert_eq!(text(&resource, "service.instance.id"), Some("node-7"));
    assert_eq!(spans.len(), 2);
    let (command, call) = (
        named(&spans, "imap.command"),
        named(&spans, "db.load_heads"),
    );
    assert_eq!(text(&command.attributes, "command"), Some("UID FETCH"));
    assert_eq!(call.parent_span_id, command.span_id);
    assert!(call.events.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_follow_the_conventions() {
    let (_, spans, _) = sent(|| {
        info_span!("imap.command").in_scope(|| {
            info_span!("db.append").in_scope(|| {
                trace!(target: store::FAULTS, fault = "over_quota", "a call failed");
            });
            info_span!("db.latest").in_scope(|| {
                trace!(target: store::FAULTS, fault = "unavailable", "a call failed");
            });
            warn!(fault = "unavailable", "the database did not answer");
        });
    })
    .await;
    let command = named(&spans, "imap.command");
    assert_eq!(command.kind(), SpanKind::Server);
    assert_eq!(
        text(&command.attributes, "network.protocol.name"),
        Some("imap")
    );
    for (name, kind, code) in [
        ("imap.command", "unavailable", StatusCode::Error),
        ("db.append", "over_quota", StatusCode::Unset),
        ("db.latest", "unavailable", StatusCode::Error),
    ] {
        let span = named(&spans, name);
        assert_eq!(text(&span.attributes, "error.type"), Some(kind), "{name}");
        let status = span.status.clone().unwrap_or_default();
        assert_eq!(status.code(), code, "{name}");
    }
    let call = named(&spans, "db.append");
    assert_eq!(call.kind(), SpanKind::Client);
    assert_eq!(text(&call.attributes, "db.system.name"), Some("postgresql"));
    assert_eq!(text(&call.attributes, "db.operation.name"), Some("append"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_linked_to_the_calls_that_it_does() {
    let (_, spans, _) = sent(|| {
        let calls = ["imap.command", "imap.command"].map(|_| info_span!("db.append"));
        let batch = info_span!("db.write_batch");
        for call in &calls {
            call.in_scope(|| ());
            batch.follows_from(call);
        }
        batch.in_scope(|| ());
    })
    .await;
    let linked = &named(&spans, "db.write_batch").links;
    let calls = spans.iter().filter(|span| span.name == "db.append");
    let mut calls: Vec<_> = calls.map(|call| &call.span_id).collect();
    let mut linked: Vec<_> = linked.iter().map(|link| &link.span_id).collect();
    calls.sort();
    linked.sort();
    assert_eq!((calls.len(), linked), (2, calls));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_in_tls_must_have_a_certificate_that_is_trusted() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("authorities.pem");
    std::fs::write(&trusted, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(std::sync::Arc::new(config));
    for (authorities, is_trusted) in [(Some(trusted), true), (None, false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let otlp = OtlpConfig {
            endpoint: Some(format!("https://localhost:{port}")),
            authorities,
            ratio: None,
        };
        let (subscriber, telemetry) =
            subscriber(&quiet(), Some(&otlp), "node-7", &Handle::current()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            info_span!("imap.command").in_scope(|| ());
        });
        let stop = tokio::task::spawn_blocking(move || telemetry.stop());
        let shaken = acceptor.accept(listener.accept().await.unwrap().0).await;
        let got = match shaken {
            Ok(stream) => Some(receive(stream).await.0),
            Err(_) => None,
        };
        drop(listener);
        stop.await.unwrap();
        assert_eq!(got.is_some(), is_trusted, "{got:?}");
    }
}

#[tokio::test]
async fn without_a_receiver_nothing_is_made() {
    let (_subscriber, telemetry) =
        subscriber(&quiet(), None, "node-7", &Handle::current()).unwrap();
    assert!(telemetry.traces.is_none());
}
