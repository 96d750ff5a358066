//! Tokens of openssl and of two made-up providers, each broken in one way, and what clients say.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    Algorithm, BadBearer, BadKeys, BearerLogin, BearerMechanism, BearerRules, ExpectedIdToken,
    IdTokenRules, KeySet, SignedInSince, check_bearer, check_id_token,
};

/// Made by openssl, for `ada@example.org`, until 2096.
const OF_OPENSSL: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUub3JnIiwiYXVkIjoibWFpbCIsInN1YiI6IjEiLCJlbWFpbCI6ImFkYUBleGFtcGxlLm9yZyIsImV4cCI6NDAwMDAwMDAwMH0.T9A8lYyejHzT8kU_23bTAvppA8ZS5mA5Jain1pfTPp2-mTCLTZhMETD7eI1bXVZnt9tHzuKGOwuM6ZeBis76-3zCRVL28LErS-2Mdse3t-VS3QCXbnTH2WzpDhCsO6UBpK8sNJEU4biyhjUVLHC5YlSCZh_IQo7JzviTcTv4s0_4LgN9HmU7xvvc7C8SJuR7ULoNOp1r8R2dAZCImGF3_KrUKqvY7Yu7b0guMgroe9uUNrVFRYbd0Af0i-nSBBPkt5AwUu0PLymVqEuivBwdurd76prHv3iklFcWvw0UdVvJdxHsfboKAT9uFBqGLE4Oh-v6fBHausyVB88SkjX4YA";
const N: &str = "rdtZnoYQg-pkInxY0-T3qqH4iDWz8gm3wbIrlJ4fLgmcb8tIbfN5GGy2FNUur0YvZ85GZE8phsGhGLldyTgjxrCaESlPkn7U6VNodlO49nRd7ITEM8WbsLzDCUSTRaWT8Mq1PTEMOD8Bu6oGlDUU-uFnJrbaibaQYraXk3VwRO8dw7SGR6xrfgFWwpzcPhszLoYp1tQEw3OdaydzgmMGyO4i2UFLIsgjxl_wOGSpDRvb1lYMArkg_f3etu580pel3MyXnOuPomYlF-yK8-JxBZXfi8yQHyXr5Rl1-IAztEm4pNxmmQwHyCeFcX8CG1mZdYXpTMBNkbBqmLw0pXAbtw";
const NOW: i64 = 2_000_000_000;

