//! The web pages over real sockets: what a browser is answered that speaks HTTP and runs no script.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod browser;
mod declining;
mod oidc;
mod set_up;

use browser::{Browser, Page};
use std::time::Duration;

use testkit::{Cluster, Heard, PASSWORD, Stage, World, in_world};
use tokio::time::{interval, timeout};

const TEAM: &str = "Team/support";
/// Between two looks at a page, and how long it is looked at.
const GLANCE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(30);

/// Ada manages a team; bo and cleo, who is in a group, are there to be added; dora is of another domain.
const WORLD: &str = "mailbox Team/support with messages $1\nmailbox Team/board\nada may lrswipkxtean on Team/support\n\
                     bo is known\ngroup sales of cleo\ndora@else.test is known\nzoe administers";

fn play(act: impl AsyncFnOnce(&mut Stage)) {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        stage.given(WORLD).await.unwrap();
        act(stage).await;
    })
    .unwrap();
}

async fn ada(stage: &Stage, node: usize) -> Browser {
    let mut browser = Browser::new(stage.web(node).unwrap());
    let page = browser.sign_in("ada", PASSWORD).await;
    assert_eq!(page.status, 200, "{page:?}");
    browser
}

fn of_team(path: &str, more: &[(&str, &str)]) -> String {
    let fields = [&[("name", TEAM)], more].concat();
    browser::url(path, &fields)
}

/// Sends the form for another entry.
async fn add(browser: &mut Browser, who: &str, role: &str) -> Page {
    browser.get(&of_team("/mailbox", &[])).await;
    let fields = [("name", TEAM), ("add", who), ("role", role)];
    browser.submit("/mailbox/add", &fields).await
}

/// Reloads a page until it has what nodes report some seconds late.
async fn until_shown(browser: &mut Browser, path: &str, wanted: &str) {
    let shown = async {
        let mut glances = interval(GLANCE);
        while !browser.get(path).await.body.contains(wanted) {
            glances.tick().await;
        }
    };
    timeout(PATIENCE, shown).await.unwrap();
}

async fn change(browser: &mut Browser, who: &str, role: &str, more: &[(&str, &str)]) -> Page {
    let wish = format!("{role} {who}");
    let fields = [&[("name", TEAM), ("change", wish.as_str())], more].concat();
    browser.submit("/mailbox/change", &fields).await
}

#[test]
fn whoever_signs_in_has_a_session_on_every_node_until_it_ends() {
    play(async |stage| {
        let mut browser = Browser::new(stage.web(1).unwrap());
        let page = browser.get("/mailboxes?x=1").await;
        assert_eq!(page.address, "/sign-in?next=%2Fmailboxes%3Fx%3D1");
        let before = browser.cookie();
        let page = browser.sign_in("ada", "wrong").await;
        assert_eq!(page.status, 403);
        assert!(
            page.has("The user name or the password is wrong."),
            "{page:?}"
        );
        let page = browser.sign_in("nobody", PASSWORD).await;
        assert!(
            page.has("The user name or the password is wrong."),
            "{page:?}"
        );
        let page = browser.sign_in("ada", PASSWORD).await;
        assert_eq!((page.status, page.address.as_str()), (200, "/mailboxes"));
        assert!(page.has("Signed in as ada") && page.has(TEAM), "{page:?}");
        assert_ne!(
            browser.cookie(),
            before,
            "another secret than before the sign-in"
        );

        let mut there = browser.clone_at(stage.web(2).unwrap());
        assert_eq!(there.get("/mailboxes").await.status, 200);
        browser.submit("/sign-out", &[]).await;
        let page = there.get("/mailboxes").await;
        assert!(page.address.starts_with("/sign-in"), "{page:?}");

        for end in ["ada is disabled", "ada has another password"] {
            let mut browser = ada(stage, 1).await;
            stage.given(end).await.unwrap();
            let page = browser.get("/mailboxes").await;
            assert!(page.address.starts_with("/sign-in"), "{end}: {page:?}");
            stage.given("ada is enabled").await.unwrap();
            let page = browser.get("/mailboxes").await;
            assert!(page.address.starts_with("/sign-in"), "{end}: {page:?}");
        }
    });
}

