//! Running other programs in the repository, and saying in one line what went wrong.

use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a chore stopped, in one line for the person at the terminal.
#[derive(Debug)]
pub(crate) struct ChoreError(String);

impl ChoreError {
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }

    /// Makes an error for `map_err`: what was tried, then the cause.
    pub(crate) fn at<E: fmt::Display>(what: impl fmt::Display) -> impl FnOnce(E) -> Self {
        move |cause| Self(format!("{what}: {cause}"))
    }
}

impl fmt::Display for ChoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The repository's root, known since this crate was compiled.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The cargo that runs this chore, at the repository's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root());
    // What `cargo run` says of this crate. ring's build script looks at it, so with it everything
    // above ring would be compiled again, now one way and now the other.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs with our own input and output; a failure names the command.
pub(crate) fn run(command: &mut Command) -> Result<(), ChoreError> {
    let line = shown(command);
    eprintln!("$ {line}");
    let status = command.status().map_err(ChoreError::at(&line))?;
    if status.success() {
        Ok(())
    } else {
        Err(ChoreError::new(format!("{line}: {status}")))
    }
}

/// As [`run`], for a program that ends with a line about what went wrong, which the failure carries.
pub(crate) fn run_until_last_word(command: &mut Command) -> Result<(), ChoreError> {
    let line = shown(command);
    eprintln!("$ {line}");
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .map_err(ChoreError::at(&line))?;
    let last_word = child.stderr.take().map(pass_on).unwrap_or_default();
    let status = child.wait().map_err(ChoreError::at(&line))?;
    if status.success() {
        Ok(())
    } else {
        Err(ChoreError::new(format!("{line}: {status}: {last_word}")))
    }
}

/// Prints as it comes, and returns the last line with words in it.
fn pass_on(words: impl Read) -> String {
    let mut last = String::new();
    for line in BufReader::new(words).lines().map_while(Result::ok) {
        eprintln!("{line}");
        if !line.trim().is_empty() {
            last = line;
        }
    }
    last
}

/// Builds by cargo's `what` and returns where this program of ours is then.
pub(crate) fn build_program(what: &[&str], name: &str) -> Result<PathBuf, ChoreError> {
    let mut build = cargo(&["build", "--message-format", "json-render-diagnostics"]);
    build.args(what).stderr(Stdio::inherit());
    let output = build.output().map_err(ChoreError::at("cargo build"))?;
    if !output.status.success() {
        return Err(ChoreError::new(format!("{name} does not build")));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    executable(&messages, name)
        .ok_or_else(|| ChoreError::new(format!("cargo does not say where {name} is")))
}

/// The path in cargo's message about the program that it built.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut paths = messages.filter_map(|message: serde_json::Value| {
        let is_ours = message.get("target")?.get("name")? == name;
        let path = message.get("executable")?.as_str()?;
        is_ours.then(|| PathBuf::from(path))
    });
    paths.next_back()
}

/// Runs silently and returns what was written; a failure carries the last line of what was said.
pub(crate) fn read(command: &mut Command) -> Result<String, ChoreError> {
    let line = shown(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(ChoreError::at(&line))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said
        .lines()
        .rfind(|said| !said.trim().is_empty())
        .unwrap_or("it said nothing");
    Err(ChoreError::new(format!(
        "{line}: {}: {last}",
        output.status
    )))
}

/// Whether a program of this name can be started.
pub(crate) fn is_installed(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else {
        return false;
    };
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether `cargo NAME` exists.
pub(crate) fn has_cargo_command(name: &str) -> bool {
    is_installed(&format!("cargo-{name}"))
        || std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
            .is_some_and(|home| home.join("bin").join(format!("cargo-{name}")).is_file())
}

/// The program's name and its arguments, to print.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(OsStr::new("?"));
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_carries_the_last_line() {
        let script = "echo one >&2; echo two >&2; echo >&2; exit 3";
        let error = run_until_last_word(Command::new("sh").args(["-c", script])).unwrap_err();
        assert!(
            error.to_string().ends_with("exit status: 3: two"),
            "{error}"
        );
    }

    #[test]
    fn the_program_is_found_among_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"other"},"executable":"/x/other"}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"postroom"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"postroom"},"executable":"/x/postroom"}"#,
            "\n{\"reason\":\"build-finished\"}\n",
        );
        assert_eq!(
            executable(messages, "postroom"),
            Some(PathBuf::from("/x/postroom"))
        );
        assert_eq!(executable("", "postroom"), None);
    }
}
