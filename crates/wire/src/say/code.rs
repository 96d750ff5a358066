//! Response codes: what the text of a status means to a program.

use std::borrow::Cow;

use mail::{ModSeq, SeqNum, Uid, UidSet, UidValidity};

use crate::command::Tag;
use crate::say::token::{number, number_set, object_id, quoted, separated, uid_set, uids};

/// A response code (RFC 3501, 7.1; RFC 5530; and as noted).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code<'a> {
    /// ALERT
    Alert,
    /// ALREADYEXISTS
    AlreadyExists,
    /// APPENDUID (RFC 4315)
    AppendUid(UidValidity, &'a UidSet),
    /// AUTHENTICATIONFAILED
    AuthenticationFailed,
    /// AUTHORIZATIONFAILED
    AuthorizationFailed,
    /// BADCHARSET, with the two that there are.
    BadCharset,
    /// BADEVENT (RFC 5465), with the events that there are.
    BadEvent(&'a [&'a str]),
    /// BADURL (RFC 4469), with the URL as it was sent.
    BadUrl(&'a str),
    /// CANNOT
    Cannot,
    /// CAPABILITY
    Capability(&'a [Cow<'a, str>]),
    /// CLIENTBUG
    ClientBug,
    /// CLOSED (RFC 7162)
    Closed,
    /// CONTACTADMIN
    ContactAdmin,
    /// COPYUID (RFC 4315): each source UID beside the UID of its copy.
    CopyUid(UidValidity, &'a [Uid], &'a [Uid]),
    /// EXPIRED
    Expired,
    /// EXPUNGEISSUED
    ExpungeIssued,
    /// HASCHILDREN (RFC 9051)
    HasChildren,
    /// HIGHESTMODSEQ (RFC 7162)
    HighestModSeq(ModSeq),
    /// INPROGRESS (RFC 9585): the command that lasts, and where that is known how far it has come and how far
    /// it has to go.
    InProgress(&'a Tag, Option<(u32, u32)>),
    /// INUSE
    InUse,
    /// LIMIT
    Limit,
    /// MAILBOXID (RFC 8474)
    MailboxId(&'a str),
    /// MESSAGELIMIT (RFC 9738): how many messages a command may be about, and the lowest of those that this
    /// one was.
    MessageLimit(u32, Option<Uid>),
    /// METADATA LONGENTRIES (RFC 5464): the size of the largest that was left out.
    MetadataLongEntries(u64),
    /// METADATA MAXSIZE (RFC 5464): the largest that would be taken.
    MetadataMaxSize(u64),
    /// METADATA TOOMANY (RFC 5464)
    MetadataTooMany,
    /// MODIFIED (RFC 7162): numbers of the command's own kind, ascending.
    Modified(&'a [u32]),
    /// NOMODSEQ (RFC 7162)
    NoModSeq,
    /// NONEXISTENT
    NonExistent,
    /// NOPERM
    NoPerm,
    /// NOUPDATE (RFC 5267): the search whose results are not, or no longer, kept up to date.
    NoUpdate(&'a Tag),
    /// NOTIFICATIONOVERFLOW (RFC 5465)
    NotificationOverflow,
    /// OVERQUOTA
    OverQuota,
    /// PARSE
    Parse,
    /// PERMANENTFLAGS
    PermanentFlags(&'a [&'a str]),
    /// PRIVACYREQUIRED
    PrivacyRequired,
    /// READ-ONLY
    ReadOnly,
    /// READ-WRITE
    ReadWrite,
    /// SERVERBUG
    ServerBug,
    /// TOOBIG (RFC 4469)
    TooBig,
    /// TOOFEW (RFC 10022)
    TooFew,
    /// TOOMANY (RFC 10022)
    TooMany,
    /// TRYCREATE
    TryCreate,
    /// UIDNEXT
    UidNext(Uid),
    /// UIDNOTSTICKY (RFC 4315)
    UidNotSticky,
    /// UIDREQUIRED (RFC 9586)
    UidRequired,
    /// UIDVALIDITY
    UidValidity(UidValidity),
    /// UNAVAILABLE
    Unavailable,
    /// UNDEFINED-FILTER (RFC 5466), with its name.
    UndefinedFilter(&'a str),
    /// UNKNOWN-CTE (RFC 3516)
    UnknownCte,
    /// UNSEEN
    Unseen(SeqNum),
    /// USEATTR (RFC 6154)
    UseAttr,
}

impl Code<'_> {
    /// Without its brackets.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name().as_bytes());
        match self {
            Self::AppendUid(validity, uids) => {
                spaced_number(out, u64::from(validity.get()));
                out.push(b' ');
                uid_set(out, uids);
            }
            Self::CopyUid(validity, sources, copies) => {
                spaced_number(out, u64::from(validity.get()));
                out.push(b' ');
                uids(out, sources);
                out.push(b' ');
                uids(out, copies);
            }
            Self::Capability(names) => {
                out.push(b' ');
                separated(out, names, |out, name| {
                    out.extend_from_slice(name.as_bytes());
                });
            }
            Self::BadEvent(names) | Self::PermanentFlags(names) => {
                out.extend_from_slice(b" (");
                separated(out, names, |out, name| {
                    out.extend_from_slice(name.as_bytes());
                });
                out.push(b')');
            }
            Self::MessageLimit(limit, lowest) => {
                spaced_number(out, u64::from(limit));
                if let Some(lowest) = lowest {
                    spaced_number(out, u64::from(lowest.get()));
                }
            }
            Self::NoUpdate(tag) => {
                out.push(b' ');
                quoted(out, tag.as_str());
            }
            Self::InProgress(tag, of) => {
                out.extend_from_slice(b" (");
                // No text of a code holds the sign that ends it.
                if tag.as_str().contains(']') {
                    out.extend_from_slice(b"NIL");
                } else {
                    quoted(out, tag.as_str());
                }
                match of {
                    Some((done, goal)) => {
                        spaced_number(out, u64::from(done));
                        spaced_number(out, u64::from(goal));
                    }
                    None => out.extend_from_slice(b" NIL NIL"),
                }
                out.push(b')');
            }
            Self::BadUrl(url) => {
                out.push(b' ');
                // A bracket would end the code.
                quoted(out, &url.replace(']', "%5D"));
            }
            Self::UndefinedFilter(name) => {
                out.push(b' ');
                // An atom.
                out.extend_from_slice(name.as_bytes());
            }
            Self::BadCharset => out.extend_from_slice(b" (US-ASCII UTF-8)"),
            Self::Modified(numbers) => {
                out.push(b' ');
                number_set(out, numbers.iter().copied());
            }
            Self::MetadataLongEntries(size) | Self::MetadataMaxSize(size) => {
                spaced_number(out, size);
            }
            Self::MailboxId(id) => {
                out.push(b' ');
                object_id(out, id);
            }
            Self::HighestModSeq(modseq) => spaced_number(out, modseq.get()),
            Self::UidNext(uid) => spaced_number(out, u64::from(uid.get())),
            Self::UidValidity(validity) => spaced_number(out, u64::from(validity.get())),
            Self::Unseen(number) => spaced_number(out, u64::from(number.get())),
            Self::Alert
            | Self::AlreadyExists
            | Self::AuthenticationFailed
            | Self::AuthorizationFailed
            | Self::Cannot
            | Self::ClientBug
            | Self::Closed
            | Self::ContactAdmin
            | Self::Expired
            | Self::ExpungeIssued
            | Self::HasChildren
            | Self::InUse
            | Self::Limit
            | Self::MetadataTooMany
            | Self::NoModSeq
            | Self::NonExistent
            | Self::NoPerm
            | Self::NotificationOverflow
            | Self::OverQuota
            | Self::Parse
            | Self::PrivacyRequired
            | Self::ReadOnly
            | Self::ReadWrite
            | Self::ServerBug
            | Self::TooBig
            | Self::TooFew
            | Self::TooMany
            | Self::TryCreate
            | Self::UidNotSticky
            | Self::UidRequired
            | Self::Unavailable
            | Self::UnknownCte
            | Self::UseAttr => {}
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Alert => "ALERT",
            Self::AlreadyExists => "ALREADYEXISTS",
            Self::AppendUid(..) => "APPENDUID",
            Self::AuthenticationFailed => "AUTHENTICATIONFAILED",
            Self::AuthorizationFailed => "AUTHORIZATIONFAILED",
            Self::BadCharset => "BADCHARSET",
            Self::BadEvent(_) => "BADEVENT",
            Self::BadUrl(_) => "BADURL",
            Self::Cannot => "CANNOT",
            Self::Capability(_) => "CAPABILITY",
            Self::ClientBug => "CLIENTBUG",
            Self::Closed => "CLOSED",
            Self::ContactAdmin => "CONTACTADMIN",
            Self::CopyUid(..) => "COPYUID",
            Self::Expired => "EXPIRED",
            Self::ExpungeIssued => "EXPUNGEISSUED",
            Self::HasChildren => "HASCHILDREN",
            Self::HighestModSeq(_) => "HIGHESTMODSEQ",
            Self::InProgress(..) => "INPROGRESS",
            Self::InUse => "INUSE",
            Self::Limit => "LIMIT",
            Self::MailboxId(_) => "MAILBOXID",
            Self::MessageLimit(..) => "MESSAGELIMIT",
            Self::MetadataLongEntries(_) => "METADATA LONGENTRIES",
            Self::MetadataMaxSize(_) => "METADATA MAXSIZE",
            Self::MetadataTooMany => "METADATA TOOMANY",
            Self::Modified(_) => "MODIFIED",
            Self::NoModSeq => "NOMODSEQ",
            Self::NonExistent => "NONEXISTENT",
            Self::NoPerm => "NOPERM",
            Self::NoUpdate(_) => "NOUPDATE",
            Self::NotificationOverflow => "NOTIFICATIONOVERFLOW",
            Self::OverQuota => "OVERQUOTA",
            Self::Parse => "PARSE",
            Self::PermanentFlags(_) => "PERMANENTFLAGS",
            Self::PrivacyRequired => "PRIVACYREQUIRED",
            Self::ReadOnly => "READ-ONLY",
            Self::ReadWrite => "READ-WRITE",
            Self::ServerBug => "SERVERBUG",
            Self::TooBig => "TOOBIG",
            Self::TooFew => "TOOFEW",
            Self::TooMany => "TOOMANY",
            Self::TryCreate => "TRYCREATE",
            Self::UidNext(_) => "UIDNEXT",
            Self::UidNotSticky => "UIDNOTSTICKY",
            Self::UidRequired => "UIDREQUIRED",
            Self::UidValidity(_) => "UIDVALIDITY",
            Self::Unavailable => "UNAVAILABLE",
            Self::UndefinedFilter(_) => "UNDEFINED-FILTER",
            Self::UnknownCte => "UNKNOWN-CTE",
            Self::UseAttr => "USEATTR",
            Self::Unseen(_) => "UNSEEN",
        }
    }
}

fn spaced_number(out: &mut Vec<u8>, value: u64) {
    out.push(b' ');
    number(out, value);
}
