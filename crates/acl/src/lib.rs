//! Who may do what on a mailbox: RFC 4314 as pure functions, and permits as the proof.
//!
//! Rights, identifiers, how a list becomes rights, and which operation needs which right. No names
//! of mailboxes, no SQL, no protocol responses: the caller has the list and writes the answer.
//!
//! In order: a list of [`AclEntry`]s and an account ([`Who`]) give [`effective`] rights. With the
//! mailbox and the version of its rights they are an [`EffectiveAccess`]. [`permit`] compares it
//! with an [`Operation`] and makes the [`Permit`] that every changing method of the store takes.

mod access_mode;
mod acquaintance;
mod create_permit;
mod effective;
mod explained;
mod flags;
mod fold;
mod grant;
mod identifier;
mod operation;
mod permit;
mod rights;
mod role;
mod send_as;

pub use access_mode::AccessMode;
pub use acquaintance::may_know_of;
pub use create_permit::{CreatePermit, CreateScope, below, own_tree, shared_root, special_below};
pub use effective::{AclEntry, Belonging, Ownership, Who, applying, effective, implied};
pub use explained::{Reason, ReasonOrigin, command_answers, reasons};
pub use flags::{guarding, is_read_write, storable};
pub use fold::{fold_identifier, fold_name};
pub use grant::{Everybody, ListRights, grantable, list_rights};
pub use identifier::{BadIdentifier, Identifier, Subject, domain_of};
pub use operation::Operation;
pub use permit::{Denied, EffectiveAccess, Permit, permit, suffices};
pub use rights::{BadRights, Modification, Rights};
pub use role::Role;
pub use send_as::may_send_as;
