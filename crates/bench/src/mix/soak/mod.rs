//! Thirty days of a team of fifty in fast motion. Each day has as many letters, reads, flags, moves, searches and logins as
//! the one before; at midnight the oldest letters are expunged and upkeep is done, for which everything is old after five
//! such days. What tables take and how long commands last is then the same at the end as at the beginning.

mod diary;

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use crate::bench::{Addressed, Bench, LETTER_BYTES, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::Figure;
use crate::letter::{Pattern, letter};
use crate::mta::Mta;
use crate::probe::Yardstick;
use crate::psql::Psql;
use crate::rounds::{Budget, Turn, drive, timed};
use crate::scale::Scale;
use crate::usage::{Meter, pace_ms};
use diary::{Diary, Lived};

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let psql = Psql::find(&bench.world)?;
    // A day takes seconds, so the minute between two looks of autovacuum would be days.
    psql.set(&SETTINGS)?;
    let played = play(bench, &psql).await;
    psql.reset(&SETTINGS);
    let diary = played?;
    if let Some(folder) = &bench.extent.plots
        && bench.scale == Scale::Full
    {
        diary.draw(folder)?;
    }
    Ok(diary.figures())
}

async fn play(bench: &mut Bench, psql: &Psql) -> Result<Diary, BenchError> {
    let is_full = bench.scale == Scale::Full;
    let days = if is_full {
        bench.extent.days
    } else {
        SMOKE_DAYS
    };
    let mailboxes = bench.addressed(bench.scale.count(MAILBOXES)).await?;
    let mut team = bench
        .sessions(bench.scale.count(TEAM), Spread::AllNodes)
        .await?;
    let mut mtas = bench.mtas(MTAS, Spread::AllNodes).await?;
    for (number, client) in team.iter_mut().enumerate() {
        if let Some(home) = mailboxes.get(number % mailboxes.len()) {
            client
                .ask(&format!("SELECT {}", quoted(&home.mailbox)))
                .await?;
        }
    }
    let part = usize::from(bench.extent.part);
    let mut office = Office {
        uid_nexts: vec![1; mailboxes.len()],
        mailboxes,
        patterns: (0..PATTERNS)
            .map(|number| Pattern::new(number, LETTER_BYTES))
            .collect(),
        letters: bench.scale.count(LETTERS_A_DAY / part),
        actions: bench.scale.count(ACTIONS_A_DAY / part),
        serials: Cell::new(u64::from(std::process::id()) << 32),
        times_ms: RefCell::default(),
    };
    let (begun, time_max) = (
        Instant::now(),
        Duration::from_secs(60 * bench.extent.minutes),
    );
    let mut diary = Diary::default();
    for day in 1..=days {
        let meter = Meter::start(&bench.probes.processes);
        office.day(bench, &mut team, &mut mtas).await?;
        let used = meter.read();
        let done = office.times_ms.borrow().len().max(1) as f64;
        office.expunge_old(bench).await?;
        let keep = begun.elapsed() / day * KEEP_DAYS;
        let keep = (keep.as_secs() + 1).to_string();
        bench
            .world
            .run_verb(&["upkeep", "run", "--keep-seconds", &keep])?;
        office.alone(bench).await?;
        diary.end_day(
            psql,
            Lived {
                times_ms: office.times_ms.take(),
                work_ms: [
                    (FRONTENDS, used.nodes_ms / done),
                    (POSTGRESQL, used.postgres_ms / done),
                ],
                pace_ms: pace_ms(),
                commits: bench.probes.read(Yardstick::Commit)?,
            },
        )?;
        if is_full {
            eprintln!(
                "day {day} of {days}, {:.0} s",
                begun.elapsed().as_secs_f64()
            );
        }
        if begun.elapsed() > time_max {
            eprintln!("no time for more days");
            break;
        }
    }
    Ok(diary)
}

