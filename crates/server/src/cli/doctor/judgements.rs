//! What follows of that which the database says of itself.

use std::time::Duration;

use store::{BusyNode, Replication, ServerLimits};

use super::{Finding, Severity};
use crate::environment;

/// What a frontend may open beside its pool: to listen, for its lease, for probes, for the bus.
const CONNECTIONS_BESIDE_POOL: u64 = 4;
/// How far two clocks may be apart.
const CLOCK_SECONDS_MAX: i64 = 5;
/// After so long without a word a frontend may have ended, and another one may have its name.
const HEARD_WITHIN: Duration = Duration::from_secs(20);

/// Whether a frontend may read and write everything: what was made by another role than the owner was granted to nobody.
pub(super) fn judge_grants(lacking: &[String]) -> Option<Finding> {
    let first = lacking.first()?;
    let words = format!(
        "this role may not read and write {} tables, such as {first}: run postroom migrate as the role that owns the tables, and see \
         deploy/postgres/roles.sql for what a frontend's role is granted",
        lacking.len()
    );
    Some(Finding::bad("database", words))
}

/// What becomes of missing migrations: who applies them, and whether this role could.
pub(super) fn judge_migrations(missing: usize, does_serve: bool, may: bool) -> Finding {
    let what = "database";
    let words = match (does_serve, may) {
        (true, true) => "serve applies them, and so does postroom migrate",
        (false, true) => "serve waits for postroom migrate, since database.migrate is false",
        (false, false) => {
            "serve waits for postroom migrate, since database.migrate is false; that is for the role that owns the tables, which this one does not"
        }
        (true, false) => {
            "serve cannot apply them, and ends: this role does not own the tables. Set database.migrate = false, and run postroom migrate as the owner"
        }
    };
    let severity = if does_serve && !may {
        Severity::Bad
    } else {
        Severity::Note
    };
    Finding::new(
        what,
        severity,
        format!("{missing} migrations are missing; {words}"),
    )
}

/// What becomes of a letter that was answered OK when the primary is no more.
pub(super) fn judge_replication(replication: &Replication) -> Finding {
    let what = "durability";
    let standbys = replication.standbys;
    if !replication.is_flushed {
        let words =
            "fsync is off: a machine that crashes loses mail that was answered OK, or all of it";
        return Finding::bad(what, words);
    }
    match (replication.is_awaited, replication.synchronous) {
        (true, Some(0)) => Finding::bad(
            what,
            "no standby of synchronous_standby_names is connected: nothing is answered OK until one is",
        ),
        (true, Some(_) | None) => {
            Finding::good(what, "what is answered OK is on a synchronous standby too")
        }
        (false, _) if standbys == 0 && replication.is_successor => Finding::note(
            what,
            "another database has taken over in the last thirty days, or a backup was restored, and there are no standbys: \
             what is answered OK is on one machine alone",
        ),
        (false, _) if standbys == 0 => Finding::good(
            what,
            "what is answered OK is on the disk of the primary; there are no standbys",
        ),
        (false, _) => {
            let words = format!(
                "{standbys} standbys, none synchronous: the one that takes over lacks the last mail that was answered OK; \
                 set synchronous_standby_names"
            );
            Finding::note(what, words)
        }
    }
}

/// Which frontends there are. Logs, metrics and activity tell them apart by their names.
pub(super) fn judge_frontends(nodes: &[BusyNode]) -> Option<Finding> {
    let what = "frontends";
    let heard = nodes.iter().filter(|node| node.silent < HEARD_WITHIN);
    let names: Vec<&str> = heard.map(|node| node.name.as_str()).collect();
    let twice = names
        .iter()
        .enumerate()
        .find(|(at, name)| names[..*at].contains(name));
    if let Some((_, name)) = twice {
        let words = format!("several are called {name}: give each a node.name of its own");
        return Some(Finding::note(what, words));
    }
    let words = format!("{}: {}", names.len(), names.join(", "));
    (!names.is_empty()).then(|| Finding::good(what, words))
}

