//! Who is not let in, and what is not done.

use serde_json::{Value, json};

use crate::scene::play;

/// What can be asked for without a body.
const PATHS: [&str; 8] = [
    "/Users",
    "/Users/x",
    "/Groups",
    "/Groups/x",
    "/Schemas",
    "/ResourceTypes",
    "/ServiceProviderConfig",
    "/Bulk",
];

#[test]
fn a_directorys_token_opens_scim_and_nothing_else_does() {
    play(async |scene| {
        let stranger = scene.directory("", 1);
        let known = scene.directory("directory", 1);
        for path in PATHS {
            let refused = stranger.get(path).await;
            assert_eq!(refused.refusal(), (401, String::new()), "{path}");
            assert_eq!(
                refused.header("www-authenticate").unwrap(),
                "Bearer realm=\"postroom\""
            );
            for token in [
                "api",
                "phone",
                "prtok_00000000000000000000000000000000",
                "x",
            ] {
                let refused = scene.directory(token, 1).get(path).await;
                assert_eq!(refused.refusal(), (401, String::new()), "{path} {token}");
            }
            // Of somebody who does not administer the site: the same whatever is asked for.
            let refused = scene.directory("ada", 1).get(path).await;
            assert_eq!(refused.refusal(), (403, String::new()), "{path}");
        }
        assert_eq!(known.get("/Bulk").await.refusal().0, 404);
        assert_eq!(known.delete("/Users").await.refusal().0, 405);

        // It reads no mail, and it opens no API.
        let token = scene.names["directory"].to_string();
        let mut client = scene.connect(1).await;
        let refused = client.ask_ok(format!("LOGIN zoe {token}")).await;
        assert!(refused.is_err(), "{refused:?}");
        let api = known.at("/api/v1");
        assert_eq!(api.get("/me").await.status, 401);
        let api = scene.directory("api", 1).at("/api/v1");
        assert_eq!(api.get("/me").await.status, 200);

        // Where it is off there is nothing.
        let off = scene
            .stage
            .add_node(&[("web.scim", "false")])
            .await
            .unwrap();
        let nothing = scene.directory("directory", off).get("/Users").await;
        assert_eq!(
            nothing.status, 303,
            "to the sign-in of the pages: {nothing:?}"
        );
    });
}

#[test]
fn what_cannot_be_is_said_and_nothing_is_done() {
    play(async |scene| {
        let directory = scene.directory("directory", 1);
        let eve = directory.make("/Users", json!({"userName": "eve"})).await;
        let there = format!("/Users/{eve}");
        let before = directory.get("/Users").await;
        for (filter, word) in [
            ("userName", "invalidFilter"),
            ("title+eq+%22x%22", "invalidFilter"),
            ("userName+gt+%22x%22", "invalidFilter"),
            ("(userName+pr", "invalidFilter"),
            ("members.value+pr", "invalidFilter"),
        ] {
            let refused = directory.get(&format!("/Users?filter={filter}")).await;
            assert_eq!(refused.refusal(), (400, word.to_owned()), "{filter}");
        }
        assert_eq!(
            directory.get("/Users?count=x").await.refusal(),
            (400, "invalidValue".to_owned())
        );
        assert_eq!(
            directory.get("/Schemas?filter=id+pr").await.refusal().0,
            403
        );
        for (body, word) in [
            (json!({}), "invalidValue"),
            (json!([]), "invalidValue"),
            (json!({"userName": "a/b"}), "invalidValue"),
            (json!({"userName": "a\u{0}b"}), "invalidValue"),
            (json!({"userName": "x", "active": "maybe"}), "invalidValue"),
            (
                json!({"userName": "x", "displayName": "x".repeat(20_000)}),
                "invalidValue",
            ),
        ] {
            assert_eq!(
                directory.post("/Users", body.clone()).await.refusal(),
                (400, word.to_owned()),
                "{body}"
            );
        }
        for (operations, word) in [
            (
                json!([{"op": "replace", "path": "userName", "value": ""}]),
                "invalidValue",
            ),
            (
                json!([{"op": "remove", "path": "userName"}]),
                "invalidValue",
            ),
            (
                json!([{"op": "replace", "path": "id", "value": "x"}]),
                "mutability",
            ),
            (
                json!([{"op": "replace", "path": "emails[", "value": "x"}]),
                "invalidPath",
            ),
            (json!([{"op": "remove"}]), "noTarget"),
            (json!([{"op": "move"}]), "invalidSyntax"),
            (Value::Null, "invalidSyntax"),
            // All of it, or nothing.
            (
                json!([{"op": "replace", "path": "active", "value": false}, {"op": "move"}]),
                "invalidSyntax",
            ),
            (
                json!([{"op": "replace", "path": "active", "value": false}, {"op": "remove", "path": "userName"}]),
                "invalidValue",
            ),
        ] {
            let refused = directory.patch(&there, operations.clone()).await;
            assert_eq!(refused.refusal(), (400, word.to_owned()), "{operations}");
        }
        let json = "Content-Type: application/json\r\nContent-Length: 1\r\n";
        assert_eq!(
            directory.raw("POST", "/Users", json, "{").await.refusal(),
            (400, "invalidSyntax".to_owned())
        );
        let text = "Content-Type: text/plain\r\nContent-Length: 2\r\n";
        assert_eq!(
            directory
                .raw("POST", "/Users", text, "{}")
                .await
                .refusal()
                .0,
            415
        );
        let large = json!({"userName": "x", "title": "x".repeat(1024 * 1024)});
        assert_eq!(directory.post("/Users", large).await.refusal().0, 413);
        for path in ["/Users/none", "/Groups/none", "/Users/%00", "/Schemas/none"] {
            assert_eq!(directory.get(path).await.refusal().0, 404, "{path}");
        }
        assert_eq!(directory.get("/Users").await, before);
    });
}
