//! Passwords as PHC strings: argon2id, 19 MiB, two passes, one lane. Those that others have made: `foreign.rs`.

use std::borrow::Cow;
use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::foreign::Kind;

/// Hashes and verifies one password at a time, in memory that it keeps for the next one.
///
/// The server has as many of these as it allows passwords to be hashed at once.
#[derive(Default)]
pub struct Hasher {
    blocks: Vec<Block>,
}

/// The result of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The password is right.
    Yes,
    /// The password is right, and its hash was made with other parameters than today's: store a new
    /// one.
    YesRehash,
    /// The password is wrong.
    No,
}

/// Why a password cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unhashable {
    /// The password is empty; RFC 4616, 2, has no empty password.
    #[error("a password is not empty")]
    Empty,
    /// The password is longer than argon2 accepts.
    #[error("the password is too long")]
    TooLong,
}

/// Why a stored hash cannot be compared with any password. This is an error of the server, not of
/// the user who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHash {
    /// The text is no hash with a salt, or not a whole one.
    #[error("this is not a password hash")]
    Unreadable,
    /// The hash is of an algorithm that is not known here, or of a version of argon2 that does not exist.
    #[error("this kind of password hash is not supported")]
    Unsupported,
    /// The hash would take more memory or time than one login may.
    #[error("this password hash is too costly to verify")]
    TooCostly,
}

impl Hasher {
    /// Makes a hasher. It takes no memory until the first password.
    #[must_use]
    pub const fn new() -> Self {
        Self { blocks: Vec::new() }
    }

    /// Hashes `password` into a PHC string. A salt is random and used once.
    ///
    /// # Errors
    ///
    /// [`Unhashable`] for a password that cannot be stored.
    pub fn hash(&mut self, password: &[u8], salt: &[u8; 16]) -> Result<String, Unhashable> {
        if password.is_empty() {
            return Err(Unhashable::Empty);
        }
        let output = self
            .run(&Recipe::OURS, password, salt, OUTPUT_BYTES)
            .ok_or(Unhashable::TooLong)?;
        Ok(PasswordHash {
            algorithm: Recipe::OURS.algorithm.ident(),
            version: Some(Recipe::OURS.version.into()),
            params: ParamsString::try_from(&Recipe::OURS.params).unwrap_or_default(),
            salt: Salt::new(salt).ok(),
            hash: Some(output),
        }
        .to_string())
    }

    /// Whether `password` is the one behind `stored`.
    ///
    /// # Errors
    ///
    /// [`BadHash`] when the stored text cannot be compared with any password.
    pub fn verify(&mut self, password: &[u8], stored: &str) -> Result<Verified, BadHash> {
        let stored = match Kind::parse(stored)? {
            Kind::Argon2(stored) => parse(stored)?,
            Kind::Foreign(foreign) if !password.is_empty() && foreign.is_of(password) => {
                return Ok(Verified::YesRehash);
            }
            Kind::Foreign(_) => {
                // Most of them take less time than ours, which would tell that there is such an account.
                self.verify_nobody(password);
                return Ok(Verified::No);
            }
        };
        let Stored {
            recipe,
            salt,
            expected,
        } = stored;
        let output = self.run(&recipe, password, &salt, expected.len());
        // `Output` compares in constant time.
        Ok(if password.is_empty() || output != Some(expected) {
            Verified::No
        } else if recipe.is_ours() && expected.len() == OUTPUT_BYTES && salt.len() >= SALT_BYTES {
            Verified::Yes
        } else {
            Verified::YesRehash
        })
    }

    /// Whether [`verify`](Self::verify) could compare a password with `stored`.
    ///
    /// # Errors
    ///
    /// [`BadHash`] when it could not.
    pub fn check(stored: &str) -> Result<(), BadHash> {
        match Kind::parse(stored)? {
            Kind::Argon2(stored) => parse(stored).map(drop),
            Kind::Foreign(_) => Ok(()),
        }
    }

