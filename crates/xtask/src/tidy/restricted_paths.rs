//! Paths that only some rooms may name: what does I/O, and what is one room's own tool. Tests may name more,
//! and so may dev rooms.

use super::finding::Finding;
use super::rooms::{self, Floor};
use super::source::{Source, uses};
use super::tree::{Tree, is_test_file, room_of};

/// A path and the rooms that may name it.
struct RestrictedPath {
    path: &'static str,
    rooms: &'static [&'static str],
    why: &'static str,
}

/// `private-pg` starts a PostgreSQL beside the server, so it may name some of what the server may.
const RESTRICTED_PATHS: &[RestrictedPath] = &[
    only("sqlx", &["store"], "SQL is the store's"),
    only("mail_parser", &["mime"], "messages are taken apart in mime"),
    only("imap_codec", &["wire"], "the grammar is the wire's"),
    only("imap_types", &["wire"], "the grammar is the wire's"),
    only("rustls", &["server", "ldap"], "TLS is the server's"),
    only("tokio_rustls", &["server"], "TLS is the server's"),
    only("tokio::net", &["server"], "sockets are the server's"),
    only(
        "std::net::TcpListener",
        &["server", "private-pg"],
        "sockets are the server's",
    ),
    only(
        "std::net::TcpStream",
        &["server", "private-pg"],
        "sockets are the server's",
    ),
    only(
        "std::env",
        &["server", "private-pg"],
        "configuration is read once",
    ),
    only(
        "std::fs",
        &["server", "private-pg"],
        "files are the server's",
    ),
    only(
        "std::process",
        &["server", "private-pg"],
        "processes are the server's",
    ),
    only(
        "std::thread::spawn",
        &["server"],
        "only the server starts what runs",
    ),
    only("std::thread::sleep", &["private-pg"], "time is an argument"),
    only(
        "tokio::spawn",
        &["server"],
        "only the server starts what runs",
    ),
    only(
        "tokio::task::spawn",
        &["server"],
        "only the server starts what runs",
    ),
    only("tokio::time", &["server"], "time is an argument"),
    only(
        "Instant::now",
        &["server", "private-pg"],
        "time is an argument",
    ),
    only(
        "SystemTime::now",
        &["server", "private-pg"],
        "time is an argument",
    ),
];

const fn only(
    path: &'static str,
    rooms: &'static [&'static str],
    why: &'static str,
) -> RestrictedPath {
    RestrictedPath { path, rooms, why }
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let map = rooms::map(tree);
    let mut findings = Vec::new();
    for (path, text) in tree.files("crates/", ".rs") {
        let Some(room) = room_of(path) else { continue };
        // A build script runs when the room is built, and is not in it.
        let is_build_script = path.ends_with("/build.rs");
        if is_test_file(path) || is_build_script || map.get(room) == Some(&Floor::Dev) {
            continue;
        }
        for (line, restricted) in restricted_in(&Source::read(text).shipped()) {
            if !restricted.rooms.contains(&room) {
                let words = format!(
                    "{} does not belong into {room}: {}",
                    restricted.path, restricted.why
                );
                findings.push(Finding::at(path, line, words));
            }
        }
    }
    findings
}

/// Every restricted path that the code names, once a line.
fn restricted_in(code: &str) -> Vec<(usize, &'static RestrictedPath)> {
    let written = code
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.to_owned()));
    let used = uses(code).into_iter().map(|used| (used.line, used.path));
    let mut found = Vec::new();
    for (line, words) in written.chain(used) {
        for restricted in RESTRICTED_PATHS
            .iter()
            .filter(|restricted| names(&words, restricted.path))
        {
            if !found.iter().any(|&(at, known): &(usize, &RestrictedPath)| {
                at == line && known.path == restricted.path
            }) {
                found.push((line, restricted));
            }
        }
    }
    found
}

/// Whether `words` contain this very path, not one that only begins or ends alike.
fn names(words: &str, path: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    words.match_indices(path).any(|(at, _)| {
        let before = words[..at].chars().next_back();
        let after = words[at + path.len()..].chars().next();
        // A crate's name alone counts only as the head of a path: `store.sqlx` is somebody's field.
        let is_head = path.contains("::") || after == Some(':');
        is_head
            && !before.is_some_and(|c| is_letter(c) || c == '.')
            && !after.is_some_and(is_letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "<!-- room map -->\nfloor 5 server\nfloor 2 store\nfloor 1 acl\n\
                       dev xtask\n<!-- end of room map -->";

    fn found(path: &str, text: &str) -> Vec<usize> {
        let tree = Tree::of(&[("docs/ARCHITECTURE.md", MAP), (path, text)]);
        check(&tree)
            .into_iter()
            .filter_map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn sql_is_the_stores() {
        let text = "//! A\nfn f(pool: sqlx::PgPool) {}\n";
        assert_eq!(found("crates/acl/src/lib.rs", text), [2]);
        assert!(found("crates/store/src/lib.rs", text).is_empty());
        assert!(found("crates/xtask/src/main.rs", text).is_empty());
    }

    #[test]
    fn the_outside_world_is_the_servers() {
        let named = [
            "use tokio::net::TcpStream;",
            "use std::{env, fmt};",
            "let now = Instant::now();",
            "let now = std::time::SystemTime::now();",
            "tokio::spawn(async {});",
            "std::thread::spawn(|| {});",
        ];
        for code in named {
            assert_eq!(found("crates/store/src/lib.rs", code), [1], "{code}");
            assert!(
                found("crates/server/src/main.rs", code).is_empty(),
                "{code}"
            );
        }
    }

    #[test]
    fn time_below_the_server_is_an_argument() {
        for code in [
            "tokio::time::sleep(PAUSE).await;",
            "use tokio::{sync, time};",
        ] {
            assert_eq!(found("crates/acl/src/lib.rs", code), [1], "{code}");
            assert!(found("crates/server/src/main.rs", code).is_empty());
        }
    }

    #[test]
    fn words_and_tests_name_nothing() {
        let text = "//! Never `std::env`.\n// Instant::now\nlet x = \"sqlx::\"; my_sqlx::f(); a.sqlx::<u8>();\n\
                    #[cfg(test)]\nmod tests { use std::env; }\n";
        assert!(found("crates/acl/src/lib.rs", text).is_empty());
        assert!(found("crates/acl/tests/promises.rs", "use std::env;").is_empty());
        assert!(found("crates/acl/src/tests/table.rs", "use std::env;").is_empty());
    }
}
