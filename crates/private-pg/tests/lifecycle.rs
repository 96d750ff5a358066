//! A private PostgreSQL from its first start to its recovery, with the PostgreSQL of this machine.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use private_pg::{Options, Password, PgError, PrivatePg, Tuning};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use thiserror as _;

fn start(dir: &TempDir) -> PrivatePg {
    PrivatePg::start(&Options::new(dir.path(), Tuning::Scratch)).unwrap()
}

/// Runs the machine's `psql`, without any configuration of its own, and returns its output.
fn psql(url: &str, sql: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--no-password",
            "--tuples-only",
            "--no-align",
            "--command",
            sql,
            url,
        ])
        .output()
        .unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

fn process(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

/// Whether a process runs. One that has ended and was not collected by its parent has no program
/// any more.
fn is_alive(process: Pid) -> bool {
    fs::read_link(format!("/proc/{process}/exe")).is_ok()
}

fn scratch_pg(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scratch-pg"));
    command.arg(dir);
    command
}

/// Starts another process that runs a PostgreSQL in `dir`; returns it, the URL, and the server's
/// process id.
fn start_elsewhere(mut holder: Command, dir: &Path) -> (Child, String, Pid) {
    let mut child = holder
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let mark = fs::read_to_string(dir.join("data/postmaster.pid")).unwrap();
    let pid = mark.lines().next().unwrap().parse().unwrap();
    (child, url.trim().to_owned(), process(pid))
}

/// Starts a client with a long query.
fn busy_client(url: &str) -> Child {
    let mut client = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args([
            "--command",
            "select 'busy'",
            "--command",
            "select pg_sleep(600)",
            url,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(client.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "busy\n");
    client
}

#[test]
fn it_answers_at_its_url_and_ends_with_its_value() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = start(&dir);
    assert!(postgres.is_running());
    assert_eq!(
        psql(&postgres.url(), "show max_connections").unwrap(),
        "200"
    );
    assert_eq!(
        psql(&postgres.url(), "show server_version").unwrap(),
        postgres.server_version()
    );
    assert_eq!(
        psql(&postgres.url(), "select lower('ÄÖ') || current_user").unwrap(),
        "äöpostroom"
    );
    let who_is_there = "select coalesce(host(inet_client_addr()), 'the socket')";
    assert_eq!(psql(&postgres.url(), who_is_there).unwrap(), "127.0.0.1");
    assert_eq!(
        psql(&postgres.nearest_url(), who_is_there).unwrap(),
        "the socket"
    );
    let url = postgres.url_of("template1");
    assert_eq!(
        psql(&url, "select current_database()").unwrap(),
        "template1"
    );
    let (pid, port) = (process(postgres.pid()), postgres.port());
    drop(postgres);
    assert!(!is_alive(pid), "still there");
    assert!(
        TcpStream::connect(("127.0.0.1", port)).is_err(),
        "still listening"
    );
}

#[test]
fn only_the_password_opens_it_and_nobody_can_read_the_password() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(dir.path(), Tuning::Scratch);
    options.password = Some(Password::parse("ä b/c@%").unwrap());
    let postgres = PrivatePg::start(&options).unwrap();
    assert_eq!(psql(&postgres.url(), "select 1").unwrap(), "1");
    let wrong = postgres.url().replace("%2Fc", "%2Fd");
    let refusal = psql(&wrong, "select 1").unwrap_err();
    assert!(
        refusal.contains("password authentication failed"),
        "{refusal}"
    );
    let socket = format!(
        "host={} port={} user=postroom",
        dir.path().display(),
        postgres.port()
    );
    let refusal = psql(&socket, "select 1").unwrap_err();
    assert!(refusal.contains("no password supplied"), "{refusal}");
    for (name, mode) in [
        ("", 0o700),
        ("password", 0o600),
        ("postgres.log", 0o600),
        ("data", 0o700),
    ] {
        let found = dir.path().join(name).metadata().unwrap();
        assert_eq!(found.permissions().mode() & 0o777, mode, "{name}");
        assert_ne!(found.uid(), 0, "{name}");
    }
    assert!(!format!("{postgres:?} {options:?}").contains("b/c"));
}

#[test]
fn what_was_written_is_there_after_a_stop_and_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let postgres = PrivatePg::start(&Options::new(dir.path(), Tuning::Durable)).unwrap();
    psql(&postgres.url(), "create table t (n int)").unwrap();
    psql(&postgres.url(), "insert into t values (1)").unwrap();
    let url = postgres.url();
    postgres.stop().unwrap();

    let postgres = PrivatePg::start(&Options::new(dir.path(), Tuning::Durable)).unwrap();
    let password = |url: &str| url.split('@').next().unwrap().to_owned();
    assert_eq!(password(&url), password(&postgres.url()));
    psql(&postgres.url(), "insert into t values (2)").unwrap();
    kill_process(process(postgres.pid()), Signal::KILL).unwrap();
    postgres.stop().unwrap();
    assert!(
        dir.path().join("data/postmaster.pid").exists(),
        "the crash left no mark"
    );

    let postgres = PrivatePg::start(&Options::new(dir.path(), Tuning::Durable)).unwrap();
    assert_eq!(psql(&postgres.url(), "select sum(n) from t").unwrap(), "3");
    assert_eq!(psql(&postgres.url(), "show fsync").unwrap(), "on");
}

