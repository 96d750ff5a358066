//! LIST of many mailboxes that nobody changes, and with the counters of each.

use super::asked::{Asked, ROUNDS, ask};
use super::rights::administrator;
use crate::bench::Bench;
use crate::client::quoted;
use crate::error::BenchError;
use crate::figure::{Figure, Target};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = Vec::new();
    for List {
        name,
        mailboxes,
        options,
        responses,
        target,
    } in &LISTS
    {
        let mailboxes = bench.scale.count(*mailboxes);
        let top = bench.create("list").await?;
        let mut admin = administrator(bench).await?;
        for number in 0..mailboxes {
            let mailbox = format!("{top}/{number:03}");
            admin.ask(&format!("CREATE {}", quoted(&mailbox))).await?;
            bench.note(mailbox);
        }
        let list = format!("LIST \"\" {}{options}", quoted(&format!("{top}/*")));
        let mut client = bench.session(bench.world.first_node()?).await?;
        let asked = Asked {
            name: (*name).to_owned(),
            command: &|_| list.clone(),
            between: &[],
            responses_min: mailboxes * responses,
            rounds: ROUNDS,
            times_per_round: LISTED_PER_ROUND,
            target: *target,
        };
        figures.push(ask(bench, &mut client, &asked).await?);
    }
    Ok(figures)
}

struct List {
    name: &'static str,
    mailboxes: usize,
    options: &'static str,
    /// For each mailbox.
    responses: usize,
    target: Target,
}

const LISTS: [List; 2] = [
    List {
        name: "LIST of 500",
        mailboxes: 500,
        options: "",
        responses: 1,
        target: Target::AtMost(0.8),
    },
    List {
        name: "LIST RETURN (STATUS) of 200",
        mailboxes: 200,
        options: " RETURN (STATUS (MESSAGES UNSEEN))",
        responses: 2,
        target: Target::AtMost(0.8),
    },
];
const LISTED_PER_ROUND: usize = 20;
