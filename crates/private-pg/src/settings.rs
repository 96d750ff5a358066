//! How a private PostgreSQL is set up and tuned. No configuration file is edited.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// What a private PostgreSQL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tuning {
    /// For real mail: what is committed survives a power failure.
    Durable,
    /// For tests that do not test durability: the data does not survive a crash of the machine.
    Scratch,
}

/// The arguments of `initdb`.
pub(crate) fn initdb(
    command: &mut Command,
    superuser: &str,
    password: &Path,
    data: &Path,
    tuning: Tuning,
) {
    command
        .args(["--username", superuser, "--pwfile"])
        .arg(password)
        .arg("--pgdata")
        .arg(data);
    command.args(["--auth=scram-sha-256", "--encoding=UTF8"]);
    // Names are ordered by bytes, so that an index serves prefixes too; letters are those of
    // Unicode.
    command.args(["--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C"]);
    command.args(["--lc-monetary=C", "--lc-numeric=C", "--lc-time=C"]);
    match tuning {
        Tuning::Durable => command.arg("--data-checksums"),
        Tuning::Scratch => command.arg("--no-sync"),
    };
}

/// The arguments of `postgres`.
pub(crate) fn postgres(
    command: &mut Command,
    data: &Path,
    socket_dir: Option<&Path>,
    port: u16,
    tuning: Tuning,
) {
    command.arg("-D").arg(data).arg("-p").arg(port.to_string());
    let mut sockets = OsString::from("unix_socket_directories=");
    sockets.push(socket_dir.unwrap_or(Path::new("")));
    command.arg("-c").arg(sockets);
    let tuned = match tuning {
        Tuning::Durable => DURABLE,
        Tuning::Scratch => SCRATCH,
    };
    for setting in COMMON.iter().chain(tuned) {
        command.args(["-c", setting]);
    }
}

const COMMON: &[&str] = &[
    "cluster_name=postroom",
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "unix_socket_permissions=0700",
    // This also bounds how long a silent client can delay a stop.
    "authentication_timeout=10s",
    // We read the log when the server does not start, and operators read it when something is
    // wrong. A detail or a statement could quote somebody's mail.
    "logging_collector=off",
    "log_destination=stderr",
    "lc_messages=C",
    "log_min_messages=warning",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_checkpoints=off",
];

const DURABLE: &[&str] = &[
    "shared_buffers=128MB",
    "max_wal_size=1GB",
    "checkpoint_timeout=15min",
];

const SCRATCH: &[&str] = &[
    "shared_buffers=64MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "checkpoint_timeout=1h",
];
