//! What news mean for the results of each context. Flags, dates, sizes and numbers are decided from the image;
//! a text is read when its message arrives, and later only where a flag makes it matter.

use image::Image;
use live::{Live, MailboxState};
use mail::limits::CONTEXT_RESULTS_MAX;
use mail::{Uid, UidSet};
use store::Store;
use tracing::warn;
use wire::FetchItem;

use crate::context::frozen::names_last;
use crate::context::kept::{Context, Contexts, say_no_update};
use crate::context::results::Run;
use crate::ending::Ending;
use crate::search::criteria::Criteria;
use crate::search::finding::Finding;
use crate::search::finding::Numbered;
use crate::search::searcher::find_among;
use crate::search::sorting::{KeyReader, places};
use crate::search::target::SearchTarget;
use crate::view::Touched;

/// What is to be said of all contexts, and what is to be fetched of messages that are among their results.
#[derive(Debug, Default)]
pub(crate) struct Revised {
    pub(crate) said: Vec<u8>,
    wanted: Vec<(UidSet, Vec<FetchItem>)>,
}

/// How the results of one changed.
struct ResultChange {
    removed: Vec<Run>,
    added: Vec<Run>,
}

/// Takes in what the client was told since `before`.
pub(crate) async fn revise(
    store: &Store,
    live: &Live,
    contexts: &mut Contexts,
    search_target: SearchTarget<'_>,
    before: &MailboxState,
) -> Revised {
    let mut revised = Revised::default();
    let touched = search_target.view.touched_since(before);
    // Those that can be kept up to date are put back; a context that fails is ended.
    let followed = std::mem::take(&mut contexts.0);
    let mut room = CONTEXT_RESULTS_MAX;
    for mut context in followed {
        let changed = context
            .follow(store, live, search_target, before, &touched)
            .await;
        match changed {
            Ok(_) if context.results.len() > room => {
                let text = "Too many results to keep them up to date";
                say_no_update(&mut revised.said, &context.tag, text);
            }
            Ok(change) => {
                room -= context.results.len();
                revised.note(&context, &change, &touched, search_target);
                contexts.0.push(context);
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
        change: &ResultChange,
        touched: &[Touched],
        search_target: SearchTarget<'_>,
    ) {
        let image = &search_target.view.known().image;
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
        search_target: SearchTarget<'_>,
        before: &MailboxState,
        touched: &[Touched],
    ) -> Result<ResultChange, Ending> {
        let criteria = Criteria::new(&self.key, &search_target, store.object_ids(), self.asked_at);
        let candidates = self.candidates(&criteria, search_target, before, touched);
        let found = find_among(store, live, search_target, criteria, &candidates).await?;
        let uids = |messages: &[Numbered]| -> UidSet {
            messages.iter().map(|(_, message)| message.uid).collect()
        };
        let holding = uids(&found);
        let removed = self.results.remove(&uids(&candidates).difference(&holding));
        let key_reader = KeyReader {
            live,
            compute: store.compute(),
        };
        let added = self.put_in(key_reader, search_target, found).await?;
        self.private = search_target.view.private();
        self.is_settled = search_target.view.is_settled();
        Ok(ResultChange { removed, added })
    }

    /// The messages that may have become results, or may be none any more, ascending.
    fn candidates(
        &self,
        criteria: &Criteria,
        search_target: SearchTarget<'_>,
        before: &MailboxState,
        touched: &[Touched],
    ) -> Vec<Numbered> {
        let image = &search_target.view.known().image;
        if self.private != search_target.view.private() {
            return image.iter().collect();
        }
        let may_differ = |it: &&Touched| match &it.before {
            Some(shown) if self.is_settled => criteria.tells_apart(shown, &it.now),
            Some(_) | None => true,
        };
        let mut candidates: Vec<Numbered> = touched
            .iter()
            .filter(may_differ)
            .map(|it| (it.seq, it.message.clone()))
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
        key_reader: KeyReader<'_>,
        search_target: SearchTarget<'_>,
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
        let found = Finding::of(search_target.mailbox, found);
        let image = &search_target.view.known().image;
        let places = places(key_reader, &found, order, image, &self.order).await?;
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
