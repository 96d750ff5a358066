//! What SEARCH, SORT and THREAD found, in the old responses and in ESEARCH, and how it changes.

use mail::{Forest, ModSeq, UidValidity};

use crate::command::{Numbering, Tag};
use crate::partial::PartialRange;
use crate::say::token::{Speech, end, mailbox, number, number_set, quoted, separated};

/// The search that an ESEARCH response answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correlator<'a> {
    /// Of the command (RFC 4466, 2.6.2).
    pub tag: &'a Tag,
    /// The mailbox, if ESEARCH asked (RFC 7377, 2.1).
    pub mailbox: Option<MailboxCorrelator<'a>>,
}

/// A mailbox that was searched, as long as it is that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxCorrelator<'a> {
    /// Its name.
    pub name: &'a str,
    /// How names are written to this client.
    pub speech: Speech,
    /// UIDVALIDITY
    pub uid_validity: UidValidity,
}

impl<'a> From<&'a Tag> for Correlator<'a> {
    fn from(tag: &'a Tag) -> Self {
        Self { tag, mailbox: None }
    }
}

/// What a SEARCH with RETURN found: only what was asked for, and is (RFC 4731, 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found<'a> {
    /// MIN
    pub min: Option<u32>,
    /// MAX
    pub max: Option<u32>,
    /// ALL, in the order that was asked for; left out when empty.
    pub all: Option<&'a [u32]>,
    /// PARTIAL (RFC 9394, 3.1): the range as it was asked for, and what is there, in the same order.
    pub partial: Option<(PartialRange, &'a [u32])>,
    /// RELEVANCY (RFC 6203, 4): of each result, in the same order, 1 to 100.
    pub relevancy: Option<&'a [u8]>,
    /// COUNT
    pub count: Option<u32>,
    /// MODSEQ (RFC 7162, 3.1.10)
    pub modseq: Option<ModSeq>,
}

/// Results that stand together, and where: the position of the first among all, from one; or zero for
/// wherever the order of the mailbox has them (RFC 5267, 4.3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRun {
    /// Of the first.
    pub position: u32,
    /// In the order that was asked for.
    pub numbers: Vec<u32>,
}

/// `* SEARCH n … [(MODSEQ m)]`
pub fn search(out: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>, modseq: Option<ModSeq>) {
    found(out, "* SEARCH", numbers, modseq);
}

/// `* SORT n … [(MODSEQ m)]`
pub fn sort(out: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>, modseq: Option<ModSeq>) {
    found(out, "* SORT", numbers, modseq);
}

fn found(
    out: &mut Vec<u8>,
    name: &str,
    numbers: impl IntoIterator<Item = u32>,
    modseq: Option<ModSeq>,
) {
    out.extend_from_slice(name.as_bytes());
    for found in numbers {
        out.push(b' ');
        number(out, u64::from(found));
    }
    if let Some(modseq) = modseq {
        out.extend_from_slice(b" (MODSEQ ");
        number(out, modseq.get());
        out.push(b')');
    }
    end(out);
}

/// `* ESEARCH (TAG "a1" [MAILBOX m UIDVALIDITY v]) [UID] [MIN n] [MAX n] [ALL set] [PARTIAL (range set)]
/// [RELEVANCY (n …)] [COUNT n] [MODSEQ m]`
pub fn esearch(
    out: &mut Vec<u8>,
    correlator: Correlator<'_>,
    numbering: Numbering,
    found: &Found<'_>,
) {
    begin_esearch(out, correlator, numbering);
    item(out, " MIN ", found.min.map(u64::from));
    item(out, " MAX ", found.max.map(u64::from));
    if let Some(all) = found.all
        && !all.is_empty()
    {
        out.extend_from_slice(b" ALL ");
        number_set(out, all.iter().copied());
    }
    if let Some((range, numbers)) = found.partial {
        partial(out, range, numbers);
    }
    if let Some(scores) = found.relevancy {
        out.extend_from_slice(b" RELEVANCY (");
        separated(out, scores, |out, score| number(out, u64::from(*score)));
        out.push(b')');
    }
    item(out, " COUNT ", found.count.map(u64::from));
    item(out, " MODSEQ ", found.modseq.map(ModSeq::get));
    end(out);
}

/// `ret-data-partial`
fn partial(out: &mut Vec<u8>, range: PartialRange, numbers: &[u32]) {
    out.extend_from_slice(format!(" PARTIAL ({range} ").as_bytes());
    if numbers.is_empty() {
        out.extend_from_slice(b"NIL");
    } else {
        number_set(out, numbers.iter().copied());
    }
    out.push(b')');
}

/// `* ESEARCH (TAG "a1") [UID] [REMOVEFROM (position set …)] [ADDTO (position set …)]` (RFC 5267, 4.3)
pub fn esearch_update(
    out: &mut Vec<u8>,
    tag: &Tag,
    numbering: Numbering,
    removed: &[ResultRun],
    added: &[ResultRun],
) {
    begin_esearch(out, tag.into(), numbering);
    runs(out, " REMOVEFROM (", removed);
    runs(out, " ADDTO (", added);
    end(out);
}

