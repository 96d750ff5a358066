//! `postroom manual`: manual pages for those who pack this program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::generate_to;

use super::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the pages are put; it is made where it is missing.
    folder: PathBuf,
}

/// `commands` is all that there is.
pub(super) fn run(args: &Args, commands: Command) -> Result<(), Failure> {
    write(&args.folder, commands).map_err(|cause| {
        Failure::failed(format!("cannot write {}: {cause}", args.folder.display()))
    })
}

fn write(folder: &Path, commands: Command) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    generate_to(commands, folder)
}