#[test]
fn it_ends_when_the_process_that_started_it_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut holder, url, server) = start_elsewhere(scratch_pg(dir.path()), dir.path());
    let mut client = busy_client(&url);
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(!client.wait().unwrap().success(), "it went on");
    // The next start waits for what is left of it.
    let postgres = start(&dir);
    assert_eq!(psql(&postgres.url(), "select 1").unwrap(), "1");
    assert!(!is_alive(server), "two servers");
}

#[test]
fn an_orphan_is_stopped_by_the_next_where_the_kernel_does_not() {
    let (dir, path) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // The PATH has everything that root needs to find a user, but no setpriv.
    symlink("/usr/bin/id", path.path().join("id")).unwrap();
    let mut holder = scratch_pg(dir.path());
    holder.env("PATH", path.path());
    let (mut holder, _, orphan) = start_elsewhere(holder, dir.path());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(is_alive(orphan), "no orphan");
    let postgres = start(&dir);
    assert!(!is_alive(orphan), "two servers");
    assert_eq!(psql(&postgres.url(), "select 1").unwrap(), "1");
}

#[test]
fn a_mark_with_a_number_that_is_another_process_now_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    drop(start(&dir));
    let own = std::process::id();
    let mark = dir.path().join("data/postmaster.pid");
    fs::write(
        &mark,
        format!("{own}\n{}\n", dir.path().join("data").display()),
    )
    .unwrap();
    assert!(start(&dir).is_running());
}

#[test]
fn a_directory_serves_one_process_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let (mut holder, url, server) = start_elsewhere(scratch_pg(dir.path()), dir.path());
    let error = PrivatePg::start(&Options::new(dir.path(), Tuning::Scratch)).unwrap_err();
    assert!(matches!(error, PgError::InUse(_)), "{error}");
    assert_eq!(psql(&url, "select 1").unwrap(), "1");
    // The end of its input ends it.
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    assert!(!is_alive(server), "still there");
}

#[test]
fn a_set_up_that_was_interrupted_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("password"), "half\n").unwrap();
    fs::create_dir(dir.path().join("data.unfinished")).unwrap();
    fs::write(dir.path().join("data.unfinished/PG_VERSION"), "").unwrap();
    let postgres = start(&dir);
    assert_eq!(psql(&postgres.url(), "select 1").unwrap(), "1");
    assert!(!dir.path().join("data.unfinished").exists());
}

#[test]
fn a_directory_of_somebody_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
    let before = dir.path().metadata().unwrap();
    let error = PrivatePg::start(&Options::new(dir.path(), Tuning::Scratch)).unwrap_err();
    assert!(matches!(error, PgError::NotOurs(_)), "{error}");
    assert_eq!(dir.path().metadata().unwrap().uid(), before.uid());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn why_it_does_not_start_is_said_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    drop(start(&dir));
    fs::write(
        dir.path().join("data/postgresql.conf"),
        "work_mem = 'much'\n",
    )
    .unwrap();
    let error = PrivatePg::start(&Options::new(dir.path(), Tuning::Scratch)).unwrap_err();
    assert!(matches!(error, PgError::NotStarted { .. }), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    assert!(error.to_string().contains("postgresql.conf"), "{error}");
    assert!(
        fs::read_to_string(dir.path().join("postgres.log"))
            .unwrap()
            .contains("work_mem")
    );

    fs::write(dir.path().join("password"), "").unwrap();
    let error = PrivatePg::start(&Options::new(dir.path(), Tuning::Scratch)).unwrap_err();
    assert!(matches!(error, PgError::PasswordLost(_)), "{error}");
}

#[test]
fn root_is_told_where_its_servant_cannot_go() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let options = Options::new(closed.path().join("deep/inside"), Tuning::Scratch);
    let error = PrivatePg::start(&options).unwrap_err();
    let PgError::Unreachable { barrier, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(barrier, closed.path());
}
