//! The chores of this repository, behind one entry: `cargo xtask`.
//!
//! A chore lives here when a person and the continuous integration both need it. Nothing that a
//! running server does lives here: the demo starts the real `postroom` and talks to it from outside.
#![expect(
    clippy::print_stdout,
    reason = "a chore speaks to the person at the terminal"
)]
#![expect(
    clippy::print_stderr,
    reason = "progress goes beside the output, which may be data"
)]

mod bench;
mod check;
mod ci;
mod demo;
mod deployment;
mod dist;
mod fuzz;
mod imap;
mod monitoring;
mod packages;
mod postgres;
mod prepare;
mod release;
mod settings;
mod steps;
mod suite;
mod talk;
mod tidy;
mod tool;
mod visit;

use std::process::ExitCode;

use tool::ChoreError;

/// One chore: how it is called, what it is for, and what runs.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    purpose: &'static str,
    run: fn(&[String]) -> Result<(), ChoreError>,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "demo",
        arguments: "[--json] [--people N] [--nodes N] [--debug] [--program FILE]",
        purpose: "a team with a shared mailbox on two frontends; prints how to connect",
        run: demo::run,
    },
    Verb {
        name: "test",
        arguments: "[ARGUMENTS OF THE RUNNER]",
        purpose: "everything that must pass: tables, models, promises, talks in each world",
        run: suite::run,
    },
    Verb {
        name: "check",
        arguments: "",
        purpose: "fmt, clippy, doc, tidy, deny",
        run: check::run,
    },
    Verb {
        name: "tidy",
        arguments: "",
        purpose: "the house rules that no compiler knows; names the longest files and functions",
        run: tidy::run,
    },
    Verb {
        name: "conformance",
        arguments: "",
        purpose: "renews docs/CONFORMANCE.md from the tables and the talks, without the rest",
        run: conformance,
    },
    Verb {
        name: "talk",
        arguments: "FILE",
        purpose: "one talk, its transcript on screen, in each world",
        run: talk::run,
    },
    Verb {
        name: "bench",
        arguments: "MIX",
        purpose: "percentiles, and ratios against a probe in the same run",
        run: bench::run,
    },
    Verb {
        name: "fuzz",
        arguments: "[--seconds N] [--seed N] [TARGET ...]",
        purpose: "inputs that nobody thought of, against what reads bytes",
        run: fuzz::run,
    },
    Verb {
        name: "peers",
        arguments: "[--all]",
        purpose: "the same mail here, in Dovecot and in Cyrus, and a table of differences",
        run: visit::peers,
    },
    Verb {
        name: "alerts",
        arguments: "[FAULT ...]",
        purpose: "injects faults into a frontend, and sees that Prometheus raises exactly their alerts",
        run: visit::alerts,
    },
    Verb {
        name: "faults",
        arguments: "[FAULT ...] [--minutes N]",
        purpose: "what was answered OK is there, once, whatever fails; and a checker that finds what is planted",
        run: visit::faults,
    },
    Verb {
        name: "restore-drill",
        arguments: "[moment] [dump] [planted]",
        purpose: "restores backups that lack what clients have seen, and compares what they know then with what is there",
        run: visit::restore_drill,
    },
    Verb {
        name: "prepare",
        arguments: "",
        purpose: "renews what is generated and committed: SQL metadata, settings, migrations, conformance, alerts",
        run: prepare::run,
    },
    Verb {
        name: "keep-release",
        arguments: "",
        purpose: "keeps what this release says to the database, for the tests of the next one",
        run: release::keep,
    },
    Verb {
        name: "dist",
        arguments: "[--debug]",
        purpose: "what a release publishes: Debian package, container image, list of parts, sums",
        run: dist::run,
    },
    Verb {
        name: "ci",
        arguments: "[STEP ...]",
        purpose: "check, deployment, settings, package, foreign, faults, smoke, fuzz, test; or only the steps that are named",
        run: ci::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", usage());
        return ExitCode::SUCCESS;
    };
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprint!("xtask: no verb {name}\n\n{}", usage());
        return ExitCode::from(2);
    };
    match (verb.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn conformance(_: &[String]) -> Result<(), ChoreError> {
    tidy::renew_conformance(&tool::root())
}

fn usage() -> String {
    let mut text = String::from("cargo xtask VERB\n\n");
    for verb in VERBS {
        let call = format!("{} {}", verb.name, verb.arguments);
        text.push_str(&format!("  {call:<50} {}\n", verb.purpose));
    }
    text
}
