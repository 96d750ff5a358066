//! The package for Debian: the program, its settings, and its unit.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Release, install, set_mode, write};
use crate::tool::{ChoreError, read, root, run};

pub(super) fn build(release: &Release) -> Result<PathBuf, ChoreError> {
    let folder = release.gathering("debian")?;
    let deploy = root().join("deploy");
    install(&release.program, &folder.join("usr/bin/postroom"), 0o755)?;
    install(
        &deploy.join("systemd/postroom.service"),
        &folder.join("lib/systemd/system/postroom.service"),
        0o644,
    )?;
    install(
        &root().join("docs/postroom.toml"),
        &folder.join("etc/postroom/postroom.toml"),
        0o644,
    )?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        install(
            &root().join(licence),
            &folder.join("usr/share/doc/postroom").join(licence),
            0o644,
        )?;
    }
    write(
        &folder.join("DEBIAN/conffiles"),
        "/etc/postroom/postroom.toml\n",
    )?;
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
