//! Access tokens at the command line, and what mail transfer agents are told of them.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::agents::{LISTENERS, agent, log_in, look_up};
use crate::client::Client;
use crate::verbs::{ok, run};
use crate::world::World;

const SUPPORT: &str = "Shared Folders/support desk";

/// The text of a new token, by what comes after `token add`.
fn add(settings: &HashMap<String, String>, args: &[&str]) -> String {
    let said = ok(settings, &[&["token", "add", "--json"], args].concat(), "");
    let said: Value = serde_json::from_str(&said).unwrap();
    said["token"].as_str().unwrap().to_owned()
}

fn set_up(world: &World) -> HashMap<String, String> {
    let settings = world.settings(&[]);
    let verb = |verb: &[&str]| drop(ok(&settings, verb, ""));
    verb(&["user", "add", "admin", "--admin"]);
    verb(&[
        "mailbox",
        "create",
        SUPPORT,
        "--address",
        "support@example.org",
    ]);
    let orders = "Shared Folders/orders";
    verb(&[
        "mailbox",
        "create",
        orders,
        "--address",
        "orders@example.org",
    ]);
    verb(&["acl", "set", SUPPORT, "ada", "lrp"]);
    verb(&["acl", "set", orders, "ada", "lrp"]);
    settings
}

#[test]
fn tokens_are_made_listed_and_taken_away() {
    World::play(&[], async |world, frontend| {
        let settings = set_up(world);
        let seat = [
            "ada",
            "laptop, support",
            "--mailbox",
            SUPPORT,
            "--expires",
            "90d",
        ];
        let made = run(&settings, &[&["token", "add"][..], &seat].concat(), "");
        assert_eq!(made.code, Some(0), "{made:?}");
        // Nothing else is there, so that it may go into a file.
        let token = made.out.strip_suffix('\n').unwrap();
        assert!(token.starts_with("prtok_") && token.len() == 38, "{made:?}");
        let names = "support@example.org or support desk or ada/support desk";
        let words = format!("postroom: the token is shown this once; its user name: {names}\n");
        assert_eq!(made.err, words);

        let mut phone = Client::connect(frontend.addresses().imap[0]).await;
        phone.greeting().await;
        phone
            .ok(&format!("LOGIN support@example.org {token}"))
            .await;
        phone.ok("SELECT INBOX").await;

        let said = ok(&settings, &["token", "list", "ada", "--json"], "");
        assert!(!said.contains(token), "{said}");
        let listed: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(listed[0]["name"], json!("laptop, support"));
        assert_eq!(listed[0]["mailbox"], json!(SUPPORT));
        assert_eq!(listed[0]["services"], json!(["imap", "submission"]));
        assert_eq!(listed[0]["expired"], json!(false));
        add(&settings, &["ada", "reader", "--read-only"]);
        let said = ok(&settings, &["token", "list"], "");
        let reader = "ada  reader  whole account  imap  read-only  never used";
        assert_eq!(said.lines().last(), Some(reader), "{said}");

        let said = ok(
            &settings,
            &["token", "remove", "ada", "laptop, support"],
            "",
        );
        assert_eq!(said, "user ada no longer has the token laptop, support\n");
        let line = phone.line().await;
        assert!(line.starts_with("* BYE "), "{line}");
        let activity = ok(&settings, &["activity", "--kind", "account"], "");
        assert!(
            activity.contains("ada has the access token reader"),
            "{activity}"
        );
        assert!(!activity.contains("prtok_"), "{activity}");
    });
}

