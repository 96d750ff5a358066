//! Accounts and groups follow the directory, also under sessions that are open on the other node.

use std::collections::HashSet;
use std::time::Duration;

use ldap3::Mod;
use testkit::{Client, Heard, World};
use tokio::time::{Instant, timeout};

use crate::world::{PATIENCE, Site, entry, hears_bye, until};

/// A look each second.
const FOLLOWING: [(&str, &str); 3] = [
    ("ldap.sync_every", "1s"),
    ("ldap.accounts", "by_sync"),
    ("ldap.group_base", "ou=groups,dc=example,dc=org"),
];
/// What is told to whoever operates it: a look each second, and a second for the end of sessions.
const STATED: Duration = Duration::from_secs(5);

const REFUSED: &str = "NO [AUTHENTICATIONFAILED]";
const SUPPORT: &str = "cn=support,ou=groups,dc=example,dc=org";

async fn idle(client: &mut Client, mailbox: &str) {
    client.ask_ok(format!("SELECT {mailbox}")).await.unwrap();
    let tag = client.next_tag();
    client.say(format!("{tag} IDLE\r\n").as_bytes()).await;
    assert!(client.is_asked_for_more(&tag).await);
}

async fn add_group(site: &Site, name: &str, members: &[&str]) {
    let members: HashSet<String> = members.iter().map(|uid| entry(uid)).collect();
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let attributes: Vec<(String, HashSet<String>)> = vec![
        ("objectClass".to_owned(), text(&["groupOfNames"])),
        ("cn".to_owned(), text(&[name])),
        ("member".to_owned(), members),
    ];
    let mut ldap = site.administrator().await;
    let group = format!("cn={name},ou=groups,dc=example,dc=org");
    let added = ldap.add(&group, attributes).await;
    added.unwrap().success().unwrap();
}

async fn change_group(site: &Site, change: Mod<String>) {
    let mut ldap = site.administrator().await;
    let changed = ldap.modify(SUPPORT, vec![change]).await;
    changed.unwrap().success().unwrap();
}

