//! Talks (conversation tests), and the worlds they are played in: nodes, mailboxes and people, made for one
//! test.
//!
//! A talk is a conversation on a page (`docs/TESTING.md`). It is read by [`Page`], and played by
//! [`play`] over real sockets against nodes that run in this process, each talk on a database of
//! its own. Nothing here knows what the right answers are: that is what the pages are for.

mod architect;
mod client;
mod cluster;
mod error;
mod failure;
mod given;
mod http;
mod nats_server;
mod page;
mod pattern;
mod play;
mod responses;
mod slapd;
mod stage;
mod tap;
mod tls;

use std::fs;
use std::path::{Path, PathBuf};

pub use architect::Architect;
pub use client::{Client, Heard, PASSWORD};
pub use cluster::{Cluster, Database};
pub use error::TestError;
pub use failure::Failure;
pub use given::{Given, Seat};
pub use http::HttpReply;
pub use nats_server::NatsServer;
pub use page::{Intervention, Line, Page, PageFault, Step, Verdict};
pub use pattern::{Literal, Names, Pattern, Utterance};
pub use play::{Player, Stop};
pub use slapd::Slapd;
pub use stage::{Stage, World};
pub use tap::{Meddling, Tap};

// Used by the tests beside this library only.
#[cfg(test)]
use {
    api as _, bus as _, imap_codec as _, ldap3 as _, libtest_mimic as _, nats as _, rcgen as _,
    rustix as _, scim as _, serde_json as _,
};

/// The folder of the talks.
#[must_use]
pub fn talks_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/talks")
}

/// All pages below `folder`, sorted by name.
///
/// # Errors
///
/// [`TestError::Machine`] for a folder that cannot be read.
pub fn find_pages(folder: &Path) -> Result<Vec<PathBuf>, TestError> {
    let mut pages = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).map_err(TestError::machine(folder.display().to_string()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "talk")
            {
                pages.push(path);
            }
        }
    }
    pages.sort();
    Ok(pages)
}

/// Plays a page in a world of its own, and returns what was said.
///
/// # Errors
///
/// [`Failure`] shows the page with an arrow at the line that went otherwise.
pub fn play(cluster: &Cluster, page: &Path, world: World) -> Result<Vec<String>, Box<Failure>> {
    let name = page.strip_prefix(talks_folder()).unwrap_or(page);
    let failure = |line, what, text, said| {
        Box::new(Failure {
            page: name.to_owned(),
            world: world.name(),
            line,
            what,
            text,
            said,
        })
    };
    let text = fs::read_to_string(page)
        .map_err(|cause| failure(0, cause.to_string(), Vec::new(), Vec::new()))?;
    let page = Page::parse(&text)
        .map_err(|fault| failure(fault.line, fault.what, lines(&text), Vec::new()))?;
    let settings: Vec<_> = page.settings().collect();
    let played = in_world_of(cluster, world, &settings, async |stage: &mut Stage| {
        let mut player = Player::new(stage);
        let played = player.play(&page).await;
        (played, player.said)
    });
    match played {
        Ok((Ok(()), said)) => Ok(said),
        Ok((Err(stop), said)) => Err(failure(stop.line, stop.what, page.text, said)),
        Err(error) => Err(failure(0, error.to_string(), Vec::new(), Vec::new())),
    }
}

/// Builds a world, lets `act` act in it, and takes it down.
///
/// # Errors
///
/// [`TestError`] when there is no world to act in.
pub fn in_world<T>(
    cluster: &Cluster,
    world: World,
    act: impl AsyncFnOnce(&mut Stage) -> T,
) -> Result<T, TestError> {
    in_world_of(cluster, world, &[], act)
}

/// Does as [`in_world`], with nodes of these settings, by their names in `docs/postroom.toml`.
///
/// # Errors
///
/// [`TestError`] when there is no world to act in.
pub fn in_world_of<T>(
    cluster: &Cluster,
    world: World,
    settings: &[(&str, &str)],
    act: impl AsyncFnOnce(&mut Stage) -> T,
) -> Result<T, TestError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = runtime.map_err(TestError::machine("a runtime"))?;
    runtime.block_on(async {
        let mut stage = Stage::build(cluster, world, settings).await?;
        let done = act(&mut stage).await;
        stage.tear_down().await;
        Ok(done)
    })
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
