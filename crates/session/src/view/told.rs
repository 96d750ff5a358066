//! What a client was told of single messages beyond the state that it knows. Pure.
//!
//! Whoever flags a million messages is told of a million: what it was told is kept as which state said it, and of which UIDs.

use std::collections::HashMap;
use std::sync::Arc;

use live::MailboxState;
use mail::{Uid, UidSet};

use crate::view::Shown;

/// What a client knows of messages that another state than the known one says, or none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// None of these is in `runs`.
    single: HashMap<Uid, Shown>,
    /// Told by these states, in this order: of a message that is in several the last is what counts.
    runs: Vec<Run>,
}

/// Messages of which a client was told what a state says.
#[derive(Clone, Debug)]
struct Run {
    state: Arc<MailboxState>,
    uids: UidSet,
}

/// What a client was told of a message.
#[derive(Debug)]
pub(crate) enum Said<'t> {
    /// Just this.
    Shown(&'t Shown),
    /// What this state says of it.
    By(&'t MailboxState),
}

/// What a state says of a UID.
pub(crate) type ShownBy<'s> = dyn Fn(&MailboxState, Uid) -> Option<Shown> + 's;

/// Each holds a state for as long as its client lets no number move. With more of them each message is kept for itself.
const RUNS_MAX: usize = 16;

impl Told {
    pub(crate) fn is_empty(&self) -> bool {
        self.single.is_empty() && self.runs.is_empty()
    }

    pub(crate) fn find(&self, uid: Uid) -> Option<Said<'_>> {
        if let Some(shown) = self.single.get(&uid) {
            return Some(Said::Shown(shown));
        }
        let mut runs = self.runs.iter().rev();
        let run = runs.find(|run| run.uids.contains(uid))?;
        Some(Said::By(&run.state))
    }

    /// Those of which `state`, the newest there is, was the last to tell.
    pub(crate) fn told_by(&self, state: &Arc<MailboxState>) -> UidSet {
        let runs = self.runs.iter().rev();
        let runs = runs.take_while(|run| Arc::ptr_eq(&run.state, state));
        runs.fold(UidSet::new(), |uids, run| uids.union(&run.uids))
    }

    /// `state` told of `uid`. Cheap where UIDs ascend.
    pub(crate) fn note(&mut self, uid: Uid, state: &Arc<MailboxState>) {
        self.single.remove(&uid);
        match self.runs.last_mut() {
            Some(run) if Arc::ptr_eq(&run.state, state) && run.uids.last() < Some(uid) => {
                run.uids.insert(uid);
            }
            Some(_) | None => self.runs.push(Run {
                state: Arc::clone(state),
                uids: [uid].into_iter().collect(),
            }),
        }
    }

    /// Whether there are more states than are to be held.
    pub(crate) fn is_full(&self) -> bool {
        self.runs.len() > RUNS_MAX
    }

    /// Holds fewer states: those that say nothing any more that was not told later are let go, and then, if it takes that, the
    /// one that says least.
    pub(crate) fn make_room(&mut self, shown: &ShownBy<'_>) {
        let mut later = UidSet::new();
        let mut runs: Vec<Run> = Vec::with_capacity(self.runs.len());
        for Run { state, uids } in std::mem::take(&mut self.runs).into_iter().rev() {
            let uids = uids.difference(&later);
            later = later.union(&uids);
            match runs.last_mut() {
                Some(run) if Arc::ptr_eq(&run.state, &state) => run.uids = run.uids.union(&uids),
                Some(_) | None if uids.is_empty() => {}
                Some(_) | None => runs.push(Run { state, uids }),
            }
        }
        runs.reverse();
        self.runs = runs;
        let least =
            (0..self.runs.len()).min_by_key(|&at| self.runs.get(at).map(|run| run.uids.len()));
        if self.is_full()
            && let Some(least) = least
        {
            let run = self.runs.remove(least);
            self.keep_each(&run, shown);
        }
    }

    /// Keeps all that was told message by message.
    pub(crate) fn settle(&mut self, shown: &ShownBy<'_>) {
        for run in std::mem::take(&mut self.runs) {
            self.keep_each(&run, shown);
        }
    }

    fn keep_each(&mut self, run: &Run, shown: &ShownBy<'_>) {
        let told = run.uids.iter();
        let told = told.filter_map(|uid| Some((uid, shown(&run.state, uid)?)));
        self.single.extend(told);
    }

    /// `shown` was told of `uid`, whatever any state says. To be [settled](Self::settle) before.
    pub(crate) fn insert(&mut self, uid: Uid, shown: Shown) {
        self.single.insert(uid, shown);
    }

    pub(crate) fn shown_mut(&mut self) -> impl Iterator<Item = &mut Shown> {
        self.single.values_mut()
    }

    /// The client knows a state by now that is no older than any that told something.
    pub(crate) fn clear(&mut self) {
        self.single = HashMap::new();
        self.runs = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::sync::Arc;

    use image::Image;
    use live::MailboxState;
    use mail::{Flags, Keywords, ModSeq, Uid};

    use super::{RUNS_MAX, Said, Told};
    use crate::view::Shown;
    use crate::view::model::Chance;

    fn state(modseq: u64) -> Arc<MailboxState> {
        let modseq = ModSeq::new(modseq).unwrap();
        Arc::new(MailboxState {
            image: Image::from_messages([], modseq, Uid::MIN).unwrap(),
            keywords: Arc::new(Keywords::default()),
            overlays: Arc::default(),
            rights_version: 1,
            is_gone: false,
        })
    }

    fn shown(state: &MailboxState, _: Uid) -> Option<Shown> {
        Some(Shown {
            flags: Flags::NONE,
            modseq: state.modseq(),
            is_recent: false,
        })
    }

    #[test]
    fn the_last_to_tell_of_a_message_is_what_counts() {
        for seed in 0..50 {
            let mut chance = Chance::new(seed);
            let (mut told, mut expected) = (Told::default(), HashMap::new());
            let mut latest = state(1);
            for _ in 0..200 {
                if chance.below(3) == 0 {
                    latest = state(latest.modseq().get() + 1);
                }
                let (low, span) = (1 + chance.below(60), chance.below(40));
                for uid in (low..=low + span).filter_map(Uid::new) {
                    told.note(uid, &latest);
                    expected.insert(uid, latest.modseq());
                    if told.is_full() {
                        told.make_room(&shown);
                    }
                }
                if chance.below(50) == 0 {
                    told.settle(&shown);
                }
                assert!(told.runs.len() <= RUNS_MAX);
                for uid in (1..110).filter_map(Uid::new) {
                    let found = told.find(uid).map(|said| match said {
                        Said::Shown(shown) => shown.modseq,
                        Said::By(state) => state.modseq(),
                    });
                    assert_eq!(found, expected.get(&uid).copied(), "seed {seed}");
                }
                let by_latest = told.told_by(&latest);
                assert!(
                    by_latest
                        .iter()
                        .all(|uid| expected.get(&uid) == Some(&latest.modseq()))
                );
                let single: HashSet<Uid> = told.single.keys().copied().collect();
                assert!(
                    told.runs
                        .iter()
                        .all(|run| !run.uids.iter().any(|uid| single.contains(&uid)))
                );
            }
        }
    }
}
