//! Whether a password is right says the directory; everything else of a login is as ever.

use rustix::process::{Pid, Signal, kill_process};
use testkit::World;

use crate::world::{Site, hears_bye, until};

const REFUSED: &str = "NO [AUTHENTICATIONFAILED]";
const UNAVAILABLE: &str = "NO [UNAVAILABLE]";

#[tokio::test(flavor = "multi_thread")]
async fn people_get_in_by_the_password_of_the_directory_on_every_node() {
    let Some(mut site) = Site::build(World::TwoNodes, &[]).await else {
        return;
    };
    for node in [1, 2] {
        let mut ada = site.welcome("ada", "ada's", node).await;
        ada.ask_ok("SELECT INBOX").await.unwrap();
        ada.ask_ok("SELECT Sent").await.unwrap();
    }
    // In any case, as accounts are.
    site.welcome("Ada", "ada's", 1).await;
    // An account that was here before is hers from her first login on, and its password here is none any more.
    site.stage.given("bo is known").await.unwrap();
    site.welcome("bo", "bo's", 2).await;
    site.stage.given("zoe administers").await.unwrap();
    for (user, password, expected) in [
        ("ada", "wrong", REFUSED),
        ("ada", "", REFUSED),
        ("", "ada's", REFUSED),
        ("nobody", "ada's", REFUSED),
        ("bo", testkit::PASSWORD, REFUSED),
        ("*", "ada's", REFUSED),
        ("a*", "ada's", REFUSED),
        ("*)(uid=*", "ada's", REFUSED),
        ("ada)(objectClass=*", "ada's", REFUSED),
        ("{user}", "ada's", REFUSED),
        // An administrator of this site gets in without the directory.
        ("zoe", testkit::PASSWORD, "OK "),
    ] {
        let answer = site.answer(user, password, 1).await;
        assert!(answer.starts_with(expected), "{user} {password}: {answer}");
    }
    let store = site.stage.store();
    let bo = store.find_account("bo").await.unwrap().unwrap();
    let refused = store.set_password(bo.id, Some("a hash")).await.unwrap_err();
    assert!(refused.to_string().contains("directory"), "{refused}");
    site.set("cleo", "employeeType", "left").await;
    assert!(site.answer("cleo", "cleo's", 1).await.starts_with(REFUSED));
    // Locked for good (draft-behera-ldap-password-policy, 5.3.3).
    site.set("dan", "pwdAccountLockedTime", "000001010000Z")
        .await;
    let answer = site.answer("dan", "dan's", 1).await;
    assert!(
        answer.starts_with("OK") || answer.starts_with(REFUSED),
        "{answer}"
    );
    site.tear_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_silent_or_away_makes_no_password_wrong() {
    let settings = [("ldap.timeout", "200ms"), ("ldap.recheck", "2s")];
    let Some(mut site) = Site::build(World::OneNode, &settings).await else {
        return;
    };
    let names = site.stage.given("bo has token $phone").await.unwrap();
    let token = names.values().next().unwrap();
    site.welcome("ada", "ada's", 1).await;
    let pid = Pid::from_raw(site.directory.pid().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    // Who was verified a moment ago gets in, and whoever has a token.
    site.welcome("ada", "ada's", 1).await;
    site.welcome("bo", token, 1).await;
    // More than there may be wrong passwords: none of these is one.
    for _ in 0..10 {
        let answer = site.answer("bo", "bo's", 1).await;
        assert!(answer.starts_with(UNAVAILABLE), "{answer}");
    }
    kill_process(pid, Signal::CONT).unwrap();
    site.welcome("bo", "bo's", 1).await;
    site.directory.end();
    for _ in 0..10 {
        let answer = site.answer("cleo", "wrong", 1).await;
        assert!(answer.starts_with(UNAVAILABLE), "{answer}");
    }
    // Until then she was remembered.
    until(async || {
        site.answer("ada", "ada's", 1)
            .await
            .starts_with(UNAVAILABLE)
    })
    .await;
    site.directory.start_again().unwrap();
    site.welcome("ada", "ada's", 1).await;
    site.welcome("cleo", "cleo's", 1).await;
    site.tear_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_are_throttled_as_those_of_this_site() {
    let Some(site) = Site::build(World::OneNode, &[]).await else {
        return;
    };
    for _ in 0..6 {
        assert!(site.answer("ada", "wrong", 1).await.starts_with(REFUSED));
    }
    let answer = site.answer("ada", "wrong", 1).await;
    assert!(answer.starts_with("NO [LIMIT]"), "{answer}");
    site.tear_down().await;
}

/// Nobody's password goes to a server that another authority vouches for, or without TLS.
#[tokio::test(flavor = "multi_thread")]
async fn the_directory_is_trusted_by_its_authority_and_spoken_to_in_tls() {
    for (settings, expected) in [
        ([("ldap.url", "PLAIN"), ("ldap.starttls", "always")], "OK "),
        ([("ldap.url", "PLAIN"), ("ldap.ca", "OTHER")], UNAVAILABLE),
        ([("ldap.scope", "one"), ("ldap.ca", "OTHER")], UNAVAILABLE),
        (
            [("ldap.url", "PLAIN"), ("ldap.starttls", "except_loopback")],
            "OK ",
        ),
    ] {
        // It takes nobody's password in the clear, except in the last case.
        let conf = match settings[1].1 {
            "except_loopback" => "",
            _ => "security simple_bind=128\n",
        };
        let Some(site) = Site::build_with(World::OneNode, conf, &settings).await else {
            return;
        };
        let answer = site.answer("ada", "ada's", 1).await;
        assert!(answer.starts_with(expected), "{settings:?}: {answer}");
        site.tear_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_is_asked_where_the_first_cannot_be_reached() {
    let Some(site) = Site::build(World::OneNode, &[("ldap.url", "DEAD AND ALIVE")]).await else {
        return;
    };
    site.welcome("ada", "ada's", 1).await;
    site.tear_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_may_bind_without_a_search() {
    let settings = [
        (
            "ldap.bind_template",
            "uid={user},ou=people,dc=example,dc=org",
        ),
        ("ldap.bind_dn", ""),
        ("ldap.bind_password", ""),
    ];
    let Some(site) = Site::build(World::OneNode, &settings).await else {
        return;
    };
    site.welcome("ada", "ada's", 1).await;
    for (user, password) in [
        ("ada", "wrong"),
        ("ada", ""),
        ("nobody", "ada's"),
        ("ada,ou=people", "ada's"),
        // Another entry, by whatever is typed, is not whose password it is.
        ("ada+cn=ada", "ada's"),
    ] {
        let answer = site.answer(user, password, 1).await;
        assert!(answer.starts_with(REFUSED), "{user}: {answer}");
    }
    site.set("cleo", "employeeType", "left").await;
    assert!(site.answer("cleo", "cleo's", 1).await.starts_with(REFUSED));
    site.tear_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_other_domains_are_those_of_this_site() {
    let settings = [
        (
            "ldap.filter",
            "(&(objectClass=inetOrgPerson)(|(mail={user})(uid={local})))",
        ),
        ("ldap.name_attribute", "mail"),
        ("ldap.domains", "example.org, example.net"),
    ];
    let Some(mut site) = Site::build(World::OneNode, &settings).await else {
        return;
    };
    site.stage.given("bo is known").await.unwrap();
    site.welcome("ada@example.org", "ada's", 1).await;
    for (user, password, expected) in [
        ("bo", testkit::PASSWORD, "OK "),
        ("bo", "bo's", REFUSED),
        ("bo@example.com", "bo's", REFUSED),
        ("bo@example.org", "bo's", "OK "),
    ] {
        let answer = site.answer(user, password, 1).await;
        assert!(answer.starts_with(expected), "{user} {password}: {answer}");
    }
    site.tear_down().await;
}

/// Whoever knows the password of before is out once somebody has logged in by the new one.
#[tokio::test(flavor = "multi_thread")]
async fn another_password_ends_sessions_by_the_one_of_before_on_every_node() {
    let Some(site) = Site::build(World::TwoNodes, &[]).await else {
        return;
    };
    let mut old = site.welcome("ada", "ada's", 2).await;
    old.ask_ok("SELECT INBOX").await.unwrap();
    let tag = old.next_tag();
    old.say(format!("{tag} IDLE\r\n").as_bytes()).await;
    assert!(old.is_asked_for_more(&tag).await);
    site.set("ada", "userPassword", "another").await;
    site.welcome("ada", "another", 1).await;
    hears_bye(&mut old).await;
    let answer = site.answer("ada", "ada's", 2).await;
    assert!(answer.starts_with(REFUSED), "{answer}");
    site.tear_down().await;
}
