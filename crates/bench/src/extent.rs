//! How large the loads are that a person may choose.

use std::path::PathBuf;

use clap::Args;

/// What is chosen on the command line.
#[derive(Clone, Debug, Args)]
pub(crate) struct Extent {
    /// growth, memory: how many messages the largest mailbox has.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) messages_max: usize,
    /// growth: the folder in which the plots are written.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) plots: Option<PathBuf>,
    /// office: how many users there are.
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub(crate) users: usize,
    /// office: what all users together do in a second.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) rate: u32,
}
