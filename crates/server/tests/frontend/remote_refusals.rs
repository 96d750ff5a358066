//! What goes wrong from another machine: each is one line that says what to do, and none says a token.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use acl::AccessMode;
use auth::Token;
use store::{NewToken, Services};

use crate::certificates::write_certificate;
use crate::process::{free_address, take};
use crate::remote::{API, Sides, remote, write_secret, write_token};
use crate::verbs::{ok, run};
use crate::world::World;

/// How a verb ends, with one line, in which there is no token.
fn refused(settings: &HashMap<String, String>, verb: &[&str], code: i32, words: &str) {
    let ended = run(settings, verb, "");
    assert_eq!(ended.code, Some(code), "{verb:?}: {ended:?}");
    assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
    assert!(ended.err.contains(words), "{words}: {ended:?}");
    assert!(!ended.err.contains("prtok_aaaa"), "{ended:?}");
    assert_eq!(ended.out, "");
}

const LIST: [&str; 2] = ["user", "list"];

#[test]
fn a_token_that_opens_nothing_is_one_line() {
    World::play(&API, async |world, frontend| {
        let Sides { here, there } = Sides::new(world, frontend);
        let web = frontend.addresses().web[0];
        let store = world.store().await;
        let admin = store.find_account("admin").await.unwrap().unwrap();
        let made = |byte: u8| Token::from_random(&[byte; 16]);
        let ended = made(1);
        let mail = made(2);
        let reads = made(3);
        for (name, token, services, mode, expires_at) in [
            ("old", &ended, Services::API, AccessMode::ReadWrite, Some(1)),
            (
                "mail",
                &mail,
                Services {
                    imap: true,
                    submission: true,
                    api: false,
                    scim: false,
                },
                AccessMode::ReadWrite,
                None,
            ),
            ("reads", &reads, Services::API, AccessMode::ReadOnly, None),
        ] {
            let new = NewToken {
                name,
                hash: token.hash(),
                mailbox: None,
                services,
                mode,
                expires_at,
            };
            store.add_token(admin.id, &new).await.unwrap();
        }
        let by = |name: &str, text: &str| remote(web, &write_secret(world, name, text));
        let nothing = "opens nothing there";
        refused(&by("none", made(9).as_str()), &LIST, 1, nothing);
        refused(&by("old", ended.as_str()), &LIST, 1, nothing);
        refused(&by("mail", mail.as_str()), &LIST, 1, nothing);
        let reads = by("reads", reads.as_str());
        assert!(ok(&reads, &LIST, "").contains("admin  admin"));
        refused(&reads, &["user", "add", "eve"], 1, "this token only reads");
        refused(&by("empty", ""), &LIST, 1, "it is empty");
        let secret = by("secret", "a password of somebody");
        refused(&secret, &LIST, 1, "that is no access token");
        let missing = remote(web, "/no/such/file");
        refused(&missing, &LIST, 1, "/no/such/file: ");

        // Withdrawn, it is none from then on.
        drop(ok(&here, &["token", "remove", "admin", "job"], ""));
        refused(&there, &LIST, 1, nothing);

        let open = write_token(world, &here, "admin");
        fs::set_permissions(&open, Permissions::from_mode(0o644)).unwrap();
        let ended = run(&remote(web, &open), &LIST, "");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let words = "everybody on this machine can read the token in it\n";
        assert!(ended.err.ends_with(words), "{ended:?}");
    });
}

