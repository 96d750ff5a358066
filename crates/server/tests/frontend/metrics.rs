//! What is exported is documented, and what is documented is exported.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{World, ada};

/// A metric: its name, its kind, the names of its labels.
type Described = (String, String, BTreeSet<String>);

async fn page(address: SocketAddr, accept: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Waits until the background tasks have looked at everything.
async fn whole_page(address: SocketAddr) -> String {
    loop {
        let page = page(address, "text/plain").await;
        let is_whole = ["postroom_quota_roots", "postroom_database_timeline"]
            .iter()
            .all(|name| page.contains(name));
        if is_whole {
            return page;
        }
    }
}

/// What a page in Prometheus' format describes.
fn exported(page: &str) -> BTreeSet<Described> {
    let kinds = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let described = kinds.filter_map(|line| line.split_once(' '));
    described
        .map(|(name, kind)| {
            let values = page.lines().filter_map(|line| line.strip_prefix(name));
            let labels = values
                .filter_map(|value| {
                    // Of a histogram.
                    let value = value.strip_prefix("_bucket").unwrap_or(value);
                    value.strip_prefix('{')?.rsplit_once('}')
                })
                .flat_map(|(labels, _)| {
                    labels
                        .split("\",")
                        .filter_map(|label| label.split_once('='))
                })
                .map(|(label, _)| label.to_owned())
                .filter(|label| label != "le")
                .collect();
            (name.to_owned(), kind.to_owned(), labels)
        })
        .collect()
}

/// What the table of the documentation says; `is_wanted` looks at the last column.
fn documented(is_wanted: fn(&str) -> bool) -> BTreeSet<Described> {
    let page = include_str!("../../../../docs/METRICS.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|columns| is_wanted(columns[3]))
        .map(|columns| {
            let words = columns[2].split(", ").map(|label| label.trim_matches('`'));
            let labels = words.filter(|label| !label.is_empty());
            (
                columns[0].trim_end_matches('`').to_owned(),
                columns[1].to_owned(),
                labels.map(str::to_owned).collect(),
            )
        })
        .collect()
}

#[test]
fn every_metric_is_documented_and_every_documented_one_is_there() {
    // The bus is not there, of which there are metrics.
    let settings = [
        ("LISTEN__LMTP", "127.0.0.1:0"),
        ("BUS__URL", "nats://127.0.0.1:1"),
    ];
    World::play(&settings, async |_, frontend| {
        let mut client = ada(frontend).await;
        client.ok("NOOP").await;
        let mut mta = TcpStream::connect(frontend.addresses().lmtp[0])
            .await
            .unwrap();
        let talk = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@example.org>\r\nQUIT\r\n";
        mta.write_all(talk).await.unwrap();
        let mut answer = String::new();
        mta.read_to_string(&mut answer).await.unwrap();

        let exported = exported(&whole_page(frontend.addresses().http[0]).await);
        let all = documented(|_| true);
        let missing: Vec<_> = exported.difference(&all).collect();
        assert!(missing.is_empty(), "not in docs/METRICS.md: {missing:?}");
        let always = documented(|words| !words.starts_with('†'));
        let gone: Vec<_> = always.difference(&exported).collect();
        assert!(gone.is_empty(), "in docs/METRICS.md alone: {gone:?}");
    });
}

#[test]
fn the_page_for_people_draws_what_there_is() {
    let names: BTreeSet<_> = documented(|_| true)
        .into_iter()
        .map(|(name, _, _)| name)
        .collect();
    let script = include_str!("../../src/http/page/page.js");
    let asked = script
        .split('"')
        .filter(|word| word.starts_with("postroom_") || word.starts_with("process_"));
    let asked: Vec<_> = asked.map(|word| word.trim_end_matches("_count")).collect();
    assert!(asked.len() > 20, "{asked:?}");
    for name in asked {
        assert!(names.contains(name), "{name} is no metric");
    }
}

#[test]
fn the_format_is_the_one_that_is_asked_for() {
    World::play(&[], async |_, frontend| {
        let address = frontend.addresses().http[0];
        let newer = page(address, "application/openmetrics-text;version=1.0.0").await;
        assert!(newer.contains("content-type: application/openmetrics-text"));
        assert!(
            newer.contains("\n# TYPE postroom_logins counter\n"),
            "{newer}"
        );
        assert!(newer.ends_with("# EOF\n"), "{newer}");
        let older = page(address, "*/*").await;
        assert!(older.contains("content-type: text/plain; version=0.0.4"));
        assert!(
            older.contains("\n# TYPE postroom_logins_total counter\n"),
            "{older}"
        );
        assert!(!older.contains("# EOF"), "{older}");
    });
}
