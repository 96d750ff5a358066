//! Password hashes that other servers have made. They are only compared: at the first login with one, ours takes its place.
//!
//! Understood are those of `crypt` (bcrypt, SHA-256 and SHA-512), of LDAP directories (`{SSHA}` and its kind), and PBKDF2 as Dovecot,
//! `OpenLDAP` and Python's passlib write it, with or without the `{SCHEME}` before it that Dovecot's and LDAP's files have.

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::Output;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pbkdf2::pbkdf2_hmac;
use sha_crypt::{Params as ShaCryptParams, ShaCrypt};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use crate::hash::BadHash;

/// A hash of another kind than ours.
#[derive(Debug)]
pub(crate) enum ForeignHash {
    Bcrypt(String),
    ShaCrypt(String),
    /// A digest of the password with the salt behind it.
    Salted {
        digest: Digest,
        salt: Vec<u8>,
        expected: Vec<u8>,
    },
    Pbkdf2 {
        digest: Digest,
        rounds: u32,
        salt: Vec<u8>,
        expected: Vec<u8>,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

/// What a stored text turns out to be.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// A PHC string of argon2, without a scheme before it.
    Argon2(&'a str),
    Foreign(ForeignHash),
}

/// Some three seconds of a core.
const BCRYPT_COST_MAX: u32 = 15;
/// Some two seconds of a core.
const SHA_CRYPT_ROUNDS_MAX: u32 = 1_000_000;
const PBKDF2_ROUNDS_MAX: u32 = 2_000_000;
/// No hash of those that are known is longer.
const STORED_BYTES_MAX: usize = 1024;

/// Directories write padding or leave it away.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl<'a> Kind<'a> {
    /// Tells what `stored` is.
    ///
    /// # Errors
    ///
    /// [`BadHash`] for what is not a hash that could be compared with a password.
    pub(crate) fn parse(stored: &'a str) -> Result<Self, BadHash> {
        if stored.len() > STORED_BYTES_MAX {
            return Err(BadHash::Unreadable);
        }
        let (scheme, text) = match stored.strip_prefix('{') {
            Some(rest) => rest.split_once('}').ok_or(BadHash::Unreadable)?,
            None => ("", stored),
        };
        let scheme = scheme.to_ascii_uppercase();
        let foreign = match scheme.as_str() {
            "" | "CRYPT" | "BLF-CRYPT" | "SHA256-CRYPT" | "SHA512-CRYPT" | "ARGON2I"
            | "ARGON2ID" => return Self::parse_crypt(text),
            "PBKDF2" => dovecot_pbkdf2(text)?,
            "PBKDF2-SHA1" => pbkdf2(Digest::Sha1, text)?,
            "PBKDF2-SHA256" => pbkdf2(Digest::Sha256, text)?,
            "PBKDF2-SHA512" => pbkdf2(Digest::Sha512, text)?,
            "SHA" | "SHA1" | "SSHA" => salted(Digest::Sha1, text)?,
            "SHA256" | "SSHA256" => salted(Digest::Sha256, text)?,
            "SHA512" | "SSHA512" => salted(Digest::Sha512, text)?,
            _ => return Err(BadHash::Unsupported),
        };
        Ok(Self::Foreign(foreign))
    }

    /// By what stands between the first two dollar signs.
    fn parse_crypt(text: &'a str) -> Result<Self, BadHash> {
        let mut fields = text
            .strip_prefix('$')
            .ok_or(BadHash::Unreadable)?
            .split('$');
        let foreign = match fields.next().unwrap_or_default() {
            "2a" | "2b" | "2y" => bcrypt(text)?,
            "5" | "6" => sha_crypt(text)?,
            "pbkdf2" => passlib_pbkdf2(Digest::Sha1, text)?,
            "pbkdf2-sha256" => passlib_pbkdf2(Digest::Sha256, text)?,
            "pbkdf2-sha512" => passlib_pbkdf2(Digest::Sha512, text)?,
            name if name.starts_with("argon2") => return Ok(Self::Argon2(text)),
            _ => return Err(BadHash::Unsupported),
        };
        Ok(Self::Foreign(foreign))
    }
}

impl ForeignHash {
    /// Whether this was made of `password`, whose bytes are taken as they are.
    pub(crate) fn is_of(&self, password: &[u8]) -> bool {
        match self {
            Self::Bcrypt(stored) => bcrypt::verify(password, stored).unwrap_or(false),
            Self::ShaCrypt(stored) => ShaCrypt::SHA512
                .verify_password(password, stored.as_str())
                .is_ok(),
            Self::Salted {
                digest,
                salt,
                expected,
            } => is_same(&digest.of(password, salt), expected),
            Self::Pbkdf2 {
                digest,
                rounds,
                salt,
                expected,
            } => {
                let mut found = vec![0; expected.len()];
                match digest {
                    Digest::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, *rounds, &mut found),
                    Digest::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, *rounds, &mut found),
                    Digest::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, *rounds, &mut found),
                }
                is_same(&found, expected)
            }
        }
    }
}

