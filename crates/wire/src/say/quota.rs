//! The responses of RFC 9208.

use mail::Usage;

use crate::say::token::{Speech, astring, end, mailbox, number, separated};

/// `* QUOTA root (RESOURCE used limit …)`
pub fn quota(out: &mut Vec<u8>, speech: Speech, root: &str, usages: &[Usage]) {
    out.extend_from_slice(b"* QUOTA ");
    astring(out, speech, root);
    out.extend_from_slice(b" (");
    separated(out, usages, |out, usage| {
        out.extend_from_slice(usage.resource.name().as_bytes());
        out.push(b' ');
        number(out, usage.used);
        out.push(b' ');
        number(out, usage.limit);
    });
    out.push(b')');
    end(out);
}

/// `* QUOTAROOT name root …`
pub fn quota_root<'r>(
    out: &mut Vec<u8>,
    speech: Speech,
    name: &str,
    roots: impl IntoIterator<Item = &'r str>,
) {
    out.extend_from_slice(b"* QUOTAROOT ");
    mailbox(out, speech, name);
    for root in roots {
        out.push(b' ');
        astring(out, speech, root);
    }
    end(out);
}
