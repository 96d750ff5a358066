//! `postroom doctor`: what it finds, and what it does after a restore.

use std::process::Command;

use serde_json::Value;

use crate::verbs::{ok, run, setting};
use crate::world::{World, ada};

#[test]
fn doctor_says_what_is_wrong() {
    let world = World::new();
    let settings = world.settings(&[
        ("TLS__CERTIFICATE", "/nonexistent/certificate.pem"),
        ("TLS__KEY", "/nonexistent/key.pem"),
        // Nobody listens there.
        ("OAUTH__ISSUER", "http://127.0.0.1:1"),
        ("OAUTH__CLIENT_ID", "pages"),
    ]);
    let ended = run(&settings, &["doctor", "--json"], "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let findings: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let verdict = |what: &str| {
        let finding = findings.iter().find(|finding| finding["what"] == what);
        finding.unwrap()["verdict"].clone()
    };
    assert_eq!(verdict("configuration"), "good");
    assert_eq!(verdict("database"), "note", "migrations are missing");
    assert_eq!(verdict("certificate"), "bad");
    assert_eq!(verdict("identity provider"), "bad");
    assert_eq!(verdict("listen.imap"), "good");

    let mistaken = setting("POSTROOM_LOG__FORMAT", "fancy");
    let ended = run(&mistaken, &["doctor"], "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.out.starts_with("bad  configuration: log.format"),
        "{ended:?}"
    );
}

#[test]
fn doctor_calls_a_database_bad_that_takes_no_writes_or_answers_none() {
    let world = World::new();
    let settings = world.settings(&[]);
    ok(&settings, &["migrate"], "");
    let verdict = |what: &str| {
        let ended = run(&settings, &["doctor", "--json"], "");
        let findings: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
        let finding = findings.iter().find(|finding| finding["what"] == what);
        let finding = finding.unwrap();
        format!("{}: {}", finding["verdict"], finding["words"])
    };
    let change = |sql: &str| {
        let changed = Command::new("psql")
            .args(["--quiet", "--no-psqlrc", "--command", sql])
            .arg(world.postgres.url())
            .status();
        assert!(changed.unwrap().success());
    };
    // Tests need no disk.
    assert!(verdict("durability").contains("fsync is off"));
    assert!(verdict("wake-ups").starts_with("\"good\""));

    change("alter database postgres set default_transaction_read_only = on");
    let said = verdict("database");
    assert!(
        said.starts_with("\"bad\"") && said.contains("read-only"),
        "{said}"
    );
}

#[test]
fn after_a_restore_mailboxes_begin_anew_once_and_not_under_clients() {
    World::play(&[], async |world, frontend| {
        let mut client = ada(frontend).await;
        client.ok("SELECT INBOX").await;
        let settings = world.settings(&[]);
        let doctor = |more: &[&str]| {
            let verb = [&["doctor", "--after-restore"], more].concat();
            run(&settings, &verb, "")
        };
        let refused = doctor(&[]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains("--while-serving"), "{refused:?}");
        let foretold = doctor(&["--dry-run", "--while-serving"]).out;
        assert!(
            foretold.starts_with("would give 1 of 1 mailboxes a new UIDVALIDITY"),
            "{foretold}"
        );
        for (more, begun) in [(&["--nothing-lost"][..], 0), (&[], 1), (&[], 0)] {
            let done = doctor(&[&["--while-serving", "--json"], more].concat());
            assert_eq!(done.code, Some(0), "{done:?}");
            let done: Value = serde_json::from_str(&done.out).unwrap();
            assert_eq!(done["begun_anew"], begun, "{done}");
        }
        // Whoever has the mailbox open loses it.
        client.say("a NOOP").await;
        let told = client.line().await;
        assert!(told.starts_with("* BYE"), "{told}");
    });
}

#[test]
fn doctor_calls_an_expired_certificate_bad() {
    let world = World::new();
    let mut wanted = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    wanted.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let file = |name: &str, text: String| {
        let path = world.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let certificate = wanted.self_signed(&key).unwrap().pem();
    let settings = world.settings(&[
        ("TLS__CERTIFICATE", &file("certificate.pem", certificate)),
        ("TLS__KEY", &file("key.pem", key.serialize_pem())),
    ]);
    let ended = run(&settings, &["doctor"], "");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let line = ended
        .out
        .lines()
        .find(|line| line.contains("certificate: "));
    let line = line.unwrap();
    assert!(
        line.starts_with("bad ") && line.contains("expired"),
        "{line}"
    );
}