impl Digest {
    const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn of(self, password: &[u8], salt: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::new()
                .chain_update(password)
                .chain_update(salt)
                .finalize()
                .to_vec(),
            Self::Sha256 => Sha256::new()
                .chain_update(password)
                .chain_update(salt)
                .finalize()
                .to_vec(),
            Self::Sha512 => Sha512::new()
                .chain_update(password)
                .chain_update(salt)
                .finalize()
                .to_vec(),
        }
    }
}

/// In constant time.
pub(crate) fn is_same(found: &[u8], expected: &[u8]) -> bool {
    matches!((Output::new(found), Output::new(expected)), (Ok(found), Ok(expected)) if found == expected)
}

fn bcrypt(text: &str) -> Result<ForeignHash, BadHash> {
    let parts: bcrypt::HashParts = text.parse().map_err(|_| BadHash::Unreadable)?;
    if parts.get_cost() > BCRYPT_COST_MAX {
        return Err(BadHash::TooCostly);
    }
    Ok(ForeignHash::Bcrypt(text.to_owned()))
}

/// `$5$[rounds=N$]salt$hash`, and with 6 for SHA-512.
fn sha_crypt(text: &str) -> Result<ForeignHash, BadHash> {
    let fields: Vec<_> = text.split('$').skip(2).collect();
    let hash = match *fields.as_slice() {
        [rounds, _, hash] => {
            rounds
                .parse::<ShaCryptParams>()
                .map_err(|_| BadHash::Unreadable)?;
            let rounds = rounds.trim_start_matches("rounds=");
            if rounds
                .parse()
                .is_ok_and(|rounds: u32| rounds > SHA_CRYPT_ROUNDS_MAX)
            {
                return Err(BadHash::TooCostly);
            }
            hash
        }
        [_, hash] => hash,
        _ => return Err(BadHash::Unreadable),
    };
    // Six bits a character.
    let is_whole = hash.len() == if text.starts_with("$5$") { 43 } else { 86 };
    is_whole
        .then(|| ForeignHash::ShaCrypt(text.to_owned()))
        .ok_or(BadHash::Unreadable)
}

/// Base64 of the digest, and of the salt behind it if there is one.
fn salted(digest: Digest, text: &str) -> Result<ForeignHash, BadHash> {
    let bytes = BASE64.decode(text).map_err(|_| BadHash::Unreadable)?;
    let (expected, salt) = bytes
        .split_at_checked(digest.bytes())
        .ok_or(BadHash::Unreadable)?;
    Ok(ForeignHash::Salted {
        digest,
        salt: salt.to_vec(),
        expected: expected.to_vec(),
    })
}

/// `$1$salt$rounds$hash`: SHA-1, the salt is its text, and the hash is in hexadecimal.
fn dovecot_pbkdf2(text: &str) -> Result<ForeignHash, BadHash> {
    let fields: Vec<_> = text.split('$').collect();
    let ["", "1", salt, rounds, hash] = *fields.as_slice() else {
        return Err(BadHash::Unreadable);
    };
    let expected = (0..hash.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hash.get(at..at + 2)?, 16).ok())
        .collect::<Option<Vec<_>>>()
        .ok_or(BadHash::Unreadable)?;
    checked_pbkdf2(Digest::Sha1, rounds, salt.as_bytes().to_vec(), expected)
}

