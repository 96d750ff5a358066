//! Signing in at an identity provider, and its tokens at the API: what a right one opens, and that nothing else opens anything.

mod provider;

use std::collections::HashMap;

use serde_json::{Value, json};
use store::{ActivityKind, ActivityQuery};
use testkit::{Cluster, PASSWORD, Stage, World, in_world_of};
use tokio::time::{interval, timeout};

use self::provider::{Provider, now};
use crate::browser::{Browser, Page};
use crate::{GLANCE, PATIENCE};

const WORLD: &str = "mailbox Team/support with messages $1\nada may lrswipkxtean on Team/support\nbo is known\ncleo is known";
const REFUSED: &str = "You could not be signed in.";
const OLD: &str = "This sign-in was too old, or was not begun in this browser.";
const AGAIN: &str = "/sign-in/provider?again=yes&next=%2Fdevices";

fn play(more: &[(&str, &str)], act: impl AsyncFnOnce(&mut Stage, &Provider)) {
    play_with(&Provider::start(), more, act);
}

fn play_with(
    provider: &Provider,
    more: &[(&str, &str)],
    act: impl AsyncFnOnce(&mut Stage, &Provider),
) {
    let cluster = Cluster::start().unwrap();
    let own = [
        ("oauth.issuer", provider.issuer.as_str()),
        ("oauth.client_id", "pages"),
        ("oauth.name", "Example ID"),
        ("oauth.account_claim", "name"),
        ("oauth.clock_skew", "5s"),
    ];
    let settings = [&own, more].concat();
    in_world_of(
        &cluster,
        World::TwoNodes,
        &settings,
        async |stage: &mut Stage| {
            stage.given(WORLD).await.unwrap();
            act(stage, provider).await;
        },
    )
    .unwrap();
}

