//! The web pages where they leave the machine: in TLS, with a cookie that nobody else can have set, and gone with the node.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::certificates::{connector, shake_hands, write_certificate};
use crate::world::World;

async fn ask(mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) -> String {
    let request = "GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an end, too.
    let _ended = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[test]
fn pages_that_leave_the_machine_are_in_tls() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = write_certificate(folder.path());
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    let settings = [
        ("TLS__CERTIFICATE", certificate.as_str()),
        ("TLS__KEY", key.as_str()),
        ("LISTEN__WEB", "0.0.0.0:0"),
    ];
    World::play(&settings, async |_, frontend| {
        let port = frontend.addresses().web[0].port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let socket = TcpStream::connect(address).await.unwrap();
        let answer = ask(shake_hands(socket, &connector(&[trusted])).await).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let cookie = answer
            .lines()
            .find(|line| line.starts_with("set-cookie: "))
            .unwrap();
        assert!(
            cookie.starts_with("set-cookie: __Host-postroom="),
            "{cookie}"
        );
        assert!(
            cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
            "{cookie}"
        );
        let in_the_clear = ask(TcpStream::connect(address).await.unwrap()).await;
        assert!(!in_the_clear.starts_with("HTTP/"), "{in_the_clear}");
    });
}

#[test]
fn one_address_does_not_take_all_places() {
    let settings = [
        ("LISTEN__WEB", "127.0.0.1:0"),
        ("LIMITS__CONNECTIONS_PER_ADDRESS", "2"),
    ];
    World::play(&settings, async |_, frontend| {
        let address = frontend.addresses().web[0];
        let silent = [
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        ];
        let refused = ask(TcpStream::connect(address).await.unwrap()).await;
        assert_eq!(refused, "");
        drop(silent);
        let mut answer = String::new();
        // Until the node has seen that they are gone.
        while answer.is_empty() {
            answer = ask(TcpStream::connect(address).await.unwrap()).await;
        }
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    });
}
