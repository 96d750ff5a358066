//! Inputs that nobody thought of, against what reads bytes from strangers: `cargo xtask fuzz`.
//!
//! In process and on a stable compiler, so without the compiler's coverage: what is new is told by
//! the *shape* of what came out ([`shape`]). Inputs with a new shape are kept and changed further.
//! Every input is written down before it is tried, so that one which kills the process is there
//! afterwards; it then goes to `tests/fuzz/<target>/`, where it is tried first for ever.
#![expect(
    clippy::print_stdout,
    reason = "a chore speaks to the person at the terminal"
)]

mod chance;
mod clock;
mod corpus;
mod limits;
mod mutation;
mod run;
mod shape;
mod stretch;
mod target;
mod targets;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use run::Run;
use target::Target;
use targets::TARGETS;

/// Inputs that nobody thought of, against what reads bytes from strangers.
#[derive(Debug, Parser)]
struct Arguments {
    /// For all targets together.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Of the random numbers; else the clock's, which is printed.
    #[arg(long)]
    seed: Option<u64>,
    /// All, if none is named.
    targets: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(clock::seed);
    let is_wanted = |target: &&Target| {
        arguments.targets.is_empty() || arguments.targets.iter().any(|name| name == target.name)
    };
    let wanted: Vec<&Target> = TARGETS.iter().filter(is_wanted).collect();
    if wanted.len() < arguments.targets.len().max(1) {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        println!("the targets are {}", names.join(", "));
        return ExitCode::from(2);
    }
    let share = Duration::from_secs(arguments.seconds) / u32::try_from(wanted.len()).unwrap_or(1);
    let outcome = limits::impose().and_then(|()| {
        for target in wanted {
            let mut run = Run::new(target, seed)?;
            run.try_known()?;
            run.try_new(share)?;
            println!("{run}");
        }
        Ok(())
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Run, TARGETS};

    /// What once failed, and what each target begins with.
    #[test]
    fn what_is_written_down_is_survived() {
        for target in TARGETS {
            Run::new(target, 1).unwrap().try_known().unwrap();
        }
    }
}
