//! What commands cost in mailboxes of a thousand messages and ten times as many each, and APPEND where more and more
//! watch. Each has a row that says whether its cost is flat.

use std::cell::Cell;
use std::path::Path;

use super::{administrator, push};
use crate::bench::{Bench, LETTER_BYTES};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::growth::Growth;
use crate::letter::letter;
use crate::plot::{Line, Plot};
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds, timed};
use crate::scale::Scale;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let mut by_size = Series::new("messages", "messages in the mailbox");
    for messages in sizes(bench.scale.count(SMALLEST), bench.messages_max()) {
        let mailbox = Mailbox::make(bench, messages).await?;
        for command in &COMMANDS {
            by_size.add(command.name, messages, mailbox.cost(bench, command).await?);
        }
        by_size.add("DELETE", messages, mailbox.delete(bench).await?);
    }
    let mut by_watchers = Series::new("watchers", "sessions that idle in the mailbox");
    for watchers in WATCHERS {
        let watchers = bench.scale.count(watchers);
        let told = push::told(bench, watchers).await?;
        by_watchers.add("APPEND until OK", watchers, told.answered);
        by_watchers.add("APPEND until half are told", watchers, told.median);
    }
    let mut figures = Vec::new();
    for series in [by_size, by_watchers] {
        if let Some(folder) = &bench.extent.plots
            && bench.scale == Scale::Full
        {
            series.draw(folder)?;
        }
        figures.extend(series.rows());
    }
    Ok(figures)
}

/// What was measured against one thing.
struct Series {
    /// What there is more and more of.
    of: &'static str,
    x_label: &'static str,
    /// The name of each line, the size, and the figure there.
    measured: Vec<(&'static str, usize, Figure)>,
}

impl Series {
    fn new(of: &'static str, x_label: &'static str) -> Self {
        Self {
            of,
            x_label,
            measured: Vec::new(),
        }
    }

    fn add(&mut self, name: &'static str, size: usize, figure: Figure) {
        self.measured.push((name, size, figure));
    }

    /// What was measured, and a row for each line: how many times as long the last takes as the first, and what that
    /// means.
    fn rows(self) -> Vec<Figure> {
        let of = self.of;
        let verdict = |line: &Line| {
            let growth = Growth::of(&line.points)?;
            let (first, last) = (line.points.first()?, line.points.last()?);
            let (name, times) = (&line.name, last.0 / first.0);
            let name = format!("{name}, {times:.0} times as many {of}: {growth}");
            Some(Figure::alone(name, last.1 / first.1, "×", Target::Nothing))
        };
        let lines = self.lines(|figure| Some(figure.value));
        let verdicts: Vec<Figure> = lines.iter().filter_map(verdict).collect();
        let measured = self.measured.into_iter().map(|(_, _, figure)| figure);
        measured.chain(verdicts).collect()
    }

    /// A line for each name, in order of their first points.
    fn lines(&self, value: impl Fn(&Figure) -> Option<f64>) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for (name, size, figure) in &self.measured {
            let Some(value) = value(figure) else {
                continue;
            };
            let point = (*size as f64, value);
            match lines.iter_mut().find(|line| line.name == *name) {
                Some(line) => line.points.push(point),
                None => lines.push(Line {
                    name: (*name).to_owned(),
                    points: vec![point],
                }),
            }
        }
        lines
    }

    /// Writes a picture of the time, and one of the work.
    fn draw(&self, folder: &Path) -> Result<(), BenchError> {
        let (of, x_label) = (self.of, self.x_label);
        let time = Plot {
            title: format!("How long a command takes, by {of}"),
            x_label,
            y_label: "milliseconds, half of the commands took less",
            lines: self.lines(|figure| Some(figure.value)),
        };
        let work = Plot {
            title: format!("What a command costs, by {of}"),
            y_label: "milliseconds of processor time, frontends and PostgreSQL",
            lines: self.lines(|figure| {
                let work = figure.work?;
                Some(work.nodes_ms + work.postgres_ms)
            }),
            ..time.clone()
        };
        for (plot, file) in [(time, "time"), (work, "work")] {
            let path = folder.join(format!("growth-{of}-{file}.svg"));
            let svg = plot.svg();
            let svg = svg.ok_or_else(|| BenchError::new("there is nothing to draw"))?;
            let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, svg));
            written.map_err(BenchError::at(path.display()))?;
        }
        Ok(())
    }
}

