//! What a frontend holds in memory: for a session in TLS, for a mailbox that is open, and for a load that is over.

use std::time::Duration;

use tokio::time::sleep;

use crate::bench::{Bench, PARCEL_BYTES, Spread};
use crate::client::quoted;
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::letter::letters;
use crate::rounds::{Budget, drive};
use crate::usage::resident_bytes;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = vec![session(bench).await?];
    figures.extend(mailbox(bench).await?);
    figures.extend(load(bench).await?);
    Ok(figures)
}

/// Sessions that have logged in and wait, in no mailbox.
async fn session(bench: &mut Bench) -> Result<Figure, BenchError> {
    let [warming, sessions] = [WARMING, SESSIONS].map(|full| bench.scale.count(full));
    // What the first sessions allocate stays: pools, verified logins.
    let warm = bench.tls_sessions(warming, Spread::FirstNode).await?;
    let node = bench.world.first_node()?.pid;
    let before = settled_bytes(bench, node, SETTLE_TIME).await?;
    let more = bench.tls_sessions(sessions, Spread::FirstNode).await?;
    let after = settled_bytes(bench, node, SETTLE_TIME).await?;
    drop((warm, more));
    let each = (after - before) / 1024.0 / sessions as f64;
    let name = format!("a TLS session, of {sessions} that wait");
    Ok(Figure::alone(name, each, "KB", Target::AtMost(16.0)))
}

/// A mailbox that one session opens on a node that has not seen it.
async fn mailbox(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let messages = bench.messages_max();
    let mailbox = quoted(&bench.copied("memory", messages).await?);
    let node = bench.world.last_node()?.clone();
    let mut client = bench.session(&node).await?;
    // So that what opening a mailbox needs anyway is there.
    client
        .ask(&format!("SELECT {}", quoted(&bench.world.shared)))
        .await?;
    let before = settled_bytes(bench, node.pid, SETTLE_TIME).await?;
    client.ask(&format!("SELECT {mailbox}")).await?;
    let after = settled_bytes(bench, node.pid, SETTLE_TIME).await?;
    let each = (after - before) / messages as f64;
    let name = format!("a message of {messages} in an open mailbox");
    client.ask("LOGOUT").await?;
    let closed = settled_bytes(bench, node.pid, REST_TIME).await?;
    Ok(vec![
        Figure::alone(name, each, "bytes", Target::AtMost(24.0)),
        Figure::alone("the frontend before", before / 1e6, "MB", Target::Nothing),
        Figure::alone("with it open", after / 1e6, "MB", Target::Nothing),
        Figure::alone(
            "after LOGOUT and a rest",
            closed / 1e6,
            "MB",
            Target::Nothing,
        ),
    ])
}

/// What many large messages leave behind.
async fn load(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = bench.create("memory-load").await?;
    let messages = letters(DIFFERENT, PARCEL_BYTES);
    let mut clients = bench.sessions(APPENDERS, Spread::FirstNode).await?;
    let node = bench.world.first_node()?.pid;
    let before = settled_bytes(bench, node, SETTLE_TIME).await?;
    let budget = bench.scale.budget(LOAD);
    let mut most = before;
    for _ in 0..bench.scale.rounds(LOADS) {
        drive(&mut clients, budget, async |client, turn| {
            let message = messages.get(turn.operation % DIFFERENT);
            let message = message.map_or(&[] as &[u8], Vec::as_slice);
            client.append(&mailbox, message).await
        })
        .await?;
        most = most.max(resident_bytes(node)? as f64);
    }
    drop(clients);
    let rest = settled_bytes(bench, node, REST_TIME).await?;
    let row = |name: &str, bytes: f64| Figure::alone(name, bytes / 1e6, "MB", Target::Nothing);
    Ok(vec![
        row("the frontend before a load of appends", before),
        row("during it, the most that was seen", most),
        row("after it and a rest", rest),
        Figure::alone(
            "after it, times as much as before",
            rest / before,
            "×",
            Target::AtMost(1.5),
        ),
    ])
}

async fn settled_bytes(bench: &Bench, pid: u32, time: Duration) -> Result<f64, BenchError> {
    sleep(bench.scale.time(time)).await;
    Ok(resident_bytes(pid)? as f64)
}

const WARMING: usize = 100;
const SESSIONS: usize = 1_000;
const APPENDERS: usize = 32;
const DIFFERENT: usize = 20;
const LOADS: usize = 10;
const LOAD: Budget = Budget {
    operations_max: 10_000,
    time_max: Duration::from_secs(1),
};
/// The time that is given to free buffers.
const SETTLE_TIME: Duration = Duration::from_secs(1);
/// The time that is given to what is only freed after a while.
const REST_TIME: Duration = Duration::from_secs(60);
