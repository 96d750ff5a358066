//! The superuser's password.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::PgError;

/// A password that `Debug` does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// The text is not one line, and `initdb` reads a password as the first line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password is one line, and not an empty one")]
pub struct BadPassword;

impl Password {
    /// # Errors
    ///
    /// [`BadPassword`] for an empty text, or for more than a line.
    pub fn parse(text: &str) -> Result<Self, BadPassword> {
        if text.is_empty() || text.contains(['\n', '\r', '\0']) {
            return Err(BadPassword);
        }
        Ok(Self(text.to_owned()))
    }

    /// Draws a password of 192 bits from the system's randomness.
    pub(crate) fn draw() -> Result<Self, PgError> {
        let source = Path::new("/dev/urandom");
        let mut bytes = [0; 24];
        File::open(source)
            .and_then(|mut file| file.read_exact(&mut bytes))
            .map_err(PgError::io("read", source))?;
        Ok(Self(
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Password;

    #[test]
    fn a_password_is_one_line_and_stays_to_itself() {
        for bad in ["", "two\nlines", "nul\0"] {
            assert!(Password::parse(bad).is_err(), "{bad:?}");
        }
        let password = Password::parse("pa@ss/wört:%").unwrap();
        assert_eq!(format!("{password:?}"), "Password(..)");
    }

    #[test]
    fn no_two_draws_are_alike() {
        let (one, other) = (Password::draw().unwrap(), Password::draw().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 48);
    }
}