#[test]
fn no_form_of_another_page_and_no_forged_cookie_does_anything() {
    play(async |stage| {
        let mut browser = ada(stage, 1).await;
        let fields = [("name", TEAM), ("add", "bo"), ("role", "editor")];
        for token in ["", "00", &"0".repeat(64)] {
            let page = browser.post_with("/mailbox/add", &fields, token).await;
            assert_eq!(page.status, 403, "{token}: {page:?}");
            assert!(page.has("Nothing was changed."), "{page:?}");
        }
        let page = browser.get(&of_team("/mailbox", &[])).await;
        assert!(!page.has("bo is Editor"), "{page:?}");
        let token = browser.token().to_owned();
        let mut stranger = Browser::new(stage.web(1).unwrap());
        stranger.get("/sign-in").await;
        for cookie in ["0".repeat(64), "x".to_owned(), String::new()] {
            stranger.set_cookie(&cookie);
            let page = stranger.get("/mailboxes").await;
            assert!(page.address.starts_with("/sign-in"), "{page:?}");
            let page = stranger.post_with("/mailbox/add", &fields, &token).await;
            assert_eq!(page.address, "/sign-in", "{page:?}");
        }
        let mut fresh = Browser::new(stage.web(1).unwrap());
        let fields = [("user", "ada"), ("password", PASSWORD)];
        let page = fresh.post_with("/sign-in", &fields, "").await;
        assert_eq!(page.status, 403, "{page:?}");

        let cookie = format!("Cookie: postroom={}\r\n", browser.cookie());
        let head = format!("PUT /mailboxes HTTP/1.1\r\nHost: x\r\n{cookie}");
        let page = browser.raw(&head, "").await;
        assert_eq!(page.status, 405);
        assert!(page.head.contains("allow: GET, HEAD"), "{page:?}");
        let page = browser.get("/mailbox/add").await;
        assert_eq!(page.status, 405);
        assert_eq!(browser.get("/nothing").await.status, 404);
        let large = "x".repeat(17 * 1024);
        let page = browser.submit("/mailbox/add", &[("name", &large)]).await;
        assert_eq!(page.status, 413, "{page:?}");
        let head =
            format!("POST /mailbox/add HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n{cookie}");
        let page = browser.raw(&head, "{}").await;
        assert_eq!(page.status, 415, "{page:?}");
        let head = format!(
            "GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n",
            "x".repeat(20 * 1024)
        );
        assert_eq!(browser.raw(&head, "").await.status, 431);
    });
}

#[test]
fn every_answer_forbids_what_the_pages_do_not_need() {
    play(async |stage| {
        let mut browser = ada(stage, 1).await;
        for path in ["/mailboxes", "/sign-in", "/nothing", "/devices"] {
            let page = browser.get(path).await;
            for header in [
                "content-security-policy: default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                 base-uri 'none'; frame-ancestors 'none'",
                "x-content-type-options: nosniff",
                "referrer-policy: no-referrer",
                "cache-control: no-store",
            ] {
                assert!(
                    page.head.contains(header),
                    "{path}: {header}: {}",
                    page.head
                );
            }
            assert!(
                !page.body.contains("<script") && !page.body.contains("style="),
                "{path}"
            );
        }
        let mut stranger = Browser::new(stage.web(1).unwrap());
        let page = stranger.get("/sign-in").await;
        assert!(
            page.head.contains("; Path=/; HttpOnly; SameSite=Lax"),
            "{page:?}"
        );
        let style = stranger.get("/style.css").await;
        assert!(
            style.status == 200 && style.head.contains("content-type: text/css"),
            "{}",
            style.head
        );
    });
}

