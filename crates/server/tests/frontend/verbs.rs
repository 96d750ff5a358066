//! The verbs of the command line: what they do, what they print, how they end.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::world::{World, ada};

/// How a verb ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn run(settings: &HashMap<String, String>, verb: &[&str], input: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_postroom"))
        .args(verb)
        .env_remove("POSTROOM_CONFIG")
        .envs(settings)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A verb that reads nothing may be gone already.
    let _written = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn ok(settings: &HashMap<String, String>, verb: &[&str], input: &str) -> String {
    let ended = run(settings, verb, input);
    assert_eq!(ended.code, Some(0), "{verb:?}: {ended:?}");
    ended.out
}

pub(crate) fn setting(name: &str, value: &str) -> HashMap<String, String> {
    HashMap::from([(name.to_owned(), value.to_owned())])
}

#[test]
fn what_is_not_understood_ends_with_2() {
    let none = HashMap::new();
    for verb in [
        &[][..],
        &["fly"],
        &["user", "add"],
        &[
            "user",
            "add",
            "x",
            "--password-file",
            "f",
            "--password-stdin",
        ],
        &["acl", "set", "Shared Folders/a", "ada"],
    ] {
        let ended = run(&none, verb, "");
        assert_eq!(ended.code, Some(2), "{verb:?}: {ended:?}");
    }
    let mistaken = HashMap::from([
        ("POSTROOM_LOG__FORMAT".to_owned(), "fancy".to_owned()),
        ("POSTROOM_LISTEN__IMAP".to_owned(), "here".to_owned()),
    ]);
    let ended = run(&mistaken, &["serve"], "");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.err.contains("log.format") && ended.err.contains("listen.imap"),
        "{ended:?}"
    );
}

#[test]
fn help_teaches_and_ends_with_0() {
    let none = HashMap::new();
    for verb in [
        &["--help"][..],
        &["serve", "--help"],
        &["migrate", "--help"],
        &["user", "--help"],
        &["token", "--help"],
        &["group", "--help"],
        &["mailbox", "--help"],
        &["acl", "--help"],
        &["activity", "--help"],
        &["address", "--help"],
        &["deliver", "--help"],
        &["team", "--help"],
        &["session", "--help"],
    ] {
        let said = ok(&none, verb, "");
        assert!(said.contains("postroom "), "{verb:?}: {said}");
        assert!(
            said.contains("Example") || said.contains("from nothing"),
            "{verb:?}: {said}"
        );
    }
    assert!(ok(&none, &["config"], "").contains("#connections = 8"));
}

#[test]
fn a_database_that_is_away_is_one_line() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let url = format!("postgres://me:hunter2@127.0.0.1:{port}/x");
    // A frontend waits for it.
    for verb in [&["user", "list"][..], &["migrate"]] {
        let mut settings = setting("POSTROOM_DATABASE__URL", &url);
        settings.insert("POSTROOM_LOG__FILTER".to_owned(), "off".to_owned());
        let folder = tempfile::tempdir().unwrap();
        let state_dir = folder.path().to_str().unwrap().to_owned();
        settings.insert("POSTROOM_NODE__STATE_DIR".to_owned(), state_dir);
        let ended = run(&settings, verb, "");
        assert_eq!(ended.code, Some(1), "{verb:?}: {ended:?}");
        assert_eq!(ended.err.lines().count(), 1, "{verb:?}: {ended:?}");
        assert!(ended.err.starts_with("postroom: "), "{ended:?}");
        assert!(!ended.err.contains("hunter2"), "{ended:?}");
    }
}

