//! SEARCH TEXT over letters whose words are known, so that a fast wrong answer is an error; SORT
//! and THREAD of the same letters.

use std::time::{Duration, Instant};

use crate::bench::{Bench, Stock};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::letter::{ABSENT_WORD, COMMON_WORD, RARE_EVERY, RARE_WORD};
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds, timed};
use crate::scale::Scale;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut figures = Vec::new();
    let letters = bench.letters();
    for (stock, messages) in [(Stock::Letters, letters), (Stock::Archive, bench.archive())] {
        let mailbox = bench.stock(stock).await?;
        let mut client = bench.session(bench.world.last_node()?).await?;
        client.ask(&format!("EXAMINE {}", quoted(&mailbox))).await?;
        let first = timed(client.ask(&format!("SEARCH TEXT {ABSENT_WORD}")))
            .await?
            .1;
        if bench.scale == Scale::Full {
            warm_up(&mut client, first).await?;
        }
        for needle in &NEEDLES {
            let hits = needle.hits(letters) * (messages / letters);
            let once = async || median_of(&mut client, needle.word, hits).await;
            let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
            let name = format!("{messages} letters, {}", needle.name);
            figures.push(found.other(name, "ms", (needle.target)(messages)));
        }
        for (name, command) in ORDERS {
            let once = async || Round::median(vec![timed(client.ask(command)).await?.1]);
            let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
            let name = format!("{messages} letters, {name}");
            figures.push(found.other(name, "ms", Target::Nothing));
        }
    }
    Ok(figures)
}

/// Digests are written in the background after the first search, which took `first` milliseconds.
/// Waits until a search is much faster, and no faster than the one before it.
async fn warm_up(client: &mut Client, first: f64) -> Result<(), BenchError> {
    let until = Instant::now() + WARM_UP_MAX;
    let mut before = first;
    while Instant::now() < until {
        tokio::time::sleep(WARM_UP_PAUSE).await;
        let again = timed(client.ask(&format!("SEARCH TEXT {ABSENT_WORD}")))
            .await?
            .1;
        if again < first / 4.0 && again > before * 0.8 {
            return Ok(());
        }
        before = again;
    }
    eprintln!("searching became faster for {WARM_UP_MAX:?}");
    Ok(())
}

async fn median_of(client: &mut Client, word: &str, hits: usize) -> Result<Round, BenchError> {
    let mut times = Vec::new();
    for _ in 0..SEARCHES_PER_ROUND {
        let mut found = 0;
        let command = format!("SEARCH TEXT {word}");
        let search = client.ask_and(&command, |response| found += count(response));
        times.push(timed(search).await?.1);
        if found != hits {
            let words = format!("{command}: found {found} of {hits}");
            return Err(BenchError::new(words));
        }
    }
    Round::median(times)
}

/// The numbers in `* SEARCH 2 84 882`.
fn count(response: &[u8]) -> usize {
    let numbers = response.strip_prefix(b"* SEARCH").unwrap_or_default();
    numbers.iter().filter(|&&byte| byte == b' ').count()
}

/// The name of each order, and the command for it.
const ORDERS: [(&str, &str); 4] = [
    ("SORT by date", "SORT (DATE) UTF-8 ALL"),
    ("SORT by subject", "SORT (SUBJECT) UTF-8 ALL"),
    ("SORT by sender shown", "SORT (DISPLAYFROM) UTF-8 ALL"),
    ("THREAD by references", "THREAD REFERENCES UTF-8 ALL"),
];
const WARM_UP_MAX: Duration = Duration::from_secs(120);
const WARM_UP_PAUSE: Duration = Duration::from_secs(2);

/// A word to search for.
struct Needle {
    name: &'static str,
    word: &'static str,
    /// The first letter in so many has the word; `None` has it nowhere.
    letters_per_hit: Option<usize>,
    /// How long the search may take among so many letters.
    target: fn(usize) -> Target,
}

impl Needle {
    /// How many of so many different letters have the word.
    fn hits(&self, letters: usize) -> usize {
        self.letters_per_hit
            .map_or(0, |each| letters.div_ceil(each))
    }
}

const NEEDLES: [Needle; 3] = [
    Needle {
        name: "absent word",
        word: ABSENT_WORD,
        letters_per_hit: None,
        target: |_| Target::AtMost(5.0),
    },
    Needle {
        name: "rare word",
        word: RARE_WORD,
        letters_per_hit: Some(RARE_EVERY),
        target: |_| Target::AtMost(5.0),
    },
    Needle {
        name: "in all",
        word: COMMON_WORD,
        letters_per_hit: Some(1),
        target: scan,
    },
];

/// The time of a scan is proportional to the mailbox: 450 ms for 100,000.
fn scan(messages: usize) -> Target {
    Target::AtMost(200.0 * messages as f64 / 100_000.0)
}

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