/// `$pbkdf2-sha256$rounds$salt$hash`.
fn passlib_pbkdf2(digest: Digest, text: &str) -> Result<ForeignHash, BadHash> {
    let (_, fields) = text
        .get(1..)
        .and_then(|text| text.split_once('$'))
        .ok_or(BadHash::Unreadable)?;
    pbkdf2(digest, fields)
}

/// `rounds$salt$hash`, in a base64 that has `.` in place of `+`.
fn pbkdf2(digest: Digest, text: &str) -> Result<ForeignHash, BadHash> {
    let fields: Vec<_> = text.split('$').collect();
    let [rounds, salt, hash] = *fields.as_slice() else {
        return Err(BadHash::Unreadable);
    };
    let bytes = |text: &str| {
        BASE64
            .decode(text.replace('.', "+"))
            .map_err(|_| BadHash::Unreadable)
    };
    checked_pbkdf2(digest, rounds, bytes(salt)?, bytes(hash)?)
}

fn checked_pbkdf2(
    digest: Digest,
    rounds: &str,
    salt: Vec<u8>,
    expected: Vec<u8>,
) -> Result<ForeignHash, BadHash> {
    let rounds: u32 = rounds.parse().map_err(|_| BadHash::Unreadable)?;
    if rounds == 0 || expected.len() != digest.bytes() {
        return Err(BadHash::Unreadable);
    }
    if rounds > PBKDF2_ROUNDS_MAX {
        return Err(BadHash::TooCostly);
    }
    Ok(ForeignHash::Pbkdf2 {
        digest,
        rounds,
        salt,
        expected,
    })
}

#[cfg(test)]
mod tests {
    use crate::{BadHash, Hasher, Verified};

    /// All of `Caffè e latte`, by `doveadm pw`, `openssl passwd` and passlib's rules in Python.
    const MADE_ELSEWHERE: [&str; 13] = [
        "{SSHA}pDLqD+ChQYR6XIPExEVbrMZb5s9iRMC9",
        "{ssha256}8PXQPwWWN6U07bx4ac0gyzSOg6tkHBGBkTYwB4byhGOLQDrM",
        "{SSHA512}jWU3cwsbsbPAutbNuD02wgXyS6jBliB+U6mZzND2s++xWR6bYrW6zY88hcnimtjXgIZo/cuc3xxzDzOiBNglwivqovA=",
        "{SSHA512}jWU3cwsbsbPAutbNuD02wgXyS6jBliB+U6mZzND2s++xWR6bYrW6zY88hcnimtjXgIZo/cuc3xxzDzOiBNglwivqovA",
        "{SHA1}U6f2S4m+sN/jRPyLFVPg3uTE0hE=",
        "{PBKDF2}$1$KPdV//5tJCOxMMlr$5000$c1067cfadbcb4279475dc456aa39ee6a1523f107",
        "{BLF-CRYPT}$2y$05$1Iyex/v4fXOMkKV8nq8wt.3PR7Ex1/2YBbYy6YtAfI.1ztI7PcKgS",
        "$2y$05$/Q0z2v7FpOVyh9ykCczTCuM6SQHQD4XwKzD6X505q4Cr3.AmEf/22",
        "{SHA256-CRYPT}$5$akEVVlityEq9zQBb$HqOHvaD.Aa3uqRo0QR.n0X0ZrDT5/tQoCDPci3kw4o2",
        "{CRYPT}$6$wc0GRnMTONQQM1AQ$D5NHNSrckhLIFAlg2xFNy58fGzKcc2ZLWOVp.IArSl16nC8PjfzfltCRO1jUPHAU3kAdvd/xR/fyBWcT5LomZ/",
        "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$eLBik9GTys7aNEHTExMhqw$HYvhmOL0xQ3ddiETA29LbLwgYhYrfJoJU75qFV71VTo",
        "$pbkdf2-sha256$10000$c2FsdHNhbHQ$rYUq/iI3XwFPww34IL2r7qajfHg1YV2YYATABVV.6c4",
        "{PBKDF2-SHA256}10000$c2FsdHNhbHQ$rYUq/iI3XwFPww34IL2r7qajfHg1YV2YYATABVV.6c4",
    ];

