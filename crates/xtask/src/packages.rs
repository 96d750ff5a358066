//! What chores need of the system: Debian's packages, which are installed where we are root.

use std::process::Command;

use crate::tool::{ChoreError, is_installed, read};

/// Whether packages can be installed here.
pub(crate) fn may_install() -> bool {
    rustix::process::geteuid().is_root() && is_installed("apt-get")
}

/// Installs Debian's `package`.
pub(crate) fn install(package: &str) -> Result<(), ChoreError> {
    eprintln!("installing Debian's {package}");
    let quietly = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        // A service that comes with a program is not started.
        let apt = apt
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("RUNLEVEL", "1");
        read(apt).map(drop)
    };
    quietly(&["update", "--quiet"])?;
    quietly(&[
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        package,
    ])
}

/// Installs a program that a package of the same name has, where it is missing and that is possible; else says what
/// goes without it.
pub(crate) fn wish_for(program: &str, goes_without: &str) {
    if is_installed(program) || may_install() && install(program).is_ok() {
        return;
    }
    eprintln!("{program} is not installed: {goes_without}");
}
