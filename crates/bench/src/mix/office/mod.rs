//! An office: users who idle in team mailboxes and each does something now and then, as often together as was asked.
//! Who comes late does not make others come later.

mod disturbed;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::time::sleep_until;

use crate::bench::{Bench, LETTER_BYTES, Spread};
use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::letter::letter;
use crate::probe::Yardstick;
use crate::rounds::{Round, rounds, timed};
use crate::sample::Sample;

pub(super) async fn run(bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
    let count = bench.scale.count(bench.extent.users).max(1);
    let during = bench.extent.during.clone();
    // Where something fails, what the users notice is looked at, and not how much they can do.
    let (mailboxes_max, messages) = match &during {
        Some(_) => (count.div_ceil(USERS_PER_MAILBOX), MESSAGES_WHEN_DISTURBED),
        None => (MAILBOXES, MESSAGES),
    };
    let messages = bench.scale.count(messages);
    let mut mailboxes = Vec::new();
    for _ in 0..bench.scale.count(mailboxes_max) {
        mailboxes.push(bench.copied("team", messages).await?);
    }
    let share = messages / count.div_ceil(mailboxes.len());
    if share < SHARE_MIN {
        return Err(BenchError::new(
            "there are too many users for these mailboxes",
        ));
    }
    let clients = match bench.tls {
        Some(_) => bench.tls_sessions(count, Spread::AllNodes).await?,
        None => bench.sessions(count, Spread::AllNodes).await?,
    };
    let office = Office {
        mailboxes,
        pause: Duration::from_secs(1) / bench.extent.rate.max(1),
        day: bench.scale.time(DAY),
        begun: Cell::new(Instant::now()),
        times_ms: RefCell::default(),
    };
    let mut users = Vec::new();
    for (number, client) in clients.into_iter().enumerate() {
        let mut user = User::new(client, number, office.mailboxes.len(), share);
        office.take_seat(&mut user).await?;
        users.push(user);
    }
    if let Some(command) = &during {
        return disturbed::run(&office, bench, &mut users, command).await;
    }
    let once = async || office.day(&mut users).await;
    let found = rounds(&mut bench.probes, Yardstick::Fdatasync, ROUNDS, once).await?;
    let name = format!("commands of {count} users");
    let mut figures = vec![found.other(name, "/s", Target::Nothing)];
    for (name, times_ms) in office.times_ms.take() {
        let times = Sample::of(times_ms);
        let times = times.ok_or_else(|| BenchError::new("nothing was measured"))?;
        for (what, value) in [("p50", times.median()), ("p99", times.percentile(99))] {
            let name = format!("{name}, {what}");
            figures.push(Figure::alone(name, value, "ms", Target::Nothing));
        }
    }
    Ok(figures)
}

struct Office {
    mailboxes: Vec<String>,
    /// Between two actions of whomever.
    pause: Duration,
    day: Duration,
    begun: Cell<Instant>,
    /// How long each command took, and how late actions began.
    times_ms: RefCell<BTreeMap<&'static str, Vec<f64>>>,
}

/// One user, who idles in a mailbox between two actions. Some messages there are his to work on, so that what he asks
/// for does not depend on how fast the others are.
struct User {
    client: Client,
    number: usize,
    home: usize,
    /// The UIDs of his share that are still there.
    uids: std::ops::Range<usize>,
    actions: usize,
}

/// What users do, each of which is one or two commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Sync,
    Read,
    Answer,
    Move,
    Append,
}

impl User {
    fn new(client: Client, number: usize, mailboxes: usize, share: usize) -> Self {
        let first = number / mailboxes * share + 1;
        Self {
            client,
            number,
            home: number % mailboxes,
            uids: first..first + share,
            actions: 0,
        }
    }

    /// The UID to work on next; `Move` takes the last one away.
    fn uid(&self) -> usize {
        self.uids.start + self.actions % self.uids.len().max(1)
    }
}

impl Office {
    /// Idles where the user works.
    async fn take_seat(&self, user: &mut User) -> Result<(), BenchError> {
        if let Some(mailbox) = self.mailboxes.get(user.home) {
            let select = format!("SELECT {}", quoted(mailbox));
            user.client.ask(&select).await?;
        }
        user.client.idle().await
    }

    /// Ends idling, does something and idles again; says how long each command took.
    async fn turn(&self, user: &mut User) -> Result<Vec<f64>, BenchError> {
        user.client.done().await?;
        let times_ms = self.act(user).await?;
        user.client.idle().await?;
        Ok(times_ms)
    }

