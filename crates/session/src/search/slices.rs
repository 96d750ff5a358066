//! Sorting in slices, between which others go on and a command can be given up. Pure but for where it computes.

use std::cmp::Ordering;

use store::Compute;

/// Places that are sorted, or merged, before others go on.
pub(crate) const PLACES_PER_SLICE: usize = 32 * 1024;
/// What it costs to put one place in order, as bytes that are looked through.
const PLACE_COST_BYTES: usize = 128;

/// The places below `count`, in the order of `compare`; what that does not tell apart stays as it stands.
pub(crate) async fn sorted(
    count: usize,
    per_slice: usize,
    compare: impl Fn(usize, usize) -> Ordering + Sync,
    compute: &Compute,
) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    for slice in places.chunks_mut(per_slice) {
        let bytes = slice.len() * PLACE_COST_BYTES;
        let sorting = || slice.sort_by(|&one, &other| compare(one, other));
        compute.run(bytes, sorting).await;
    }
    let mut width = per_slice;
    while width < count {
        let mut merged = Vec::with_capacity(count);
        for pair in places.chunks(width.saturating_mul(2)) {
            let (mut one, mut other) = pair.split_at(width.min(pair.len()));
            while !(one.is_empty() && other.is_empty()) {
                let slice = (one.len() + other.len()).min(per_slice);
                let merging = || {
                    for _ in 0..slice {
                        merged.extend(next(&mut one, &mut other, &compare));
                    }
                };
                compute.run(slice * PLACE_COST_BYTES, merging).await;
            }
        }
        places = merged;
        width = width.saturating_mul(2);
    }
    places
}

/// Takes the lowest of what is left in both; where they are equal that in `one`, which stands first.
fn next<'p>(
    one: &mut &'p [usize],
    other: &mut &'p [usize],
    compare: &impl Fn(usize, usize) -> Ordering,
) -> Option<usize> {
    let is_other = match (one.first(), other.first()) {
        (Some(&first), Some(&second)) => compare(second, first) == Ordering::Less,
        (first, _) => first.is_none(),
    };
    let from = if is_other { other } else { one };
    let (&lowest, rest) = from.split_first()?;
    *from = rest;
    Some(lowest)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Waker};

    use store::Compute;

    use super::{PLACE_COST_BYTES, sorted};

    /// What is computed at once without a place, in places.
    const INLINE_MAX: usize = 128 * 1024 / PLACE_COST_BYTES;

    /// Numbers without any order, many of them equal.
    fn numbers(count: usize) -> Vec<u32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 20
        };
        (0..count).map(|_| next()).collect()
    }

    /// The places of `numbers` in order, and how often others could go on meanwhile.
    fn sort(numbers: &[u32], per_slice: usize, compute: &Compute) -> (Vec<usize>, usize) {
        let compare = |one: usize, other: usize| numbers[one].cmp(&numbers[other]);
        let mut sorting = pin!(sorted(numbers.len(), per_slice, compare, compute));
        let mut rests = 0;
        loop {
            match sorting
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
            {
                Poll::Ready(places) => return (places, rests),
                Poll::Pending => rests += 1,
            }
        }
    }

    #[test]
    fn it_is_sorted_as_if_at_once() {
        let compute = Compute::new(1, Arc::new(|work| work()));
        for count in [0, 1, 2, 9, 10, 11, 100, 1001] {
            let numbers = numbers(count);
            let mut expected: Vec<usize> = (0..count).collect();
            expected.sort_by_key(|&place| numbers[place]);
            for per_slice in [1, 2, 3, 10, 64, 5000] {
                let (places, _) = sort(&numbers, per_slice, &compute);
                assert_eq!(places, expected, "{count} in slices of {per_slice}");
            }
        }
    }

    #[test]
    fn others_go_on_between_slices() {
        let most = Arc::<AtomicUsize>::default();
        let asides = Arc::clone(&most);
        let aside = Arc::new(move |work: &mut (dyn FnMut() + Send)| {
            asides.fetch_add(1, Ordering::Relaxed);
            work();
        });
        let compute = Compute::new(1, aside);
        let (slices, per_slice) = (8, INLINE_MAX);
        let (_, rests) = sort(&numbers(slices * per_slice), per_slice, &compute);
        // Sorted once, and merged in three passes.
        assert_eq!(rests, 4 * slices);
        assert_eq!(most.load(Ordering::Relaxed), rests);
    }
}
