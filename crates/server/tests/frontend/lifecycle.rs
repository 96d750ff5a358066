//! A frontend's life: when it is ready, how it stops, what it takes over while it runs, and by which role it works.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::certificates::write_certificate;
use crate::client::{Client, get};
use crate::process::{Process, play};
use crate::verbs::{ok, run};
use crate::world::World;

/// What `psql` says to these statements, as the user of `url`; else what it complains of.
fn psql(url: &str, statements: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .args(["--quiet", "--no-psqlrc", "--tuples-only", "--no-align"])
        .args(["--set", "ON_ERROR_STOP=1", "--command", statements, url])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

/// Holds tables until it is dropped.
struct Holder {
    child: Child,
    url: String,
}

impl Holder {
    fn hold(url: &str, tables: &str) -> Self {
        let lock = format!("begin; lock table {tables} in access exclusive mode");
        let child = Command::new("psql")
            .args(["--quiet", "--no-psqlrc", "--tuples-only"])
            .args(["--command", &lock, "--command", "select 'held'"])
            .args(["--command", "select pg_sleep(600)", url])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut holder = Self {
            child,
            url: url.to_owned(),
        };
        let said = holder.child.stdout.as_mut().unwrap();
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "held");
        holder
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // The backend would not notice that nobody waits for it.
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)'";
        psql(&self.url, end).unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_pool_without_a_free_connection_is_no_reason_to_send_clients_elsewhere() {
    World::play(
        &[("DATABASE__CONNECTIONS", "2")],
        async |world, frontend| {
            let mut arriving = Client::connect(frontend.addresses().imap[0]).await;
            arriving.greeting().await;
            let (http, url) = (frontend.addresses().http[0], world.postgres.url());
            let _holder = Holder::hold(&url, "account, mailbox");
            // By the one connection that is kept for logins and the like.
            arriving.say("t LOGIN ada pass").await;
            let waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
            while psql(&url, waiting).unwrap() == "0" {}
            let asked = tokio::time::timeout(Duration::from_secs(1), get(http, "/healthz/ready"));
            let ready = asked.await.unwrap();
            assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
        },
    );
}

#[test]
fn who_comes_before_balancers_have_noticed_is_served() {
    let world = World::new();
    let settings = [("TIMEOUTS__LINGER", "60s"), ("TIMEOUTS__STOP", "60s")];
    let mut process = Process::start(&world, &settings);
    play(async {
        world.add_ada().await;
        process.signal("TERM");
        while !get(process.http, "/healthz/ready")
            .await
            .ends_with("draining\n")
        {}
        let mut late = Client::connect(process.imap).await;
        late.greeting().await;
        late.ok("LOGIN ada pass").await;
        process.signal("INT");
        let last = late.line().await;
        assert!(last.is_empty() || last.starts_with("* BYE "), "{last}");
    });
    assert_eq!(process.exit_code(), Some(130));
}

#[test]
fn after_it_has_lingered_it_says_goodbye() {
    let world = World::new();
    let mut process = Process::start(&world, &[("TIMEOUTS__LINGER", "200ms")]);
    play(async {
        let mut client = Client::connect(process.imap).await;
        client.greeting().await;
        process.signal("TERM");
        assert!(client.line().await.starts_with("* BYE "));
        assert!(TcpStream::connect(process.imap).await.is_err());
    });
    assert_eq!(process.exit_code(), Some(0));
}

/// The lines of a log, as they come.
async fn until_log_says(log: &Path, words: &str) {
    while !fs::read_to_string(log).unwrap().contains(words) {
        tokio::task::yield_now().await;
    }
}

#[test]
fn sighup_takes_over_what_can_be_and_names_the_rest() {
    let world = World::new();
    let folder = world.path();
    write_certificate(folder);
    let (file, log) = (folder.join("postroom.toml"), folder.join("log"));
    let write = |filter: &str, networks: &str, per_user: u32| {
        let text = format!(
            "[log]\nfilter = '{filter}'\n[listen]\nproxy_from = '{networks}'\n\
             [limits]\nconnections_per_user = {per_user}\n[tls]\ncertificate = '{0}/certificate.pem'\n\
             key = '{0}/key.pem'\n",
            folder.display()
        );
        fs::write(&file, text).unwrap();
    };
    write("info", "", 20);
    let path = file.to_str().unwrap();
    let mut process = Process::start_logging(&world, &[("CONFIG", path)], &log);
    play(async {
        let mut client = Client::connect(process.imap).await;
        client.greeting().await;
        write("debug", "127.0.0.0/8", 10);
        process.signal("HUP");
        until_log_says(&log, "the configuration was read again").await;
        let said = fs::read_to_string(&log).unwrap();
        for words in [
            "a changed setting is taken over setting=\"listen.proxy_from\"",
            "a changed setting is taken over setting=\"log.filter\"",
            "a changed setting needs a restart setting=\"limits.connections_per_user\"",
            "serving a certificate names=[\"localhost\"]",
        ] {
            assert!(said.contains(words), "{words} in {said}");
        }
        assert!(!said.contains("answered a command"), "{said}");
        // Who was here stays; who comes now is a proxy, and says nothing of its client.
        client.ok("NOOP").await;
        until_log_says(&log, "answered a command").await;
        let mut other = Client::connect(process.imap).await;
        other.say("t LOGIN ada pass").await;
        assert_eq!(other.line().await, "");

        fs::write(&file, "[log]\nfilter = 7\n[nothing]\nis = 'so'").unwrap();
        process.signal("HUP");
        until_log_says(&log, "nothing is taken over from the configuration").await;
    });
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));
}

