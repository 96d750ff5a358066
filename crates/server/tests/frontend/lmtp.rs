//! Letters that come in: sockets, timeouts, a node that stops, a database that goes away.

use std::net::SocketAddr;

use acl::Operation;
use mail::{AccountId, EmailAddress, Place};
use private_pg::{Options, PrivatePg, Tuning};
use server::Frontend;
use server::config::{Config, Sources, Surroundings};
use store::{NewTarget, Posting, Readable, Recipients, Store};
use tokio::net::{TcpStream, UnixStream};

use crate::certificates::{connector, shake_hands, write_certificate};
use crate::client::{Client, get};
use crate::verbs::ok;
use crate::world::{World, ada, add_ada};

const LETTER: [&str; 3] = ["Subject: a", "", "Hello."];

/// Lets ada@example.org lead to ada's INBOX.
async fn give_ada_an_address(store: &Store) {
    let ada = store.find_account("ada").await.unwrap().unwrap().id;
    let inbox = Place::Mine("INBOX".to_owned());
    let found = store.resolve(ada, &inbox).await.unwrap().unwrap();
    let permit = acl::permit(&found.access, Operation::Administer).unwrap();
    let address = EmailAddress::parse("ada@example.org").unwrap();
    let target = NewTarget::Mailbox(permit, Posting::Open);
    add_address(store, ada, &address, &target).await;
}

async fn add_address(store: &Store, by: AccountId, address: &EmailAddress, target: &NewTarget) {
    let recipients = Recipients::Address(address.clone());
    let separator = EmailAddress::SEPARATOR;
    let added = store.add_address(by, &recipients, target, separator).await;
    added.unwrap();
}

fn lmtp(frontend: &Frontend) -> SocketAddr {
    frontend.addresses().lmtp[0]
}

async fn messages_of_ada(store: &Store) -> u64 {
    let ada = store.find_account("ada").await.unwrap().unwrap().id;
    let visible = store.visible(ada).await.unwrap();
    let judged: Vec<Readable> = visible
        .iter()
        .map(|listed| Readable {
            mailbox: listed.id,
            rights_version: listed.access(ada).version,
        })
        .collect();
    let status = store.status(ada, &judged).await.unwrap();
    status.iter().map(|(_, status)| status.messages).sum()
}

/// Up to the end of what LHLO offers.
async fn greeted(mut client: Client) -> Client {
    assert!(client.line().await.starts_with("220 test LMTP"));
    client.say("LHLO mx.example.org").await;
    while client.line().await.starts_with("250-") {}
    client
}

/// Says a line and hears one.
async fn told(client: &mut Client, line: &str) -> String {
    client.say(line).await;
    client.line().await
}

/// Says what begins a letter to ada, up to its first lines.
async fn begin_letter(client: &mut Client) {
    for (line, code) in [
        ("MAIL FROM:<sue@example.com>", "250 "),
        ("RCPT TO:<ada@example.org>", "250 "),
        ("DATA", "354 "),
    ] {
        let reply = told(client, line).await;
        assert!(reply.starts_with(code), "{line}: {reply}");
    }
    for line in LETTER {
        client.say(line).await;
    }
}

#[test]
fn a_letter_comes_by_a_unix_socket_which_is_gone_with_its_node() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp");
    let listen = format!("unix:{}", path.display());
    // What a node left that had no time to remove it.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    World::play(&[("LISTEN__LMTP", &listen)], async |world, frontend| {
        give_ada_an_address(&world.store().await).await;
        let socket = UnixStream::connect(&path).await.unwrap();
        let mut client = greeted(Client::over(socket)).await;
        begin_letter(&mut client).await;
        assert_eq!(told(&mut client, ".").await, "250 2.0.0 Delivered");
        let refused = told(&mut client, "STARTTLS").await;
        assert!(refused.starts_with("502 "), "{refused}");
        let mut reader = ada(frontend).await;
        let status = reader.ask("STATUS INBOX (MESSAGES)").await;
        assert_eq!(status[0], "* STATUS INBOX (MESSAGES 1)");
    });
    assert!(!path.exists());
}

