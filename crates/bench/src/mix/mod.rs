//! The mixes: each is a realistic load, and returns figures.

mod append;
mod asked;
mod bullies;
mod copy;
mod crowd;
mod expunge;
mod fetch;
mod growth;
mod idle;
mod list;
mod lmtp;
mod login;
mod memory;
mod office;
mod push;
mod qresync;
mod rights;
mod search;
mod select;
mod soak;
mod status;
mod store;
mod told;

pub(crate) use rights::administrator;
pub(crate) use soak::TEAM;

use clap::ValueEnum;

use crate::bench::Bench;
use crate::error::BenchError;
use crate::figure::Figure;
use crate::scale::Scale;

/// The mixes by name. `all` runs them in this order: a measurement that must see something for the
/// first time comes before those that make it known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mix {
    /// Memory of an idling TLS session. It runs first, because memory that others have freed would
    /// be reused.
    Idle,
    /// Logins: the first of a person on a node, and again.
    Login,
    /// APPEND into one mailbox by 1, 8 and 32 sessions, and large messages.
    Append,
    /// Deliveries by LMTP into one mailbox and into 100, by 1, 8 and 32 connections.
    Lmtp,
    /// STORE in one mailbox by 1 and 32 users, and of 1:1000.
    Store,
    /// EXPUNGE of 1,000 messages in a mailbox of 10,000.
    Expunge,
    /// COPY and MOVE of 1,000 messages.
    Copy,
    /// From an APPEND to the EXISTS that idling sessions on all nodes read.
    Push,
    /// From APPENDs at planned times in many mailboxes to the EXISTS that a session on each node reads.
    Told,
    /// Rights: withdrawn, queried, listed.
    Rights,
    /// Commands in a mailbox with 10,000 entries, by a user in 1,000 groups.
    Crowd,
    /// LIST of 500 mailboxes, and of 200 with their counters.
    List,
    /// STATUS of a mailbox that nobody changes.
    Status,
    /// SELECT of 100,000 messages: first on a node, while open, again; and of 10,000 in turns with another.
    Select,
    /// SELECT by a client that comes back (QRESYNC) after 100 changes.
    Qresync,
    /// FETCH of flags, of what a message list shows, and of whole messages.
    Fetch,
    /// SEARCH TEXT for absent, rare and common words.
    Search,
    /// NOOP of a third while two users ask for the worst that is allowed.
    Bullies,
    /// Users of team mailboxes, who do something now and then.
    Office,
    /// What commands cost by the size of the mailbox, and APPEND by its watchers; `--plots` draws it.
    Growth,
    /// Memory: a session, an open mailbox, what a load leaves behind.
    Memory,
    /// Thirty days of a team in fast motion: sizes of tables and times of commands, day by day; `--plots` draws them.
    Soak,
    /// All mixes.
    All,
    /// A little of all mixes, to see that they work, and counts of what operations cost.
    Smoke,
}

impl Mix {
    /// The mixes that this name stands for.
    pub(crate) fn parts(self) -> Vec<Self> {
        let all = Self::value_variants().iter().copied();
        let is_name = |mix| matches!(mix, Self::All | Self::Smoke);
        all.filter(|&part| !is_name(part) && (is_name(self) || self == part))
            .collect()
    }

    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// How much of it is run.
    pub(crate) const fn scale(self) -> Scale {
        match self {
            Self::Smoke => Scale::Smoke,
            _ => Scale::Full,
        }
    }

    /// Whether its commands are those that every server understands.
    pub(crate) const fn suits_peers(self) -> bool {
        matches!(
            self,
            Self::Append
                | Self::Lmtp
                | Self::Store
                | Self::Expunge
                | Self::Copy
                | Self::List
                | Self::Status
                | Self::Select
                | Self::Qresync
                | Self::Fetch
        )
    }

    pub(crate) async fn run(self, bench: &mut Bench) -> Result<Vec<Figure>, BenchError> {
        match self {
            Self::Idle => Box::pin(idle::run(bench)).await,
            Self::Login => Box::pin(login::run(bench)).await,
            Self::Append => Box::pin(append::run(bench)).await,
            Self::Lmtp => Box::pin(lmtp::run(bench)).await,
            Self::Store => Box::pin(store::run(bench)).await,
            Self::Expunge => Box::pin(expunge::run(bench)).await,
            Self::Copy => Box::pin(copy::run(bench)).await,
            Self::Push => Box::pin(push::run(bench)).await,
            Self::Told => Box::pin(told::run(bench)).await,
            Self::Rights => Box::pin(rights::run(bench)).await,
            Self::Crowd => Box::pin(crowd::run(bench)).await,
            Self::List => Box::pin(list::run(bench)).await,
            Self::Status => Box::pin(status::run(bench)).await,
            Self::Qresync => Box::pin(qresync::run(bench)).await,
            Self::Select => Box::pin(select::run(bench)).await,
            Self::Fetch => Box::pin(fetch::run(bench)).await,
            Self::Search => Box::pin(search::run(bench)).await,
            Self::Bullies => Box::pin(bullies::run(bench)).await,
            Self::Office => Box::pin(office::run(bench)).await,
            Self::Growth => Box::pin(growth::run(bench)).await,
            Self::Memory => Box::pin(memory::run(bench)).await,
            Self::Soak => Box::pin(soak::run(bench)).await,
            Self::All | Self::Smoke => Err(BenchError::new("it is run by its parts")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_every_other_mix() {
        assert_eq!(Mix::All.parts().len(), Mix::value_variants().len() - 2);
        assert_eq!(Mix::Smoke.parts(), Mix::All.parts());
        assert_eq!(Mix::Push.parts(), [Mix::Push]);
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        assert_eq!(Mix::Append.name(), "append");
    }
}
