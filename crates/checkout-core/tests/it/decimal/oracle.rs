use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::LazyLock;

use bigdecimal::BigDecimal;
use checkout_core::{DecimalError, PositiveDecimal};
use proptest::prelude::*;

/// The pattern as NOAH's spec gives it.
pub(crate) static GRAMMAR: LazyLock<regress::Regex> =
    LazyLock::new(|| regress::Regex::new(r"^[+]?([.]\d+|\d+[.]?\d*)$").unwrap());

pub(crate) fn decimal(text: &str) -> PositiveDecimal {
    PositiveDecimal::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn value(text: &str) -> BigDecimal {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The text that an exact result must have: as many decimals as wanted or needed, fewer only where they do not fit; the zero before the point goes last.
pub(crate) fn written(exact: &BigDecimal, wanted: u8) -> Result<String, DecimalError> {
    let needed = exact.normalized().fractional_digit_count().max(0);
    let plain = |decimals| exact.with_scale(decimals).to_plain_string();
    (needed..=needed.max(wanted.into()))
        .rev()
        .map(plain)
        .chain(plain(needed).strip_prefix('0').map(str::to_owned))
        .find(|text| text.len() <= 38)
        .ok_or_else(|| DecimalError::ResultTooLong {
            characters: plain(needed).trim_start_matches('0').len(),
        })
}

pub(crate) fn text_of(result: Result<PositiveDecimal, DecimalError>) -> Result<String, DecimalError> {
    result.map(|amount| amount.to_string())
}

pub(crate) fn hashes_alike(left: impl Hash, right: impl Hash) -> bool {
    let state = RandomState::new();
    state.hash_one(left) == state.hash_one(right)
}

/// Any text of the grammar, with many zeros and nines, for that is where carries and trimming happen.
pub(crate) fn any_amount() -> impl Strategy<Value = String> {
    let digit = prop_oneof![4 => Just('0'), 2 => Just('9'), 1 => Just('5'), 4 => prop::char::range('0', '9')];
    let length = prop_oneof![2 => 1..=6_usize, 1 => 7..=37_usize, 1 => Just(38_usize)];
    let digits = length.prop_flat_map(move |length| prop::collection::vec(digit.clone(), length));
    (digits, prop::option::of(0..=38_usize), prop::bool::weighted(0.1)).prop_map(
        |(mut digits, point, plus)| {
            if let Some(point) = point {
                digits.insert(point.min(digits.len()), '.');
            }
            if plus {
                digits.insert(0, '+');
            }
            digits.truncate(38);
            digits.into_iter().collect()
        },
    )
}