#[test]
fn a_team_is_set_up_from_nothing() {
    let world = World::new();
    let settings = world.settings(&[]);
    let run = |verb: &[&str], input: &str| run(&settings, verb, input);
    let ok = |verb: &[&str], input: &str| ok(&settings, verb, input);
    let json = |verb: &[&str]| -> Value { serde_json::from_str(&ok(verb, "")).unwrap() };
    let support = "Shared Folders/support";

    let applied = json(&["migrate", "--json"]);
    assert!(!applied["applied"].as_array().unwrap().is_empty());
    assert_eq!(ok(&["migrate"], ""), "up to date\n");

    let early = run(&["mailbox", "create", support], "");
    assert_eq!(early.code, Some(1));
    assert!(early.err.contains("user add NAME --admin"), "{early:?}");

    ok(
        &["user", "add", "admin", "--admin", "--password-stdin"],
        "secret\n",
    );
    ok(&["user", "add", "ada", "--password-stdin"], "secret");
    assert_eq!(
        run(&["user", "add", "ADA"], "").code,
        Some(1),
        "the name is taken in any case"
    );
    assert_eq!(
        run(&["user", "add", "bo", "--password-stdin"], "").code,
        Some(1),
        "empty"
    );
    ok(&["user", "add", "bo"], "");
    assert_eq!(
        json(&["user", "list", "--json"]),
        json!([
            { "id": 2, "name": "ada", "admin": false, "disabled": false, "password": true },
            { "id": 1, "name": "admin", "admin": true, "disabled": false, "password": true },
            { "id": 4, "name": "bo", "admin": false, "disabled": false, "password": false },
        ])
    );

    ok(&["user", "disable", "bo"], "");
    assert!(run(&["user", "list"], "").out.contains("bo  disabled"));
    ok(&["user", "enable", "bo"], "");
    assert_eq!(run(&["user", "disable", "nobody"], "").code, Some(1));

    ok(&["group", "add", "team"], "");
    ok(&["group", "add", "shift"], "");
    ok(&["group", "member", "add", "shift", "ada"], "");
    ok(&["group", "member", "add", "team", "group:shift"], "");
    assert_eq!(
        json(&["group", "list", "--json"]),
        json!([
            { "name": "shift", "members": ["ada"], "groups": [] },
            { "name": "team", "members": [], "groups": ["shift"] }
        ])
    );
    ok(&["mailbox", "create", support], "");
    assert_eq!(run(&["mailbox", "create", support], "").code, Some(1));
    ok(&["acl", "set", support, "group:team", "lrswi"], "");
    ok(&["acl", "set", support, "-ada", "w"], "");
    assert_eq!(
        run(&["acl", "set", support, "ada", "lrZ"], "").code,
        Some(2)
    );
    let explained = json(&["acl", "explain", "ada", support, "--json"]);
    assert_eq!(explained["rights"], "lrsi");
    let because = explained["because"].as_array().unwrap();
    assert!(because.contains(&json!({ "from": "entry -ada", "rights": "w", "takes": true })));
    assert!(because.contains(&json!({
        "from": "entry group:team", "rights": "lrswi", "takes": false
    })));

    ok(
        &[
            "mailbox",
            "policy",
            support,
            "--private",
            "\\Flagged",
            "Later",
            "--shared",
            "\\Seen",
        ],
        "",
    );
    assert_eq!(
        json(&["mailbox", "policy", support, "--json"]),
        json!({ "private": "\\Flagged Later" })
    );
    let everybodys = run(
        &["mailbox", "policy", support, "--private", "\\Deleted"],
        "",
    );
    assert_eq!(everybodys.code, Some(1));

    // What a verb may do depends on who asks, as in a session.
    let hidden = run(&["acl", "get", support, "--as", "bo"], "");
    let missing = run(&["acl", "get", "Shared Folders/nothing", "--as", "bo"], "");
    assert_eq!(
        hidden.err.replace("support", "nothing"),
        missing.err,
        "no leak of existence"
    );
    assert_eq!(
        run(&["mailbox", "delete", support, "--as", "ada"], "").code,
        Some(1)
    );
    ok(&["mailbox", "rename", support, "Shared Folders/help"], "");
    let seen = json(&["mailbox", "list", "--as", "ada", "--json"]);
    assert!(seen.as_array().unwrap().contains(&json!({
        "name": "Shared Folders/help", "rights": "lrsi", "special_use": null
    })));
    ok(&["acl", "delete", "Shared Folders/help", "group:team"], "");
    ok(&["mailbox", "delete", "Shared Folders/help"], "");
    ok(&["group", "delete", "team"], "");
    ok(&["user", "delete", "ada"], "");
    assert_eq!(
        run(&["user", "delete", "ada"], "").err,
        "postroom: no user ada\n"
    );
}

