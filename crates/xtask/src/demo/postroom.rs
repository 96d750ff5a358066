//! The real `postroom`, called from outside with settings of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::certificate::{self, Certificate};
use super::options::Options;
use crate::tool::{ChoreError, build_program, is_installed, read, shown};

/// A built program, a folder for what it needs, and a database.
#[derive(Debug)]
pub(super) struct Postroom {
    program: PathBuf,
    folder: PathBuf,
    certificate: Certificate,
    /// The settings that every node and every verb gets.
    settings: String,
}

impl Postroom {
    /// Settings below `folder`, with `more` of them, which only this user may enter.
    pub(super) fn new(
        program: PathBuf,
        folder: &Path,
        database: &str,
        more: &str,
    ) -> Result<Self, ChoreError> {
        std::fs::create_dir(folder).map_err(ChoreError::at(folder.display()))?;
        make_private(folder)?;
        let certificate = certificate::make(folder)?;
        let settings = format!(
            "[database]\nurl = \"{database}\"\n\
             [tls]\ncertificate = \"{}\"\nkey = \"{}\"\n\
             [login]\nwithout_tls = \"loopback\"\nwaiting_max = {MANY}\n\
             [limits]\nconnections_per_address = {MANY}\nconnections_per_user = {MANY}\n\
             [timeouts]\ndrain = \"200ms\"\nstop = \"10s\"\n{more}",
            certificate.chain.display(),
            certificate.key.display(),
        );
        let postroom = Self {
            program,
            folder: folder.to_owned(),
            certificate,
            settings,
        };
        postroom.write_settings("verbs", "")?;
        Ok(postroom)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The certificate that a client may trust.
    pub(super) fn certificate(&self) -> &Path {
        &self.certificate.chain
    }

    /// What a person types before a verb.
    pub(super) fn words(&self) -> String {
        let settings = self.folder.join("verbs.toml");
        format!("{} --config {}", self.program.display(), settings.display())
    }

    /// Runs a verb to its end.
    pub(super) fn run(&self, verb: &[&str]) -> Result<String, ChoreError> {
        read(self.verb(verb).stdin(Stdio::null()))
    }

    /// Runs a verb that reads a password.
    pub(super) fn run_with_password(
        &self,
        verb: &[&str],
        password: &str,
    ) -> Result<(), ChoreError> {
        let mut command = self.verb(verb);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let line = shown(&command);
        let mut process = command.spawn().map_err(ChoreError::at(&line))?;
        if let Some(mut input) = process.stdin.take() {
            input
                .write_all(password.as_bytes())
                .map_err(ChoreError::at(&line))?;
        }
        let output = process.wait_with_output().map_err(ChoreError::at(&line))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(ChoreError::new(format!("{line}: {}", said.trim())))
    }

    /// A command with the common settings and `more`. Its process ends when this one does, however it ends.
    pub(super) fn command_until_we_end(
        &self,
        name: &str,
        more: &str,
    ) -> Result<Command, ChoreError> {
        use std::os::unix::process::CommandExt;

        let settings = self.write_settings(name, more)?;
        let mut command = if is_installed("setpriv") {
            let mut setpriv = Command::new("setpriv");
            setpriv
                .args(["--pdeathsig", "TERM", "--"])
                .arg(&self.program);
            setpriv
        } else {
            Command::new(&self.program)
        };
        // A group of its own: Ctrl-C is for us, and we stop things in their order.
        command.process_group(0).arg("--config").arg(settings);
        without_our_settings(&mut command);
        Ok(command)
    }

    fn verb(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--config")
            .arg(self.folder.join("verbs.toml"))
            .args(verb);
        without_our_settings(&mut command);
        command
    }

    fn write_settings(&self, name: &str, more: &str) -> Result<PathBuf, ChoreError> {
        let path = self.folder.join(format!("{name}.toml"));
        let text = format!("{}{more}", self.settings);
        std::fs::write(&path, text).map_err(ChoreError::at(path.display()))?;
        Ok(path)
    }
}

/// Builds the server, where none is given, and returns its path.
pub(super) fn build(options: &Options) -> Result<PathBuf, ChoreError> {
    if let Some(program) = &options.program {
        return std::path::absolute(program).map_err(ChoreError::at(program.display()));
    }
    let mut what = vec!["--package", "postroom-server", "--bin", "postroom"];
    if !options.is_debug_build {
        what.push("--release");
    }
    build_program(&what, "postroom")
}

/// The demo is the same whatever the person has configured for a server of their own.
fn without_our_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("POSTROOM_") {
            command.env_remove(name);
        }
    }
}

fn make_private(folder: &Path) -> Result<(), ChoreError> {
    use std::os::unix::fs::PermissionsExt;

    let only_us = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder, only_us).map_err(ChoreError::at(folder.display()))
}

/// A limit that no load tool on this machine reaches.
const MANY: usize = 20_000;
