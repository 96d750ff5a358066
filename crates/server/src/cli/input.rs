//! Files that verbs read, or standard input.

use std::fs::File;
use std::io::{self, Read};

use super::failure::Failure;

/// A larger file is none of ours.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is in a file, or on standard input where its name is `-`.
pub(super) fn text_of(file: &str) -> Result<String, Failure> {
    let read = if file == "-" {
        read(io::stdin())
    } else {
        File::open(file).and_then(read)
    };
    read.map_err(|cause| Failure::failed(format!("{file}: {cause}")))
}

fn read(source: impl Read) -> io::Result<String> {
    let mut text = String::new();
    source.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        let words = format!("it has more than {FILE_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    // As spreadsheets begin a file.
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
