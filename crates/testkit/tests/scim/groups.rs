//! Who is in a directory's group may do what lists let the group do.

use serde_json::{Value, json};
use testkit::Client;

use crate::scene::{Directory, SUPPORT, play};

async fn members(directory: &Directory, there: &str) -> Vec<String> {
    let told = directory.get(there).await.json();
    let members = told["members"].as_array().unwrap().iter();
    members
        .map(|member| member["display"].as_str().unwrap().to_owned())
        .collect()
}

async fn may_see(client: &mut Client) -> bool {
    client
        .ask_ok(format!("STATUS {SUPPORT} (UIDNEXT)"))
        .await
        .is_ok()
}

#[test]
fn rights_follow_the_directorys_groups_on_every_node() {
    play(async |scene| {
        let directory = scene.directory("directory", 1);
        let eve = directory
            .make("/Users", json!({"userName": "eve@x.test"}))
            .await;
        let dan = directory
            .make("/Users", json!({"userName": "dan@x.test"}))
            .await;
        let group =
            json!({"displayName": "Night-Shift", "externalId": "g-1", "members": [{"value": dan}]});
        let group = directory.make("/Groups", group).await;
        let there = format!("/Groups/{group}");
        assert_eq!(members(&directory, &there).await, ["dan@x.test"]);
        scene
            .stage
            .given("group:night-shift may lrs on Team/support")
            .await
            .unwrap();
        let mut client = scene.session("eve@x.test", "eve", 2).await;
        assert!(!may_see(&mut client).await);

        // As Entra ID, Okta and others have it; what is answered holds at once.
        let add = json!([{"op": "Add", "path": "members", "value": [{"value": eve}]}]);
        assert_eq!(directory.patch(&there, add).await.status, 204);
        assert!(may_see(&mut client).await);
        let user = directory.get(&format!("/Users/{eve}")).await.json();
        assert_eq!(
            (&user["groups"][0]["value"], &user["groups"][0]["display"]),
            (&json!(group), &json!("Night-Shift"))
        );
        let remove = json!([{"op": "remove", "path": format!("members[value eq \"{eve}\"]")}]);
        assert_eq!(directory.patch(&there, remove).await.status, 204);
        assert!(!may_see(&mut client).await);
        let both =
            json!({"displayName": "Night-Shift", "members": [{"value": eve}, {"value": dan}]});
        assert_eq!(directory.put(&there, both).await.status, 200);
        assert!(may_see(&mut client).await);

        // Another name, and lists go with it.
        let renamed =
            json!([{"op": "replace", "value": {"id": group, "displayName": "Late Shift"}}]);
        assert_eq!(directory.patch(&there, renamed).await.status, 204);
        assert!(may_see(&mut client).await);
        let found = directory
            .get("/Groups?filter=displayName+eq+%22late+shift%22&excludedAttributes=members")
            .await
            .json();
        assert_eq!(
            (&found["totalResults"], &found["Resources"][0]["id"]),
            (&json!(1), &json!(group))
        );
        assert_eq!(found["Resources"][0]["members"], Value::Null);
        let mine = directory
            .get(&format!("/Groups?filter=members.value+eq+%22{eve}%22"))
            .await
            .json();
        assert_eq!(mine["totalResults"], 1);

        // Who is deleted is in no group.
        assert_eq!(directory.delete(&format!("/Users/{dan}")).await.status, 204);
        assert_eq!(members(&directory, &there).await, ["eve@x.test"]);
        let gone = json!([{"op": "add", "path": "members", "value": [{"value": dan}]}]);
        let refused = directory.patch(&there, gone).await;
        assert_eq!(refused.refusal(), (400, "invalidValue".to_owned()));

        // Nobody is in one that is deleted; once it is back it is what lists name.
        assert_eq!(directory.delete(&there).await.status, 204);
        assert!(!may_see(&mut client).await);
        assert_eq!(directory.get(&there).await.refusal().0, 404);
        let back = json!({"displayName": "late shift", "members": [{"value": eve}]});
        directory.make("/Groups", back).await;
        assert!(may_see(&mut client).await);
    });
}

#[test]
fn a_group_that_is_kept_otherwise_is_not_the_directorys() {
    play(async |scene| {
        scene.stage.given("group staff of bo").await.unwrap();
        let directory = scene.directory("directory", 1);
        let taken = directory
            .post("/Groups", json!({"displayName": "Staff"}))
            .await;
        assert_eq!(taken.refusal(), (409, "uniqueness".to_owned()));
        let there = directory
            .make("/Groups", json!({"displayName": "others"}))
            .await;
        let there = format!("/Groups/{there}");
        let renamed = directory.put(&there, json!({"displayName": "staff"})).await;
        assert_eq!(renamed.refusal(), (409, "uniqueness".to_owned()));
        let listed = directory.get("/Groups").await.json();
        assert_eq!(listed["totalResults"], 1);
        // Nor is the directory's one changed by hand.
        assert!(scene.stage.given("bo joins others").await.is_err());
        assert!(members(&directory, &there).await.is_empty());
        // Groups are in no groups.
        let nested = json!({"displayName": "n", "members": [{"value": "x", "type": "Group"}]});
        assert_eq!(
            directory.post("/Groups", nested).await.refusal(),
            (400, "invalidValue".to_owned())
        );
    });
}