#[test]
fn a_token_is_made_shown_once_and_withdrawn_with_its_sessions() {
    play(async |stage| {
        stage
            .given("support@example.org leads to Team/support")
            .await
            .unwrap();
        let mut browser = ada(stage, 1).await;
        browser.get("/devices").await;
        let fields = [
            ("name", "Ada's <phone>"),
            ("opens", TEAM),
            ("imap", "yes"),
            ("until", "30"),
            ("password", PASSWORD),
        ];
        let made = browser.submit("/devices", &fields).await;
        assert_eq!(made.status, 200, "{made:?}");
        let at = made.body.find("prtok_").unwrap();
        let token = made.body[at..at + 38].to_owned();
        for part in [
            "support@example.org",
            "or support",
            "SSL/TLS",
            "Ada's &lt;phone&gt;",
        ] {
            assert!(made.has(part), "{part}: {made:?}");
        }
        let page = browser.submit("/devices", &fields).await;
        assert_eq!(page.status, 409, "{page:?}");
        assert!(
            page.has("There is a device of this name already."),
            "{page:?}"
        );

        let mut phone = testkit::Client::connect("phone", stage.imap(2).unwrap())
            .await
            .unwrap();
        phone
            .ask_ok(format!("LOGIN support@example.org {token}"))
            .await
            .unwrap();
        phone.ask_ok("SELECT INBOX").await.unwrap();
        phone.say(b"x IDLE\r\n").await;
        assert!(phone.is_asked_for_more("x").await);
        // By a token of one device nobody makes another.
        let mut thief = Browser::new(stage.web(1).unwrap());
        assert_eq!(thief.sign_in("ada", &token).await.status, 403);

        let page = browser.get("/devices").await;
        assert!(!page.body.contains("prtok_"), "{page:?}");
        assert!(!page.body.contains("<phone>"), "{page:?}");
        let there = browser::url("/devices/withdraw", &[("device", "Ada's <phone>")]);
        assert_eq!(browser.get(&there).await.status, 200);
        let page = browser
            .submit("/devices/withdraw", &[("device", "Ada's <phone>")])
            .await;
        assert!(page.has("The password was withdrawn."), "{page:?}");
        let Heard::Response(told) = phone.hear().await else {
            return;
        };
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(told.starts_with("* BYE "), "{told}");
        for (fields, status) in [
            ("name=&imap=yes", 400),
            ("name=x", 400),
            ("name=x&send=yes&look=yes", 400),
            ("name=x&imap=yes&opens=Team/board", 400),
            ("name=x&imap=yes&opens=Team/nothing", 400),
            ("name=x&imap=yes&password=wrong", 403),
        ] {
            let fields = fields.split('&').filter_map(|field| field.split_once('='));
            let fields: Vec<_> = fields.chain([("password", PASSWORD)]).collect();
            let page = browser.submit("/devices", &fields).await;
            assert_eq!(page.status, status, "{fields:?}: {page:?}");
        }
        let nobody = browser::url("/devices/withdraw", &[("device", "x")]);
        assert_eq!(browser.get(&nobody).await.status, 404);
    });
}

#[test]
fn a_lead_adds_changes_removes_and_undoes_and_another_lead_sees_it() {
    play(async |stage| {
        stage
            .given("bo may lrswipkxtean on Team/support")
            .await
            .unwrap();
        stage
            .given("bo may nothing on Team/support\ncarl may lrswipkxtean on Team/support")
            .await
            .unwrap();
        let mut browser = ada(stage, 1).await;
        let mut other = Browser::new(stage.web(2).unwrap());
        stage.log_in("carl", 2).await.unwrap();
        other.sign_in("carl", PASSWORD).await;
        let grid = of_team("/mailbox", &[]);

        let page = add(&mut browser, "BO", "editor").await;
        assert!(
            page.has("bo was added.") && page.has("bo is Editor"),
            "{page:?}"
        );
        let seen = other.get(&grid).await;
        assert!(
            seen.has("bo is Editor") && !seen.has("was added"),
            "{seen:?}"
        );
        let mut bo = stage.log_in("bo", 2).await.unwrap();
        bo.ask_ok("SELECT Team/support").await.unwrap();

        let page = change(&mut browser, "bo", "viewer", &[]).await;
        assert!(
            page.has("bo was changed.") && page.has("bo is Viewer"),
            "{page:?}"
        );
        let page = browser.submit_form_of(&page, "/mailbox/undo").await;
        assert!(
            page.has("It is as it was before.") && page.has("bo is Editor"),
            "{page:?}"
        );

        let asked = change(&mut browser, "bo", "remove", &[]).await;
        assert!(asked.has("Remove bo from Team/support?"), "{asked:?}");
        assert!(
            other.get(&grid).await.has("bo is Editor"),
            "nothing is done before the answer"
        );
        let page = change(&mut browser, "bo", "remove", &[("confirmed", "yes")]).await;
        assert!(page.has("bo was removed."), "{page:?}");
        assert!(!other.get(&grid).await.has("bo is Editor"));
        let gone = bo.ask("SELECT Team/support").await;
        let last = String::from_utf8_lossy(gone.last().unwrap()).into_owned();
        assert!(!last.contains(" OK "), "{last}");

        // Somebody else was faster: nothing of theirs is undone.
        other.get(&grid).await;
        add(&mut other, "bo", "contributor").await;
        let refused = browser.submit_form_of(&page, "/mailbox/undo").await;
        assert_eq!(refused.status, 409, "{refused:?}");
        assert!(
            refused.has("Somebody else has changed it meanwhile"),
            "{refused:?}"
        );
        let page = add(&mut browser, "bo", "viewer").await;
        assert!(
            page.status == 409 && page.has("bo is in the list already."),
            "{page:?}"
        );

        let asked = change(&mut browser, "bo", "manager", &[]).await;
        assert!(asked.has("Make bo a manager of Team/support?"), "{asked:?}");
        let page = change(&mut browser, "ada", "remove", &[("confirmed", "yes")]).await;
        assert!(page.has("You no longer manage Team/support."), "{page:?}");
        assert_eq!(browser.get(&grid).await.status, 404);
        let activity = other
            .get(&of_team(
                "/mailbox/activity",
                &[("kind", "rights"), ("person", "ada")],
            ))
            .await;
        assert!(
            activity.has("ada") && activity.has("changed who works here"),
            "{activity:?}"
        );
    });
}

