//! The operations of which something is promised, by single sessions where batches would make the counts depend on
//! the machine.

use super::counting::Counting;
use super::promises;
use crate::bench::{Bench, LETTER_BYTES, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::letter::{Pattern, letter};
use crate::mix::administrator;
use crate::rounds::Turn;

/// Counts all of them.
pub(super) async fn count(bench: &mut Bench, counting: &mut Counting) -> Result<(), BenchError> {
    appends(bench, counting).await?;
    letters(bench, counting).await?;
    stores(bench, counting).await?;
    reads(bench, counting).await?;
    lists(bench, counting).await?;
    moves(bench, counting).await
}

async fn appends(bench: &mut Bench, counting: &mut Counting) -> Result<(), BenchError> {
    let mailbox = bench.create("append").await?;
    let append = async |client: &mut Client, turn: Turn| {
        let message = letter(turn.operation, LETTER_BYTES);
        client.append(&mailbox, &message).await
    };
    let mut one = bench.sessions(1, Spread::FirstNode).await?;
    counting
        .count(&promises::APPEND, &mut one, MANY, append)
        .await?;
    let mut eight = bench.sessions(8, Spread::FirstNode).await?;
    counting
        .count(&promises::APPEND_BY_8, &mut eight, 2 * MANY, append)
        .await?;
    let mut watchers = bench.sessions(6, Spread::AllNodes).await?;
    for watcher in &mut watchers {
        watcher.ask(&format!("SELECT {}", quoted(&mailbox))).await?;
        watcher.idle().await?;
    }
    counting
        .count(&promises::APPEND_WATCHED, &mut one, MANY, append)
        .await
}

async fn letters(bench: &mut Bench, counting: &mut Counting) -> Result<(), BenchError> {
    let mailboxes = bench.addressed(1).await?;
    let Some(to) = mailboxes.first() else {
        return Err(BenchError::new("there is no mailbox"));
    };
    let pattern = Pattern::new(0, LETTER_BYTES);
    let mut mta = bench.mtas(1, Spread::FirstNode).await?;
    let start = u64::from(std::process::id()) << 32;
    counting
        .count(&promises::LETTER, &mut mta, MANY, async |mta, turn| {
            let serial = start + turn.operation as u64;
            mta.deliver(&to.address, &pattern, serial).await
        })
        .await
}

async fn stores(bench: &mut Bench, counting: &mut Counting) -> Result<(), BenchError> {
    let mailbox = quoted(&bench.copied("store", bench.letters()).await?);
    let messages = bench.letters();
    let mut client = bench.sessions(1, Spread::FirstNode).await?;
    for client in &mut client {
        client.ask(&format!("SELECT {mailbox}")).await?;
    }
    let store = async |client: &mut Client, turn: Turn| {
        let number = turn.operation % messages + 1;
        let is_even = (turn.operation / messages).is_multiple_of(2);
        let sign = if is_even { '+' } else { '-' };
        let store = format!("STORE {number} {sign}FLAGS.SILENT (\\Flagged)");
        client.ask(&store).await.map(drop)
    };
    counting
        .count(&promises::STORE, &mut client, MANY, store)
        .await?;
    for (promise, command) in [
        (&promises::FETCH, "FETCH 1:50 (FLAGS)"),
        (&promises::NOOP, "NOOP"),
    ] {
        let ask = async |client: &mut Client, _| client.ask(command).await.map(drop);
        counting.count(promise, &mut client, MANY, ask).await?;
    }
    Ok(())
}

async fn reads(bench: &mut Bench, counting: &mut Counting) -> Result<(), BenchError> {
    let mailbox = quoted(&bench.copied("select", bench.letters()).await?);
    let other = quoted(&bench.create("other").await?);
    let mut client = bench.sessions(1, Spread::FirstNode).await?;
    let again = async |client: &mut Client, _| {
        client.ask(&format!("SELECT {mailbox}")).await?;
        client.ask("UNSELECT").await.map(drop)
    };
    counting
        .count(&promises::SELECT_AGAIN, &mut client, MANY, again)
        .await?;
    let in_turns = async |client: &mut Client, turn: Turn| {
        let is_even = turn.operation.is_multiple_of(2);
        let mailbox = if is_even { &mailbox } else { &other };
        client.ask(&format!("SELECT {mailbox}")).await.map(drop)
    };
    counting
        .count(&promises::SELECT_IN_TURNS, &mut client, MANY, in_turns)
        .await?;
    let status = async |client: &mut Client, _| {
        let status = format!("STATUS {mailbox} (MESSAGES UNSEEN SIZE)");
        client.ask(&status).await.map(drop)
    };
    counting
        .count(&promises::STATUS, &mut client, MANY, status)
        .await
}

async fn lists(bench: &mut Bench, counting: &mut Counting) -> Result<(), BenchError> {
    let top = bench.create("list").await?;
    let mut admin = administrator(bench).await?;
    for number in 0..LISTED {
        let mailbox = format!("{top}/{number:02}");
        admin.ask(&format!("CREATE {}", quoted(&mailbox))).await?;
        bench.note(mailbox);
    }
    let mut client = bench.sessions(1, Spread::FirstNode).await?;
    let pattern = quoted(&format!("{top}/*"));
    for (promise, options) in [
        (&promises::LIST, ""),
        (&promises::LIST_STATUS, " RETURN (STATUS (MESSAGES UNSEEN))"),
    ] {
        let list = format!("LIST \"\" {pattern}{options}");
        let ask = async |client: &mut Client, _| client.ask(&list).await.map(drop);
        counting.count(promise, &mut client, MANY, ask).await?;
    }
    Ok(())
}

/// Each takes the next ten messages.
async fn moves(bench: &mut Bench, counting: &mut Counting) -> Result<(), BenchError> {
    let messages = 10 * MANY;
    for (promise, verb) in [
        (&promises::COPY, "COPY"),
        (&promises::MOVE, "MOVE"),
        (&promises::EXPUNGE, "EXPUNGE"),
    ] {
        let from = quoted(&bench.copied("from", messages).await?);
        let to = match verb {
            "EXPUNGE" => String::new(),
            _ => format!(" {}", quoted(&bench.create("to").await?)),
        };
        let mut client = bench.sessions(1, Spread::FirstNode).await?;
        for client in &mut client {
            client.ask(&format!("SELECT {from}")).await?;
            client.ask("STORE 1:* +FLAGS.SILENT (\\Deleted)").await?;
        }
        let ask = async |client: &mut Client, turn: Turn| {
            let first = 10 * turn.operation + 1;
            let command = format!("UID {verb} {first}:{}{to}", first + 9);
            client.ask(&command).await.map(drop)
        };
        counting.count(promise, &mut client, SOME, ask).await?;
    }
    Ok(())
}

/// Operations that are counted, so many that what a node does by itself does not show.
const MANY: usize = 150;
const SOME: usize = 60;
const LISTED: usize = 20;
