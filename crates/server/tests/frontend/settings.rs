//! Settings that are checked before anything is done with them, and what is said of those that are wrong.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use serde_json::{Value, json};

use crate::verbs::{Ended, ok, run};
use crate::world::World;

#[test]
fn settings_and_certificates_are_checked_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postroom.toml");
    let settings = HashMap::from([(
        "POSTROOM_CONFIG".to_owned(),
        file.to_str().unwrap().to_owned(),
    )]);
    let check = ["config", "--check", "--config", file.to_str().unwrap()];
    fs::write(&file, "listen.http = '127.0.0.1:8080'").unwrap();
    assert_eq!(ok(&settings, &check, ""), "the settings are good\n");
    for (text, complaint) in [
        ("lisen.imap = 1", "lisen.imap: no such setting"),
        (
            "tls.certificate = '/nonexistent/a.pem'\ntls.key = '/nonexistent/b.pem'",
            "/nonexistent/a.pem",
        ),
        (
            "tls.certificates = ['/nonexistent/live']",
            "tls.certificates: /nonexistent/live: No such file",
        ),
        (
            "tls.client_ca = '/nonexistent/ca.pem'\nlogin.mechanisms = 'EXTERNAL, PLAIN'",
            "/nonexistent/ca.pem",
        ),
    ] {
        fs::write(&file, text).unwrap();
        let ended = run(&settings, &check, "");
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(complaint), "{ended:?}");
    }
}

#[test]
fn a_key_with_a_passphrase_and_a_chain_in_the_wrong_order_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let make = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (own, other) = (make(), make());
    let certificate = write("own.pem", &own.cert.pem());
    let reversed = write("reversed.pem", &(other.cert.pem() + &own.cert.pem()));
    let key = write("key.pem", &own.signing_key.serialize_pem());
    let locked =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let locked = write("locked.pem", locked);
    let none = HashMap::new();
    for (certificate, key, complaint) in [
        (
            &certificate,
            &locked,
            "locked.pem: the key has a passphrase",
        ),
        (
            &certificate,
            &certificate,
            "own.pem: holds no private key in PEM",
        ),
        (
            &reversed,
            &key,
            "reversed.pem: the server's own certificate must come first",
        ),
    ] {
        let text = format!("tls = {{ certificate = '{certificate}', key = '{key}' }}");
        let file = write("postroom.toml", &text);
        let ended = run(&none, &["config", "--check", "--config", &file], "");
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(complaint), "{ended:?}");
    }
}

#[test]
fn whoever_wants_lines_of_json_reads_why_there_is_no_frontend() {
    let none = HashMap::from([("POSTROOM_LOG__FORMAT".to_owned(), "json".to_owned())]);
    let mut mistaken = none.clone();
    mistaken.insert("POSTROOM_LISTEN__IMAP".to_owned(), "here".to_owned());
    let mut refused = none;
    // A folder that cannot be made.
    refused.insert(
        "POSTROOM_NODE__STATE_DIR".to_owned(),
        "/dev/null/x".to_owned(),
    );
    for (settings, code, cause) in [(mistaken, 2, "listen.imap"), (refused, 1, "/dev/null/x")] {
        let Ended {
            code: ended, err, ..
        } = run(&settings, &["serve"], "");
        assert_eq!(ended, Some(code), "{err}");
        let lines = err.lines().map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<Value> = lines.collect();
        let last = lines.last().unwrap();
        assert_eq!(last["level"], "ERROR", "{last}");
        assert!(last["cause"].as_str().unwrap().contains(cause), "{last}");
    }
}

/// What doctor says of files, with this one for the URL of the database.
fn doctor(world: &World, url: &Path) -> Value {
    let mut settings = world.settings(&[("DATABASE__URL_FILE", url.to_str().unwrap())]);
    settings.remove("POSTROOM_DATABASE__URL");
    let findings = run(&settings, &["doctor", "--json"], "").out;
    let findings: Vec<Value> = serde_json::from_str(&findings).unwrap();
    let of_files = findings.into_iter().filter(|one| one["what"] == "file");
    of_files.map(|one| one["verdict"].clone()).collect()
}

#[test]
fn doctor_says_whose_secrets_are_readable_by_whom() {
    let world = World::new();
    let url = world.path().join("url");
    fs::write(&url, world.postgres.url()).unwrap();
    let allow = |mode| fs::set_permissions(&url, Permissions::from_mode(mode)).unwrap();
    allow(0o644);
    assert_eq!(doctor(&world, &url), json!(["note"]), "everybody reads it");
    allow(0o600);

    // Another user, as whom the frontend runs, has its state directory. Only root can ask for it.
    let state_dir = world.path().join("state");
    fs::create_dir_all(&state_dir).unwrap();
    if chown(&state_dir, Some(65_534), Some(65_534)).is_err() {
        assert_eq!(doctor(&world, &url), json!(["good"]));
        return;
    }
    assert_eq!(doctor(&world, &url), json!(["bad"]), "it is root's alone");
    chown(&url, None, Some(65_534)).unwrap();
    allow(0o640);
    assert_eq!(doctor(&world, &url), json!(["good"]), "its group may");
}
