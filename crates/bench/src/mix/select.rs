//! SELECT of a large mailbox: first on a node that has never seen it, while another session has it
//! open there, and when no session has it open any more. SELECT of a smaller one in turns with another, as
//! clients go through their mailboxes.

use super::asked::{Asked, ROUNDS, ask};
use crate::bench::{Bench, Stock};
use crate::client::quoted;
use crate::error::BenchError;
use crate::figure::{Figure, Target};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let archive = bench.stock(Stock::Archive).await?;
    let select = |_| format!("SELECT {}", quoted(&archive));
    let (archived, letters) = (bench.archive(), bench.letters());
    let node = bench.world.last_node()?;
    let mut opener = bench.session(node).await?;
    let mut follower = bench.session(node).await?;
    let of_archive = |when: &str, target| Asked {
        name: format!("{archived} messages, {when}"),
        command: &select,
        between: &["UNSELECT"],
        responses_min: 1,
        rounds: ROUNDS,
        times_per_round: SELECTS_PER_ROUND,
        target: Target::AtMost(target),
    };

    let first = Asked {
        between: &[],
        rounds: 1,
        times_per_round: 1,
        ..of_archive("first on a node", 15.0)
    };
    let first = ask(bench, &mut opener, &first).await?;
    let open = of_archive("open there, p50", 0.15);
    let open = ask(bench, &mut follower, &open).await?;
    opener.ask("UNSELECT").await?;
    let nowhere = of_archive("open nowhere, p50", 0.25);
    let nowhere = ask(bench, &mut follower, &nowhere).await?;

    let mailbox = quoted(&bench.stock(Stock::Letters).await?);
    let other = format!("SELECT {}", quoted(&bench.create("select").await?));
    let again = Asked {
        name: format!("{letters} messages again, after another mailbox, p50"),
        command: &|_| format!("SELECT {mailbox}"),
        between: &[&other],
        responses_min: 1,
        rounds: ROUNDS,
        times_per_round: SELECTS_PER_ROUND,
        target: Target::AtMost(0.15),
    };
    let again = ask(bench, &mut follower, &again).await?;
    Ok(vec![first, open, nowhere, again])
}

const SELECTS_PER_ROUND: usize = 10;
