//! Appends real mail, well-formed and broken, and fetches it back: `../shared/corpus`, where it
//! exists.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]

use std::path::{Path, PathBuf};

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::response::{Data, Response};
use testkit::{Client, Cluster, Stage, World, in_world};

#[test]
fn every_message_comes_back_byte_for_byte_and_is_described() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let messages = files(&folder);
    if messages.is_empty() {
        eprintln!("no corpus at {}", folder.display());
        return;
    }
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let mut client = stage.log_in("ada", 1).await.unwrap();
        client.ask_ok("SELECT INBOX").await.unwrap();
        let mut errors = Vec::new();
        for path in &messages {
            let message = std::fs::read(path).unwrap();
            // A message of no octets is refused (RFC 3502, 6.3.11), and one with a NUL gets an encoding.
            if message.is_empty() || message.contains(&0) {
                continue;
            }
            if let Err(error) = check(&mut client, &message).await {
                errors.push(format!("{}: {error}", path.display()));
            }
        }
        let (wrong, all) = (errors.len(), messages.len());
        assert!(
            errors.is_empty(),
            "{wrong} of {all}:\n{}",
            errors.join("\n")
        );
    })
    .unwrap();
}

/// RFC 3516, 4.4 and 6: a part with a NUL is stored in an encoding that BODY[] can return.
#[test]
fn octets_that_no_string_can_hold_come_back_by_binary() {
    let octets: Vec<u8> = (0..=255).collect();
    let head = b"Content-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    let message = [&head[..], &octets].concat();
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let mut client = stage.log_in("ada", 1).await.unwrap();
        let append = format!("APPEND INBOX ~{{{}+}}\r\n", message.len());
        let append = [append.as_bytes(), &message].concat();
        client.ask_ok(append).await.unwrap();
        client.ask_ok("SELECT INBOX").await.unwrap();
        let told = client.ask_ok("FETCH 1 BINARY.PEEK[1]").await.unwrap();
        let expected = [b"* 1 FETCH (BINARY[1] ~{256}\r\n", octets.as_slice(), b")"].concat();
        assert_eq!(told, [expected]);
        let told = client
            .ask_ok("FETCH 1 (BINARY.SIZE[1] BODY.PEEK[])")
            .await
            .unwrap();
        let text = String::from_utf8(told.concat()).unwrap();
        assert!(
            text.starts_with("* 1 FETCH (BINARY.SIZE[1] 256 BODY[] {"),
            "{text}"
        );
        assert!(
            text.contains("Content-Transfer-Encoding: base64\r\n\r\nAAECAwQF"),
            "{text}"
        );
        let refused = client
            .ask("APPEND INBOX ~{14+}\r\nSubject: \0\r\n\r\n")
            .await;
        let refused = String::from_utf8(refused.concat()).unwrap();
        assert!(refused.contains(" NO [UNKNOWN-CTE] "), "{refused}");
    })
    .unwrap();
}

/// RFC 9051, 9: a literal has no NUL. Where one is sent in it all the same, it is stored in an encoding, so that no
/// answer ever has one, whichever command brought it.
#[test]
fn a_nul_in_a_plain_literal_is_never_sent_back() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let mut client = stage.log_in("ada", 1).await.unwrap();
        client.ask_ok("SELECT INBOX").await.unwrap();
        for (command, expected) in [
            ("APPEND INBOX {16+}\r\nSubject: x\r\n\r\na\0", 1),
            (
                "APPEND INBOX CATENATE (TEXT {14+}\r\nSubject: x\r\n\r\n TEXT {2+}\r\na\0)",
                2,
            ),
            ("REPLACE 2 INBOX {16+}\r\nSubject: x\r\n\r\na\0", 2),
        ] {
            client.ask_ok(command).await.unwrap();
            let fetch = format!("FETCH {expected} (BODY.PEEK[] BODY.PEEK[1] BINARY.PEEK[1])");
            let told = client.ask_ok(fetch).await.unwrap().concat();
            let text = String::from_utf8(told).unwrap();
            let ending = "BODY[1] {4}\r\nYQA= BINARY[1] ~{2}\r\na\0)";
            let body = text.strip_suffix(ending);
            assert!(body.is_some_and(|body| !body.contains('\0')), "{text:?}");
        }
        let refused = client
            .ask("APPEND INBOX {14+}\r\nSubject: \0\r\n\r\n")
            .await;
        let refused = String::from_utf8(refused.concat()).unwrap();
        assert!(refused.contains(" NO [UNKNOWN-CTE] "), "{refused}");
    })
    .unwrap();
}

async fn check(client: &mut Client, message: &[u8]) -> Result<(), String> {
    let append = format!("APPEND INBOX {{{}+}}\r\n", message.len());
    let told = client.ask_ok([append.as_bytes(), message].concat()).await?;
    let number = told
        .iter()
        .find_map(|line| exists(line))
        .ok_or("no EXISTS")?;
    let body = client
        .ask_ok(format!("FETCH {number} (RFC822.SIZE BODY.PEEK[])"))
        .await?;
    let begin = format!(
        "* {number} FETCH (RFC822.SIZE {} BODY[] {{{}}}\r\n",
        message.len(),
        message.len()
    );
    if body != [[begin.as_bytes(), message, b")"].concat()] {
        return Err("another message came back".to_owned());
    }
    let described = client
        .ask_ok(format!("FETCH {number} (ENVELOPE BODYSTRUCTURE BODY)"))
        .await?;
    let [described] = described.as_slice() else {
        return Err(format!("{} answers", described.len()));
    };
    let line = [described, &b"\r\n"[..]].concat();
    match ResponseCodec::default().decode(&line) {
        Ok((b"", Response::Data(Data::Fetch { items, .. }))) if items.as_ref().len() == 3 => Ok(()),
        other => Err(format!("{other:?}\n{}", String::from_utf8_lossy(described))),
    }
}

/// The number of `* 12 EXISTS`.
fn exists(response: &[u8]) -> Option<u32> {
    let text = str::from_utf8(response).ok()?;
    text.strip_prefix("* ")?
        .strip_suffix(" EXISTS")?
        .parse()
        .ok()
}

/// All mails below `folder`, without the files that describe them.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
    {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            found.extend(files(&path));
        } else if name != "README.md" && name != "COPYING" {
            found.push(path);
        }
    }
    found.sort();
    found
}