/// The fields with which a browser is sent to the provider.
async fn sent(browser: &mut Browser, path: &str) -> HashMap<String, String> {
    let page = browser.ask_once(path).await;
    assert_eq!(page.status, 303, "{page:?}");
    let location = page.header("location").unwrap();
    let (_, query) = location.split_once("/auth?of=mail&").unwrap();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// An ID token for this sign-in, but for what is changed.
fn id_token(provider: &Provider, asked: &HashMap<String, String>, changed: &Value) -> String {
    let mut claims = json!({
        "iss": provider.issuer, "aud": "pages", "sub": "1", "name": "ada", "nonce": asked["nonce"],
        "iat": now(), "exp": now() + 60, "auth_time": now(),
    });
    for (name, value) in changed.as_object().unwrap() {
        claims[name] = value.clone();
    }
    provider.sign(&json!({"alg": "EdDSA", "kid": "one"}), &claims)
}

/// Where the browser is sent back to.
fn back(provider: &Provider, asked: &HashMap<String, String>, id_token: &str) -> String {
    let code = provider.put(id_token);
    let issuer = provider.issuer.replace(':', "%3A").replace('/', "%2F");
    format!(
        "/sign-in/answer?code={code}&state={}&iss={issuer}",
        asked["state"]
    )
}

/// Waits until the record of activity has what nodes write down a moment later.
async fn until_recorded(stage: &Stage, who: &str, kind: ActivityKind) {
    let query = ActivityQuery {
        mailbox: None,
        account: Some(who.to_owned()),
        kind: Some(kind),
        message: None,
        since: 0,
        until: ActivityQuery::END_OF_TIME,
        below: None,
        count_max: 10,
    };
    let recorded = async {
        let mut glances = interval(GLANCE);
        while stage.store().activity(&query).await.unwrap().is_empty() {
            glances.tick().await;
        }
    };
    timeout(PATIENCE, recorded).await.unwrap();
}

/// A whole sign-in, with a token of which something is changed.
async fn come_back(
    browser: &mut Browser,
    provider: &Provider,
    path: &str,
    changed: &Value,
) -> Page {
    let asked = sent(browser, path).await;
    let token = id_token(provider, &asked, changed);
    browser.get(&back(provider, &asked, &token)).await
}

#[test]
fn whoever_signs_in_at_the_provider_is_signed_in_on_every_node() {
    play(&[], async |stage, provider| {
        let mut browser = Browser::new(stage.web(1).unwrap());
        let page = browser.get("/mailboxes").await;
        assert!(
            page.has("Sign in with Example ID") && page.has("name=\"password\""),
            "{page:?}"
        );
        let before = browser.cookie();
        let link = "/sign-in/provider?next=%2Fmailboxes";
        assert!(page.has(&format!("href=\"{link}\"")), "{page:?}");
        let page = browser.ask_once(link).await;
        let lasting = "; Path=/; HttpOnly; SameSite=Lax; Max-Age=600";
        assert!(page.head.contains(lasting), "{}", page.head);
        let asked = sent(&mut browser, link).await;
        assert_eq!(
            asked["redirect_uri"],
            "http%3A%2F%2Fmail.test%3A1%2Fsign-in%2Fanswer"
        );
        assert_eq!(
            (
                asked["response_type"].as_str(),
                asked["code_challenge_method"].as_str()
            ),
            ("code", "S256")
        );
        assert!(!asked.contains_key("prompt"));
        // It comes back to the other one.
        let mut there = browser.clone_at(stage.web(2).unwrap());
        let token = id_token(provider, &asked, &json!({}));
        let page = there.get(&back(provider, &asked, &token)).await;
        assert_eq!((page.status, page.address.as_str()), (200, "/mailboxes"));
        assert!(page.has("Signed in as ada"), "{page:?}");
        assert_ne!(
            there.cookie(),
            before,
            "another secret than before the sign-in"
        );
        let heard = provider.heard().concat();
        assert!(
            heard.contains("&code_verifier=") && heard.contains("client_id=pages"),
            "{heard}"
        );
        assert_eq!(there.sign_in_cookie(), "", "nobody comes back twice");
        let page = there.get(&back(provider, &asked, &token)).await;
        assert!(page.has("Signed in as ada"), "{page:?}");
        until_recorded(stage, "ada", ActivityKind::Login).await;
        browser.set_cookie(&there.cookie());
        assert_eq!(browser.get("/mailboxes").await.status, 200);
        // And is out with the account.
        stage.given("ada is disabled").await.unwrap();
        let page = browser.get("/mailboxes").await;
        assert!(page.address.starts_with("/sign-in"), "{page:?}");
        let page = come_back(&mut browser, provider, "/sign-in/provider", &json!({})).await;
        assert!(page.status == 403 && page.has(REFUSED), "{page:?}");
        until_recorded(stage, "ada", ActivityKind::Refused).await;
        // The password still does for others, and leads where the sign-in was to lead.
        let path = "/sign-in/provider?next=%2Fdevices";
        let page = come_back(&mut browser, provider, path, &json!({})).await;
        assert!(page.has("name=\"next\" value=\"/devices\""), "{page:?}");
        let page = browser.sign_in("bo", PASSWORD).await;
        assert!(page.has("Signed in as bo"), "{page:?}");
    });
}

#[test]
fn a_token_that_is_not_right_signs_nobody_in_and_tells_nothing() {
    play(&[], async |stage, provider| {
        let mut browser = Browser::new(stage.web(1).unwrap());
        let mut refusals = Vec::new();
        for changed in [
            json!({"name": "nobody"}),
            json!({"aud": "mail"}),
            json!({"aud": ["pages", "mail"]}),
            json!({"azp": "mail"}),
            json!({"iss": "https://evil.example"}),
            json!({"nonce": "another"}),
            json!({"nonce": null}),
            json!({"exp": now() - 60}),
            json!({"iat": now() - 3600}),
            json!({"name": null}),
        ] {
            let page = come_back(&mut browser, provider, "/sign-in/provider", &changed).await;
            assert!(
                page.status == 403 && page.has(REFUSED),
                "{changed} {page:?}"
            );
            refusals.push(page.body);
        }
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "HS256", "kid": "one"}),
            json!({"alg": "ES256", "kid": "one"}),
        ] {
            let asked = sent(&mut browser, "/sign-in/provider").await;
            let right = id_token(provider, &asked, &json!({}));
            let (_, rest) = right.split_once('.').unwrap();
            let claims = rest.split('.').next().unwrap();
            let claims =
                base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims);
            let claims: Value = serde_json::from_slice(&claims.unwrap()).unwrap();
            let mut token = provider.sign(&header, &claims);
            if header["alg"] == "none" {
                token.truncate(token.rfind('.').unwrap() + 1);
            }
            let page = browser.get(&back(provider, &asked, &token)).await;
            assert!(page.status == 403 && page.has(REFUSED), "{header} {page:?}");
            refusals.push(page.body);
        }
        // Another's signature.
        let asked = sent(&mut browser, "/sign-in/provider").await;
        let forged = id_token(&Provider::start(), &asked, &json!({"iss": provider.issuer}));
        let page = browser.get(&back(provider, &asked, &forged)).await;
        assert!(page.status == 403 && page.has(REFUSED), "{page:?}");
        refusals.push(page.body);
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "all are told the same");
        assert!(
            browser
                .get("/mailboxes")
                .await
                .address
                .starts_with("/sign-in")
        );
        // Somebody who goes on has to wait, and the provider is not asked.
        let mut asked_of_it = provider.heard().len();
        loop {
            let page = come_back(
                &mut browser,
                provider,
                "/sign-in/provider",
                &json!({"aud": "x"}),
            )
            .await;
            let now = provider.heard().len();
            if page.status == 429 {
                assert_eq!(now, asked_of_it, "{page:?}");
                break;
            }
            assert!(page.status == 403 && now < 40, "{page:?}");
            asked_of_it = now;
        }
    });
}

