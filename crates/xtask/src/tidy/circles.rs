//! Circles of modules within a crate: files that import one another, directly or by way of others,
//! can only be understood together. Below ten files that is a neighbourhood; from ten on it fails.
//! Declaring a child (`mod`) and handing on what it defines (`pub use`) is no import.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::source::{Source, Use, paths_outside_uses, uses};
use super::tree::{Tree, is_test_file, room_of};

/// More files than this that all import one another have no order in which they can be read.
const FILES_MAX: usize = 9;
/// How many names a path goes through at most before it is given up: `pub use` may go in circles.
const NAMES_MAX: usize = 16;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (room, circle) in largest(tree) {
        if circle.len() > FILES_MAX {
            let words = format!(
                "{} files import one another in a circle, {FILES_MAX} may: {}",
                circle.len(),
                circle.join(", ")
            );
            findings.push(Finding::of(&format!("crates/{room}/src"), words));
        }
    }
    findings
}

/// The largest circle of each crate that has one, as lines to print.
pub(super) fn extremes(tree: &Tree) -> String {
    let mut rows: Vec<_> = largest(tree)
        .into_iter()
        .map(|(room, circle)| (circle.len(), room))
        .collect();
    rows.sort_by(|a, b| b.cmp(a));
    let lines = rows
        .iter()
        .map(|(size, room)| format!("\n  {size:>4} {room}"));
    let lines: String = lines.collect();
    format!("largest circles of files:{lines}\n")
}

/// The largest circle of each crate, as paths below its `src`; only crates that have one.
fn largest(tree: &Tree) -> BTreeMap<&str, Vec<&str>> {
    let mut crates: BTreeMap<&str, Modules<'_>> = BTreeMap::new();
    for (path, text) in tree.files("crates/", ".rs") {
        let Some(room) = room_of(path) else { continue };
        let Some((_, file)) = path.split_once("/src/") else {
            continue;
        };
        if !is_test_file(path) {
            let module = Module::read(file, text);
            crates
                .entry(room)
                .or_default()
                .insert(path_of(file), module);
        }
    }
    let circles = crates.into_iter().map(|(room, modules)| {
        let circle = largest_circle(&imports(&modules));
        let mut files: Vec<_> = circle.iter().map(|path| modules[*path].file).collect();
        files.sort_unstable();
        (room, files)
    });
    circles
        .filter(|(_, circle): &(_, Vec<_>)| circle.len() > 1)
        .collect()
}

/// Each file by its module's path within the crate: `frame::step`; the crate's root has an empty one.
type Modules<'a> = BTreeMap<String, Module<'a>>;
type Imports<'m> = BTreeMap<&'m str, BTreeSet<&'m str>>;

/// One file, as far as imports are concerned.
struct Module<'a> {
    /// Where it lies below `src`.
    file: &'a str,
    uses: Vec<Use>,
    /// Paths that stand in the code itself.
    inline: BTreeSet<String>,
    /// Every word of the code outside `use`.
    words: BTreeSet<String>,
}

impl<'a> Module<'a> {
    fn read(file: &'a str, text: &str) -> Self {
        let code = Source::read(text).shipped();
        let (inline, words) = paths_outside_uses(&code);
        Self {
            file,
            uses: uses(&code),
            inline,
            words,
        }
    }
}

/// The module that a file is. A `main.rs` is the root as well: where there is a library beside it,
/// it names that as another crate and imports nothing by `crate::`.
fn path_of(file: &str) -> String {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let mut names: Vec<_> = stem.split('/').collect();
    if names == ["lib"] || names == ["main"] || names.last() == Some(&"mod") {
        names.pop();
    }
    names.join("::")
}

fn imports<'m>(modules: &'m Modules<'_>) -> Imports<'m> {
    let mut imports = Imports::new();
    for (path, module) in modules {
        let used = module.uses.iter().filter(|used| {
            let is_handed_on = used.is_public && is_below(modules, path, &used.path);
            !is_handed_on || module.words.contains(used.name())
        });
        let named = used.map(|used| &used.path).chain(&module.inline);
        let targets = named.filter_map(|named| target(modules, path, named, NAMES_MAX));
        imports.insert(path, targets.filter(|target| target != path).collect());
    }
    imports
}

/// Whether what `path` names is defined in a child of the module that names it.
fn is_below(modules: &Modules<'_>, from: &str, path: &str) -> bool {
    let target = target(modules, from, path, NAMES_MAX);
    let below = target.and_then(|target| target.strip_prefix(from));
    below.is_some_and(|below| !below.is_empty() && (from.is_empty() || below.starts_with("::")))
}

