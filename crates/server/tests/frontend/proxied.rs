//! Behind a proxy: who its clients are, and who may say so.

use std::net::SocketAddr;

use proxy_header::{ProxiedAddress, ProxyHeader, SslInfo, Tlv};
use server::Frontend;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::certificates::{connector, shake_hands, write_certificate};
use crate::client::{Client, get};
use crate::world::World;

const FIRST: &str = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 143\r\n";
const SECOND: &str = "PROXY TCP6 2001:db8::7 2001:db8::1 4711 143\r\n";

/// The settings of somebody who trusts a proxy on this machine.
const TRUSTING: (&str, &str) = ("LISTEN__PROXY_FROM", "127.0.0.0/8");

/// Connects and says this before anything else.
async fn connect(address: SocketAddr, header: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(header).await.unwrap();
    socket
}

async fn client(frontend: &Frontend, header: &[u8]) -> Client {
    Client::over(connect(frontend.addresses().imap[0], header).await)
}

/// What a balancer that ends TLS, or does not, says of its client.
fn of_balancer(is_tls: bool) -> Vec<u8> {
    let [from, to] = ["203.0.113.9:1", "192.0.2.1:143"].map(|text| text.parse().unwrap());
    let tls = [Tlv::Ssl(SslInfo::new(is_tls, false, false, 0))];
    let addresses = ProxiedAddress::stream(from, to);
    let mut header = Vec::new();
    let proxied = ProxyHeader::with_tlvs(Some(addresses), tls);
    proxied.encode_v2(&mut header).unwrap();
    header
}

#[test]
fn limits_go_by_the_address_of_the_client() {
    let settings = [TRUSTING, ("LIMITS__CONNECTIONS_PER_ADDRESS", "1")];
    World::play(&settings, async |_, frontend| {
        let mut first = client(frontend, FIRST.as_bytes()).await;
        first.greeting().await;
        let mut other = client(frontend, SECOND.as_bytes()).await;
        other.greeting().await;
        let mut again = client(frontend, FIRST.as_bytes()).await;
        let line = again.line().await;
        assert!(
            line.starts_with("* BYE [UNAVAILABLE] Too many connections"),
            "{line}"
        );
    });
}

#[test]
fn sessions_are_listed_by_the_address_of_the_client() {
    let settings = [TRUSTING, ("LOGIN__WITHOUT_TLS", "always")];
    World::play(&settings, async |world, frontend| {
        let mut ada = client(frontend, FIRST.as_bytes()).await;
        ada.greeting().await;
        ada.ok("LOGIN ada pass").await;
        let store = world.store().await;
        let all = store::SessionQuery::default();
        // A node reports its sessions a moment later.
        let mut sessions = Vec::new();
        while sessions.is_empty() {
            sessions = store.open_sessions(&all).await.unwrap();
        }
        assert_eq!(sessions[0].address, "203.0.113.7");
    });
}

#[test]
fn tls_that_ends_at_the_balancer_is_tls() {
    let settings = [TRUSTING, ("LOGIN__WITHOUT_TLS", "loopback")];
    World::play(&settings, async |_, frontend| {
        let mut secure = client(frontend, &of_balancer(true)).await;
        let greeting = secure.line().await;
        assert!(
            greeting.starts_with("* OK ") && !greeting.contains("STARTTLS"),
            "{greeting}"
        );
        secure.ok("LOGIN ada pass").await;

        // Its proxy is on this machine, and it is not.
        let mut exposed = client(frontend, &of_balancer(false)).await;
        let greeting = exposed.line().await;
        assert!(greeting.contains("LOGINDISABLED"), "{greeting}");
    });
}

#[test]
fn a_header_before_the_handshake_is_taken_off() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write_certificate(folder.path());
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let settings = [
        TRUSTING,
        ("TLS__CERTIFICATE", &*file("certificate.pem")),
        ("TLS__KEY", &*file("key.pem")),
    ];
    World::play(&settings, async |_, frontend| {
        for header in [FIRST.as_bytes(), &of_balancer(false)] {
            let socket = connect(frontend.addresses().imaps[0], header).await;
            let trusted = connector(std::slice::from_ref(&certificate));
            let mut client = Client::over(shake_hands(socket, &trusted).await);
            client.greeting().await;
            client.ok("LOGIN ada pass").await;
        }
    });
}

