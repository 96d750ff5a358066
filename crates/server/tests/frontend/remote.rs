//! Verbs from another machine: by `--server` they do and print what they do and print beside the database.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use server::Frontend;

use crate::verbs::{Ended, ok, run};
use crate::world::{World, ada};

pub(crate) const API: [(&str, &str); 2] = [("LISTEN__WEB", "127.0.0.1:0"), ("WEB__API", "true")];

/// The same program twice: beside the database, and with nothing but a server and a token.
pub(crate) struct Sides {
    pub(crate) here: HashMap<String, String>,
    pub(crate) there: HashMap<String, String>,
}

impl Sides {
    pub(crate) fn new(world: &World, frontend: &Frontend) -> Self {
        let here = world.settings(&[]);
        drop(ok(&here, &["user", "add", "admin", "--admin"], ""));
        let token = write_token(world, &here, "admin");
        let there = remote(frontend.addresses().web[0], &token);
        Self { here, there }
    }

    /// What both say, where it must be the same.
    fn same(&self, verb: &[&str]) -> String {
        let here = run(&self.here, verb, "");
        let there = run(&self.there, verb, "");
        let printed = |ended: &Ended| (ended.code, ended.out.clone(), ended.err.clone());
        assert_eq!(printed(&here), printed(&there), "{verb:?}");
        here.out
    }
}

/// Variables of a machine that has nothing else.
pub(crate) fn remote(web: SocketAddr, token_file: &str) -> HashMap<String, String> {
    HashMap::from([
        ("POSTROOM_SERVER".to_owned(), format!("http://{web}")),
        ("POSTROOM_TOKEN_FILE".to_owned(), token_file.to_owned()),
    ])
}

/// A file with a token of this user for the API.
pub(crate) fn write_token(world: &World, here: &HashMap<String, String>, user: &str) -> String {
    let add = ["token", "add", user, "job", "--service", "api", "--json"];
    let made: Value = serde_json::from_str(&ok(here, &add, "")).unwrap();
    write_secret(world, user, made["token"].as_str().unwrap())
}

pub(crate) fn write_secret(world: &World, name: &str, text: &str) -> String {
    let file = world.path().join(format!("{name}.token"));
    fs::write(&file, format!("{text}\n")).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    file.to_str().unwrap().to_owned()
}

const TEAM: &str = "Shared Folders/team-%";

