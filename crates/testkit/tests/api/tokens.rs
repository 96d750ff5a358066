//! What lets somebody in, and how that ends.

use testkit::{Client, PASSWORD};
use tokio::time::{interval, timeout};

use crate::client::{ApiClient, mailbox, operations};
use crate::scene::{GLANCE, PATIENCE, SUPPORT, play};

#[test]
fn a_token_opens_what_it_is_for_and_nothing_else() {
    play(async |scene| {
        let ada = scene.program("ada", 1);
        let me = ada.get("/me").await.json();
        assert_eq!(
            (&me["user"], &me["administrator"]),
            (&"ada".into(), &false.into())
        );

        let none = ApiClient::stranger(scene.stage.web(1).unwrap())
            .get("/me")
            .await;
        assert_eq!((none.status, none.code().as_str()), (401, "no_token"));
        let how = none.header("www-authenticate").unwrap();
        assert_eq!(how, "Bearer realm=\"postroom\"");
        // One for mail, one that has ended, and none at all are answered alike.
        let phone = scene.program("phone", 1).get("/me").await;
        assert_eq!((phone.status, phone.code().as_str()), (401, "wrong_token"));
        assert_eq!(scene.program("old", 1).get("/me").await, phone);
        let address = scene.stage.web(1).unwrap();
        for token in [
            "prtok_00000000000000000000000000000000",
            "prtok_",
            "x",
            PASSWORD,
        ] {
            assert_eq!(
                ApiClient::new(address, token).get("/me").await,
                phone,
                "{token}"
            );
        }

        // Nor does one for the API open the mail.
        let mut client = Client::connect("ada", scene.stage.imap(1).unwrap())
            .await
            .unwrap();
        let token = &scene.names["ada"];
        let refused = client.ask_ok(format!("LOGIN ada {token}")).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(ada.get("/me").await.status, 200);
    });
}

#[test]
fn whoever_goes_on_trying_has_to_wait_and_nobody_else() {
    play(async |scene| {
        let address = scene.stage.web(1).unwrap();
        let wrong = ApiClient::new(address, "prtok_00000000000000000000000000000000");
        let mut refused = 0;
        let held_up = loop {
            let reply = wrong.get("/me").await;
            if reply.status != 401 {
                break reply;
            }
            refused += 1;
            assert!(refused < 100, "nobody is held up");
        };
        assert_eq!((held_up.status, held_up.code().as_str()), (429, "too_many"));
        assert!(held_up.header("retry-after").is_some(), "{held_up:?}");
        assert!(refused > 5, "typing errors cost nothing");
        // On every node; but a right token never waits.
        let there = wrong.at(scene.stage.web(2).unwrap());
        assert_eq!(there.get("/me").await.status, 429);
        assert_eq!(scene.program("ada", 1).get("/me").await.status, 200);
    });
}

#[test]
fn one_token_asks_so_often_in_a_minute() {
    play(async |scene| {
        let settings = [("web.api_requests_per_minute", "3")];
        let node = scene.stage.add_node(&settings).await.unwrap();
        let (ada, bo) = (scene.program("ada", node), scene.program("bo", node));
        for _ in 0..3 {
            assert_eq!(ada.get("/me").await.status, 200);
        }
        let reply = ada.get("/me").await;
        assert_eq!((reply.status, reply.code().as_str()), (429, "too_many"));
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        assert_eq!(bo.get("/me").await.status, 200);
    });
}

#[test]
fn whatever_ends_a_token_ends_it_for_the_next_request_on_every_node() {
    play(async |scene| {
        let (here, there) = (scene.program("ada", 1), scene.program("ada", 2));
        assert_eq!(
            (here.get("/me").await.status, there.get("/me").await.status),
            (200, 200)
        );
        scene.given("ada is disabled").await;
        assert_eq!(
            (here.get("/me").await.status, there.get("/me").await.status),
            (401, 401)
        );
        scene.given("ada is enabled").await;
        assert_eq!(here.get("/me").await.status, 200);
        scene.given("ada loses token $ada").await;
        assert_eq!(
            (here.get("/me").await.status, there.get("/me").await.status),
            (401, 401)
        );

        // Whoever withdraws it may be the program itself.
        let (here, there) = (scene.program("bo", 1), scene.program("bo", 2));
        assert_eq!(there.delete("/users/bo/tokens/bo").await.status, 204);
        assert_eq!(
            (here.get("/me").await.status, there.get("/me").await.status),
            (401, 401)
        );
    });
}

#[test]
fn a_token_that_only_reads_changes_nothing() {
    play(async |scene| {
        let look = scene.program("look", 1);
        assert_eq!(look.get("/me").await.json()["read_only"], true);
        assert_eq!(look.get("/mailboxes").await.status, 200);
        for (method, path, _) in operations() {
            if method == "GET" {
                continue;
            }
            let path = path.replace(['{', '}'], "");
            let reply = look.ask(&method, &path, "", "{}").await;
            let told = (reply.status, reply.code());
            assert_eq!(told, (403, "read_only".to_owned()), "{method} {path}");
        }
        // As by IMAP, it has no say in lists either.
        assert_eq!(look.get(&mailbox(SUPPORT, "/acl")).await.status, 403);
    });
}

#[test]
fn everybody_sees_and_ends_the_own_sessions() {
    play(async |scene| {
        let mut mail = scene.stage.log_in("ada", 2).await.unwrap();
        mail.ask_ok("SELECT Team/support").await.unwrap();
        let (ada, bo, zoe) = (
            scene.program("ada", 1),
            scene.program("bo", 1),
            scene.program("zoe", 1),
        );
        // Nodes report some seconds late.
        let reported = async {
            let mut glances = interval(GLANCE);
            loop {
                glances.tick().await;
                let listed = ada.get("/sessions").await.json();
                if let Some(session) = listed["items"][0]["session"].as_str() {
                    break session.to_owned();
                }
            }
        };
        let session = timeout(PATIENCE, reported).await.unwrap();
        assert_eq!(
            bo.get("/sessions").await.json()["items"],
            serde_json::json!([])
        );
        let path = format!("/sessions/{session}");
        assert_eq!(bo.delete(&path).await.status, 404);
        assert_eq!(bo.delete("/sessions/000000000000").await.status, 404);
        let listed = zoe.get("/sessions?user=ada").await.json();
        assert_eq!(listed["items"][0]["session"], session.as_str());
        assert_eq!(ada.delete(&path).await.status, 204);
    });
}
