//! Searches whose results are kept up to date (RFC 5267, 4.3).
//!
//! A context is true of what its client was told: results that are expunged are told at once, all else
//! together with the EXISTS, EXPUNGE or FETCH that it comes from.

use std::sync::Arc;

use image::Image;
use mail::limits::{CONTEXT_RESULTS_MAX, CONTEXTS_MAX};
use mail::{FlagBits, UidSet};
use wire::{
    Code, FetchItem, Numbering, SearchKey, SearchReturn, SortCriterion, SortKey, Tag, Verdict, say,
};

use crate::context::frozen;
use crate::context::results::{Results, Run};
use crate::ending::Ending;
use crate::node::Now;
use crate::search::finding::Finding;
use crate::search::target::SearchTarget;
use crate::view::View;

/// Those of one selected mailbox.
#[derive(Debug, Default)]
pub(crate) struct Contexts(pub(super) Vec<Context>);

/// One search whose client wants to hear how its results change.
#[derive(Debug)]
pub(crate) struct Context {
    pub(super) tag: Tag,
    pub(super) numbering: Numbering,
    /// What was named by number when the client asked is named by UID here.
    pub(super) key: SearchKey,
    /// Empty for the order of the mailbox.
    pub(super) order: Vec<SortCriterion>,
    /// What to tell of a message that arrives among the results (RFC 5465, 7).
    pub(super) attributes: Vec<FetchItem>,
    pub(super) asked_at: Now,
    pub(super) results: Results,
    /// The flags that were private when it was searched last.
    pub(super) private: FlagBits,
    /// The results are those of the view's state, and of nothing newer.
    pub(super) is_settled: bool,
}

/// What a client asks for by UPDATE.
pub(crate) struct Wish<'w> {
    pub(crate) tag: &'w Tag,
    pub(crate) returns: Option<SearchReturn>,
    pub(crate) numbering: Numbering,
    pub(crate) key: &'w SearchKey,
    /// Empty for the order of the mailbox.
    pub(crate) order: &'w [SortCriterion],
    pub(crate) attributes: &'w [FetchItem],
}

impl Contexts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends those of `tags`; `false`, and none is ended, when there is one that is not here.
    pub(crate) fn cancel(&mut self, tags: &[String]) -> bool {
        let is_named = |context: &Context, tag: &String| context.tag.as_str() == tag;
        let is_here = |tag: &String| self.0.iter().any(|context| is_named(context, tag));
        let are_here = tags.iter().all(is_here);
        if are_here {
            let is_any = |context: &Context| tags.iter().any(|tag| is_named(context, tag));
            self.0.retain(|context| !is_any(context));
        }
        are_here
    }

    /// UIDONLY was enabled: what is told in sequence numbers can be told no more (RFC 9586).
    pub(crate) fn end_counting(&mut self, out: &mut Vec<u8>) {
        for ended in self
            .0
            .extract_if(.., |context| context.numbering == Numbering::Sequence)
        {
            say_no_update(out, &ended.tag, "Sequence numbers are no longer used");
        }
    }

    /// Tells which results are expunged. A client may hear of that before it may hear that their numbers are
    /// free (RFC 5267, 4.3.4), and must not hear of it later.
    pub(crate) fn tell_losses(&mut self, view: &View, out: &mut Vec<u8>) {
        let (known, latest) = (view.known(), view.latest());
        if self.is_empty() || Arc::ptr_eq(known, latest) {
            return;
        }
        let lost = known.image.difference(&latest.image).vanished;
        for context in &mut self.0 {
            let removed = context.results.remove(&lost);
            context.say(&known.image, &removed, &[], out);
        }
    }

    /// The context that `wish` asks for, without results yet; `None` where it does not ask for one.
    ///
    /// # Errors
    ///
    /// For a tag that is in use (RFC 5267, 4.3).
    pub(crate) fn begin(
        &self,
        wish: &Wish<'_>,
        search_target: SearchTarget<'_>,
        asked_at: Now,
    ) -> Result<Option<Context>, Ending> {
        if !wish.returns.is_some_and(|returns| returns.update) {
            return Ok(None);
        }
        if self.0.iter().any(|kept| kept.tag == *wish.tag) {
            let text = "A search with this tag is still being updated";
            return Err(Ending::malformed(text));
        }
        Ok(Some(Context {
            tag: wish.tag.clone(),
            numbering: wish.numbering,
            key: frozen::freeze(wish.key, &search_target),
            order: wish.order.to_vec(),
            attributes: wish.attributes.to_vec(),
            asked_at,
            results: Results::of_mailbox(UidSet::new()),
            private: search_target.view.private(),
            is_settled: search_target.view.is_settled(),
        }))
    }

    /// Keeps up to date what was found, or says that it will not be (RFC 5267, 4.3.1).
    pub(crate) fn keep(&mut self, context: Context, found: &Finding, out: &mut Vec<u8>) {
        if frozen::is_timed(&context.key) {
            let text = "Results that change as time goes by are not kept up to date";
            return say_no_update(out, &context.tag, text);
        }
        let by_relevancy = |criterion: &SortCriterion| criterion.key == SortKey::Relevancy;
        if context.order.iter().any(by_relevancy) {
            let text = "An order by relevancy is not kept up to date";
            return say_no_update(out, &context.tag, text);
        }
        if !self.has_room(found.messages.len()) {
            let text = "Too many searches, or too many results, are kept up to date";
            return say_no_update(out, &context.tag, text);
        }
        let uids = found.messages.iter().map(|(_, message)| message.uid);
        let results = if context.order.is_empty() {
            Results::of_mailbox(uids.collect())
        } else {
            Results::in_order(uids.collect())
        };
        self.0.push(Context { results, ..context });
    }

    /// Whether one more with so many results can be kept.
    fn has_room(&self, results: usize) -> bool {
        self.0.len() < CONTEXTS_MAX && self.results() + results <= CONTEXT_RESULTS_MAX
    }

    fn results(&self) -> usize {
        self.0.iter().map(|context| context.results.len()).sum()
    }
}

impl Context {
    /// How the results changed, in numbers of `image`.
    pub(super) fn say(&self, image: &Image, removed: &[Run], added: &[Run], out: &mut Vec<u8>) {
        if removed.is_empty() && added.is_empty() {
            return;
        }
        let numbered = |runs: &[Run]| -> Vec<say::ResultRun> {
            runs.iter()
                .map(|run| run.numbered(self.numbering, image))
                .collect()
        };
        let (removed, added) = (numbered(removed), numbered(added));
        say::esearch_update(out, &self.tag, self.numbering, &removed, &added);
    }
}

impl Run {
    fn numbered(&self, numbering: Numbering, image: &Image) -> say::ResultRun {
        let number = |uid: &mail::Uid| match numbering {
            Numbering::Uid => Some(uid.get()),
            Numbering::Sequence => image.seqnum(*uid).map(mail::SeqNum::get),
        };
        say::ResultRun {
            position: u32::try_from(self.position).unwrap_or(u32::MAX),
            numbers: self.uids.iter().filter_map(number).collect(),
        }
    }
}

pub(crate) fn say_no_update(out: &mut Vec<u8>, tag: &Tag, text: &str) {
    say::untagged(out, Verdict::No, Some(Code::NoUpdate(tag)), text);
}
