//! What a site shall be like, as a file says it, and what has to change for that: accounts, groups, and shared mailboxes with
//! their lists of rights, addresses, flag policies and quota.
//!
//! In order: [`DesiredState::parse`] reads a file, [`plan`] compares it with the [`CurrentState`] and makes a [`Plan`], whose
//! parts are transactions of the store. [`snapshot`] writes what there is as such a file. The rules are in
//! `docs/adr/0094-a-file-says-what-there-shall-be.md`.
//!
//! What never lives here: SQL, files, and whether whoever asks may do it.

mod current;
mod differ;
mod document;
mod key;
mod parse;
mod planned;
mod snapshot;
mod wanted;
mod words;

#[cfg(test)]
mod tests;

pub use current::{CurrentAccount, CurrentGroup, CurrentMailbox, CurrentState};
pub use differ::{Prune, plan};
pub use document::Mistake;
pub use key::{DesiredKey, Section, reference};
pub use planned::{
    AliasStep, AliasesChange, GroupsChange, MemberChange, NewAccount, Plan, TreeChange, TreeStep,
};
pub use snapshot::snapshot;
pub use wanted::{
    Addresses, Alias, DesiredAccount, DesiredGroup, DesiredList, DesiredMailbox, DesiredState,
    List, Source, TreeName,
};
pub use words::{Line, Sign};
