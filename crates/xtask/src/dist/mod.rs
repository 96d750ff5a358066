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

use crate::packages::{install as install_package, may_install};
use crate::tool::{ChoreError, cargo, is_installed, read, root, run as run_tool};

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
    let is_debug = match arguments {
        [] => false,
        [only] if only == "--debug" => true,
        _ => return Err(ChoreError::new("dist takes --debug, or nothing")),
    };
    let release = Release::build(is_debug)?;
    let [image, digest] = image::build(&release)?;
    let files = [
        debian::build(&release)?,
        image,
        digest,
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

/// Packs a debug build, and installs and runs what came of it in a Debian of its own, where one can be had.
pub(crate) fn check() -> Result<(), ChoreError> {
    let needed = [
        ("mmdebstrap", "mmdebstrap"),
        ("systemd-nspawn", "systemd-container"),
    ];
    for (program, package) in needed {
        if !rustix::process::geteuid().is_root() || !may_have(program, package) {
            eprintln!("{program} cannot be used here: the package and the image were not tried");
            return Ok(());
        }
    }
    run(&["--debug".to_owned()])?;
    let target = root().join("target");
    let mut trial = Command::new(root().join("tests/package/run"));
    run_tool(trial.args([target.join("dist"), target.join("package")]))
}

/// Installs `package` where its `program` is missing and that is possible.
fn may_have(program: &str, package: &str) -> bool {
    is_installed(program) || may_install() && install_package(package).is_ok()
}

impl Release {
    /// Builds the program as servers have it: without a private PostgreSQL. A debug build is packed to try the packing.
    fn build(is_debug: bool) -> Result<Self, ChoreError> {
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
        let mut build = cargo(&["build", "--locked", "--package", "postroom-server"]);
        build.args(["--bin", "postroom", "--no-default-features"]);
        let profile = if is_debug { "debug" } else { "release" };
        if !is_debug {
            build.arg("--release");
        }
        run_tool(&mut build)?;
        let built = root().join("target").join(profile).join("postroom");
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