    /// All users do what they do, at times that were planned.
    async fn day(&self, users: &mut [User]) -> Result<Round, BenchError> {
        self.begun.set(Instant::now());
        let count = users.len();
        let work = users.iter_mut().map(async |user| {
            let (mut times_ms, mut turn) = (Vec::new(), user.number);
            loop {
                let planned = self.pause * u32::try_from(turn).unwrap_or(u32::MAX);
                if planned > self.day {
                    return Ok::<_, BenchError>(times_ms);
                }
                let planned = self.begun.get() + planned;
                sleep_until(planned.into()).await;
                self.note("late", planned.elapsed().as_secs_f64() * 1e3);
                times_ms.extend(self.turn(user).await?);
                turn += count;
            }
        });
        let times_ms = try_join_all(work).await?.concat();
        let rate = times_ms.len() as f64 / self.begun.get().elapsed().as_secs_f64();
        Ok(Round::median(times_ms)?.with(rate))
    }

    /// Does the next thing, and says how long each command took.
    async fn act(&self, user: &mut User) -> Result<Vec<f64>, BenchError> {
        let action = action(user.number, user.actions);
        user.actions += 1;
        let uid = user.uid();
        let next = (user.home + 1 + user.actions) % self.mailboxes.len();
        let (home, next) = (self.mailboxes.get(user.home), self.mailboxes.get(next));
        let (Some(home), Some(next)) = (home, next) else {
            return Err(BenchError::new("there are no mailboxes"));
        };
        let next = quoted(next);
        let commands = match action {
            Action::Sync => vec![
                ("NOOP", "NOOP".to_owned()),
                ("STATUS", format!("STATUS {next} (MESSAGES UNSEEN)")),
            ],
            Action::Read => vec![
                ("FETCH of a body", format!("UID FETCH {uid} (BODY.PEEK[])")),
                ("STORE", format!("UID STORE {uid} +FLAGS (\\Seen)")),
            ],
            Action::Answer => vec![("STORE", format!("UID STORE {uid} +FLAGS (\\Answered)"))],
            Action::Move if user.uids.len() > 1 => {
                user.uids.end -= 1;
                vec![("MOVE", format!("UID MOVE {} {next}", user.uids.end))]
            }
            // He has moved all but one.
            Action::Move | Action::Append => vec![],
        };
        let mut times_ms = Vec::new();
        for (name, command) in commands {
            let (_, ms) = timed(user.client.ask(&command)).await?;
            self.note(name, ms);
            times_ms.push(ms);
        }
        if matches!(action, Action::Answer | Action::Append) {
            let message = letter(user.number + user.actions, LETTER_BYTES);
            let (_, ms) = timed(user.client.append(home, &message)).await?;
            self.note("APPEND", ms);
            times_ms.push(ms);
        }
        Ok(times_ms)
    }

    fn note(&self, name: &'static str, ms: f64) {
        self.times_ms.borrow_mut().entry(name).or_default().push(ms);
    }
}

/// What this user does as his so-many-eth: everybody the same, but not at the same time.
fn action(user: usize, actions: usize) -> Action {
    let number = user.wrapping_mul(7).wrapping_add(actions) % OFTEN.len();
    OFTEN.get(number).copied().unwrap_or(Action::Sync)
}

/// How often each is done, of twenty times.
const OFTEN: [Action; 20] = {
    use Action::{Answer, Append, Move, Read, Sync};
    [
        Sync, Read, Append, Sync, Read, Sync, Answer, Read, Sync, Move, Sync, Read, Append, Sync,
        Read, Answer, Sync, Read, Move, Sync,
    ]
};
const MAILBOXES: usize = 20;
const MESSAGES: usize = 10_000;
const USERS_PER_MAILBOX: usize = 15;
const MESSAGES_WHEN_DISTURBED: usize = 1_000;
/// Messages of his own that each needs.
const SHARE_MIN: usize = 5;
const ROUNDS: usize = 3;
const DAY: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_does_everything_as_often() {
        let count = |user, wanted| {
            let actions = (0..OFTEN.len()).map(|number| action(user, number));
            actions.filter(|action| *action == wanted).count()
        };
        for user in [0, 1, 299] {
            assert_eq!(count(user, Action::Sync), 8);
            assert_eq!(count(user, Action::Read), 6);
            assert_eq!(count(user, Action::Answer), 2);
            assert_eq!(count(user, Action::Move), 2);
            assert_eq!(count(user, Action::Append), 2);
        }
        assert_ne!(action(0, 0), action(1, 0));
    }
}
