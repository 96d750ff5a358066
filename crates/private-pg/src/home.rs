//! The directory of a private PostgreSQL.
//!
//! ```text
//! password       the superuser's, readable by PostgreSQL's user alone
//! data/          PostgreSQL's own
//! postgres.log   what went wrong since the start; postgres.log.old, in the run before
//! .s.PGSQL.*     the Unix socket
//! ```
//!
//! The directory belongs to PostgreSQL's user and we may be root, so we write nothing in it through
//! a name that this user could have replaced by a link.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown, fchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::user::User;
use crate::{Password, PgError};

/// The directory, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Home {
    dir: PathBuf,
    data: PathBuf,
    password: PathBuf,
    log: PathBuf,
    user: Option<User>,
    /// The lock is held for as long as this process uses the directory, and is released by its end.
    _lock: File,
}

/// The longest path that a `sockaddr_un` holds, with its final zero (Linux; other systems have a
/// little less).
const SOCKET_PATH_BYTES_MAX: usize = 103;
const LONGEST_SOCKET: &str = ".s.PGSQL.65535";

impl Home {
    /// Makes the directory, or checks that it is ours, and locks it.
    pub(crate) fn open(dir: &Path) -> Result<Self, PgError> {
        fs::create_dir_all(dir).map_err(PgError::io("create", dir))?;
        // PostgreSQL has a working directory of its own, so no path may be relative.
        let dir = dir.canonicalize().map_err(PgError::io("find", dir))?;
        let lock = lock(&dir)?;
        let (data, password) = (dir.join("data"), dir.join("password"));
        if !password.exists() && !is_empty(&dir)? {
            return Err(PgError::NotOurs(dir));
        }
        let user = User::choose(data.metadata().ok().as_ref())?;
        if let Some(user) = user {
            if let Some(barrier) = user.barrier(&dir).map(Path::to_owned) {
                return Err(PgError::Unreachable {
                    dir,
                    uid: user.uid,
                    barrier,
                });
            }
            chown(&dir, Some(user.uid), Some(user.gid)).map_err(PgError::io("give away", &dir))?;
        }
        fs::set_permissions(&dir, Permissions::from_mode(0o700))
            .map_err(PgError::io("close to others", &dir))?;
        let log = dir.join("postgres.log");
        Ok(Self {
            dir,
            data,
            password,
            log,
            user,
            _lock: lock,
        })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn password(&self) -> &Path {
        &self.password
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// The file in which the running server writes its process id.
    pub(crate) fn pid_file(&self) -> PathBuf {
        self.data.join("postmaster.pid")
    }

    /// The directory of the data while it is set up.
    pub(crate) fn unfinished(&self) -> PathBuf {
        self.dir.join("data.unfinished")
    }

    /// The directory of the Unix socket; `None` where the path is too long.
    pub(crate) fn socket_dir(&self) -> Option<&Path> {
        let bytes = self.dir.join(LONGEST_SOCKET).as_os_str().len();
        (bytes <= SOCKET_PATH_BYTES_MAX).then_some(&self.dir)
    }

    /// The major version that made the data; `None` when there is no data yet.
    pub(crate) fn data_version(&self) -> Result<Option<String>, PgError> {
        let path = self.data.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(version) => Ok(Some(version.trim().to_owned())),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(PgError::io("read", &path)(cause)),
        }
    }

    pub(crate) fn save_password(&self, password: &Password) -> Result<(), PgError> {
        let mut file = self.create_private(&self.password)?;
        writeln!(file, "{}", password.as_str()).map_err(PgError::io("write", &self.password))
    }

    pub(crate) fn load_password(&self) -> Result<Password, PgError> {
        let text = match fs::read_to_string(&self.password) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => String::new(),
            read => read.map_err(PgError::io("read", &self.password))?,
        };
        let line = text.lines().next().unwrap_or_default();
        Password::parse(line).map_err(|_| PgError::PasswordLost(self.password.clone()))
    }

    /// Opens an empty log; that of the run before is kept beside it.
    pub(crate) fn start_log(&self) -> Result<File, PgError> {
        fs::rename(&self.log, self.log.with_extension("log.old"))
            .or_else(ignore_missing)
            .map_err(PgError::io("rename", &self.log))?;
        self.create_private(&self.log)
    }

    /// `program`, to be run as PostgreSQL's user, in a process group that our terminal's signals do
    /// not reach.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.dir).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(user) = self.user {
            user.become_in(&mut command);
        }
        command
    }

    /// Like [`command`](Self::command). Where the machine supports it, the kernel also stops the
    /// program when the thread that started it ends.
    pub(crate) fn command_until_we_end(&self, program: &Path) -> Command {
        // Asking the kernel ourselves would take unsafe code; setpriv asks and then becomes
        // `program`.
        let bound = || {
            let mut command = self.command(Path::new("setpriv"));
            command.args(["--pdeathsig", "INT"]).arg(program);
            command
        };
        let trial = bound().arg("--version").stderr(Stdio::null()).status();
        if trial.is_ok_and(|status| status.success()) {
            bound()
        } else {
            self.command(program)
        }
    }

    fn create_private(&self, path: &Path) -> Result<File, PgError> {
        fs::remove_file(path)
            .or_else(ignore_missing)
            .map_err(PgError::io("remove", path))?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let file = file.map_err(PgError::io("create", path))?;
        if let Some(user) = self.user {
            fchown(&file, Some(user.uid), Some(user.gid))
                .map_err(PgError::io("give away", path))?;
        }
        Ok(file)
    }
}

pub(crate) fn ignore_missing(cause: io::Error) -> io::Result<()> {
    if cause.kind() == ErrorKind::NotFound {
        Ok(())
    } else {
        Err(cause)
    }
}

fn lock(dir: &Path) -> Result<File, PgError> {
    let file = File::open(dir).map_err(PgError::io("open", dir))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(PgError::InUse(dir.to_owned())),
        Err(TryLockError::Error(cause)) => Err(PgError::io("lock", dir)(cause)),
    }
}

fn is_empty(dir: &Path) -> Result<bool, PgError> {
    let mut entries = fs::read_dir(dir).map_err(PgError::io("read", dir))?;
    Ok(entries.next().is_none())
}
