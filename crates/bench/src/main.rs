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
mod extent;
mod figure;
mod growth;
mod inbox;
mod letter;
mod mix;
mod mta;
mod peer;
mod pgbench;
mod plot;
mod probe;
mod program;
mod psql;
mod report;
mod rounds;
mod sample;
mod scale;
mod slice;
mod smoke;
mod tls;
mod turns;
mod usage;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use futures_util::future::join_all;
use rustix::process::{Resource, getrlimit, setrlimit};

use bench::Bench;
use demo::Demo;
use error::BenchError;
use extent::Extent;
use figure::Figure;
use mix::{Mix, TEAM};
use peer::Peer;
use report::Section;
use scale::Scale;
use turns::Turns;
use world::{PEOPLE_MIN, World};

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
    /// Run the same load at another server, in turns, and compare; may be given for each. `POSTROOM_BENCH_PEERS` is
    /// the folder of the scripts that start them, else `../shared/peers` beside the repository.
    #[arg(long, value_name = "PEER")]
    against: Vec<Peer>,
    /// Print one JSON object at the end instead of tables.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    extent: Extent,
}

impl Options {
    /// How many people the world needs: in an office nearly everybody is somebody else.
    fn people(&self) -> usize {
        match self.mix {
            Mix::Office => PEOPLE_MIN + self.extent.users.min(OFFICE_PEOPLE_MAX),
            Mix::Soak => PEOPLE_MIN + TEAM,
            _ => PEOPLE_MIN,
        }
    }
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
    let scale = options.mix.scale();
    let (demo, world) = match &options.world {
        Some(path) => {
            let line = std::fs::read_to_string(path).map_err(BenchError::at(path.display()))?;
            (None, World::parse(&line)?)
        }
        None => {
            let (demo, world) = Demo::start(
                scale,
                options.people(),
                (options.extent.nodes, options.extent.bus),
            )?;
            (Some(demo), world)
        }
    };
    // One thread is cheap, and leaves the other processors to what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(BenchError::at("tokio"))?;
    if scale == Scale::Smoke {
        let mut place = Place::new("postroom", world, options)?;
        let done = runtime.block_on(async {
            smoke::run(&mut place.bench).await?;
            match options.world {
                Some(_) => place.bench.clear().await,
                None => Ok(()),
            }
        });
        drop(demo);
        return done;
    }
    let mut places = vec![Place::new("postroom", world, options)?];
    let mut running = Vec::new();
    for peer in &options.against {
        let (process, world) = runtime.block_on(peer.start())?;
        running.push(process);
        places.push(Place::new(peer.name(), world, options)?);
    }
    let measured = runtime.block_on(measure(places, options, &slice));
    drop((demo, running));
    measured
}

/// More take minutes to make; beyond this somebody has several sessions.
const OFFICE_PEOPLE_MAX: usize = 300;

/// Where mixes run.
struct Place {
    name: &'static str,
    bench: Bench,
}

impl Place {
    fn new(name: &'static str, world: World, options: &Options) -> Result<Self, BenchError> {
        let bench = Bench::new(world, options.mix.scale(), options.extent.clone())?;
        Ok(Self { name, bench })
    }
}

/// Runs the mixes. One that fails does not keep the others from running.
async fn measure(mut places: Vec<Place>, options: &Options, slice: &str) -> Result<(), BenchError> {
    let mut sections = Vec::new();
    let mut failed = Vec::new();
    for mix in options.mix.parts() {
        let name = mix.name();
        eprintln!("{name}");
        if places.len() > 1 && !mix.suits_peers() {
            eprintln!("{name}: not for peers");
            continue;
        }
        let before = usage::load();
        let found = run_in_turns(&mut places, mix).await;
        let load = [before, usage::load()];
        let mut measured = Vec::new();
        for (place, figures) in places.iter().zip(found) {
            match figures {
                Ok(figures) => measured.push(Section {
                    mix: name.clone(),
                    place: place.name,
                    figures,
                    load: load.clone(),
                }),
                Err(error) => {
                    eprintln!("{name} at {}: {error}", place.name);
                    failed.push(format!("{name} at {}", place.name));
                }
            }
        }
        if !options.json {
            measured
                .iter()
                .for_each(|section| print!("{}", report::table(section)));
            if let Some((ours, peers)) = measured.split_first() {
                for theirs in peers {
                    print!("{}", report::comparison(ours, theirs));
                }
            }
        }
        sections.extend(measured);
    }
    if options.json {
        println!("{}", report::json(&sections, slice));
    }
    if options.world.is_some() {
        for place in &mut places {
            place.bench.clear().await?;
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(BenchError::new(format!(
        "no figures of {}",
        failed.join(", ")
    )))
}

/// Runs a mix at all places, which take turns round by round.
async fn run_in_turns(places: &mut [Place], mix: Mix) -> Vec<Result<Vec<Figure>, BenchError>> {
    let shared = Arc::default();
    let is_alone = places.len() == 1;
    let runs = places.iter_mut().map(async |Place { bench, .. }| {
        if !is_alone {
            bench.probes.turns = Turns::among(&shared).await;
        }
        let figures = mix.run(bench).await;
        bench.probes.turns = Turns::alone();
        figures
    });
    join_all(runs).await
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