async fn until_known(site: &Site, count: usize) {
    until(async || site.stage.store().directory_accounts().await.unwrap().len() == count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_of_a_group_come_and_go_while_somebody_idles_on_the_other_node() {
    let Some(mut site) = Site::build(World::TwoNodes, &FOLLOWING).await else {
        return;
    };
    until_known(&site, 4).await;
    add_group(&site, "support", &["ada"]).await;
    until(async || site.stage.store().directory_groups().await.unwrap().len() == 1).await;
    let given = "mailbox Team/Support\ngroup:support may lrs on Team/Support";
    site.stage.given(given).await.unwrap();
    let mut bo = site.welcome("bo", "bo's", 2).await;
    bo.ask_ok("SELECT Team/Support").await.unwrap_err();
    change_group(
        &site,
        Mod::Add("member".to_owned(), HashSet::from([entry("bo")])),
    )
    .await;
    until(async || bo.ask_ok("SELECT Team/Support").await.is_ok()).await;
    idle(&mut bo, "Team/Support").await;
    // Not by hand: the next look would undo it.
    let refused = site.stage.given("cleo joins support").await.unwrap_err();
    assert!(refused.to_string().contains("directory"), "{refused}");
    let withdrawn_at = Instant::now();
    change_group(
        &site,
        Mod::Delete("member".to_owned(), HashSet::from([entry("bo")])),
    )
    .await;
    let told = async {
        loop {
            match bo.hear().await {
                Heard::Response(response) => {
                    let response = String::from_utf8_lossy(&response).into_owned();
                    if response.contains("BYE") || response.contains("CLOSED") {
                        return response;
                    }
                }
                Heard::End => return "the end".to_owned(),
                Heard::Silence => {}
            }
        }
    };
    let heard = timeout(PATIENCE, told).await.unwrap();
    assert!(
        withdrawn_at.elapsed() < STATED,
        "{heard}: {:?}",
        withdrawn_at.elapsed()
    );
    let mut bo = site.welcome("bo", "bo's", 2).await;
    bo.ask_ok("SELECT Team/Support").await.unwrap_err();
    site.tear_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaver_is_out_on_both_nodes_and_in_again_when_back() {
    let Some(mut site) = Site::build(World::TwoNodes, &FOLLOWING).await else {
        return;
    };
    until_known(&site, 4).await;
    let names = site.stage.given("ada has token $phone").await.unwrap();
    let token = names.values().next().unwrap();
    let mut sessions = Vec::new();
    for (password, node) in [("ada's", 1), ("ada's", 2), (token, 2)] {
        let mut ada = site.welcome("ada", password, node).await;
        idle(&mut ada, "INBOX").await;
        sessions.push(ada);
    }
    let mut bo = site.welcome("bo", "bo's", 2).await;
    let left_at = Instant::now();
    site.set("ada", "employeeType", "left").await;
    for session in &mut sessions {
        hears_bye(session).await;
    }
    assert!(left_at.elapsed() < STATED, "{:?}", left_at.elapsed());
    for password in ["ada's", token] {
        let answer = site.answer("ada", password, 1).await;
        assert!(answer.starts_with(REFUSED), "{answer}");
    }
    bo.ask_ok("NOOP").await.unwrap();
    site.set("ada", "employeeType", "staff").await;
    until(async || site.answer("ada", token, 2).await.starts_with("OK")).await;
    site.welcome("ada", "ada's", 1).await;
    site.tear_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_person_has_the_same_mail_and_rights_under_the_new_name() {
    let Some(mut site) = Site::build(World::TwoNodes, &FOLLOWING).await else {
        return;
    };
    until_known(&site, 4).await;
    let given = "mailbox Team/Orders\nada may lri on Team/Orders";
    site.stage.given(given).await.unwrap();
    let mut ada = site.welcome("ada", "ada's", 2).await;
    ada.ask_ok("APPEND INBOX {1+}\r\nx").await.unwrap();
    idle(&mut ada, "INBOX").await;
    let mut ldap = site.administrator().await;
    let renamed = ldap
        .modifydn(&entry("ada"), "uid=lovelace", true, None)
        .await;
    renamed.unwrap().success().unwrap();
    hears_bye(&mut ada).await;
    let mut ada = site.welcome("lovelace", "ada's", 1).await;
    let found = ada.ask_ok("SELECT INBOX").await.unwrap();
    assert!(found.iter().any(|line| line == b"* 1 EXISTS"), "{found:?}");
    ada.ask_ok("SELECT Team/Orders").await.unwrap();
    let answer = site.answer("ada", "ada's", 1).await;
    assert!(answer.starts_with(REFUSED), "{answer}");
    // Somebody who comes under the old name is somebody else.
    let before = site.stage.store().directory_accounts().await.unwrap().len();
    site.add_person("ada").await;
    until_known(&site, before + 1).await;
    let mut other = site.welcome("ada", "ada's", 1).await;
    other.ask_ok("SELECT Team/Orders").await.unwrap_err();
    site.tear_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_not_disabled_at_once() {
    let Some(site) = Site::build(World::OneNode, &FOLLOWING).await else {
        return;
    };
    until_known(&site, 4).await;
    let mut ada = site.welcome("ada", "ada's", 1).await;
    // As when somebody moves a whole unit elsewhere: all are gone in one step.
    let mut ldap = site.administrator().await;
    let moved = ldap
        .modifydn("ou=people,dc=example,dc=org", "ou=elsewhere", true, None)
        .await;
    moved.unwrap().success().unwrap();
    site.add_unit("people").await;
    let store = site.stage.store();
    let mut cause = String::new();
    until(async || {
        let jobs = store.upkeep_jobs().await.unwrap();
        let job = jobs.into_iter().find(|job| job.name == "sync_directory");
        cause = job.and_then(|job| job.cause).unwrap_or_default();
        cause.contains("people would go at once")
    })
    .await;
    assert!(cause.contains("--force"), "{cause}");
    let accounts = store.directory_accounts().await.unwrap();
    assert!(
        accounts.iter().all(|account| !account.is_disabled),
        "{accounts:?}"
    );
    ada.ask_ok("NOOP").await.unwrap();
    site.tear_down().await;
}

/// A limit of the directory cuts the answer off: nobody is gone for that.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_off_changes_nothing() {
    let conf = "limits dn.exact=\"cn=postroom,dc=example,dc=org\" size=2\n";
    let Some(site) = Site::build_with(World::OneNode, conf, &FOLLOWING).await else {
        return;
    };
    let store = site.stage.store();
    site.welcome("ada", "ada's", 1).await;
    until(async || {
        let jobs = store.upkeep_jobs().await.unwrap();
        jobs.iter()
            .any(|job| job.name == "sync_directory" && job.failures > 0)
    })
    .await;
    let accounts = store.directory_accounts().await.unwrap();
    assert_eq!(accounts.len(), 1, "{accounts:?}");
    assert!(!accounts[0].has_left);
    site.tear_down().await;
}
