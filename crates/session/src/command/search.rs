//! SEARCH (RFC 9051, 6.4.4), with RETURN (RFC 4731), SAVE (RFC 5182), PARTIAL (RFC 9394), MODSEQ (RFC 7162), WITHIN
//! (RFC 5032), object identifiers (RFC 8474), save dates (RFC 8514), FILTER (RFC 5466) and UPDATE (RFC 5267). The messages that it looks
//! at may be bounded (RFC 9738).

use acl::Operation;
use wire::{Search, SearchReturn, Tag, say};

use crate::context::kept::Wish;
use crate::conversation::session::Session;
use crate::ending::{Done, Outcome};
use crate::node::Now;
use crate::out::Out;
use crate::search::counting::count;
use crate::search::of_selected::{admit_relevancy, find};

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    mut search: Search,
    now: Now,
    out: &mut Out<'_>,
) -> Outcome {
    session
        .put_in_filters(&mut search.key, search.returns)
        .await?;
    admit_relevancy(search.returns, &[], &search.key)?;
    let bound = session.node.message_limit.per_command();
    let cut = bound.cut_search(&search.key, session.selected()?.search_target());
    if let Some(cut) = cut {
        search.key = cut.within(search.key);
    }
    let selected = session.selected()?;
    if let Some(count) = count(&search.key, search.returns, &selected.view) {
        selected.permit(Operation::Read)?;
        let found = say::Found {
            count: Some(count),
            ..say::Found::default()
        };
        say::esearch(&mut out.buffer, tag.into(), search.numbering, &found);
        return Ok(Done::completed());
    }
    let wish = Wish {
        tag,
        returns: search.returns,
        numbering: search.numbering,
        key: &search.key,
        order: &[],
        attributes: &search.attributes,
    };
    let context = session.selected()?.begin_context(&wish, now)?;
    let found = find(session, tag, &search.key, now, out).await;
    session.save(search.returns, &found);
    let found = found?;
    // IMAP4rev2 has no other answer (RFC 9051, 6.4.4).
    let is_extended = session.enabled.rev2;
    let returns = search.returns.or(is_extended.then(SearchReturn::default));
    let saying = || match returns {
        None => {
            let numbers = found.numbers(search.numbering);
            say::search(&mut out.buffer, numbers, found.highest_modseq());
        }
        Some(returns) => found.say_extended(tag.into(), search.numbering, returns, &mut out.buffer),
    };
    let bytes = found.bytes_to_look_through();
    session.store.compute().run(bytes, saying).await;
    if let Some(context) = context {
        let selected = session.selected()?;
        selected.contexts.keep(context, &found, &mut out.buffer);
    }
    Ok(Done::completed().cut_short(cut, &mut out.buffer))
}
