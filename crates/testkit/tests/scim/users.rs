//! Joiners, movers and leavers.

use serde_json::json;

use crate::scene::{SECOND, play, until_out};

#[test]
fn a_directory_brings_people_and_takes_them_away() {
    play(async |scene| {
        let directory = scene.directory("directory", 1);
        let sent = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Eve@x.test", "externalId": "e-1",
            "active": true, "displayName": "Eve", "name": {"givenName": "Eve"}, "password": "secret",
            "emails": [{"type": "work", "value": "eve@x.test", "primary": true}], "title": "Clerk",
        });
        let made = directory.post("/Users", sent.clone()).await;
        let told = made.json();
        let id = told["id"].as_str().unwrap();
        let there = format!("/Users/{id}");
        assert_eq!(made.status, 201, "{made:?}");
        for name in [
            "userName",
            "externalId",
            "active",
            "displayName",
            "name",
            "emails",
        ] {
            assert_eq!(told[name], sent[name], "{name}");
        }
        assert_eq!(
            (&told["title"], &told["password"]),
            (&json!(null), &json!(null))
        );
        assert_eq!(made.header("location").unwrap(), format!("/scim/v2{there}"));
        assert_eq!(made.header("etag").unwrap(), told["meta"]["version"]);
        // On every node the same.
        let there_too = scene.directory("directory", 2).get(&there).await;
        assert_eq!(
            (there_too.status, there_too.text.as_str()),
            (200, made.text.as_str())
        );
        // Nobody is called so twice, in whatever case.
        let again = directory
            .post("/Users", json!({"userName": "EVE@X.TEST"}))
            .await;
        assert_eq!(again.refusal(), (409, "uniqueness".to_owned()));

        // There is no password: what the directory says of one is nobody's.
        let mut late = scene.connect(1).await;
        assert!(late.ask_ok("LOGIN eve@x.test secret").await.is_err());
        let mut one = scene.session("eve@x.test", "one", 1).await;
        let mut other = scene.session("eve@x.test", "other", 2).await;
        one.ask_ok("SELECT INBOX").await.unwrap();

        // As Entra ID has it.
        let leave = json!([{"op": "Replace", "path": "active", "value": "False"}]);
        let left = directory.patch(&there, leave).await;
        assert_eq!((left.status, &left.json()["active"]), (200, &json!(false)));
        assert!(until_out(&mut one).await < SECOND);
        assert!(until_out(&mut other).await < SECOND);
        // As Okta has it.
        let back = directory
            .patch(
                &there,
                json!([{"op": "replace", "value": {"active": true}}]),
            )
            .await;
        assert_eq!((back.status, &back.json()["active"]), (200, &json!(true)));
        let mut one = scene.session("eve@x.test", "three", 1).await;

        // Another name: the mail goes with it.
        let mut renamed = sent.clone();
        renamed["userName"] = json!("eve.b@x.test");
        let moved = directory.put(&there, renamed).await;
        assert_eq!(
            (moved.status, &moved.json()["userName"]),
            (200, &json!("eve.b@x.test"))
        );
        assert!(until_out(&mut one).await < SECOND);
        let mut one = scene.session("eve.b@x.test", "four", 2).await;

        // Deleted is disabled, and the mail stays; the directory finds nothing any more.
        assert_eq!(directory.delete(&there).await.status, 204);
        assert!(until_out(&mut one).await < SECOND);
        for again in [directory.get(&there).await, directory.delete(&there).await] {
            assert_eq!(again.refusal().0, 404, "{again:?}");
        }
        let listed = directory.get("/Users").await.json();
        assert_eq!(listed["totalResults"], 0);
        // Who is hired under the name of a leaver does not get the leaver's mail; the leaver does.
        let other = json!({"userName": "eve.b@x.test", "externalId": "e-2"});
        assert_eq!(directory.post("/Users", other).await.refusal().0, 409);
        let nameless = json!({"userName": "eve.b@x.test"});
        assert_eq!(directory.post("/Users", nameless).await.refusal().0, 409);
        let same = json!({"userName": "eve.b@x.test", "externalId": "e-1"});
        let new = directory.make("/Users", same).await;
        assert_ne!(new, id);
        scene.session("eve.b@x.test", "five", 1).await;
    });
}