#[test]
fn a_letter_comes_inside_tls() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write_certificate(folder.path());
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let settings = [
        ("LISTEN__LMTPS", "127.0.0.1:0"),
        ("TLS__CERTIFICATE", &*file("certificate.pem")),
        ("TLS__KEY", &*file("key.pem")),
    ];
    World::play(&settings, async |world, frontend| {
        give_ada_an_address(&world.store().await).await;
        assert!(frontend.addresses().lmtp.is_empty());
        let socket = TcpStream::connect(frontend.addresses().lmtps[0]);
        let stream = shake_hands(socket.await.unwrap(), &connector(&[certificate])).await;
        let mut client = greeted(Client::over(stream)).await;
        begin_letter(&mut client).await;
        assert_eq!(told(&mut client, ".").await, "250 2.0.0 Delivered");
        let refused = told(&mut client, "STARTTLS").await;
        assert!(refused.starts_with("502 "), "{refused}");
        let mut reader = ada(frontend).await;
        reader.ok("SELECT INBOX").await;
        let found = reader.ask("SEARCH HEADER Received \"with LMTPS id\"").await;
        assert_eq!(found[0], "* SEARCH 1");
    });
}

#[test]
fn a_copy_of_what_a_team_sends_does_not_tell_where_copies_go() {
    let settings = [("LISTEN__LMTP", "127.0.0.1:0")];
    World::play(&settings, async |world, frontend| {
        let address = "support@example.org";
        let team = [
            "team",
            "add",
            "support",
            "--address",
            address,
            "--lead",
            "ada",
        ];
        ok(
            &world.settings(&[]),
            &["user", "add", "root", "--admin"],
            "",
        );
        ok(&world.settings(&[]), &team, "");
        let store = world.store().await;
        let address = EmailAddress::parse(address).unwrap();
        let copies = store.sent_copy_address(&address, EmailAddress::SEPARATOR);
        let copies = copies.await.unwrap().unwrap();
        let mut client = greeted(Client::connect(lmtp(frontend)).await).await;
        told(&mut client, "MAIL FROM:<support@example.org>").await;
        let accepted = told(&mut client, &format!("RCPT TO:<{copies}>")).await;
        assert!(accepted.starts_with("250 2.1.5 "), "{accepted}");
        told(&mut client, "DATA").await;
        for line in LETTER {
            client.say(line).await;
        }
        assert_eq!(told(&mut client, ".").await, "250 2.0.0 Delivered");
        let mut reader = ada(frontend).await;
        reader.ok("SELECT \"Shared Folders/support/Sent\"").await;
        let found = reader.ask("SEARCH SEEN HEADER Received LMTP").await;
        assert_eq!(found[0], "* SEARCH 1");
        let secret = copies.local();
        let found = reader.ask(&format!("SEARCH TEXT \"{secret}\"")).await;
        assert_eq!(found[0], "* SEARCH");
    });
}

#[test]
fn what_came_is_counted() {
    World::play(
        &[("LISTEN__LMTP", "127.0.0.1:0")],
        async |world, frontend| {
            give_ada_an_address(&world.store().await).await;
            let mut client = greeted(Client::connect(lmtp(frontend)).await).await;
            begin_letter(&mut client).await;
            assert_eq!(told(&mut client, ".").await, "250 2.0.0 Delivered");
            told(&mut client, "MAIL FROM:<>").await;
            told(&mut client, "RCPT TO:<nobody@example.org>").await;
            let page = get(frontend.addresses().http[0], "/metrics").await;
            for line in [
                "postroom_lmtp_connections 1",
                "postroom_deliveries_total{result=\"delivered\"} 1",
                "postroom_lmtp_replies_total{command=\"rcpt\",status=\"2.1.5\"} 1",
                "postroom_lmtp_replies_total{command=\"rcpt\",status=\"5.1.1\"} 1",
                "postroom_lmtp_replies_total{command=\"data\",status=\"2.0.0\"} 1",
                "postroom_delivery_bytes_total 22",
                "postroom_delivery_duration_seconds_count 1",
            ] {
                assert!(page.contains(line), "{line} in\n{page}");
            }
        },
    );
}

