//! Operations that are counted, beside what was promised of them.

use std::time::Duration;

use tokio::time::sleep;

use super::ledger::{Entries, Ledger};
use super::promises::Promise;
use crate::client::Client;
use crate::error::BenchError;
use crate::mta::Mta;
use crate::rounds::{Budget, Turn, drive};
use crate::world::World;

/// Counts one load after another.
#[derive(Debug)]
pub(super) struct Counting {
    ledger: Ledger,
    pub(super) counted: Vec<Counted>,
}

/// What many operations needed, and what one of them may need.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) promise: &'static Promise,
    pub(super) operations: usize,
    pub(super) entries: Entries,
    /// How often the clients read something.
    pub(super) packets: usize,
}

/// A client whose packets are counted.
pub(super) trait Reads {
    fn reads(&self) -> usize;
}

impl Reads for Client {
    fn reads(&self) -> usize {
        self.reads()
    }
}

impl Reads for Mta {
    fn reads(&self) -> usize {
        self.reads()
    }
}

impl Counting {
    pub(super) fn new(world: &World) -> Result<Self, BenchError> {
        Ok(Self {
            ledger: Ledger::open(world)?,
            counted: Vec::new(),
        })
    }

    /// The clients do `once` so often, after as much as makes plans, connections and names known.
    pub(super) async fn count<C: Reads>(
        &mut self,
        promise: &'static Promise,
        clients: &mut [C],
        operations: usize,
        once: impl AsyncFn(&mut C, Turn) -> Result<(), BenchError>,
    ) -> Result<(), BenchError> {
        let budget = |operations_max| Budget {
            operations_max,
            time_max: COUNT_TIME_MAX,
        };
        let warming = WARMING * clients.len();
        drive(clients, budget(warming), &once).await?;
        sleep(SETTLE_TIME).await;
        let reads = |clients: &[C]| clients.iter().map(Reads::reads).sum::<usize>();
        let (mark, read) = (self.ledger.mark()?, reads(clients));
        let round = drive(clients, budget(operations), async |client, turn| {
            let operation = turn.operation + warming;
            once(client, Turn { operation, ..turn }).await
        })
        .await?;
        let packets = reads(clients) - read;
        sleep(SETTLE_TIME).await;
        if round.operations != operations {
            let words = format!(
                "{}: only {} in {COUNT_TIME_MAX:?}",
                promise.operation, round.operations
            );
            return Err(BenchError::new(words));
        }
        self.counted.push(Counted {
            promise,
            operations,
            entries: self.ledger.since(&mark)?,
            packets,
        });
        Ok(())
    }
}

impl Counted {
    /// What one operation needed, in the order of [`Promise::bounds`].
    pub(super) fn each(&self) -> [f64; 4] {
        let requests: usize = self.entries.statements.values().sum();
        let counts = [
            requests as f64,
            self.entries.transactions as f64,
            self.entries.wal_bytes as f64,
            self.packets as f64,
        ];
        counts.map(|count| count / self.operations as f64)
    }

    /// What is more than promised, in words; empty if nothing is.
    pub(super) fn broken(&self) -> Vec<String> {
        let counts = self.each().into_iter().zip(self.promise.bounds());
        let broken = counts
            .zip(COUNTS)
            .filter(|((count, bound), _)| count > bound);
        let words = broken.map(|((count, bound), what)| {
            let Promise {
                operation, because, ..
            } = self.promise;
            format!("{operation}: {count:.2} {what} each, not {bound} at most. {because}")
        });
        words.collect()
    }

    /// What there is so much less of than promised that one more would not be noticed.
    pub(super) fn loose(&self) -> Vec<&'static str> {
        let counts = self.each().into_iter().zip(self.promise.bounds());
        let whole = counts.zip(COUNTS).filter(|(_, what)| *what != WAL_BYTES);
        let loose = whole.filter(|((count, bound), _)| count + LOOSE_FROM < *bound);
        loose.map(|(_, what)| what).collect()
    }

    /// What the database was asked, the most frequent first.
    pub(super) fn statements(&self) -> Vec<String> {
        let mut statements: Vec<_> = self.entries.statements.iter().collect();
        statements.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let each = |count: usize| count as f64 / self.operations as f64;
        let lines = statements
            .into_iter()
            .map(|(text, &count)| format!("{:.2} × {text}", each(count)));
        lines.collect()
    }
}

/// What is counted, in the order of [`Promise::bounds`].
pub(super) const COUNTS: [&str; 4] = ["requests", "transactions", WAL_BYTES, "packets"];
const WAL_BYTES: &str = "WAL bytes";
/// Where sessions share batches, a bound has more room than the half that others have.
const LOOSE_FROM: f64 = 1.25;

/// Operations of each client that are not counted.
const WARMING: usize = 12;
/// What follows an answer, such as a notification, is over by then.
const SETTLE_TIME: Duration = Duration::from_millis(250);
const COUNT_TIME_MAX: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    const PROMISE: Promise = Promise {
        operation: "STORE",
        requests: 2.5,
        transactions: 1.5,
        wal_bytes: 300.0,
        packets: 1.0,
        because: "It is one transaction.",
    };

    fn counted(requests: usize, wal_bytes: u64, packets: usize) -> Counted {
        Counted {
            promise: &PROMISE,
            operations: 10,
            entries: Entries {
                statements: [("begin".to_owned(), 10), ("store".to_owned(), requests)].into(),
                transactions: 10,
                wal_bytes,
            },
            packets,
        }
    }

    #[test]
    fn one_more_request_breaks_the_promise() {
        assert_eq!(counted(11, 2_900, 10).broken(), [] as [String; 0]);
        assert_eq!(
            counted(20, 2_900, 10).broken(),
            ["STORE: 3.00 requests each, not 2.5 at most. It is one transaction."]
        );
    }

    #[test]
    fn each_count_has_its_own_bound() {
        let broken = counted(10, 3_010, 11).broken();
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken[0].contains("301.00 WAL bytes"));
        assert!(broken[1].contains("1.10 packets"));
    }

    #[test]
    fn a_bound_that_notices_nothing_is_loose() {
        assert_eq!(counted(10, 10, 10).loose(), [] as [&str; 0]);
        assert_eq!(counted(0, 10, 10).loose(), ["requests"]);
    }

    #[test]
    fn statements_are_shown_by_how_often_they_came() {
        assert_eq!(
            counted(25, 0, 0).statements(),
            ["2.50 × store", "1.00 × begin"]
        );
    }
}
