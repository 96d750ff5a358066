//! Where a new password comes from: never from the arguments, which everybody on the machine can
//! read.

use std::io::{self, Read as _};
use std::path::PathBuf;

use super::failure::Failure;
use crate::new_password::PASSWORD_BYTES_MAX;

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct Args {
    /// Read the password from this file; the end of its last line does not belong to it.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl Args {
    /// The password; `None` when none was given.
    pub(super) fn read(&self) -> Result<Option<String>, Failure> {
        let text = match &self.password_file {
            Some(path) => std::fs::File::open(path)
                .and_then(read)
                .map_err(|cause| Failure::failed(format!("{}: {cause}", path.display())))?,
            None if self.password_stdin => read(io::stdin())
                .map_err(|cause| Failure::failed(format!("standard input: {cause}")))?,
            None => return Ok(None),
        };
        let password = text.strip_suffix('\n').unwrap_or(&text);
        let password = password.strip_suffix('\r').unwrap_or(password);
        Ok(Some(password.to_owned()))
    }
}

/// What may follow a password in a file.
const LINE_END_BYTES_MAX: u64 = 2;

fn read(source: impl io::Read) -> io::Result<String> {
    let mut text = String::new();
    // Also keeps a wrong file from being read for ever.
    let bytes_max = PASSWORD_BYTES_MAX as u64 + LINE_END_BYTES_MAX;
    source.take(bytes_max + 1).read_to_string(&mut text)?;
    if text.len() as u64 > bytes_max {
        let words = format!("a password has at most {PASSWORD_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    Ok(text)
}
