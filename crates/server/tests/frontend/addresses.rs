//! Addresses and letters from the command line.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::verbs::{ok, run};
use crate::world::World;

const SUPPORT: &str = "Shared Folders/support";
const LETTER: &str =
    "From: eve@example.net\nTo: support@example.org\nSubject: Order 17\n\nWhere is it?\n";

fn begun(settings: &HashMap<String, String>) {
    ok(settings, &["migrate"], "");
    ok(settings, &["user", "add", "root", "--admin"], "");
    ok(settings, &["user", "add", "ada"], "");
}

#[test]
fn addresses_are_added_listed_explained_and_removed() {
    let world = World::new();
    let settings = world.settings(&[]);
    begun(&settings);
    let run = |verb: &[&str]| run(&settings, verb, "");
    let ok = |verb: &[&str]| ok(&settings, verb, "");
    let json = |verb: &[&str]| -> Value { serde_json::from_str(&ok(verb)).unwrap() };

    let create = [
        "mailbox",
        "create",
        SUPPORT,
        "--address",
        "Support@example.org",
    ];
    ok(&create);
    ok(&["mailbox", "create", "Shared Folders/support/Invoices"]);
    ok(&["address", "add", "all@example.org", SUPPORT, "user/ada"]);
    ok(&["address", "add", "help@example.org", "support@example.org"]);
    ok(&["address", "add", "@old.example", "@example.org"]);
    ok(&["address", "add", "@example.org", "user/ada"]);
    assert_eq!(
        ok(&["address", "list"]),
        "all@example.org Shared Folders/support\n\
         all@example.org Other Users/ada\n\
         help@example.org support@example.org\n\
         Support@example.org Shared Folders/support\n\
         @example.org Other Users/ada\n\
         @old.example @example.org\n"
    );
    let listed = json(&["address", "list", "--json"]);
    assert!(listed.as_array().unwrap().contains(&json!({
        "address": "@old.example", "leads_to": "@example.org", "kind": "domain"
    })));
    // Who has an address may be written to by anyone, and his list says so.
    assert!(ok(&["acl", "get", SUPPORT]).contains("anyone"));
    let explained = json(&["address", "explain", "help+invoices@old.example", "--json"]);
    assert_eq!(
        explained["targets"],
        json!([{ "mailbox": "Shared Folders/support/Invoices", "anyone": true }])
    );
    assert_eq!(
        ok(&["address", "explain", "help+orders@example.org"]),
        "help+orders@example.org goes to Shared Folders/support\n  \
           help+orders@example.org is help@example.org with a subaddress\n  \
           help@example.org leads to support@example.org\n  \
           support@example.org is known\n  \
           it leads to Shared Folders/support\n  \
           there is no orders below it\n  \
           sent as by root\n"
    );
    ok(&["acl", "set", SUPPORT, "anyone", "-p"]);
    let closed = ok(&["address", "explain", "support@example.org"]);
    assert!(closed.contains("but not from just anyone"), "{closed}");

    ok(&["address", "remove", "all@example.org", "user/ada"]);
    ok(&["address", "remove", "@example.org"]);
    ok(&["address", "remove", "@old.example"]);
    let nowhere = ok(&["address", "explain", "x@example.org"]);
    assert!(
        nowhere.starts_with("x@example.org goes nowhere\n"),
        "{nowhere}"
    );

    for (verb, code, words) in [
        (
            &["remove", "x@example.org"][..],
            1,
            "no address x@example.org",
        ),
        (
            &["add", "x@example.org", "y@example.org"],
            1,
            "y@example.org leads nowhere yet",
        ),
        (
            &["add", "x@example.org", "user/nobody"],
            1,
            "no mailbox Other Users/nobody",
        ),
        (&["add", "x@example.org", "INBOX"], 2, "neither a mailbox"),
        (&["add", "x", SUPPORT], 2, "local@domain"),
        (
            &["add", "x@example.org", "@example.net"],
            2,
            "only a domain",
        ),
        (&["explain", "x"], 2, "local@domain"),
    ] {
        let verb: Vec<&str> = ["address"]
            .into_iter()
            .chain(verb.iter().copied())
            .collect();
        let ended = run(&verb);
        assert_eq!(ended.code, Some(code), "{verb:?} {ended:?}");
        assert!(ended.err.contains(words), "{verb:?} {ended:?}");
        assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
    }
}

