//! The base subject (RFC 5256, 2.1): a subject without what replies and forwards add to it.

use crate::decode;

/// A subject and its base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseSubject {
    /// The base subject; it may be empty.
    pub(crate) text: String,
    /// Whether something was removed that says "reply" or "forward" (RFC 5256, THREAD REFERENCES).
    pub(crate) is_reply: bool,
}

/// The base subject of a Subject field's value, still folded and encoded. It takes linear time.
pub(crate) fn base_subject(value: &[u8]) -> BaseSubject {
    let subject = single_spaced(&decode::unstructured(value));
    let mut rest = subject.as_str();
    let mut is_reply = false;
    loop {
        // Step 2.
        while let Some(shorter) = without_trailer(rest) {
            is_reply |= !rest.ends_with(' ');
            rest = shorter;
        }
        // Steps 3 to 5.
        let (base, has_refwd) = without_prefixes(rest);
        is_reply |= has_refwd;
        rest = base;
        // Step 6.
        let inner = strip_prefix(rest, "[fwd:").and_then(|inner| inner.strip_suffix(']'));
        let Some(inner) = inner else {
            let text = rest.to_owned();
            return BaseSubject { text, is_reply };
        };
        is_reply = true;
        rest = inner;
    }
}

/// Step 1: tabs and continuations are spaces, and several spaces are one.
fn single_spaced(subject: &str) -> String {
    let mut spaced = String::with_capacity(subject.len());
    for c in subject.chars() {
        let c = if matches!(c, '\t' | '\r' | '\n') {
            ' '
        } else {
            c
        };
        if c != ' ' || !spaced.ends_with(' ') {
            spaced.push(c);
        }
    }
    spaced
}

/// `subj-trailer = "(fwd)" / WSP`
fn without_trailer(subject: &str) -> Option<&str> {
    const FORWARD: &str = "(fwd)";
    if let Some(shorter) = subject.strip_suffix(' ') {
        return Some(shorter);
    }
    let (shorter, end) = subject.split_at_checked(subject.len().checked_sub(FORWARD.len())?)?;
    end.eq_ignore_ascii_case(FORWARD).then_some(shorter)
}

/// Steps 3 and 4 until neither matches, and whether a `subj-refwd` was among what matched.
///
/// Blobs that are followed by no `subj-refwd` are not read again one by one: step 4 removes each,
/// except for the last one where nothing else would be left.
fn without_prefixes(subject: &str) -> (&str, bool) {
    let mut rest = subject;
    let mut has_refwd = false;
    loop {
        rest = rest.trim_start_matches(' ');
        let mut last_blob = rest;
        let mut behind = rest;
        while let Some(shorter) = without_blob(behind) {
            last_blob = behind;
            behind = shorter;
        }
        if let Some(shorter) = without_refwd(behind) {
            has_refwd = true;
            rest = shorter;
        } else if behind.is_empty() {
            return (last_blob, has_refwd);
        } else {
            return (behind, has_refwd);
        }
    }
}

/// `subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"`
fn without_refwd(subject: &str) -> Option<&str> {
    let rest = ["re", "fwd", "fw"]
        .into_iter()
        .find_map(|word| strip_prefix(subject, word))?;
    let rest = rest.trim_start_matches(' ');
    without_blob(rest).unwrap_or(rest).strip_prefix(':')
}

/// `subj-blob = "[" *BLOBCHAR "]" *WSP`
fn without_blob(subject: &str) -> Option<&str> {
    let inner = subject.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    let (_, rest) = inner.split_at_checked(end)?;
    Some(rest.strip_prefix(']')?.trim_start_matches(' '))
}

fn strip_prefix<'s>(subject: &'s str, prefix: &str) -> Option<&'s str> {
    let (start, rest) = subject.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BaseSubject, base_subject, single_spaced, strip_prefix, without_blob};
    use super::{without_refwd, without_trailer};

    #[test]
    fn subjects_and_their_bases() {
        let table = [
            ("", "", false),
            ("hello", "hello", false),
            ("  hello\t  world ", "hello world", false),
            ("Re: hello", "hello", true),
            ("RE : hello", "hello", true),
            ("re:re: fwd: fw:hello", "hello", true),
            ("Reply: hello", "Reply: hello", false),
            ("rehello", "rehello", false),
            ("Re[2]: hello", "hello", true),
            ("Re [2] : hello", "hello", true),
            ("[list] Re: [list] hello", "hello", true),
            ("[list] [other] hello", "hello", false),
            ("[list]", "[list]", false),
            ("[a] [b]", "[b]", false),
            ("Re: [list]", "[list]", true),
            ("Re:", "", true),
            ("[a[b] hello", "[a[b] hello", false),
            ("hello (fwd)", "hello", true),
            ("hello (FWD) (fwd)  ", "hello", true),
            ("(fwd)", "", true),
            ("[fwd: hello]", "hello", true),
            ("[Fwd: Re: [list] hello (fwd)]", "hello", true),
            ("[fwd: [fwd: hello]]", "hello", true),
            ("[list] [fwd: hello]", "hello", true),
            ("[fwd: hello] there", "there", false),
            ("[fwd:]", "", true),
            ("=?utf-8?q?Re:_hell=C3=B3?=", "helló", true),
            ("Re: a\r\n\tb", "a b", true),
            ("fwdx: a", "fwdx: a", false),
        ];
        for (subject, text, is_reply) in table {
            let text = text.to_owned();
            assert_eq!(
                base_subject(subject.as_bytes()),
                BaseSubject { text, is_reply },
                "{subject:?}"
            );
        }
    }

    /// Follows the six steps literally, however long they take.
    fn by_the_letter(value: &str) -> String {
        let mut subject = single_spaced(value);
        loop {
            while let Some(shorter) = without_trailer(&subject) {
                subject = shorter.to_owned();
            }
            loop {
                let blobs =
                    std::iter::successors(Some(subject.as_str()), |rest| without_blob(rest));
                let leader = blobs.filter_map(without_refwd).last();
                if let Some(shorter) = leader.or_else(|| subject.strip_prefix(' ')) {
                    subject = shorter.to_owned();
                    continue;
                }
                match without_blob(&subject) {
                    Some(shorter) if !shorter.is_empty() => subject = shorter.to_owned(),
                    _ => break,
                }
            }
            match strip_prefix(&subject, "[fwd:").and_then(|inner| inner.strip_suffix(']')) {
                Some(inner) => subject = inner.to_owned(),
                None => return subject,
            }
        }
    }

    proptest! {
        #[test]
        fn is_what_the_six_steps_give(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "re", "Fw", "fwd", ":", "[", "]", "[fwd:", "(fwd)", " ", "\t", "[x]", "a", "é",
                ]),
                0..16,
            )
        ) {
            let subject = words.concat();
            prop_assert_eq!(base_subject(subject.as_bytes()).text, by_the_letter(subject.trim()));
        }
    }

    #[test]
    fn many_blobs_take_linear_time() {
        let subject = "[x]".repeat(50_000) + &"[fwd:".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(base_subject(subject.as_bytes()).text, "");
    }
}
