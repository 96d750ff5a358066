//! SEARCH TEXT over letters whose words are known, so that a fast wrong answer is trouble.

use crate::bench::{Bench, LETTERS, Stock};
use crate::client::{Client, quoted};
use crate::figure::{Figure, Target};
use crate::letter::{ABSENT_WORD, COMMON_WORD, RARE_EVERY, RARE_WORD};
use crate::probe::Yardstick;
use crate::rounds::{rounds, timed};
use crate::sample::Sample;
use crate::trouble::Trouble;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, Trouble> {
    let mailbox = bench.stock(Stock::Letters).await?;
    let mut client = bench.session(bench.world.last_node()?).await?;
    client.ask(&format!("EXAMINE {}", quoted(&mailbox))).await?;
    let mut figures = Vec::new();
    for (name, word, hits, target) in NEEDLES {
        let once = async || median_of(&mut client, word, hits).await;
        let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
        figures.push(found.other(format!("{LETTERS} letters, {name}"), "ms", target));
    }
    Ok(figures)
}

async fn median_of(client: &mut Client, word: &str, hits: usize) -> Result<f64, Trouble> {
    let mut times = Vec::new();
    for _ in 0..SEARCHES_PER_ROUND {
        let mut found = 0;
        let command = format!("SEARCH TEXT {word}");
        let search = client.ask_and(&command, |response| found += count(response));
        times.push(timed(search).await?.1);
        if found != hits {
            let words = format!("{command}: found {found} of {hits}");
            return Err(Trouble::new(words));
        }
    }
    let times = Sample::of(times).ok_or_else(|| Trouble::new("nothing was searched"))?;
    Ok(times.median())
}

/// The numbers in `* SEARCH 2 84 882`.
fn count(response: &[u8]) -> usize {
    let numbers = response.strip_prefix(b"* SEARCH").unwrap_or_default();
    numbers.iter().filter(|&&byte| byte == b' ').count()
}

/// What is looked for, how often it is there, and how long that may take. A scan may take as long as
/// the mailbox is large: 450 ms for 100,000.
const NEEDLES: [(&str, &str, usize, Target); 3] = [
    ("absent word", ABSENT_WORD, 0, Target::AtMost(5.0)),
    (
        "rare word",
        RARE_WORD,
        LETTERS / RARE_EVERY,
        Target::AtMost(5.0),
    ),
    (
        "in all",
        COMMON_WORD,
        LETTERS,
        Target::AtMost(450.0 * LETTERS as f64 / 100_000.0),
    ),
];
const ROUNDS: usize = 5;
const SEARCHES_PER_ROUND: usize = 3;

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn hits_are_counted() {
        assert_eq!(count(b"* SEARCH"), 0);
        assert_eq!(count(b"* SEARCH 2 84 882"), 3);
        assert_eq!(count(b"* 12 EXISTS"), 0);
    }
}