#[test]
fn lists_are_kept_by_roles_by_trees_and_from_files() {
    let world = World::new();
    let settings = world.settings(&[]);
    let run = |verb: &[&str]| run(&settings, verb, "");
    let ok = |verb: &[&str]| ok(&settings, verb, "");
    let json = |verb: &[&str]| -> Value { serde_json::from_str(&ok(verb)).unwrap() };
    ok(&["migrate"]);
    ok(&["user", "add", "root", "--admin"]);
    ok(&["user", "add", "ada", "bo", "eve"]);
    ok(&["group", "add", "staff"]);
    ok(&["group", "member", "add", "staff", "ada", "bo"]);
    let (team, cases) = ("Shared Folders/team", "Shared Folders/team/cases");
    let other = "Shared Folders/teammates";
    for mailbox in [team, cases, other] {
        ok(&["mailbox", "create", mailbox]);
    }
    ok(&[
        "acl",
        "set",
        "--recursive",
        team,
        "ada",
        "editor",
        "-bo",
        "+w",
    ]);
    let rights = |mailbox: &str, identifier: &str| -> Value {
        let list = json(&["acl", "get", mailbox, "--json"]);
        let entries = list.as_array().unwrap().clone();
        let mut entries = entries.into_iter();
        let entry = entries.find(|entry| entry["identifier"] == identifier);
        entry.map_or(Value::Null, |entry| entry["rights"].clone())
    };
    for mailbox in [team, cases] {
        assert_eq!(rights(mailbox, "ada"), "lrswipted");
        assert_eq!(rights(mailbox, "-bo"), "w");
    }
    assert_eq!(
        rights(other, "ada"),
        Value::Null,
        "a name that begins alike"
    );
    assert!(ok(&["acl", "get", team]).contains("ada  (editor)"));

    // What has no list of its own has the one above, until it is changed itself.
    let whose = |mailbox: &str| json(&["mailbox", "show", mailbox, "--json"])["list_of"].clone();
    assert_eq!(whose(cases), team);
    assert_eq!(whose(team), Value::Null);
    assert!(ok(&["acl", "get", cases]).starts_with(&format!("the list of {team}\n")));
    assert_eq!(
        json(&["acl", "explain", "ada", cases, "--json"])["list_of"],
        team
    );
    let set = ok(&["acl", "set", cases, "nobody", "lr", "group:none", "l"]);
    assert_eq!(whose(cases), Value::Null);
    assert_eq!(rights(team, "nobody"), Value::Null);

    // Entries for users and groups that are not there are marked.
    for shown in [
        set,
        ok(&["acl", "get", cases]),
        ok(&["mailbox", "show", cases]),
        ok(&["acl", "explain", "ada", cases]),
    ] {
        for nobody in ["nobody", "group:none"] {
            let marked = format!("{nobody}  (nobody has that name)");
            assert!(shown.contains(&marked), "{shown}");
        }
        assert!(!shown.contains("ada  (nobody"), "{shown}");
    }
    ok(&["acl", "delete", "--recursive", team, "-bo", "eve"]);
    assert_eq!(rights(cases, "-bo"), Value::Null);
    for (mistaken, code) in [
        (&["acl", "set", team, "ada"][..], 2),
        (&["acl", "set", team, "ada", "lr", "bo"], 2),
        (&["acl", "set", team, "ada", "boss"], 2),
        (&["acl", "set", team, "ada", "lr", "--recursive", "x"], 2),
        (&["acl", "--as", "ada", "set", team, "eve", "lr"], 1),
    ] {
        assert_eq!(run(mistaken).code, Some(code), "{mistaken:?}");
    }

    let explained = json(&["acl", "explain", "ada", team, "--json"]);
    let answer = |command: &str| {
        let commands = explained["commands"].as_array().unwrap();
        let row = commands.iter().find(|row| row["command"] == command);
        row.unwrap()["answer"].clone()
    };
    assert_eq!(answer("EXPUNGE"), "OK");
    assert_eq!(answer("DELETE, RENAME"), "NO [NOPERM]");
    let hidden = ok(&["acl", "explain", "eve", team]);
    assert!(hidden.contains("NO [NONEXISTENT] LIST"), "{hidden}");

    let file = world.path().join("dovecot-acl");
    std::fs::write(
        &file,
        "user=eve lr\ngroup=staff lookup read\ngroup-override=x l\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let import = [
        "acl",
        "import",
        "--dry-run",
        "dovecot",
        file,
        team,
        "--json",
    ];
    let imported = json(&import);
    assert_eq!(
        imported["done"],
        json!([format!("{team}: eve lr"), format!("{team}: group:staff lr")])
    );
    assert_eq!(imported["skipped"].as_array().unwrap().len(), 1);
    assert_eq!(rights(team, "eve"), Value::Null, "a dry run does nothing");
    ok(&["acl", "import", "dovecot", file, team]);
    assert_eq!(rights(team, "eve"), "lr");
    let dump = world.path().join("mboxlist");
    let text = "team.cases\t0 default eve\tlrs\t\nteam.gone\t0 default eve\tl\t\n\
                user.ada\t0 default ada\tlrswipkxtecda\tbo\tlr\t\n";
    std::fs::write(&dump, text).unwrap();
    let told = ok(&["acl", "import", "cyrus", dump.to_str().unwrap()]);
    assert!(told.contains("Other Users/ada: bo lr\n"), "{told}");
    assert!(
        told.contains("no mailbox Shared Folders/team/gone"),
        "{told}"
    );
    assert_eq!(rights(cases, "eve"), "lrs");

    let shown = json(&["mailbox", "show", team, "--json"]);
    assert_eq!(shown["messages"], 0);
    assert_eq!(shown["private_flags"], "\\Seen");
    assert_eq!(shown["quota"], Value::Null);
    assert!(ok(&["mailbox", "show", team]).contains("UIDNEXT 1"));
    assert_eq!(
        run(&["mailbox", "--as", "bo", "show", "Shared Folders/no"]).code,
        Some(1)
    );
}

