//! Addresses that lead to other addresses.

use super::Prune;
use crate::current::CurrentState;
use crate::key::Section;
use crate::planned::{AliasStep, AliasesChange};
use crate::wanted::{Alias, DesiredState};

/// What goes comes first: a domain is another name of one domain at a time.
pub(super) fn aliases(
    desired: &DesiredState,
    current: &CurrentState,
    prune: Prune,
) -> AliasesChange {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let nothing = Alias::default();
    for (address, wanted) in &desired.aliases {
        let known = current.aliases.get(address).unwrap_or(&nothing);
        gone.extend(only_in(address, known, wanted, false));
        come.extend(only_in(address, wanted, known, true));
    }
    if prune != Prune::Nothing && desired.complete.contains(&Section::Aliases) {
        let others = current.aliases.iter();
        let others = others.filter(|(address, _)| !desired.aliases.contains_key(*address));
        gone.extend(others.flat_map(|(address, known)| only_in(address, known, &nothing, false)));
    }
    gone.extend(come);
    AliasesChange {
        steps: gone,
        version: current.aliases_version.clone(),
    }
}

fn only_in(address: &str, this: &Alias, that: &Alias, leads: bool) -> Vec<AliasStep> {
    let only = this
        .targets
        .iter()
        .filter(|(target, _)| !that.targets.contains_key(*target));
    let steps = only.map(|(target, spelling)| AliasStep {
        address: address.to_owned(),
        spelling: this.spelling.clone(),
        target: target.clone(),
        target_spelling: spelling.clone(),
        leads,
    });
    steps.collect()
}
