//! Teams at the command line: what is made can be seen, and taken away again.

use serde_json::{Value, json};

use crate::verbs::{ok, run};
use crate::world::World;

#[test]
fn a_team_is_listed_and_loses_people_addresses_and_all() {
    let world = World::new();
    let settings = world.settings(&[]);
    let ok = |verb: &[&str]| ok(&settings, verb, "");
    let run = |verb: &[&str]| run(&settings, verb, "");
    ok(&["migrate"]);
    ok(&["user", "add", "admin", "--admin"]);
    for user in ["ada", "bo"] {
        ok(&["user", "add", user]);
    }
    // Not a team: it has no folders of its own.
    ok(&["mailbox", "create", "Shared Folders/plain"]);
    let add = ["team", "add", "support", "--lead", "ada", "--member", "bo"];
    let addresses = [
        "--address",
        "support@example.org",
        "--address",
        "help@example.org",
    ];
    ok(&[&add[..], &addresses].concat());

    let list = || -> Value { serde_json::from_str(&ok(&["team", "list", "--json"])).unwrap() };
    let whole = list();
    assert_eq!(whole.as_array().unwrap().len(), 1, "{whole}");
    assert_eq!(whole[0]["team"], "Shared Folders/support");
    assert_eq!(
        whole[0]["people"],
        json!([
            { "who": "ada", "role": "manager" },
            { "who": "anyone", "role": "p" },
            { "who": "bo", "role": "editor" },
        ])
    );
    assert_eq!(
        whole[0]["addresses"],
        json!(["help@example.org", "support@example.org"])
    );
    let words = ok(&["team", "list"]);
    assert!(
        words.starts_with("Shared Folders/support  ada (manager), "),
        "{words}"
    );

    assert_eq!(run(&["team", "remove", "support"]).code, Some(2), "what?");
    let remove = ["team", "remove", "support", "--member", "bo", "--address"];
    ok(&[&remove[..], &["help@example.org"]].concat());
    let less = list();
    assert_eq!(less[0]["people"].as_array().unwrap().len(), 2, "{less}");
    assert_eq!(less[0]["addresses"], json!(["support@example.org"]));
    let foreign = run(&["team", "remove", "support", "--address", "x@example.org"]);
    assert_eq!(foreign.code, Some(1), "{foreign:?}");

    let gone = ok(&["team", "remove", "support", "--all"]);
    assert!(
        gone.ends_with("mailbox Shared Folders/support deleted\n"),
        "{gone}"
    );
    assert_eq!(list(), json!([]));
    assert_eq!(ok(&["address", "list"]), "");
    assert!(ok(&["mailbox", "list"]).contains("Shared Folders/plain"));
    assert_eq!(run(&["team", "remove", "support", "--all"]).code, Some(1));
}
