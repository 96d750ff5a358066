//! Runs a scratch PostgreSQL for as long as its input is open: `scratch-pg DIR`.
//!
//! The first line it prints is the address, for a developer's `DATABASE_URL`.

use std::io::{self, Read, Write};

use private_pg::{Options, PrivatePg, Tuning};
use rustix as _;
#[cfg(test)]
use tempfile as _;
use thiserror as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args_os().nth(1).ok_or("usage: scratch-pg DIR")?;
    let postgres = PrivatePg::start(&Options::new(dir, Tuning::Scratch))?;
    writeln!(io::stdout(), "{}", postgres.url())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(postgres.stop()?)
}