#[test]
fn a_lead_is_told_of_nobody_and_of_no_mailbox_that_is_not_his_to_know() {
    play(async |stage| {
        stage
            .given("ada may lr on Team/board\nada may nothing on Team/board")
            .await
            .unwrap();
        let mut browser = ada(stage, 1).await;
        let unknown = add(&mut browser, "nobody", "viewer").await;
        let hidden = add(&mut browser, "dora@else.test", "viewer").await;
        let none = add(&mut browser, "nobody@else.test", "viewer").await;
        let group = add(&mut browser, "group:nobodies", "viewer").await;
        let bad = add(&mut browser, "-bo", "viewer").await;
        for (page, who) in [
            (&unknown, "nobody"),
            (&hidden, "dora@else.test"),
            (&none, "nobody@else.test"),
            (&group, "group:nobodies"),
            (&bad, "-bo"),
        ] {
            let words = format!("There is nobody of the name {who} whom you could add.");
            assert!(page.status == 404 && page.has(&words), "{who}: {page:?}");
            // The form is as it was sent: a viewer, who is not told by a letter.
            let role = r#"<option value="viewer" selected>"#;
            let told = r#"name="letter" value="yes" checked"#;
            assert!(
                page.body.contains(role) && !page.body.contains(told),
                "{page:?}"
            );
        }
        let page = add(&mut browser, "anyone", "viewer").await;
        assert!(
            page.status == 409 && page.has("Only the administrators of the site"),
            "{page:?}"
        );

        for path in [
            "/mailbox",
            "/mailbox/activity",
            "/mailbox/settings",
            "/mailbox/explain",
        ] {
            let of = async |browser: &mut Browser, name: &str| {
                let there = browser::url(path, &[("name", name), ("who", "bo")]);
                browser.get(&there).await
            };
            let hidden = of(&mut browser, "Team/board").await;
            for name in ["Team/none", "INBOX", "People/bo", "", "a*"] {
                let missing = of(&mut browser, name).await;
                assert_eq!(
                    (missing.status, &missing.body),
                    (404, &hidden.body),
                    "{path} {name}"
                );
            }
            assert_eq!(hidden.status, 404);
        }
        for path in [
            "/mailbox/add",
            "/mailbox/change",
            "/mailbox/undo",
            "/mailbox/settings",
        ] {
            let fields = [
                ("name", "Team/board"),
                ("add", "bo"),
                ("change", "viewer bo"),
                ("role", "viewer"),
                ("seen", "own"),
            ];
            let page = browser.submit(path, &fields).await;
            assert_eq!(page.status, 404, "{path}: {page:?}");
        }
        // Who may see a mailbox may know that it is there, and no more.
        stage.given("ada may lr on Team/board").await.unwrap();
        let board = browser::url("/mailbox", &[("name", "Team/board")]);
        assert_eq!(browser.get(&board).await.status, 403);

        for (who, status) in [
            ("bo", 200),
            ("nobody", 404),
            ("dora@else.test", 404),
            ("zoe", 200),
        ] {
            let page = browser
                .get(&of_team("/mailbox/explain", &[("who", who)]))
                .await;
            assert_eq!(page.status, status, "{who}: {page:?}");
        }
        // Who administers the site is not told.
        let zoe = browser
            .get(&of_team("/mailbox/explain", &[("who", "zoe")]))
            .await;
        assert!(
            zoe.has("No entry of the list is for zoe.") && !zoe.body.contains("class=\"yes\""),
            "{zoe:?}"
        );
    });
}

