//! What news mean for the results of each context. Flags, dates, sizes and numbers are decided from the image;
//! a text is read when its message arrives, and later only where a flag makes it matter.

use image::Image;
use live::{Live, MailboxState};
use mail::limits::CONTEXT_RESULTS_MAX;
use mail::{Uid, UidSet};
use store::Store;
use tracing::warn;
use wire::FetchItem;

use super::frozen::names_last;
use super::results::Run;
use super::{Context, say_no_update};
use crate::criteria::Criteria;
use crate::ending::Ending;
use crate::finding::{Finding, find_among};
use crate::search_state::Numbered;
use crate::search_target::SearchTarget;
use crate::selected::Selected;
use crate::sorting::places;
use crate::view::Touched;

/// What is to be said of all contexts, and what is to be fetched of messages that are among their results.
#[derive(Debug, Default)]
pub(crate) struct Revised {
    pub(crate) said: Vec<u8>,
    wanted: Vec<(UidSet, Vec<FetchItem>)>,
}

/// How the results of one changed.
struct Change {
    removed: Vec<Run>,
    added: Vec<Run>,
}

/// Takes in what the client was told since `before`.
pub(crate) async fn revise(
    store: &Store,
    live: &Live,
    selected: &mut Selected,
    before: &MailboxState,
) -> Revised {
    let mut revised = Revised::default();
    let touched = selected.view.touched_since(before);
    let contexts = std::mem::take(&mut selected.contexts).0;
    let mut room = CONTEXT_RESULTS_MAX;
    for mut context in contexts {
        let changed = context
            .follow(store, live, selected, before, &touched)
            .await;
        match changed {
            Ok(_) if context.results.len() > room => {
                let text = "Too many results to keep them up to date";
                say_no_update(&mut revised.said, &context.tag, text);
            }
            Ok(change) => {
                room -= context.results.len();
                revised.note(&context, &change, &touched, selected);
                selected.contexts.0.push(context);
            }
            Err(ending) => {
                warn!(cause = ?ending, "could not keep a search up to date");
                let text = "These results could not be kept up to date";
                say_no_update(&mut revised.said, &context.tag, text);
            }
        }
    }
    revised
}

impl Revised {
    /// What to fetch of a message that has arrived.
    pub(crate) fn attributes(&self, uid: Uid) -> impl Iterator<Item = &FetchItem> {
        let wanted = self
            .wanted
            .iter()
            .filter(move |(uids, _)| uids.contains(uid));
        wanted.flat_map(|(_, attributes)| attributes)
    }

    fn note(
        &mut self,
        context: &Context,
        change: &Change,
        touched: &[Touched],
        selected: &Selected,
    ) {
        let image = &selected.view.known().image;
        context.say(image, &change.removed, &change.added, &mut self.said);
        if context.attributes.is_empty() {
            return;
        }
        let arrived = touched.iter().filter(|it| it.before.is_none());
        let arrived: UidSet = arrived.map(|it| it.message.uid).collect();
        let added = change.added.iter().flat_map(|run| &run.uids).copied();
        let fresh = arrived.intersection(&added.collect());
        self.wanted.push((fresh, context.attributes.clone()));
    }
}

impl Context {
    async fn follow(
        &mut self,
        store: &Store,
        live: &Live,
        selected: &Selected,
        before: &MailboxState,
        touched: &[Touched],
    ) -> Result<Change, Ending> {
        let search_target = SearchTarget::from(selected);
        let criteria = Criteria::new(&self.key, &search_target, store.object_ids(), self.asked_at);
        let candidates = self.candidates(&criteria, selected, before, touched);
        let found = find_among(store, live, selected, criteria, &candidates).await?;
        let uids = |messages: &[Numbered]| -> UidSet {
            messages.iter().map(|(_, message)| message.uid).collect()
        };
        let holding = uids(&found);
        let removed = self.results.remove(&uids(&candidates).difference(&holding));
        let added = self.put_in(live, selected, found).await?;
        self.private = selected.view.private();
        self.is_settled = selected.view.is_settled();
        Ok(Change { removed, added })
    }

    /// The messages that may have become results, or may be none any more, ascending.
    fn candidates(
        &self,
        criteria: &Criteria,
        selected: &Selected,
        before: &MailboxState,
        touched: &[Touched],
    ) -> Vec<Numbered> {
        let image = &selected.view.known().image;
        if self.private != selected.view.private() {
            return image.iter().collect();
        }
        let may_differ = |it: &&Touched| match it.before {
            Some(shown) if self.is_settled => criteria.tells_apart(shown, it.now),
            Some(_) | None => true,
        };
        let mut candidates: Vec<Numbered> = touched
            .iter()
            .filter(may_differ)
            .map(|it| (it.seq, it.message))
            .collect();
        if names_last(&self.key) {
            candidates.extend(around_last(before, image));
            candidates.sort_unstable_by_key(|&(seq, _)| seq);
            candidates.dedup_by_key(|(seq, _)| *seq);
        }
        candidates
    }

    /// Adds those of `found` that are not among the results yet.
    async fn put_in(
        &mut self,
        live: &Live,
        selected: &Selected,
        mut found: Vec<Numbered>,
    ) -> Result<Vec<Run>, Ending> {
        found.retain(|(_, message)| !self.results.members().contains(message.uid));
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let Some(order) = self.results.order() else {
            let uids = found.iter().map(|(_, message)| message.uid).collect();
            return Ok(self.results.add(&uids));
        };
        found.sort_unstable_by_key(|&(seq, _)| seq);
        let found = Finding::of(selected.found.id, found);
        let image = &selected.view.known().image;
        let places = places(live, &found, order, image, &self.order).await?;
        Ok(self.results.insert(&places))
    }
}

/// Those that another last message makes a set with `*` take in or leave out: all between the two.
fn around_last(before: &MailboxState, now: &Image) -> Vec<Numbered> {
    match (before.image.uid_max(), now.uid_max()) {
        (Some(was), Some(is)) if was != is => now.by_uid(was.min(is)..=was.max(is)).collect(),
        _ => Vec::new(),
    }
}
