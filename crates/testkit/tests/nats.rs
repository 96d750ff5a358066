//! What a bus beside PostgreSQL adds: it is used where all hear it, and whatever becomes of it, PostgreSQL is there.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::net::SocketAddr;
use std::time::Duration;

use bus::{Carried, Carrier as _};
use mail::{MailboxId, ModSeq};
use nats::{Link, Nats};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use testkit::{Cluster, NatsServer, Stage, World, in_world};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

async fn append(stage: &mut Stage) {
    let mut ada = stage.log_in("ada", 1).await.unwrap();
    ada.ask_ok("APPEND Team/Orders {1+}\r\nx").await.unwrap();
}

fn notifications(stage: &Stage) -> u64 {
    stage.stats(1).unwrap().notifications_sent
}

fn with_nats(act: impl AsyncFnOnce(&mut Stage)) {
    let cluster = Cluster::start().unwrap();
    in_world(
        &cluster,
        World::TwoNodesWithNats,
        async |stage: &mut Stage| {
            stage
                .given("mailbox Team/Orders\nada may lri on Team/Orders")
                .await
                .unwrap();
            act(stage).await;
        },
    )
    .unwrap();
}

/// Waits until node 1 has told what it did, by whatever way.
async fn until_sent(stage: &Stage, before: u64) {
    let sent = async {
        while stage.stats(1).unwrap().wakeups_sent == before {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, sent).await.unwrap();
}

async fn append_and_count_notifications(stage: &mut Stage) -> u64 {
    let (sent, before) = (stage.stats(1).unwrap().wakeups_sent, notifications(stage));
    append(stage).await;
    until_sent(stage, sent).await;
    notifications(stage) - before
}

#[test]
fn postgresql_carries_nothing_while_all_hear_the_bus_and_all_while_it_is_away() {
    with_nats(async |stage| {
        assert_eq!(append_and_count_notifications(stage).await, 0);
        stage.take_bus_away();
        stage.until_carried(false).await.unwrap();
        assert!(append_and_count_notifications(stage).await > 0);
        stage.bring_bus_back().unwrap();
        stage.until_carried(true).await.unwrap();
        assert_eq!(append_and_count_notifications(stage).await, 0);
    });
}

/// As while frontends are rolled from one bus to the other, or the bus is cut off from one of them.
#[test]
fn postgresql_carries_all_while_a_node_does_not_hear_the_bus() {
    with_nats(async |stage| {
        stage.add_node(&[]).await.unwrap();
        let notified = async { while append_and_count_notifications(stage).await == 0 {} };
        timeout(PATIENCE, notified).await.unwrap();
    });
}

/// A link to a server, for who is called so there.
fn link(address: SocketAddr, scheme: &str, user: &str) -> Link {
    Link {
        url: format!("{scheme}://{user}{address}"),
        subject: "test.it".to_owned(),
        name: "test".to_owned(),
        ca: None,
        certificate: None,
    }
}

async fn heard(nats: &Nats) -> Carried {
    timeout(PATIENCE, nats.hear()).await.unwrap()
}

/// One that is connected and up.
async fn connected(link: &Link) -> Nats {
    let nats = Nats::start(link).await.unwrap();
    assert_eq!(heard(&nats).await, Carried::Resync);
    assert!(nats.is_up());
    nats
}

fn wakeup(mailbox: i64) -> bus::Wakeup {
    bus::Wakeup {
        mailbox: MailboxId(mailbox),
        modseq: ModSeq::new(7).unwrap(),
    }
}

async fn send(nats: &Nats, mailbox: i64) {
    let payloads = bus::pack(&[wakeup(mailbox)]);
    timeout(PATIENCE, nats.send(payloads))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_another_subject_hears_nothing() {
    let server = NatsServer::start("", &[]).unwrap();
    let ours = link(server.address(), "nats", "");
    let others = Link {
        subject: "test.other".to_owned(),
        ..ours.clone()
    };
    let (one, two, other) = (
        connected(&ours).await,
        connected(&ours).await,
        connected(&others).await,
    );
    send(&other, 1).await;
    send(&one, 2).await;
    for nats in [&one, &two] {
        assert_eq!(heard(nats).await, Carried::Wakeups(vec![wakeup(2)]));
    }
    assert_eq!(heard(&other).await, Carried::Wakeups(vec![wakeup(1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_let_in_by_password_or_token() {
    let settings = "authorization { user: ada, password: \"p@ss\" }";
    let server = NatsServer::start(settings, &[]).unwrap();
    let check = async |user| Nats::check(&link(server.address(), "nats", user)).await;
    let found = check("ada:p%40ss@").await.unwrap();
    assert!(found.starts_with("nats-server 2."), "{found}");
    for user in ["ada:wrong@", ""] {
        let refused = check(user).await.unwrap_err().to_string();
        assert!(refused.contains("authorization violation"), "{refused}");
    }
    let server = NatsServer::start("authorization { token: \"t0ken\" }", &[]).unwrap();
    Nats::check(&link(server.address(), "nats", "t0ken@"))
        .await
        .unwrap();
}

/// As with a user whose permissions are those of another subject.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_the_permission_is_found_by_the_check() {
    let settings = "authorization { users = [ { user: a, password: b, permissions: { subscribe: \"x\", publish: \"x\" } } ] }";
    let server = NatsServer::start(settings, &[]).unwrap();
    let link = link(server.address(), "nats", "a:b@");
    let refused = Nats::check(&link).await.unwrap_err().to_string();
    assert!(refused.to_lowercase().contains("permissions"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_are_trusted_by_their_authority_and_clients_by_theirs() {
    let (authority, certificate, key) = certificates();
    let files = [
        ("ca.pem", authority.as_str()),
        ("cert.pem", certificate.as_str()),
        ("key.pem", key.as_str()),
    ];
    let settings = "tls { cert_file: cert.pem, key_file: key.pem, ca_file: ca.pem, verify: true }";
    let server = NatsServer::start(settings, &files).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = |name: &str| Some(folder.path().join(name));
    let stranger = link(server.address(), "tls", "");
    let anonymous = Link {
        ca: path("ca.pem"),
        ..stranger.clone()
    };
    let known = Link {
        certificate: path("cert.pem").zip(path("key.pem")),
        ..anonymous.clone()
    };
    Nats::check(&known).await.unwrap();
    for refused in [stranger, anonymous] {
        Nats::check(&refused).await.unwrap_err();
    }
}

/// `deploy/kustomize/components/nats`: what it lets a frontend do is enough, and it lets in nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn the_deployed_configuration_carries_wake_ups() {
    let deployed = include_str!("../../../deploy/kustomize/components/nats/nats.conf");
    let settings = deployed.replace("/run/secrets/nats/tls/", "");
    let ports = "port: 4222\nhttp_port: 8222\n";
    assert!(settings.contains(ports), "{settings}");
    // Its port is the test's to choose, and so is what the Secret says.
    let settings = format!("NATS_PASSWORD: \"s3cret\"\n{}", settings.replace(ports, ""));
    let (authority, certificate, key) = certificates();
    let files = [("tls.crt", certificate.as_str()), ("tls.key", key.as_str())];
    let server = NatsServer::start(&settings, &files).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.crt");
    std::fs::write(&ca, authority).unwrap();
    let link = |user| Link {
        ca: Some(ca.clone()),
        subject: "postroom".to_owned(),
        ..link(server.address(), "tls", user)
    };
    let (one, two) = (
        connected(&link("postroom:s3cret@")).await,
        connected(&link("postroom:s3cret@")).await,
    );
    send(&one, 4).await;
    assert_eq!(heard(&two).await, Carried::Wakeups(vec![wakeup(4)]));
    for user in ["", "postroom:wrong@"] {
        Nats::check(&link(user)).await.unwrap_err();
    }
}

/// Nobody sends a password to who speaks no TLS, where TLS was asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let server = NatsServer::start("", &[]).unwrap();
    let link = link(server.address(), "tls", "ada:secret@");
    Nats::check(&link).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_too_slowly_is_told_to_compare() {
    let server = NatsServer::start("", &[]).unwrap();
    let link = link(server.address(), "nats", "");
    let (slow, sender) = (connected(&link).await, connected(&link).await);
    for mailbox in 0..5000 {
        send(&sender, mailbox).await;
    }
    let lost = async {
        while slow.stats().lost == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, lost).await.unwrap();
    assert_eq!(heard(&slow).await, Carried::Resync);
    assert!(matches!(heard(&slow).await, Carried::Wakeups(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_write_there_is_passed_over() {
    let server = NatsServer::start("", &[]).unwrap();
    let nats = connected(&link(server.address(), "nats", "")).await;
    nats.send(vec!["hello".to_owned()]).await.unwrap();
    assert_eq!(heard(&nats).await, Carried::Wakeups(vec![]));
    assert_eq!(nats.stats().foreign, 1);
    send(&nats, 3).await;
    assert_eq!(heard(&nats).await, Carried::Wakeups(vec![wakeup(3)]));
}

/// A server that does not answer but has not gone either: whoever listens is told to compare, and sends elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stands_still_is_given_up() {
    let server = NatsServer::start("", &[]).unwrap();
    let nats = connected(&link(server.address(), "nats", "")).await;
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    assert_eq!(heard(&nats).await, Carried::Resync);
    assert!(!nats.is_up());
    nats.send(vec!["1:1".to_owned()]).await.unwrap_err();
    kill_process(pid, Signal::CONT).unwrap();
    assert_eq!(heard(&nats).await, Carried::Resync);
    assert!(nats.is_up());
}

/// An authority, and a certificate of 127.0.0.1 by it with its key, in PEM.
fn certificates() -> (String, String, String) {
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let signed = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    (signed.pem(), certificate.pem(), key.serialize_pem())
}