#[test]
fn room_can_be_limited_and_seen() {
    World::play(&[], async |world, frontend| {
        let settings = world.settings(&[]);
        let verb = |verb: &[&str]| ok(&settings, verb, "");
        let json = |words: &[&str]| -> Value { serde_json::from_str(&verb(words)).unwrap() };
        verb(&["user", "add", "root", "--admin"]);
        verb(&[
            "quota",
            "set",
            "user/ada",
            "--messages",
            "1",
            "--mailboxes",
            "5",
        ]);
        let mut client = ada(frontend).await;
        client.ok("APPEND INBOX {5+}\r\nhello").await;
        let told = "user/ada  messages 1 of 1  mailboxes 1 of 5\n";
        assert_eq!(verb(&["quota", "list"]), told);
        let shown = verb(&["mailbox", "show", "Other Users/ada"]);
        assert!(shown.contains(&format!("quota {told}")), "{shown}");
        let shown = json(&["mailbox", "show", "Other Users/ada", "--json"]);
        let listed = json(&["quota", "list", "--json"]);
        assert_eq!(listed, json!([shown["quota"]]));
        let messages = json!({ "resource": "messages", "used": 1, "limit": 1 });
        assert_eq!(listed[0]["usages"][0], messages);

        // These and no others.
        verb(&["quota", "set", "user/ada", "--storage", "1024"]);
        assert_eq!(verb(&["quota", "list"]), "user/ada  storage 1 of 1024\n");
        let nobody = run(
            &settings,
            &["quota", "set", "user/nobody", "--messages", "1"],
            "",
        );
        assert_eq!(nobody.code, Some(1), "{nobody:?}");
        let prefixed = ["quota", "set", "shared/Shared Folders/a", "--messages", "1"];
        let prefixed = run(&settings, &prefixed, "");
        assert_eq!(prefixed.code, Some(2), "{prefixed:?}");
        assert!(prefixed.err.contains("is called shared/a"), "{prefixed:?}");
        for no_root in ["ada", "user/", "shared/a//b"] {
            let refused = run(&settings, &["quota", "set", no_root, "--messages", "1"], "");
            assert_eq!(refused.code, Some(2), "{no_root}: {refused:?}");
        }
    });
}

