//! The whole test suite, by `cargo nextest` where it is installed.

use private_pg::Tuning;

use crate::packages::wish_for;
use crate::postgres;
use crate::tool::{ChoreError, cargo, has_cargo_command, run as run_tool};

/// Where the talks, each a process of its own, find a server to make their databases on. Alone,
/// a test starts one for itself.
const SHARED_POSTGRES: &str = "POSTROOM_TEST_POSTGRES";

/// Runs every test of the workspace, on a PostgreSQL of this run alone: any number of suites may
/// run side by side.
pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    // Before PostgreSQL runs, which an installation may bring up to date.
    wish_for("pgbouncer", "nothing is tested through a pooler");
    wish_for("nats-server", "the tests of wake-ups by NATS fail");
    wish_for("slapd", "the tests of a directory by LDAP are skipped");
    let folder = postgres::scratch_folder("postroom-test-")?;
    let shared = postgres::start(&folder.path().join("postgres"), Tuning::Scratch)?;
    // nextest leaves examples in documentation to the older runner; its summary comes last.
    let mut runner = if has_cargo_command("nextest") {
        if arguments.is_empty() {
            run_tool(&mut cargo(&["test", "--doc", "--quiet"]))?;
        }
        cargo(&["nextest", "run", "--no-fail-fast"])
    } else {
        cargo(&["test", "--no-fail-fast"])
    };
    let outcome = run_tool(runner.args(arguments).env(SHARED_POSTGRES, shared.url()));
    shared.stop().map_err(ChoreError::at("PostgreSQL"))?;
    outcome
}
