//! What mail transfer agents ask: where addresses lead, who may send as them, and whether a password is right.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::Client;
use crate::verbs::ok;
use crate::world::World;

pub(crate) const LISTENERS: &[(&str, &str)] = &[
    ("LISTEN__MAPS", "127.0.0.1:0"),
    ("LISTEN__AUTH", "127.0.0.1:0"),
];

/// The answers to one question after the other on one connection.
pub(crate) async fn look_up(address: SocketAddr, questions: &[&str]) -> Vec<String> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let mut answers = Vec::new();
    for question in questions {
        let request = format!("{}:{question},", question.len());
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut length = String::new();
        while !length.ends_with(':') {
            length.push(char::from(socket.read_u8().await.unwrap()));
        }
        let length: usize = length.trim_end_matches(':').parse().unwrap();
        let mut answer = vec![0; length + 1];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer.pop(), Some(b','));
        answers.push(String::from_utf8(answer).unwrap());
    }
    answers
}

/// An agent that has been greeted and has greeted back.
pub(crate) async fn agent(address: SocketAddr) -> Client {
    let mut agent = Client::connect(address).await;
    let mut offered = Vec::new();
    loop {
        let line = agent.line().await;
        if line == "DONE" {
            break;
        }
        offered.push(line);
    }
    assert_eq!(offered[0], "VERSION\t1\t2");
    assert!(offered.contains(&"MECH\tPLAIN\tplaintext".to_owned()));
    agent.say_raw("VERSION\t1\t1\nCPID\t7\n").await;
    agent
}

/// What is answered to this name and password.
pub(crate) async fn log_in(agent: &mut Client, id: u32, message: &str) -> String {
    let message = STANDARD.encode(message);
    agent
        .say_raw(&format!(
            "AUTH\t{id}\tPLAIN\tservice=smtp\trip=192.0.2.1\tresp={message}\n"
        ))
        .await;
    agent.line().await
}

#[test]
fn maps_say_where_addresses_lead_and_who_may_send_as_them() {
    World::play(LISTENERS, async |world, frontend| {
        let settings = world.settings(&[]);
        let verb = |verb: &[&str]| drop(ok(&settings, verb, ""));
        let support = "Shared Folders/support";
        verb(&["user", "add", "admin", "--admin"]);
        verb(&["user", "add", "bo"]);
        verb(&[
            "mailbox",
            "create",
            support,
            "--address",
            "support@example.org",
        ]);
        verb(&["acl", "set", support, "ada", "lrp"]);
        verb(&["acl", "set", support, "bo", "lr"]);

        let maps = frontend.addresses().maps[0];
        let answers = look_up(
            maps,
            &[
                "domains example.org",
                "domains example.com",
                "recipients support@example.org",
                "recipients Support+invoices@EXAMPLE.org",
                "recipients nobody@example.org",
                "recipients @example.org",
                "recipients support",
                "senders support@example.org",
                "senders nobody@example.org",
                "copies support@example.org",
                "colours blue",
            ],
        );
        let no_map = "PERM no such map: there are domains, recipients, senders and copies";
        let no = "NOTFOUND ";
        assert_eq!(
            answers.await,
            [
                "OK known",
                no,
                "OK known",
                "OK known",
                no,
                no,
                no,
                "OK ada,admin",
                no,
                no,
                no_map
            ]
        );
        verb(&["acl", "set", support, "bo", "+p"]);
        let answers = look_up(maps, &["senders support@example.org"]).await;
        assert_eq!(answers, ["OK ada,admin,bo"]);
    });
}

#[test]
fn passwords_are_the_same_as_by_imap() {
    World::play(LISTENERS, async |_, frontend| {
        let mut agent = agent(frontend.addresses().auth[0]).await;
        for (id, message, answer) in [
            (1, "\0ada\0pass", "OK\t1\tuser=ada"),
            (2, "\0ADA/support\0pass", "OK\t2\tuser=ada"),
            (3, "ada\0ada\0pass", "OK\t3\tuser=ada"),
            (4, "bo\0ada\0pass", "FAIL\t4"),
            (5, "\0ada\0wrong", "FAIL\t5"),
            (6, "\0nobody\0pass", "FAIL\t6"),
        ] {
            assert_eq!(log_in(&mut agent, id, message).await, answer, "{message:?}");
        }
        // Guesses hold up their network here as there; who is known there is not held up.
        let mut last = String::new();
        for id in 10..40 {
            last = log_in(&mut agent, id, "\0nobody\0pass").await;
        }
        assert_eq!(
            last,
            "FAIL\t39\ttemp\treason=Too many logins, try again later"
        );
        assert_eq!(
            log_in(&mut agent, 50, "\0ada\0pass").await,
            "OK\t50\tuser=ada"
        );
    });
}

#[test]
fn who_is_not_trusted_hears_nothing() {
    let listeners = [LISTENERS, &[("AGENTS__TRUSTED_NETWORKS", "192.0.2.0/24")]].concat();
    World::play(&listeners, async |_, frontend| {
        let addresses = frontend.addresses();
        for address in [addresses.auth[0], addresses.maps[0]] {
            let mut client = Client::connect(address).await;
            assert_eq!(client.line().await, "");
        }
    });
}
