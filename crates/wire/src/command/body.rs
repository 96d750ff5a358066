//! A command with its arguments.

use mail::EntryName;

use crate::command::append::AppendMessage;
use crate::command::fetch::Fetch;
use crate::command::list::{List, StatusItem};
use crate::command::mailbox::MailboxArg;
use crate::command::metadata::GetMetadata;
use crate::command::notify::Notify;
use crate::command::numbers::{MessageSet, Numbering};
use crate::command::search::{Esearch, Search, SearchKey};
use crate::command::secret::Secret;
use crate::command::select::Select;
use crate::command::sort::{Sort, ThreadAlgorithm};
use crate::command::store::StoreRequest;
use crate::command::tag::Tag;

/// One command with its tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What the tagged response begins with.
    pub tag: Tag,
    /// The name of its row in [`GRAMMARS`](crate::GRAMMARS): in capitals, with the word after UID.
    pub name: &'static str,
    /// Its arguments.
    pub body: Body,
}

/// The arguments of a command, read. Forms with UID carry a [`Numbering`].
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No arguments: the command's name says it all.
    Bare,
    /// RFC 4978; with the one algorithm that there is, DEFLATE
    Compress,
    /// RFC 3501, 6.2.2, with the initial response of RFC 4959, decoded from base64
    Authenticate {
        /// The name of the SASL mechanism, in capitals.
        mechanism: String,
        /// The initial response, where `=` is an empty one.
        initial: Option<Secret>,
    },
    /// RFC 3501, 6.2.3
    Login {
        /// The login name; what is not UTF-8 was refused as malformed.
        user: String,
        /// The password as sent.
        password: Secret,
    },
    /// RFC 5161; names in capitals, known or not
    Enable(Vec<String>),
    /// RFC 2971; `None` for NIL
    Id(Option<Vec<(String, Option<String>)>>),
    /// RFC 3501, 6.3.1 and 6.3.2
    Select(Select),
    /// RFC 3501, 6.3.3, with the USE of RFC 6154 (attributes as sent, with backslash)
    Create {
        /// The new name; one separator at its end is allowed and was removed.
        mailbox: MailboxArg,
        /// `(USE (…))`
        special_use: Vec<String>,
    },
    /// RFC 3501, 6.3.4
    Delete(MailboxArg),
    /// RFC 3501, 6.3.5
    Rename {
        /// The name that the mailbox has.
        from: MailboxArg,
        /// The name that it shall get.
        to: MailboxArg,
    },
    /// RFC 3501, 6.3.6
    Subscribe(MailboxArg),
    /// RFC 3501, 6.3.7
    Unsubscribe(MailboxArg),
    /// RFC 3501, 6.3.8, and RFC 5258
    List(List),
    /// RFC 3501, 6.3.9
    Lsub {
        /// Prefix of the pattern.
        reference: MailboxArg,
        /// The pattern, with `*` and `%`.
        pattern: MailboxArg,
    },
    /// RFC 3501, 6.3.10
    Status {
        /// The mailbox that is asked about.
        mailbox: MailboxArg,
        /// The items in the order asked, each once.
        items: Vec<StatusItem>,
    },
    /// RFC 3501, 6.3.11; several messages as of RFC 3502
    Append {
        /// The target mailbox.
        mailbox: MailboxArg,
        /// The messages: at least one.
        messages: Vec<AppendMessage>,
    },
    /// RFC 8508
    Replace {
        /// Whether the set is of UIDs or sequence numbers.
        numbering: Numbering,
        /// The one message that is replaced.
        set: MessageSet,
        /// The mailbox into which the new message goes.
        mailbox: MailboxArg,
        /// The new message.
        message: AppendMessage,
    },
    /// RFC 4315
    UidExpunge(MessageSet),
    /// RFC 10022
    UidBatches {
        /// The number of messages in each batch; never zero.
        size: u32,
        /// The first and the last batch, ascending; the newest is 1. `None` for all.
        range: Option<(u32, u32)>,
    },
    /// RFC 3501, 6.4.4, and RFC 4731
    Search(Search),
    /// RFC 7377
    Esearch(Esearch),
    /// RFC 5256, SORT, and RFC 5267, 3
    Sort(Sort),
    /// RFC 5267, 4.3.5, with the tags of the searches that asked for updates
    CancelUpdate(Vec<String>),
    /// RFC 5256, THREAD
    Thread {
        /// Whether results are UIDs or sequence numbers.
        numbering: Numbering,
        /// How messages become threads.
        algorithm: ThreadAlgorithm,
        /// The messages.
        key: SearchKey,
    },
    /// RFC 3501, 6.4.5
    Fetch(Fetch),
    /// RFC 3501, 6.4.6
    Store(StoreRequest),
    /// RFC 3501, 6.4.7
    Copy {
        /// Whether the set is of UIDs or sequence numbers.
        numbering: Numbering,
        /// The messages.
        set: MessageSet,
        /// The target mailbox.
        mailbox: MailboxArg,
    },
    /// RFC 6851
    Move {
        /// Whether the set is of UIDs or sequence numbers.
        numbering: Numbering,
        /// The messages.
        set: MessageSet,
        /// The target mailbox.
        mailbox: MailboxArg,
    },
    /// RFC 4314, 3.1
    SetAcl {
        /// The mailbox whose list it is.
        mailbox: MailboxArg,
        /// The identifier as sent; it may begin with `-`.
        identifier: String,
        /// The rights as sent; they may begin with `+` or `-`.
        rights: String,
    },
    /// RFC 4314, 3.2
    DeleteAcl {
        /// The mailbox whose list it is.
        mailbox: MailboxArg,
        /// The identifier as sent.
        identifier: String,
    },
    /// RFC 4314, 3.3
    GetAcl(MailboxArg),
    /// RFC 4314, 3.4
    ListRights {
        /// The mailbox whose list it is.
        mailbox: MailboxArg,
        /// The identifier as sent.
        identifier: String,
    },
    /// RFC 4314, 3.5
    MyRights(MailboxArg),
    /// RFC 9208, 4.1.1, with the name of a quota root
    GetQuota(String),
    /// RFC 9208, 4.1.2
    GetQuotaRoot(MailboxArg),
    /// RFC 9208, 4.1.3
    SetQuota {
        /// The name of a quota root.
        root: String,
        /// Resources, known or not, and how much of each there may be.
        limits: Vec<(String, u64)>,
    },
    /// RFC 5464, 4.2
    GetMetadata(GetMetadata),
    /// RFC 5464, 4.3
    SetMetadata {
        /// The mailbox; `None` for the server.
        mailbox: Option<MailboxArg>,
        /// At least one, each with its new value; `None` for NIL.
        entries: Vec<(EntryName, Option<Vec<u8>>)>,
    },
    /// RFC 5465
    Notify(Notify),
}
