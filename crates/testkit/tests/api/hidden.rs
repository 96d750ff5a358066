//! What nobody learns who may not know it.

use crate::client::{mailbox, segment};
use crate::scene::{CONDITIONS, SUPPORT, Scene, play};

/// What somebody may ask about a mailbox, where `@` stands for its name.
const ABOUT_MAILBOX: &[(&str, &str, &str)] = &[
    ("GET", "/mailboxes/@", ""),
    ("PATCH", "/mailboxes/@", r#"{"name": "Elsewhere"}"#),
    ("PATCH", "/mailboxes/Mine", r#"{"name": "@"}"#),
    ("PATCH", "/mailboxes/Mine", r#"{"name": "@/Below"}"#),
    ("DELETE", "/mailboxes/@", ""),
    ("POST", "/mailboxes", r#"{"name": "@"}"#),
    ("POST", "/mailboxes", r#"{"name": "@/Below"}"#),
    ("GET", "/mailboxes/@/acl", ""),
    ("GET", "/mailboxes/@/acl/ada", ""),
    ("PUT", "/mailboxes/@/acl/ada", r#"{"role": "manager"}"#),
    ("PUT", "/mailboxes/@/acl/ada", r#"{"rights": "nonsense"}"#),
    ("DELETE", "/mailboxes/@/acl/ada", ""),
    ("GET", "/mailboxes/@/rights/ada", ""),
    ("GET", "/mailboxes/@/policy", ""),
    ("PUT", "/mailboxes/@/policy", r#"{"private": []}"#),
    (
        "PUT",
        "/mailboxes/@/policy",
        r#"{"private": ["\\Deleted"]}"#,
    ),
    ("GET", "/mailboxes/@%2FBelow", ""),
    ("GET", "/activity?mailbox=@", ""),
    ("GET", "/quotas/shared%2F@", ""),
];

#[test]
fn hidden_and_missing_are_answered_alike_under_every_condition() {
    play(async |scene| {
        scene
            .given("mailbox Team/hidden\nada may nothing on Team/hidden")
            .await;
        let ada = scene.program("ada", 2);
        assert_eq!(
            ada.post("/mailboxes", r#"{"name": "Mine"}"#).await.status,
            201
        );
        for (method, path, body) in ABOUT_MAILBOX {
            for conditions in CONDITIONS {
                let mut replies = Vec::new();
                for name in ["Team/hidden", "Team/nobody"] {
                    let path = path.replace('@', &segment(name));
                    let body = body.replace('@', name);
                    let reply = ada.ask(method, &path, conditions, &body).await;
                    assert!(
                        (400..500).contains(&reply.status),
                        "{method} {path}: {reply:?}"
                    );
                    replies.push(reply);
                }
                assert_eq!(replies[0], replies[1], "{method} {path} {conditions}");
            }
        }
        let mailboxes = ada.get("/mailboxes").await.text.clone();
        assert!(
            !mailboxes.contains("hidden") && mailboxes.contains(SUPPORT),
            "{mailboxes}"
        );
    });
}

/// Once a node knows what somebody may do there, it asks the database as often about what is hidden as about what is not there.
#[test]
fn hidden_and_missing_cost_the_same() {
    play(async |scene| {
        scene
            .given("mailbox Team/hidden\nada may nothing on Team/hidden")
            .await;
        let ada = scene.program("ada", 1);
        let mut costs = Vec::new();
        for name in ["Team/hidden", "Team/nobody"] {
            let path = mailbox(name, "/acl");
            assert_eq!(ada.get(&path).await.status, 404);
            let before = calls(scene);
            for _ in 0..ASKED {
                assert_eq!(ada.get(&path).await.status, 404);
            }
            costs.push(calls(scene) - before);
        }
        // What the node does besides needs some, too.
        assert!(costs[0].abs_diff(costs[1]) < ASKED / 2, "{costs:?}");
        assert!(costs[0] >= 2 * ASKED, "{costs:?}");
    });
}

/// How often each is asked.
const ASKED: u64 = 100;

/// How often the first node has used a connection to the database.
fn calls(scene: &Scene<'_>) -> u64 {
    let stats = scene.stage.stats(1).unwrap();
    stats.connection_waits.counts.iter().sum()
}

/// What only site administrators may ask, about what is there and what is not.
const ABOUT_SITE: &[(&str, &str, &str)] = &[
    ("GET", "/users", ""),
    ("POST", "/users", r#"{"name": "@"}"#),
    ("GET", "/users/@", ""),
    ("PATCH", "/users/@", r#"{"disabled": true}"#),
    ("DELETE", "/users/@", ""),
    ("PUT", "/users/@/password", r#"{"password": "x"}"#),
    ("DELETE", "/users/@/password", ""),
    ("GET", "/users/@/tokens", ""),
    (
        "POST",
        "/users/@/tokens",
        r#"{"name": "x", "services": ["imap"]}"#,
    ),
    ("GET", "/users/@/tokens/x", ""),
    ("DELETE", "/users/@/tokens/x", ""),
    ("GET", "/groups", ""),
    ("POST", "/groups", r#"{"name": "@"}"#),
    ("GET", "/groups/@", ""),
    ("DELETE", "/groups/@", ""),
    ("PUT", "/groups/@/members/ada", ""),
    ("DELETE", "/groups/@/members/@", ""),
    ("GET", "/addresses", ""),
    (
        "POST",
        "/addresses",
        r#"{"address": "@@x.test", "leads_to": "Team/support"}"#,
    ),
    ("DELETE", "/addresses/@%40x.test", ""),
    ("GET", "/quotas", ""),
    ("PUT", "/quotas/user%2F@", "{}"),
    ("GET", "/activity", ""),
    ("GET", "/activity?user=@", ""),
    ("GET", "/sessions?user=@", ""),
];

#[test]
fn what_is_for_administrators_tells_nobody_else_who_there_is() {
    play(async |scene| {
        let sentences = "group cleo of bo\nada joins cleo\ncleo@x.test leads to Team/support";
        scene.given(sentences).await;
        let ada = scene.program("ada", 1);
        for (method, path, body) in ABOUT_SITE {
            for conditions in CONDITIONS {
                for name in ["cleo", "nobody"] {
                    let (path, body) = (path.replace('@', name), body.replace('@', name));
                    let reply = ada.ask(method, &path, conditions, &body).await;
                    let told = (reply.status, reply.code());
                    assert_eq!(
                        told,
                        (403, "not_allowed".to_owned()),
                        "{method} {path}: {reply:?}"
                    );
                }
            }
        }
    });
}
