//! THREAD (RFC 5256). What is cut short would tear threads apart, so it is refused (RFC 9738, 3.3).

use bytes::Bytes;
use mime::{SortKeys, SortKeysUse, Threaded, Threading};
use wire::{Numbering, SearchKey, Tag, ThreadAlgorithm, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome, Refused};
use crate::node::Now;
use crate::out::Out;
use crate::search::finding::{Finding, messages_of};
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
    let compute = session.store.compute();
    let bytes = found.bytes_to_look_through();
    let messages = compute.run(bytes, || messages_of(&found)).await;
    let loading = contents.sort_keys(found.mailbox, &messages, SortKeysUse::Thread, compute);
    let keys = out.wait_for(tag, loading).await?;
    let threading = match algorithm {
        ThreadAlgorithm::OrderedSubject => Threading::OrderedSubject,
        ThreadAlgorithm::References => Threading::References,
        ThreadAlgorithm::Refs => Threading::Refs,
    };
    let bytes = keys
        .iter()
        .map(|keys| keys.len().max(KEYS_COST_BYTES))
        .sum();
    let making = || threads(&found, &keys, threading, numbering);
    let made = compute.run(bytes, making);
    let mut said = out.wait_for(tag, made).await;
    out.buffer.append(&mut said);
    Ok(Done::completed())
}

/// What threading one message costs at least, as bytes that are looked through.
const KEYS_COST_BYTES: usize = 256;

/// The THREAD response.
fn threads(found: &Finding, keys: &[Bytes], threading: Threading, numbering: Numbering) -> Vec<u8> {
    let messages = found.messages.iter().zip(keys);
    let messages: Vec<Threaded<'_>> = messages
        .map(|((_, message), keys)| Threaded {
            keys: SortKeys::new(keys),
            arrived: message.date.unix_seconds,
        })
        .collect();
    let numbers = found.numbers(numbering);
    let number = |place| {
        usize::try_from(place)
            .ok()
            .and_then(|place| numbers.get(place))
    };
    let forest = mime::thread(&messages, threading);
    let forest = forest.renumbered(|place| number(place).copied().unwrap_or_default());
    let mut said = Vec::new();
    say::thread(&mut said, &forest);
    said
}
