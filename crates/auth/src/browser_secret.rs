//! What a browser keeps of its session: 256 random bits, of which only a hash is stored. What its forms carry is derived from
//! it, so that no other page knows it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The secret of one browser's session. It is wiped when dropped, and never printed.
#[derive(Clone)]
pub struct BrowserSecret(Zeroizing<[u8; 32]>);

/// What is signed for a form that carries nothing else.
const FORM: &[&str] = &["form"];

impl BrowserSecret {
    /// The secret of these bytes, which are random and of which nobody else knows.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret that a browser has sent back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        from_hex(text).map(Self::from_random)
    }

    /// The text for the browser to keep.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(to_hex(self.0.as_slice()))
    }

    /// What is kept of it here. A fast hash will do: there are 2^256 to try.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }

    /// What every form of this browser carries.
    #[must_use]
    pub fn form_token(&self) -> String {
        self.seal(FORM)
    }

    /// Whether a form carries it.
    #[must_use]
    pub fn is_form_token(&self, text: &str) -> bool {
        self.is_seal(FORM, text)
    }

    /// What shows that we have written these words for this browser.
    #[must_use]
    pub fn seal(&self, words: &[&str]) -> String {
        to_hex(&self.keyed(words).finalize().into_bytes())
    }

    /// Whether `text` is the [`seal`](Self::seal) of these words. Takes as long whatever is wrong about it.
    #[must_use]
    pub fn is_seal(&self, words: &[&str], text: &str) -> bool {
        from_hex(text).is_some_and(|tag| self.keyed(words).verify_slice(&tag).is_ok())
    }

    fn keyed(&self, words: &[&str]) -> Hmac<Sha256> {
        // A key shorter than a block is filled up with zeros (RFC 2104, 2).
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(self.0.as_slice());
        let mut keyed = Hmac::new(&block.into());
        for word in words {
            // With its length, so that no two lists of words are the same bytes.
            keyed.update(&(word.len() as u64).to_be_bytes());
            keyed.update(word.as_bytes());
        }
        keyed
    }
}

impl fmt::Debug for BrowserSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserSecret(…)")
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: Option<Vec<u32>> = text.chars().map(|sign| sign.to_digit(16)).collect();
    let digits = digits?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::BrowserSecret;

    #[test]
    fn a_secret_comes_back_as_it_was_given() {
        let secret = BrowserSecret::from_random([0xa7; 32]);
        let text = secret.to_text();
        assert_eq!(text.len(), 64);
        let back = BrowserSecret::parse(&text).unwrap();
        assert_eq!(back.hash(), secret.hash());
        assert!(!format!("{secret:?}").contains("a7"));
        for wrong in ["", "a7", &text[1..], &format!("{}x", &text[1..]), "ä"] {
            assert!(BrowserSecret::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_seal_is_of_one_secret_and_one_list_of_words() {
        let ours = BrowserSecret::from_random([1; 32]);
        let theirs = BrowserSecret::from_random([2; 32]);
        let seal = ours.seal(&["bo", "lrs"]);
        assert!(ours.is_seal(&["bo", "lrs"], &seal));
        for words in [
            &["bol", "rs"][..],
            &["bo"],
            &["bo", "lrs", ""],
            &["lrs", "bo"],
        ] {
            assert!(!ours.is_seal(words, &seal), "{words:?}");
        }
        assert!(!theirs.is_seal(&["bo", "lrs"], &seal));
        assert!(!ours.is_seal(&["bo", "lrs"], ""));
        assert!(ours.is_form_token(&ours.form_token()));
        assert!(!ours.is_form_token(&theirs.form_token()));
        assert_ne!(ours.form_token(), *ours.to_text());
    }
}
