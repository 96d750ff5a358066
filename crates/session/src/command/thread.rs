//! THREAD (RFC 5256). What is cut short would tear threads apart, so it is refused (RFC 9738, 3.3).

use mime::{SortKeys, Threaded, Threading};
use wire::{Numbering, SearchKey, Tag, ThreadAlgorithm, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome, Refused};
use crate::node::Now;
use crate::out::Out;
use crate::search::of_selected::find;

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    (numbering, algorithm): (Numbering, ThreadAlgorithm),
    mut key: SearchKey,
    now: Now,
    out: &mut Out<'_>,
) -> Outcome {
    session.put_in_filters(&mut key, None).await?;
    let bound = session.node.message_limit.per_command();
    if let Some(cut) = bound.cut_search(&key, session.selected()?.search_target()) {
        return Err(Refused::MessageLimit(cut.without_uid()).into());
    }
    let found = find(session, tag, &key, now, out).await?;
    let contents = session.node.live.contents();
    let entries = found.entries();
    let loading = contents.sort_keys(found.mailbox, &entries);
    let keys = out.wait_for(tag, loading).await?;
    let messages: Vec<Threaded<'_>> = found
        .messages
        .iter()
        .zip(&keys)
        .map(|((_, message), keys)| Threaded {
            keys: SortKeys::new(keys),
            arrived: message.date.unix_seconds,
        })
        .collect();
    let threading = match algorithm {
        ThreadAlgorithm::OrderedSubject => Threading::OrderedSubject,
        ThreadAlgorithm::References => Threading::References,
        ThreadAlgorithm::Refs => Threading::Refs,
    };
    let numbers = found.numbers(numbering);
    let number = |place| {
        usize::try_from(place)
            .ok()
            .and_then(|place| numbers.get(place))
    };
    let forest = mime::thread(&messages, threading);
    let forest = forest.renumbered(|place| number(place).copied().unwrap_or_default());
    say::thread(&mut out.buffer, &forest);
    Ok(Done::completed())
}
