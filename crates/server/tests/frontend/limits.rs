//! Bounds on clients: how many, how slow, how silent.

use server::Frontend;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{Client, get};
use crate::world::{World, ada};

async fn visit(frontend: &Frontend) -> (Client, String) {
    let mut client = Client::connect(frontend.addresses().imap[0]).await;
    let line = client.line().await;
    (client, line)
}

#[test]
fn an_address_has_its_share_of_connections() {
    World::play(
        &[("LIMITS__CONNECTIONS_PER_ADDRESS", "2")],
        async |_, frontend| {
            let (first, _) = visit(frontend).await;
            let (_second, _) = visit(frontend).await;
            let (_, line) = visit(frontend).await;
            assert!(
                line.starts_with("* BYE [UNAVAILABLE] Too many connections"),
                "{line}"
            );
            drop(first);
            // The server hears of the end a moment later than we.
            loop {
                let (_, line) = visit(frontend).await;
                if line.starts_with("* OK ") {
                    break;
                }
            }
            let page = get(frontend.addresses().http[0], "/metrics").await;
            assert!(
                page.contains("connections_refused_total{bound=\"address\"}"),
                "{page}"
            );
        },
    );
}

#[test]
fn a_user_has_a_share_of_connections() {
    World::play(
        &[("LIMITS__CONNECTIONS_PER_USER", "1")],
        async |_, frontend| {
            let mut first = ada(frontend).await;
            let (mut second, _) = visit(frontend).await;
            let lines = second.ask("LOGIN ada pass").await;
            assert_eq!(lines, ["* BYE Too many connections", ""]);
            first.ok("NOOP").await;
        },
    );
}

#[test]
fn who_does_not_log_in_is_sent_away() {
    World::play(&[("TIMEOUTS__LOGIN", "200ms")], async |_, frontend| {
        let (mut client, _) = visit(frontend).await;
        // Half a command is no reason to wait longer.
        client.say("t NOOP\r\nt LOG").await;
        assert!(client.line().await.starts_with("t OK"));
        let mut last = client.line().await;
        while last.starts_with("t BAD") || last.starts_with("* BAD") {
            last = client.line().await;
        }
        assert!(last.starts_with("* BYE Nothing was said"), "{last}");
        assert_eq!(client.line().await, "");
    });
}

#[test]
fn an_idling_client_gets_signs_of_life() {
    World::play(&[("TIMEOUTS__KEEP_ALIVE", "100ms")], async |_, frontend| {
        let mut client = ada(frontend).await;
        client.ok("SELECT INBOX").await;
        client.say("t IDLE").await;
        assert!(client.line().await.starts_with("+ "));
        for _ in 0..2 {
            assert_eq!(client.line().await, "* OK Still here");
        }
        client.say("DONE").await;
        assert!(client.line().await.starts_with("t OK"));
    });
}

#[test]
fn a_client_that_does_not_read_is_dropped() {
    World::play(&[("TIMEOUTS__WRITE", "200ms")], async |_, frontend| {
        let mut writer = ada(frontend).await;
        let message = format!(
            "Subject: long\r\n\r\n{}",
            "0123456789abcde\n".repeat(500_000)
        );
        writer
            .say(&format!(
                "t APPEND INBOX {{{}+}}\r\n{message}",
                message.len()
            ))
            .await;
        assert!(writer.line().await.starts_with("t OK"));
        drop(writer);

        let mut socket = TcpStream::connect(frontend.addresses().imap[0])
            .await
            .unwrap();
        let fetches = "t FETCH 1 BODY.PEEK[]\r\n".repeat(20);
        let words = format!("t LOGIN ada pass\r\nt SELECT INBOX\r\n{fetches}");
        socket.write_all(words.as_bytes()).await.unwrap();
        // It never reads, and yet it does not stay.
        loop {
            let page = get(frontend.addresses().http[0], "/metrics").await;
            if page.contains("command=\"SELECT\"")
                && page.contains("postroom_connections{state=\"logged_in\"} 0")
            {
                break;
            }
        }
    });
}

#[test]
fn a_password_is_not_taken_in_the_clear() {
    World::play(&[("LOGIN__WITHOUT_TLS", "never")], async |_, frontend| {
        let (mut client, greeting) = visit(frontend).await;
        assert!(greeting.contains("LOGINDISABLED"), "{greeting}");
        assert!(greeting.contains("STARTTLS"), "{greeting}");
        let lines = client.ask("LOGIN ada pass").await;
        assert!(lines[0].starts_with("t NO [PRIVACYREQUIRED]"), "{lines:?}");
    });
}

#[test]
fn guessing_is_braked_and_the_real_user_is_not() {
    World::play(&[], async |_, frontend| {
        ada(frontend).await;
        let (mut guesser, _) = visit(frontend).await;
        let mut answers = Vec::new();
        // A name that nobody has is like one that somebody has who never came from this network.
        for guess in 0..8 {
            let lines = guesser.ask(&format!("LOGIN bo guess{guess}")).await;
            answers.push(lines.last().unwrap().clone());
        }
        assert!(
            answers[0].starts_with("t NO [AUTHENTICATIONFAILED]"),
            "{answers:?}"
        );
        assert!(answers[7].starts_with("t NO [LIMIT]"), "{answers:?}");
        ada(frontend).await;
        let page = get(frontend.addresses().http[0], "/metrics").await;
        assert!(
            page.contains("postroom_logins_total{method=\"password\",result=\"welcome\"} 2"),
            "{page}"
        );
        assert!(
            page.contains("postroom_logins_total{method=\"password\",result=\"too_many\"}"),
            "{page}"
        );
    });
}

#[test]
fn uploads_share_a_budget_of_what_has_come() {
    let settings = [
        ("LIMITS__MESSAGE_BYTES", "1MiB"),
        ("LIMITS__LITERAL_BYTES_IN_FLIGHT", "1MiB"),
    ];
    World::play(&settings, async |_, frontend| {
        // What is announced and does not come takes next to nothing.
        let mut silent = Vec::new();
        for _ in 0..8 {
            let mut client = ada(frontend).await;
            client.say("t APPEND INBOX {1000000}").await;
            assert!(client.line().await.starts_with("+ "));
            silent.push(client);
        }
        let page = get(frontend.addresses().http[0], "/metrics").await;
        assert!(
            page.contains("postroom_literals_in_flight_bytes 0"),
            "{page}"
        );
        let mut second = ada(frontend).await;
        second.say("t APPEND INBOX {1000000}").await;
        assert!(second.line().await.starts_with("+ "));
        second.say(&"x".repeat(1_000_000)).await;
        assert!(second.line().await.starts_with("t OK [APPENDUID"));

        let lines = second.ask("APPEND INBOX {1048577}").await;
        assert!(lines[0].starts_with("t NO [TOOBIG]"), "{lines:?}");
    });
}

#[test]
fn the_longest_id_of_the_rfc_may_come_before_login() {
    World::play(&[], async |_, frontend| {
        let (mut client, _) = visit(frontend).await;
        // RFC 2971, 3.3: 30 pairs, fields of 30 octets, values of 1,024.
        let pairs: Vec<_> = (10..40)
            .map(|number| format!("\"{number}{}\" \"{}\"", "f".repeat(28), "v".repeat(1024)))
            .collect();
        let lines = client.ask(&format!("ID ({})", pairs.join(" "))).await;
        assert!(lines[1].starts_with("t OK "), "{lines:?}");
    });
}