#[test]
fn who_is_here_already_is_taken_over_unless_that_would_be_too_much() {
    play(async |scene| {
        let directory = scene.directory("directory", 1);
        // Whom the directory has not brought it does not see.
        let listed = directory
            .get("/Users?filter=userName+eq+%22bo%22")
            .await
            .json();
        assert_eq!(
            (&listed["totalResults"], &listed["Resources"]),
            (&json!(0), &json!([]))
        );
        let mut bo = scene.session("bo", "bo", 2).await;
        let id = directory.make("/Users", json!({"userName": "Bo"})).await;
        bo.ask_ok("NOOP").await.unwrap();
        let gone = json!([{"op": "replace", "path": "active", "value": false}]);
        let gone = directory.patch(&format!("/Users/{id}"), gone).await;
        assert_eq!(gone.status, 200);
        assert!(until_out(&mut bo).await < SECOND);

        // A site administrator's account is none of the directory's, and neither is one that somebody has closed.
        let admin = directory
            .post("/Users", json!({"userName": "ZOE", "active": false}))
            .await;
        assert_eq!(admin.refusal(), (409, "uniqueness".to_owned()));
        scene
            .stage
            .given("cleo is known\ncleo is disabled")
            .await
            .unwrap();
        let closed = directory.post("/Users", json!({"userName": "cleo"})).await;
        assert_eq!(closed.refusal(), (409, "uniqueness".to_owned()));
        // Nor does anybody come to such a name by another way.
        let eve = directory.make("/Users", json!({"userName": "eve"})).await;
        for name in ["zoe", "cleo", "bo"] {
            let renamed = directory
                .put(&format!("/Users/{eve}"), json!({"userName": name}))
                .await;
            assert_eq!(renamed.refusal(), (409, "uniqueness".to_owned()), "{name}");
        }
        let back = directory.get(&format!("/Users/{eve}")).await.json();
        assert_eq!(back["userName"], "eve");
    });
}

#[test]
fn people_are_found_by_filters_and_in_parts() {
    play(async |scene| {
        let directory = scene.directory("directory", 1);
        for number in 1..=5 {
            let user = json!({
                "userName": format!("user{number}@x.test"), "externalId": format!("E{number}"), "active": number != 2,
                "emails": [{"value": format!("mail{number}@y.test")}],
            });
            directory.make("/Users", user).await;
        }
        for (query, expected) in [
            ("", &[1, 2, 3, 4, 5][..]),
            ("filter=userName+eq+%22USER3@x.test%22", &[3]),
            ("filter=externalId+eq+%22E4%22", &[4]),
            ("filter=externalId+eq+%22e4%22", &[]),
            ("filter=active+eq+false", &[2]),
            ("filter=emails.value+eq+%22mail5@y.test%22", &[5]),
            (
                "filter=userName+sw+%22user%22+and+not+(active+eq+true+or+externalId+eq+%22E1%22)",
                &[2],
            ),
            ("filter=userName+eq+%22a*b%22", &[]),
            ("startIndex=2&count=2", &[2, 3]),
            ("startIndex=0&count=1", &[1]),
            ("startIndex=5&count=2", &[5]),
            ("startIndex=9", &[]),
            ("count=0", &[]),
            ("count=-1", &[]),
            ("filter=active+eq+true&startIndex=2&count=2", &[3, 4]),
        ] {
            let listed = directory.get(&format!("/Users?{query}")).await.json();
            let found = listed["Resources"].as_array().unwrap().iter();
            let found: Vec<_> = found
                .map(|user| user["externalId"].as_str().unwrap().to_owned())
                .collect();
            let expected_ids: Vec<_> = expected.iter().map(|number| format!("E{number}")).collect();
            assert_eq!(found, expected_ids, "{query}");
            assert_eq!(listed["itemsPerPage"], found.len(), "{query}");
            if query.starts_with("startIndex") || query.starts_with("count") {
                assert_eq!(listed["totalResults"], 5, "{query}");
            }
        }
        let told = directory
            .get("/Users?attributes=userName&count=1")
            .await
            .json();
        let user = told["Resources"][0].as_object().unwrap();
        assert!(
            user.contains_key("id") && user.contains_key("userName"),
            "{user:?}"
        );
        assert!(
            !user.contains_key("emails") && !user.contains_key("active"),
            "{user:?}"
        );
    });
}

#[test]
fn nobody_overwrites_what_he_has_not_seen() {
    play(async |scene| {
        let directory = scene.directory("directory", 1);
        let made = directory.post("/Users", json!({"userName": "eve"})).await;
        let there = format!("/Users/{}", made.json()["id"].as_str().unwrap());
        let seen = made.header("etag").unwrap();
        let known = directory
            .ask("GET", &there, &format!("If-None-Match: {seen}\r\n"), None)
            .await;
        assert_eq!((known.status, known.text.as_str()), (304, ""));
        let change = |tag: &str| {
            (
                format!("If-Match: {tag}\r\n"),
                json!({"userName": "eve", "displayName": tag}),
            )
        };
        let (head, body) = change(&seen);
        let changed = directory.ask("PUT", &there, &head, Some(body)).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let (head, body) = change(&seen);
        let late = directory.ask("PUT", &there, &head, Some(body)).await;
        assert_eq!(late.refusal().0, 412);
        let late = directory.ask("DELETE", &there, &head, None).await;
        assert_eq!(late.refusal().0, 412);
        // What changes nothing is no change.
        let now = changed.header("etag").unwrap();
        let same = directory
            .put(&there, json!({"userName": "eve", "displayName": seen}))
            .await;
        assert_eq!(same.header("etag").unwrap(), now);
        // Who says nothing of `active` leaves it.
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        assert_eq!(directory.patch(&there, off).await.status, 200);
        let put = directory.put(&there, json!({"userName": "eve"})).await;
        assert_eq!(put.json()["active"], false);
    });
}
