//! Two who have seen the same and change it at the same moment, each at another node: one does, and the other is told.

use crate::client::{ApiClient, Reply};
use crate::scene::play;

/// As long as nobody waits for anybody, the two meet often enough.
const TIMES: usize = 8;

/// How both ended, the one who did it first.
async fn race(
    (one, other): (&ApiClient, &ApiClient),
    seen: &Reply,
    (one_asks, other_asks): ((&str, &str, &str), (&str, &str, &str)),
) -> [u16; 2] {
    let expecting = format!("If-Match: {}\r\n", seen.tag());
    let (one, other) = tokio::join!(
        one.ask(one_asks.0, one_asks.1, &expecting, one_asks.2),
        other.ask(other_asks.0, other_asks.1, &expecting, other_asks.2),
    );
    for reply in [&one, &other] {
        if reply.status == 412 {
            assert_eq!(reply.code(), "changed");
        }
    }
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    statuses
}

#[test]
fn of_two_who_change_a_group_that_both_have_seen_one_does() {
    play(async |scene| {
        let (zoe, there) = (scene.program("zoe", 1), scene.program("zoe", 2));
        assert_eq!(
            zoe.post("/groups", r#"{"name": "sales"}"#).await.status,
            201
        );
        for _ in 0..TIMES {
            let seen = zoe.get("/groups/sales").await;
            let add_bo = ("PUT", "/groups/sales/members/bo", "");
            let add_cleo = ("PUT", "/groups/sales/members/cleo", "");
            let ended = race((&zoe, &there), &seen, (add_bo, add_cleo)).await;
            assert_eq!(ended, [204, 412]);
            let now = zoe.get("/groups/sales").await.json();
            assert_eq!(now["members"].as_array().unwrap().len(), 1, "{now}");
            for member in ["bo", "cleo"] {
                let gone = zoe.delete(&format!("/groups/sales/members/{member}")).await;
                assert_eq!(gone.status, 204);
            }
        }
        let seen = zoe.get("/groups/sales").await;
        let delete = ("DELETE", "/groups/sales", "");
        let add = ("PUT", "/groups/sales/members/bo", "");
        let ended = race((&zoe, &there), &seen, (delete, add)).await;
        // Whoever comes after the deletion finds no group any more.
        assert!([[204, 404], [204, 412]].contains(&ended), "{ended:?}");
    });
}

#[test]
fn of_two_who_change_an_account_that_both_have_seen_one_does() {
    play(async |scene| {
        let (zoe, there) = (scene.program("zoe", 1), scene.program("zoe", 2));
        for _ in 0..TIMES {
            let seen = zoe.get("/users/cleo").await;
            let disable = ("PATCH", "/users/cleo", r#"{"disabled": true}"#);
            let password = ("PUT", "/users/cleo/password", r#"{"password": "new"}"#);
            let ended = race((&zoe, &there), &seen, (disable, password)).await;
            assert!([[200, 412], [204, 412]].contains(&ended), "{ended:?}");
            let back = zoe.patch("/users/cleo", r#"{"disabled": false}"#).await;
            assert_eq!(back.status, 200);
        }
        let seen = zoe.get("/users/cleo").await;
        let delete = ("DELETE", "/users/cleo", "");
        let ended = race((&zoe, &there), &seen, (delete, delete)).await;
        assert!([[204, 404], [204, 412]].contains(&ended), "{ended:?}");
        assert_eq!(zoe.get("/users/cleo").await.status, 404);
    });
}