#[test]
fn a_browser_brings_back_what_it_was_given_and_goes_nowhere_else() {
    play(&[], async |stage, provider| {
        let mut browser = Browser::new(stage.web(1).unwrap());
        let mut other = Browser::new(stage.web(1).unwrap());
        let (ours, theirs) = (
            sent(&mut browser, "/sign-in/provider").await,
            sent(&mut other, "/sign-in/provider").await,
        );
        let cookie = browser.sign_in_cookie();
        let token = id_token(provider, &ours, &json!({}));
        // The state of another's sign-in, of none, and the cookie of none.
        let there = back(provider, &theirs, &token);
        let page = browser.get(&there).await;
        assert!(page.status == 403 && page.has(OLD), "{page:?}");
        for path in [
            "/sign-in/answer?code=x&state=y",
            "/sign-in/answer?code=x",
            "/sign-in/answer",
        ] {
            let page = browser.get(path).await;
            assert!(page.status == 403 && page.has(OLD), "{page:?}");
        }
        let mut stranger = Browser::new(stage.web(1).unwrap());
        let there = back(provider, &ours, &token);
        assert!(stranger.get(&there).await.has(OLD));
        // What the browser keeps says something else than what it brings back.
        for (index, word) in [(1, "MQ"), (2, "YWdhaW4"), (3, "L2RldmljZXM")] {
            let mut parts: Vec<_> = cookie.split('.').collect();
            parts[index] = word;
            stranger.set_sign_in_cookie(&parts.join("."));
            assert!(stranger.get(&there).await.has(OLD), "{word}");
        }
        for broken in ["", "x", "a.b.c.d", &format!("{cookie}.x")] {
            stranger.set_sign_in_cookie(broken);
            assert!(stranger.get(&there).await.has(OLD), "{broken}");
        }
        // A code of another's sign-in (mixed in where PKCE does not look): the token is not for this one.
        let of_theirs = id_token(provider, &theirs, &json!({}));
        let page = browser.get(&back(provider, &ours, &of_theirs)).await;
        assert!(page.status == 403 && page.has(REFUSED), "{page:?}");
        // Another provider's answer is not redeemed, nor one that does not say whose it is.
        let asked_of_it = provider.heard().len();
        for issuer in ["&iss=https%3A%2F%2Fevil.example", ""] {
            let asked = sent(&mut browser, "/sign-in/provider").await;
            let token = id_token(provider, &asked, &json!({}));
            let there = back(provider, &asked, &token);
            let (there, _) = there.split_once("&iss=").unwrap();
            let page = browser.get(&format!("{there}{issuer}")).await;
            assert!(page.status == 403 && page.has(REFUSED), "{page:?}");
        }
        assert_eq!(provider.heard().len(), asked_of_it);
        let asked = sent(&mut browser, "/sign-in/provider").await;
        let denied = format!(
            "/sign-in/answer?error=access_denied&state={}",
            asked["state"]
        );
        let page = browser.get(&denied).await;
        assert!(
            page.status == 403 && page.has("The sign-in was not finished."),
            "{page:?}"
        );
        // Right, and from there to no other site; then the same once more, with all that the browser had.
        let away = "/sign-in/provider?next=https%3A%2F%2Fevil.example%2F";
        let asked = sent(&mut browser, away).await;
        let cookie = browser.sign_in_cookie();
        let token = id_token(provider, &asked, &json!({}));
        let there = back(provider, &asked, &token);
        let page = browser.ask_once(&there).await;
        assert_eq!(page.header("location").as_deref(), Some("/"), "{page:?}");
        stranger.set_sign_in_cookie(&cookie);
        let page = stranger.get(&there).await;
        assert!(page.status == 403 && page.has(REFUSED), "{page:?}");
        let page = browser.submit("/sign-in/provider", &[]).await;
        assert_eq!(page.status, 405, "{page:?}");
    });
}

