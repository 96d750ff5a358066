//! This node's open mailboxes, what its sessions are on the lookout for, and who is logged in here.
//!
//! While at least one session here has a mailbox open, the node holds one [`Picture`] of it and
//! reads one delta per change, however many sessions watch. A wake-up is a hint: it only says
//! that a read is worth while. What was lost on the way is found by [`Live::compare`].
//!
//! Protocol words never live here, nor rights: a picture says that rights changed, a session
//! reads them.
//!
//! Lock order: a mailbox's `refreshing` before any other lock; no lock but that one is held
//! across an await.

mod content;
mod follow;
mod glance;
mod guests;
mod lookout;
mod mailbox;
mod said;
mod stats;

pub use content::{Contents, ContentsStats};
pub use follow::Live;
pub use guests::{Guests, Stay};
pub use lookout::{Lookout, Lookouts, Movement, Sighting};
pub use mailbox::{LiveMailbox, Picture, Watch};
pub use said::Phrase;
pub use stats::Stats;
