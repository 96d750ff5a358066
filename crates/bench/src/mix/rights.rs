//! Rights: how soon a withdrawn one is felt, what listings and MYRIGHTS take, and what a crowd costs.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::store::{Options, Spawn, Store};

use crate::bench::{Bench, Spread};
use crate::client::{Client, quoted};
use crate::figure::{Figure, Target};
use crate::letter::letter;
use crate::probe::Yardstick;
use crate::rounds::{Budget, drive, rounds, timed};
use crate::sample::Sample;
use crate::trouble::Trouble;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, Trouble> {
    let mut figures = withdrawn(bench).await?;
    figures.push(my_rights(bench).await?);
    figures.extend(crowd(bench).await?);
    figures.push(listing(bench).await?);
    Ok(figures)
}

/// From the moment a right is withdrawn on one node to the end of what another node tells.
async fn withdrawn(bench: &mut Bench) -> Result<Vec<Figure>, Trouble> {
    let mailbox = quoted(&bench.create("withdrawn").await?);
    let mut admin = administrator(bench).await?;
    let watcher = bench.world.regulars()[0].user.clone();
    let grant = format!("SETACL {mailbox} {} lrs", quoted(&watcher));
    let withdraw = format!("DELETEACL {mailbox} {}", quoted(&watcher));
    admin.ask(&format!("DELETEACL {mailbox} anyone")).await?;
    let node = bench.world.last_node()?.clone();
    let mut sessions = Vec::new();
    for _ in 0..WITHDRAWALS * ROUNDS {
        sessions.push(bench.session(&node).await?);
    }
    let all = RefCell::new(Vec::new());
    let once = async || {
        let mut round = Vec::new();
        for _ in 0..WITHDRAWALS {
            let mut idler = sessions
                .pop()
                .ok_or_else(|| Trouble::new("nobody is left"))?;
            admin.ask(&grant).await?;
            idler.ask(&format!("SELECT {mailbox}")).await?;
            idler.idle().await?;
            let start = Instant::now();
            admin.ask(&withdraw).await?;
            let end = idler.hear_end().await?;
            round.push(end.saturating_duration_since(start).as_secs_f64() * 1e3);
        }
        all.borrow_mut().extend_from_slice(&round);
        median(round)
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let all = Sample::of(all.into_inner()).ok_or_else(|| Trouble::new("nothing was withdrawn"))?;
    let p99 = found.with(all.percentile(99));
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

async fn my_rights(bench: &mut Bench) -> Result<Figure, Trouble> {
    let command = format!("MYRIGHTS {}", quoted(&bench.world.shared));
    let mut clients = bench.sessions(ASKERS, Spread::AllNodes).await?;
    let budget = Budget {
        operations_max: usize::MAX,
        time_max: Duration::from_secs(2),
    };
    let once = async || {
        drive(&mut clients, budget, async |client, _| {
            client.ask(&command).await.map(drop)
        })
        .await
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    Ok(found.other("MYRIGHTS, 16 sessions", "/s", Target::AtLeast(10_000.0)))
}

/// The same commands on a mailbox with one entry, and on one with very many, by somebody in very many
/// groups.
async fn crowd(bench: &mut Bench) -> Result<Vec<Figure>, Trouble> {
    let few = bench.create("few").await?;
    let many = bench.create("many").await?;
    let person = bench.world.regulars()[1].user.clone();
    eprintln!("giving {many} {ENTRIES} entries and {person} {GROUPS} groups");
    let members = gather(bench, &person).await?;
    let mut admin = administrator(bench).await?;
    for member in members {
        let set = format!("SETACL {} {} l", quoted(&many), quoted(&member));
        admin.ask(&set).await?;
    }
    let mut figures = Vec::new();
    for (name, command) in [
        ("MYRIGHTS", "MYRIGHTS @"),
        ("STATUS", "STATUS @ (MESSAGES)"),
        ("SELECT", "SELECT @"),
    ] {
        let once = async |client: &mut Client, mailbox: &str| {
            let command = command.replace('@', &quoted(mailbox));
            timed(client.ask(&command)).await.map(|(_, ms)| ms)
        };
        figures.push(extra(bench, name, [&few, &many], once).await?);
    }
    let message = letter(1, 1024);
    let once = async |client: &mut Client, mailbox: &str| {
        timed(client.append(mailbox, &message))
            .await
            .map(|(_, ms)| ms)
    };
    figures.push(extra(bench, "APPEND", [&few, &many], once).await?);
    Ok(figures)
}

/// How many times as long `once` takes in the second mailbox as in the first, each by somebody of
/// their own, in turns.
async fn extra(
    bench: &mut Bench,
    name: &str,
    mailboxes: [&str; 2],
    once: impl AsyncFn(&mut Client, &str) -> Result<f64, Trouble>,
) -> Result<Figure, Trouble> {
    let mut clients = bench.sessions(2, Spread::FirstNode).await?;
    let round = async || {
        let mut times = [vec![], vec![]];
        for _ in 0..ASKED_PER_ROUND {
            for ((client, mailbox), times) in clients.iter_mut().zip(mailboxes).zip(&mut times) {
                times.push(once(client, mailbox).await?);
            }
        }
        let [few, many] = times;
        Ok(median(many)? / median(few)?)
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, round).await?;
    let name = format!("{name}, {ENTRIES} entries and {GROUPS} groups");
    Ok(found.other(name, "×", Target::AtMost(1.1)))
}

/// Makes the groups with `person` in each, and as many accounts as are missing to the entries;
/// their identifiers.
async fn gather(bench: &Bench, person: &str) -> Result<Vec<String>, Trouble> {
    let options = Options {
        url: bench.world.postgres.url.clone(),
        connections: 2,
        application_name: "bench".into(),
    };
    let spawn: Spawn = Arc::new(|task| drop(tokio::spawn(task)));
    let store = Store::connect(options, spawn).await.map_err(at_store)?;
    let account = store.find_account(person).await.map_err(at_store)?;
    let account = account.ok_or_else(|| Trouble::new("a person without an account"))?;
    let mut identifiers = Vec::new();
    for number in 0..GROUPS {
        let group = format!("bench-{}-{number}", std::process::id());
        store.create_group(&group).await.map_err(at_store)?;
        store
            .add_member(&group, account.id)
            .await
            .map_err(at_store)?;
        identifiers.push(format!("group:{group}"));
    }
    for number in GROUPS..ENTRIES {
        let name = format!("bench-{}-{number}", std::process::id());
        store
            .create_account(&name, None, false)
            .await
            .map_err(at_store)?;
        identifiers.push(name);
    }
    store.drain().await.map_err(at_store)?;
    Ok(identifiers)
}

/// LIST of everything, with rights and counters, by somebody who may see a tenth of it.
async fn listing(bench: &mut Bench) -> Result<Figure, Trouble> {
    let top = bench.create("tree").await?;
    let person = bench.world.regulars()[2].user.clone();
    eprintln!("making {LISTED} mailboxes below {top}");
    let mut admin = administrator(bench).await?;
    admin
        .ask(&format!("DELETEACL {} anyone", quoted(&top)))
        .await?;
    for number in 0..LISTED {
        let mailbox = quoted(&format!("{top}/{number:05}"));
        admin.ask(&format!("CREATE {mailbox}")).await?;
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
        .ok_or_else(|| Trouble::new("nobody lists"))?;
    let seen = client.ask(&list).await?.responses;
    // A LIST, a STATUS and a MYRIGHTS for each.
    if seen != LISTED / 10 * 3 {
        return Err(Trouble::new(format!("{seen} responses to {list}")));
    }
    let once = async || Ok(timed(client.ask(&list)).await?.1);
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let name = format!("LIST RETURN (STATUS MYRIGHTS), {LISTED} mailboxes, a tenth visible");
    Ok(found.other(name, "ms", Target::AtMost(300.0)))
}

fn at_store(fault: ::store::Fault) -> Trouble {
    Trouble::at("the store")(fault)
}

async fn administrator(bench: &Bench) -> Result<Client, Trouble> {
    let mut admin = Client::connect(bench.world.first_node()?).await?;
    admin.login(&bench.world.admin).await?;
    Ok(admin)
}

fn median(times: Vec<f64>) -> Result<f64, Trouble> {
    let sample = Sample::of(times).ok_or_else(|| Trouble::new("nothing was measured"))?;
    Ok(sample.median())
}

const ROUNDS: usize = 5;
const WITHDRAWALS: usize = 20;
const ASKERS: usize = 16;
const ASKED_PER_ROUND: usize = 100;
const ENTRIES: usize = 10_000;
const GROUPS: usize = 1_000;
const LISTED: usize = 10_000;