#[test]
fn who_has_no_password_here_shows_the_provider_again_who_he_is() {
    play(&[], async |stage, provider| {
        let mut browser = Browser::new(stage.web(1).unwrap());
        come_back(&mut browser, provider, "/sign-in/provider", &json!({})).await;
        let page = browser.get("/devices").await;
        assert!(page.has("Confirm with Example ID"), "{page:?}");
        assert!(!page.has("name=\"password\"") && !page.has("Make the password"));
        let phone = [("name", "phone"), ("imap", "yes"), ("until", "30")];
        let script = [("name", "script"), ("until", "30"), ("look", "yes")];
        for (path, fields) in [("/devices", &phone), ("/devices/api", &script)] {
            let page = browser.submit(path, fields).await;
            assert!(
                page.status == 403 && page.has("show once more who you are"),
                "{page:?}"
            );
        }
        let asked = sent(&mut browser, AGAIN).await;
        assert_eq!(
            (asked["prompt"].as_str(), asked["max_age"].as_str()),
            ("login", "0")
        );
        let before = browser.cookie();
        for (changed, words) in [
            (json!({"auth_time": now() - 60}), REFUSED),
            (json!({"auth_time": null}), REFUSED),
            (
                json!({"name": "bo"}),
                "You have confirmed to be somebody else",
            ),
        ] {
            let page = come_back(&mut browser, provider, AGAIN, &changed).await;
            assert!(page.status == 409 && page.has(words), "{changed} {page:?}");
            assert_eq!(browser.cookie(), before);
            let page = browser.get("/devices").await;
            assert!(page.has("Signed in as ada") && page.has("Confirm with Example ID"));
        }
        let page = come_back(&mut browser, provider, AGAIN, &json!({})).await;
        assert_eq!(page.address, "/devices");
        assert!(page.has("Make the password") && !page.has("name=\"password\""));
        assert_ne!(browser.cookie(), before);
        let page = browser.submit("/devices", &phone).await;
        assert!(page.has("It is shown this once."), "{page:?}");
        browser.get("/devices").await;
        let page = browser.submit("/devices/api", &script).await;
        assert!(page.has("The token of script"), "{page:?}");
        let token = page.body.split_once("<code>").unwrap().1;
        let token = token.split('<').next().unwrap().to_owned();
        let mut program = Browser::new(stage.web(2).unwrap());
        let me = ask_api(&mut program, &token).await;
        assert!(
            me.status == 200 && me.has("\"user\":\"ada\"") && me.has("\"read_only\":true"),
            "{me:?}"
        );
        // Without an end there is none.
        browser.get("/devices").await;
        let endless = [("name", "endless"), ("until", "")];
        let page = browser.submit("/devices/api", &endless).await;
        assert_eq!(page.status, 404, "{page:?}");
        // Whoever came by his password gives that.
        let mut bo = Browser::new(stage.web(1).unwrap());
        bo.sign_in("bo", PASSWORD).await;
        let page = bo.get("/devices").await;
        assert_eq!(page.count("name=\"password\""), 2, "{page:?}");
        let page = bo.submit("/devices/api", &script).await;
        assert_eq!(page.status, 403, "{page:?}");
        let with_password = [&script[..], &[("password", PASSWORD)]].concat();
        let page = bo.submit("/devices/api", &with_password).await;
        assert!(page.has("The token of script"), "{page:?}");
    });
}

