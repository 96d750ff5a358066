//! What mail programs are told that set themselves up by an address, and profiles with a token inside.

use testkit::{PASSWORD, Stage};

use crate::browser::{self, Browser, Page};
use crate::{TEAM, ada, play};

const WELL_KNOWN: &str = "/.well-known/autoconfig/mail/config-v1.1.xml";
const OUTLOOK: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
const ADDRESSES: &str =
    "support@example.org leads to Team/support\ninfo@xn--bcher-kva.example leads to Team/support";

async fn stranger(stage: &mut Stage) -> Browser {
    stage.given(ADDRESSES).await.unwrap();
    Browser::new(stage.web(1).unwrap())
}

async fn configured(browser: &mut Browser, path: &str, address: &str) -> Page {
    let there = browser::url(path, &[("emailaddress", address)]);
    browser.get(&there).await
}

#[test]
fn autoconfig_is_the_same_for_everybody_of_a_domain_of_ours() {
    play(async |stage| {
        let mut browser = stranger(stage).await;
        let known = configured(&mut browser, WELL_KNOWN, "support@example.org").await;
        assert_eq!(known.status, 200, "{known:?}");
        assert!(
            known.head.contains("content-type: text/xml; charset=utf-8"),
            "{}",
            known.head
        );
        for part in [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">",
            "<domain>example.org</domain>",
            "<hostname>mail.test</hostname>",
            "<socketType>SSL</socketType>",
            "<username>%EMAILADDRESS%</username>",
        ] {
            assert!(known.has(part), "{part}: {known:?}");
        }
        assert!(!known.has("outgoingServer"), "nothing is set: {known:?}");
        for other in [
            "nobody@example.org",
            "a+b@EXAMPLE.org",
            "\"<x>&\"@example.org",
        ] {
            let page = configured(&mut browser, "/mail/config-v1.1.xml", other).await;
            assert_eq!((page.status, &page.body), (200, &known.body), "{other}");
        }
        let idn = configured(&mut browser, WELL_KNOWN, "info@bücher.example").await;
        assert!(idn.has("<domain>xn--bcher-kva.example</domain>"), "{idn:?}");
        // A plus that was not encoded is a space by now.
        let there = format!("{WELL_KNOWN}?emailaddress=a+b@example.org");
        assert_eq!(browser.get(&there).await.status, 200);
        for (address, status) in [
            ("support@elsewhere.test", 404),
            ("me@[192.0.2.1]", 404),
            ("support", 400),
            ("postmaster", 400),
            ("a\r\nx: y@example.org", 400),
            ("<a>@example.org", 400),
            ("a\"b@example.org", 400),
            ("a@exa<mple.org", 400),
            (&format!("{}@example.org", "x".repeat(65)), 400),
        ] {
            let page = configured(&mut browser, WELL_KNOWN, address).await;
            assert_eq!(page.status, status, "{address}: {page:?}");
        }
    });
}

#[test]
fn who_names_no_address_is_told_of_the_domain_at_which_it_asks() {
    play(async |stage| {
        let mut browser = stranger(stage).await;
        for (host, status) in [
            ("example.org", 200),
            ("autoconfig.example.org:443", 200),
            ("autoconfig.elsewhere.test", 404),
            ("\"><script>", 404),
        ] {
            let head = format!("GET {WELL_KNOWN} HTTP/1.1\r\nHost: {host}\r\n");
            let page = browser.raw(&head, "").await;
            assert_eq!(page.status, status, "{host}: {page:?}");
        }
        for (method, path, allowed) in [
            ("HEAD", WELL_KNOWN, None),
            ("OPTIONS", WELL_KNOWN, Some("GET, HEAD")),
            ("PUT", WELL_KNOWN, Some("GET, HEAD")),
            ("GET", "/autodiscover/autodiscover.xml", Some("POST")),
            ("OPTIONS", "/Autodiscover/Autodiscover.xml", Some("POST")),
        ] {
            let head = format!("{method} {path} HTTP/1.1\r\nHost: example.org\r\n");
            let page = browser.raw(&head, "").await;
            assert_eq!(page.header("allow").as_deref(), allowed, "{method} {path}");
            let status = if allowed.is_some() { 405 } else { 200 };
            assert_eq!(page.status, status, "{method} {path}: {page:?}");
            assert!(method != "HEAD" || page.body.is_empty(), "{page:?}");
        }
    });
}

