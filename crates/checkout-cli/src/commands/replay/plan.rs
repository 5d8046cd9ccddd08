//! Which webhook is sent when.

use std::str::FromStr;

/// How many more of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Duplicates {
    /// So many more of each.
    Each(usize),
    /// One more of some, with this probability.
    ByChance(f64),
}

/// Enough for any test of a receiver, and too few to send for hours by a slip of the pen.
const MOST: usize = 1_000;

impl FromStr for Duplicates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = if text.contains('.') {
            let chance = text.parse().ok();
            let chance = chance.filter(|chance| (0.0..=1.0).contains(chance));
            chance.map(Self::ByChance)
        } else {
            let more = text.parse().ok();
            more.filter(|more| *more <= MOST).map(Self::Each)
        };
        read.ok_or_else(|| format!("give a whole number up to {MOST}, or a probability such as 0.2"))
    }
}

/// Indices of what is sent, in order. The same seed gives the same plan.
pub(super) fn plan(
    count: usize,
    duplicates: Option<Duplicates>,
    shuffle: bool,
    random: &mut fastrand::Rng,
) -> Vec<usize> {
    let mut order = Vec::with_capacity(count);
    for index in 0..count {
        let times = match duplicates {
            None => 1,
            Some(Duplicates::Each(more)) => more.saturating_add(1),
            Some(Duplicates::ByChance(chance)) => 1 + usize::from(random.f64() < chance),
        };
        order.extend(std::iter::repeat_n(index, times));
    }
    if shuffle {
        random.shuffle(&mut order);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_as_often_as_asked() {
        let mut random = fastrand::Rng::with_seed(1);
        assert_eq!(plan(3, None, false, &mut random), [0, 1, 2]);
        assert_eq!(
            plan(2, Some(Duplicates::Each(2)), false, &mut random),
            [0, 0, 0, 1, 1, 1]
        );
        assert_eq!(
            plan(2, Some(Duplicates::ByChance(0.0)), false, &mut random),
            [0, 1]
        );
        assert_eq!(
            plan(2, Some(Duplicates::ByChance(1.0)), false, &mut random),
            [0, 0, 1, 1]
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_loses_nothing() {
        let planned = |seed| {
            let mut random = fastrand::Rng::with_seed(seed);
            plan(50, Some(Duplicates::ByChance(0.5)), true, &mut random)
        };
        assert_eq!(planned(7), planned(7));
        assert_ne!(planned(7), planned(8));
        let mut sorted = planned(7);
        sorted.sort_unstable();
        assert!(sorted.len() > 50 && sorted.len() < 100);
        sorted.dedup();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn numbers_and_probabilities_are_told_apart() {
        assert_eq!("2".parse(), Ok(Duplicates::Each(2)));
        assert_eq!("0.2".parse(), Ok(Duplicates::ByChance(0.2)));
        for wrong in ["", "-1", "1.5", "x", "0.x", "NaN.", "1001"] {
            assert!(wrong.parse::<Duplicates>().is_err(), "{wrong}");
        }
    }
}