#[test]
fn what_is_no_server_is_one_line() {
    World::play(&API, async |world, frontend| {
        let Sides { there, .. } = Sides::new(world, frontend);
        let addresses = frontend.addresses();
        let token = there["POSTROOM_TOKEN_FILE"].clone();
        let at = |server: &str| {
            let mut settings = there.clone();
            settings.insert("POSTROOM_SERVER".to_owned(), server.to_owned());
            settings
        };
        let plain = |address: std::net::SocketAddr| at(&format!("http://{address}"));
        refused(&plain(free_address()), &LIST, 1, "cannot be reached: ");
        refused(&plain(addresses.http[0]), &LIST, 1, "is web.api on there?");
        refused(
            &plain(addresses.imap[0]),
            &LIST,
            1,
            "it does not speak HTTP",
        );
        let tls = at(&format!("https://{}", addresses.web[0]));
        refused(&tls, &LIST, 1, "it does not speak TLS");
        refused(
            &at("http://mail.example.org"),
            &LIST,
            2,
            "without TLS everybody",
        );
        refused(&at("mail.example.org"), &LIST, 2, "it begins with neither");
        refused(
            &at("https://a:b@example.org"),
            &LIST,
            2,
            "a user or a password",
        );
        let none = HashMap::new();
        let web = format!("http://{}", addresses.web[0]);
        let without = ["user", "list", "--server", &web];
        refused(&none, &without, 2, "with which token?");
        refused(
            &none,
            &["user", "list", "--token-file", &token],
            2,
            "which one?",
        );
        // Options say the same as variables, and count before them.
        let with = ["user", "list", "--server", &web, "--token-file", &token];
        let settings = at("http://192.0.2.1:1");
        assert_eq!(ok(&settings, &with, ""), ok(&there, &LIST, ""));
        // What cannot be asked of the API is not done to a database that happens to be there.
        for verb in [
            &["serve"][..],
            &["migrate"],
            &["doctor"],
            &["top"],
            &["config"],
            &["snapshot"],
            &["apply", "wanted.toml"],
            &["team", "add", "support"],
            &["upkeep", "status"],
            &["user", "import", "users.csv"],
            &["acl", "import", "cyrus", "lists"],
            &["mailbox", "list", "--as", "ada"],
            &["acl", "set", "--quiet", "x", "ada", "lr"],
            &["group", "member", "add", "--letter", "x", "ada"],
        ] {
            refused(&there, verb, 2, "and not by --server");
        }
        assert!(ok(&there, &["completions", "bash"], "").contains("postroom"));
    });
    World::play(&API[..1], async |world, frontend| {
        let Sides { there, .. } = Sides::new(world, frontend);
        refused(&there, &LIST, 1, "is web.api on there?");
    });
}

#[test]
fn a_certificate_must_be_from_whom_one_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (_, _) = (
        write_certificate(folder.path()),
        write_certificate(other.path()),
    );
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    let settings = [
        ("TLS__CERTIFICATE", certificate.as_str()),
        ("TLS__KEY", key.as_str()),
        ("LISTEN__WEB", "0.0.0.0:0"),
        ("WEB__API", "true"),
    ];
    World::play(&settings, async |world, frontend| {
        let Sides { mut there, .. } = Sides::new(world, frontend);
        let port = frontend.addresses().web[0].port();
        let server = |name: &str| format!("https://{name}:{port}");
        there.insert("POSTROOM_SERVER".to_owned(), server("localhost"));
        refused(&there, &LIST, 1, "not to be trusted");
        refused(&there, &LIST, 1, "--ca-file says whom to trust");
        let by = |file: &str| ["user", "list", "--ca-file", file].map(str::to_owned);
        let ask = |settings: &HashMap<String, String>, file: &str, words: &str| {
            let verb = by(file);
            refused(settings, &verb.each_ref().map(String::as_str), 1, words);
        };
        let others = other.path().join("certificate.pem");
        ask(&there, others.to_str().unwrap(), "not to be trusted");
        ask(&there, "/no/such.pem", "/no/such.pem");
        let verb = by(&certificate);
        let said = ok(&there, &verb.each_ref().map(String::as_str), "");
        assert!(said.contains("admin  admin"), "{said}");
        let mut by_address = there.clone();
        by_address.insert("POSTROOM_SERVER".to_owned(), server("127.0.0.1"));
        ask(&by_address, &certificate, "not to be trusted");
        // Plain, to a port in TLS.
        let plain = format!("http://localhost:{port}");
        there.insert("POSTROOM_SERVER".to_owned(), plain);
        refused(&there, &LIST, 1, "it does not speak HTTP");
    });
}

#[test]
fn who_asks_too_much_waits_or_is_told() {
    let settings = [API[0], API[1], ("WEB__API_REQUESTS_PER_MINUTE", "60")];
    World::play(&settings, async |world, frontend| {
        let Sides { here, there } = Sides::new(world, frontend);
        let names: Vec<String> = (0..65).map(|n| format!("u{n}")).collect();
        let mut verb = vec!["user", "add"];
        verb.extend(names.iter().map(String::as_str));
        let ended = run(&there, &verb, "");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.err.contains("asking again in"), "{ended:?}");
        assert_eq!(ok(&here, &LIST, "").lines().count(), 67);
    });
}

#[test]
fn a_wait_that_is_too_long_is_told() {
    let world = World::new();
    let token = write_secret(&world, "any", Token::from_random(&[1; 16]).as_str());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = remote(listener.local_addr().unwrap(), &token);
    let answering = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        take(socket, "429 Too Many Requests\r\nretry-after: 9999")
    });
    let add = ["user", "add", "bo"];
    refused(&there, &add, 1, "asked again in 9999 seconds");
    let (line, _) = answering.join().unwrap().unwrap();
    assert_eq!(line, "post /api/v1/users http/1.1");
}
