//! Long lists: their pages together are the list, also while it changes.

use serde_json::{Value, json};

use crate::client::{ApiClient, mailbox};
use crate::scene::{entry, play};

/// All pages of a list, of so many items each.
async fn pages(program: &ApiClient, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let page = program
            .get(&format!("{path}?limit={limit}{after}"))
            .await
            .json();
        let page_items = page["items"].as_array().unwrap();
        assert!(page_items.len() <= limit, "{page}");
        items.extend(page_items.iter().cloned());
        let Some(next) = page["next"].as_str() else {
            return items;
        };
        assert_eq!(page_items.len(), limit, "{page}");
        after = format!("&after={next}");
    }
}

#[test]
fn pages_together_are_the_list() {
    play(async |scene| {
        let zoe = scene.program("zoe", 1);
        for name in ["sales", "staff", "a", "ünder"] {
            let made = zoe
                .post("/groups", &json!({ "name": name }).to_string())
                .await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        for (address, leads_to) in [
            ("help@x.test", "Team/support"),
            ("help@x.test", "Team/board"),
            ("Office@x.test", "Team/board"),
            ("office@a.test", "user/ada"),
            ("@x.test", "Team/support"),
            ("hello@x.test", "help@x.test"),
            ("@y.test", "@x.test"),
            ("@b.test", "Team/board"),
        ] {
            let wanted = json!({ "address": address, "leads_to": leads_to });
            let added = zoe.post("/addresses", &wanted.to_string()).await;
            assert_eq!(added.status, 204, "{address}: {added:?}");
        }
        for (user, name) in [("bo", "b\nphone"), ("bo", "a phone"), ("cleo", "phone")] {
            let wanted = json!({ "name": name, "services": ["imap"] });
            let made = zoe
                .post(&format!("/users/{user}/tokens"), &wanted.to_string())
                .await;
            assert_eq!(made.status, if name.contains('\n') { 422 } else { 201 });
        }
        for (path, key, least) in [
            ("/users", "name", 5),
            ("/groups", "name", 4),
            ("/addresses", "address", 8),
            ("/tokens", "name", 8),
            ("/users/ada/tokens", "name", 4),
        ] {
            let whole = pages(&zoe, path, 1000).await;
            assert!(whole.len() >= least, "{path}: {whole:?}");
            for limit in [1, 2, 3] {
                let together = pages(&zoe, path, limit).await;
                let told = |items: &[Value]| -> Vec<Value> {
                    items.iter().map(|item| item[key].clone()).collect()
                };
                assert_eq!(told(&together), told(&whole), "{path} by {limit}");
            }
        }
        // By domain, and what comes to a whole domain behind its addresses.
        let addresses = pages(&zoe, "/addresses", 1000).await;
        let told = addresses
            .iter()
            .map(|item| item["address"].as_str().unwrap());
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "office@a.test",
                "@b.test",
                "hello@x.test",
                "help@x.test",
                "help@x.test",
                "Office@x.test",
                "@x.test",
                "@y.test",
            ]
        );
        // What comes or goes before where one is changes nothing of what is behind.
        let first = zoe.get("/groups?limit=2").await.json();
        let next = first["next"].as_str().unwrap();
        assert_eq!(zoe.delete("/groups/a").await.status, 204);
        assert_eq!(zoe.post("/groups", r#"{"name": "b"}"#).await.status, 201);
        let rest = zoe.get(&format!("/groups?after={next}")).await.json();
        let names = rest["items"].as_array().unwrap().iter();
        let names: Vec<_> = names.map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["staff", "ünder"]);
        // No page was followed by these.
        for path in [
            "/addresses?after=eA",
            "/tokens?after=eA",
            "/activity?after=eA",
        ] {
            let reply = zoe.get(path).await;
            assert_eq!((reply.status, reply.code().as_str()), (400, "malformed"));
        }
    });
}

#[test]
fn what_is_told_of_a_mailbox_is_more_for_an_administrator() {
    play(async |scene| {
        let (zoe, ada) = (scene.program("zoe", 1), scene.program("ada", 2));
        for name in ["nobody", "group%3Anowhere"] {
            let path = entry("x").replace("/acl/x", &format!("/acl/{name}"));
            assert_eq!(ada.put(&path, r#"{"rights": "lr"}"#).await.status, 201);
        }
        let list = mailbox("Team/support", "/acl");
        assert_eq!(ada.get(&list).await.json()["nobodies"], Value::Null);
        let told = zoe.get(&list).await.json();
        assert_eq!(told["nobodies"], json!(["group:nowhere", "nobody"]));

        let rights = mailbox("Team/support", "/rights/zoe");
        let told = ada.get(&rights).await.json();
        assert_eq!(
            (&told["rights"], &told["nobodies"]),
            (&json!(""), &Value::Null)
        );
        let told = zoe.get(&rights).await.json();
        let always = told["because"].as_array().unwrap().last().unwrap();
        assert_eq!(always["origin"], "administration");
        let commands = told["commands"].as_array().unwrap().iter();
        let answers: Vec<_> = commands
            .filter(|it| it["command"] == "EXPUNGE")
            .map(|it| it["answer"].as_str().unwrap())
            .collect();
        assert_eq!(answers, ["NO [NOPERM]"]);

        let report = mailbox("Team/support", "/report");
        let told = ada.get(&report).await.json();
        assert_eq!(
            (&told["messages"], &told["open"]),
            (&json!(1), &Value::Null)
        );
        assert_eq!(zoe.get(&report).await.json()["open"], json!([]));
        assert_eq!(scene.program("bo", 1).get(&report).await.status, 403);
        let hidden = mailbox("Team/board", "/report");
        assert_eq!(ada.get(&hidden).await.status, 404);

        for (name, special_use, status) in [
            ("Team/support/Sent", "\\Sent", 201),
            ("Team/support/Odd", "\\Odd", 422),
            ("Filed", "\\archive", 201),
        ] {
            let wanted = json!({ "name": name, "special_use": special_use });
            let made = ada.post("/mailboxes", &wanted.to_string()).await;
            assert_eq!(made.status, status, "{made:?}");
        }
        let filed = ada.get("/mailboxes/Filed").await.json();
        assert_eq!(filed["special_use"], "\\Archive");
        let sent = mailbox("Team/support/Sent", "");
        let told = |value: &Value| (value["special_use"].clone(), value["used_as"].clone());
        assert_eq!(
            told(&ada.get(&sent).await.json()),
            (Value::Null, Value::Null)
        );
        assert_eq!(
            told(&zoe.get(&sent).await.json()),
            (Value::Null, json!("\\Sent"))
        );
        // A special use takes the right to administer, as it does by CREATE.
        scene.given("bo may lrsk on Team/support").await;
        let bo = scene.program("bo", 1);
        let wanted = json!({ "name": "Team/support/Trash", "special_use": "\\Trash" });
        let refused = bo.post("/mailboxes", &wanted.to_string()).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "not_allowed")
        );
    });
}
