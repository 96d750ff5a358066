//! What a target begins with: what is committed for it, and what the repository has anyway.

use std::path::{Path, PathBuf};

/// Of messages that lie beside the repository, those that are no longer than this.
const MESSAGE_BYTES_MAX: u64 = 4 * 1024;

/// The committed inputs of a target.
pub(crate) fn committed(target: &str) -> Result<Vec<Vec<u8>>, String> {
    let folder = root().join("tests/fuzz").join(target);
    let paths = files_below(&folder);
    if paths.is_empty() {
        return Err(format!("nothing in {}", folder.display()));
    }
    read_all(&paths)
}

/// What else there is to change: commands from the talks, messages from `../shared/corpus`.
pub(crate) fn found(target: &str) -> Result<Vec<Vec<u8>>, String> {
    match target {
        "commands" => commands_of_talks(),
        "messages" => {
            let mut paths = files_below(&root().join("../shared/corpus"));
            let is_short = |path: &PathBuf| {
                path.metadata()
                    .is_ok_and(|file| file.len() <= MESSAGE_BYTES_MAX)
            };
            paths.retain(is_short);
            read_all(&paths)
        }
        _ => Ok(Vec::new()),
    }
}

/// Where inputs are written down before they are tried.
pub(crate) fn scratch() -> PathBuf {
    root().join("target/fuzz")
}

/// Each command that stands on one line of a talk, its literals as they are sent.
fn commands_of_talks() -> Result<Vec<Vec<u8>>, String> {
    let mut commands = Vec::new();
    for path in files_below(&root().join("tests/talks")) {
        let talk = std::fs::read(&path).map_err(|cause| format!("{}: {cause}", path.display()))?;
        let talk = String::from_utf8_lossy(&talk);
        let said = talk.lines().filter_map(|line| line.split_once("> "));
        commands.extend(said.filter_map(|(_, text)| on_one_line(text.trim_start())));
    }
    Ok(commands)
}

fn on_one_line(text: &str) -> Option<Vec<u8>> {
    let mut command = String::from("a1 ");
    let mut rest = text;
    while let Some((before, literal)) = rest.split_once(">>") {
        let (inside, after) = literal.get(1..)?.split_once("<<<")?;
        let length = inside.len();
        command.push_str(&format!("{before}{{{length}+}}\r\n{inside}"));
        rest = after;
    }
    command.push_str(rest);
    command.push_str("\r\n");
    Some(command.into_bytes())
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, String> {
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|cause| format!("{}: {cause}", path.display()))
    };
    paths.iter().map(read).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[cfg(test)]
mod tests {
    use super::on_one_line;

    #[test]
    fn literals_of_a_talk_are_sent() {
        let command = on_one_line("LOGIN >>+ada<<< >>>pass<<<").unwrap();
        assert_eq!(command, b"a1 LOGIN {3+}\r\nada {4+}\r\npass\r\n");
        assert_eq!(on_one_line("APPEND INBOX >>>"), None);
    }
}
