//! How large the loads are that a person may choose.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is chosen on the command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Extent {
    /// growth, memory: how many messages the largest mailbox has.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) messages_max: usize,
    /// growth, soak: the folder in which the plots are written.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) plots: Option<PathBuf>,
    /// office: how many users there are.
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub(crate) users: usize,
    /// office: what all users together do in a second; told: how many messages are appended in a second.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) rate: u32,
    /// office: what sh runs in the midst of it, as something that fails; it has to end. Users who are cut off come back.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) during: Option<String>,
    /// soak: how many days are played.
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) days: u32,
    /// soak: for how long at most; it ends with the day.
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) minutes: u64,
    /// soak: one in so many of what a day has.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) part: u16,
    /// The frontends of the demo that is started.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) nodes: usize,
    /// What carries their wake-ups.
    #[arg(long, value_enum, default_value_t = Bus::Listen)]
    pub(crate) bus: Bus,
}

/// What carries wake-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bus {
    /// PostgreSQL.
    Listen,
    /// A NATS server.
    Nats,
}

impl Bus {
    /// As the demo is asked for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Nats => "nats",
        }
    }
}