/// What is changed, once by each side with its own names in place of `%`, and must be said alike.
const CHANGES: &[&[&str]] = &[
    &[
        "user",
        "add",
        "bo-%",
        "eve-%",
        "--folders",
        "--password-stdin",
    ],
    &["user", "add", "bo-%"],
    &["user", "add", "boss-%", "--admin"],
    &["user", "passwd", "bo-%", "--password-stdin"],
    &["user", "passwd", "bo-%"],
    &["user", "passwd", "eve-%", "--none"],
    &["user", "passwd", "nobody-%", "--none"],
    &["user", "disable", "eve-%"],
    &["user", "enable", "nobody-%"],
    &["user", "delete", "nobody-%"],
    &["user", "add", "gone-%"],
    &["user", "delete", "gone-%"],
    &["group", "add", "staff-%"],
    &["group", "add", "staff-%"],
    &["group", "add", "inner-%"],
    &["group", "add", "gone-%"],
    &["group", "delete", "gone-%"],
    &["group", "delete", "gone-%"],
    &[
        "group",
        "member",
        "add",
        "staff-%",
        "bo-%",
        "eve-%",
        "group:inner-%",
    ],
    &["group", "member", "add", "staff-%", "nobody-%"],
    &["group", "member", "add", "gone-%", "bo-%"],
    &["group", "member", "remove", "staff-%", "eve-%"],
    &["mailbox", "create", TEAM, "--address", "team-%@example.org"],
    &["mailbox", "create", TEAM],
    &[
        "mailbox",
        "create",
        "Shared Folders/team-%/Sent",
        "--special-use",
        "\\Sent",
    ],
    &["mailbox", "create", "Shared Folders/team-%/old"],
    &["mailbox", "create", "Shared Folders/gone-%"],
    &["mailbox", "create", "Shared Folders//%"],
    &["mailbox", "delete", "Shared Folders/gone-%"],
    &["mailbox", "delete", "Shared Folders/gone-%"],
    &[
        "mailbox",
        "rename",
        "Shared Folders/team-%/old",
        "Shared Folders/team-%/2026",
    ],
    &[
        "mailbox",
        "rename",
        "Shared Folders/team-%/2026",
        "Shared Folders/team-%/Sent",
    ],
    &[
        "mailbox",
        "rename",
        "Shared Folders/team-%/old",
        "Shared Folders/team-%/new",
    ],
    &[
        "mailbox",
        "policy",
        TEAM,
        "--shared",
        "\\Seen",
        "--private",
        "\\Flagged",
        "todo-%",
    ],
    &["mailbox", "policy", "Shared Folders/gone-%"],
    &[
        "acl",
        "set",
        TEAM,
        "bo-%",
        "editor",
        "group:staff-%",
        "+p",
        "nobody-%",
        "lr",
    ],
    &["acl", "set", TEAM, "bo-%", "-e"],
    &["acl", "set", TEAM, "group:staff-%", "-p"],
    &["acl", "set", TEAM, "bo-%", "editr"],
    &["acl", "set", TEAM, "--", "-eve-%", "e"],
    &["acl", "set", "Shared Folders/gone-%", "bo-%", "lr"],
    &["acl", "set", "Shared Folders/team-%/2026", "eve-%", "lrs"],
    &[
        "acl",
        "set",
        "--recursive",
        TEAM,
        "group:inner-%",
        "viewer",
        "eve-%",
        "+w",
    ],
    &["acl", "delete", TEAM, "nobody-%"],
    &["acl", "explain", "nobody-%", TEAM],
    &["address", "add", "help-%@example.org", "team-%@example.org"],
    &[
        "address",
        "add",
        "ada-%@example.org",
        "Other Users/ada",
        TEAM,
    ],
    &[
        "address",
        "add",
        "help-%@example.org",
        "Shared Folders/gone-%",
    ],
    &["address", "add", "no address", TEAM],
    &[
        "address",
        "add",
        "gone-%@example.org",
        "user/bo-%",
        "--closed",
    ],
    &["address", "remove", "gone-%@example.org", "user/bo-%"],
    &["address", "remove", "gone-%@example.org"],
    &["address", "add", "@%.example", "@example.org"],
    &[
        "quota",
        "set",
        "shared/team-%",
        "--storage",
        "10MiB",
        "--messages",
        "5",
    ],
    &["quota", "set", "shared/gone-%", "--mailboxes", "3"],
    &["quota", "set", "user/nobody-%", "--messages", "1"],
    &["quota", "set", "user/bo-%", "--messages", "100"],
    &["token", "add", "bo-%", "phone", "--expires", "2099-01-01"],
    &["token", "add", "bo-%", "phone"],
    &[
        "token",
        "add",
        "bo-%",
        "desk",
        "--mailbox",
        TEAM,
        "--read-only",
    ],
    &[
        "token",
        "add",
        "bo-%",
        "x",
        "--mailbox",
        "Shared Folders/gone-%",
    ],
    &[
        "token",
        "add",
        "boss-%",
        "x",
        "--mailbox",
        "INBOX",
        "--service",
        "api",
    ],
    &["token", "add", "nobody-%", "x"],
    &["token", "add", "bo-%", ""],
    &["token", "remove", "bo-%", "phone"],
    &["token", "remove", "bo-%", "phone"],
    &["token", "remove", "nobody-%", "phone"],
    &["session", "end", "00c0ffee1234"],
    &["session", "end", "here"],
    &["session", "end", "--user", "bo-%"],
    &["session", "end", "--user", "nobody-%"],
];

/// What is asked by both sides of the same, and must be told alike.
const QUESTIONS: &[&[&str]] = &[
    &["user", "list"],
    &["group", "list"],
    &["acl", "get", TEAM],
    &["acl", "get", "Shared Folders/team-%/2026"],
    &["acl", "get", "Shared Folders/team-%/Sent"],
    &["acl", "get", "Shared Folders/gone"],
    &["acl", "explain", "bo-%", TEAM],
    &["acl", "explain", "boss-%", "Shared Folders/team-%/Sent"],
    &["acl", "explain", "ada", TEAM],
    &["mailbox", "show", TEAM],
    &["mailbox", "show", "Shared Folders/team-%/Sent"],
    &["mailbox", "policy", TEAM],
    &["mailbox", "list"],
    &["address", "list"],
    &["address", "explain", "ada-%@example.org"],
    &["address", "explain", "help-%+orders@example.org"],
    &["address", "explain", "nobody@else.example"],
    &["quota", "list"],
    &["token", "list"],
    &["token", "list", "bo-%"],
    &["token", "list", "nobody"],
    &["session", "list"],
    &["session", "list", "--user", "ada", "--mailbox", TEAM],
    &["session", "list", "--user", "bo-%"],
    &["activity", "--mailbox", TEAM],
    &["activity", "--user", "ada", "--kind", "append"],
    &["activity", "--kind", "group", "--limit", "3"],
    &["activity", "--message", "<none@example.org>"],
    &["activity", "--since", "2020-01-01", "--until", "2020-01-02"],
];

