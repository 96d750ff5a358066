//! Whether a cost grows with what it is measured against. Pure.

use std::fmt;

/// How a cost grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Growth {
    /// Hardly at all, over all sizes.
    Flat,
    /// Less than in proportion, at the largest sizes.
    BelowLinear,
    /// In proportion or more, at the largest sizes.
    Linear,
}

impl Growth {
    /// What these points of size and cost show, in order of size; `None` of fewer than two. A cost that is
    /// constant at first and then grows is seen in its last step.
    pub(crate) fn of(points: &[(f64, f64)]) -> Option<Self> {
        let [.., before, last] = points else {
            return None;
        };
        let first = points.first()?;
        if last.1 <= first.1 * FLAT_MAX {
            return Some(Self::Flat);
        }
        let exponent = (last.1 / before.1).log10() / (last.0 / before.0).log10();
        Some(if exponent < LINEAR_MIN {
            Self::BelowLinear
        } else {
            Self::Linear
        })
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flat => "flat",
            Self::BelowLinear => "below linear",
            Self::Linear => "linear",
        })
    }
}

/// The largest may take so many times as long as the smallest: a machine is never quiet.
const FLAT_MAX: f64 = 1.5;
/// From this power of the size on, a cost counts as linear.
const LINEAR_MIN: f64 = 0.75;

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(costs: &[f64]) -> Option<Growth> {
        let sizes = (3..).map(|power| 10_f64.powi(power));
        Growth::of(&sizes.zip(costs.iter().copied()).collect::<Vec<_>>())
    }

    #[test]
    fn what_costs_show() {
        for (costs, expected) in [
            (&[0.2, 0.25, 0.29] as &[f64], Growth::Flat),
            (&[0.2, 0.1, 0.1], Growth::Flat),
            (&[1.0, 10.0, 100.0], Growth::Linear),
            // A constant part hides the rest at first.
            (&[0.2, 0.21, 0.3, 2.5], Growth::Linear),
            (&[1.0, 1.6, 2.4], Growth::BelowLinear),
            (&[1.0, 20.0], Growth::Linear),
        ] {
            assert_eq!(growth(costs), Some(expected), "{costs:?}");
        }
    }

    #[test]
    fn one_size_shows_nothing() {
        assert_eq!(growth(&[1.0]), None);
        assert_eq!(growth(&[]), None);
    }
}