#[test]
fn tokens_that_others_signed_are_verified() {
    let keys = json!({"keys": [rsa("rsa"), rsa("next")]}).to_string();
    let keys = KeySet::parse(keys.as_bytes()).unwrap();
    let ada = BearerLogin {
        user: "ada@example.org".to_owned(),
        ends_at: 4_000_000_000,
    };
    let check = |token: &str| check_bearer(token, &keys, &rules(), NOW);
    assert_eq!(check(OF_OPENSSL), Ok(ada));
    assert_eq!(
        check(&OF_OPENSSL.replace("YA", "YQ")),
        Err(BadBearer::Forged)
    );
    let (text, signature) = OF_OPENSSL.rsplit_once('.').unwrap();
    let (header, _) = text.split_once('.').unwrap();
    let claims = claims(&json!({"email": "bo@example.org"}));
    let forged = format!("{header}.{}.{signature}", part(&claims));
    assert_eq!(check(&forged), Err(BadBearer::Forged));
    let unsigned = format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims));
    assert_eq!(check(&unsigned), Err(BadBearer::Algorithm));
    // The public key as the secret of an HMAC.
    for secret in [
        N.as_bytes(),
        &URL_SAFE_NO_PAD.decode(N).unwrap(),
        rsa("rsa").to_string().as_bytes(),
    ] {
        let text = format!(
            "{}.{}",
            part(&json!({"alg": "HS256", "kid": "rsa"})),
            part(&claims)
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(text.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        assert_eq!(
            check(&format!("{text}.{signature}")),
            Err(BadBearer::Algorithm)
        );
    }
    let rules = BearerRules {
        algorithms: vec![Algorithm::Es256],
        ..rules()
    };
    let refused = check_bearer(OF_OPENSSL, &keys, &rules, NOW);
    assert_eq!(refused, Err(BadBearer::Algorithm));
}

#[test]
fn a_token_is_of_this_issuer_for_this_site_and_this_hour() {
    let signer = Signer::new();
    let rules = BearerRules {
        scope: Some("mail".to_owned()),
        ..rules()
    };
    for (changed, expected) in [
        (json!({}), Ok("ada@example.org")),
        (json!({"aud": ["web", "mail"]}), Ok("ada@example.org")),
        (json!({"exp": NOW - 29}), Ok("ada@example.org")),
        (
            json!({"exp": NOW + 60, "nbf": NOW + 30}),
            Ok("ada@example.org"),
        ),
        (json!({"exp": 2_000_000_001.5}), Ok("ada@example.org")),
        (json!({"scope": "mail"}), Ok("ada@example.org")),
        (
            json!({"scope": null, "scp": ["a", "mail"]}),
            Ok("ada@example.org"),
        ),
        (json!({"email": "a\u{ad}da"}), Ok("ada")),
        (json!({"email_verified": true}), Ok("ada@example.org")),
        (
            json!({"iss": "https://id.example.org/"}),
            Err(BadBearer::Issuer),
        ),
        (json!({"iss": null}), Err(BadBearer::Issuer)),
        (
            json!({"iss": ["https://id.example.org"]}),
            Err(BadBearer::Issuer),
        ),
        (json!({"aud": "web"}), Err(BadBearer::Audience)),
        (json!({"aud": []}), Err(BadBearer::Audience)),
        (json!({"aud": null}), Err(BadBearer::Audience)),
        (json!({"exp": NOW - 30}), Err(BadBearer::Ended)),
        (json!({"exp": -1}), Err(BadBearer::Ended)),
        (json!({"exp": null}), Err(BadBearer::Malformed)),
        (json!({"exp": "tomorrow"}), Err(BadBearer::Malformed)),
        (json!({"exp": 1e300}), Err(BadBearer::Malformed)),
        (json!({"nbf": NOW + 31}), Err(BadBearer::NotBegun)),
        (json!({"nbf": "now"}), Err(BadBearer::Malformed)),
        (
            json!({"scope": "openid email mails"}),
            Err(BadBearer::Scope),
        ),
        (json!({"scope": 7}), Err(BadBearer::Scope)),
        (json!({"email": null}), Err(BadBearer::Nameless)),
        (json!({"email": ""}), Err(BadBearer::Nameless)),
        (json!({"email": "a\nb"}), Err(BadBearer::Nameless)),
        (json!({"email_verified": false}), Err(BadBearer::Nameless)),
    ] {
        for (header, algorithm) in [
            (json!({"alg": "EdDSA", "kid": "ed"}), Algorithm::EdDsa),
            (json!({"alg": "ES256", "typ": "at+jwt"}), Algorithm::Es256),
        ] {
            let token = signer.sign(algorithm, &header, &claims(&changed));
            let checked = check_bearer(&token, &signer.keys(), &rules, NOW);
            let checked = checked.map(|login| login.user);
            assert_eq!(checked, expected.map(str::to_owned), "{changed} {header}");
        }
    }
    let no_end = json!({"iss": "https://id.example.org", "aud": "mail", "scope": "mail"});
    let token = signer.sign(Algorithm::EdDsa, &json!({"alg": "EdDSA"}), &no_end);
    let checked = check_bearer(&token, &signer.keys(), &rules, NOW);
    assert_eq!(checked, Err(BadBearer::Ended));
}

#[test]
fn an_id_token_answers_the_sign_in_that_was_begun() {
    let signer = Signer::new();
    let rules = IdTokenRules {
        issuer: "https://id.example.org".to_owned(),
        client_id: "mail".to_owned(),
        algorithms: vec![Algorithm::EdDsa],
        account_claim: "email".to_owned(),
        skew: 30,
    };
    let expected = |since| ExpectedIdToken {
        nonce: "n".to_owned(),
        begun_at: NOW - 60,
        since,
    };
    let right = json!({"nonce": "n", "iat": NOW, "auth_time": NOW - 5});
    let checked_by = |algorithm, header: &Value, changed: &Value, since| {
        let mut all = claims(&right);
        for (name, value) in changed.as_object().unwrap() {
            all[name] = value.clone();
        }
        let token = signer.sign(algorithm, header, &all);
        check_id_token(&token, &signer.keys(), &rules, &expected(since), NOW)
    };
    let header = json!({"alg": "EdDSA", "kid": "ed"});
    let checked = |changed: &Value, since| checked_by(Algorithm::EdDsa, &header, changed, since);
    let ada = Ok("ada@example.org".to_owned());
    for (changed, verdict) in [
        (json!({}), ada.clone()),
        (json!({"aud": ["mail"]}), ada.clone()),
        (json!({"aud": ["else", "mail"], "azp": "mail"}), ada.clone()),
        (json!({"iat": NOW - 90}), ada.clone()),
        (json!({"aud": ["else", "mail"]}), Err(BadBearer::Party)),
        (
            json!({"aud": ["mail"], "azp": "else"}),
            Err(BadBearer::Party),
        ),
        (json!({"azp": null}), Err(BadBearer::Party)),
        (json!({"aud": "else"}), Err(BadBearer::Audience)),
        (json!({"aud": []}), Err(BadBearer::Audience)),
        (json!({"aud": null}), Err(BadBearer::Audience)),
        (
            json!({"iss": "https://evil.example"}),
            Err(BadBearer::Issuer),
        ),
        (json!({"nonce": "m"}), Err(BadBearer::Nonce)),
        (json!({"nonce": null}), Err(BadBearer::Nonce)),
        (json!({"nonce": ["n"]}), Err(BadBearer::Nonce)),
        (json!({"exp": NOW - 30}), Err(BadBearer::Ended)),
        (json!({"exp": null}), Err(BadBearer::Malformed)),
        (json!({"iat": NOW - 91}), Err(BadBearer::Ended)),
        (json!({"iat": NOW + 31}), Err(BadBearer::NotBegun)),
        (json!({"iat": "now"}), Err(BadBearer::Malformed)),
        (json!({"nbf": NOW + 31}), Err(BadBearer::NotBegun)),
        (json!({"sub": ""}), Err(BadBearer::Malformed)),
        (json!({"sub": null}), Err(BadBearer::Malformed)),
        (json!({"email": null}), Err(BadBearer::Nameless)),
        (json!({"email_verified": false}), Err(BadBearer::Nameless)),
    ] {
        for since in [SignedInSince::Whenever, SignedInSince::Begun] {
            assert_eq!(checked(&changed, since), verdict, "{changed} {since:?}");
        }
    }
    // Who has to show himself again, and has not.
    for (changed, verdict) in [
        (json!({"auth_time": NOW - 90}), ada.clone()),
        (json!({"auth_time": NOW - 91}), Err(BadBearer::NotAgain)),
        (json!({"auth_time": "now"}), Err(BadBearer::Malformed)),
        (json!({"auth_time": null}), Err(BadBearer::Malformed)),
    ] {
        let again = checked(&changed, SignedInSince::Begun);
        assert_eq!(again, verdict, "{changed}");
        assert_eq!(checked(&changed, SignedInSince::Whenever), ada, "{changed}");
    }
    // Others may be sound, and are not allowed.
    for (algorithm, header, verdict) in [
        (
            Algorithm::Es256,
            json!({"alg": "ES256", "kid": "ec"}),
            BadBearer::Algorithm,
        ),
        (
            Algorithm::EdDsa,
            json!({"alg": "none"}),
            BadBearer::Algorithm,
        ),
        (
            Algorithm::EdDsa,
            json!({"alg": "HS256"}),
            BadBearer::Algorithm,
        ),
        (
            Algorithm::EdDsa,
            json!({"alg": "EdDSA", "kid": "gone"}),
            BadBearer::UnknownKey,
        ),
        (
            Algorithm::Es256,
            json!({"alg": "EdDSA", "kid": "ed"}),
            BadBearer::Forged,
        ),
    ] {
        let checked = checked_by(algorithm, &header, &json!({}), SignedInSince::Whenever);
        assert_eq!(checked, Err(verdict), "{header}");
    }
}

#[test]
fn a_key_is_chosen_by_its_name_and_for_its_algorithm() {
    let signer = Signer::new();
    let claims = claims(&json!({}));
    for (header, expected) in [
        (json!({"alg": "EdDSA"}), None),
        (json!({"alg": "EdDSA", "kid": "ed"}), None),
        (
            json!({"alg": "EdDSA", "kid": "gone"}),
            Some(BadBearer::UnknownKey),
        ),
        (
            json!({"alg": "EdDSA", "kid": "ec"}),
            Some(BadBearer::UnknownKey),
        ),
        (
            json!({"alg": "ES256", "kid": "ec"}),
            Some(BadBearer::Forged),
        ),
        (json!({"alg": "RS256"}), Some(BadBearer::UnknownKey)),
        (json!({"alg": "eddsa"}), Some(BadBearer::Algorithm)),
        (json!({"alg": "NONE"}), Some(BadBearer::Algorithm)),
        (json!({}), Some(BadBearer::Algorithm)),
        (
            json!({"alg": "EdDSA", "crit": ["exp"]}),
            Some(BadBearer::Malformed),
        ),
    ] {
        let token = signer.sign(Algorithm::EdDsa, &header, &claims);
        let checked = check_bearer(&token, &signer.keys(), &rules(), NOW).err();
        assert_eq!(checked, expected, "{header}");
    }
    for broken in [
        "",
        ".",
        "..",
        "a.b.c",
        "e30.e30.e30",
        "e30",
        "bnVsbA.e30.",
        "é.é.é",
    ] {
        let checked = check_bearer(broken, &signer.keys(), &rules(), NOW);
        assert!(checked.is_err(), "{broken}");
    }
}

#[test]
fn keys_for_something_else_are_passed_over() {
    let parse = |keys: &Value| KeySet::parse(json!({"keys": keys}).to_string().as_bytes());
    let changed = |name: &str, value: Value| {
        let mut key = rsa("rsa");
        key[name] = value;
        key
    };
    for useless in [
        changed("use", "enc".into()),
        changed("alg", "RS512".into()),
        changed("kty", "oct".into()),
        changed("n", Value::Null),
        changed("e", "A+".into()),
        json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}),
        json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
        json!("key"),
    ] {
        assert_eq!(parse(&json!([useless])), Err(BadKeys::None), "{useless}");
        assert_eq!(
            parse(&json!([useless, rsa("rsa")])),
            parse(&json!([rsa("rsa")]))
        );
    }
    assert_eq!(parse(&json!(vec![rsa("rsa"); 101])), Err(BadKeys::TooMany));
    assert_eq!(parse(&json!("no list")), Err(BadKeys::Unreadable));
    assert_eq!(KeySet::parse(b"<html>"), Err(BadKeys::Unreadable));
}

