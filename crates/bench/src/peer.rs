//! Another mail server on this machine, run by a script of its own as a world to measure: started with a
//! folder for its data, and stopped when we end, however we end.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use clap::ValueEnum;
use tempfile::TempDir;

use crate::client::Client;
use crate::error::BenchError;
use crate::world::{Node, Person, World};

/// The servers that scripts are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Cyrus,
    Dovecot,
}

/// A peer that runs. Its data goes when it is dropped.
#[derive(Debug)]
pub(crate) struct RunningPeer {
    /// Waits for its input to end, which it does with this process, and then stops the peer.
    keeper: Child,
    _folder: TempDir,
}

impl Peer {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cyrus => "cyrus",
            Self::Dovecot => "dovecot",
        }
    }

    /// Starts it with enough people, of whom one may create mailboxes beside the shared one.
    pub(crate) async fn start(self) -> Result<(RunningPeer, World), BenchError> {
        let script = scripts().join(self.name());
        let what = || format!("{}, looked for by {SCRIPTS}", script.display());
        let folder = tempfile::tempdir().map_err(BenchError::at("a folder"))?;
        let command = |program: &Path| {
            let mut command = Command::new(program);
            command
                .env("PEERS_DIR", folder.path())
                .env("PEERS_USERS", PEOPLE.to_string());
            command
        };
        let started = command(&script)
            .arg("start")
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output();
        let started = started.map_err(BenchError::at(what()))?;
        let mut keeper = command(Path::new("sh"));
        keeper
            .args(["-c", "cat; exec \"$0\" wipe >&2"])
            .arg(&script)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // Ctrl-C is for us.
            .process_group(0);
        let running = RunningPeer {
            keeper: keeper.spawn().map_err(BenchError::at("sh"))?,
            _folder: folder,
        };
        if !started.status.success() {
            return Err(BenchError::new(format!("{}: {}", what(), started.status)));
        }
        let said = String::from_utf8_lossy(&started.stdout);
        let node = node(&said).ok_or_else(|| BenchError::new(format!("{}: {said}", what())))?;
        let world = match self {
            Self::Cyrus => cyrus(node).await?,
            Self::Dovecot => world(node, DOVECOT_SHARED, person("admin".to_owned())),
        };
        Ok((running, world))
    }
}

impl Drop for RunningPeer {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

/// Where the scripts are: beside the repository, if nothing else is said.
fn scripts() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    std::env::var_os(SCRIPTS).map_or_else(
        || repository.unwrap_or(Path::new("")).join("../shared/peers"),
        PathBuf::from,
    )
}

/// Makes a place for mailboxes of the first person, whom we take for the administrator: Cyrus shows its own
/// mailboxes by other names than everybody else.
async fn cyrus(node: Node) -> Result<World, BenchError> {
    let owner = person("u1".to_owned());
    let mut admin = Client::connect(&node).await?;
    admin.login(&person("admin".to_owned())).await?;
    for command in [
        "CREATE shared/bench".to_owned(),
        format!("SETACL shared/bench {} lrswipkxtea", owner.user),
    ] {
        admin.ask(&command).await?;
    }
    Ok(world(node, CYRUS_SHARED, owner))
}

fn person(user: String) -> Person {
    Person {
        user,
        password: "pass".to_owned(),
    }
}

/// What the scripts make: people with one password.
fn world(node: Node, shared: &str, admin: Person) -> World {
    World {
        nodes: vec![node],
        postgres: None,
        bus: None,
        shared: shared.to_owned(),
        admin,
        people: (1..=PEOPLE)
            .map(|number| person(format!("u{number}")))
            .collect(),
        certificate: None,
        postroom: None,
    }
}

/// Reads `dovecot: running (pid 12), imap 21143 imaps 21993 lmtp 21024`.
fn node(said: &str) -> Option<Node> {
    let words: Vec<&str> = said
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .collect();
    let after = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at + 1)
    };
    Some(Node {
        imap: after("imap")?.parse().ok()?,
        imaps: after("imaps")?.parse().ok()?,
        lmtp: after("lmtp")?.parse().ok()?,
        pid: after("pid")?.parse().ok()?,
    })
}

const DOVECOT_SHARED: &str = "Public/team";
/// What the administrator calls `shared/bench/team`.
const CYRUS_SHARED: &str = "Shared Folders/shared/bench/team";
/// The variable that says where the scripts are.
const SCRIPTS: &str = "POSTROOM_BENCH_PEERS";
/// Everybody's INBOX may be one of a hundred mailboxes, beside the newcomers.
const PEOPLE: usize = 108;

#[cfg(test)]
mod tests {
    use super::node;

    #[test]
    fn the_script_is_understood() {
        let said = "dovecot: running (pid 12), imap 21143 imaps 21993 lmtp 21024\n";
        let node = node(said).unwrap();
        assert_eq!((node.imap, node.imaps, node.lmtp), (21143, 21993, 21024));
        assert_eq!(node.pid, 12);
        assert!(super::node("dovecot: not running").is_none());
    }
}
