//! What the shared mailbox is filled with: real mail where it lies beside the repository, else
//! letters made up here.

use std::path::Path;

/// Made-up letters, when there are no real ones.
const MADE_UP: usize = 40;

const PEOPLE: &[(&str, &str)] = &[
    ("Mira Sand", "mira@example.com"),
    ("Tomás Rúa", "tomas@example.net"),
    ("Jun Abe", "jun@example.org"),
];

const MATTERS: &[(&str, &str)] = &[
    (
        "Invoice 2041 has the wrong address",
        "The street is right, the town is not.",
    ),
    (
        "Where is my parcel?",
        "It left your house on Monday, the tracking page says.",
    ),
    (
        "Two chairs, one without screws",
        "Could you send the missing bag?",
    ),
    ("Thank you", "The new lamp is exactly as on the picture."),
    (
        "Opening hours over the holidays",
        "Are you there on the 27th?",
    ),
];

/// The messages below `corpus`, or made-up ones when there is no such folder.
pub(super) fn gather(corpus: &Path) -> Vec<Vec<u8>> {
    let mut letters = Vec::new();
    gather_folder(corpus, &mut letters);
    if letters.is_empty() {
        letters.extend((0..MADE_UP).map(made_up));
    }
    letters
}

fn gather_folder(folder: &Path, letters: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather_folder(&path, letters);
        } else if path.extension().is_some_and(|ending| ending == "eml")
            && let Ok(letter) = std::fs::read(&path)
            && fits_a_literal(&letter)
        {
            letters.push(letter);
        }
    }
}

/// APPEND carries anything but nothing, and no NUL (RFC 3501, 9: CHAR8).
fn fits_a_literal(letter: &[u8]) -> bool {
    !letter.is_empty() && !letter.contains(&0)
}

fn made_up(number: usize) -> Vec<u8> {
    let (name, address) = PEOPLE[number % PEOPLE.len()];
    let (subject, body) = MATTERS[number % MATTERS.len()];
    let (day, hour) = (number / 24 + 1, number % 24);
    format!(
        "Date: {day:02} Nov 2026 {hour:02}:15:00 +0000\r\n\
         From: {name} <{address}>\r\n\
         To: support@example.com\r\n\
         Subject: {subject}\r\n\
         Message-ID: <demo-{number}@example.com>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n\
         Hello,\r\n\r\n{body}\r\n\r\n{name}\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_real_mail_there_is_made_up_mail() {
        let letters = gather(Path::new("/nowhere"));
        assert_eq!(letters.len(), MADE_UP);
        assert!(letters[0].starts_with(b"Date: 01 Nov 2026 00:15:00 +0000\r\nFrom: Mira Sand"));
        assert!(letters.iter().all(|letter| fits_a_literal(letter)));
    }

    #[test]
    fn real_mail_is_taken_from_every_folder() {
        let corpus = tempfile::tempdir().unwrap();
        let folder = corpus.path().join("b");
        std::fs::create_dir(&folder).unwrap();
        for (name, letter) in [
            ("b/1.eml", "B"),
            ("a.eml", "A"),
            ("c.eml", ""),
            ("README.md", "R"),
        ] {
            std::fs::write(corpus.path().join(name), letter).unwrap();
        }
        std::fs::write(corpus.path().join("nul.eml"), "a\0b").unwrap();
        assert_eq!(gather(corpus.path()), [b"A", b"B"]);
    }
}
