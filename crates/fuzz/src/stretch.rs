//! Twice the input, twice the time: a piece of an input is repeated until it is long, and then
//! until it is twice and four times as long.

use std::time::Duration;

use crate::chance::Chance;
use crate::clock;
use crate::target::Target;

/// The shortest of the three.
const BYTES: usize = 48 * 1024;
/// A time below this is noise, whatever it grows by.
const NOISE: Duration = Duration::from_millis(40);
/// Linear is 2 and quadratic is 4.
const GROWTH_MAX: f64 = 3.2;
/// What looks slow is measured so often before it is said.
const TRIES: usize = 8;

/// A start that is there once, and what is repeated behind it.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    start: Vec<u8>,
    unit: Vec<u8>,
}

impl Stretch {
    /// From somewhere in `input`; none where there is nothing to repeat.
    pub(crate) fn of(chance: &mut Chance, input: &[u8]) -> Option<Self> {
        let unit = chance.range(input.len());
        (!unit.is_empty()).then(|| Self {
            start: input.get(..unit.start).unwrap_or_default().to_vec(),
            unit: input.get(unit).unwrap_or_default().to_vec(),
        })
    }

    /// The start with its unit repeated as often as it takes.
    pub(crate) fn long(&self, bytes: usize) -> Vec<u8> {
        let times = bytes / self.unit.len().max(1);
        [self.start.as_slice(), &self.unit.repeat(times)].concat()
    }

    /// Fails when twice the length takes much more than twice the time, twice in a row.
    pub(crate) fn is_linear(&self, target: &Target) -> Result<(), String> {
        self.is_linear_by(|input| work(target, input))
    }

    fn is_linear_by(&self, work: impl Fn(&[u8]) -> Duration) -> Result<(), String> {
        let inputs = [1, 2, 4].map(|times| self.long(times * BYTES));
        let mut times = [Duration::MAX; 3];
        for _ in 0..TRIES {
            for (time, input) in times.iter_mut().zip(&inputs) {
                *time = (*time).min(work(input));
            }
            let [once, twice, fourfold] = times.map(|time| time.as_secs_f64());
            let grows = twice > GROWTH_MAX * once && fourfold > GROWTH_MAX * twice;
            if !grows || times[2] < NOISE {
                return Ok(());
            }
        }
        Err(format!(
            "{BYTES} bytes, twice and four times as many take {times:?}"
        ))
    }
}

fn work(target: &Target, input: &[u8]) -> Duration {
    let began = clock::worked();
    let _ = (target.meet)(input);
    clock::worked().saturating_sub(began)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;

    const STRETCH: &[u8] = b"ab";

    fn stretch() -> Stretch {
        Stretch {
            start: b"x".to_vec(),
            unit: STRETCH.to_vec(),
        }
    }

    /// The work of a target that takes as long as `nanos` says of the length of its input.
    fn takes(nanos: impl Fn(u64) -> u64) -> impl Fn(&[u8]) -> Duration {
        move |input| Duration::from_nanos(nanos(input.len() as u64))
    }

    #[test]
    fn what_grows_with_its_square_is_found() {
        let verdict = |nanos: fn(u64) -> u64| stretch().is_linear_by(takes(nanos));
        assert!(verdict(|bytes| bytes * bytes / 100).is_err());
        assert_eq!(verdict(|bytes| bytes * 3_000), Ok(()));
        assert_eq!(verdict(|bytes| bytes * bytes.ilog2() as u64 * 300), Ok(()));
    }

    #[test]
    fn what_takes_no_time_to_speak_of_is_not_judged() {
        assert_eq!(
            stretch().is_linear_by(takes(|bytes| bytes * bytes / 2_000)),
            Ok(())
        );
    }

    #[test]
    fn the_work_of_a_target_is_measured() {
        let target = Target {
            name: "busy",
            words: &[],
            meet: |input| {
                let sum = (0..1_000_000_u64).fold(0, |sum, step| std::hint::black_box(sum ^ step));
                Shape::of(&[input, &sum.to_be_bytes()].concat())
            },
        };
        assert!(work(&target, STRETCH) > Duration::ZERO);
    }

    #[test]
    fn the_start_stays_and_the_unit_repeats() {
        assert_eq!(stretch().long(6), b"xababab");
    }
}
