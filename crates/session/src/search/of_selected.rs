//! Searching the selected mailbox: what SEARCH, ESEARCH, SORT and THREAD have in common.

use std::sync::Arc;

use acl::Operation;
use mail::UidSet;
use wire::{SearchKey, SearchReturn, SortCriterion, SortKey, Tag};

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};
use crate::held::hold;
use crate::node::Now;
use crate::out::Out;
use crate::search::bounded::messages_max;
use crate::search::finding::Finding;
use crate::search::searcher::{Progress, Searcher};

/// Finds what `key` names in the selected mailbox. Where that takes long, the client of `tag` is told so.
pub(crate) async fn find(
    session: &mut Session,
    tag: &Tag,
    key: &SearchKey,
    now: Now,
    out: &mut Out<'_>,
) -> Result<Finding, Ending> {
    let searcher = session.searcher(key, now, &mut out.buffer);
    let memory = Arc::clone(&session.node.message_memory);
    let selected = session.selected()?;
    selected.permit(Operation::Read)?;
    out.end_with_client();
    let search_target = selected.search_target();
    let bytes = searcher.bytes_to_hold(messages_max(key, search_target));
    let holding = hold(&*memory, selected.found.who.account, bytes);
    let held = out.wait_for(tag, holding).await?;
    let mut progress = Progress {
        tag,
        out,
        done: 0,
        goal: search_target.messages(),
    };
    let found = Box::pin(searcher.find(&[search_target], &mut progress)).await?;
    let found = found.into_iter().next();
    let found = found.map(|found| found.holding(held));
    found.ok_or_else(|| Refused::NoSuchMailbox.into())
}

impl Session {
    /// A search by `key`, of whatever mailboxes. To search by MODSEQ enables CONDSTORE (RFC 7162, 3.1.5).
    pub(crate) fn searcher<'k>(
        &mut self,
        key: &'k SearchKey,
        now: Now,
        out: &mut Vec<u8>,
    ) -> Searcher<'k> {
        let searcher = Searcher::new(self.store.clone(), Arc::clone(&self.node.live), key, now);
        if searcher.asks_modseq() {
            self.enable_condstore(out);
        }
        searcher
    }

    /// `$` becomes what was found, or nothing where the answer is NO; after BAD it stays
    /// (RFC 5182, 2.1).
    pub(crate) fn save(&mut self, returns: Option<SearchReturn>, found: &Result<Finding, Ending>) {
        let (Some(returns), Some(selected)) = (returns.filter(|it| it.save), &mut self.selected)
        else {
            return;
        };
        match found {
            Ok(found) => selected.saved = found.saved(returns),
            Err(Ending::Malformed(_)) => {}
            Err(Ending::Refused(_) | Ending::Broken(_) | Ending::HungUp) => {
                selected.saved = UidSet::new();
            }
        }
    }
}

/// Refuses RELEVANCY without FUZZY, where no message is more relevant than another (RFC 6203, 4 and 6).
///
/// # Errors
///
/// For RELEVANCY beside a key that is not FUZZY.
pub(crate) fn admit_relevancy(
    returns: Option<SearchReturn>,
    order: &[SortCriterion],
    key: &SearchKey,
) -> Result<(), Ending> {
    let asks = returns.is_some_and(|returns| returns.relevancy)
        || order
            .iter()
            .any(|criterion| criterion.key == SortKey::Relevancy);
    let is_fuzzy = || key.any(&|key| matches!(key, SearchKey::Fuzzy(_)));
    if asks && !is_fuzzy() {
        return Err(Ending::malformed("RELEVANCY is for FUZZY keys"));
    }
    Ok(())
}
