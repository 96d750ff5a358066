//! Tables of what files say and of what follows, and what holds of random states.

mod differing;
mod files;
mod random;

use crate::{CurrentState, DesiredState, Mistake, Plan, Prune, plan};

const FOLDERS: [(&str, &str); 2] = [("Sent", "\\Sent"), ("Trash", "\\Trash")];

fn parse(text: &str) -> Result<DesiredState, Vec<Mistake>> {
    DesiredState::parse(text, &FOLDERS, &|hash| match hash.starts_with('$') {
        true => Ok(()),
        false => Err("that is no hash".to_owned()),
    })
}

fn plan_of(text: &str, current: &CurrentState, prune: Prune) -> Plan {
    plan(&parse(text).unwrap(), current, prune)
}

/// A plan as it is printed, with what it notes (`note`) and refuses (`no`).
fn words(plan: &Plan) -> Vec<String> {
    let lines = plan.lines().into_iter();
    let lines = lines.map(|line| format!("{} {}", line.sign.letter(), line.words));
    let notes = plan.notes.iter().map(|note| format!("note {note}"));
    let refusals = plan.refusals.iter().map(|refusal| format!("no {refusal}"));
    lines.chain(notes).chain(refusals).collect()
}