async fn discovered(browser: &mut Browser, path: &str, kind: &str, body: &str) -> Page {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: mail.test:1\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n",
        body.len()
    );
    browser.raw(&head, body).await
}

fn request(address: &str, schema: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/\
         outlook/requestschema/2006\"><Request><EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>{schema}\
         </AcceptableResponseSchema></Request></Autodiscover>"
    )
}

#[test]
fn outlook_is_told_the_same_of_every_address() {
    play(async |stage| {
        let mut browser = stranger(stage).await;
        let mut told = Vec::new();
        for (path, address) in [
            ("/autodiscover/autodiscover.xml", "support@example.org"),
            ("/Autodiscover/Autodiscover.xml", "nobody@example.org"),
            ("/AUTODISCOVER/autodiscover.XML", "a&amp;b@example.org"),
        ] {
            let asked = request(address, OUTLOOK);
            let page = discovered(&mut browser, path, "text/xml; charset=utf-8", &asked).await;
            assert_eq!(page.status, 200, "{page:?}");
            let name = format!("<LoginName>{address}</LoginName>");
            assert!(
                page.has(&name) && page.has("<Type>IMAP</Type><Server>mail.test</Server>"),
                "{page:?}"
            );
            told.push(page.body.replace(address, "ADDRESS"));
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{told:?}");
        let path = "/autodiscover/autodiscover.xml";
        let phone = request("support@example.org", "mobilesync/responseschema/2006");
        let page = discovered(&mut browser, path, "text/xml", &phone).await;
        assert!(
            page.status == 200 && page.has("<ErrorCode>601</ErrorCode>"),
            "{page:?}"
        );
        let bomb = format!(
            "<!DOCTYPE x [<!ENTITY a \"aaaa\">]>{}",
            request("&a;@example.org", OUTLOOK)
        );
        let large = request(&"x".repeat(17 * 1024), OUTLOOK);
        for (kind, body, status) in [
            ("text/xml", request("support@elsewhere.test", OUTLOOK), 404),
            ("text/xml", request("support", OUTLOOK), 400),
            (
                "text/xml",
                request("a&#13;&#10;b@example.org", OUTLOOK),
                400,
            ),
            ("application/xml", bomb, 400),
            ("application/xml", "<a><b></a>".to_owned(), 400),
            ("text/xml", String::new(), 400),
            ("text/xml", large, 413),
            ("application/json", "{}".to_owned(), 415),
            ("application/x-www-form-urlencoded", "a=b".to_owned(), 415),
        ] {
            let page = discovered(&mut browser, path, kind, &body).await;
            assert_eq!(page.status, status, "{body}: {page:?}");
            assert!(!page.body.contains("aaaa"), "{page:?}");
        }
        // A page is no place for XML.
        let page = discovered(&mut browser, "/sign-in", "text/xml", "<a/>").await;
        assert_eq!(page.status, 415, "{page:?}");
    });
}

async fn make(browser: &mut Browser, name: &str, opens: &str) -> Page {
    browser.get("/devices").await;
    let fields = [
        ("name", name),
        ("opens", opens),
        ("imap", "yes"),
        ("send", "yes"),
        ("password", PASSWORD),
    ];
    let made = browser.submit("/devices", &fields).await;
    assert_eq!(made.status, 200, "{made:?}");
    made
}

fn token_of(page: &Page) -> String {
    let at = page.body.find("prtok_").unwrap();
    page.body[at..at + 38].to_owned()
}

#[test]
fn a_profile_has_the_token_that_its_page_shows_for_each_account() {
    play(async |stage| {
        stage.given(ADDRESSES).await.unwrap();
        stage.given("ada may lr on Team/board").await.unwrap();
        let mut browser = ada(stage, 1).await;
        let made = make(&mut browser, "Ada's <pad>", "").await;
        let token = token_of(&made);
        // Any frontend makes it: nothing of it is kept at one.
        let mut there = browser.clone_at(stage.web(2).unwrap());
        let alone = there.submit_form_of(&made, "/devices/profile").await;
        assert_eq!(alone.status, 200, "{alone:?}");
        for header in [
            "content-type: application/x-apple-aspen-config",
            "content-disposition: attachment; filename=\"postroom.mobileconfig\"",
            "cache-control: no-store",
        ] {
            assert!(alone.head.contains(header), "{header}: {}", alone.head);
        }
        let password = format!("<key>IncomingPassword</key><string>{token}</string>");
        assert_eq!(alone.body.matches(&password).count(), 1, "{alone:?}");
        assert!(
            alone.has("<key>IncomingMailServerUsername</key><string>ada</string>"),
            "{alone:?}"
        );
        assert!(alone.has("Ada's &lt;pad&gt;"), "{alone:?}");
        let fields = [("device-password", token.as_str()), ("teams", "yes")];
        let all = browser.submit("/devices/profile", &fields).await;
        assert_eq!(all.body.matches(&password).count(), 3, "{all:?}");
        for part in [
            "<string>ada/support</string>",
            "<string>ada/board</string>",
            "<key>EmailAddress</key><string>support@example.org</string>",
        ] {
            assert!(all.has(part), "{part}: {all:?}");
        }
        // What a profile has lets its device in.
        for user in ["ada", "ada/support"] {
            let mut device = testkit::Client::connect("device", stage.imap(2).unwrap())
                .await
                .unwrap();
            device
                .ask_ok(format!("LOGIN {user} {token}"))
                .await
                .unwrap();
        }
        let seat = make(&mut browser, "seat", TEAM).await;
        let seat = browser.submit_form_of(&seat, "/devices/profile").await;
        assert_eq!(
            seat.body.matches("com.apple.mail.managed").count(),
            1,
            "{seat:?}"
        );
        let user = "<key>IncomingMailServerUsername</key><string>support@example.org</string>";
        assert!(seat.has(user), "{seat:?}");
    });
}

#[test]
fn nobody_gets_a_profile_of_a_token_that_is_not_his_and_good() {
    play(async |stage| {
        let mut browser = ada(stage, 1).await;
        let made = make(&mut browser, "phone", "").await;
        let token = token_of(&made);
        let wrong = format!("{}0", &token[..37]);
        for password in [
            "",
            "prtok_",
            "pass",
            &wrong,
            "prtok_01081g81860w40j2gb1g6gw3rgm0b8ph",
        ] {
            let page = browser
                .submit("/devices/profile", &[("device-password", password)])
                .await;
            assert_eq!(page.status, 404, "{password}: {page:?}");
        }
        let fields = [("device-password", token.as_str())];
        let page = browser.post_with("/devices/profile", &fields, "00").await;
        assert_eq!(page.status, 403, "{page:?}");
        assert_eq!(browser.get("/devices/profile").await.status, 405);
        stage.given("bo is known").await.unwrap();
        let mut bo = Browser::new(stage.web(1).unwrap());
        stage.log_in("bo", 1).await.unwrap();
        bo.sign_in("bo", PASSWORD).await;
        bo.get("/devices").await;
        let page = bo.submit("/devices/profile", &fields).await;
        assert_eq!(page.status, 404, "{page:?}");
        browser.get("/devices").await;
        let sends = [("name", "mailer"), ("send", "yes"), ("password", PASSWORD)];
        let mailer = browser.submit("/devices", &sends).await;
        assert!(!mailer.has("/devices/profile"), "{mailer:?}");
        browser
            .submit("/devices/withdraw", &[("device", "phone")])
            .await;
        let page = browser.submit("/devices/profile", &fields).await;
        assert_eq!(page.status, 404, "{page:?}");
    });
}
