//! The cost of commands in a mailbox with very many entries, for a user in very many groups.

use std::sync::Arc;
use std::time::Duration;

use ::store::{Background, Compute, Letters, Options, Store};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::rights::administrator;
use crate::bench::{Bench, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::letter::letter;
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds, timed};

/// Runs the same commands on a mailbox with one entry, and on one with very many, by a user in very
/// many groups.
pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let few = bench.create("few").await?;
    let many = bench.create("many").await?;
    let person = bench.world.regulars()[1].user.clone();
    let [entries, groups] = [ENTRIES, GROUPS].map(|full| bench.scale.count(full));
    eprintln!("giving {many} {entries} entries and {person} {groups} groups");
    let members = gather(bench, &person, [entries, groups]).await?;
    let mut admin = administrator(bench).await?;
    for member in members {
        let set = format!("SETACL {} {} l", quoted(&many), quoted(&member));
        admin.ask(&set).await?;
    }
    let of = format!("{entries} entries and {groups} groups");
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
        figures.push(extra(bench, &format!("{name}, {of}"), [&few, &many], once).await?);
    }
    let message = letter(1, 1024);
    let once = async |client: &mut Client, mailbox: &str| {
        timed(client.append(mailbox, &message))
            .await
            .map(|(_, ms)| ms)
    };
    figures.push(extra(bench, &format!("APPEND, {of}"), [&few, &many], once).await?);
    Ok(figures)
}

/// How many times as long `once` takes in the second mailbox as in the first, each with a user of
/// its own, in turns.
async fn extra(
    bench: &mut Bench,
    name: &str,
    mailboxes: [&str; 2],
    once: impl AsyncFn(&mut Client, &str) -> Result<f64, BenchError>,
) -> Result<Figure, BenchError> {
    let mut clients = bench.sessions(2, Spread::FirstNode).await?;
    let asked = bench.scale.count(ASKED_PER_ROUND);
    let round = async || {
        let mut times = [vec![], vec![]];
        for _ in 0..asked {
            for ((client, mailbox), times) in clients.iter_mut().zip(mailboxes).zip(&mut times) {
                times.push(once(client, mailbox).await?);
            }
        }
        let [few, many] = times;
        let few = Round::median(few)?;
        let many = Round::median(many)?;
        // Both were worked for.
        let operations = few.operations + many.operations;
        let extra = many.value / few.value;
        Ok(Round {
            operations,
            ..many.with(extra)
        })
    };
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, round).await?;
    Ok(found.other(name, "×", Target::AtMost(1.1)))
}

/// Creates the groups, with `person` in each, and the accounts for the remaining entries; returns
/// their identifiers.
async fn gather(
    bench: &Bench,
    person: &str,
    [entries, groups]: [usize; 2],
) -> Result<Vec<String>, BenchError> {
    let postgres = bench.world.postgres.as_ref();
    let postgres = postgres.ok_or_else(|| BenchError::new("a peer has no such groups"))?;
    let options = Options {
        url: postgres.url.clone(),
        connections: CONNECTIONS,
        standby_url: None,
        application_name: "bench".into(),
        letters: Letters::None,
    };
    let background = Background {
        spawn: Arc::new(|task| drop(tokio::spawn(task))),
        sleep: Arc::new(|time| Box::pin(tokio::time::sleep(time))),
        clock: Arc::new(Duration::default),
        compute: Compute::new(1, Arc::new(|work| work())),
    };
    let store = Store::connect(options, background)
        .await
        .map_err(at_store)?;
    let account = store.find_account(person).await.map_err(at_store)?;
    let account = account.ok_or_else(|| BenchError::new("a person without an account"))?;
    let mut identifiers = Vec::new();
    for number in 0..groups {
        let group = format!("bench-{}-{number}", std::process::id());
        store.create_group(&group).await.map_err(at_store)?;
        store
            .add_member(&group, account.id)
            .await
            .map_err(at_store)?;
        identifiers.push(format!("group:{group}"));
    }
    let names: Vec<String> = (groups..entries)
        .map(|number| format!("bench-{}-{number}", std::process::id()))
        .collect();
    let make = |name: String| {
        let store = &store;
        async move { store.create_account(&name, None, false).await }
    };
    let making = stream::iter(names.iter().cloned().map(make)).buffer_unordered(MAKING_MAX);
    let made: Vec<_> = making.try_collect().await.map_err(at_store)?;
    eprintln!("made {} accounts", made.len());
    identifiers.extend(names);
    store.drain().await.map_err(at_store)?;
    Ok(identifiers)
}

fn at_store(fault: ::store::Fault) -> BenchError {
    BenchError::at("the store")(fault)
}

const ROUNDS: usize = 5;
const ASKED_PER_ROUND: usize = 100;
/// Nearly as many entries as a list can hold: the mailbox has some of its own.
const ENTRIES: usize = 9_990;
const GROUPS: usize = 1_000;
const CONNECTIONS: u32 = 8;
const MAKING_MAX: usize = 8;