#[test]
fn what_is_wrong_about_a_token_is_one_line() {
    World::play(&[], async |world, _| {
        let settings = set_up(world);
        drop(ok(&settings, &["user", "add", "bo"], ""));
        add(&settings, &["ada", "phone"]);
        let long = "x".repeat(101);
        for (args, code, words) in [
            (&["add", "nobody", "x"][..], 1, "no user nobody"),
            (
                &["add", "ada", "phone"],
                1,
                "user ada has a token phone already",
            ),
            (
                &["add", "ada", ""],
                1,
                "the name of an access token has 1 to 100 bytes",
            ),
            (
                &["add", "ada", &long],
                1,
                "the name of an access token has 1 to 100 bytes",
            ),
            (
                &["add", "ada", "x\ny"],
                1,
                "the name of an access token has 1 to 100 bytes",
            ),
            (
                &["add", "ada", "x", "--mailbox", "Shared Folders/no"],
                1,
                "no mailbox Shared Folders/no",
            ),
            (
                &["add", "bo", "x", "--mailbox", SUPPORT],
                1,
                "user bo may see nothing of",
            ),
            (
                &["add", "ada", "x", "--service", "scim"],
                1,
                "user ada: by SCIM accounts are made, which is for site administrators",
            ),
            (
                &["add", "admin", "x", "--service", "scim", "--service", "api"],
                2,
                "a token for the API or for SCIM is for nothing else",
            ),
            (
                &["add", "ada", "x", "--mailbox", "INBOX"],
                2,
                "INBOX: a token opens a shared mailbox",
            ),
            (
                &["add", "ada", "x", "--expires", "soon"],
                2,
                "soon: say 12h or 90d from now",
            ),
            (
                &["add", "ada", "x", "--expires", "2001-01-01"],
                2,
                "2001-01-01: that is over already",
            ),
            (
                &["add", "ada", "x", "--service", "pop3"],
                2,
                "invalid value 'pop3'",
            ),
            (
                &["add", "ada", "x", "--read-only", "--service", "submission"],
                2,
                "a token that only reads sends no mail",
            ),
            (&["remove", "ada", "x"], 1, "user ada has no token x"),
            (&["remove", "nobody", "x"], 1, "no user nobody"),
            (&["list", "nobody"], 1, "no user nobody"),
        ] {
            let ended = run(&settings, &[&["token"], args].concat(), "");
            assert_eq!(ended.code, Some(code), "{args:?}: {ended:?}");
            assert!(ended.err.contains(words), "{args:?}: {ended:?}");
            assert!(
                code == 2 || ended.err.lines().count() == 1,
                "{args:?}: {ended:?}"
            );
            assert_eq!(ended.out, "", "{args:?}");
        }
        let token = add(&settings, &["ada", "another"]);
        let passwd = ["user", "passwd", "ada", "--password-stdin"];
        let ended = run(&settings, &passwd, &token);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(
            ended.err.contains("does not begin as an access token does"),
            "{ended:?}"
        );
    });
}

#[test]
fn who_sends_by_a_token_for_a_team_sends_as_the_team_alone() {
    World::play(LISTENERS, async |world, frontend| {
        let settings = set_up(world);
        let seat = add(&settings, &["ada", "seat", "--mailbox", SUPPORT]);
        let imap = add(
            &settings,
            &["ada", "imap", "--mailbox", SUPPORT, "--service", "imap"],
        );
        let own = add(&settings, &["ada", "own", "--service", "submission"]);
        let mut agent = agent(frontend.addresses().auth[0]).await;
        for (id, message, answer) in [
            (
                1,
                format!("\0support@example.org\0{seat}"),
                "OK\t1\tuser=ada/support%20desk",
            ),
            (
                2,
                format!("\0support desk\0{seat}"),
                "OK\t2\tuser=ada/support%20desk",
            ),
            (3, format!("\0ada\0{own}"), "OK\t3\tuser=ada"),
            (4, format!("\0ada\0{seat}"), "FAIL\t4"),
            (5, format!("\0orders@example.org\0{seat}"), "FAIL\t5"),
            (6, format!("\0support@example.org\0{imap}"), "FAIL\t6"),
            (7, format!("\0support@example.org\0{own}"), "FAIL\t7"),
            (8, "\0ada\0prtok_x".to_owned(), "FAIL\t8"),
        ] {
            assert_eq!(log_in(&mut agent, id, &message).await, answer, "{id}");
        }
        let maps = frontend.addresses().maps[0];
        let senders = ["senders support@example.org", "senders orders@example.org"];
        let answers = look_up(maps, &senders).await;
        assert_eq!(answers, ["OK ada,ada/support%20desk,admin", "OK ada,admin"]);
        drop(ok(&settings, &["acl", "set", SUPPORT, "ada", "-p"], ""));
        assert_eq!(look_up(maps, &senders[..1]).await, ["OK admin"]);
        drop(ok(&settings, &["acl", "set", SUPPORT, "ada", "+p"], ""));
        drop(ok(&settings, &["token", "remove", "ada", "seat"], ""));
        assert_eq!(look_up(maps, &senders[..1]).await, ["OK ada,admin"]);
        let mut imap = Client::connect(frontend.addresses().imap[0]).await;
        imap.greeting().await;
        let refused = imap.ask(&format!("LOGIN ada {own}")).await;
        assert!(refused[0].contains("[AUTHENTICATIONFAILED]"), "{refused:?}");
    });
}