struct Office {
    mailboxes: Vec<Addressed>,
    /// Of each mailbox when the day began.
    uid_nexts: Vec<usize>,
    patterns: Vec<Pattern>,
    /// How many letters come in a day, and how often somebody does something.
    letters: usize,
    actions: usize,
    serials: Cell<u64>,
    /// How long each command took today.
    times_ms: RefCell<Vec<(&'static str, f64)>>,
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Sync,
    Read,
    Flag,
    Append,
    Move,
    Copy,
    Search,
    Select,
    Login,
}

impl Office {
    async fn day(
        &mut self,
        bench: &Bench,
        team: &mut [Client],
        mtas: &mut [Mta],
    ) -> Result<(), BenchError> {
        let all = |operations_max| Budget {
            operations_max,
            time_max: DAY_TIME_MAX,
        };
        let deliver = async |mta: &mut Mta, turn: Turn| self.deliver(mta, turn.operation).await;
        drive(mtas, all(self.letters), deliver).await?;
        let mut client = bench.session(bench.world.first_node()?).await?;
        for (to, uid_next) in self.mailboxes.iter().zip(&mut self.uid_nexts) {
            *uid_next = counter(&mut client, &to.mailbox, "UIDNEXT").await?;
        }
        let act = async |client: &mut Client, turn: Turn| self.act(bench, client, turn).await;
        drive(team, all(self.actions), act).await.map(drop)
    }

    async fn deliver(&self, mta: &mut Mta, number: usize) -> Result<(), BenchError> {
        let serial = self.serials.replace(self.serials.get() + 1);
        let to = self.mailboxes.get(number % self.mailboxes.len());
        let pattern = self.patterns.get(number % self.patterns.len());
        let (Some(to), Some(pattern)) = (to, pattern) else {
            return Err(BenchError::new("there is nothing to deliver"));
        };
        let (_, ms) = timed(mta.deliver(&to.address, pattern, serial)).await?;
        self.note("delivery", ms);
        Ok(())
    }

    async fn act(
        &self,
        bench: &Bench,
        client: &mut Client,
        Turn {
            operation,
            client: number,
        }: Turn,
    ) -> Result<(), BenchError> {
        let place = number % self.mailboxes.len();
        let other = (place + 1 + operation) % self.mailboxes.len();
        let (home, next) = (self.mailboxes.get(place), self.mailboxes.get(other));
        let uid_next = self.uid_nexts.get(place);
        let (Some(home), Some(next), Some(uid_next)) = (home, next, uid_next) else {
            return Err(BenchError::new("there are no mailboxes"));
        };
        let (home, next_quoted) = (&home.mailbox, quoted(&next.mailbox));
        // Some way from each other, and among those that are kept.
        let kept = self.kept().clamp(1, uid_next.saturating_sub(1).max(1));
        let uid = uid_next
            .saturating_sub(1 + operation.wrapping_mul(7_919) % kept)
            .max(1);
        let commands: Vec<(&'static str, String)> = match action(operation) {
            Action::Sync => vec![
                ("NOOP", "NOOP".to_owned()),
                ("STATUS", format!("STATUS {next_quoted} (MESSAGES UNSEEN)")),
            ],
            Action::Read => vec![
                ("FETCH", format!("UID FETCH {uid} (BODY.PEEK[])")),
                ("STORE", format!("UID STORE {uid} +FLAGS (\\Seen)")),
            ],
            Action::Flag => vec![("STORE", format!("UID STORE {uid} +FLAGS (\\Answered)"))],
            Action::Move => vec![("MOVE", format!("UID MOVE {uid} {next_quoted}"))],
            Action::Copy => vec![("COPY", format!("UID COPY {uid} {next_quoted}"))],
            Action::Search => vec![("SEARCH", "UID SEARCH TEXT zyzzyvaless".to_owned())],
            Action::Select => vec![
                ("SELECT", format!("SELECT {next_quoted}")),
                ("SELECT", format!("SELECT {}", quoted(home))),
            ],
            Action::Append => {
                let message = letter(operation, LETTER_BYTES);
                let (_, ms) = timed(client.append(home, &message)).await?;
                self.note("APPEND", ms);
                vec![]
            }
            Action::Login => {
                let node = bench.world.node(operation % bench.world.nodes.len())?;
                let (_, ms) = timed(bench.session(node)).await?;
                self.note("LOGIN", ms);
                vec![]
            }
        };
        for (name, command) in commands {
            let (_, ms) = timed(client.ask(&command)).await?;
            self.note(name, ms);
        }
        Ok(())
    }

    /// Leaves in each mailbox as many as come in some days.
    async fn expunge_old(&self, bench: &Bench) -> Result<(), BenchError> {
        let mut client = bench.session(bench.world.first_node()?).await?;
        for Addressed { mailbox, .. } in &self.mailboxes {
            let old = counter(&mut client, mailbox, "MESSAGES").await?;
            let old = old.saturating_sub(self.kept());
            if old == 0 {
                continue;
            }
            client.ask(&format!("SELECT {}", quoted(mailbox))).await?;
            let delete = format!("STORE 1:{old} +FLAGS.SILENT (\\Deleted)");
            for command in [&delete, "EXPUNGE", "UNSELECT"] {
                client.ask(command).await?;
            }
        }
        Ok(())
    }