fn of_side(verb: &[&str], side: &str) -> Vec<String> {
    verb.iter().map(|word| word.replace('%', side)).collect()
}

/// With the same names for both sides, and without what is random.
fn alike(ended: &Ended, side: &str) -> (Option<i32>, String, String) {
    let random = ended.out.split_whitespace();
    let random = random.filter(|word| word.starts_with("prtok_"));
    let out = random.fold(ended.out.clone(), |out, token| {
        out.replace(token, "prtok_…")
    });
    let alike = |text: &str| text.replace(side, "%");
    (ended.code, alike(&out), alike(&ended.err))
}

#[test]
fn a_verb_does_the_same_from_another_machine() {
    World::play(&API, async |world, frontend| {
        let sides = Sides::new(world, frontend);
        for verb in CHANGES {
            let [here, there] =
                [("xhere", &sides.here), ("xaway", &sides.there)].map(|(side, settings)| {
                    let verb = of_side(verb, side);
                    let verb: Vec<&str> = verb.iter().map(String::as_str).collect();
                    alike(&run(settings, &verb, "a secret\n"), side)
                });
            assert_eq!(here, there, "{verb:?}");
        }
        for side in ["xhere", "xaway"] {
            let team = TEAM.replace('%', side);
            let set = ["acl", "set", team.as_str(), "ada", "editor"];
            drop(ok(&sides.here, &set, ""));
        }
        let mut client = ada(frontend).await;
        client.ok("SELECT \"Shared Folders/team-xaway\"").await;
        client
            .say("x APPEND \"Shared Folders/team-xaway\" {4+}\r\nA: b")
            .await;
        while !client.line().await.starts_with("x OK") {}
        wait_for_presence(&sides.here);
        // By now all that was done is done to both.
        for side in ["xhere", "xaway"] {
            for question in QUESTIONS {
                let question = of_side(question, side);
                let question: Vec<&str> = question.iter().map(String::as_str).collect();
                let _words = sides.same(&question);
                let _data = sides.same(&[&question[..], &["--json"]].concat());
            }
        }
        for [here, there] in [
            [
                "acl get Shared_Folders/team-xhere",
                "acl get Shared_Folders/team-xaway",
            ],
            ["token list bo-xhere", "token list bo-xaway"],
            [
                "mailbox policy Shared_Folders/team-xhere",
                "mailbox policy Shared_Folders/team-xaway",
            ],
        ] {
            let told = |verb: &str| {
                let verb: Vec<String> = verb.split(' ').map(|it| it.replace('_', " ")).collect();
                let verb: Vec<&str> = verb.iter().map(String::as_str).collect();
                sides.same(&verb)
            };
            let (here, there) = (told(here), told(there));
            assert_eq!(here.replace("xhere", "%"), there.replace("xaway", "%"));
        }
        let ended = ok(&sides.there, &["session", "end", "--user", "ada"], "");
        assert_eq!(ended, "1 ended\n");
        while !client.line().await.starts_with("* BYE") {}
        let activity = ok(&sides.here, &["activity", "--user", "admin"], "");
        let told = activity
            .lines()
            .any(|line| line.contains("bo-xaway created") && line.contains("HTTP API, postroom/"));
        assert!(told, "{activity}");
    });
}

/// Nodes report some seconds later who has what selected.
fn wait_for_presence(here: &HashMap<String, String>) {
    let list = ["session", "list", "--mailbox", "Shared Folders/team-xaway"];
    while ok(here, &list, "").is_empty() {}
}

