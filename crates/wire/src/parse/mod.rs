//! Frames to commands: one grammar a command, found by its name.

mod acl;
mod append;
mod codec;
mod date;
mod esearch;
pub(crate) mod fetch;
mod filter;
mod list;
mod mailbox;
mod metadata;
mod notify;
mod partial;
mod quota;
mod search;
mod sort;
mod store;
mod transfer;
mod uid_batches;

pub use search::{is_filter_name, parse_criteria};

use std::borrow::Cow;

use crate::command::{Body, Command, Numbering, SearchReturn, Tag};
use crate::frame::Frame;
use crate::head::Head;
use crate::lex::{Bad, Cursor, Lexed};
use crate::mode::Mode;

/// Why a frame is not a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The client's grammar: BAD.
    #[error("{text}")]
    Grammar {
        /// `None`: the response is untagged.
        tag: Option<Tag>,
        /// For the client. Names the command, and is printable ASCII.
        text: String,
    },
    /// Sequence numbers after UIDONLY: BAD, with [`Code::UidRequired`](crate::Code::UidRequired).
    #[error("{name} takes UIDs")]
    UidRequired {
        /// Of the command.
        tag: Tag,
        /// The command's name.
        name: &'static str,
    },
    /// A search in a charset that is neither US-ASCII nor UTF-8: NO, with
    /// [`Code::BadCharset`](crate::Code::BadCharset).
    #[error("charset not supported")]
    Charset {
        /// Of the command.
        tag: Tag,
        /// The command's name.
        name: &'static str,
        /// What it should have returned, and maybe saved.
        returns: Option<SearchReturn>,
        /// It names a filter: BAD instead (RFC 5466, 3.1).
        has_filter: bool,
    },
}

/// The grammar of one command: the command's row in this room.
#[derive(Clone, Copy, Debug)]
pub struct Grammar {
    /// In capitals, with the word after UID.
    pub name: &'static str,
    /// It names messages by sequence number, which nothing does after UIDONLY; each has a form with UID.
    counts: bool,
    owner: Owner,
}

