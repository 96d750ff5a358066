//! ORDEREDSUBJECT: "poor man's threading".

use mail::{Forest, ForestNode};

use super::Threaded;
use crate::SortText;

pub(super) fn thread(messages: &[Threaded<'_>]) -> Forest {
    let subject = |message: &Threaded<'_>| message.keys.text(SortText::Subject).to_vec();
    let mut order: Vec<(usize, &Threaded<'_>)> = messages.iter().enumerate().collect();
    order.sort_by_cached_key(|(place, message)| (subject(message), message.sent(), *place));
    let mut threads: Vec<&[(usize, &Threaded<'_>)]> = order
        .chunk_by(|(_, one), (_, next)| {
            one.keys.text(SortText::Subject) == next.keys.text(SortText::Subject)
        })
        .collect();
    threads.sort_by_key(|thread| thread.first().map(|(place, first)| (first.sent(), *place)));

    let mut nodes: Vec<ForestNode> = (0..messages.len())
        .map(|place| ForestNode {
            number: u32::try_from(place).ok(),
            children: Vec::new(),
        })
        .collect();
    let mut roots = Vec::with_capacity(threads.len());
    for thread in threads {
        let Some(((first, _), children)) = thread.split_first() else {
            continue;
        };
        roots.push(*first);
        if let Some(node) = nodes.get_mut(*first) {
            node.children = children.iter().map(|(place, _)| *place).collect();
        }
    }
    Forest { roots, nodes }
}