#[test]
fn a_lead_does_from_another_machine_what_setacl_lets_him() {
    World::play(&API, async |world, frontend| {
        let Sides { here, .. } = Sides::new(world, frontend);
        for verb in [
            "user add bo cleo",
            "mailbox create Shared_Folders/team",
            "mailbox create Shared_Folders/team/old",
            "mailbox create Shared_Folders/seen",
            "mailbox create Shared_Folders/board",
            "acl set Shared_Folders/team ada manager bo viewer",
            "acl set Shared_Folders/seen ada viewer",
        ] {
            let verb: Vec<String> = verb.split(' ').map(|it| it.replace('_', " ")).collect();
            let verb: Vec<&str> = verb.iter().map(String::as_str).collect();
            drop(ok(&here, &verb, ""));
        }
        let token = write_token(world, &here, "ada");
        let there = remote(frontend.addresses().web[0], &token);
        // As a session of hers: the same by her token as on her behalf beside the database.
        for verb in [
            &["acl", "set", "Shared Folders/team", "cleo", "editor"][..],
            &["acl", "set", "Shared Folders/board", "ada", "lr"],
            &["acl", "set", "Shared Folders/seen", "ada", "manager"],
            &["acl", "set", "Shared Folders/nowhere", "ada", "lr"],
            &["acl", "get", "Shared Folders/board"],
            &["acl", "get", "Shared Folders/seen"],
            &["acl", "delete", "Shared Folders/team", "cleo"],
            &["acl", "delete", "Shared Folders/board", "cleo"],
            &["acl", "explain", "bo", "Shared Folders/board"],
            &["mailbox", "create", "Shared Folders/x"],
            &["mailbox", "delete", "Shared Folders/board"],
            &["mailbox", "delete", "Shared Folders/seen"],
            &[
                "mailbox",
                "policy",
                "Shared Folders/board",
                "--shared",
                "\\Seen",
            ],
            &[
                "mailbox",
                "policy",
                "Shared Folders/team",
                "--shared",
                "\\Seen",
            ],
            &["mailbox", "show", "Shared Folders/board"],
            &["mailbox", "list"],
        ] {
            let as_ada = [&verb[..1], &["--as", "ada"], &verb[1..]].concat();
            let (beside, away) = (run(&here, &as_ada, ""), run(&there, verb, ""));
            assert_eq!(beside.code, away.code, "{verb:?}: {beside:?} {away:?}");
            assert_eq!((beside.out, beside.err), (away.out, away.err), "{verb:?}");
        }
        let explained = ok(&there, &["acl", "explain", "bo", "Shared Folders/team"], "");
        assert!(
            explained.starts_with("bo may lrs on Shared Folders/team\n"),
            "{explained}"
        );
        for hidden in ["board", "nowhere"] {
            let name = format!("Shared Folders/{hidden}/x");
            let ended = run(&there, &["mailbox", "create", &name], "");
            let told = format!("postroom: {name}: no right to do that\n");
            assert_eq!((ended.code, ended.err), (Some(1), told));
        }
        // She learns nothing of who administers the site.
        let explained = ok(
            &there,
            &["acl", "explain", "admin", "Shared Folders/team"],
            "",
        );
        assert!(!explained.contains("administrator"), "{explained}");
        let got = ok(&there, &["acl", "get", "Shared Folders/team"], "");
        assert!(!got.contains("nobody"), "{got}");
        assert!(ok(&there, &["token", "list", "ada"], "").contains("job"));
        let activity = ["activity", "--mailbox", "Shared Folders/team"];
        assert!(ok(&there, &activity, "").contains("cleo"));
        // What is for those who administer the site, and whom and what she may not know.
        for (verb, words) in [
            (&["user", "list"][..], "you may not do that"),
            (&["user", "add", "eve"], "you may not do that"),
            (&["group", "list"], "you may not do that"),
            (&["address", "list"], "you may not do that"),
            (&["quota", "list"], "you may not do that"),
            (&["token", "list"], "you may not do that"),
            (&["token", "list", "bo"], "you may not do that"),
            (&["token", "list", "nobody"], "you may not do that"),
            (&["activity"], "you may not do that"),
            (&["session", "list", "--user", "bo"], "you may not do that"),
            (
                &["activity", "--mailbox", "Shared Folders/board"],
                "no mailbox Shared Folders/board",
            ),
        ] {
            let ended = run(&there, verb, "");
            let told = format!("postroom: {words}\n");
            assert_eq!((ended.code, ended.err), (Some(1), told), "{verb:?}");
        }
    });
}
