//! SEARCH finds what a reader of all letters would find, and SORT orders as the reader would, whether there are digests or
//! not.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use testkit::{Client, Cluster, Stage, World, in_world};

/// More letters than are read one by one, so that digests are written from the first search on.
const LETTERS: usize = 700;
/// The number of letters in one APPEND.
const LETTERS_AT_ONCE: usize = 100;
const WORDS: [&str; 10] = [
    "parcel",
    "Parcel",
    "the",
    "and",
    "Grüße",
    "over",
    "ab",
    "Σίσυφος",
    "x",
    "unparcelled",
];

/// A letter, and what SEARCH has to find in it.
struct Letter {
    subject: String,
    body: String,
    /// The whole letter, as it is appended.
    whole: String,
    /// Whether it has another recipient.
    is_copied: bool,
    /// The second of a day long ago at which it was sent; `None` where it does not tell.
    sent: Option<usize>,
}

#[test]
fn any_needle_finds_what_a_reader_finds() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let mut client = stage.log_in("ada", 1).await.unwrap();
        let mut letters: Vec<Letter> = (0..LETTERS).map(letter).collect();
        for letters in letters.chunks(LETTERS_AT_ONCE) {
            append(&mut client, letters).await;
        }
        client.ask_ok("SELECT INBOX").await.unwrap();
        // Digests are written during the first round; a later letter is found in the same way.
        for round in 0..4 {
            ask_all(&mut client, &letters).await;
            sort_all(&mut client, &letters).await;
            letters.push(letter(LETTERS + round));
            append(&mut client, &letters[LETTERS + round..]).await;
        }
        // What was expunged is no longer found, and sequence numbers have moved.
        client
            .ask_ok("STORE 3,300:310 +FLAGS.SILENT (\\Deleted)")
            .await
            .unwrap();
        client.ask_ok("EXPUNGE").await.unwrap();
        letters.drain(299..310);
        letters.remove(2);
        ask_all(&mut client, &letters).await;
        sort_all(&mut client, &letters).await;
    })
    .unwrap();
}

/// Few letters are read one by one, many have digests, and very many are searched in an opened
/// mailbox.
const MAILBOXES: [(&str, usize); 5] = [
    ("Archive", 4200),
    ("Drafts", 1),
    ("Empty", 0),
    ("Lists", 700),
    ("Work", 30),
];

#[test]
fn many_mailboxes_find_what_each_finds() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let mut client = stage.log_in("ada", 1).await.unwrap();
        for (name, count) in MAILBOXES {
            client.ask_ok(format!("CREATE {name}")).await.unwrap();
            let letters: Vec<Letter> = (0..count).map(letter).collect();
            for letters in letters.chunks(LETTERS_AT_ONCE) {
                append_to(&mut client, name, letters).await;
            }
        }
        // What one round had to read is in a digest in the next.
        for _ in 0..2 {
            for key in [
                "ALL",
                "UID 7:40",
                "2:3",
                "BODY parcel",
                "SUBJECT \"the over\"",
                "TEXT zyzzyva",
                "NOT CC bo UNSEEN",
                "OR BODY unparcelled SUBJECT \"letter 17\"",
                "SAVEDSINCE 1-Jan-2020 2:30",
            ] {
                compare_with_each(&mut client, key).await;
            }
        }
    })
    .unwrap();
}

/// Compares the UIDs that ESEARCH returns with those of each mailbox's own SEARCH.
async fn compare_with_each(client: &mut Client, key: &str) {
    let asked = format!("ESEARCH IN (personal) {key}");
    let told = client.ask_ok(asked).await.unwrap();
    let told = told.iter().map(|line| String::from_utf8_lossy(line));
    let told: Vec<(String, String)> = told
        .map(|line| {
            let (head, uids) = line.split_once(") UID ALL ").unwrap();
            let (_, mailbox) = head.split_once(" MAILBOX ").unwrap();
            let (mailbox, _) = mailbox.split_once(' ').unwrap();
            (mailbox.to_owned(), uids.to_owned())
        })
        .collect();
    let mut expected = Vec::new();
    for (name, _) in MAILBOXES {
        client.ask_ok(format!("EXAMINE {name}")).await.unwrap();
        let found = client.ask_ok(format!("UID SEARCH RETURN (ALL) {key}"));
        let found = found.await.unwrap().concat();
        let found = String::from_utf8_lossy(&found);
        if let Some((_, uids)) = found.split_once(") UID ALL ") {
            expected.push((name.to_owned(), uids.to_owned()));
        }
    }
    client.ask_ok("UNSELECT").await.unwrap();
    assert_eq!(told, expected, "{key}");
}

