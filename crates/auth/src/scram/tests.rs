//! Known answers, broken messages, and a client and a server that agree on any password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::{any, proptest};
use proptest::prop_assert_eq;

use super::{Binding, ClientFirst, Proof, ScramClient, ScramVerifier, TlsBinding};

const TLS: TlsBinding = TlsBinding([9; 32]);

#[test]
fn the_example_of_rfc_7677() {
    let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let verifier = ScramVerifier::derive(b"pencil", salt, 4096);
    let first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    let first = ClientFirst::parse(first.as_bytes(), Binding::Impossible).unwrap();
    let (challenge, exchange) = first.challenge_with(verifier, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    assert_eq!(
        String::from_utf8(challenge).unwrap(),
        format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    );
    let answer = |proof: &str| exchange.check(format!("c=biws,r={nonce},p={proof}").as_bytes());
    let ours = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_vec();
    let theirs = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    assert_eq!(answer(theirs), Proof::Right(ours));
    assert_eq!(answer(&theirs.replacen('d', "e", 1)), Proof::Wrong);
}

#[test]
fn a_first_message_says_who_comes_on_which_connection() {
    let (to, refused, impossible) = (Binding::To(TLS), Binding::Refused, Binding::Impossible);
    for (message, binding, expected) in [
        ("n,,n=ada,r=x", impossible, Some((None, "ada"))),
        ("n,,n=ada,r=x", refused, Some((None, "ada"))),
        (
            "n,a=support/Sent,n=ada,r=x",
            refused,
            Some((Some("support/Sent"), "ada")),
        ),
        (
            "n,a=a=3Db=2Cc,n=a=2C=3Db,r=x",
            refused,
            Some((Some("a=b,c"), "a,=b")),
        ),
        ("n,,n=a\u{ad}da,r=x", refused, Some((None, "ada"))),
        ("n,,n=Cafe\u{301},r=x", refused, Some((None, "Café"))),
        ("n,a=,n=ada,r=x", refused, Some((None, "ada"))),
        ("n,,n=ada,r=x,z=new", refused, Some((None, "ada"))),
        // Who could bind, and was told that the server cannot, was lied to.
        ("y,,n=ada,r=x", impossible, Some((None, "ada"))),
        ("y,,n=ada,r=x", refused, None),
        ("p=tls-exporter,,n=ada,r=x", to, Some((None, "ada"))),
        ("p=tls-exporter,,n=ada,r=x", refused, None),
        ("p=tls-exporter,,n=ada,r=x", impossible, None),
        ("p=tls-unique,,n=ada,r=x", to, None),
        ("p=,,n=ada,r=x", to, None),
        ("p,,n=ada,r=x", to, None),
        ("n,,n=ada,r=x", to, None),
        ("y,,n=ada,r=x", to, None),
        ("n=,,n=ada,r=x", refused, None),
        ("N,,n=ada,r=x", refused, None),
        ("", refused, None),
        ("n,,", refused, None),
        ("n,n=ada,r=x", refused, None),
        ("n,,n=,r=x", refused, None),
        ("n,,n=\u{ad},r=x", refused, None),
        ("n,,n=a\tda,r=x", refused, None),
        ("n,,n=ada,r=", refused, None),
        ("n,,n=ada,r=a b", refused, None),
        ("n,,n=ada", refused, None),
        ("n,,r=x,n=ada", refused, None),
        ("n,,m=must,n=ada,r=x", refused, None),
        ("n,,n=ada,r=x,", refused, None),
        ("n,,n=ada,r=x,1=2", refused, None),
        ("n,b=bo,n=ada,r=x", refused, None),
        ("n,,n=a=2c,r=x", refused, None),
        ("n,,n=a=,r=x", refused, None),
        ("n,,n=a=2\u{e9},r=x", refused, None),
        ("n,,n=a\0,r=x", refused, None),
    ] {
        let first = ClientFirst::parse(message.as_bytes(), binding);
        let heard = first.map(|first| (first.authzid, first.user));
        let expected = expected.map(|(authzid, user): (Option<&str>, &str)| {
            (authzid.map(str::to_owned), user.to_owned())
        });
        assert_eq!(heard, expected, "{message} {binding:?}");
    }
    let message = |name: &str| format!("n,,n={name},r=x");
    let parse = |message: &str| ClientFirst::parse(message.as_bytes(), Binding::Refused);
    assert!(parse(&message(&"a".repeat(2048 - 9))).is_some());
    assert!(parse(&message(&"a".repeat(2048 - 8))).is_none());
    assert_eq!(ClientFirst::parse(b"n,,n=\xff,r=x", Binding::Refused), None);
}

#[test]
fn a_proof_is_for_one_exchange_on_one_connection() {
    let verifier = ScramVerifier::derive(b"pass", vec![1; 16], 2);
    let begin = |nonce: u8, tls: u8| {
        let client = ScramClient::new("ada", None, Some(TlsBinding([tls; 32])), "x");
        let binding = Binding::To(TlsBinding([7; 32]));
        let first = ClientFirst::parse(&client.first(), binding).unwrap();
        let (challenge, exchange) = first.challenge(verifier.clone(), &[nonce; 18]);
        let (answer, _) = client.answer(&challenge, b"pass").unwrap();
        (exchange, String::from_utf8(answer).unwrap())
    };
    let ((exchange, answer), (later, _), (_, relayed)) = (begin(1, 7), begin(2, 7), begin(1, 8));
    assert!(matches!(exchange.check(answer.as_bytes()), Proof::Right(_)));
    assert_eq!(later.check(answer.as_bytes()), Proof::None);
    assert_eq!(exchange.check(relayed.as_bytes()), Proof::None);
    for broken in [
        "".to_owned(),
        answer.replace("c=", "C="),
        answer.replace(",p=", ",q="),
        answer.replace(",r=", ",s="),
        answer.replace(",p=", ",p=A"),
        format!("{answer},z=1"),
        format!("{answer}\0"),
    ] {
        assert_eq!(exchange.check(broken.as_bytes()), Proof::None, "{broken}");
    }
    // What was said is part of what is proved.
    let added = answer.replace(",p=", ",z=1,p=");
    assert_eq!(exchange.check(added.as_bytes()), Proof::Wrong);
}

#[test]
fn nobody_has_a_password() {
    let verifier = ScramVerifier::of_nobody(&[3; 16]);
    let client = ScramClient::new("nobody", None, None, "x");
    let first = ClientFirst::parse(&client.first(), Binding::Impossible).unwrap();
    let (challenge, exchange) = first.challenge(verifier, &[1; 18]);
    let (answer, _) = client.answer(&challenge, b"pass").unwrap();
    assert_eq!(exchange.check(&answer), Proof::Wrong);
}

#[test]
fn a_verifier_is_read_as_it_was_written_and_never_shown() {
    let verifier = ScramVerifier::of_password(b"pass", &[5; 16]);
    let text = verifier.to_string();
    assert_eq!(ScramVerifier::parse(&text), Some(verifier.clone()));
    assert!(text.starts_with("SCRAM-SHA-256$60000:BQUF"), "{text}");
    assert_eq!(format!("{verifier:?}"), "ScramVerifier(…)");
    for wrong in [
        "",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
        "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA",
        &text.replace("60000", "-1"),
        &text[..text.len() - 1],
    ] {
        assert_eq!(ScramVerifier::parse(wrong), None, "{wrong}");
    }
    // As a password is compared by PLAIN.
    let (composed, decomposed) = ("Caf\u{e9}".as_bytes(), "Cafe\u{301}".as_bytes());
    let of = |password| ScramVerifier::derive(password, vec![1; 16], 2);
    assert_eq!(of(composed), of(decomposed));
    assert_ne!(of(b"Caf\xe9"), of(b"Caf\xe8"));
}

proptest! {
    #[test]
    fn whoever_knows_the_password_gets_in_and_knows_the_server(
        name in "[ -~]{1,20}", password in ".{1,20}", guess in ".{1,20}", iterations in 1..5_u32,
        salt in any::<[u8; 16]>(), nonce in any::<[u8; 18]>(), tls in any::<Option<[u8; 32]>>(),
    ) {
        let tls = tls.map(TlsBinding);
        let verifier = ScramVerifier::derive(password.as_bytes(), salt.to_vec(), iterations);
        let verifier = ScramVerifier::parse(&verifier.to_string()).unwrap();
        let client = ScramClient::new(&name, Some(&name), tls, "fyko+d2lbbFgONRv9qkxdawL");
        let binding = tls.map_or(Binding::Refused, Binding::To);
        let first = ClientFirst::parse(&client.first(), binding).unwrap();
        prop_assert_eq!(&first.user, &name);
        prop_assert_eq!(first.authzid.as_ref(), Some(&name));
        let (challenge, exchange) = first.challenge(verifier.clone(), &nonce);
        let (answer, expected) = client.answer(&challenge, password.as_bytes()).unwrap();
        prop_assert_eq!(exchange.check(&answer), Proof::Right(expected));
        let is_same = ScramVerifier::derive(guess.as_bytes(), salt.to_vec(), iterations) == verifier;
        let (answer, _) = client.answer(&challenge, guess.as_bytes()).unwrap();
        prop_assert_eq!(exchange.check(&answer) == Proof::Wrong, !is_same);
    }
}