#[test]
fn a_session_can_be_seen_and_ended() {
    World::play(&[], async |world, frontend| {
        let settings = world.settings(&[]);
        let mut client = ada(frontend).await;
        client.ok("ID (\"name\" \"Thunder\")").await;
        client.ok("SELECT INBOX").await;
        // The list is late by two seconds, and the machine may be busy.
        let selected = async {
            loop {
                let verb = ["session", "list", "--user", "ADA", "--json"];
                let listed: Vec<Value> = serde_json::from_str(&ok(&settings, &verb, "")).unwrap();
                let has_selected = |session: &Value| session["mailbox"] != Value::Null;
                if listed.iter().any(has_selected) {
                    break listed;
                }
                tokio::task::yield_now().await;
            }
        };
        let listed = timeout(Duration::from_secs(30), selected).await.unwrap();
        let [session] = &listed[..] else {
            panic!("{listed:?}")
        };
        assert_eq!(session["client"], "Thunder");
        assert_eq!(session["node"], "test");
        assert_eq!(session["address"], "127.0.0.1");
        assert_eq!(session["mailbox"], "Other Users/ada");
        let number = session["session"].as_str().unwrap().to_owned();
        ok(&settings, &["user", "add", "root", "--admin"], "");
        let shown = ok(&settings, &["mailbox", "show", "Other Users/ada"], "");
        assert!(shown.contains("open by ada on test\n"), "{shown}");
        let nobody = run(&settings, &["session", "end", "000000000000"], "");
        assert_eq!(nobody.code, Some(1), "{nobody:?}");
        let ending =
            tokio::task::spawn_blocking(move || ok(&settings, &["session", "end", &number], ""));
        let bye = client.line().await;
        assert!(bye.starts_with("* BYE An administrator"), "{bye}");
        assert_eq!(client.line().await, "");
        assert_eq!(ending.await.unwrap(), "1 ended\n");
    });
}

#[test]
fn what_a_client_did_can_be_asked_for() {
    World::play(&[], async |world, frontend| {
        let mut client = ada(frontend).await;
        client
            .ok("ID (\"name\" \"Thunder\" \"version\" \"1.2\")")
            .await;
        client.ok("APPEND INBOX {5+}\r\nhello").await;
        client.ok("SELECT INBOX").await;
        client.ok("STORE 1 +FLAGS.SILENT (\\Deleted blue)").await;
        client.ok("EXPUNGE").await;
        let settings = world.settings(&[]);
        ok(&settings, &["user", "add", "root", "--admin"], "");
        let verb = ["activity", "--mailbox", "Other Users/ada", "--json"];
        let rows: Vec<Value> = serde_json::from_str(&ok(&settings, &verb, "")).unwrap();
        let told: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row["kind"].as_str().unwrap(),
                    row["actor"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            ["append", "flags", "expunge"].map(|kind| (kind, "ada"))
        );
        assert_eq!(rows[1]["client"], "Thunder 1.2");
        assert_eq!(rows[1]["node"], "test");
        assert_eq!(rows[1]["address"], "127.0.0.1");
        assert_eq!(rows[1]["flags_set"], json!(["\\Deleted", "blue"]));
        assert_eq!(rows[2]["uids"], "1");
        let lines = ok(
            &settings,
            &["activity", "--user", "ada", "--kind", "expunge"],
            "",
        );
        assert!(
            lines.ends_with("ada expunge Other Users/ada 1 [127.0.0.1 Thunder 1.2 test]\n"),
            "{lines}"
        );
        let none = ok(
            &settings,
            &["activity", "--user", "ada", "--until", "1h"],
            "",
        );
        assert_eq!(none, "");
    });
}

#[test]
fn beside_a_server_verbs_use_its_private_database() {
    let world = World::new();
    let mut settings = world.settings(&[("LOG__FILTER", "off")]);
    settings.remove("POSTROOM_DATABASE__URL");
    // Alone, a verb starts the private PostgreSQL and stops it again.
    ok(&settings, &["user", "add", "ada"], "");
    let mut server = Command::new(env!("CARGO_BIN_EXE_postroom"))
        .args(["serve", "--json"])
        .envs(&settings)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let mut said = std::io::BufReader::new(server.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut said, &mut ready).unwrap();
    assert!(ready.contains("\"postgres\""), "{ready}");
    assert_eq!(ok(&settings, &["user", "list"], ""), "ada  no password\n");
    let pid = server.id().to_string();
    Command::new("kill").arg(&pid).status().unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0));
}