#[test]
fn groups_are_opened_and_entries_without_a_role_have_words() {
    play(async |stage| {
        stage
            .given("group:sales may lrswipte on Team/support\nbo may lrsp on Team/support\n-bo may e on Team/support\n\
                    dora@else.test may lrs on Team/support\ngroup mixed of cleo, dora@else.test\n\
                    group:mixed may lrs on Team/support\nerin may lr on Team/support")
            .await
            .unwrap();
        let mut browser = ada(stage, 1).await;
        let page = browser.get(&of_team("/mailbox", &[])).await;
        for words in [
            "group sales is Editor",
            "no role: lrsp (",
            "see the mailbox, read messages, keep read marks, send mail to its address",
            "Taken away",
            "dora@else.test is Viewer",
        ] {
            assert!(page.has(words), "{words}: {page:?}");
        }
        assert_eq!(page.body.matches("one person").count(), 2, "{page:?}");
        let explained = browser
            .get(&of_team("/mailbox/explain", &[("who", "cleo")]))
            .await;
        assert!(explained.has("group sales: gives Editor"), "{explained:?}");
    });
}

#[test]
fn what_was_done_long_ago_is_found_by_leafing() {
    play(async |stage| {
        let mut browser = ada(stage, 1).await;
        let mut session = stage.log_in("ada", 2).await.unwrap();
        session.ask_ok("SELECT Team/support").await.unwrap();
        for number in 0..205 {
            let flag = ["+FLAGS", "-FLAGS"][number % 2];
            let command = format!("STORE 1 {flag} (\\Flagged)");
            session.ask_ok(&command).await.unwrap();
        }
        let kind = [("kind", "flags")];
        let page = browser.get(&of_team("/mailbox/activity", &kind)).await;
        assert_eq!(page.count("<tr>"), 1 + 200, "{page:?}");
        let older = browser.get(&page.link("Older")).await;
        assert_eq!(older.count("<tr>"), 1 + 5, "{older:?}");
        assert!(!older.has("Older"), "{older:?}");
    });
}

#[test]
fn a_lead_is_told_who_of_the_team_has_its_mailbox_open() {
    play(async |stage| {
        stage
            .given("bo may lr on Team/support\ngroup:sales may lr on Team/support\nanyone may lr on Team/support")
            .await
            .unwrap();
        let mut browser = ada(stage, 1).await;
        let grid = of_team("/mailbox", &[]);
        assert!(!browser.get(&grid).await.has("Have it open now"));
        let mut sessions = Vec::new();
        for (person, node) in [("bo", 2), ("cleo", 2), ("zoe", 1)] {
            let mut session = stage.log_in(person, node).await.unwrap();
            session.ask_ok("SELECT Team/support").await.unwrap();
            sessions.push(session);
        }
        // Nodes report some seconds late. Who is not named in the list is not told of.
        let here = |names: &str| format!("Have it open now: {names}</p>");
        until_shown(&mut browser, &grid, &here("<b>bo</b>, <b>cleo</b>")).await;
        sessions[0].ask_ok("SELECT INBOX").await.unwrap();
        until_shown(&mut browser, &grid, &here("<b>cleo</b>")).await;
    });
}

