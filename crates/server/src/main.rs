//! The binary `postroom`.
#![expect(
    unused_crate_dependencies,
    reason = "the library beside this file uses them"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
