//! Real messages, where they exist beside the repository.

use std::fs;
use std::path::{Path, PathBuf};

use super::oracle::checked;

#[test]
fn every_message_of_the_corpus_is_described() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("no corpus at {}: nothing was checked", corpus.display());
        return;
    }
    let files = files_below(&corpus);
    assert!(files.len() > 100, "{} files", files.len());
    for file in files {
        let message = fs::read(&file).unwrap();
        checked(&message);
        checked(&with_line_breaks(&message, b"\n"));
        checked(&with_line_breaks(&message, b"\r\n"));
        checked(&enclosed(&message));
        // A message that was cut anywhere, as by a client that died.
        for length in (0..message.len()).step_by(message.len() / 16 + 1) {
            checked(&message[..length]);
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn with_line_breaks(message: &[u8], line_break: &[u8]) -> Vec<u8> {
    message
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .collect::<Vec<_>>()
        .join(line_break)
}

/// The message as an attachment, the way forwarding does it.
fn enclosed(message: &[u8]) -> Vec<u8> {
    [
        b"Content-Type: multipart/digest; boundary=\"around it\"\r\n\r\n--around it\r\n\r\n",
        message,
        b"\r\n--around it--\r\n",
    ]
    .concat()
}
