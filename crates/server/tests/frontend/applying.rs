//! `postroom apply` and `postroom snapshot`: a site from a file, and a file of a site.

use std::collections::HashMap;
use std::fs;

use serde_json::Value;

use crate::client::Client;
use crate::verbs::{Ended, ok, run};
use crate::world::World;

const SITE: &str = r#"
[account.admin]
admin = true
[account.bo]
folders = true
addresses = ["Bo@example.org"]
quota = { storage = 2048 }
[account.cy]
[group.support]
members = ["ada", "bo"]
[mailbox.support]
rights = { ada = "manager", "group:support" = "editor", anyone = "p" }
private = []
addresses = ["support@example.org"]
quota = { messages = 1000 }
folders = true
[mailbox."support/Leads"]
rights = { ada = "manager" }
"#;

fn apply(settings: &HashMap<String, String>, arguments: &[&str], file: &str) -> Ended {
    run(
        settings,
        &[&["apply"][..], arguments, &["-"]].concat(),
        file,
    )
}

/// How many rows of activity there are.
fn activity(settings: &HashMap<String, String>) -> usize {
    let rows = ok(settings, &["activity", "--json", "--limit", "10000"], "");
    rows.lines().count()
}

#[test]
fn a_site_is_made_from_a_file_and_saying_it_again_changes_nothing() {
    World::play(&[], async |world, frontend| {
        let settings = world.settings(&[]);
        let trial = apply(&settings, &["--dry-run"], SITE);
        assert_eq!(trial.code, Some(3), "{trial:?}");
        assert!(
            trial
                .out
                .starts_with("+ account admin, administers the site\n+ account bo\n"),
            "{trial:?}"
        );
        assert!(trial.err.ends_with("changes would be made\n"), "{trial:?}");
        assert_eq!(run(&settings, &["group", "list"], "").out, "", "a trial");

        let done = apply(&settings, &[], SITE);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(
            done.out
                .contains("+ mailbox support: group:support editor\n"),
            "{done:?}"
        );
        assert!(done.out.ends_with(" changes made\n"), "{done:?}");
        let mut ada = Client::connect(frontend.addresses().imap[0]).await;
        ada.greeting().await;
        ada.ok("LOGIN ada pass").await;
        let rights = ada.ask("MYRIGHTS \"Shared Folders/support/Sent\"").await;
        assert!(rights[0].ends_with("lrswipkxctedan"), "{rights:?}");
        let explained = ok(
            &settings,
            &["address", "explain", "bo@example.org", "--json"],
            "",
        );
        assert!(explained.contains("Other Users/bo"), "{explained}");
        let listed = ok(&settings, &["quota", "list"], "");
        assert!(
            listed.contains("shared/support  messages 0 of 1000"),
            "{listed}"
        );

        let before = activity(&settings);
        for arguments in [&[][..], &["--dry-run"], &["--prune"]] {
            let again = apply(&settings, arguments, SITE);
            assert_eq!(
                (again.code, again.out.as_str()),
                (Some(0), "nothing to change\n"),
                "{again:?}"
            );
        }
        let snapshot = ok(&settings, &["snapshot"], "");
        let same = apply(&settings, &["--prune"], &snapshot);
        assert_eq!(
            (same.code, same.out.as_str()),
            (Some(0), "nothing to change\n"),
            "{same:?}"
        );
        assert_eq!(activity(&settings), before, "nothing was written");
        let tree = ok(&settings, &["snapshot", "support"], "");
        assert!(
            snapshot.ends_with(&tree) && tree.starts_with("[mailbox.support]\n"),
            "{tree}"
        );
        assert!(
            !snapshot.contains("pass") && !snapshot.contains("hash"),
            "{snapshot}"
        );

        // She reads what is taken from her no longer, in the session that is open.
        ada.ok("SELECT \"Shared Folders/support/Leads\"").await;
        let less = apply(
            &settings,
            &["--as", "admin"],
            "[mailbox.support]\n[mailbox.\"support/Leads\"]\nrights = {}\n",
        );
        assert_eq!(
            less.out, "- mailbox support/Leads: ada manager\n1 change made\n",
            "{less:?}"
        );
        let gone = ada.ask("NOOP").await;
        assert!(gone[0].starts_with("* BYE "), "{gone:?}");
        let rows = ok(&settings, &["activity", "--user", "admin", "--json"], "");
        assert!(rows.contains("ada"), "{rows}");
    });
}

#[test]
fn what_is_wrong_or_refused_changes_nothing() {
    let world = World::new();
    let settings = world.settings(&[]);
    ok(&settings, &["migrate"], "");
    let file = world.path().join("site.toml");
    fs::write(&file, "[account.admin]\nadmin = true\npassword = \"x\"\n").unwrap();
    let wrong = run(&settings, &["apply", file.to_str().unwrap()], "");
    assert_eq!(wrong.code, Some(1));
    let place = format!(
        "postroom: {}:3:1: unknown key password: account has ",
        file.display()
    );
    assert!(
        wrong.err.starts_with(&place) && wrong.err.lines().count() == 1,
        "{wrong:?}"
    );
    let missing = run(&settings, &["apply", "/nowhere.toml"], "");
    assert_eq!(missing.code, Some(1), "{missing:?}");
    for arguments in [
        &["apply"][..],
        &["apply", "--with-mail", "-"],
        &["snapshot", "a/b"],
    ] {
        assert_eq!(run(&settings, arguments, "").code, Some(2), "{arguments:?}");
    }

    let nobody = apply(&settings, &[], "[account.ada]\n");
    assert_eq!(nobody.code, Some(1));
    assert!(
        nobody.err.contains("nobody would administer the site"),
        "{nobody:?}"
    );
    let made = apply(
        &settings,
        &[],
        "[account.admin]\nadmin = true\n[account.ada]\nhash = \"{SSHA}pDLqD+ChQYR6XIPExEVbrMZb5s9iRMC9\"\n",
    );
    assert_eq!(made.code, Some(0), "{made:?}");
    let strange = apply(&settings, &[], "[account.bo]\nhash = \"secret\"\n");
    assert!(strange.err.starts_with("postroom: -:2:8: "), "{strange:?}");
    let no_admin = apply(&settings, &["--as", "ada"], "[mailbox.a]\nrights = {}\n");
    assert_eq!(
        (no_admin.code, no_admin.err.as_str()),
        (Some(1), "postroom: ada does not administer the site\n")
    );

    let json = apply(
        &settings,
        &["--json", "--dry-run"],
        "[mailbox.a]\nrights = { carl = \"lr\" }\n",
    );
    let data: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(data["changes"][0]["change"], "add");
    assert_eq!(data["changes"][0]["what"], "mailbox a");
    assert_eq!(
        data["notes"][0],
        "there is no carl yet, who is named in lists"
    );
    assert_eq!(
        run(&settings, &["snapshot", "a"], "").code,
        Some(1),
        "a trial"
    );
    assert_eq!(
        ok(&settings, &["mailbox", "list"], "")
            .lines()
            .filter(|line| line.contains("Shared"))
            .count(),
        0
    );
    let keys = run(&HashMap::new(), &["apply", "--keys"], "");
    assert!(keys.out.contains("#rights = "), "{keys:?}");
}