#[test]
fn a_folder_with_the_list_from_above_leads_there_and_is_not_parted() {
    play(async |stage| {
        let mut imap = stage.log_in("ada", 2).await.unwrap();
        imap.ask_ok("CREATE Team/support/Sent").await.unwrap();
        let mut browser = ada(stage, 1).await;
        let name = ("name", "Team/support/Sent");
        let page = browser.get(&browser::url("/mailbox", &[name])).await;
        assert!(
            page.has("The people here are those of Team/support."),
            "{page:?}"
        );
        assert!(page.has("ada is Manager"), "{page:?}");
        assert!(!page.body.contains("/mailbox/add"), "{page:?}");
        let fields = [name, ("add", "bo"), ("role", "viewer")];
        let page = browser.submit("/mailbox/add", &fields).await;
        assert_eq!(page.status, 409, "{page:?}");
        add(&mut browser, "bo", "viewer").await;
        let page = browser.get(&browser::url("/mailbox", &[name])).await;
        assert!(page.has("bo is Viewer"), "{page:?}");
    });
}

#[test]
fn of_a_long_list_a_part_is_shown_and_all_are_found() {
    play(async |stage| {
        let names = (0..30).map(|number| format!("n{number:03} may lrs on Team/support\n"));
        stage.given(&names.collect::<String>()).await.unwrap();
        let mut browser = ada(stage, 1).await;
        let page = browser.get(&of_team("/mailbox", &[])).await;
        assert!(
            page.has("n000 is Viewer") && page.has("n029 is Viewer"),
            "{page:?}"
        );
        let page = browser.get(&of_team("/mailbox", &[("find", "N01")])).await;
        assert_eq!(page.body.matches(" is Viewer").count(), 10, "{page:?}");
    });
}

#[test]
fn names_are_texts_and_no_html() {
    play(async |stage| {
        stage
            .given("mailbox Team/<b>x&\nada may lrswipkxtean on Team/<b>x&\n<i>eve may lrs on Team/<b>x&")
            .await
            .unwrap();
        let mut browser = ada(stage, 1).await;
        let there = browser::url("/mailbox", &[("name", "Team/<b>x&")]);
        for path in [
            "/mailboxes",
            &there,
            "/sign-in?next=/<script>",
            "/mailbox?name=<script>",
        ] {
            let page = browser.get(path).await;
            for bad in ["<b>x", "<i>eve", "<script"] {
                assert!(!page.body.contains(bad), "{path}: {page:?}");
            }
        }
        let page = browser.get(&there).await;
        assert!(
            page.body.contains("&lt;i&gt;eve") && page.body.contains("&lt;b&gt;x&amp;"),
            "{page:?}"
        );
    });
}

#[test]
fn the_flag_policy_and_the_addresses_are_told_in_words() {
    play(async |stage| {
        stage
            .given("support@example.org leads to Team/support")
            .await
            .unwrap();
        let mut browser = ada(stage, 1).await;
        let there = of_team("/mailbox/settings", &[]);
        let page = browser.get(&there).await;
        assert!(page.has("Everybody has their own read marks."), "{page:?}");
        assert!(
            page.has("support@example.org") && page.has("ada"),
            "{page:?}"
        );
        let fields = [("name", TEAM), ("seen", "shared")];
        let page = browser.submit("/mailbox/settings", &fields).await;
        assert!(page.has("What one has read is read for all."), "{page:?}");
        let mut imap = stage.log_in("ada", 2).await.unwrap();
        let told = imap
            .ask("GETMETADATA Team/support /shared/vendor/postroom/flags/private")
            .await;
        assert!(!String::from_utf8_lossy(&told.concat()).contains("Seen"));
    });
}

#[test]
fn german_is_spoken_to_whoever_prefers_it() {
    play(async |stage| {
        let mut browser = Browser::new(stage.web(1).unwrap());
        browser.speak("de-DE,de;q=0.9,en;q=0.1");
        let page = browser.get("/sign-in").await;
        assert!(
            page.body.contains("<html lang=\"de\">") && page.has("Anmelden"),
            "{page:?}"
        );
        assert!(page.head.contains("content-language: de"), "{page:?}");
        browser.sign_in("ada", PASSWORD).await;
        assert!(browser.get(&of_team("/mailbox", &[])).await.has("ada ist"));
    });
}
