//! Certificates of clients: who shows one logs in by EXTERNAL, also by TLS 1.3 and a ticket of an earlier session.

use std::fs;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::Frontend;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::certificates::write_certificate;
use crate::client::Client;
use crate::world::World;

/// What signs certificates of people.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Self {
        let mut wanted = CertificateParams::default();
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        wanted
            .distinguished_name
            .push(DnType::CommonName, "Authority");
        let key = KeyPair::generate().unwrap();
        let certificate = wanted.self_signed(&key).unwrap().pem();
        Self(Issuer::new(wanted, key), certificate)
    }

    /// What a client shows who is called so.
    fn issue(&self, name: &str, address: Option<&str>, until: i32) -> Shown {
        let mut wanted = CertificateParams::default();
        wanted.distinguished_name.push(DnType::CommonName, name);
        let addresses = address.map(|text| SanType::Rfc822Name(text.try_into().unwrap()));
        wanted.subject_alt_names = addresses.into_iter().collect();
        wanted.not_before = rcgen::date_time_ymd(2020, 1, 1);
        wanted.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = wanted.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Some((certificate.der().clone(), key))
    }
}

type Shown = Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>;

const LATER: i32 = 2120;

fn connector(trusted: &CertificateDer<'static>, shown: Shown) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match shown {
        Some((certificate, key)) => config.with_client_auth_cert(vec![certificate], key),
        None => Ok(config.with_no_client_auth()),
    };
    TlsConnector::from(Arc::new(config.unwrap()))
}

async fn connect(frontend: &Frontend, connector: &TlsConnector) -> Client {
    let socket = TcpStream::connect(frontend.addresses().imaps[0])
        .await
        .unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    Client::over(connector.connect(name, socket).await.unwrap())
}

/// How a command ends that is sent after the greeting; empty where nobody is served.
async fn end_of(client: &mut Client, command: &str) -> String {
    if client.line().await.is_empty() {
        return String::new();
    }
    client.ask(command).await.last().unwrap().clone()
}

#[test]
fn who_shows_a_certificate_is_whom_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = write_certificate(folder.path());
    let (ours, theirs) = (Authority::new(), Authority::new());
    fs::write(folder.path().join("ca.pem"), &ours.1).unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let settings = [
        ("TLS__CERTIFICATE", &*file("certificate.pem")),
        ("TLS__KEY", &*file("key.pem")),
        ("TLS__CLIENT_CA", &*file("ca.pem")),
        ("LOGIN__MECHANISMS", "EXTERNAL, PLAIN"),
    ];
    World::play(&settings, async |world, frontend| {
        let store = world.store().await;
        let eve = store
            .create_account("eve@example.org", None, false)
            .await
            .unwrap();
        let ada = connector(&trusted, ours.issue("ada", None, LATER));
        // The second time by a ticket of the first.
        for _ in 0..2 {
            let mut client = connect(frontend, &ada).await;
            let greeting = client.line().await;
            assert!(greeting.contains(" AUTH=EXTERNAL "), "{greeting}");
            client.ok("AUTHENTICATE EXTERNAL =").await;
            client.ok("SELECT INBOX").await;
        }
        // `ada` and `bo`, in base64: whom it wants to act as.
        for (shown, command, expected) in [
            (
                ours.issue("ada", None, LATER),
                "AUTHENTICATE EXTERNAL YWRh",
                "t OK",
            ),
            (
                ours.issue("ada", None, LATER),
                "AUTHENTICATE EXTERNAL Ym8=",
                "t NO [AUTHORIZATIONFAILED]",
            ),
            (
                ours.issue("ada", Some("eve@example.org"), LATER),
                "AUTHENTICATE EXTERNAL YWRh",
                "t NO [AUTHORIZATIONFAILED]",
            ),
            (
                ours.issue("ada", Some("eve@example.org"), LATER),
                "AUTHENTICATE EXTERNAL =",
                "t OK",
            ),
            (
                ours.issue("nobody", None, LATER),
                "AUTHENTICATE EXTERNAL =",
                "t NO [AUTHENTICATIONFAILED]",
            ),
            (None, "AUTHENTICATE EXTERNAL =", "t NO [CANNOT]"),
            (None, "LOGIN ada pass", "t OK"),
            // These are not served at all.
            (theirs.issue("ada", None, LATER), "NOOP", ""),
            (ours.issue("ada", None, 2021), "NOOP", ""),
        ] {
            let mut client = connect(frontend, &connector(&trusted, shown)).await;
            let end = end_of(&mut client, command).await;
            assert!(
                end.starts_with(expected),
                "{command}: {end}, not {expected}"
            );
            assert_eq!(end.is_empty(), expected.is_empty(), "{command}: {end}");
        }
        store.disable_account(eve).await.unwrap();
        let shown = ours.issue("eve@example.org", None, LATER);
        let mut client = connect(frontend, &connector(&trusted, shown)).await;
        let end = end_of(&mut client, "AUTHENTICATE EXTERNAL =").await;
        assert!(end.starts_with("t NO [AUTHENTICATIONFAILED]"), "{end}");
    });
}
