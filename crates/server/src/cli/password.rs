//! Where a new password comes from: never from the arguments, which everybody on the machine can
//! read.

use std::io::{self, Read as _};
use std::path::PathBuf;

use auth::{Hasher, NoToken, Password, ScramVerifier, Token};
use mail::AccountId;
use store::Fault;

use super::admin_context::AdminContext;
use super::failure::Failure;
use crate::config::Verifiers;
use crate::environment;

/// What a password may measure; also keeps a wrong file from being read for ever.
const PASSWORD_BYTES_MAX: u64 = 1024;

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

/// A password that was given, and its hash.
pub(super) struct NewPassword {
    password: Password,
    pub(super) hash: String,
}

impl NewPassword {
    /// Keeps for an account that has this password by what its owner can prove that he knows it, where that is done here.
    pub(super) async fn keep_verifier(
        &self,
        context: &AdminContext,
        account: AccountId,
        name: &str,
    ) -> Result<(), Fault> {
        if context.verifiers == Verifiers::NotMade {
            return Ok(());
        }
        let salt = context.store.find_prover(name).await?.salt;
        let verifier = ScramVerifier::of_password(self.password.as_bytes(), &salt).to_string();
        context
            .store
            .keep_verifier(account, &self.hash, &verifier)
            .await
    }
}

impl Args {
    /// The password with its hash; `None` when none was given.
    pub(super) fn read(&self) -> Result<Option<NewPassword>, Failure> {
        let text = match &self.password_file {
            Some(path) => std::fs::File::open(path)
                .and_then(read)
                .map_err(|cause| Failure::failed(format!("{}: {cause}", path.display())))?,
            None if self.password_stdin => read(io::stdin())
                .map_err(|cause| Failure::failed(format!("standard input: {cause}")))?,
            None => return Ok(None),
        };
        let salt = environment::random_bytes()
            .ok_or_else(|| Failure::failed("this machine gives no random numbers"))?;
        let password = text.strip_suffix('\n').unwrap_or(&text);
        let password = password.strip_suffix('\r').unwrap_or(password);
        if Token::parse(password.as_bytes()) != Err(NoToken::Password) {
            let words = "a password does not begin as an access token does (`postroom token add` makes those)";
            return Err(Failure::failed(words));
        }
        let hash = Hasher::new().hash(password.as_bytes(), &salt);
        let hash = hash.map_err(|cause| Failure::failed(cause.to_string()))?;
        let password = Password::new(password.as_bytes())
            .ok_or_else(|| Failure::failed("a password has no NUL in it"))?;
        Ok(Some(NewPassword { password, hash }))
    }
}

fn read(source: impl io::Read) -> io::Result<String> {
    let mut text = String::new();
    source
        .take(PASSWORD_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > PASSWORD_BYTES_MAX {
        let words = format!("a password has at most {PASSWORD_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    Ok(text)
}
