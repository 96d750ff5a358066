//! Plays talks one by one, with what was said on the screen: `cargo xtask talk FILE`.
#![expect(
    unused_crate_dependencies,
    reason = "the library beside this file uses them"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use testkit::{Cluster, Page, World, find_pages, play};

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if arguments.is_empty() {
        print("which talks? postroom-testkit FILE_OR_FOLDER...");
        return ExitCode::FAILURE;
    }
    let cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(error) => {
            print(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    let pages = arguments.iter().flat_map(|path| pages(path));
    let failures = pages.map(|page| show(&cluster, &page)).sum::<usize>();
    if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn pages(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        find_pages(path).unwrap_or_default()
    } else {
        vec![path.to_owned()]
    }
}

/// How many worlds it failed in.
fn show(cluster: &Cluster, page: &Path) -> usize {
    let needs_two = std::fs::read_to_string(page)
        .ok()
        .and_then(|text| Page::parse(&text).ok())
        .is_some_and(|page| page.needs_two_nodes());
    let worlds = World::ALL
        .into_iter()
        .filter(|world| !needs_two || *world == World::TwoNodes);
    let mut failures = 0;
    for world in worlds {
        print(&format!("{}   {}", page.display(), world.name()));
        match play(cluster, page, world) {
            Ok(said) => said.iter().for_each(|line| print(&format!("      {line}"))),
            Err(failure) => {
                failures += 1;
                print(&failure.to_string());
            }
        }
    }
    failures
}

#[expect(clippy::print_stdout, reason = "a transcript is for the screen")]
fn print(line: &str) {
    println!("{line}");
}