#[test]
fn another_password_of_the_database_needs_no_signal() {
    let world = World::new();
    let (url, log) = (world.postgres.url(), world.path().join("log"));
    let (_, place) = url.split_once('@').unwrap();
    let by = |role: &str| {
        psql(
            &url,
            &format!("create role {role} login superuser password '{role}'"),
        )
        .unwrap();
        format!("postgres://{role}:{role}@{place}")
    };
    let file = world.path().join("url");
    fs::write(&file, by("first")).unwrap();
    let settings = [
        ("DATABASE__URL_FILE", file.to_str().unwrap()),
        ("DATABASE__RELOAD_EVERY", "10ms"),
    ];
    let mut process = Process::start_without_url(&world, &settings, &log);
    let connections = |role: &str| {
        let count = format!("select count(*) from pg_stat_activity where usename = '{role}'");
        psql(&url, &count).unwrap()
    };
    play(async {
        world.add_ada().await;
        let mut client = Client::connect(process.imap).await;
        client.greeting().await;
        client.ok("LOGIN ada pass").await;
        client.ok("SELECT INBOX").await;
        assert_ne!(connections("first"), "0");
        // As long as it leads nowhere, nothing changes.
        fs::write(&file, "postgres://nobody:here@127.0.0.1:1/none").unwrap();
        until_log_says(&log, "keeping the connections to the database").await;
        client.ok("APPEND INBOX {1+}\r\nx").await;
        fs::write(&file, by("second")).unwrap();
        until_log_says(&log, "database.url has changed").await;
        while connections("first") != "0" {}
        client.ok("APPEND INBOX {1+}\r\nx").await;
        let ready = get(process.http, "/healthz/ready").await;
        assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    });
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));
}

#[test]
fn the_file_of_a_url_is_the_one_that_was_named_last() {
    let world = World::new();
    let (url, log) = (world.postgres.url(), world.path().join("log"));
    let (_, place) = url.split_once('@').unwrap();
    let make = |role: &str| {
        let create = format!("create role {role} login superuser password '{role}'");
        psql(&url, &create).unwrap();
        format!("postgres://{role}:{role}@{place}")
    };
    let [first, second, third] = ["first", "second", "third"].map(make);
    let [settings, old, new] = ["postroom.toml", "old", "new"].map(|name| world.path().join(name));
    fs::write(&settings, format!("database.url = '{first}'")).unwrap();
    let variables = [
        ("CONFIG", settings.to_str().unwrap()),
        ("DATABASE__RELOAD_EVERY", "10ms"),
    ];
    let mut process = Process::start_without_url(&world, &variables, &log);
    let name = |file: &Path| {
        fs::write(
            &settings,
            format!("database.url_file = '{}'", file.display()),
        )
        .unwrap();
        process.signal("HUP");
    };
    let changes = async |count| {
        let words = "database.url has changed";
        while fs::read_to_string(&log).unwrap().matches(words).count() < count {
            tokio::task::yield_now().await;
        }
    };
    play(async {
        // Where there was no file before, one is looked at from now on.
        fs::write(&old, &first).unwrap();
        name(&old);
        until_log_says(&log, "the configuration was read again").await;
        fs::write(&old, &second).unwrap();
        changes(1).await;
        fs::write(&new, &third).unwrap();
        name(&new);
        changes(2).await;
        // The old one is looked at no longer, the new one is.
        fs::write(&old, &first).unwrap();
        fs::write(&new, &second).unwrap();
        changes(3).await;
        let roles =
            "select distinct usename from pg_stat_activity where usename in ('first', 'third')";
        while !psql(&url, roles).unwrap().is_empty() {}
    });
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));
}

