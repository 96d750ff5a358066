//! TLS: what is served, and what is served after the files have changed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::Frontend;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::Client;
use crate::world::World;

/// A new certificate in `folder`.
pub(crate) fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    write_pair(folder, ("certificate.pem", "key.pem"), &["localhost"])
}

/// A new certificate for these names in `folder`, in files that are called so.
fn write_pair(
    folder: &Path,
    (certificate, key): (&str, &str),
    names: &[&str],
) -> CertificateDer<'static> {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    // As certificate managers do: each file whole at once, one after the other.
    for (name, text) in [
        (key, made.signing_key.serialize_pem()),
        (certificate, made.cert.pem()),
    ] {
        let fresh = folder.join("fresh");
        fs::write(&fresh, text).unwrap();
        fs::rename(&fresh, folder.join(name)).unwrap();
    }
    made.cert.der().clone()
}

pub(crate) fn connector(trusted: &[CertificateDer<'static>]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(certificate.clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

pub(crate) async fn shake_hands(
    socket: TcpStream,
    connector: &TlsConnector,
) -> TlsStream<TcpStream> {
    ask_for("localhost", socket, connector).await
}

async fn ask_for(
    name: &'static str,
    socket: TcpStream,
    connector: &TlsConnector,
) -> TlsStream<TcpStream> {
    let name = ServerName::try_from(name).unwrap();
    connector.connect(name, socket).await.unwrap()
}

async fn connect(frontend: &Frontend, connector: &TlsConnector) -> TlsStream<TcpStream> {
    let socket = TcpStream::connect(frontend.addresses().imaps[0])
        .await
        .unwrap();
    shake_hands(socket, connector).await
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let (_, connection) = stream.get_ref();
    connection.peer_certificates().unwrap()[0]
        .clone()
        .into_owned()
}

#[test]
fn a_new_certificate_is_served_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let old = write_certificate(folder.path());
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let settings = [
        ("TLS__CERTIFICATE", &*file("certificate.pem")),
        ("TLS__KEY", &*file("key.pem")),
        ("TLS__RELOAD_EVERY", "10ms"),
    ];
    World::play(&settings, async |_, frontend| {
        let stream = connect(frontend, &connector(std::slice::from_ref(&old))).await;
        assert_eq!(shown(&stream), old);
        let mut early = Client::over(stream);
        early.greeting().await;

        let new = write_certificate(folder.path());
        // A connector each time: a ticket of the old session would hide the new certificate.
        let both = [old, new.clone()];
        while shown(&connect(frontend, &connector(&both)).await) != new {}
        early.ok("LOGIN ada pass").await;
    });
}

#[test]
fn without_a_certificate_one_is_made_and_kept() {
    World::play(&[], async |world, frontend| {
        let path = world.path().join("state/tls/certificate.pem");
        let made = {
            use rustls::pki_types::pem::PemObject as _;
            CertificateDer::from_pem_file(path).unwrap()
        };
        let mut client = Client::over(connect(frontend, &connector(&[made])).await);
        client.greeting().await;
        client.ok("LOGIN ada pass").await;
    });
}

#[test]
fn starttls_forgets_what_came_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write_certificate(folder.path());
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let settings = [
        ("TLS__CERTIFICATE", &*file("certificate.pem")),
        ("TLS__KEY", &*file("key.pem")),
    ];
    World::play(&settings, async |_, frontend| {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let mut socket = TcpStream::connect(frontend.addresses().imap[0])
            .await
            .unwrap();
        // Somebody on the way has added a command of their own.
        socket.write_all(b"t STARTTLS\r\nt NOOP\r\n").await.unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"\r\n") || !said.windows(5).any(|five| five == b"t OK ") {
            assert_ne!(socket.read_buf(&mut said).await.unwrap(), 0);
        }
        let stream = shake_hands(socket, &connector(&[certificate])).await;
        let mut client = Client::over(stream);
        // The very first answer inside is to the first question asked inside.
        let lines = client.ask("CAPABILITY").await;
        assert!(lines[0].starts_with("* CAPABILITY "), "{lines:?}");
        assert!(!lines[0].contains("STARTTLS"), "{lines:?}");
        client.ok("LOGIN ada pass").await;
    });
}

#[test]
fn a_client_is_shown_the_certificate_for_the_name_that_it_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let below = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    };
    let default = write_certificate(&below("default"));
    let of_cert_manager = ("tls.crt", "tls.key");
    let of_certbot = ("fullchain.pem", "privkey.pem");
    let org = write_pair(&below("more/org"), of_cert_manager, &["mail.example.org"]);
    let com = write_pair(
        &below("more/com"),
        of_certbot,
        &["*.example.com", "MAIL.example.org"],
    );
    fs::write(below("more/broken").join("tls.crt"), "none").unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let settings = [
        ("TLS__CERTIFICATE", &*file("default/certificate.pem")),
        ("TLS__KEY", &*file("default/key.pem")),
        ("TLS__CERTIFICATES", &*file("more")),
        ("TLS__RELOAD_EVERY", "10ms"),
    ];
    World::play(&settings, async |_, frontend| {
        let address = frontend.addresses().imaps[0];
        let mut all = vec![default.clone(), org, com.clone()];
        let seen = async |name: &'static str, trusted: &[CertificateDer<'static>]| {
            let socket = TcpStream::connect(address).await.unwrap();
            shown(&ask_for(name, socket, &connector(trusted)).await)
        };
        for (name, expected) in [
            ("localhost", &default),
            // The first in the alphabet of the folders that has the name.
            ("mail.example.org", &com),
            ("imap.example.com", &com),
        ] {
            assert_eq!(seen(name, &all).await, *expected, "{name}");
        }
        // Another one is added, and one is renewed, while a third stays broken.
        let net = write_pair(&below("more/net"), of_cert_manager, &["mail.example.net"]);
        let new = write_pair(&below("more/com"), of_certbot, &["*.example.com"]);
        all.extend([net.clone(), new.clone()]);
        // Whoever asks too early is shown the default one, which is not for this name.
        loop {
            let socket = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from("mail.example.net").unwrap();
            if let Ok(stream) = connector(&all).connect(name, socket).await {
                assert_eq!(shown(&stream), net);
                break;
            }
        }
        while seen("imap.example.com", &all).await != new {}
    });
}