/// Who reads the arguments of a command.
#[derive(Clone, Copy, Debug)]
enum Owner {
    /// Nobody: there are none.
    Bare,
    /// `imap-codec`, which covers the command fully.
    Codec,
    /// This room: `imap-codec` lacks the command, a form of it, or a bound that we need.
    Ours(fn(&mut Cursor<'_>) -> Lexed<Body>),
}

/// Every command that there is a grammar for.
///
/// Never both grammars for one command: they would drift apart, and the failure of the first would
/// say nothing. When `imap-codec` learns a form completely, a canary test names the row to change.
pub const GRAMMARS: &[Grammar] = &[
    bare("CAPABILITY"),
    bare("NOOP"),
    bare("LOGOUT"),
    bare("STARTTLS"),
    codec("COMPRESS"),
    bare("UNAUTHENTICATE"),
    codec("AUTHENTICATE"),
    codec("LOGIN"),
    codec("ENABLE"),
    codec("ID"),
    codec("SELECT"),
    codec("EXAMINE"),
    ours("CREATE", mailbox::create),
    codec("DELETE"),
    codec("RENAME"),
    codec("SUBSCRIBE"),
    codec("UNSUBSCRIBE"),
    ours("LIST", list::list),
    codec("LSUB"),
    bare("NAMESPACE"),
    ours("STATUS", mailbox::status),
    ours("APPEND", append::append),
    counting("REPLACE", |at| append::replace(at, Numbering::Sequence)),
    ours("UID REPLACE", |at| append::replace(at, Numbering::Uid)),
    bare("IDLE"),
    bare("CHECK"),
    bare("CLOSE"),
    bare("UNSELECT"),
    bare("EXPUNGE"),
    ours("UID EXPUNGE", transfer::uid_expunge),
    ours("UIDBATCHES", uid_batches::uid_batches),
    counting("SEARCH", |at| search::search(at, Numbering::Sequence)),
    ours("UID SEARCH", |at| search::search(at, Numbering::Uid)),
    ours("ESEARCH", esearch::esearch),
    counting("SORT", |at| sort::sort(at, Numbering::Sequence)),
    ours("UID SORT", |at| sort::sort(at, Numbering::Uid)),
    ours("CANCELUPDATE", search::cancel_update),
    counting("THREAD", |at| sort::thread(at, Numbering::Sequence)),
    ours("UID THREAD", |at| sort::thread(at, Numbering::Uid)),
    counting("FETCH", |at| fetch::fetch(at, Numbering::Sequence)),
    ours("UID FETCH", |at| fetch::fetch(at, Numbering::Uid)),
    counting("STORE", |at| store::store(at, Numbering::Sequence)),
    ours("UID STORE", |at| store::store(at, Numbering::Uid)),
    counting("COPY", |at| transfer::copy(at, Numbering::Sequence)),
    ours("UID COPY", |at| transfer::copy(at, Numbering::Uid)),
    counting("MOVE", |at| transfer::r#move(at, Numbering::Sequence)),
    ours("UID MOVE", |at| transfer::r#move(at, Numbering::Uid)),
    ours("SETACL", acl::set_acl),
    ours("DELETEACL", acl::delete_acl),
    ours("GETACL", acl::get_acl),
    ours("LISTRIGHTS", acl::list_rights),
    ours("MYRIGHTS", acl::my_rights),
    ours("GETQUOTA", quota::get_quota),
    ours("GETQUOTAROOT", quota::get_quota_root),
    ours("SETQUOTA", quota::set_quota),
    ours("GETMETADATA", metadata::get_metadata),
    ours("SETMETADATA", metadata::set_metadata),
    ours("NOTIFY", notify::notify),
];

/// The command that `frame` is.
///
/// # Errors
///
/// [`Malformed`], with what the client is to be told.
pub fn parse(frame: Frame, mode: Mode) -> Result<Command, Malformed> {
    let Frame { bytes, detached } = frame;
    let Head { tag, name, end } = Head::read(&bytes);
    let Some(tag) = tag else {
        return Err(grammar(None, "a command begins with a tag"));
    };
    let Some(row) = GRAMMARS.iter().find(|row| row.name == name) else {
        let text = match name.as_str() {
            "" => Cow::Borrowed("no command"),
            name => Cow::Owned(format!("unknown command {name}")),
        };
        return Err(grammar(Some(tag), text));
    };
    let body = match row.owner {
        _ if mode.uid_only && row.counts => Err(Bad::UidRequired),
        Owner::Bare => Cursor::new(&bytes, detached, end, mode)
            .end()
            .map(|()| Body::Bare),
        Owner::Codec => codec::parse(&bytes, end, mode),
        Owner::Ours(parse) => {
            let mut cursor = Cursor::new(&bytes, detached, end, mode);
            parse(&mut cursor).and_then(|body| cursor.end().map(|()| body))
        }
    };
    match body {
        Ok(body) => Ok(Command {
            tag,
            name: row.name,
            body,
        }),
        Err(Bad::UidRequired) => Err(Malformed::UidRequired {
            tag,
            name: row.name,
        }),
        Err(Bad::Charset {
            returns,
            has_filter,
        }) => Err(Malformed::Charset {
            tag,
            name: row.name,
            returns,
            has_filter,
        }),
        Err(
            bad @ (Bad::Expected(_)
            | Bad::Wrong(_)
            | Bad::TooMany(..)
            | Bad::Flag(_)
            | Bad::Entry(_)),
        ) => Err(grammar(Some(tag), format!("{name}: {bad}"))),
    }
}

impl Malformed {
    /// `None`: the response is untagged.
    #[must_use]
    pub const fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Grammar { tag, .. } => tag.as_ref(),
            Self::UidRequired { tag, .. } | Self::Charset { tag, .. } => Some(tag),
        }
    }
}

const fn bare(name: &'static str) -> Grammar {
    Grammar {
        name,
        counts: false,
        owner: Owner::Bare,
    }
}

const fn codec(name: &'static str) -> Grammar {
    Grammar {
        name,
        counts: false,
        owner: Owner::Codec,
    }
}

const fn ours(name: &'static str, parse: fn(&mut Cursor<'_>) -> Lexed<Body>) -> Grammar {
    Grammar {
        name,
        counts: false,
        owner: Owner::Ours(parse),
    }
}

const fn counting(name: &'static str, parse: fn(&mut Cursor<'_>) -> Lexed<Body>) -> Grammar {
    Grammar {
        name,
        counts: true,
        owner: Owner::Ours(parse),
    }
}

fn grammar(tag: Option<Tag>, text: impl Into<String>) -> Malformed {
    Malformed::Grammar {
        tag,
        text: text.into(),
    }
}