#[test]
fn a_letter_is_delivered_with_the_codes_of_sysexits() {
    let world = World::new();
    let settings = world.settings(&[]);
    begun(&settings);
    let run = |verb: &[&str], letter: &str| run(&settings, verb, letter);
    let ok = |verb: &[&str], letter: &str| ok(&settings, verb, letter);
    ok(
        &[
            "mailbox",
            "create",
            SUPPORT,
            "--address",
            "support@example.org",
        ],
        "",
    );
    ok(&["address", "add", "ada@example.org", "user/ada"], "");

    assert_eq!(
        ok(&["deliver", "--queue-id", "4XyZ"], LETTER),
        "support@example.org delivered to Shared Folders/support\n"
    );
    // The same again, and for another as well.
    assert_eq!(
        ok(
            &[
                "deliver",
                "-r",
                "Support@example.org",
                "-r",
                "ada@example.org"
            ],
            LETTER
        ),
        "Support@example.org delivered to Shared Folders/support before\n\
         ada@example.org delivered to Other Users/ada\n"
    );
    let told = ok(
        &["activity", "--kind", "delivery", "--mailbox", SUPPORT],
        "",
    );
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(
        told.contains("to support@example.org, as 4XyZ, from the command line"),
        "{told}"
    );

    ok(&["quota", "set", "user/ada", "--messages", "1"], "");
    let another = LETTER.replace("17", "18");
    for (recipients, letter, code) in [
        (&["nobody@example.org"][..], LETTER, 67),
        (&["nobody@example.org", "support@example.org"], &another, 67),
        (&["ada@example.org"], &another, 73),
        (&["x"], LETTER, 65),
        (&["support@example.org"], "", 65),
        (&["support@example.org"], "a\0b", 65),
        (&[], "Subject: to nobody\n\n", 65),
    ] {
        let options = recipients.iter().flat_map(|recipient| ["-r", recipient]);
        let verb: Vec<&str> = ["deliver"].into_iter().chain(options).collect();
        let ended = run(&verb, letter);
        assert_eq!(ended.code, Some(code), "{verb:?} {ended:?}");
        assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
    }
    ok(&["acl", "set", SUPPORT, "anyone", "-p"], "");
    let refused = run(&["deliver"], &LETTER.replace("17", "19"));
    assert_eq!(refused.code, Some(77), "{refused:?}");

    let mut away = settings.clone();
    away.insert(
        "POSTROOM_DATABASE__URL".into(),
        "postgres://me@127.0.0.1:1/x".into(),
    );
    let ended = crate::verbs::run(&away, &["deliver"], LETTER);
    assert_eq!(ended.code, Some(75), "{ended:?}");
    away.insert("POSTROOM_LISTEN__IMAP".into(), "here".into());
    let ended = crate::verbs::run(&away, &["deliver"], LETTER);
    assert_eq!(ended.code, Some(78), "{ended:?}");
}

#[test]
fn a_team_is_one_command() {
    let world = World::new();
    let settings = world.settings(&[]);
    begun(&settings);
    let run = |verb: &[&str]| run(&settings, verb, "");
    let ok = |verb: &[&str]| ok(&settings, verb, "");
    let json = |verb: &[&str]| -> Value { serde_json::from_str(&ok(verb)).unwrap() };
    ok(&["user", "add", "bo", "--folders"]);
    ok(&["group", "add", "support"]);
    ok(&["group", "member", "add", "support", "bo"]);
    let add = [
        "team",
        "add",
        "support",
        "--address",
        "support@example.org",
        "--lead",
        "ada",
        "--member",
        "group:support",
    ];
    let dry = [&add[..], &["--dry-run", "--json"]].concat();
    let foreseen = json(&dry);
    assert_eq!(foreseen["dry_run"], true);
    assert_eq!(
        foreseen["done"][0],
        json!({ "kind": "mailbox", "name": SUPPORT })
    );
    assert_eq!(run(&["mailbox", "show", SUPPORT]).code, Some(1));
    let done = ok(&add);
    assert!(
        done.contains("folder Shared Folders/support/Sent\n"),
        "{done}"
    );
    assert!(done.ends_with("address support@example.org\n"), "{done}");
    assert_eq!(ok(&add), "team support has all of that\n");
    let way = json(&["address", "explain", "support@example.org", "--json"]);
    assert_eq!(way["senders"], json!(["ada", "bo"]));
    let copy = way["sent_copy"].as_str().unwrap();
    let copied = ok(&["address", "explain", copy]);
    assert!(
        copied.contains("for Shared Folders/support/Sent"),
        "{copied}"
    );
    let explained = json(&["acl", "explain", "bo", SUPPORT, "--json"]);
    assert_eq!(explained["sends_as"], true);
    assert_eq!(explained["rights"], "lrswipted");
    ok(&["acl", "set", SUPPORT, "group:support", "-p"]);
    let explained = ok(&["acl", "explain", "bo", SUPPORT]);
    assert!(
        explained.contains("may not          send mail as its addresses"),
        "{explained}"
    );

    for (arguments, code, words) in [
        (
            &["sales", "--member", "nobody"][..],
            1,
            "there is no nobody",
        ),
        (&["sales", "--member", "anyone"], 2, "no user and no group"),
        (&["sales", "--address", "x"], 2, "local@domain"),
        (&["INBOX"], 2, "not the name of a team"),
    ] {
        let verb: Vec<&str> = ["team", "add"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        let ended = run(&verb);
        assert_eq!(ended.code, Some(code), "{verb:?} {ended:?}");
        assert!(ended.err.contains(words), "{verb:?} {ended:?}");
    }

    // The story of a message that the team got.
    let letter = LETTER.replace("Subject", "Message-ID: <17@example.net>\nSubject");
    crate::verbs::ok(&settings, &["deliver"], &letter);
    let story = ok(&["activity", "--message", "<17@example.net>"]);
    assert!(
        story.contains("delivery Shared Folders/support 1 to support@example.org"),
        "{story}"
    );
}