#[test]
fn who_says_nothing_is_sent_away() {
    World::play(
        &[("LISTEN__LMTP", "127.0.0.1:0"), ("LMTP__TIMEOUT", "100ms")],
        async |world, frontend| {
            give_ada_an_address(&world.store().await).await;
            let mut client = greeted(Client::connect(lmtp(frontend)).await).await;
            begin_letter(&mut client).await;
            let last = client.line().await;
            assert!(last.starts_with("421 4.4.2 "), "{last}");
            assert_eq!(client.line().await, "");
        },
    );
}

#[test]
fn connections_have_a_bound() {
    World::play(
        &[("LISTEN__LMTP", "127.0.0.1:0"), ("LMTP__CONNECTIONS", "1")],
        async |_, frontend| {
            let _first = greeted(Client::connect(lmtp(frontend)).await).await;
            let mut second = Client::connect(lmtp(frontend)).await;
            let line = second.line().await;
            assert!(line.starts_with("421 4.3.2 "), "{line}");
            assert_eq!(second.line().await, "");
        },
    );
}

/// A frontend that its test stops by itself.
async fn start(world: &World) -> Frontend {
    let sources = Sources {
        file: None,
        variables: world.settings(&[("LISTEN__LMTP", "127.0.0.1:0")]),
        surroundings: Surroundings::default(),
    };
    Frontend::start(&Config::load(&sources).unwrap())
        .await
        .unwrap()
}

#[test]
fn a_node_that_stops_ends_the_transaction_that_runs() {
    let world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let frontend = start(&world).await;
        let store = world.store().await;
        add_ada(&store, b"pass").await;
        give_ada_an_address(&store).await;
        let address = lmtp(&frontend);
        let mut idle = greeted(Client::connect(address).await).await;
        let mut busy = greeted(Client::connect(address).await).await;
        begin_letter(&mut busy).await;
        let stopped = frontend.stop();
        let talk = async {
            let last = idle.line().await;
            assert!(last.starts_with("421 4.3.2 "), "{last}");
            assert_eq!(idle.line().await, "");
            assert_eq!(told(&mut busy, ".").await, "250 2.0.0 Delivered");
            let last = busy.line().await;
            assert!(last.starts_with("421 4.3.2 "), "{last}");
        };
        tokio::join!(stopped, talk);
    });
}

#[test]
fn a_database_that_goes_away_during_data_takes_nothing() {
    let world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let frontend = start(&world).await;
        let store = world.store().await;
        add_ada(&store, b"pass").await;
        give_ada_an_address(&store).await;
        let mut client = greeted(Client::connect(lmtp(&frontend)).await).await;
        // Another letter was there before.
        begin_letter(&mut client).await;
        client.say("Goodbye.").await;
        assert_eq!(told(&mut client, ".").await, "250 2.0.0 Delivered");
        begin_letter(&mut client).await;
        let World { postgres, folder } = world;
        postgres.stop().unwrap();
        let reply = told(&mut client, ".").await;
        assert!(reply.starts_with("451 4.3.0 "), "{reply}");
        assert!(told(&mut client, "MAIL FROM:<>").await.starts_with("250 "));
        let reply = told(&mut client, "RCPT TO:<ada@example.org>").await;
        assert!(reply.starts_with("451 4.3.0 "), "{reply}");
        drop(frontend);
        let options = Options::new(folder.path().join("database"), Tuning::Scratch);
        let postgres = PrivatePg::start(&options).unwrap();
        let world = World { postgres, folder };
        assert_eq!(messages_of_ada(&world.store().await).await, 1);
    });
}