    /// Takes as long as [`verify`](Self::verify), for names without a password: the time must not
    /// tell whether an account exists.
    pub fn verify_nobody(&mut self, password: &[u8]) {
        self.run(&Recipe::OURS, password, &[0; SALT_BYTES], OUTPUT_BYTES);
    }

    /// Runs argon2; `None` for input that it does not accept, which is then nobody's password.
    fn run(
        &mut self,
        recipe: &Recipe,
        password: &[u8],
        salt: &[u8],
        output_bytes: usize,
    ) -> Option<Output> {
        let count = recipe.params.block_count();
        if self.blocks.len() < count {
            self.blocks.resize(count, Block::new());
        }
        let mut buffer = [0; Output::MAX_LENGTH];
        let output = buffer.get_mut(..output_bytes)?;
        let result = Argon2::new(recipe.algorithm, recipe.version, recipe.params.clone())
            .hash_password_into_with_memory(
                &prepared(password),
                salt,
                output,
                self.blocks.get_mut(..count)?,
            );
        // The memory that a costly hash from elsewhere took is given back.
        self.blocks.truncate(Recipe::OURS.params.block_count());
        self.blocks.shrink_to_fit();
        result.ok().and_then(|()| Output::new(output).ok())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The blocks were computed from passwords.
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

/// A PHC string of argon2, taken apart.
struct Stored {
    recipe: Recipe,
    salt: Salt,
    expected: Output,
}

fn parse(stored: &str) -> Result<Stored, BadHash> {
    let stored = PasswordHash::new(stored).map_err(|_| BadHash::Unreadable)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Err(BadHash::Unreadable);
    };
    Ok(Stored {
        recipe: Recipe::of(&stored)?,
        salt,
        expected,
    })
}

/// The password as SASL compares it (RFC 4616, 2; RFC 4013), or unchanged where that is impossible,
/// so that bytes of any charset stay usable.
pub(crate) fn prepared(password: &[u8]) -> Cow<'_, [u8]> {
    match str::from_utf8(password).map(stringprep::saslprep) {
        Ok(Ok(Cow::Owned(text))) => Cow::Owned(text.into_bytes()),
        Ok(Ok(Cow::Borrowed(_)) | Err(_)) | Err(_) => Cow::Borrowed(password),
    }
}

/// The parameters of a hash, apart from password and salt.
struct Recipe {
    algorithm: Algorithm,
    version: Version,
    params: Params,
}

impl Recipe {
    const OURS: Self = Self {
        algorithm: Algorithm::Argon2id,
        version: Version::V0x13,
        params: match Params::new(MEMORY_KIB, PASSES, LANES, None) {
            Ok(params) => params,
            Err(_) => panic!("not what argon2 takes"),
        },
    };

    fn of(stored: &PasswordHash) -> Result<Self, BadHash> {
        let algorithm =
            Algorithm::new(stored.algorithm.as_str()).map_err(|_| BadHash::Unsupported)?;
        let version = match stored.version {
            Some(version) => Version::try_from(version).map_err(|_| BadHash::Unsupported)?,
            // Strings that were made before the field was invented.
            None => Version::V0x10,
        };
        let params = Params::try_from(stored).map_err(|_| BadHash::Unreadable)?;
        let is_bearable = params.m_cost() <= FOREIGN_MEMORY_KIB_MAX
            && params.t_cost() <= FOREIGN_PASSES_MAX
            && params.p_cost() <= FOREIGN_LANES_MAX;
        if !is_bearable {
            return Err(BadHash::TooCostly);
        }
        Ok(Self {
            algorithm,
            version,
            params,
        })
    }

    fn is_ours(&self) -> bool {
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        self.algorithm == Self::OURS.algorithm
            && self.version == Self::OURS.version
            && cost(&self.params) == cost(&Self::OURS.params)
    }
}

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// Hashes that were made elsewhere may cost more than ours, within reason.
const FOREIGN_MEMORY_KIB_MAX: u32 = 256 * 1024;
const FOREIGN_PASSES_MAX: u32 = 16;
const FOREIGN_LANES_MAX: u32 = 16;