#[test]
fn a_role_that_may_change_no_table_serves_everything() {
    let world = World::new();
    let url = world.postgres.url();
    let roles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/postgres/roles.sql");
    let made = Command::new("psql")
        .args(["--quiet", "--no-psqlrc", "--set", "owner_password=own"])
        .args(["--set", "frontend_password=serve", "--file"])
        .args([roles.to_str().unwrap(), &url])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let (place, _) = url.split_once('@').unwrap().1.split_once('/').unwrap();
    let owner = format!("postgres://postroom_owner:own@{place}/postroom");
    let frontend = format!("postgres://postroom_frontend:serve@{place}/postroom");

    let mut process = Process::waiting(&world, &["--no-migrate"], &[("DATABASE__URL", &frontend)]);
    let migrated = Command::new(env!("CARGO_BIN_EXE_postroom"))
        .arg("migrate")
        .envs(world.settings(&[("DATABASE__URL", &owner)]))
        .output()
        .unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    process.wait_until_ready();
    for forbidden in [
        "create table mine (a int)",
        "create temporary table account (a int)",
        "alter table account add column a int",
        "drop table account",
        "truncate account",
        "create function mine() returns int language sql as 'select 1'",
    ] {
        let refused = psql(&frontend, forbidden).unwrap_err();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{forbidden}: {refused}"
        );
    }
    play(async {
        world.add_ada_through(&frontend).await;
        let mut client = Client::connect(process.imap).await;
        client.greeting().await;
        for command in [
            "LOGIN ada pass",
            "CREATE mine",
            "APPEND mine {4+}\r\na: b",
            "SETACL mine bo lr",
            "SETMETADATA mine (/private/comment \"x\")",
            "SUBSCRIBE mine",
            "SELECT mine",
            "STORE 1 +FLAGS (\\Flagged word)",
            "SEARCH TEXT b",
            "COPY 1 INBOX",
            "MOVE 1 INBOX",
            "SELECT INBOX",
            "RENAME mine yours",
            "DELETE yours",
            "STORE 1 +FLAGS \\Deleted",
            "EXPUNGE",
            "GETQUOTAROOT INBOX",
            "LOGOUT",
        ] {
            client.ok(command).await;
        }
        let store = world.store_at(&frontend).await;
        // What a frontend does every hour, and every five minutes.
        let old = "create table activity_2020_01 partition of activity
                       for values from ('2020-01-01 00:00Z') to ('2020-02-01 00:00Z')";
        psql(&owner, old).unwrap();
        let nothing = Duration::ZERO;
        store.trim_activity(nothing).await.unwrap();
        store.collect_garbage(nothing).await.unwrap();
        store.trim_changes(nothing).await.unwrap();
        store.trim_delivery_marks(nothing).await.unwrap();
        store.trim_wrong_passwords().await.unwrap();
        store.clear_deleted_mailboxes().await.unwrap();
        store.collect_excess(nothing).await.unwrap();
        store.cap_changes(1).await.unwrap();
        store.write_snapshots().await.unwrap();
        store.take_survey().await.unwrap();
    });
    let old = "select to_regclass('activity_2020_01') is null";
    assert_eq!(psql(&owner, old).unwrap(), "t");
    let partitions = "select count(*) from pg_inherits where inhparent = 'activity'::regclass";
    let partitions: u32 = psql(&owner, partitions).unwrap().parse().unwrap();
    assert!(partitions > 3, "{partitions}");
    // A table that another role has made is granted to nobody.
    let doctor = || {
        let settings = world.settings(&[("DATABASE__URL", &frontend)]);
        run(&settings, &["doctor"], "").out
    };
    let said = doctor();
    assert!(said.contains("good  database"), "{said}");
    psql(
        &owner,
        "revoke update on access_token from postroom_frontend",
    )
    .unwrap();
    let said = doctor();
    assert!(
        said.contains(
            "bad  database: this role may not read and write 1 tables, such as access_token"
        ),
        "{said}"
    );
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));
}

/// What is done in the background for all is done by one frontend, and by another when that one stops.
#[test]
fn one_frontend_keeps_house_for_all() {
    World::play(&[("NODE__NAME", "one")], async |world, one| {
        let store = world.store().await;
        let leader = async || {
            let leader = store.upkeep_leader().await.unwrap();
            leader
                .filter(|leader| leader.is_present)
                .map(|leader| leader.node)
        };
        while leader().await.is_none() {}
        let mut two = Process::start(world, &[("NODE__NAME", "two")]);
        assert_eq!(leader().await.as_deref(), Some("one"));
        // The second knows what the first did.
        let is_known = async |http| {
            let page = get(http, "/metrics").await;
            page.contains("postroom_quota_roots{") && page.contains("postroom_storage_bytes{")
        };
        while !is_known(one.addresses().http[0]).await {}
        while !is_known(two.http).await {}
        let by = async |name: &str| {
            let jobs = store.upkeep_jobs().await.unwrap();
            jobs.iter()
                .filter(|job| job.node.as_deref() == Some(name))
                .count()
        };
        while by("one").await < 9 {}
        assert_eq!(by("two").await, 0);
        let settings = world.settings(&[]);
        let status = ok(&settings, &["upkeep", "status"], "");
        assert!(status.starts_with("done by one\n"), "{status}");
        let ran = ok(&settings, &["upkeep", "run", "cap_changes"], "");
        assert_eq!(ran, "cap_changes: 0 rows went\n");
        let status = ok(&settings, &["upkeep", "status", "--json"], "");
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        assert_eq!(status["leader"]["node"], "one");
        assert_eq!(status["jobs"][0]["job"], "trim_activity");
        assert_eq!(status["jobs"][1]["waiting"], 0);
        let jobs = status["jobs"].as_array().unwrap();
        let capped = jobs.iter().find(|job| job["job"] == "cap_changes").unwrap();
        assert_eq!(capped["node"], "command line");
        two.signal("TERM");
        assert_eq!(two.exit_code(), Some(0));
        assert_eq!(leader().await.as_deref(), Some("one"));
    });
}