#[test]
fn clients_say_whom_they_want_to_be_and_by_which_token() {
    use BearerMechanism::{OAuthBearer, XOAuth2};
    for (mechanism, message, expected) in [
        // RFC 7628, 4.1.
        (
            OAuthBearer,
            "n,a=user@example.com,^host=server.example.com^port=143^auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==^^",
            Some((
                Some("user@example.com"),
                "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
            )),
        ),
        (OAuthBearer, "n,,^auth=Bearer x^^", Some((None, "x"))),
        (OAuthBearer, "y,,^auth=bearer x^^", Some((None, "x"))),
        (
            OAuthBearer,
            "n,a=a=2Cb,^auth=Bearer x^^",
            Some((Some("a,b"), "x")),
        ),
        (OAuthBearer, "p=tls-exporter,,^auth=Bearer x^^", None),
        (OAuthBearer, "n,,^auth=Basic x^^", None),
        (OAuthBearer, "n,,^auth=Bearer x^auth=Bearer y^^", None),
        (OAuthBearer, "n,,^auth=Bearer x^", None),
        (OAuthBearer, "n,,^host=x^^", None),
        (OAuthBearer, "n,,^^", None),
        (OAuthBearer, "", None),
        (OAuthBearer, "user=ada^auth=Bearer x^^", None),
        (
            XOAuth2,
            "user=ada^auth=Bearer x^^",
            Some((Some("ada"), "x")),
        ),
        (XOAuth2, "user=^auth=Bearer x^^", Some((None, "x"))),
        (XOAuth2, "n,,^auth=Bearer x^^", None),
        (XOAuth2, "user=ada^^", None),
    ] {
        let bearer = mechanism.parse(message.replace('^', "\x01").as_bytes());
        let heard = bearer.as_ref();
        let heard = heard.map(|bearer| (bearer.identity.as_deref(), bearer.token()));
        assert_eq!(heard, expected, "{message}");
        assert!(!format!("{bearer:?}").contains("vF9"));
    }
    let long = format!("n,,\x01auth=Bearer {}\x01\x01", "x".repeat(32 * 1024));
    assert_eq!(OAuthBearer.parse(long.as_bytes()), None);
    assert_eq!(OAuthBearer.parse(b"n,,\x01auth=Bearer \xff\x01\x01"), None);
    assert_eq!(
        String::from_utf8(OAuthBearer.refusal(Some("mail"), Some("https://x/y"))).unwrap(),
        r#"{"openid-configuration":"https://x/y","scope":"mail","status":"invalid_token"}"#
    );
    assert_eq!(
        String::from_utf8(XOAuth2.refusal(None, None)).unwrap(),
        r#"{"schemes":"Bearer","status":"401"}"#
    );
}

