//! Responses, each appended to a buffer that is used again and again.
//!
//! One function a kind of response. They write what they are given: whether it may be said now,
//! and to whom, was decided above.

mod code;
mod fetch;
mod metadata;
mod names;
mod quota;
mod search;
mod token;
mod uid_batches;

pub use code::Code;
pub use fetch::FetchLine;
pub use metadata::{metadata, metadata_changed};
pub use names::{ListLine, StatusValue, acl, list, list_rights, my_rights, namespace, status};
pub use quota::{quota, quota_root};
pub use search::{
    Correlator, Found, MailboxCorrelator, ResultRun, esearch, esearch_update, search, sort, thread,
};
pub use token::Speech;
pub use uid_batches::uid_batches;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail::UidSet;

use crate::command::Tag;
use token::{end, number, quoted, separated, text};

/// How a command ended, or what an untagged status is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was done.
    Ok,
    /// It was understood, and not done.
    No,
    /// It was not understood.
    Bad,
}

/// `a1 OK [CODE] text`. What is not printable ASCII in `words` is written as `?`.
pub fn tagged(out: &mut Vec<u8>, tag: &Tag, verdict: Verdict, code: Option<Code<'_>>, words: &str) {
    out.extend_from_slice(tag.as_str().as_bytes());
    status_line(out, verdict.word(), code, words);
}

/// `* OK [CODE] text`, also as greeting.
pub fn untagged(out: &mut Vec<u8>, verdict: Verdict, code: Option<Code<'_>>, words: &str) {
    out.push(b'*');
    status_line(out, verdict.word(), code, words);
}

/// `* BYE [CODE] text`
pub fn bye(out: &mut Vec<u8>, code: Option<Code<'_>>, words: &str) {
    out.push(b'*');
    status_line(out, "BYE", code, words);
}

/// `+ text`
pub fn continuation(out: &mut Vec<u8>, words: &str) {
    out.extend_from_slice(b"+ ");
    text(out, words);
    end(out);
}

/// `+ base64`: a challenge of a SASL mechanism.
pub fn continuation_data(out: &mut Vec<u8>, challenge: &[u8]) {
    out.extend_from_slice(b"+ ");
    out.extend_from_slice(STANDARD.encode(challenge).as_bytes());
    end(out);
}

/// `* CAPABILITY name …`
pub fn capability(out: &mut Vec<u8>, names: &[Cow<'_, str>]) {
    out.extend_from_slice(b"* CAPABILITY");
    for name in names {
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
    }
    end(out);
}

/// `* ENABLED name …`
pub fn enabled(out: &mut Vec<u8>, names: &[&str]) {
    out.extend_from_slice(b"* ENABLED");
    for name in names {
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
    }
    end(out);
}

/// `* FLAGS (name …)`
pub fn flags<'n>(out: &mut Vec<u8>, names: impl IntoIterator<Item = &'n str>) {
    out.extend_from_slice(b"* FLAGS (");
    separated(out, names, |out, name| {
        out.extend_from_slice(name.as_bytes());
    });
    out.push(b')');
    end(out);
}

/// `* n EXISTS`
pub fn exists(out: &mut Vec<u8>, count: u32) {
    counted(out, count, "EXISTS");
}

/// `* n RECENT`
pub fn recent(out: &mut Vec<u8>, count: u32) {
    counted(out, count, "RECENT");
}

/// `* n EXPUNGE`
pub fn expunge(out: &mut Vec<u8>, number: u32) {
    counted(out, number, "EXPUNGE");
}

/// `* VANISHED uids`; nothing when there are none (RFC 7162, 3.2.10).
pub fn vanished(out: &mut Vec<u8>, uids: &UidSet) {
    vanished_as(out, "* VANISHED ", uids);
}

/// `* VANISHED (EARLIER) uids`: numbers do not move.
pub fn vanished_earlier(out: &mut Vec<u8>, uids: &UidSet) {
    vanished_as(out, "* VANISHED (EARLIER) ", uids);
}

/// `* ID ("name" "value" …)`, or `* ID NIL`
pub fn id(out: &mut Vec<u8>, pairs: &[(&str, &str)]) {
    out.extend_from_slice(b"* ID ");
    if pairs.is_empty() {
        out.extend_from_slice(b"NIL");
    } else {
        out.push(b'(');
        separated(out, pairs, |out, (name, value)| {
            quoted(out, name);
            out.push(b' ');
            quoted(out, value);
        });
        out.push(b')');
    }
    end(out);
}

fn status_line(out: &mut Vec<u8>, word: &str, code: Option<Code<'_>>, words: &str) {
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    out.push(b' ');
    if let Some(code) = code {
        out.push(b'[');
        code.write(out);
        out.extend_from_slice(b"] ");
    }
    text(out, words);
    end(out);
}

fn counted(out: &mut Vec<u8>, count: u32, word: &str) {
    out.extend_from_slice(b"* ");
    number(out, u64::from(count));
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    end(out);
}

fn vanished_as(out: &mut Vec<u8>, start: &str, uids: &UidSet) {
    if uids.is_empty() {
        return;
    }
    out.extend_from_slice(start.as_bytes());
    token::uid_set(out, uids);
    end(out);
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
        }
    }
}