#[test]
fn a_balancer_checks_health_in_its_own_name() {
    let settings = [TRUSTING, ("LIMITS__CONNECTIONS_PER_ADDRESS", "1")];
    World::play(&settings, async |_, frontend| {
        let mut local = Vec::new();
        ProxyHeader::with_local().encode_v2(&mut local).unwrap();
        let mut check = client(frontend, &local).await;
        check.greeting().await;
        // Two clients that came by the balancer are none of it.
        client(frontend, FIRST.as_bytes()).await.greeting().await;
        client(frontend, SECOND.as_bytes()).await.greeting().await;
    });
}

#[test]
fn a_trusted_proxy_must_begin_with_its_header() {
    let settings = [TRUSTING, ("TIMEOUTS__LOGIN", "200ms")];
    World::play(&settings, async |_, frontend| {
        let long = [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", &[0; 100][..]].concat();
        for wrong in [
            &b"t LOGIN ada pass\r\n"[..],
            b"PROXY TCP4 203.0.113.7 \r\n",
            &long,
            b"",
        ] {
            let mut client = client(frontend, wrong).await;
            assert_eq!(client.line().await, "", "{wrong:?}");
        }
        let page = get(frontend.addresses().http[0], "/metrics").await;
        let counted = "postroom_connections_refused_total{bound=\"proxy_header\"} 4";
        assert!(page.contains(counted), "{page}");
    });
}

#[test]
fn nobody_else_may_name_another_address() {
    let settings = [
        ("LISTEN__PROXY_FROM", "192.0.2.0/24"),
        ("LISTEN__LMTP", "127.0.0.1:0"),
    ];
    World::play(&settings, async |_, frontend| {
        let addresses = frontend.addresses();
        for (listener, has_greeting) in [
            (addresses.imap[0], true),
            (addresses.imaps[0], false),
            (addresses.lmtp[0], true),
        ] {
            for header in [FIRST.as_bytes(), &of_balancer(true)] {
                let mut client = Client::over(connect(listener, header).await);
                if has_greeting {
                    client.line().await;
                }
                assert_eq!(client.line().await, "", "{listener}");
            }
        }
        let page = get(addresses.http[0], "/metrics").await;
        for counted in [
            "postroom_connections_refused_total{bound=\"proxy_header\"} 4",
            "postroom_lmtp_connections_refused_total{bound=\"proxy_header\"} 2",
        ] {
            assert!(page.contains(counted), "{page}");
        }
        // Who speaks for himself is served.
        let mut ada = Client::connect(addresses.imap[0]).await;
        ada.greeting().await;
        ada.ok("LOGIN ada pass").await;
    });
}

#[test]
fn letters_are_taken_by_the_address_of_the_client() {
    let settings = [
        TRUSTING,
        ("LISTEN__LMTP", "127.0.0.1:0"),
        ("LMTP__TRUSTED_NETWORKS", "203.0.113.0/24"),
    ];
    World::play(&settings, async |_, frontend| {
        for (header, code) in [(FIRST, "220 "), (SECOND, "554 ")] {
            let socket = connect(frontend.addresses().lmtp[0], header.as_bytes()).await;
            let line = Client::over(socket).line().await;
            assert!(line.starts_with(code), "{line}");
        }
    });
}

#[test]
fn one_listener_takes_both_families() {
    let settings = [("LISTEN__IMAP", "[::]:0"), ("LISTEN__IMAPS", "[::1]:0")];
    World::play(&settings, async |_, frontend| {
        let port = frontend.addresses().imap[0].port();
        for address in [format!("[::1]:{port}"), format!("127.0.0.1:{port}")] {
            let mut ada = Client::connect(address.parse().unwrap()).await;
            ada.greeting().await;
            // Loopback in either family, though the one is seen as ::ffff:127.0.0.1.
            ada.ok("LOGIN ada pass").await;
        }
    });
}