/// A mailbox whose commands are measured.
struct Mailbox {
    name: String,
    messages: usize,
    /// Those that will be expunged, besides.
    expunged: usize,
}

/// A command, and how the mailbox is prepared for it.
struct Command {
    name: &'static str,
    ask: Ask,
}

#[derive(Clone, Copy)]
enum Ask {
    SelectFirst,
    SelectAgain,
    /// While somebody else has it selected there.
    SelectOpen,
    Status,
    Store,
    /// Of all messages, to and fro; everybody has that flag for himself.
    StoreSeen,
    Append,
    Expunge,
    Fetch,
}

impl Mailbox {
    /// There are a few more messages: those that will be expunged.
    async fn make(bench: &mut Bench, messages: usize) -> Result<Self, BenchError> {
        let expunged = EACH * bench.scale.rounds(ROUNDS) * EXPUNGES_PER_ROUND;
        let name = bench.copied("growth", messages + expunged).await?;
        Ok(Self {
            name,
            messages,
            expunged,
        })
    }

    /// How long half of the commands took, in milliseconds.
    async fn cost(&self, bench: &mut Bench, command: &Command) -> Result<Figure, BenchError> {
        let mailbox = quoted(&self.name);
        let select = format!("SELECT {mailbox}");
        let is_first = matches!(command.ask, Ask::SelectFirst);
        let node = if is_first {
            bench.world.last_node()?
        } else {
            bench.world.first_node()?
        };
        let mut client = bench.session(node).await?;
        let mut other = bench.session(node).await?;
        let (count, times) = match command.ask {
            Ask::SelectFirst => (1, 1),
            Ask::Expunge => (ROUNDS, EXPUNGES_PER_ROUND),
            Ask::StoreSeen => (ROUNDS, TO_AND_FRO),
            _ => (ROUNDS, bench.scale.count(TIMES_PER_ROUND)),
        };
        match command.ask {
            // So that what opening a mailbox needs anyway is there.
            Ask::SelectFirst => {
                let shared = format!("SELECT {}", quoted(&bench.world.shared));
                client.ask(&shared).await?;
                client.ask("UNSELECT").await?;
            }
            Ask::SelectOpen => drop(other.ask(&select).await?),
            Ask::SelectAgain | Ask::Status | Ask::Append => {}
            Ask::Store | Ask::StoreSeen | Ask::Fetch => drop(client.ask(&select).await?),
            Ask::Expunge => {
                client.ask(&select).await?;
                let delete = format!("UID STORE 1:{} +FLAGS.SILENT (\\Deleted)", self.expunged);
                client.ask(&delete).await?;
            }
        }
        let number = Cell::new(0);
        let once = async || {
            let mut times_ms = Vec::new();
            for _ in 0..times {
                let number = number.replace(number.get() + 1);
                times_ms.push(self.ask(&mut client, command.ask, number).await?);
                if matches!(command.ask, Ask::SelectAgain | Ask::SelectOpen) {
                    client.ask("UNSELECT").await?;
                }
            }
            Round::median(times_ms)
        };
        let found = rounds(&mut bench.probes, Yardstick::Fdatasync, count, once).await?;
        let name = format!("{}, {} messages", command.name, self.messages);
        Ok(found.other(name, "ms", Target::Nothing))
    }

    /// Deletes the mailbox, once.
    async fn delete(self, bench: &mut Bench) -> Result<Figure, BenchError> {
        let mut admin = administrator(bench).await?;
        let delete = format!("DELETE {}", quoted(&self.name));
        let once = async || Round::median(vec![timed(admin.ask(&delete)).await?.1]);
        let found = rounds(&mut bench.probes, Yardstick::Fdatasync, 1, once).await?;
        bench.forget(&self.name);
        let name = format!("DELETE, {} messages", self.messages);
        Ok(found.other(name, "ms", Target::Nothing))
    }

