//! What site administrators do.

use testkit::Client;

use crate::client::ApiClient;
use crate::scene::play;

#[test]
fn an_administrator_does_what_the_command_line_does_in_his_name() {
    play(async |scene| {
        let zoe = scene.program("zoe", 1);
        let new = r#"{"name": "Eve@x.test", "password": "secret", "folders": true}"#;
        let made = zoe.post("/users", new).await;
        assert_eq!(
            (made.status, &made.json()["name"]),
            (201, &"eve@x.test".into())
        );
        assert_eq!(
            made.header("location").unwrap(),
            "/api/v1/users/eve%40x.test"
        );
        let again = zoe.post("/users", new).await;
        assert_eq!((again.status, again.code().as_str()), (409, "conflict"));
        let imap = scene.stage.imap(2).unwrap();
        let mut eve = Client::connect("eve", imap).await.unwrap();
        eve.ask_ok("LOGIN eve@x.test secret").await.unwrap();
        eve.say(b"x IDLE\r\n").await;

        let changed = zoe
            .patch("/users/eve%40x.test", r#"{"disabled": true}"#)
            .await;
        assert_eq!(
            (changed.status, &changed.json()["disabled"]),
            (200, &true.into())
        );
        let mut late = Client::connect("eve", imap).await.unwrap();
        assert!(late.ask_ok("LOGIN eve@x.test secret").await.is_err());
        assert_eq!(
            zoe.patch("/users/eve%40x.test", r#"{"disabled": false}"#)
                .await
                .status,
            200
        );
        let password = r#"{"password": "another"}"#;
        assert_eq!(
            zoe.put("/users/eve%40x.test/password", password)
                .await
                .status,
            204
        );
        let mut eve = Client::connect("eve", imap).await.unwrap();
        eve.ask_ok("LOGIN eve@x.test another").await.unwrap();

        assert_eq!(
            zoe.post("/groups", r#"{"name": "sales"}"#).await.status,
            201
        );
        assert_eq!(
            zoe.post("/groups", r#"{"name": "staff"}"#).await.status,
            201
        );
        for member in ["bo", "eve%40x.test", "group%3Astaff"] {
            let reply = zoe
                .put(&format!("/groups/sales/members/{member}"), "")
                .await;
            assert_eq!(reply.status, 204, "{reply:?}");
        }
        let group = zoe.get("/groups/Sales").await.json();
        assert_eq!(
            group["members"],
            serde_json::json!(["bo", "eve@x.test", "group:staff"])
        );
        let circle = zoe.put("/groups/staff/members/group%3Asales", "").await;
        assert_eq!((circle.status, circle.code().as_str()), (422, "unfit"));
        assert_eq!(zoe.delete("/groups/sales/members/bo").await.status, 204);
        assert_eq!(
            zoe.put("/groups/sales/members/nobody", "").await.status,
            404
        );

        let address = r#"{"address": "help@x.test", "leads_to": "Team/support"}"#;
        assert_eq!(zoe.post("/addresses", address).await.status, 204);
        let listed = zoe.get("/addresses").await.json();
        let expected = serde_json::json!([
            {"address": "help@x.test", "leads_to": "Team/support", "kind": "mailbox"},
        ]);
        assert_eq!(listed["items"], expected);
        assert_eq!(zoe.delete("/addresses/help%40x.test").await.status, 204);
        assert_eq!(zoe.delete("/addresses/help%40x.test").await.status, 404);

        let quota = zoe
            .put("/quotas/shared%2Fsupport", r#"{"messages": 10}"#)
            .await;
        assert_eq!(
            quota.json()["messages"],
            serde_json::json!({"used": 1, "limit": 10})
        );
        let seen = scene.program("bo", 1).get("/quotas/shared%2Fsupport").await;
        assert_eq!(seen.status, 200, "{seen:?}");

        let token = r#"{"name": "phone", "services": ["imap"], "expires_in": 60}"#;
        let made = zoe.post("/users/eve%40x.test/tokens", token).await;
        assert_eq!(made.status, 201, "{made:?}");
        let token = made.json()["token"].as_str().unwrap().to_owned();
        let mut phone = Client::connect("phone", imap).await.unwrap();
        phone
            .ask_ok(format!("LOGIN eve@x.test {token}"))
            .await
            .unwrap();
        let both = r#"{"name": "both", "services": ["imap", "api"]}"#;
        assert_eq!(
            zoe.post("/users/eve%40x.test/tokens", both).await.status,
            422
        );
        let listed = zoe.get("/users/eve%40x.test/tokens").await;
        assert!(!listed.text.contains("prtok_"), "{listed:?}");
        assert_eq!(
            zoe.delete("/users/eve%40x.test/tokens/phone").await.status,
            204
        );

        assert_eq!(zoe.delete("/groups/sales").await.status, 204);
        assert_eq!(zoe.delete("/users/eve%40x.test").await.status, 204);
        assert_eq!(zoe.get("/users/eve%40x.test").await.status, 404);
        // Nobody saws off the branch he sits on.
        let own = zoe.patch("/users/zoe", r#"{"disabled": true}"#).await;
        assert_eq!((own.status, own.code().as_str()), (409, "conflict"));

        check_activity(&zoe).await;
    });
}

/// All of that is zoe's doing, by her token.
async fn check_activity(zoe: &ApiClient) {
    let mut told = Vec::new();
    for kind in ["account", "group"] {
        let done = zoe
            .get(&format!("/activity?user=zoe&kind={kind}"))
            .await
            .json();
        for row in done["items"].as_array().unwrap() {
            assert_eq!(row["origin"]["token"], "zoe", "{row}");
            told.push(row["detail"].as_str().unwrap().to_owned());
        }
    }
    for expected in [
        "eve@x.test created",
        "eve@x.test disabled",
        "eve@x.test enabled",
        "eve@x.test has another password",
        "eve@x.test has the access token phone",
        "eve@x.test no longer has the access token phone",
        "eve@x.test deleted",
        "sales created",
        "sales +bo",
        "sales +group:staff",
        "sales -bo",
        "sales deleted",
    ] {
        assert!(
            told.iter().any(|told| told == expected),
            "{expected}: {told:?}"
        );
    }
}
