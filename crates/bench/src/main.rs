//! Loads on real frontends over real sockets, with a probe of the machine in the same run.
//!
//! The figures and their measurement are here. No test fails because a machine was slow;
//! `docs/BENCHMARKS.md` says how to read them.
#![expect(
    clippy::print_stdout,
    reason = "a benchmark speaks to the person at the terminal"
)]
#![expect(
    clippy::print_stderr,
    reason = "progress goes beside the output, which may be data"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the time that passes is what is measured"
)]

mod bench;
mod client;
mod connection;
mod demo;
mod error;
mod figure;
mod inbox;
mod letter;
mod mix;
mod mta;
mod pgbench;
mod probe;
mod report;
mod rounds;
mod sample;
mod slice;
mod tls;
mod usage;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Resource, getrlimit, setrlimit};

use bench::Bench;
use demo::Demo;
use error::BenchError;
use mix::Mix;
use report::Section;
use world::World;

/// Loads on real frontends, with a probe of the machine in the same run.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", arg_required_else_help = true)]
struct Options {
    /// The mix to run.
    mix: Mix,
    /// A file with the output line of a running `cargo xtask demo --json --people 40`; without it a
    /// demo is started and stopped.
    #[arg(long)]
    world: Option<PathBuf>,
    /// Print one JSON object at the end instead of tables.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), BenchError> {
    raise_open_files();
    // Both are set before anything is started, so that it inherits them.
    let slice = slice::shorten();
    eprintln!("time slice {slice}");
    let (demo, world) = match &options.world {
        Some(path) => {
            let line = std::fs::read_to_string(path).map_err(BenchError::at(path.display()))?;
            (None, World::parse(&line)?)
        }
        None => {
            let (demo, world) = Demo::start()?;
            (Some(demo), world)
        }
    };
    // One thread is cheap, and leaves the other processors to what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(BenchError::at("tokio"))?;
    let measured = runtime.block_on(measure(world, options, &slice));
    drop(demo);
    measured
}

/// Runs the mixes. One that fails does not keep the others from running.
async fn measure(world: World, options: &Options, slice: &str) -> Result<(), BenchError> {
    let mut bench = Bench::new(world)?;
    let mut sections = Vec::new();
    let mut failed = Vec::new();
    for mix in options.mix.parts() {
        let name = mix.name();
        eprintln!("{name}");
        let before = usage::load();
        match mix.run(&mut bench).await {
            Ok(figures) => {
                let load = [before, usage::load()];
                let section = Section {
                    mix: name,
                    figures,
                    load,
                };
                if !options.json {
                    print!("{}", report::table(&section));
                }
                sections.push(section);
            }
            Err(error) => {
                eprintln!("{name}: {error}");
                failed.push(name);
            }
        }
    }
    if options.json {
        println!("{}", report::json(&sections, slice));
    }
    if options.world.is_some() {
        bench.clear().await?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(BenchError::new(format!(
        "no figures of {}",
        failed.join(", ")
    )))
}

/// Raises the limit of open files: a thousand sessions need a thousand files, here and in the
/// frontends, which inherit the limit.
fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(cause) = setrlimit(Resource::Nofile, limit) {
        eprintln!("open files stay limited: {cause}");
    }
}