fn begin_esearch(out: &mut Vec<u8>, correlator: Correlator<'_>, numbering: Numbering) {
    out.extend_from_slice(b"* ESEARCH (TAG ");
    quoted(out, correlator.tag.as_str());
    if let Some(searched) = correlator.mailbox {
        out.extend_from_slice(b" MAILBOX ");
        mailbox(out, searched.speech, searched.name);
        out.extend_from_slice(b" UIDVALIDITY ");
        number(out, u64::from(searched.uid_validity.get()));
    }
    out.push(b')');
    if numbering == Numbering::Uid {
        out.extend_from_slice(b" UID");
    }
}

fn runs(out: &mut Vec<u8>, name: &str, runs: &[ResultRun]) {
    if runs.is_empty() {
        return;
    }
    out.extend_from_slice(name.as_bytes());
    separated(out, runs, |out, run| {
        number(out, u64::from(run.position));
        out.push(b' ');
        number_set(out, run.numbers.iter().copied());
    });
    out.push(b')');
}

/// `* THREAD (2)(3 6 (4 23)(44 7 96))`
pub fn thread(out: &mut Vec<u8>, forest: &Forest) {
    out.extend_from_slice(b"* THREAD");
    if !forest.roots.is_empty() {
        out.push(b' ');
    }
    let mut left: Vec<ThreadStep> = lists(&forest.roots).collect();
    while let Some(step) = left.pop() {
        match step {
            ThreadStep::Close => out.push(b')'),
            ThreadStep::List(place) => {
                out.push(b'(');
                left.push(ThreadStep::Close);
                left.extend(lists(thread_members(out, forest, place)));
            }
        }
    }
    end(out);
}

/// What is still to be written, the next last: threads are too deep to recurse.
enum ThreadStep {
    List(usize),
    Close,
}

fn lists(places: &[usize]) -> impl Iterator<Item = ThreadStep> {
    places.iter().rev().copied().map(ThreadStep::List)
}

/// `thread-members`: parent and child until there are several children, which are given back.
fn thread_members<'f>(out: &mut Vec<u8>, forest: &'f Forest, head: usize) -> &'f [usize] {
    let mut place = head;
    loop {
        let Some(node) = forest.nodes.get(place) else {
            return &[];
        };
        if let Some(of_message) = node.number {
            number(out, u64::from(of_message));
            if !node.children.is_empty() {
                out.push(b' ');
            }
        }
        match node.children.as_slice() {
            [only] => place = *only,
            children => return children,
        }
    }
}

fn item(out: &mut Vec<u8>, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        out.extend_from_slice(name.as_bytes());
        number(out, value);
    }
}

#[cfg(test)]
mod tests {
    use mail::{Forest, ForestNode};

    use super::{ResultRun, esearch_update, thread};
    use crate::command::{Numbering, Tag};

    fn node(number: Option<u32>, children: &[usize]) -> ForestNode {
        ForestNode {
            number,
            children: children.to_vec(),
        }
    }

    fn shown(roots: &[usize], nodes: &[ForestNode]) -> String {
        let mut out = Vec::new();
        let forest = Forest {
            roots: roots.to_vec(),
            nodes: nodes.to_vec(),
        };
        thread(&mut out, &forest);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(shown(&[], &[]), "* THREAD\r\n");
        let nodes = [
            node(Some(2), &[]),
            node(Some(3), &[2]),
            node(Some(6), &[3, 5]),
            node(Some(4), &[4]),
            node(Some(23), &[]),
            node(Some(44), &[6]),
            node(Some(7), &[7]),
            node(Some(96), &[]),
        ];
        assert_eq!(
            shown(&[0, 1], &nodes),
            "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n"
        );
        let nodes = [node(None, &[1, 2]), node(Some(3), &[]), node(Some(5), &[])];
        assert_eq!(shown(&[0], &nodes), "* THREAD ((3)(5))\r\n");
    }

    /// RFC 5267, 4.3.3 and 4.3.4.
    #[test]
    fn updates_are_written_as_in_the_examples_of_the_rfc() {
        let run = |position, numbers: &[u32]| ResultRun {
            position,
            numbers: numbers.to_vec(),
        };
        for (tag, removed, added, expected) in [
            (
                "B01",
                vec![],
                vec![run(0, &[32768, 32769])],
                "ADDTO (0 32768:32769)",
            ),
            (
                "C01",
                vec![],
                vec![run(1, &[2733]), run(1, &[2732]), run(1, &[2731])],
                "ADDTO (1 2733 1 2732 1 2731)",
            ),
            (
                "B01",
                vec![run(0, &[32768])],
                vec![],
                "REMOVEFROM (0 32768)",
            ),
            (
                "C01",
                vec![run(2, &[9, 7])],
                vec![run(1, &[8])],
                "REMOVEFROM (2 9,7) ADDTO (1 8)",
            ),
        ] {
            let mut out = Vec::new();
            let parsed = Tag::parse(tag.as_bytes()).unwrap();
            esearch_update(&mut out, &parsed, Numbering::Uid, &removed, &added);
            let line = format!("* ESEARCH (TAG \"{tag}\") UID {expected}\r\n");
            assert_eq!(String::from_utf8(out).unwrap(), line);
        }
    }

    #[test]
    fn a_thread_of_any_depth_is_written() {
        let nodes: Vec<ForestNode> = (0..200_000)
            .map(|place| node(Some(1), &[place + 1][..usize::from(place < 199_999)]))
            .collect();
        assert_eq!(shown(&[0], &nodes).len(), "* THREAD ()\r\n".len() + 399_999);
    }
}
