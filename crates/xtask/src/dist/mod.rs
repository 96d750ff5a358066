//! `cargo xtask dist`: what a release publishes, in `target/dist`.
//!
//! Of one commit the same files come out each time on the same system: their times are that of the commit, their lists are
//! sorted, and the program does not know where it was built.

mod debian;
mod image;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tool::{ChoreError, cargo, read, root, run as run_tool};

/// What all files of a release have in common.
struct Release {
    version: String,
    /// The architecture as Debian and OCI call it.
    architecture: &'static str,
    /// The time of the commit, in seconds since 1970.
    epoch: String,
    /// The program, without what only debuggers read.
    program: PathBuf,
    /// Where the files are put.
    folder: PathBuf,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), ChoreError> {
    if !arguments.is_empty() {
        return Err(ChoreError::new("dist takes no arguments"));
    }
    let release = Release::build()?;
    let files = [
        debian::build(&release)?,
        image::build(&release)?,
        sbom::build(&release)?,
    ];
    let mut sums = String::new();
    for file in &files {
        let bytes = fs::read(file).map_err(ChoreError::at(file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        sums.push_str(&format!("{}  {name}\n", sha256(&bytes)));
        println!("{} ({} KiB)", file.display(), bytes.len() / 1024);
    }
    write(&release.folder.join("SHA256SUMS"), &sums)
}

impl Release {
    fn build() -> Result<Self, ChoreError> {
        let folder = root().join("target/dist");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(ChoreError::at(folder.display()))?;
        }
        fs::create_dir_all(&folder).map_err(ChoreError::at(folder.display()))?;
        let epoch =
            read(
                Command::new("git")
                    .current_dir(root())
                    .args(["log", "-1", "--format=%ct"]),
            )?;
        let built = root().join("target/release/postroom");
        let mut build = cargo(&[
            "build",
            "--release",
            "--locked",
            "--package",
            "postroom-server",
            "--bin",
            "postroom",
        ]);
        run_tool(&mut build)?;
        let program = folder.join("postroom");
        run_tool(
            Command::new("strip")
                .args(["--strip-all", "-o"])
                .args([&program, &built]),
        )?;
        let said = read(Command::new(&program).arg("--version"))?;
        let version = said.split_whitespace().nth(1).unwrap_or_default();
        Ok(Self {
            version: version.to_owned(),
            architecture: match std::env::consts::ARCH {
                "x86_64" => "amd64",
                "aarch64" => "arm64",
                other => other,
            },
            epoch: epoch.trim().to_owned(),
            program,
            folder,
        })
    }

    /// A folder to gather files in, beside those of the release, until it is packed.
    fn gathering(&self, name: &str) -> Result<PathBuf, ChoreError> {
        let folder = root().join("target/dist-work").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(ChoreError::at(folder.display()))?;
        }
        fs::create_dir_all(&folder).map_err(ChoreError::at(folder.display()))?;
        Ok(folder)
    }
}

/// Copies a file below `to`, with its folders, and gives it a mode.
fn install(from: &Path, to: &Path, mode: u32) -> Result<(), ChoreError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(ChoreError::at(folder.display()))?;
    }
    fs::copy(from, to).map_err(ChoreError::at(from.display()))?;
    set_mode(to, mode)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), ChoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(ChoreError::at(path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), ChoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(ChoreError::at(folder.display()))?;
    }
    fs::write(path, text).map_err(ChoreError::at(path.display()))
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