/// Whether all frontends together find room for their connections.
pub(super) fn judge_room(connections: u32, server: &ServerLimits) -> Finding {
    let what = "connections";
    let each = u64::from(connections) + CONNECTIONS_BESIDE_POOL;
    let frontends = server.frontends.max(1);
    let wanted = frontends * each;
    let who = match frontends {
        1 => "a frontend".to_owned(),
        count => format!("{count} frontends"),
    };
    let words = format!(
        "{who} may open {wanted}, and the database allows {}",
        server.connections
    );
    if wanted > server.connections {
        let limits =
            "max_connections without those reserved, or the limit of this role or database";
        return Finding::note(
            what,
            format!("{words} ({limits}): then clients wait, or are refused"),
        );
    }
    Finding::good(what, words)
}

/// Times of letters, tokens and activity come from both clocks.
pub(super) fn judge_clock(database_seconds: i64) -> Option<Finding> {
    let ahead = environment::unix_seconds() - database_seconds;
    (ahead.abs() > CLOCK_SECONDS_MAX).then(|| {
        let words =
            format!("this machine's is {ahead} s ahead of the database's: one of them is wrong");
        Finding::bad("clock", words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durability_is_judged_by_what_a_commit_waits_for() {
        for (is_flushed, is_awaited, standbys, synchronous, expected) in [
            (true, false, 0, Some(0), Severity::Good),
            (true, false, 1, Some(0), Severity::Note),
            (true, false, 2, None, Severity::Note),
            (true, true, 1, Some(1), Severity::Good),
            (true, true, 1, None, Severity::Good),
            (true, true, 1, Some(0), Severity::Bad),
            (true, true, 0, Some(0), Severity::Bad),
            (false, true, 1, Some(1), Severity::Bad),
        ] {
            let replication = Replication {
                standbys,
                synchronous,
                is_awaited,
                is_flushed,
                ..Replication::default()
            };
            let finding = judge_replication(&replication);
            assert_eq!(finding.severity, expected, "{}", finding.words);
        }
        let alone = Replication {
            is_flushed: true,
            is_successor: true,
            ..Replication::default()
        };
        assert_eq!(judge_replication(&alone).severity, Severity::Note);
    }

    #[test]
    fn frontends_have_names_of_their_own() {
        let node = |name: &str, silent| BusyNode {
            name: name.to_owned(),
            sessions: 0,
            silent: Duration::from_secs(silent),
        };
        assert!(judge_frontends(&[]).is_none());
        let two = [node("one", 1), node("two", 2)];
        assert_eq!(judge_frontends(&two).unwrap().words, "2: one, two");
        let killed_and_back = [node("one", 30), node("one", 2)];
        let finding = judge_frontends(&killed_and_back).unwrap();
        assert_eq!(finding.severity, Severity::Good);
        let alike = [node("one", 1), node("one", 2)];
        let finding = judge_frontends(&alike).unwrap();
        assert_eq!(finding.severity, Severity::Note);
    }

    #[test]
    fn missing_migrations_are_judged_by_who_can_apply_them() {
        for (does_serve, may, expected) in [
            (true, true, Severity::Note),
            (false, true, Severity::Note),
            (false, false, Severity::Note),
            (true, false, Severity::Bad),
        ] {
            assert_eq!(
                judge_migrations(3, does_serve, may).severity,
                expected,
                "{does_serve} {may}"
            );
        }
    }

    #[test]
    fn connections_are_counted_for_all_frontends() {
        for (connections, frontends, allowed, expected) in [
            (8, 0, 12, Severity::Good),
            (8, 0, 11, Severity::Note),
            (8, 3, 36, Severity::Good),
            (8, 3, 35, Severity::Note),
            (200, 1, 117, Severity::Note),
        ] {
            let server = ServerLimits {
                connections: allowed,
                frontends,
                unix_seconds: 0,
            };
            assert_eq!(judge_room(connections, &server).severity, expected);
        }
    }

    #[test]
    fn clocks_may_be_a_little_apart() {
        let now = environment::unix_seconds();
        assert!(judge_clock(now + 2).is_none() && judge_clock(now - 2).is_none());
        let two_hours_slow = judge_clock(now - 7200).unwrap();
        assert!(two_hours_slow.words.starts_with("this machine's is 720"));
        assert!(judge_clock(now + 7200).is_some());
    }
}
