//! `postroom top`: who is doing what now.

use serde_json::{Value, json};

use crate::verbs::{ok, run};
use crate::world::{World, ada};

#[test]
fn top_shows_frontends_by_their_metrics_and_who_is_busy() {
    World::play(&[], async |world, frontend| {
        let mut client = ada(frontend).await;
        client.ok("APPEND INBOX {5+}\r\nhello").await;
        client.ok("SELECT INBOX").await;
        let settings = world.settings(&[]);
        let address = frontend.addresses().http[0].to_string();
        let verb = ["top", "--every", "300ms", "--json", &address];
        // Sessions are reported every two seconds.
        let seen: Value = loop {
            let seen: Value = serde_json::from_str(&ok(&settings, &verb, "")).unwrap();
            if seen["mailboxes"][0]["sessions"] == 1 {
                break seen;
            }
        };
        assert_eq!(seen["database"], Value::Null);
        assert_eq!(
            seen["mailboxes"],
            json!([{ "mailbox": "Other Users/ada", "changes": 1, "sessions": 1 }])
        );
        assert_eq!(seen["nodes"][0]["node"], "test");
        assert_eq!(seen["nodes"][0]["sessions"], 1);
        assert_eq!(seen["users"][0]["user"], "ada");
        let told = &seen["frontends"][0];
        assert_eq!(told["state"], "ready", "{told}");
        assert_eq!(told["clients"], 1.0);
        assert_eq!(told["listens"], true);
        assert!(told["memory_bytes"].as_f64().unwrap() > 1e6, "{told}");

        let page = ok(&settings, &["top", "--every", "1s", &address], "");
        for line in ["frontend   127.0.0.1:", "state      ready", "clients    1,"] {
            assert!(page.lines().any(|l| l.starts_with(line)), "{page}");
        }
        assert!(!page.contains('\x1b'), "no terminal");
    });
}

#[test]
fn top_goes_on_without_database_or_frontend() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap().to_string();
    drop(nobody);
    let world = World::new();
    let url = format!("postgres://me@{address}/x");
    let settings = world.settings(&[("DATABASE__URL", &url)]);
    let verb = ["top", "--every", "50ms", &address];
    let ended = run(&settings, &verb, "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("state      no answer: "), "{ended:?}");
    assert!(ended.out.contains("\ndatabase: "), "{ended:?}");
}
