//! Who may do what on a mailbox: RFC 4314 as pure functions, and permits as their proof.
//!
//! Rights, identifiers, how a list turns into rights, which operation needs which right. No names of
//! mailboxes, no SQL, no protocol responses: whoever asks brings the list and says the answer.
//!
//! The way through: a list of [`Entry`]s and [`Who`] asks give [`effective`] rights; with the
//! mailbox and the version of its list they are an [`EffectiveAccess`]; [`permit`] holds one
//! against an [`Operation`] and makes the [`Permit`] that every changing method of the store asks for.

mod create_permit;
mod effective;
mod flags;
mod grant;
mod identifier;
mod operation;
mod permit;
mod rights;

pub use create_permit::{CreatePermit, CreateScope, below, own_tree, shared_root};
pub use effective::{Belonging, Entry, Ownership, Who, applying, effective, implied};
pub use flags::{guarding, is_read_write, storable};
pub use grant::{Everybody, ListRights, grantable, list_rights};
pub use identifier::{BadIdentifier, Identifier, Subject, domain_of, is_account_name};
pub use operation::Operation;
pub use permit::{Denied, EffectiveAccess, Permit, permit, suffices};
pub use rights::{BadRights, Modification, Rights};