#[cfg(test)]
mod tests {
    use super::{BadHash, Hasher, Recipe, Unhashable, Verified};

    const SALT: [u8; 16] = *b"sixteen bytes...";

    #[test]
    fn a_hash_knows_its_password_again() {
        let mut hasher = Hasher::new();
        let stored = hasher.hash(b"correct horse", &SALT).unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        for (password, expected) in [
            (&b"correct horse"[..], Verified::Yes),
            (b"correct horse ", Verified::No),
            (b"Correct horse", Verified::No),
            (b"", Verified::No),
            (b"\xff\xfe", Verified::No),
        ] {
            assert_eq!(
                hasher.verify(password, &stored),
                Ok(expected),
                "{password:?}"
            );
        }
        // The result is the same, whatever was hashed in this memory before.
        assert_eq!(hasher.hash(b"correct horse", &SALT).unwrap(), stored);
        assert_eq!(Hasher::new().hash(b"correct horse", &SALT).unwrap(), stored);
    }

    #[test]
    fn a_password_typed_on_another_keyboard_is_the_same() {
        let mut hasher = Hasher::new();
        let stored = hasher.hash("Caf\u{e9}".as_bytes(), &SALT).unwrap();
        let decomposed = hasher.verify("Cafe\u{301}".as_bytes(), &stored);
        assert_eq!(decomposed, Ok(Verified::Yes));
        let latin1 = hasher.hash(b"Caf\xe9", &SALT).unwrap();
        assert_eq!(hasher.verify(b"Caf\xe9", &latin1), Ok(Verified::Yes));
        assert_eq!(hasher.verify(b"Caf\xe8", &latin1), Ok(Verified::No));
    }

    #[test]
    fn an_empty_password_is_none() {
        let mut hasher = Hasher::new();
        assert_eq!(hasher.hash(b"", &SALT), Err(Unhashable::Empty));
    }

    #[test]
    fn other_recipes_are_verified_and_replaced() {
        // These are from the tests of the reference implementation: `password` with salt
        // `somesalt`.
        for stored in [
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
            "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
        ] {
            let mut hasher = Hasher::new();
            let verified = hasher.verify(b"password", stored);
            assert_eq!(verified, Ok(Verified::YesRehash), "{stored}");
            let verified = hasher.verify(b"passwore", stored);
            assert_eq!(verified, Ok(Verified::No), "{stored}");
        }
    }

    #[test]
    fn a_hash_that_cannot_be_compared_is_our_trouble() {
        for (stored, expected) in [
            ("", BadHash::Unreadable),
            ("secret", BadHash::Unreadable),
            ("$argon2id$v=19$m=19456,t=2,p=1", BadHash::Unreadable),
            (
                "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ",
                BadHash::Unreadable,
            ),
            (
                "$argon2id$v=19$m=1,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                BadHash::Unreadable,
            ),
            (
                "$scrypt$ln=16,r=8,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                BadHash::Unsupported,
            ),
            (
                "$argon2id$v=99$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                BadHash::Unsupported,
            ),
            (
                "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                BadHash::TooCostly,
            ),
            (
                "$argon2id$v=19$m=256,t=4000000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                BadHash::TooCostly,
            ),
        ] {
            let verified = Hasher::new().verify(b"password", stored);
            assert_eq!(verified, Err(expected), "{stored}");
        }
    }

    #[test]
    fn memory_beyond_our_own_recipe_is_given_back() {
        let mut hasher = Hasher::new();
        let costly = "$argon2id$v=19$m=32768,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert_eq!(hasher.verify(b"password", costly), Ok(Verified::No));
        assert_eq!(hasher.blocks.len(), Recipe::OURS.params.block_count());
        let kept = hasher.blocks.as_ptr();
        hasher.verify_nobody(b"password");
        assert_eq!(hasher.blocks.as_ptr(), kept);
    }
}
