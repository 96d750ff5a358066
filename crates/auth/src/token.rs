//! Access tokens: passwords that are made here, for one program each, and that nobody guesses
//! (docs/adr/0081-access-tokens.md).
//!
//! The text of one is `prtok_`, 26 signs that are 128 random bits, and 6 that follow from these. The signs are those of
//! Crockford's base 32, in lower case. Whoever looks for tokens that leaked finds `prtok_[0-9a-hjkmnp-tv-z]{32}`.

use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// A token in transit. It is wiped when dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

/// Why a password is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// It is an ordinary password.
    Password,
    /// It begins as a token does, and is none: cut short, or typed wrongly.
    Malformed,
}

/// No password begins so: what does is never compared with the hash of one.
const PREFIX: &str = "prtok_";
const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// As many signs as 128 bits need.
const RANDOM_SIGNS: usize = 26;
const CHECK_SIGNS: usize = 6;

impl Token {
    /// The token of these bytes, which are random and of which nobody else knows.
    #[must_use]
    pub fn from_random(bytes: &[u8; 16]) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(
            PREFIX.len() + RANDOM_SIGNS + CHECK_SIGNS,
        ));
        text.push_str(PREFIX);
        text.extend(signs(u128::from_be_bytes(*bytes), RANDOM_SIGNS));
        let check = check(&text);
        text.extend(check);
        Self(text)
    }

    /// The token that was given as a password. A token is the same in capitals, and with `o`, `i` and `l` for the signs
    /// that look like them: somebody may have typed it.
    ///
    /// # Errors
    ///
    /// [`NoToken`] for every other password.
    pub fn parse(password: &[u8]) -> Result<Self, NoToken> {
        let is_meant = password
            .get(..PREFIX.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX.as_bytes()));
        if !is_meant {
            return Err(NoToken::Password);
        }
        let mut text = Zeroizing::new(String::with_capacity(password.len()));
        text.push_str(PREFIX);
        for &byte in password.get(PREFIX.len()..).unwrap_or_default() {
            text.push(match byte.to_ascii_lowercase() {
                b'o' => '0',
                b'i' | b'l' => '1',
                sign if SIGNS.contains(&sign) => char::from(sign),
                _ => return Err(NoToken::Malformed),
            });
        }
        let random = PREFIX.len() + RANDOM_SIGNS;
        let is_whole = text.len() == random + CHECK_SIGNS
            && text
                .get(..random)
                .is_some_and(|random| check(random).eq(text.chars().skip(random.len())));
        if is_whole {
            Ok(Self(text))
        } else {
            Err(NoToken::Malformed)
        }
    }

    /// The text, which is shown once.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it. A fast hash will do: there are 2^128 tokens to try.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What a token ends with whose text began so: a wrong sign is found without asking anybody.
fn check(begin: &str) -> impl Iterator<Item = char> + use<> {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(begin.as_bytes()));
    signs(u128::from(u32::from_be_bytes([a, b, c, d])), CHECK_SIGNS)
}

/// The lowest bits of `number`, five a sign, the highest first.
fn signs(number: u128, count: usize) -> impl Iterator<Item = char> {
    (0..count).rev().map(move |place| {
        let index = usize::try_from(number >> (5 * place) & 31).unwrap_or_default();
        SIGNS.get(index).copied().map_or('0', char::from)
    })
}

#[cfg(test)]
mod tests {
    use super::{NoToken, Token};

    const TEXT: &str = "prtok_01081g81860w40j2gb1g6gw3rgm0b8ph";

    #[test]
    fn a_token_is_known_again() {
        let token = Token::from_random(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        assert_eq!(Token::parse(token.as_str().as_bytes()), Ok(token.clone()));
        let loud = token
            .as_str()
            .to_uppercase()
            .replace('0', "O")
            .replace('1', "l");
        assert_eq!(Token::parse(loud.as_bytes()), Ok(token.clone()));
        assert_eq!(token.as_str(), TEXT);
        assert!(!format!("{token:?}").contains("prtok"));
    }

    #[test]
    fn each_bit_makes_another_token() {
        let mut hashes = std::collections::HashSet::new();
        for bit in 0..128 {
            let token = Token::from_random(&(1_u128 << bit).to_be_bytes());
            assert_eq!(Token::parse(token.as_str().as_bytes()).as_ref(), Ok(&token));
            assert!(hashes.insert(token.hash()));
        }
    }

    #[test]
    fn what_begins_as_a_token_and_is_none_is_no_password_either() {
        let token = Token::from_random(&[7; 16]);
        let text = token.as_str();
        for (place, _) in text.char_indices().skip(6) {
            let mut wrong = text.as_bytes().to_vec();
            wrong[place] = if wrong[place] == b'5' { b'6' } else { b'5' };
            assert_eq!(Token::parse(&wrong), Err(NoToken::Malformed), "{place}");
        }
        for (password, expected) in [
            ("", NoToken::Password),
            ("pass", NoToken::Password),
            ("prtok", NoToken::Password),
            ("xprtok_", NoToken::Password),
            ("prtok_", NoToken::Malformed),
            ("PRTOK_x", NoToken::Malformed),
            ("prtok_0000000000000000000000000000000u", NoToken::Malformed),
            ("prtok_é", NoToken::Malformed),
        ] {
            assert_eq!(
                Token::parse(password.as_bytes()),
                Err(expected),
                "{password}"
            );
        }
        for cut in [&text[..37], &format!("{text}0"), &format!("{text} ")] {
            assert_eq!(
                Token::parse(cut.as_bytes()),
                Err(NoToken::Malformed),
                "{cut}"
            );
        }
    }
}
