//! What a file says, compared with what there is.

mod aliases;
mod people;
mod shared_addresses;
mod tree;

use crate::current::CurrentState;
use crate::planned::Plan;
use crate::wanted::DesiredState;

/// What becomes of that which a file does not name, where it says what there shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// It stays.
    Nothing,
    /// It goes, but for mailboxes with messages in them: these are refused.
    WithoutMail,
    /// It goes.
    WithMail,
}

/// What has to change so that `current` is as `desired` says.
#[must_use]
pub fn plan(desired: &DesiredState, current: &CurrentState, prune: Prune) -> Plan {
    let mut plan = Plan::default();
    people::accounts(desired, current, prune, &mut plan);
    people::groups(desired, current, prune, &mut plan);
    tree::shared(desired, current, prune, &mut plan);
    shared_addresses::note(current, &mut plan);
    plan.aliases = aliases::aliases(desired, current, prune);
    if !plan.is_empty() {
        people::keep_an_administrator(current, &mut plan);
    }
    plan
}
