//! The room map in `docs/ARCHITECTURE.md` equals the manifests: every room is on it, and uses rooms
//! on lower floors only.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::tree::{Tree, room_of};

const MAP: &str = "docs/ARCHITECTURE.md";
const OPENS: &str = "<!-- room map";
const CLOSES: &str = "<!-- end of room map -->";

/// How high a room lies. Dev rooms lie above every floor and beside one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Floor {
    Numbered(u8),
    Dev,
}

/// Every room on the map with its floor; empty where there is no map.
pub(super) fn map(tree: &Tree) -> BTreeMap<&str, Floor> {
    let text = tree.text(MAP).unwrap_or_default();
    let block = text
        .split(OPENS)
        .nth(1)
        .and_then(|rest| rest.split(CLOSES).next());
    block
        .unwrap_or_default()
        .lines()
        .filter_map(row)
        .flatten()
        .collect()
}

/// `floor 1  acl  auth` or `dev  xtask`, up to a run of words after two dashes.
fn row(line: &str) -> Option<impl Iterator<Item = (&str, Floor)>> {
    let rooms = line.split("--").next()?;
    let mut words = rooms.split_whitespace();
    let floor = match words.next()? {
        "floor" => Floor::Numbered(words.next()?.parse().ok()?),
        "dev" => Floor::Dev,
        _ => return None,
    };
    Some(words.map(move |room| (room, floor)))
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let map = map(tree);
    if map.is_empty() {
        return vec![Finding::of(MAP, "has no room map between its two marks")];
    }
    let mut findings = Vec::new();
    let manifests: BTreeMap<_, _> = tree
        .files("crates/", "/Cargo.toml")
        .filter_map(|(path, text)| Some((room_of(path)?, (path, text))))
        .collect();
    for room in map.keys().filter(|room| !manifests.contains_key(*room)) {
        findings.push(Finding::of(
            MAP,
            format!("{room} is on the map, but has no manifest"),
        ));
    }
    for (room, (path, text)) in manifests {
        match map.get(room) {
            None => findings.push(Finding::of(
                path,
                format!("{room} is not on the map in {MAP}"),
            )),
            Some(&floor) => findings.extend(manifest(path, text, room, floor, &map)),
        }
    }
    findings
}

fn manifest(
    path: &str,
    text: &str,
    room: &str,
    floor: Floor,
    map: &BTreeMap<&str, Floor>,
) -> Vec<Finding> {
    let manifest: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(cause) => return vec![Finding::of(path, format!("is no TOML: {cause}"))],
    };
    let mut findings = Vec::new();
    let package = manifest
        .get("package")
        .and_then(|package| package.get("name")?.as_str());
    let expected = if room == "xtask" {
        room.to_owned()
    } else {
        format!("postroom-{room}")
    };
    if package != Some(expected.as_str()) {
        findings.push(Finding::of(
            path,
            format!("the package of this room is called {expected}"),
        ));
    }
    if manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        != Some(&true.into())
    {
        findings.push(Finding::of(path, "does not take the workspace's lints"));
    }
    for (section, is_dev) in [
        ("dependencies", false),
        ("build-dependencies", false),
        ("dev-dependencies", true),
    ] {
        let Some(toml::Value::Table(used)) = manifest.get(section) else {
            continue;
        };
        for (used, &below) in used
            .keys()
            .filter_map(|used| map.get_key_value(used.as_str()))
        {
            let may = below < floor || floor == Floor::Dev || (is_dev && below == Floor::Dev);
            if !may {
                let words = format!("{room} may not use {used}, which is on no lower floor");
                findings.push(Finding::of(path, words));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARCHITECTURE: &str = "\
        # Map\n<!-- room map, read by `cargo xtask tidy` -->\n```text\n\
        floor 2   store          -- what is promised\n\
        floor 1   acl  bus\n\
        floor 0   mail\n\
        dev       testkit\n```\n<!-- end of room map -->\nfloor 9 nonsense\n";

    fn manifest_of(room: &str, tail: &str) -> String {
        format!("[package]\nname = \"postroom-{room}\"\n[lints]\nworkspace = true\n{tail}")
    }

    fn findings(store: &str, bus: &str) -> Vec<String> {
        let (store, bus) = (manifest_of("store", store), manifest_of("bus", bus));
        let (mail, acl) = (manifest_of("mail", ""), manifest_of("acl", ""));
        let testkit = manifest_of("testkit", "[dependencies]\nstore.workspace = true");
        let tree = Tree::of(&[
            (MAP, ARCHITECTURE),
            ("crates/store/Cargo.toml", &store),
            ("crates/bus/Cargo.toml", &bus),
            ("crates/mail/Cargo.toml", &mail),
            ("crates/acl/Cargo.toml", &acl),
            ("crates/testkit/Cargo.toml", &testkit),
        ]);
        check(&tree)
            .into_iter()
            .map(|finding| finding.words)
            .collect()
    }

    #[test]
    fn lower_floors_may_be_used() {
        let store =
            "[dependencies]\nmail.workspace = true\nbus = { workspace = true }\nserde = \"1\"";
        assert_eq!(findings(store, ""), Vec::<String>::new());
    }

    #[test]
    fn the_same_floor_and_higher_ones_may_not() {
        let expected = ["bus may not use acl, which is on no lower floor"];
        assert_eq!(
            findings("", "[dependencies]\nacl.workspace = true"),
            expected
        );
        let expected = ["bus may not use store, which is on no lower floor"];
        assert_eq!(
            findings("", "[dev-dependencies]\nstore.workspace = true"),
            expected
        );
    }

    #[test]
    fn only_tests_may_use_dev_rooms() {
        assert!(findings("[dev-dependencies]\ntestkit.workspace = true", "").is_empty());
        assert_eq!(
            findings("[dependencies]\ntestkit.workspace = true", "").len(),
            1
        );
    }

    #[test]
    fn the_map_and_the_folders_are_the_same_rooms() {
        let text = manifest_of("attic", "");
        let mail = manifest_of("mail", "");
        let map = "<!-- room map -->\nfloor 0 mail cellar\n<!-- end of room map -->";
        let tree = Tree::of(&[
            (MAP, map),
            ("crates/attic/Cargo.toml", &text),
            ("crates/mail/Cargo.toml", &mail),
        ]);
        let words: Vec<_> = check(&tree)
            .into_iter()
            .map(|finding| finding.words)
            .collect();
        assert_eq!(
            words,
            [
                "cellar is on the map, but has no manifest".to_owned(),
                format!("attic is not on the map in {MAP}"),
            ]
        );
    }

    #[test]
    fn a_room_is_called_by_its_folder_and_takes_the_lints() {
        let map = "<!-- room map -->\nfloor 0 mail\n<!-- end of room map -->";
        let tree = Tree::of(&[
            (MAP, map),
            ("crates/mail/Cargo.toml", "[package]\nname = \"mail\"\n"),
        ]);
        assert_eq!(check(&tree).len(), 2);
    }

    #[test]
    fn a_missing_map_is_a_finding() {
        assert_eq!(check(&Tree::of(&[(MAP, "floor 0 mail")])).len(), 1);
    }
}
