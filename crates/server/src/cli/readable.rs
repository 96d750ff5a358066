//! Whether files can be read by the frontend, and secrets by nobody else; whether it can make its sockets.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether a file is for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    Public,
    Secret,
}

/// Who can read a file that a frontend must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadableBy {
    /// The frontend, and nobody who should not.
    Frontend,
    /// Not by the user as whom frontends run here.
    NotFrontend { uid: u32 },
    /// By root alone, where it is not known as whom frontends run.
    RootAlone,
    /// By everybody on this machine, and it is a secret.
    Everybody,
}

/// The user as whom frontends run, where that is another than who asks: whoever owns the state directory.
#[derive(Clone, Copy, Debug)]
struct FrontendUser {
    uid: u32,
    gid: u32,
}

/// Whoever asks has read `file`, so the question is who else may.
pub(super) fn readable_by(file: &Path, secrecy: Secrecy, state_dir: &Path) -> ReadableBy {
    let Ok(metadata) = file.metadata() else {
        return ReadableBy::Frontend;
    };
    let is_root = rustix::process::geteuid().is_root();
    let user = is_root.then(|| FrontendUser::find(state_dir)).flatten();
    match user.and_then(|user| Some((user, user.may(&["-r"], file)?))) {
        Some((user, false)) => ReadableBy::NotFrontend { uid: user.uid },
        _ if secrecy == Secrecy::Secret && metadata.mode() & 0o004 != 0 => ReadableBy::Everybody,
        None if is_root && is_for_root_alone(&metadata) => ReadableBy::RootAlone,
        Some((_, true)) | None => ReadableBy::Frontend,
    }
}

/// The user as whom frontends run, and cannot make a file in `folder`; `None` where they can, or where that cannot be told.
pub(super) fn who_cannot_write(folder: &Path, state_dir: &Path) -> Option<u32> {
    let is_root = rustix::process::geteuid().is_root();
    let user = is_root.then(|| FrontendUser::find(state_dir)).flatten()?;
    (!user.may(&["-w", "-x"], folder)?).then_some(user.uid)
}

fn is_for_root_alone(file: &Metadata) -> bool {
    file.uid() == 0 && file.mode() & 0o044 == 0
}

impl FrontendUser {
    fn find(state_dir: &Path) -> Option<Self> {
        let owned = state_dir.metadata().ok()?;
        (owned.uid() != 0).then_some(Self {
            uid: owned.uid(),
            gid: owned.gid(),
        })
    }

    /// As the kernel judges: with the user's groups, and the folders on the way. `None` where that cannot be tried.
    fn may(self, tests: &[&str], file: &Path) -> Option<bool> {
        let can = |command: &[&str], file: Option<&Path>| {
            let mut become_user = Command::new("setpriv");
            become_user
                .arg(format!("--reuid={}", self.uid))
                .arg(format!("--regid={}", self.gid))
                .arg("--init-groups")
                .args(command)
                .args(file)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            become_user.status().is_ok_and(|status| status.success())
        };
        let passes = |test: &&str| can(&["test", test], Some(file));
        can(&["true"], None).then(|| tests.iter().all(passes))
    }
}
