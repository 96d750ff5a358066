//! The results of SEARCH obey the laws of sets, whatever the key.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeSet;

use testkit::{Client, Cluster, Stage, World, in_world};

const MESSAGES: u32 = 30;
const ROUNDS: u32 = 150;
/// How deep keys are nested.
const DEPTH_MAX: u32 = 3;

/// One key for every kind of data that a key can need.
const LEAVES: &[&str] = &[
    "ALL",
    "SEEN",
    "UNSEEN",
    "FLAGGED",
    "KEYWORD work",
    "UNKEYWORD work",
    "KEYWORD never",
    "1:10",
    "5,7:9,*",
    "UID 3:12",
    "LARGER 120",
    "SMALLER 120",
    "ON 3-Feb-1994",
    "BEFORE 3-Feb-1994",
    "SINCE 3-Feb-1994",
    "SENTON 4-Mar-2004",
    "SENTBEFORE 4-Mar-2004",
    "SENTSINCE 4-Mar-2004",
    "OLDER 1000",
    "YOUNGER 1000",
    "FROM ada",
    "TO \"\"",
    "CC bo",
    "SUBJECT a",
    "SUBJECT \"ab\"",
    "BODY b",
    "BODY \"b a\"",
    "TEXT ab",
    "TEXT X-Odd",
    "HEADER X-Odd \"\"",
    "HEADER X-Odd b",
    "MODSEQ 9",
];

/// Random numbers that are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn key(&mut self, depth: u32) -> String {
        let deeper = depth + 1;
        match self.below(if depth < DEPTH_MAX { 6 } else { 1 }) {
            3 => format!("NOT {}", self.key(deeper)),
            4 => format!("OR {} {}", self.key(deeper), self.key(deeper)),
            5 => format!("({} {})", self.key(deeper), self.key(deeper)),
            _ => self.pick(LEAVES).to_owned(),
        }
    }

    fn message(&mut self) -> String {
        let from = self.pick(&["ada@x.org", "Bo <bo@x.org>", "Ada <c@x.org>"]);
        let cc = self.pick(&["", "Cc: bo@x.org\r\n", "To: a@x.org\r\n", "X-Odd: b\r\n"]);
        let date = self.pick(&["4 Mar 2004 10:00 +0000", "5 Mar 2004 10:00 +0000", "never"]);
        let subject = self.pick(&["a", "ab", "b a", "xyz"]);
        let body = self.pick(&["", "ab", "b a b", "nothing"]);
        let padding = "-".repeat(self.below(80));
        format!(
            "From: {from}\r\n{cc}Date: {date}\r\nSubject: {subject}\r\n\r\n{body}\r\n{padding}\r\n"
        )
    }
}

#[test]
fn not_or_and_and_are_what_they_are_for_sets() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let mut chance = Chance(1);
        let mut client = stage.log_in("ada", 1).await.unwrap();
        fill(&mut client, &mut chance).await;
        for _ in 0..ROUNDS {
            let (a, b) = (chance.key(0), chance.key(0));
            let of_a = find(&mut client, &a).await;
            let of_b = find(&mut client, &b).await;
            let all: BTreeSet<u32> = (1..=MESSAGES).collect();
            let law = [
                (format!("NOT {a}"), &all - &of_a),
                (format!("OR {a} {b}"), &of_a | &of_b),
                (format!("{b} {a}"), &of_a & &of_b),
                (format!("NOT OR {a} {b}"), &(&all - &of_a) - &of_b),
                (format!("{a} NOT {b}"), &of_a - &of_b),
                (format!("{a} NOT {a}"), BTreeSet::new()),
            ];
            for (key, expected) in law {
                assert_eq!(find(&mut client, &key).await, expected, "{key}");
            }
            told_alike(&mut client, &a, &of_a).await;
        }
    })
    .unwrap();
}

async fn fill(client: &mut Client, chance: &mut Chance) {
    for _ in 0..MESSAGES {
        let flags = chance.pick(&["", r"\Seen", r"\Seen \Flagged", "work", r"work \Answered"]);
        let date = chance.pick(&[
            "",
            "\"03-Feb-1994 01:00:00 +0200\" ",
            "\"04-Feb-1994 23:59:59 -0800\" ",
        ]);
        let message = chance.message();
        let length = message.len();
        let append = format!("APPEND INBOX ({flags}) {date}{{{length}+}}\r\n{message}");
        client.ask_ok(append).await.unwrap();
    }
    client.ask_ok("SELECT INBOX (CONDSTORE)").await.unwrap();
}

async fn find(client: &mut Client, key: &str) -> BTreeSet<u32> {
    let responses = client.ask_ok(format!("SEARCH {key}")).await.unwrap();
    numbers(&responses.concat())
}

/// The numbers of `* SEARCH 1 2 (MODSEQ 3)`.
fn numbers(response: &[u8]) -> BTreeSet<u32> {
    let text = str::from_utf8(response).unwrap();
    let text = text.strip_prefix("* SEARCH").unwrap();
    let text = text.split('(').next().unwrap();
    text.split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect()
}

/// Checks that RETURN counts what SEARCH lists. Nothing was ever expunged, so UIDs equal sequence
/// numbers.
async fn told_alike(client: &mut Client, key: &str, found: &BTreeSet<u32>) {
    let responses = client.ask_ok(format!("UID SEARCH {key}")).await.unwrap();
    assert_eq!(&numbers(&responses.concat()), found, "UID SEARCH {key}");
    let asked = format!("SEARCH RETURN (MIN MAX COUNT) {key}");
    let told = client.ask_ok(asked).await.unwrap().concat();
    let told = String::from_utf8(told).unwrap();
    let mut expected = String::new();
    if let (Some(first), Some(last)) = (found.first(), found.last()) {
        expected = format!(" MIN {first} MAX {last}");
    }
    expected.push_str(&format!(" COUNT {}", found.len()));
    assert!(told.contains(&expected), "{key}: {told} is not {expected}");
}
