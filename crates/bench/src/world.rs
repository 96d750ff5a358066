//! The world to measure: the line of JSON that the demo prints when it is ready.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::error::BenchError;

/// Running frontends on one database, or a peer, and the people who can log in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct World {
    pub(crate) nodes: Vec<Node>,
    /// `None` for a peer.
    pub(crate) postgres: Option<Postgres>,
    /// What carries wake-ups, where it is not PostgreSQL.
    pub(crate) bus: Option<Bus>,
    /// A shared mailbox; others are created beside it.
    pub(crate) shared: String,
    /// A person who may create mailboxes beside `shared`.
    pub(crate) admin: Person,
    pub(crate) people: Vec<Person>,
    /// The certificate that TLS clients trust, in PEM; `None` where there is no TLS for us.
    pub(crate) certificate: Option<PathBuf>,
    /// How `postroom` is called here, before its verb; `None` for a peer.
    pub(crate) postroom: Option<String>,
}

/// One frontend. All ports are on 127.0.0.1.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) imap: u16,
    pub(crate) imaps: u16,
    pub(crate) lmtp: u16,
    pub(crate) pid: u32,
}

/// The database of the frontends.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Postgres {
    pub(crate) url: String,
    pub(crate) pid: u32,
}

/// The NATS server of the frontends.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Bus {
    pub(crate) pid: u32,
}

/// A person who logs in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Person {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl World {
    /// Parses the line. A world in which a mix would have no node or no person is an error.
    pub(crate) fn parse(line: &str) -> Result<Self, BenchError> {
        let world: Self = serde_json::from_str(line.trim()).map_err(BenchError::at("the world"))?;
        if world.nodes.is_empty() {
            return Err(BenchError::new("the world has no nodes"));
        }
        if world.people.len() < PEOPLE_MIN {
            return Err(BenchError::new(format!(
                "the world needs {PEOPLE_MIN} people, ask the demo for --people {PEOPLE_MIN}"
            )));
        }
        Ok(world)
    }

    /// The node through which mailboxes are filled.
    pub(crate) fn first_node(&self) -> Result<&Node, BenchError> {
        self.node(0)
    }

    /// The node that sees mailboxes for the first time when they are measured.
    pub(crate) fn last_node(&self) -> Result<&Node, BenchError> {
        self.node(self.nodes.len().saturating_sub(1))
    }

    pub(crate) fn node(&self, number: usize) -> Result<&Node, BenchError> {
        let node = self.nodes.get(number);
        node.ok_or_else(|| BenchError::new("the world has no such node"))
    }

    /// The people who log in repeatedly.
    pub(crate) fn regulars(&self) -> &[Person] {
        self.people.split_at(self.people.len() - NEWCOMERS).0
    }

    /// The people whom no frontend has seen before the login mix.
    pub(crate) fn newcomers(&self) -> &[Person] {
        self.people.split_at(self.people.len() - NEWCOMERS).1
    }

    /// A process that works where the data is.
    pub(crate) fn data_pid(&self) -> Result<u32, BenchError> {
        let postgres = self.postgres.as_ref().map(|postgres| postgres.pid);
        postgres.map_or_else(|| Ok(self.first_node()?.pid), Ok)
    }

    /// Runs a verb of `postroom` to its end.
    pub(crate) fn run_verb(&self, verb: &[&str]) -> Result<(), BenchError> {
        // The paths may have spaces.
        let words = self.postroom.as_ref();
        let words = words.and_then(|words| words.split_once(" --config "));
        let (program, settings) = words
            .ok_or_else(|| BenchError::new("the world does not say how postroom is called"))?;
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(settings)
            .args(verb)
            .stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            // What the person has set is for another server.
            if name.to_string_lossy().starts_with("POSTROOM_") {
                command.env_remove(name);
            }
        }
        let what = format!("postroom {}", verb.join(" "));
        let output = command.output().map_err(BenchError::at(&what))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(BenchError::new(format!("{what}: {}", said.trim())))
    }

    /// The name of a mailbox beside the shared one.
    pub(crate) fn beside_shared(&self, name: &str) -> String {
        let parent = self.shared.rfind('/').and_then(|at| self.shared.get(..=at));
        format!("{}{name}", parent.unwrap_or_default())
    }
}

/// A person's first login on a node can be measured only once.
const NEWCOMERS: usize = 8;
/// The people for 32 sessions in one mailbox, and the newcomers.
pub(crate) const PEOPLE_MIN: usize = 32 + NEWCOMERS;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(people: usize, nodes: &str) -> String {
        let people: Vec<_> = (0..people)
            .map(|i| format!(r#"{{"user":"u{i}","password":"pass"}}"#))
            .collect();
        format!(
            r#"{{"nodes":[{nodes}],"postgres":{{"url":"postgres://a:b@127.0.0.1:5/postgres","pid":7}},
            "shared":"Shared Folders/support","admin":{{"user":"admin","password":"pass"}},
            "people":[{}],"certificate":"/x/certificate.pem",
            "postroom":"/x y/postroom --config /x/verbs.toml"}}"#,
            people.join(",")
        )
    }

    const NODE: &str = r#"{"imap":1,"imaps":2,"lmtp":5,"http":3,"pid":4}"#;

    #[test]
    fn the_demos_line_is_understood() {
        let world = World::parse(&line(PEOPLE_MIN + 3, NODE)).unwrap();
        assert_eq!(world.nodes[0].imaps, 2);
        assert_eq!(world.postgres.as_ref().unwrap().pid, 7);
        assert_eq!(world.admin.user, "admin");
        assert_eq!(world.beside_shared("bench"), "Shared Folders/bench");
    }

    #[test]
    fn nobody_is_regular_and_new() {
        let world = World::parse(&line(PEOPLE_MIN, NODE)).unwrap();
        assert_eq!((world.regulars().len(), world.newcomers().len()), (32, 8));
        assert_eq!(world.newcomers()[0].user, "u32");
    }

    #[test]
    fn a_world_that_is_too_small_is_refused() {
        assert!(World::parse(&line(PEOPLE_MIN - 1, NODE)).is_err());
        assert!(World::parse(&line(PEOPLE_MIN, "")).is_err());
        assert!(World::parse("{}").is_err());
    }
}
