//! Rights: how soon the withdrawal of a right takes effect, and the cost of MYRIGHTS and listings.

use std::time::{Duration, Instant};

use crate::bench::{Bench, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::probe::Yardstick;
use crate::rounds::{Budget, Round, drive, rounds, timed};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = withdrawn(bench).await?;
    figures.push(my_rights(bench).await?);
    figures.push(listing(bench).await?);
    Ok(figures)
}

/// The time from the withdrawal of a right on one node until a session on another node is closed.
async fn withdrawn(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mailbox = quoted(&bench.create("withdrawn").await?);
    let mut admin = administrator(bench).await?;
    let watcher = bench.world.regulars()[0].user.clone();
    let grant = format!("SETACL {mailbox} {} lrs", quoted(&watcher));
    let withdraw = format!("DELETEACL {mailbox} {}", quoted(&watcher));
    admin.ask(&format!("DELETEACL {mailbox} anyone")).await?;
    let node = bench.world.last_node()?.clone();
    let withdrawals = bench.scale.count(WITHDRAWALS);
    let mut sessions = Vec::new();
    for _ in 0..withdrawals * bench.scale.rounds(ROUNDS) {
        sessions.push(bench.session(&node).await?);
    }
    let once = async || {
        let mut round = Vec::new();
        for _ in 0..withdrawals {
            let mut idler = sessions
                .pop()
                .ok_or_else(|| BenchError::new("nobody is left"))?;
            admin.ask(&grant).await?;
            idler.ask(&format!("SELECT {mailbox}")).await?;
            idler.idle().await?;
            let start = Instant::now();
            admin.ask(&withdraw).await?;
            let end = idler.hear_end().await?;
            round.push(end.saturating_duration_since(start).as_secs_f64() * 1e3);
        }
        Round::median(round)
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let p99 = found.with(found.work.p99_ms);
    Ok(vec![
        found.other(
            "right withdrawn → told elsewhere, p50",
            "ms",
            Target::Nothing,
        ),
        p99.other(
            "right withdrawn → told elsewhere, p99",
            "ms",
            Target::AtMost(1000.0),
        ),
    ])
}

async fn my_rights(bench: &mut Bench) -> Result<Figure, BenchError> {
    let command = format!("MYRIGHTS {}", quoted(&bench.world.shared));
    let mut clients = bench.sessions(ASKERS, Spread::AllNodes).await?;
    let budget = bench.scale.budget(Budget {
        operations_max: usize::MAX,
        time_max: Duration::from_secs(2),
    });
    let once = async || {
        drive(&mut clients, budget, async |client, _| {
            client.ask(&command).await.map(drop)
        })
        .await
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    Ok(found.other("MYRIGHTS, 16 sessions", "/s", Target::AtLeast(10_000.0)))
}

/// LIST of everything, with rights and counters, by a user who may see a tenth of it.
async fn listing(bench: &mut Bench) -> Result<Figure, BenchError> {
    let listed = bench.scale.count(LISTED);
    let top = bench.create("tree").await?;
    let person = bench.world.regulars()[2].user.clone();
    eprintln!("making {listed} mailboxes below {top}");
    let mut admin = administrator(bench).await?;
    admin
        .ask(&format!("DELETEACL {} anyone", quoted(&top)))
        .await?;
    for number in 0..listed {
        let name = format!("{top}/{number:05}");
        let mailbox = quoted(&name);
        admin.ask(&format!("CREATE {mailbox}")).await?;
        bench.note(name);
        if number % 10 == 0 {
            let set = format!("SETACL {mailbox} {} lr", quoted(&person));
            admin.ask(&set).await?;
        }
    }
    let list = format!(
        "LIST \"\" {} RETURN (STATUS (MESSAGES UNSEEN) MYRIGHTS)",
        quoted(&format!("{top}/*"))
    );
    let mut clients = bench.sessions(3, Spread::FirstNode).await?;
    let client = clients
        .last_mut()
        .ok_or_else(|| BenchError::new("nobody lists"))?;
    let seen = client.ask(&list).await?.responses;
    // Each mailbox gives a LIST, a STATUS and a MYRIGHTS.
    if seen != listed / 10 * 3 {
        return Err(BenchError::new(format!("{seen} responses to {list}")));
    }
    let once = async || Round::median(vec![timed(client.ask(&list)).await?.1]);
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let name = format!("LIST RETURN (STATUS MYRIGHTS), {listed} mailboxes, a tenth visible");
    Ok(found.other(name, "ms", Target::AtMost(100.0)))
}

pub(crate) async fn administrator(bench: &Bench) -> Result<Client, BenchError> {
    let mut admin = Client::connect(bench.world.first_node()?).await?;
    admin.login(&bench.world.admin).await?;
    Ok(admin)
}

const ROUNDS: usize = 5;
const WITHDRAWALS: usize = 20;
const ASKERS: usize = 16;
const LISTED: usize = 10_000;
