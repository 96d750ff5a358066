//! What clients say who authenticate, and what identity providers say of their keys: nothing that is made up proves a password or lets
//! anybody in.

use auth::{
    Algorithm, BadBearer, BearerMechanism, BearerRules, Binding, ClientFirst, ExpectedIdToken,
    IdTokenRules, KeySet, Proof, ScramVerifier, SignedInSince, TlsBinding, check_bearer,
    check_id_token,
};

use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "sasl",
    words: &[
        "n,,",
        "y,,",
        "p=tls-exporter,,",
        "a=",
        "n=ada",
        ",r=",
        ",p=",
        "c=biws",
        "=2C",
        "=3D",
        "m=",
        ",",
        "user=",
        "\u{1}",
        "auth=Bearer ",
        "eyJhbGciOiJFZERTQSJ9",
        "eyJhbGciOiJub25lIn0",
        "e30",
        ".",
        "{\"keys\":[",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"",
        "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"",
        "\"}",
        "]}",
        "SCRAM-SHA-256$4096:",
        ":",
        "$",
        "AAAA",
        "=",
        "\0",
        "\u{ad}",
    ],
    meet,
};

/// Of a provider whose secret nobody has.
const KEYS: &[u8] = include_bytes!("../../../../tests/talks/oauth/keys.json");

fn meet(input: &[u8]) -> Shape {
    let mut kinds = String::new();
    for binding in [
        Binding::To(TlsBinding([7; 32])),
        Binding::Refused,
        Binding::Impossible,
    ] {
        let verifier = ScramVerifier::of_nobody(&[1; 16]);
        let first = ClientFirst::parse(input, binding);
        kinds += if first.is_some() { "f" } else { "-" };
        let first = first.or_else(|| ClientFirst::parse(b"n,,n=ada,r=x", Binding::Impossible));
        let exchange = first.map(|first| first.challenge(verifier, &[2; 18]).1);
        let proof = exchange.map(|exchange| exchange.check(input));
        assert!(
            !matches!(proof, Some(Proof::Right(_))),
            "a proof of nothing"
        );
    }
    for mechanism in [BearerMechanism::OAuthBearer, BearerMechanism::XOAuth2] {
        let bearer = mechanism.parse(input);
        let refusal = bearer.map(|bearer| refusal(bearer.token()));
        kinds += &format!("{refusal:?}");
    }
    kinds += &format!("{:?}", KeySet::parse(input).err());
    if let Ok(text) = str::from_utf8(input) {
        kinds += &format!("{:?}{:?}", refusal(text), refusal_at_page(text));
        let verifier = ScramVerifier::parse(text);
        kinds += if verifier.is_some() { "v" } else { "-" };
        let again = verifier.as_ref().map(ToString::to_string);
        assert_eq!(again.and_then(|text| ScramVerifier::parse(&text)), verifier);
    }
    Shape::of(kinds.as_bytes())
}

/// Why a token lets nobody in.
fn refusal(token: &str) -> Option<BadBearer> {
    let rules = BearerRules {
        issuer: "https://id.example.org".to_owned(),
        audiences: vec!["postroom".to_owned()],
        algorithms: Algorithm::ALL.to_vec(),
        account_claim: "name".to_owned(),
        scope: None,
        skew: 0,
    };
    let keys = KeySet::parse(KEYS).unwrap_or_default();
    let refusal = check_bearer(token, &keys, &rules, i64::from(u32::MAX)).err();
    assert!(refusal.is_some(), "a token that nobody has signed");
    refusal
}

/// Why it signs nobody in at the web pages.
fn refusal_at_page(token: &str) -> Option<BadBearer> {
    let rules = IdTokenRules {
        issuer: "https://id.example.org".to_owned(),
        client_id: "postroom".to_owned(),
        algorithms: Algorithm::ALL.to_vec(),
        account_claim: "name".to_owned(),
        skew: 0,
    };
    let expected = ExpectedIdToken {
        nonce: String::new(),
        begun_at: 0,
        since: SignedInSince::Whenever,
    };
    let keys = KeySet::parse(KEYS).unwrap_or_default();
    let now = i64::from(u32::MAX);
    let refusal = check_id_token(token, &keys, &rules, &expected, now).err();
    assert!(refusal.is_some(), "a token that nobody has signed");
    refusal
}
