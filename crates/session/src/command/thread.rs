//! THREAD (RFC 5256). What is cut short would tear threads apart, so it is refused (RFC 9738, 3.3).

use bytes::Bytes;
use mail::Forest;
use mime::{SortKeys, SortKeysUse, Threaded, Threader, Threading};
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
    let bytes: usize = keys
        .iter()
        .map(|keys| keys.len().max(KEYS_COST_BYTES))
        .sum();
    let making = async {
        let messages = compute.run(bytes, || threaded(&found, &keys)).await;
        let beginning = || Threader::new(&messages, threading);
        let mut threader = compute.run(bytes, beginning).await;
        // Between slices others go on, and a client that has hung up is missed.
        let slice_bytes = bytes.min(LINKS_PER_SLICE * LINK_COST_BYTES);
        while compute
            .run(slice_bytes, || threader.link(LINKS_PER_SLICE))
            .await
        {}
        let saying = || say_threads(threader.finish(), &found, numbering);
        compute.run(bytes, saying).await
    };
    let mut said = out.wait_for(tag, making).await;
    out.buffer.append(&mut said);
    Ok(Done::completed())
}

/// What threading one message costs at least, as bytes that are looked through.
const KEYS_COST_BYTES: usize = 256;
/// Links that are made before others go on, and what one costs.
const LINKS_PER_SLICE: usize = 32 * 1024;
const LINK_COST_BYTES: usize = 64;

/// What is compared of each that was found.
fn threaded<'k>(found: &Finding, keys: &'k [Bytes]) -> Vec<Threaded<'k>> {
    let messages = found.messages.iter().zip(keys);
    messages
        .map(|((_, message), keys)| Threaded {
            keys: SortKeys::new(keys),
            arrived: message.date.unix_seconds,
        })
        .collect()
}

/// The THREAD response.
fn say_threads(forest: Forest, found: &Finding, numbering: Numbering) -> Vec<u8> {
    let numbers = found.numbers(numbering);
    let number = |place| {
        usize::try_from(place)
            .ok()
            .and_then(|place| numbers.get(place))
    };
    let forest = forest.renumbered(|place| number(place).copied().unwrap_or_default());
    let mut said = Vec::new();
    say::thread(&mut said, &forest);
    said
}
