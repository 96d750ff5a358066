//! LOGIN on an open connection. The first login of a person on a node hashes the password; after
//! that the node remembers that it was right.

use crate::bench::Bench;
use crate::client::Client;
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds, timed};
use crate::usage::cpu_ms;
use crate::world::{Node, Person};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = first(bench).await?;
    figures.push(again(bench).await?);
    Ok(figures)
}

/// One round for each node, because a person's first login on a node happens once.
async fn first(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let world = &bench.world;
    let mut nodes = world.nodes.iter();
    let once = async || {
        let Some(node) = nodes.next() else {
            return Err(BenchError::new("there are more rounds than nodes"));
        };
        let before = cpu_ms(node.pid);
        let times = logins(node, world.newcomers()).await?;
        let each = (cpu_ms(node.pid) - before) / times.len() as f64;
        Ok(Round::median(times)?.with(each))
    };
    let count = world.nodes.len();
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, count, once).await?;
    let within_25 = Target::AtMost(25.0);
    let answered = found.with(found.work.p50_ms);
    Ok(vec![
        found.other("first, work of the frontend", "ms", within_25),
        answered.other("first, answered, p50", "ms", Target::Nothing),
    ])
}

async fn again(bench: &mut Bench) -> Result<Figure, BenchError> {
    let world = &bench.world;
    let node = world.last_node()?;
    let people: Vec<Person> = world.regulars().to_vec();
    logins(node, &people).await?;
    let once = async || Round::median(logins(node, &people).await?);
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    Ok(found.other("again, answered, p50", "ms", Target::AtMost(0.5)))
}

/// Logs in one after another; returns how long each waited for its OK, in milliseconds.
async fn logins(node: &Node, people: &[Person]) -> Result<Vec<f64>, BenchError> {
    let mut times = Vec::new();
    for person in people {
        let mut client = Client::connect(node).await?;
        times.push(timed(client.login(person)).await?.1);
        client.ask("LOGOUT").await?;
    }
    Ok(times)
}

const ROUNDS: usize = 5;
