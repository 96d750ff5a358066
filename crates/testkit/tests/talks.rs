//! Every talk, in every world that it allows: one test each, named by its page.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use testkit::{Cluster, Failure, Page, World, find_pages, play, talks_folder};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = talks_folder();
    let pages = find_pages(&folder).unwrap_or_default();
    // No server is started for a mere list of names.
    let cluster = (!arguments.list).then(|| Arc::new(Cluster::start()));
    let trials = pages.iter().flat_map(|page| {
        let name = Failure::test_name(page, &folder);
        worlds(page)
            .into_iter()
            .map(move |world| (page.clone(), name.clone(), world))
    });
    let trials = trials.map(|(page, name, world)| {
        let cluster = cluster.clone();
        Trial::test(format!("{name}::{}", world.name()), move || {
            test(cluster.as_deref(), &page, world)
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    drop(cluster);
    conclusion.exit_code()
}

type MaybeCluster = Result<Cluster, testkit::TestError>;

fn test(cluster: Option<&MaybeCluster>, page: &Path, world: World) -> Result<(), Failed> {
    match cluster {
        Some(Ok(cluster)) => play(cluster, page, world).map(drop).map_err(Failed::from),
        Some(Err(error)) => Err(Failed::from(error)),
        None => Err(Failed::from("only a list was asked for")),
    }
}

/// The worlds of a page; faults happen to either bus. A page that cannot be read fails in every world.
fn worlds(page: &Path) -> Vec<World> {
    let text = std::fs::read_to_string(page).unwrap_or_default();
    let needs_two = Page::parse(&text).is_ok_and(|page| page.needs_two_nodes());
    let is_fault = page.components().any(|part| part.as_os_str() == "fault");
    let mut worlds = World::ALL.to_vec();
    worlds.retain(|world| !needs_two || *world == World::TwoNodes);
    worlds.extend((is_fault && needs_two).then_some(World::TwoNodesWithNats));
    worlds
}