async fn ask_api(program: &mut Browser, token: &str) -> Page {
    let head = format!(
        "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nUser-Agent: script\r\n"
    );
    program.raw(&head, "").await
}

#[test]
fn a_token_of_the_provider_opens_the_api_where_it_was_made_for_that() {
    let more = [
        ("oauth.audience", "mail"),
        ("oauth.api_scope", "postroom:api"),
        ("login.mechanisms", "OAUTHBEARER, PLAIN"),
    ];
    play(&more, async |stage, provider| {
        let token = |changed: Value| {
            let mut claims = json!({
                "iss": provider.issuer, "aud": "mail", "name": "ada", "exp": now() + 60, "scope": "mail postroom:api",
            });
            for (name, value) in changed.as_object().unwrap() {
                claims[name] = value.clone();
            }
            provider.sign(
                &json!({"alg": "EdDSA", "kid": "one", "typ": "at+jwt"}),
                &claims,
            )
        };
        let mut program = Browser::new(stage.web(1).unwrap());
        let me = ask_api(&mut program, &token(json!({}))).await;
        assert!(me.status == 200 && me.has("\"user\":\"ada\""), "{me:?}");
        let mut refusals = Vec::new();
        for changed in [
            json!({"scope": "mail"}),
            json!({"scope": null}),
            json!({"aud": "pages"}),
            json!({"iss": "https://evil.example"}),
            json!({"exp": now() - 60}),
            json!({"name": "nobody"}),
        ] {
            let refused = ask_api(&mut program, &token(changed.clone())).await;
            assert_eq!(refused.status, 401, "{changed} {refused:?}");
            refusals.push(refused.body);
        }
        let refused = ask_api(&mut program, "prtok_nothing").await;
        refusals.push(refused.body);
        stage.given("ada is disabled").await.unwrap();
        refusals.push(ask_api(&mut program, &token(json!({}))).await.body);
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        // A directory's door has other tokens.
        let head = format!(
            "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n",
            token(json!({"name": "bo"}))
        );
        assert_eq!(program.raw(&head, "").await.status, 401);
    });
}

#[test]
fn while_the_provider_is_away_one_is_told_so_and_has_the_password() {
    let provider = Provider::start();
    provider.leave();
    play_with(&provider, &[], async |stage, _| {
        let mut browser = Browser::new(stage.web(1).unwrap());
        let page = browser.get("/sign-in/provider").await;
        assert_eq!(page.status, 503, "{page:?}");
        assert!(
            page.has("Example ID does not answer right now.") && page.has("name=\"password\""),
            "{page:?}"
        );
        browser.speak("de");
        let page = browser.get("/sign-in/provider").await;
        assert!(page.has("Example ID antwortet gerade nicht."), "{page:?}");
        browser.speak("en");
        let page = browser.sign_in("ada", PASSWORD).await;
        assert!(page.has("Signed in as ada"), "{page:?}");
    });
}

#[test]
fn where_no_passwords_are_taken_there_is_no_field_for_one() {
    let more = [("web.passwords", "false")];
    play(&more, async |stage, provider| {
        let mut browser = Browser::new(stage.web(1).unwrap());
        let page = browser.get("/sign-in").await;
        assert!(
            page.has("Sign in with Example ID") && !page.has("name=\"password\""),
            "{page:?}"
        );
        let page = browser.sign_in("ada", PASSWORD).await;
        assert!(page.status >= 400, "{page:?}");
        let page = come_back(&mut browser, provider, "/sign-in/provider", &json!({})).await;
        assert!(page.has("Signed in as ada"), "{page:?}");
    });
}
