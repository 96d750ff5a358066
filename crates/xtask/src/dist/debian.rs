//! The package for Debian: the program, its settings, and its unit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Release, install, set_mode, write};
use crate::tool::{ChoreError, read, root, run};

/// Where shells look for what completes the commands of a package.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/postroom"),
    ("fish", "usr/share/fish/vendor_completions.d/postroom.fish"),
    ("zsh", "usr/share/zsh/vendor-completions/_postroom"),
];

pub(super) fn build(release: &Release) -> Result<PathBuf, ChoreError> {
    let folder = release.gathering("debian")?;
    let deploy = root().join("deploy");
    install(&release.program, &folder.join("usr/bin/postroom"), 0o755)?;
    for unit in ["postroom.service", "postroom@.service"] {
        let written = folder.join("lib/systemd/system").join(unit);
        install(&deploy.join("systemd").join(unit), &written, 0o644)?;
    }
    manual(release, &folder.join("usr/share/man/man1"))?;
    for (shell, script) in COMPLETIONS {
        let said = read(Command::new(&release.program).args(["completions", shell]))?;
        let path = folder.join(script);
        write(&path, &said)?;
        set_mode(&path, 0o644)?;
    }
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        install(
            &root().join(licence),
            &folder.join("usr/share/doc/postroom").join(licence),
            0o644,
        )?;
    }
    let documentation = folder.join("usr/share/doc/postroom");
    documents(&documentation)?;
    install(
        &deploy.join("debian/copyright"),
        &documentation.join("copyright"),
        0o644,
    )?;
    history(release, &documentation)?;
    for script in ["postinst", "prerm", "postrm"] {
        install(
            &deploy.join("debian").join(script),
            &folder.join("DEBIAN").join(script),
            0o755,
        )?;
    }
    let control = deploy.join("debian/control");
    let control = fs::read_to_string(&control).map_err(ChoreError::at(control.display()))?;
    let control = control
        .replace("@VERSION@", &release.version)
        .replace("@ARCHITECTURE@", release.architecture)
        .replace("@SIZE@", &kibibytes(&folder)?)
        .replace("@LIBC@", &libc_needed(release)?);
    let written = folder.join("DEBIAN/control");
    write(&written, &control)?;
    set_mode(&written, 0o644)?;

    let name = format!("postroom_{}_{}.deb", release.version, release.architecture);
    let package = release.folder.join(name);
    let mut dpkg = Command::new("dpkg-deb");
    dpkg.env("SOURCE_DATE_EPOCH", &release.epoch)
        .args(["--root-owner-group", "-Zxz", "--build"])
        .args([&folder, &package]);
    run(&mut dpkg)?;
    Ok(package)
}

/// What an operator reads, and what the documents tell one to copy, at the places to which their links lead.
fn documents(folder: &Path) -> Result<(), ChoreError> {
    for part in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs",
        "deploy",
    ] {
        run(Command::new("cp")
            .arg("--recursive")
            .arg(root().join(part))
            .arg(folder))?;
    }
    run(Command::new("chmod")
        .args(["--recursive", "u=rwX,go=rX"])
        .arg(folder))
}

/// The list of changes as Debian's tools read it: of which version, and when. What changed is in CHANGELOG.md.
fn history(release: &Release, folder: &Path) -> Result<(), ChoreError> {
    let date = read(
        Command::new("date")
            .args(["--utc", "--rfc-email", "--date"])
            .arg(format!("@{}", release.epoch)),
    )?;
    let file = folder.join("changelog.Debian");
    let text = format!(
        "postroom ({}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- The Postroom developers <postroom@localhost>  {}\n",
        release.version,
        date.trim()
    );
    write(&file, &text)?;
    set_mode(&file, 0o644)?;
    run(Command::new("gzip").args(["-9", "--no-name"]).arg(&file))
}

/// The manual pages, as Debian keeps them.
fn manual(release: &Release, folder: &Path) -> Result<(), ChoreError> {
    run(Command::new(&release.program).arg("manual").arg(folder))?;
    // Without the time, so that the same bytes come out each time.
    run(Command::new("gzip")
        .args(["-9", "--no-name", "--recursive"])
        .arg(folder))
}

fn kibibytes(folder: &Path) -> Result<String, ChoreError> {
    let mut du = Command::new("du");
    let said = read(
        du.args(["--summarize", "--apparent-size", "--block-size=1024"])
            .arg(folder),
    )?;
    Ok(said.split_whitespace().next().unwrap_or("0").to_owned())
}

/// The oldest version of the C library that has all that the program calls.
fn libc_needed(release: &Release) -> Result<String, ChoreError> {
    let symbols = read(Command::new("objdump").arg("-T").arg(&release.program))?;
    Ok(newest_version(&symbols).map_or_else(
        || "2".to_owned(),
        |(major, minor)| format!("{major}.{minor}"),
    ))
}

fn newest_version(symbols: &str) -> Option<(u32, u32)> {
    symbols
        .split("GLIBC_")
        .skip(1)
        .filter_map(|rest| {
            let version = rest
                .split(|sign: char| !sign.is_ascii_digit() && sign != '.')
                .next()?;
            let mut numbers = version.split('.').map_while(|number| number.parse().ok());
            Some((numbers.next()?, numbers.next().unwrap_or(0)))
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::newest_version;

    #[test]
    fn the_newest_symbol_decides() {
        let symbols =
            "0 DF *UND* 0 (GLIBC_2.2.5) read\n0 DF *UND* 0 (GLIBC_2.34) stat\n0 (GLIBC_2.4) x\n";
        assert_eq!(newest_version(symbols), Some((2, 34)));
        assert_eq!(newest_version("0 x"), None);
    }
}