/// The module that defines what `path` names when it is written in `from`; none outside the crate.
fn target<'m>(
    modules: &'m Modules<'_>,
    from: &str,
    path: &str,
    names_left: usize,
) -> Option<&'m str> {
    let names_left = names_left.checked_sub(1)?;
    let head = path.split("::").next()?;
    let mut at = if head == "crate" { "" } else { from }.to_owned();
    for (i, name) in path.split("::").enumerate() {
        if matches!(name, "crate" | "self" | "*") {
            continue;
        }
        if name == "super" {
            at = at
                .rsplit_once("::")
                .map_or("", |(parent, _)| parent)
                .to_owned();
            continue;
        }
        let below = if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}::{name}")
        };
        if modules.contains_key(&below) {
            at = below;
            continue;
        }
        // A name that the module itself imports may stand for it, but not explain itself.
        let mut uses = modules.get(&at)?.uses.iter();
        match uses.find(|used| used.name() == name && used.path != path) {
            Some(used) => at = target(modules, &at, &used.path, names_left)?.to_owned(),
            None if i == 0 => return None,
            None => break,
        }
    }
    modules.get_key_value(&at).map(|(path, _)| path.as_str())
}

/// The largest set of modules each of which leads to every other.
fn largest_circle<'m>(imports: &Imports<'m>) -> BTreeSet<&'m str> {
    let reached: BTreeMap<_, _> = imports
        .keys()
        .map(|start| (*start, reached(imports, start)))
        .collect();
    let circles = reached.iter().map(|(start, from_start)| {
        let leads_back = |other: &&&str| reached[**other].contains(start);
        from_start.iter().filter(leads_back).copied().collect()
    });
    circles
        .max_by_key(|circle: &BTreeSet<_>| circle.len())
        .unwrap_or_default()
}

/// What `start` imports, directly or by way of others; itself where it stands in a circle.
fn reached<'m>(imports: &Imports<'m>, start: &'m str) -> BTreeSet<&'m str> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![start];
    while let Some(module) = ahead.pop() {
        let imported = imports.get(module).into_iter().flatten();
        ahead.extend(imported.filter(|imported| reached.insert(**imported)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|(file, text)| (format!("crates/a/src/{file}"), *text))
            .collect();
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (path.as_str(), *text))
            .collect();
        let tree = Tree::of(&files);
        let circles = largest(&tree);
        let circle = circles.get("a").into_iter().flatten();
        circle.map(|file| (*file).to_owned()).collect()
    }

    #[test]
    fn every_way_of_naming_a_module_is_an_import() {
        for import in [
            "use crate::c::C;",
            "use super::c::{self, C};",
            "use super::{c, x};",
            "use crate::c as d;",
            "use crate::C;",
            "fn f(c: &crate::c::C) {}",
            "fn f(c: super::c::C) {}",
        ] {
            let found = circle(&[
                ("lib.rs", "mod b; mod c; mod x; pub use c::C;"),
                ("b.rs", import),
                ("c.rs", "use crate::b::B; pub struct C;"),
                ("x.rs", ""),
            ]);
            assert_eq!(found, ["b.rs", "c.rs"], "{import}");
        }
    }

    #[test]
    fn parents_that_declare_and_hand_on_import_nothing() {
        let found = circle(&[
            ("lib.rs", "mod b; pub use b::B; pub struct A;"),
            ("b/mod.rs", "mod c; pub(crate) use c::C; pub struct B;"),
            ("b/c.rs", "use super::B; use crate::A; pub struct C;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn parents_that_use_a_child_import_it() {
        for parent in [
            "mod c; use c::C;",
            "mod c; pub(crate) use c::C; fn f(_: C) {}",
            "mod c; fn f() { c::g() }",
            "mod c; fn f() { self::c::g() }",
        ] {
            let found = circle(&[("b/mod.rs", parent), ("b/c.rs", "use super::B;")]);
            assert_eq!(found, ["b/c.rs", "b/mod.rs"], "{parent}");
        }
    }

    #[test]
    fn tests_comments_and_other_crates_are_no_import() {
        let found = circle(&[
            (
                "b.rs",
                "//! crate::c\n#[cfg(test)]\nmod tests { use crate::c::C; }",
            ),
            ("c.rs", "use crate::b::B; use other::c::C;"),
            ("c/tests.rs", "use crate::c;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn ten_files_in_a_circle_are_too_many() {
        let circle_of = |size: usize| -> Vec<(String, String)> {
            let file = |i: usize| {
                let next = (i + 1) % size;
                (
                    format!("crates/a/src/m{i}.rs"),
                    format!("use crate::m{next}::f{next};"),
                )
            };
            (0..size).map(file).collect()
        };
        let findings = |size: usize| {
            let files = circle_of(size);
            let files: Vec<_> = files
                .iter()
                .map(|(path, text)| (path.as_str(), text.as_str()))
                .collect();
            check(&Tree::of(&files))
        };
        assert!(findings(9).is_empty());
        let [finding] = &findings(10)[..] else {
            panic!("one finding is expected");
        };
        assert!(finding.words.starts_with("10 files import one another"));
        assert!(finding.words.contains("m0.rs, m1.rs"));
    }

    #[test]
    fn the_extremes_name_each_crate_with_a_circle() {
        let tree = Tree::of(&[
            ("crates/a/src/b.rs", "use crate::c::C;"),
            ("crates/a/src/c.rs", "use crate::b::B;"),
            ("crates/d/src/lib.rs", "fn f() {}"),
        ]);
        assert_eq!(extremes(&tree), "largest circles of files:\n     2 a\n");
    }
}
