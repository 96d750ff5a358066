//! SORT (RFC 5256), with DISPLAY keys (RFC 5957), RETURN and UPDATE (RFC 5267; PARTIAL: RFC 9394).

use wire::{Sort, Tag, say};

use crate::context::kept::Wish;
use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome};
use crate::node::Now;
use crate::out::Out;
use crate::search::finding::Finding;
use crate::search::of_selected::{admit_relevancy, find};
use crate::search::sorting::{KeyReader, sort};

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    mut asked: Sort,
    now: Now,
    out: &mut Out<'_>,
) -> Outcome {
    session
        .put_in_filters(&mut asked.key, asked.returns)
        .await?;
    admit_relevancy(asked.returns, &asked.criteria, &asked.key)?;
    let wish = Wish {
        tag,
        returns: asked.returns,
        numbering: asked.numbering,
        key: &asked.key,
        order: &asked.criteria,
        attributes: &asked.attributes,
    };
    let context = session.selected()?.begin_context(&wish, now)?;
    let found = find_sorted(session, tag, &asked, now, out).await;
    session.save(asked.returns, &found);
    let found = found?;
    let saying = || match asked.returns {
        None => {
            let numbers = found.numbers(asked.numbering);
            say::sort(&mut out.buffer, numbers, found.highest_modseq());
        }
        Some(returns) => found.say_extended(tag.into(), asked.numbering, returns, &mut out.buffer),
    };
    let bytes = found.bytes_to_look_through();
    session.store.compute().run(bytes, saying).await;
    if let Some(context) = context {
        let selected = session.selected()?;
        selected.contexts.keep(context, &found, &mut out.buffer);
    }
    Ok(Done::completed())
}

async fn find_sorted(
    session: &mut Session,
    tag: &Tag,
    asked: &Sort,
    now: Now,
    out: &mut Out<'_>,
) -> Result<Finding, Ending> {
    let mut found = find(session, tag, &asked.key, now, out).await?;
    let key_reader = KeyReader {
        live: &session.node.live,
        compute: session.store.compute(),
    };
    let sorting = sort(key_reader, &mut found, &asked.criteria);
    out.wait_for(tag, sorting).await?;
    Ok(found)
}
