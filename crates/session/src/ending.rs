//! How a command ends, and the one place that writes it as a tagged response.

use std::borrow::Cow;
use std::fmt;

use mail::limits::{METADATA_VALUE_BYTES_MAX, UID_BATCH_MESSAGES_MIN};
use mail::{BadName, ModSeq, QuotaRoot, Uid, UidSet, UidValidity};
use store::Fault;
use tracing::{debug, error};
use wire::{Code, Tag, Verdict, say};

use crate::conversation::state::AllowedIn;
use crate::conversation::state::State;
use crate::lacking::Lacking;
use crate::message_limit::Cut;
use crate::out::Hangup;

/// The good ending.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<DoneCode>,
    pub(crate) text: &'static str,
}

/// A response code of a good ending, with what it says.
#[derive(Debug)]
pub(crate) enum DoneCode {
    ReadOnly,
    ReadWrite,
    HighestModSeq(ModSeq),
    AppendUid(UidValidity, UidSet),
    CopyUid(UidValidity, Vec<(Uid, Uid)>),
    /// The object id of the mailbox that was created.
    MailboxId(String),
    /// The size of the largest annotation that was left out.
    MetadataLongEntries(u64),
    /// Done for the newest messages only (RFC 9738).
    MessageLimit(Cut),
    /// Some messages lost UNCHANGEDSINCE; numbers as the command counts them.
    Modified(Vec<u32>),
    Capability(Vec<Cow<'static, str>>),
}

/// The bad endings; there is no other.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The client broke the grammar, or the command may not come in this state: BAD.
    Malformed(Cow<'static, str>),
    /// The command was understood and is refused: NO.
    Refused(Refused),
    /// The server failed.
    Broken(Fault),
    /// The client is gone.
    HungUp,
}

/// Why a command that was understood is not done.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no such mailbox, or none that this user may know of: one answer for both.
    NoSuchMailbox,
    /// As [`NoSuchMailbox`](Self::NoSuchMailbox), for the target of APPEND, COPY and MOVE, which the client may create.
    NoSuchTarget,
    NoPermission,
    /// As [`NoPermission`](Self::NoPermission), where it is known which right is missing on which mailbox.
    Lacking(Box<Lacking>),
    /// Nothing may be created there, whatever is above it.
    NoCreation,
    /// Only a site administrator may give rights to everybody or to a whole domain.
    ForSiteAdministrators,
    Exists,
    HasChildren,
    /// Somebody changed the mailbox's policy meanwhile; what was asked would mean something else.
    Changed,
    BadName(BadName),
    BadCharset,
    Cannot(&'static str),
    /// Nobody can have a mailbox there, or nobody may know who has.
    Nowhere,
    LoginFailed,
    NotAuthorised,
    TooManyLogins,
    Unavailable(&'static str),
    UseAttr(&'static str),
    PrivacyRequired,
    Limit(Cow<'static, str>),
    TooBig,
    /// The batches would have fewer messages than a batch may have (RFC 10022).
    BatchTooSmall,
    /// The batches would have more messages, all together, than are told at once (RFC 10022).
    TooManyInBatches,
    OverQuota,
    /// There is no such quota root, or none that this user may know of.
    NoSuchQuotaRoot,
    /// The root that is meant is called so.
    QuotaRootCalled(QuotaRoot),
    /// The first URL of a CATENATE that points to nothing here.
    BadUrl(String),
    /// Content in an encoding that is unknown, or that no encoding can carry.
    UnknownCte,
    /// The value of an annotation is too large.
    ValueTooLarge,
    TooManyAnnotations,
    ExpungeIssued,
    /// The command is about more messages than one may be (RFC 9738).
    MessageLimit(Cut),
    /// No search of that tag is kept up to date.
    NoSuchContext,
    /// A filter of this name is not there, or not for this user, or in a loop.
    UndefinedFilter(String),
    /// NOTIFY asks for an event that is not known here.
    BadEvent,
    /// NOTIFY asks for more mailboxes than can be watched.
    NotificationOverflow,
}

/// The events of RFC 5465 that there are; none of message annotations (RFC 5257).
const EVENTS: &[&str] = &[
    "MessageNew",
    "MessageExpunge",
    "FlagChange",
    "MailboxName",
    "SubscriptionChange",
    "MailboxMetadataChange",
    "ServerMetadataChange",
];

const CUT_SHORT: &str = "Done for the newest messages; ask again for those below";

pub(crate) type Outcome = Result<Done, Ending>;

impl Done {
    pub(crate) const fn completed() -> Self {
        Self {
            code: None,
            text: "Completed",
        }
    }

    pub(crate) const fn with(code: DoneCode) -> Self {
        Self {
            code: Some(code),
            text: "Completed",
        }
    }

    /// Tells where the command was cut short, if it was: in the tagged response, unless that has a code
    /// already (RFC 9738, 3.1).
    pub(crate) fn cut_short(self, cut: Option<Cut>, out: &mut Vec<u8>) -> Self {
        match (cut, &self.code) {
            (None, _) => self,
            (Some(cut), None) => Self {
                code: Some(DoneCode::MessageLimit(cut)),
                text: CUT_SHORT,
            },
            (Some(cut), Some(_)) => {
                say_cut_short(cut, out);
                self
            }
        }
    }
}

impl Ending {
    pub(crate) fn malformed(text: &'static str) -> Self {
        Self::Malformed(Cow::Borrowed(text))
    }

    /// Something in the arguments is wrong, whatever it is about; `why` says what.
    pub(crate) fn malformed_as(why: impl fmt::Display) -> Self {
        Self::Malformed(why.to_string().into())
    }

    /// The command may come in other states than this one (RFC 9051, 3).
    pub(crate) fn wrong_state(from: AllowedIn, state: State) -> Self {
        Self::malformed(match (from, state) {
            (AllowedIn::BeforeLogin, _) => "You are logged in already",
            (_, State::NotAuthenticated) => "Log in first",
            (_, State::Authenticated | State::Selected) => "Select a mailbox first",
        })
    }
}

impl Cut {
    fn code(self) -> Code<'static> {
        Code::MessageLimit(self.limit, self.lowest)
    }
}

impl From<Refused> for Ending {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Cut> for Ending {
    fn from(cut: Cut) -> Self {
        Self::Refused(Refused::MessageLimit(cut))
    }
}

impl From<Hangup> for Ending {
    fn from(_: Hangup) -> Self {
        Self::HungUp
    }
}

impl From<BadName> for Ending {
    fn from(bad: BadName) -> Self {
        Self::Refused(Refused::BadName(bad))
    }
}

/// The ending of a command for what the store refuses or fails to do.
impl From<Fault> for Ending {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Gone => Self::Refused(Refused::NoSuchMailbox),
            Fault::Expunged => Self::Refused(Refused::ExpungeIssued),
            Fault::OverQuota => Self::Refused(Refused::OverQuota),
            Fault::Denied => Self::Refused(Refused::NoPermission),
            Fault::Exists => Self::Refused(Refused::Exists),
            Fault::Stale => Self::Refused(Refused::Changed),
            Fault::HasChildren => Self::Refused(Refused::HasChildren),
            Fault::Annotations => Self::Refused(Refused::TooManyAnnotations),
            Fault::Limit(what) => Self::Refused(Refused::Limit(what.into())),
            Fault::Delivered | Fault::Unavailable(_) | Fault::Broken(_) => Self::Broken(fault),
        }
    }
}

/// Tells where a command was cut short, before a tagged response that has another code
/// (RFC 9738, 3.1).
pub(crate) fn say_cut_short(cut: Cut, out: &mut Vec<u8>) {
    say::untagged(out, Verdict::No, Some(cut.code()), CUT_SHORT);
}

/// Writes the tagged response; `None` when there is nobody to read it.
pub(crate) fn conclude(
    out: &mut Vec<u8>,
    tag: &Tag,
    name: &str,
    outcome: Outcome,
) -> Option<Verdict> {
    match outcome {
        Ok(done) => {
            tell_done(out, tag, &done);
            Some(Verdict::Ok)
        }
        Err(Ending::Malformed(text)) => {
            say::tagged(out, tag, Verdict::Bad, None, &format!("{name}: {text}"));
            Some(Verdict::Bad)
        }
        Err(Ending::Refused(refused)) => {
            let (code, text) = refused.words();
            say::tagged(out, tag, Verdict::No, code, &text);
            Some(Verdict::No)
        }
        Err(Ending::Broken(fault)) => {
            let code = match fault {
                Fault::Unavailable(_) => {
                    // The frontend says once that the database is away; each command of each client would be a flood.
                    debug!(cause = %fault, fault = fault.word(), "the database did not answer");
                    Code::Unavailable
                }
                _ => {
                    error!(cause = %fault, fault = fault.word(), "a command failed by our own fault");
                    Code::ServerBug
                }
            };
            say::tagged(
                out,
                tag,
                Verdict::No,
                Some(code),
                "Not done; please try again later",
            );
            Some(Verdict::No)
        }
        Err(Ending::HungUp) => None,
    }
}

fn tell_done(out: &mut Vec<u8>, tag: &Tag, done: &Done) {
    let mut pairs = (Vec::new(), Vec::new());
    let code = done.code.as_ref().map(|code| match code {
        DoneCode::ReadOnly => Code::ReadOnly,
        DoneCode::ReadWrite => Code::ReadWrite,
        DoneCode::HighestModSeq(modseq) => Code::HighestModSeq(*modseq),
        DoneCode::AppendUid(validity, uids) => Code::AppendUid(*validity, uids),
        DoneCode::CopyUid(validity, uids) => {
            pairs = uids.iter().copied().unzip();
            Code::CopyUid(*validity, &pairs.0, &pairs.1)
        }
        DoneCode::MailboxId(id) => Code::MailboxId(id),
        DoneCode::MetadataLongEntries(size) => Code::MetadataLongEntries(*size),
        DoneCode::MessageLimit(cut) => cut.code(),
        DoneCode::Modified(numbers) => Code::Modified(numbers),
        DoneCode::Capability(names) => Code::Capability(names),
    });
    say::tagged(out, tag, Verdict::Ok, code, done.text);
}

impl Refused {
    fn words(&self) -> (Option<Code<'_>>, Cow<'static, str>) {
        let (code, text): (_, Cow<'static, str>) = match self {
            Self::NoSuchMailbox => (Code::NonExistent, "No such mailbox".into()),
            Self::NoSuchTarget => (Code::TryCreate, "No such mailbox".into()),
            Self::NoPermission => (Code::NoPerm, "You may not do that".into()),
            Self::Lacking(lacking) => (Code::NoPerm, lacking.to_string().into()),
            Self::NoCreation => (
                Code::NoPerm,
                "You may not create that there; whoever administers what is above it can change that".into(),
            ),
            Self::ForSiteAdministrators => (
                Code::NoPerm,
                "Only a site administrator may give rights to everybody or a whole domain".into(),
            ),
            Self::Exists => (
                Code::AlreadyExists,
                "There is a mailbox of that name".into(),
            ),
            Self::HasChildren => (
                Code::HasChildren,
                "The mailbox has mailboxes below it".into(),
            ),
            Self::Changed => (
                Code::InUse,
                "The mailbox was changed meanwhile; please try again".into(),
            ),
            Self::BadName(bad) => (Code::Cannot, bad.to_string().into()),
            Self::BadCharset => (
                Code::BadCharset,
                "Only US-ASCII and UTF-8 can be searched".into(),
            ),
            Self::Cannot(text) => (Code::Cannot, (*text).into()),
            Self::Nowhere => (Code::Cannot, "No mailbox can be there".into()),
            Self::LoginFailed => (Code::AuthenticationFailed, "Login failed".into()),
            Self::NotAuthorised => (
                Code::AuthorizationFailed,
                "You may not act as somebody else".into(),
            ),
            Self::Unavailable(text) => (Code::Unavailable, (*text).into()),
            Self::UseAttr(text) => (Code::UseAttr, (*text).into()),
            Self::TooManyLogins => (Code::Limit, "Too many logins; try again later".into()),
            Self::PrivacyRequired => (Code::PrivacyRequired, "Start TLS first".into()),
            Self::Limit(what) => (Code::Limit, what.clone()),
            Self::TooBig => (Code::TooBig, "The message is too large".into()),
            Self::BatchTooSmall => (
                Code::TooFew,
                format!("A batch has at least {UID_BATCH_MESSAGES_MIN} messages").into(),
            ),
            Self::TooManyInBatches => (Code::TooMany, "Too many messages in these batches".into()),
            Self::NoSuchQuotaRoot => (Code::NonExistent, "No such quota root".into()),
            Self::QuotaRootCalled(root) => (
                Code::Cannot,
                format!("This quota root is called {root}").into(),
            ),
            Self::OverQuota => (Code::OverQuota, "The quota would be exceeded".into()),
            Self::BadUrl(url) => (
                Code::BadUrl(url),
                "There is nothing at that URL that you may read".into(),
            ),
            Self::UnknownCte => (
                Code::UnknownCte,
                "This content transfer encoding is not understood".into(),
            ),
            Self::ValueTooLarge => (
                Code::MetadataMaxSize(METADATA_VALUE_BYTES_MAX as u64),
                "The value is too large".into(),
            ),
            Self::TooManyAnnotations => (
                Code::MetadataTooMany,
                "There are too many annotations".into(),
            ),
            Self::NoSuchContext => (
                Code::NonExistent,
                "No search of that tag is kept up to date".into(),
            ),
            Self::UndefinedFilter(name) => (
                Code::UndefinedFilter(name),
                "There is no search of that name".into(),
            ),
            Self::BadEvent => (
                Code::BadEvent(EVENTS),
                "Some of these events are not told here".into(),
            ),
            Self::NotificationOverflow => (
                Code::NotificationOverflow,
                "These are too many mailboxes to watch".into(),
            ),
            Self::MessageLimit(cut) => (
                cut.code(),
                "These are too many messages for one command".into(),
            ),
            Self::ExpungeIssued => (
                Code::ExpungeIssued,
                "Some of the messages no longer exist".into(),
            ),
        };
        (Some(code), text)
    }
}
