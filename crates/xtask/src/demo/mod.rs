//! A team with a shared mailbox, two frontends and a database, on this machine, until Ctrl-C.
//!
//! Everything is the real thing, called from outside: the world is made with the verbs of
//! `postroom`, the mail comes in by APPEND.

mod bus;
mod certificate;
mod frontend;
mod invitation;
mod letters;
mod options;
mod postroom;
mod stop;
mod watch;
mod world;

use std::time::{SystemTime, UNIX_EPOCH};

use private_pg::Tuning;

use self::bus::Bus;
use self::frontend::Frontend;
use self::invitation::Invitation;
use self::options::Options;
use self::postroom::Postroom;
use self::stop::Stop;
use crate::postgres;
use crate::tool::ChoreError;

pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    let options = Options::parse(arguments)?;
    let mut stop = Stop::listen()?;
    let program = postroom::build(&options)?;
    stop.check()?;

    let folder = postgres::scratch_folder("postroom-demo-")?;
    let postgres = postgres::start(&folder.path().join("postgres"), Tuning::Durable)?;
    let database = postgres.nearest_url();
    let bus = options.has_nats.then(Bus::start).transpose()?;
    let more = bus.as_ref().map(Bus::settings).unwrap_or_default();
    let postroom = Postroom::new(program, &folder.path().join("frontends"), &database, &more)?;
    postroom.run(&["migrate"])?;
    world::make(&postroom, options.people)?;
    stop.check()?;

    let nodes = (1..=options.nodes).map(|number| Frontend::start(&postroom, number));
    let mut nodes = nodes.collect::<Result<Vec<_>, _>>()?;
    let Some(first) = nodes.first() else {
        return Err(ChoreError::new("there are no nodes"));
    };
    let letters = letters::load(unix_seconds())?;
    let invitation = Invitation {
        nodes: &nodes,
        database: &database,
        postgres_pid: postgres.pid(),
        bus_pid: bus.as_ref().map(Bus::pid),
        certificate: postroom.certificate(),
        crowd: options.people,
        postroom: &postroom.words(),
        letters: world::fill(first.ports.imap, &letters)?,
    };
    if options.is_json {
        println!("{}", invitation.json());
    } else {
        print!("{}", invitation.words());
        watch_beside(first.ports.imap);
    }

    stop.wait();
    // All are asked before the first is waited for, so that they stop at the same time.
    nodes.iter_mut().for_each(Frontend::ask_to_stop);
    drop(nodes);
    postgres.stop().map_err(ChoreError::at("PostgreSQL"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the letters are as old as they say on the day when they are read"
)]
fn unix_seconds() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// Watching ends with the node; the demo goes on without it.
fn watch_beside(port: u16) {
    std::thread::spawn(move || {
        let ended = watch::watch(port).map_or_else(|error| error.to_string(), |()| "end".into());
        eprintln!("no more changes are shown: {ended}");
    });
}