    /// What somebody waits for who is alone in the evening: in the day, commands wait for one another.
    async fn alone(&self, bench: &Bench) -> Result<(), BenchError> {
        let mut client = bench.session(bench.world.first_node()?).await?;
        let often = bench.scale.count(ALONE).div_ceil(self.mailboxes.len());
        for (round, message) in (0..often).map(|round| (round, letter(round, LETTER_BYTES))) {
            let sign = if round % 2 == 0 { '+' } else { '-' };
            let store = format!("STORE * {sign}FLAGS (\\Flagged)");
            for Addressed { mailbox, .. } in &self.mailboxes {
                let select = format!("SELECT {}", quoted(mailbox));
                for (name, command) in [(SELECT_ALONE, &select), (STORE_ALONE, &store)] {
                    let (_, ms) = timed(client.ask(command)).await?;
                    self.note(name, ms);
                }
                let (_, ms) = timed(client.append(mailbox, &message)).await?;
                self.note(APPEND_ALONE, ms);
            }
        }
        Ok(())
    }

    /// How many messages stay in a mailbox.
    fn kept(&self) -> usize {
        let appended = self.actions * count(Action::Append) / OFTEN.len();
        (self.letters + appended) * MAIL_DAYS / self.mailboxes.len().max(1)
    }

    fn note(&self, name: &'static str, ms: f64) {
        self.times_ms.borrow_mut().push((name, ms));
    }
}

/// A counter of STATUS.
async fn counter(client: &mut Client, mailbox: &str, name: &str) -> Result<usize, BenchError> {
    let mut found = String::new();
    let status = format!("STATUS {} ({name})", quoted(mailbox));
    client
        .ask_and(&status, |response| {
            found.push_str(&String::from_utf8_lossy(response));
        })
        .await?;
    let number = found.rsplit_once(&format!("({name} "));
    let number = number.and_then(|(_, rest)| rest.split_once(')')?.0.parse().ok());
    number.ok_or_else(|| BenchError::new(format!("{status}: {found}")))
}

fn action(operation: usize) -> Action {
    let action = OFTEN.get(operation % OFTEN.len());
    action.copied().unwrap_or(Action::Sync)
}

/// How often it is done, of forty times.
fn count(action: Action) -> usize {
    OFTEN.iter().filter(|often| **often == action).count()
}

/// How often each is done, of forty times.
const OFTEN: [Action; 40] = {
    use Action::{Append, Copy, Flag, Login, Move, Read, Search, Select, Sync};
    [
        Sync, Read, Append, Sync, Read, Flag, Sync, Select, Read, Sync, Move, Read, Append, Sync,
        Read, Search, Sync, Flag, Read, Select, Sync, Read, Append, Login, Read, Sync, Move, Flag,
        Read, Sync, Select, Read, Append, Sync, Copy, Read, Flag, Sync, Select, Read,
    ]
};
/// The people.
pub(crate) const TEAM: usize = 50;
const MAILBOXES: usize = 10;
const MTAS: usize = 4;
/// Letters that differ in more than a number.
const PATTERNS: usize = 200;
const LETTERS_A_DAY: usize = 1_000;
const ACTIONS_A_DAY: usize = 6_000;
/// How often each of these is asked when nobody else asks anything.
const ALONE: usize = 200;
const SELECT_ALONE: &str = "SELECT alone";
const STORE_ALONE: &str = "STORE alone";
const APPEND_ALONE: &str = "APPEND alone";
/// Who works.
const FRONTENDS: &str = "the frontends";
const POSTGRESQL: &str = "PostgreSQL";
/// For how many days mail stays in a mailbox, and what was removed or logged stays.
const MAIL_DAYS: usize = 3;
const KEEP_DAYS: u32 = 5;
const SMOKE_DAYS: u32 = 3;
const DAY_TIME_MAX: Duration = Duration::from_secs(600);
const SETTINGS: [(&str, &str); 1] = [("autovacuum_naptime", "'1s'")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_something_of_everything() {
        use Action::{Append, Copy, Flag, Login, Move, Read, Search, Select, Sync};
        let often = [Sync, Read, Flag, Append, Move, Copy, Search, Select, Login];
        assert!(often.iter().all(|action| count(*action) > 0));
        assert_eq!(count(Append), 4);
    }
}