async fn ask_all(client: &mut Client, letters: &[Letter]) {
    let has = |text: &str, needle: &str| text.to_lowercase().contains(needle);
    type Holds<'f> = Box<dyn Fn(&Letter) -> bool + 'f>;
    let mut asked: Vec<(String, Holds<'_>)> = Vec::new();
    for needle in [
        "parcel",
        "parcelled",
        "nparc",
        "x",
        "ab",
        "the and",
        "grüße",
        "σίσυφος",
        "σ",
        "letter 17",
        "letter 17 ",
        "zyzzyva",
        "over the",
        ". ",
    ] {
        let text = format!("{{{}+}}\r\n{needle}", needle.len());
        asked.push((
            format!("SUBJECT {text}"),
            Box::new(move |l| has(&l.subject, needle)),
        ));
        asked.push((
            format!("BODY {text}"),
            Box::new(move |l| has(&l.body, needle)),
        ));
        asked.push((
            format!("TEXT {text}"),
            Box::new(move |l| has(&l.whole, needle)),
        ));
        asked.push((
            format!("OR CC bo BODY {text}"),
            Box::new(move |l| l.is_copied || has(&l.body, needle)),
        ));
        asked.push((
            format!("BODY {text} NOT SUBJECT over HEADER Cc \"\""),
            Box::new(move |l| has(&l.body, needle) && !has(&l.subject, "over") && l.is_copied),
        ));
    }
    for (command, holds) in asked {
        let expected: Vec<String> = (1..)
            .zip(letters)
            .filter(|(_, letter)| holds(letter))
            .map(|(number, _): (u32, _)| format!(" {number}"))
            .collect();
        let heard = client
            .ask_ok(format!("SEARCH CHARSET UTF-8 {command}"))
            .await
            .unwrap();
        let expected = format!("* SEARCH{}", expected.concat());
        assert_eq!(String::from_utf8_lossy(&heard[0]), expected, "{command}");
    }
}

/// Orders by numbers. Letters without a date come after all others, in the order in which they arrived.
async fn sort_all(client: &mut Client, letters: &[Letter]) {
    type Key = fn(&Letter) -> (usize, usize);
    let by_date: Key = |letter| (letter.sent.unwrap_or(usize::MAX), 0);
    let by_size: Key = |letter| {
        let sent = letter.sent.unwrap_or(usize::MAX);
        (usize::MAX - letter.whole.len(), sent)
    };
    for (criteria, key) in [("DATE", by_date), ("REVERSE SIZE DATE SIZE", by_size)] {
        let mut numbered: Vec<(usize, &Letter)> = (1..).zip(letters).collect();
        numbered.sort_by_key(|(_, letter)| key(letter));
        let expected = numbered.iter().map(|(number, _)| format!(" {number}"));
        let expected = format!("* SORT{}", expected.collect::<String>());
        let asked = format!("SORT ({criteria}) UTF-8 ALL");
        let heard = client.ask_ok(asked).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&heard[0]), expected, "{criteria}");
    }
}

fn letter(number: usize) -> Letter {
    let mut dice = number as u64 + 1;
    let mut word = || {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        WORDS[usize::try_from(dice >> 33).unwrap() % WORDS.len()]
    };
    let mut words = |count| (0..count).map(|_| word()).collect::<Vec<_>>().join(" ");
    let subject = format!("{} letter {number}", words(3));
    let body = format!("{}. {}.", words(6), words(6));
    let is_copied = number.is_multiple_of(3);
    let copy = if is_copied {
        "Cc: Bo <bo@example.org>\r\n"
    } else {
        ""
    };
    // In no order, and no two at once.
    let sent = (number % 17 != 5).then_some(number * 7919 % 86_400);
    let date = sent.map_or_else(String::new, |sent| {
        let (hour, minute, second) = (sent / 3600, sent / 60 % 60, sent % 60);
        format!("Date: 1 Nov 2020 {hour:02}:{minute:02}:{second:02} +0000\r\n")
    });
    let whole = format!(
        "From: ada@example.org\r\n{date}{copy}Subject: {subject}\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    );
    Letter {
        subject,
        body,
        whole,
        is_copied,
        sent,
    }
}

async fn append(client: &mut Client, letters: &[Letter]) {
    append_to(client, "INBOX", letters).await;
}

async fn append_to(client: &mut Client, name: &str, letters: &[Letter]) {
    let mut command = format!("APPEND {name}").into_bytes();
    for Letter { whole, .. } in letters {
        command.extend(format!(" {{{}+}}\r\n{whole}", whole.len()).into_bytes());
    }
    client.ask_ok(command).await.unwrap();
}
