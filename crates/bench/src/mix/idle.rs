//! The memory that one more idling TLS session costs its frontend, without the kernel's buffers.

use std::time::Duration;

use tokio::time::sleep;

use crate::bench::{Bench, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::usage::resident_bytes;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = bench.create("idle").await?;
    bench
        .fill(&mailbox, bench.scale.count(MESSAGES), MESSAGE_BYTES)
        .await?;
    let [warming, sessions] = [WARMING, SESSIONS].map(|full| bench.scale.count(full));
    let settle = bench.scale.time(SETTLE_TIME);
    // What the first sessions allocate stays: the image, pools, verified logins.
    let warm = idlers(bench, warming, &mailbox).await?;
    let node = bench.world.first_node()?.pid;
    let before = settled_bytes(node, settle).await?;
    let idling = idlers(bench, sessions, &mailbox).await?;
    let after = settled_bytes(node, settle).await?;
    drop((warm, idling));
    let kilobytes = (after as f64 - before as f64) / 1024.0;
    let of_one = format!("one of {sessions} sessions");
    let of_all = format!("the frontend with {} sessions", warming + sessions);
    Ok(vec![
        Figure::alone(
            of_one,
            kilobytes / sessions as f64,
            "KB",
            Target::AtMost(12.0),
        ),
        Figure::alone(of_all, after as f64 / 1e6, "MB", Target::Nothing),
    ])
}

/// Sessions that are logged in and idle in the mailbox.
async fn idlers(bench: &Bench, count: usize, mailbox: &str) -> Result<Vec<Client>, BenchError> {
    let mut clients = bench.tls_sessions(count, Spread::FirstNode).await?;
    for client in &mut clients {
        client.ask(&format!("SELECT {}", quoted(mailbox))).await?;
        client.idle().await?;
    }
    Ok(clients)
}

async fn settled_bytes(pid: u32, settle: Duration) -> Result<u64, BenchError> {
    sleep(settle).await;
    resident_bytes(pid)
}

const MESSAGES: usize = 100;
const MESSAGE_BYTES: usize = 1024;
const WARMING: usize = 100;
const SESSIONS: usize = 1000;
/// The time that is given to free buffers.
const SETTLE_TIME: Duration = Duration::from_secs(1);
