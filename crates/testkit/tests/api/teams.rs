//! What leads do with mailboxes and lists.

use crate::client::{mailbox, segment};
use crate::scene::{SUPPORT, entry, play};

#[test]
fn a_lead_does_for_the_team_what_setacl_lets_him_and_nobody_else_does() {
    play(async |scene| {
        let (ada, bo) = (scene.program("ada", 1), scene.program("bo", 2));
        let list = ada.get(&mailbox(SUPPORT, "/acl")).await.json();
        assert_eq!(
            (&list["mailbox"], &list["own"]),
            (&SUPPORT.into(), &true.into())
        );
        let made = ada.put(&entry("cleo"), r#"{"role": "editor"}"#).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.json()["rights"], "lrswipte");
        let there = made.header("location");
        assert_eq!(
            there.as_deref(),
            Some("/api/v1/mailboxes/Team%2Fsupport/acl/cleo")
        );
        let changed = ada.put(&entry("Cleo"), r#"{"rights": "lrs"}"#).await;
        assert_eq!(
            (changed.status, &changed.json()["role"]),
            (200, &"viewer".into())
        );
        let mut cleo = scene.stage.log_in("cleo", 2).await.unwrap();
        let rights = cleo.ask_ok("MYRIGHTS Team/support").await.unwrap().concat();
        assert!(String::from_utf8(rights).unwrap().contains(" lrs"));

        // Bo sees the mailbox and has no say there.
        assert_eq!(bo.get(&mailbox(SUPPORT, "")).await.json()["rights"], "lrs");
        for reply in [
            bo.get(&mailbox(SUPPORT, "/acl")).await,
            bo.get(&entry("cleo")).await,
            bo.put(&entry("bo"), r#"{"role": "manager"}"#).await,
            bo.delete(&entry("cleo")).await,
            bo.delete(&mailbox(SUPPORT, "")).await,
            bo.patch(&mailbox(SUPPORT, ""), r#"{"name": "Team/mine"}"#)
                .await,
            bo.post("/mailboxes", r#"{"name": "Team/support/bo"}"#)
                .await,
            bo.post("/mailboxes", r#"{"name": "Team/bo"}"#).await,
            bo.get(&format!("/activity?mailbox={}", segment(SUPPORT)))
                .await,
        ] {
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (403, "not_allowed"),
                "{reply:?}"
            );
        }
        // A lead gives nothing to everybody where only site administrators may.
        let reply = ada.put(&entry("anyone"), r#"{"rights": "lr"}"#).await;
        assert_eq!(reply.status, 403, "{reply:?}");
        assert_eq!(
            ada.put(&entry("-anyone"), r#"{"rights": "lr"}"#)
                .await
                .status,
            201
        );
        assert_eq!(ada.delete(&entry("-anyone")).await.status, 204);

        assert_eq!(ada.delete(&entry("cleo")).await.status, 204);
        assert_eq!(ada.delete(&entry("cleo")).await.status, 204);
        assert_eq!(ada.get(&entry("cleo")).await.status, 404);

        // What was done stands there with her name; from where is not for her to know.
        let done = format!(
            "/activity?mailbox={}&kind=rights&user=ada",
            segment(SUPPORT)
        );
        let done = ada.get(&done).await.json();
        let first = &done["items"][0];
        assert_eq!(
            (&first["user"], &first["kind"]),
            (&"ada".into(), &"rights".into())
        );
        assert_eq!(
            (&first["detail"], &first["origin"]),
            (&"cleo ".into(), &().into())
        );
        let zoe = scene.program("zoe", 1);
        let done = zoe.get("/activity?kind=rights&user=ada").await.json();
        let origin = &done["items"][0]["origin"];
        assert_eq!(
            (&origin["token"], &origin["node"]),
            (&"ada".into(), &"node1".into())
        );
        assert_eq!(origin["client"], "HTTP API, tester/1");
    });
}

#[test]
fn a_lead_learns_what_somebody_may_do_and_why() {
    play(async |scene| {
        scene.given("group night of bo\nbo joins night").await;
        let (ada, bo) = (scene.program("ada", 1), scene.program("bo", 1));
        let put = |who: &str, rights: &str| (entry(who), format!("{{\"rights\": \"{rights}\"}}"));
        for (path, body) in [put("group:night", "lrsp"), put("-bo", "s")] {
            assert_eq!(ada.put(&path, &body).await.status, 201);
        }
        let may = ada.get(&mailbox(SUPPORT, "/rights/bo")).await.json();
        assert_eq!(
            (&may["rights"], &may["sends_as"]),
            (&"lrp".into(), &true.into())
        );
        let because = may["because"].as_array().unwrap().iter();
        let because: Vec<_> = because
            .map(|why| format!("{} {} {}", why["identifier"], why["rights"], why["takes"]))
            .collect();
        assert_eq!(because.len(), 3, "{because:?}");
        for expected in [
            r#""bo" "lrs" false"#,
            r#""group:night" "lrsp" false"#,
            r#""bo" "s" true"#,
        ] {
            assert!(because.iter().any(|it| it == expected), "{because:?}");
        }
        // Of another domain, and nobody: alike, until the list names her.
        let unknown = ada.get(&mailbox(SUPPORT, "/rights/nobody@else.test")).await;
        let stranger = ada.get(&mailbox(SUPPORT, "/rights/dora@else.test")).await;
        assert_eq!((unknown.status, &unknown), (404, &stranger));
        assert_eq!(
            ada.put(&entry("dora@else.test"), r#"{"rights": "lr"}"#)
                .await
                .status,
            201
        );
        let known = ada.get(&mailbox(SUPPORT, "/rights/dora@else.test")).await;
        assert_eq!(known.json()["rights"], "lr", "{known:?}");
        // Whoever has no say there learns nothing, not of oneself either.
        let reply = bo.get(&mailbox(SUPPORT, "/rights/bo")).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "not_allowed"));
        // A word is no letters.
        let reply = ada.put(&entry("cleo"), r#"{"rights": "writer"}"#).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (422, "unfit"),
            "{reply:?}"
        );
    });
}

#[test]
fn a_lead_says_which_flags_everybody_has_apart() {
    play(async |scene| {
        let (ada, bo) = (scene.program("ada", 1), scene.program("bo", 2));
        let policy = mailbox(SUPPORT, "/policy");
        let shown = ada.get(&policy).await;
        assert_eq!(
            shown.json()["private"],
            serde_json::json!(["\\Seen"]),
            "{shown:?}"
        );
        let other = r#"{"private": ["$Done", "\\flagged", "$Done"]}"#;
        let changed = ada.put(&policy, other).await;
        let expected = serde_json::json!(["$Done", "\\Flagged"]);
        assert_eq!(
            (changed.status, &changed.json()["private"]),
            (200, &expected)
        );
        // The tag of before is of another policy.
        let late = format!("If-Match: {}\r\n", shown.tag());
        let reply = ada.ask("PUT", &policy, &late, r#"{"private": []}"#).await;
        assert_eq!((reply.status, reply.code().as_str()), (412, "changed"));
        let mut seen = scene.stage.log_in("ada", 2).await.unwrap();
        let command = "GETMETADATA Team/support /shared/vendor/postroom/flags/private";
        let said = seen.ask_ok(command).await.unwrap().concat();
        assert!(
            String::from_utf8(said).unwrap().contains("$Done"),
            "on the other node"
        );
        for unfit in [r#"["\\Deleted"]"#, r#"["two words"]"#, r#"[""]"#] {
            let body = format!("{{\"private\": {unfit}}}");
            let reply = ada.put(&policy, &body).await;
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (422, "unfit"),
                "{unfit}"
            );
        }
        for reply in [bo.get(&policy).await, bo.put(&policy, other).await] {
            assert_eq!((reply.status, reply.code().as_str()), (403, "not_allowed"));
        }
    });
}

#[test]
fn a_right_that_was_withdrawn_is_gone_with_the_next_request() {
    play(async |scene| {
        let (ada, there) = (scene.program("ada", 1), scene.program("ada", 2));
        assert_eq!(there.get(&mailbox(SUPPORT, "/acl")).await.status, 200);
        scene.given("ada may lr on Team/support").await;
        for program in [&there, &ada] {
            let reply = program.put(&entry("bo"), r#"{"role": "editor"}"#).await;
            assert_eq!(reply.status, 403, "{reply:?}");
        }
        scene.given("ada may nothing on Team/support").await;
        for program in [&there, &ada] {
            let reply = program.get(&mailbox(SUPPORT, "")).await;
            assert_eq!(reply.status, 404, "{reply:?}");
        }
    });
}

#[test]
fn a_change_can_be_made_only_if_nobody_else_has_made_one() {
    play(async |scene| {
        let (ada, there) = (scene.program("ada", 1), scene.program("ada", 2));
        let seen = ada.get(&entry("bo")).await;
        let expecting = format!("If-Match: {}\r\n", seen.tag());
        let known = format!("If-None-Match: {}\r\n", seen.tag());
        let again = there.ask("GET", &entry("bo"), &known, "").await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
        assert_eq!(again.tag(), seen.tag());

        // Two leads at once, who saw the same: one of them changes it.
        let path = entry("bo");
        for _ in 0..10 {
            let (one, other) = tokio::join!(
                ada.ask("PUT", &path, &expecting, r#"{"rights": "lrsw"}"#),
                there.ask("PUT", &path, &expecting, r#"{"rights": "lrsp"}"#),
            );
            let mut statuses = [one.status, other.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 412], "{one:?} {other:?}");
            let lost = if one.status == 412 { one } else { other };
            assert_eq!(lost.code(), "changed");
            let back = ada.put(&entry("bo"), r#"{"rights": "lrs"}"#).await;
            assert_eq!((back.status, back.tag()), (200, seen.tag()));
        }
        let absent = "If-None-Match: *\r\n";
        let reply = ada
            .ask("PUT", &entry("bo"), absent, r#"{"rights": "lr"}"#)
            .await;
        assert_eq!(reply.status, 412, "{reply:?}");
        let reply = ada
            .ask("PUT", &entry("cleo"), absent, r#"{"rights": "lr"}"#)
            .await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let reply = ada
            .ask("DELETE", &entry("bo"), "If-Match: \"0\"\r\n", "")
            .await;
        assert_eq!(reply.status, 412, "{reply:?}");
        let reply = ada.ask("DELETE", &entry("bo"), &expecting, "").await;
        assert_eq!(reply.status, 204, "{reply:?}");
        let reply = ada
            .ask("DELETE", &mailbox(SUPPORT, ""), "If-Match: \"0\"\r\n", "")
            .await;
        assert_eq!(reply.status, 412, "{reply:?}");
    });
}

#[test]
fn a_mailbox_is_created_renamed_and_deleted_as_by_imap() {
    play(async |scene| {
        let ada = scene.program("ada", 1);
        let made = ada
            .post("/mailboxes", r#"{"name": "Team/support/ä b"}"#)
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        let there = made.header("location").unwrap();
        let there = there.strip_prefix("/api/v1").unwrap();
        assert_eq!(ada.get(there).await.json(), made.json());
        let again = ada
            .post("/mailboxes", r#"{"name": "Team/support/ä b"}"#)
            .await;
        assert_eq!((again.status, again.code().as_str()), (409, "conflict"));
        let to = r#"{"name": "Team/support/c"}"#;
        let renamed = ada.patch(there, to).await;
        assert_eq!(
            (renamed.status, &renamed.json()["id"]),
            (200, &made.json()["id"])
        );
        assert_eq!(ada.get(there).await.status, 404);
        let below = r#"{"name": "Team/support/c/d"}"#;
        assert_eq!(
            ada.patch(&mailbox("Team/support/c", ""), below)
                .await
                .status,
            409
        );
        assert_eq!(
            ada.delete(&mailbox(SUPPORT, "")).await.status,
            409,
            "there is one below"
        );
        assert_eq!(ada.delete(&mailbox("Team/support/c", "")).await.status, 204);
        assert_eq!(ada.delete("/mailboxes/INBOX").await.status, 409);
        for name in ["", "/", "a//b", "Team", "a\u{7}"] {
            let body = serde_json::json!({ "name": name }).to_string();
            let reply = ada.post("/mailboxes", &body).await;
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (422, "unfit"),
                "{name}"
            );
        }
    });
}
