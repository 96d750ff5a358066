//! METADATA (RFC 5464, 4.4).

use crate::say::token::{Speech, astring, end, literal, literal8, mailbox, separated, string};

/// `* METADATA name (entry value …)`; an empty name is the server itself. `None` is written NIL.
pub fn metadata(out: &mut Vec<u8>, speech: Speech, name: &str, entries: &[(&str, Option<&[u8]>)]) {
    out.extend_from_slice(b"* METADATA ");
    mailbox(out, speech, name);
    out.extend_from_slice(b" (");
    separated(out, entries, |out, &(entry, value)| {
        astring(out, speech, entry);
        out.push(b' ');
        match value {
            None => out.extend_from_slice(b"NIL"),
            Some(value) => nstring(out, speech, value),
        }
    });
    out.push(b')');
    end(out);
}

/// `* METADATA name entry …`: these have changed (RFC 5464, 4.4.2).
pub fn metadata_changed(out: &mut Vec<u8>, speech: Speech, name: &str, entries: &[&str]) {
    out.extend_from_slice(b"* METADATA ");
    mailbox(out, speech, name);
    for entry in entries {
        out.push(b' ');
        astring(out, speech, entry);
    }
    end(out);
}

/// Any bytes: only `literal8` takes NUL, and what is not UTF-8 is no quoted string for anybody.
fn nstring(out: &mut Vec<u8>, speech: Speech, value: &[u8]) {
    if value.contains(&0) {
        return literal8(out, value);
    }
    match str::from_utf8(value) {
        Ok(text) => string(out, speech, text),
        Err(_) => literal(out, value),
    }
}
