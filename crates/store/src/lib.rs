//! What is promised of mail, kept in PostgreSQL. The only room that knows SQL.
//!
//! The promises:
//!
//! - **Done is durable.** What a method returns as done is committed and flushed; what it returns as a
//!   [`Fault`] did not happen. The one exception is honest: when the connection dies while a commit is
//!   under way, [`Fault::Unavailable`] may hide a commit, and never half of one.
//! - **Order.** UIDs and mod-sequences of a mailbox are taken under the lock of its row, in the
//!   transaction that writes. Nobody ever sees a higher one before a lower one.
//! - **No news is lost.** [`Store::load_delta`] reads the highest mod-sequence and what led to it in
//!   one statement. Wake-ups are posted after the commit; losing one costs time only.
//! - **Rights hold at the commit.** Each write compares the permit's version with the mailbox's under
//!   the lock, asks again when they differ, and does nothing when a right is gone.
//! - **Logins hold at the commit.** Once a password is changed, or an account disabled or deleted,
//!   nothing more is written by the sessions that it had let in.
//! - **Colleagues do not fail each other.** Writes to one mailbox queue and are done together; none is
//!   refused because of another, and only UNCHANGEDSINCE may lose.
//! - **Quota holds exactly.** Whoever adds something where there is a limit looks at the sum of what is
//!   there, alone; where there is none nobody waits for anybody.
//! - **Dropping a future loses nothing.** What was queued is done, whether or not somebody waits.
//! - **What somebody did is written down** in the transaction that did it ([`Activity`]).
//! - **Messages are immutable**, byte for byte as they came, and stored once however often copied.
//!
//! Lock order, everywhere: people of directories, logins, contents, name locks of trees in ascending owner, groups, accounts, then rows of
//! `mailbox` in ascending id, and all else of a mailbox only under its row; the row of a quota root
//! last. The functions in `functions/` keep it; each is one round trip and one transaction, and reads top-down: login, lock,
//! rights, write, log, activity, quota.
//!
//! What never lives here: tags, sequence numbers, and when a client is told what.

mod access;
mod access_cache;
mod access_letter;
mod account;
mod activity;
mod address;
mod administration;
mod another_history;
mod answers;
mod append;
mod applying;
mod argument;
mod background;
mod backlog;
mod batch;
mod busy;
mod committed;
mod connect;
mod connections;
mod content;
mod content_rows;
mod copy;
mod counters;
mod creation;
mod delivery;
mod delta;
mod digest;
mod directory;
mod directory_mark;
mod erased;
mod expunge;
mod fault;
mod filing;
mod filled;
mod flags;
mod fold;
mod group;
mod history;
mod keeping;
mod keyword;
mod lateness;
mod latest;
mod letters;
mod login_recorder;
mod mailbox;
mod mailbox_summary;
mod masks;
mod metadata;
mod migrate;
mod multirange;
mod name;
mod notifier;
mod object_id;
mod origin;
mod outline;
mod overlay;
mod pace;
mod packing;
mod person;
mod place;
mod pool;
mod prepared;
mod presence;
mod probe;
mod prover;
mod query_batcher;
mod quota;
mod rare;
mod reach;
mod recent;
mod replace;
mod resolve;
mod restoration;
mod rights;
mod route;
mod routes;
mod rows;
mod save_date;
mod scim;
mod search_text;
mod servers;
mod shares;
mod snapshot;
mod snapshot_writer;
mod standbys;
mod stats;
mod status;
mod store;
mod subscription;
mod survey;
mod team;
mod timing;
mod token;
mod unchanged;
mod unseen_cache;
mod upkeep;
mod wake;
mod web_session;
mod whereabouts;
mod withdrawal;
mod wrong_password;

// For the promises in `tests/`.
#[cfg(test)]
use private_pg as _;
#[cfg(test)]
use serde_json as _;

pub use access::Readable;
pub use access_letter::{AccessLetter, LetterEnd};
pub use account::Account;
pub use activity::{Activity, ActivityKind, ActivityQuery};
pub use address::{
    AddressKey, LeadsTo, ListedAddress, MailboxAddress, NewTarget, OldTarget, Posting, Recipients,
};
pub use answers::Withdrawal;
pub use append::{Appended, NewMessage};
pub use applying::Deletion;
pub use background::{Aside, Background, Clock, Compute, Sleep, Spawn};
pub use busy::{Busy, BusyAccount, BusyMailbox, BusyNode};
pub use committed::{Committed, CommittedWrite, SharedEdits};
pub use content::{HeaderBlocks, MessageMetadata};
pub use copy::{Copied, Moved};
pub use counters::MailboxCounters;
pub use delivery::{Addressee, Delivered, Letter, Recognition};
pub use delta::{LoadedDelta, News};
pub use digest::{DIGEST_MESSAGES_MIN, Digest, DigestId, DigestedDates, DigestedSortKeys};
pub use directory::{DirectoryChange, DirectoryNews};
pub use directory_mark::DirectoryMark;
pub use expunge::{Doomed, Expunged};
pub use fault::{Cause, FAULTS, Fault};
pub use filing::{Circumstances, Filing, filing};
pub use flags::{FlagEdit, FlagsEdited, RareEdit};
pub use fold::{account_name, fold_identifier};
pub use group::{DirectoryGroup, Group, GroupPeople};
pub use latest::Latest;
pub use letters::Letters;
pub use mailbox::{Found, Listed};
pub use mailbox_summary::MailboxSummary;
pub use masks::Masks;
pub use metadata::{Annotation, NewValue, Wanted};
pub use object_id::ObjectIds;
pub use origin::{Login, Origin, TokenUse};
pub use outline::{Outline, Stamps};
pub use person::{DirectoryAccount, Entered, Newcomers, Person};
pub use prepared::{Prepared, prepare};
pub use presence::{NodeRun, OpenSession, Reported, SessionQuery, SessionReport};
pub use prover::Prover;
pub use quota::Quota;
pub use replace::Replaced;
pub use restoration::{Recount, Restoration};
pub use route::{Route, RouteExplanation, RouteStep, Target, TargetMailbox};
pub use scim::{NewScimGroup, NewScimUser, ScimGroup, ScimQuery, ScimUser};
pub use servers::BadDatabaseUrl;
pub use snapshot::Loaded;
pub use stats::{BATCH_BUCKETS, Stats};
pub use status::Status;
pub use store::{Options, Store};
pub use subscription::Subscription;
pub use survey::{QuotaCounts, Replication, ServerLimits, SiteSurvey, Storage};
pub use team::{DEFAULT_FOLDERS, Team, TeamStep, Trial};
pub use timing::{DURATION_BUCKETS_MICROS, DurationCounts, Durations};
pub use token::{AccessToken, ListedToken, LoginVersion, NewToken, Services, TokenScope};
pub use unchanged::Unchanged;
pub use upkeep::{JobHistory, UpkeepBacklog, UpkeepLeader};
pub use wake::{Heard, Listener};
pub use web_session::{SignedInBy, WebSession};
pub use withdrawal::LEASE_LENGTH;

pub use mime::{SortKeysUse, recipients};
pub use wrong_password::{Failures, WrongPasswords};
