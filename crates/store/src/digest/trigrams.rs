//! Which three neighbouring bytes are in which texts: what can hold a needle, and what cannot.
//!
//! A trigram is three neighbouring bytes of folded text, made one of 65,536 numbers. Trigrams that share a
//! number cost a look at a text too many, and never one too few.

/// How many trigrams there are.
const TRIGRAMS: usize = 1 << 16;
/// Those of one needle that are asked for; of a longer needle any will do, for candidates are verified.
const TRIGRAMS_ASKED_MAX: usize = 16;
const TRIGRAM_BYTES: usize = 3;

/// How a list is written: its first byte. Who has nobody is not written at all.
const MOST: u8 = 1;
const PLACES: u8 = 2;
const BITS: u8 = 3;

/// Collects the lists of a digest.
pub(super) struct Lists {
    lists: Vec<Vec<u16>>,
    seen: Vec<bool>,
    count: usize,
}

impl Lists {
    pub(super) fn new() -> Self {
        Self {
            lists: vec![Vec::new(); TRIGRAMS],
            seen: vec![false; TRIGRAMS],
            count: 0,
        }
    }

    /// The next text.
    pub(super) fn add(&mut self, text: &[u8]) {
        self.seen.fill(false);
        // A digest has fewer messages.
        let place = u16::try_from(self.count).unwrap_or(u16::MAX);
        for trigram in trigrams(text) {
            let trigram = usize::from(trigram);
            if let Some(seen) = self.seen.get_mut(trigram)
                && !std::mem::replace(seen, true)
                && let Some(list) = self.lists.get_mut(trigram)
            {
                list.push(place);
            }
        }
        self.count += 1;
    }

    /// Where each begins, and all of them.
    pub(super) fn written(&self) -> (Vec<u8>, Vec<u8>) {
        let mut bounds = Vec::with_capacity((TRIGRAMS + 1) * size_of::<u32>());
        let mut lists = Vec::new();
        for list in &self.lists {
            bounds.extend_from_slice(&bound(&lists));
            write_list(&mut lists, list, self.count);
        }
        bounds.extend_from_slice(&bound(&lists));
        (bounds, lists)
    }
}

/// The trigrams that a text must have to hold `needle`; none where that says nothing.
pub(super) fn asked(needle: &[u8]) -> Vec<i32> {
    let mut asked: Vec<i32> = trigrams(needle).map(i32::from).collect();
    asked.sort_unstable();
    asked.dedup();
    asked.truncate(TRIGRAMS_ASKED_MAX);
    asked
}

/// The places that are in every list, of `count`, ascending; `None` where all may be. Costs as much as the shortest
/// list is long.
pub(super) fn common_places(lists: &[Vec<u8>], count: usize) -> Option<Vec<usize>> {
    let telling = lists.iter().filter(|list| list.first() != Some(&MOST));
    let shortest = telling.clone().min_by_key(|list| list.len())?;
    let mut common = places_of(shortest, count);
    for list in telling.filter(|list| !std::ptr::eq(*list, shortest)) {
        common.retain(|&place| has_place(list, place));
    }
    Some(common)
}

fn trigrams(text: &[u8]) -> impl Iterator<Item = u16> {
    text.windows(TRIGRAM_BYTES).map(|window| {
        let bytes = window
            .iter()
            .fold(0_u32, |bytes, &byte| bytes << 8 | u32::from(byte));
        // Spreads what differs in few bits (Knuth, multiplicative hashing).
        u16::try_from(bytes.wrapping_mul(2_654_435_761) >> 16).unwrap_or(0)
    })
}

fn bound(lists: &[u8]) -> [u8; size_of::<u32>()] {
    // 65,536 lists of at most half a kilobyte.
    u32::try_from(lists.len()).unwrap_or(u32::MAX).to_be_bytes()
}

fn write_list(out: &mut Vec<u8>, list: &[u16], count: usize) {
    let bits = count.div_ceil(8);
    if list.is_empty() {
        return;
    }
    if list.len() > count / 2 {
        out.push(MOST);
    } else if size_of_val(list) <= bits {
        out.push(PLACES);
        out.extend(list.iter().flat_map(|place| place.to_le_bytes()));
    } else {
        out.push(BITS);
        let start = out.len();
        out.resize(start + bits, 0);
        for place in list.iter().copied().map(usize::from) {
            if let Some(byte) = out.get_mut(start + place / 8) {
                *byte |= 1 << (place % 8);
            }
        }
    }
}

/// Those of a list that says something, ascending.
fn places_of(list: &[u8], count: usize) -> Vec<usize> {
    match list.split_first() {
        Some((&PLACES, places)) => {
            let places = places.as_chunks().0.iter();
            places.map(place_of).collect()
        }
        Some(_) => (0..count).filter(|&place| has_place(list, place)).collect(),
        None => Vec::new(),
    }
}

/// Whether a place is in a list that says something.
fn has_place(list: &[u8], place: usize) -> bool {
    match list.split_first() {
        Some((&PLACES, places)) => {
            let places = places.as_chunks().0;
            places.binary_search_by_key(&place, place_of).is_ok()
        }
        Some((_, bits)) => bits
            .get(place / 8)
            .is_some_and(|byte| byte >> (place % 8) & 1 == 1),
        None => false,
    }
}

fn place_of(written: &[u8; 2]) -> usize {
    usize::from(u16::from_le_bytes(*written))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Lists, asked, common_places};

    /// As the database gives them out.
    fn lists_of(lists: &Lists, trigrams: &[i32]) -> Vec<Vec<u8>> {
        let (bounds, lists) = lists.written();
        let number = |place: usize| {
            u32::from_be_bytes(bounds[place * 4..][..4].try_into().unwrap()) as usize
        };
        let list = |&trigram: &i32| {
            let trigram = usize::try_from(trigram).unwrap();
            lists[number(trigram)..number(trigram + 1)].to_vec()
        };
        trigrams.iter().map(list).collect()
    }

    #[test]
    fn a_needle_of_two_bytes_says_nothing() {
        assert_eq!(asked(b"ab"), [0_i32; 0]);
        assert_eq!(common_places(&[], 7), None);
        assert_eq!(asked(b"abcabcabc").len(), 3);
    }

    proptest! {
        #[test]
        fn whoever_holds_the_needle_is_a_candidate(
            texts in prop::collection::vec("[ab c]{0,40}", 1..60),
            needle in "[abc]{0,6}",
        ) {
            let mut lists = Lists::new();
            for text in &texts {
                lists.add(text.as_bytes());
            }
            let found = lists_of(&lists, &asked(needle.as_bytes()));
            let candidates = common_places(&found, texts.len());
            for (place, text) in texts.iter().enumerate() {
                let is_candidate = candidates.as_ref().is_none_or(|all| all.contains(&place));
                prop_assert!(is_candidate || !text.contains(&needle), "{text:?} {needle:?}");
            }
        }
    }

    #[test]
    fn a_word_that_is_nowhere_has_no_candidates() {
        let mut lists = Lists::new();
        for number in 0..1000 {
            lists.add(format!("letter {number} of many, with words in it").as_bytes());
        }
        let of = |needle: &str| {
            let found = lists_of(&lists, &asked(needle.as_bytes()));
            common_places(&found, 1000)
        };
        assert_eq!(of("zyzzyva"), Some(vec![]));
        assert_eq!(of("letter 777 of"), Some(vec![777]));
        assert_eq!(of("with words"), None);
        assert_eq!(of("letter 77").map(|places| places.len()), Some(11));
    }
}
