//! This node's open mailboxes, what its sessions watch for NOTIFY, and the accounts that are logged in here.
//!
//! While at least one session here has a mailbox open, the node holds one [`MailboxState`] of it and
//! reads one delta per change, however many sessions watch. A wake-up is a hint: it only says
//! that there is something to read. A lost wake-up is made good by [`Live::compare`]. When the last session has left a
//! mailbox its state is kept for a while, and read on when somebody comes back.
//!
//! Protocol words never live here, nor rights: a state says that rights changed, a session
//! reads them.
//!
//! Lock order: a mailbox's `refreshing` before any other lock; no lock but that one is held
//! across an await.

mod content;
mod event_queue;
mod follow;
mod kept;
mod lock;
mod login_registry;
mod mailbox;
mod notify_watcher;
mod shared_response;
mod sort_keys;
mod states;
mod stats;
mod unheard;
mod watch_register;

pub use content::{Contents, ContentsStats, batches};
pub use event_queue::{MailboxEvent, PendingEvents};
pub use follow::{Live, NodeLease};
pub use login_registry::{LoginLease, LoginRegistry};
pub use mailbox::{LiveMailbox, MailboxState, RightsWatch, Watch};
pub use notify_watcher::{NotifyWatcher, NotifyWatchers};
pub use shared_response::SharedResponse;
pub use stats::Stats;
