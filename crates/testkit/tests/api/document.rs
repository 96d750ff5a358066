//! What is there, how it is asked for, and what is refused.

use crate::client::{ApiClient, Reply, operations};
use crate::scene::play;

#[test]
fn pages_together_are_the_list() {
    play(async |scene| {
        let (ada, zoe) = (scene.program("ada", 1), scene.program("zoe", 1));
        for number in 0..7 {
            let body = format!(r#"{{"name": "Box {number}"}}"#);
            assert_eq!(ada.post("/mailboxes", &body).await.status, 201);
        }
        for (program, list, key) in [
            (&ada, "/mailboxes", "name"),
            (&zoe, "/users", "name"),
            (&zoe, "/activity", "number"),
        ] {
            let whole = program.get(&format!("{list}?limit=1000")).await.json();
            let mut seen = Vec::new();
            let mut next = String::new();
            loop {
                let page = program.get(&format!("{list}?limit=2{next}")).await.json();
                seen.extend(page["items"].as_array().unwrap().clone());
                let Some(after) = page["next"].as_str() else {
                    break;
                };
                next = format!("&after={after}");
            }
            // To look is recorded as well.
            let whole: Vec<_> = whole["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| &it[key])
                .collect();
            let seen: Vec<_> = seen.iter().map(|it| &it[key]).collect();
            assert!(seen.ends_with(&whole), "{list}: {seen:?} {whole:?}");
            assert!(seen.len() > 5, "{list}");
        }
        for query in [
            "limit=0",
            "limit=1001",
            "limit=x",
            "limit=-1",
            "after=%21",
            "after=AA",
            "limit=1&limit=2",
        ] {
            let reply = ada.get(&format!("/mailboxes?{query}")).await;
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (400, "malformed"),
                "{query}"
            );
        }
    });
}

#[test]
fn what_cannot_be_read_is_refused_with_a_word() {
    play(async |scene| {
        let zoe = scene.program("zoe", 1);
        let json = "Content-Type: application/json\r\n";
        let post = async |head: &str, body: &str| {
            let head = format!("{head}Content-Length: {}\r\n", body.len());
            let reply = zoe.raw("POST", "/groups", &head, body).await;
            (reply.status, reply.code())
        };
        let large = format!("{{\"name\": \"{}\"}}", "x".repeat(70 * 1024));
        for (head, body, status, code) in [
            (json, "", 400, "malformed"),
            (json, "{", 400, "malformed"),
            (json, "{}", 422, "unfit"),
            (json, r#"{"name": 1}"#, 422, "unfit"),
            (json, r#"{"name": "a", "x": 1}"#, 422, "unfit"),
            (json, r#"{"name": "a\u0000b"}"#, 422, "unfit"),
            (json, r#"{"name": "a/b"}"#, 422, "unfit"),
            ("", r#"{"name": "a"}"#, 415, "wrong_type"),
            (
                "Content-Type: text/plain\r\n",
                r#"{"name": "a"}"#,
                415,
                "wrong_type",
            ),
            (json, large.as_str(), 413, "too_large"),
        ] {
            let expected = (status, code.to_owned());
            assert_eq!(post(head, body).await, expected, "{head} {body:.80}");
        }
        let reply = zoe.raw("PUT", "/groups", "Content-Length: 0\r\n", "").await;
        assert_eq!((reply.status, reply.code().as_str()), (405, "wrong_method"));
        assert_eq!(reply.header("allow").unwrap(), "GET,HEAD,POST");
        for path in [
            "",
            "/",
            "/nothing",
            "/users/",
            "/mailboxes//acl",
            "/users/a%00",
        ] {
            let reply = zoe.raw("GET", path, "", "").await;
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (404, "not_found"),
                "{path}"
            );
        }
        // Whoever has no token is told nothing of what is there.
        let stranger = ApiClient::stranger(scene.stage.web(1).unwrap());
        for path in ["", "/nothing", "/users", "/users/ada"] {
            assert_eq!(
                stranger.raw("GET", path, "", "").await.status,
                401,
                "{path}"
            );
        }
    });
}

/// What the document says is there, is there.
#[test]
fn every_operation_of_the_document_is_answered_as_it_says() {
    play(async |scene| {
        let stranger = ApiClient::stranger(scene.stage.web(1).unwrap());
        let document = stranger.raw("GET", "/openapi.json", "", "").await;
        assert_eq!(document.text, api::openapi_json());
        assert_eq!(document.json()["openapi"], "3.1.0");
        let zoe = scene.program("zoe", 1);
        let mut ids = Vec::new();
        for (method, path, said) in operations() {
            ids.push(said["operationId"].as_str().unwrap());
            assert!(said["summary"].is_string(), "{method} {path}");
            let path = path.replace('{', "no-").replace('}', "");
            let reply: Reply = zoe.ask(&method, &path, "", "{}").await;
            assert!(
                reply.status != 405 && reply.status < 500,
                "{method} {path}: {reply:?}"
            );
            let reply = stranger.ask(&method, &path, "", "{}").await;
            assert_eq!(reply.status, 401, "{method} {path}: {reply:?}");
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), count > 30), (count, true));
    });
}

#[test]
fn where_it_is_not_served_there_is_nothing() {
    play(async |scene| {
        let node = scene.stage.add_node(&[("web.api", "false")]).await.unwrap();
        let reply = scene.program("ada", node).raw("GET", "/me", "", "").await;
        assert!(!reply.head.contains("problem+json"), "{reply:?}");
        assert_eq!(reply.status, 303, "to the sign-in of the pages: {reply:?}");
    });
}