    async fn ask(&self, client: &mut Client, ask: Ask, number: usize) -> Result<f64, BenchError> {
        let mailbox = quoted(&self.name);
        let first = EACH * number + 1;
        // Some way from each other, so that they are not in one block.
        let scattered = |count| number * 7_919 % count + 1;
        let fetched = scattered(self.messages + self.expunged - FETCHED + 1);
        let command = match ask {
            Ask::SelectFirst | Ask::SelectAgain | Ask::SelectOpen => format!("SELECT {mailbox}"),
            Ask::Status => format!("STATUS {mailbox} (MESSAGES UNSEEN SIZE)"),
            Ask::Store => format!(
                "STORE {} +FLAGS.SILENT (\\Flagged)",
                scattered(self.messages)
            ),
            Ask::StoreSeen => {
                let sign = if number.is_multiple_of(2) { '-' } else { '+' };
                format!("STORE 1:* {sign}FLAGS.SILENT (\\Seen)")
            }
            Ask::Expunge => format!("UID EXPUNGE {first}:{}", first + EACH - 1),
            Ask::Fetch => format!("FETCH {fetched}:{} (FLAGS)", fetched + FETCHED - 1),
            Ask::Append => {
                let message = letter(number, LETTER_BYTES);
                return Ok(timed(client.append(&self.name, &message)).await?.1);
            }
        };
        Ok(timed(client.ask(&command)).await?.1)
    }
}

/// From the smallest in steps of ten times.
fn sizes(smallest: usize, largest: usize) -> impl Iterator<Item = usize> {
    let next = |size: &usize| size.checked_mul(10);
    std::iter::successors(Some(smallest.max(1)), next).take_while(move |&size| size <= largest)
}

/// SELECT comes first: nobody has the mailbox open on that node.
const COMMANDS: [Command; 9] = [
    Command::new("SELECT, first on a node", Ask::SelectFirst),
    Command::new("SELECT again", Ask::SelectAgain),
    Command::new("SELECT, open there", Ask::SelectOpen),
    Command::new("STATUS", Ask::Status),
    Command::new("FETCH of 50 flags", Ask::Fetch),
    Command::new("STORE of one", Ask::Store),
    Command::new("STORE of \\Seen for all", Ask::StoreSeen),
    Command::new("APPEND of 4 KB", Ask::Append),
    Command::new("EXPUNGE of 10", Ask::Expunge),
];

impl Command {
    const fn new(name: &'static str, ask: Ask) -> Self {
        Self { name, ask }
    }
}

const SMALLEST: usize = 1_000;
const WATCHERS: [usize; 4] = [10, 100, 300, 1_000];
const ROUNDS: usize = 5;
const TIMES_PER_ROUND: usize = 20;
/// Few, so that they change little in the size of the mailbox.
const EXPUNGES_PER_ROUND: usize = 4;
const TO_AND_FRO: usize = 2;
const EACH: usize = 10;
const FETCHED: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_ten_times_as_large_each() {
        let sizes = |smallest, largest| sizes(smallest, largest).collect::<Vec<_>>();
        assert_eq!(sizes(1_000, 100_000), [1_000, 10_000, 100_000]);
        assert_eq!(sizes(1_000, 999_999), [1_000, 10_000, 100_000]);
        assert_eq!(sizes(10, 5), [] as [usize; 0]);
    }

    #[test]
    fn a_line_has_a_verdict() {
        let mut series = Series::new("messages", "");
        for (name, size, ms) in [
            ("SELECT", 1_000, 0.2),
            ("STORE", 1_000, 0.5),
            ("SELECT", 10_000, 2.0),
            ("STORE", 10_000, 0.5),
        ] {
            series.add(name, size, Figure::alone("", ms, "ms", Target::Nothing));
        }
        let rows = series.rows();
        let (_, verdicts) = rows.split_at(4);
        let said: Vec<_> = verdicts
            .iter()
            .map(|row| (row.name.as_str(), row.value))
            .collect();
        assert_eq!(
            said,
            [
                ("SELECT, 10 times as many messages: linear", 10.0),
                ("STORE, 10 times as many messages: flat", 1.0)
            ]
        );
    }
}
