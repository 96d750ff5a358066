//! A response that is larger than what may wait to be written comes whole, part by part.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]

use testkit::{Cluster, Stage, World, in_world};

#[test]
fn many_large_sections_come_whole_and_in_their_order() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let mut client = stage.log_in("ada", 1).await.unwrap();
        let header = "Subject: long\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
        let body: String = (0..40_000)
            .map(|line| format!("line =3D {line}\r\n"))
            .collect();
        let message = format!("{header}{body}");
        let append = format!("APPEND INBOX {{{}+}}\r\n{message}", message.len());
        client.ask_ok(append).await.unwrap();
        client.ask_ok("EXAMINE INBOX").await.unwrap();

        let literal = |octets: &str| format!("{{{}}}\r\n{octets}", octets.len());
        let decoded = body.replace("=3D", "=");
        let mut items = vec![("UID".to_owned(), "UID 1".to_owned())];
        for first in [0, 1, 300_000, 10_000_000] {
            let octets = message.get(first..).unwrap_or_default();
            items.push((
                format!("BODY.PEEK[]<{first}.9999999>"),
                format!("BODY[]<{first}> {}", literal(octets)),
            ));
        }
        items.push((
            "BINARY.PEEK[1]".to_owned(),
            format!("BINARY[1] {}", literal(&decoded)),
        ));
        items.push((
            "BINARY.PEEK[1]<7.5>".to_owned(),
            format!("BINARY[1]<7> {}", literal(&decoded[7..12])),
        ));
        items.push(("BODY.PEEK[9]".to_owned(), "BODY[9] NIL".to_owned()));
        items.push((
            "BODY.PEEK[HEADER.FIELDS (SUBJECT)]<3.4>".to_owned(),
            format!("BODY[HEADER.FIELDS (SUBJECT)]<3> {}", literal("ject")),
        ));
        let (asked, told): (Vec<String>, Vec<String>) = items.into_iter().unzip();
        let heard = client.ask_ok(format!("FETCH 1 ({})", asked.join(" ")));
        let heard = heard.await.unwrap().concat();
        let expected = format!("* 1 FETCH ({})", told.join(" "));
        assert!(heard == expected.as_bytes(), "{} bytes", heard.len());
    })
    .unwrap();
}