    #[test]
    fn hashes_of_other_servers_are_verified_and_replaced() {
        let mut hasher = Hasher::new();
        for stored in MADE_ELSEWHERE {
            assert_eq!(Hasher::check(stored), Ok(()), "{stored}");
            for (password, expected) in [
                ("Caffè e latte", Verified::YesRehash),
                ("Caffè e lattE", Verified::No),
                ("", Verified::No),
            ] {
                let verified = hasher.verify(password.as_bytes(), stored);
                assert_eq!(verified, Ok(expected), "{stored} {password}");
            }
        }
        let by_rounds =
            "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA";
        // By glibc.
        let verified = hasher.verify(b"Hello world!", by_rounds);
        assert_eq!(verified, Ok(Verified::YesRehash));
    }

    #[test]
    fn what_cannot_be_compared_is_found_before_a_login() {
        for (stored, expected) in [
            ("{SSHA}", BadHash::Unreadable),
            ("{SSHA", BadHash::Unreadable),
            ("{SSHA}not base64!", BadHash::Unreadable),
            (
                "{SSHA256}pDLqD+ChQYR6XIPExEVbrMZb5s9iRMC9",
                BadHash::Unreadable,
            ),
            (
                "{SSHA.HEX}b8a3872135d81c6328d0cf6058eab3b2c283c01f533caf46",
                BadHash::Unsupported,
            ),
            (
                "{MD5-CRYPT}$1$biZHqyVZ$7LRdi9ibj6vwNOw0zm7S31",
                BadHash::Unsupported,
            ),
            ("$1$biZHqyVZ$7LRdi9ibj6vwNOw0zm7S31", BadHash::Unsupported),
            ("{PLAIN}secret", BadHash::Unsupported),
            ("{CRYPT}secret", BadHash::Unreadable),
            ("$2y$05$short", BadHash::Unreadable),
            (
                "$2y$31$/Q0z2v7FpOVyh9ykCczTCuM6SQHQD4XwKzD6X505q4Cr3.AmEf/22",
                BadHash::TooCostly,
            ),
            ("$6$salt$short", BadHash::Unreadable),
            ("$6$salt", BadHash::Unreadable),
            (
                "$6$rounds=x$salt$D5NHNSrckhLIFAlg2xFNy58fGzKcc2ZLWOVp.IArSl16nC8PjfzfltCRO1jUPHAU3kAdvd/xR/fyBWcT5LomZ/",
                BadHash::Unreadable,
            ),
            (
                "$6$rounds=999999999$salt$D5NHNSrckhLIFAlg2xFNy58fGzKcc2ZLWOVp.IArSl16nC8PjfzfltCRO1jUPHAU3kAdvd/xR/fyBWcT5LomZ/",
                BadHash::TooCostly,
            ),
            (
                "{PBKDF2}$1$salt$0$c1067cfadbcb4279475dc456aa39ee6a1523f107",
                BadHash::Unreadable,
            ),
            (
                "{PBKDF2}$1$salt$5000$c1067cfadbcb4279475dc456aa39ee6a1523f1",
                BadHash::Unreadable,
            ),
            (
                "{PBKDF2}$1$salt$4000000000$c1067cfadbcb4279475dc456aa39ee6a1523f107",
                BadHash::TooCostly,
            ),
            ("$pbkdf2-sha256$10000$c2FsdHNhbHQ", BadHash::Unreadable),
            ("$pbkdf2-sha3$1$a$b", BadHash::Unsupported),
        ] {
            assert_eq!(Hasher::check(stored), Err(expected), "{stored}");
            assert_eq!(
                Hasher::new().verify(b"password", stored),
                Err(expected),
                "{stored}"
            );
        }
        assert_eq!(
            Hasher::check(&format!("{{SHA}}{}", "A".repeat(5000))),
            Err(BadHash::Unreadable)
        );
    }
}