fn rules() -> BearerRules {
    BearerRules {
        issuer: "https://id.example.org".to_owned(),
        audiences: vec!["postroom".to_owned(), "mail".to_owned()],
        algorithms: Algorithm::ALL.to_vec(),
        account_claim: "email".to_owned(),
        scope: None,
        skew: 30,
    }
}

fn rsa(id: &str) -> Value {
    json!({"kty": "RSA", "use": "sig", "kid": id, "n": N, "e": "AQAB"})
}

/// Those of Ada, but for what is changed.
fn claims(changed: &Value) -> Value {
    let mut claims = json!({
        "iss": "https://id.example.org", "aud": "mail", "sub": "1", "email": "ada@example.org",
        "exp": NOW + 300, "scope": "openid mail",
    });
    for (name, value) in changed.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// An identity provider with two keys.
struct Signer {
    ed: Ed25519KeyPair,
    ec: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let ec = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self {
            ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap(),
            ec: EcdsaKeyPair::from_pkcs8(algorithm, ec.as_ref(), &random).unwrap(),
            random,
        }
    }

    fn keys(&self) -> KeySet {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = self.ec.public_key().as_ref();
        let keys = json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": text(self.ed.public_key().as_ref())},
            {"kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "x": text(&point[1..33]), "y": text(&point[33..])},
        ]});
        KeySet::parse(keys.to_string().as_bytes()).unwrap()
    }

    fn sign(&self, algorithm: Algorithm, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", part(header), part(claims));
        let signature = match algorithm {
            Algorithm::EdDsa => self.ed.sign(text.as_bytes()).as_ref().to_vec(),
            _ => self
                .ec
                .sign(&self.random, text.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
