//! Amounts of money as the APIs write them: decimal text, kept byte for byte next to its exact value.
//!
//! [`PositiveDecimal`] calculates exactly or answers with a [`DecimalError`]; only
//! [`round_to`](PositiveDecimal::round_to) rounds. Builders take [`DecimalInput`], so that a text that is no
//! amount is reported together with everything else that is wrong with a request.

mod arithmetic;
mod convert;
mod error;
mod input;
mod json;
mod parse;
mod write;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use tinystr::TinyAsciiStr;

use crate::validate::{At, Validate, Violations};

pub use arithmetic::Rounding;
pub use error::DecimalError;
pub use input::DecimalInput;

/// The longest text of an amount, in characters (NOAH's spec, schema PositiveDecimal).
const MAX_LENGTH: usize = 38;

/// The most digits that a fraction can have: all characters but the point.
const MAX_DECIMALS: usize = MAX_LENGTH - 1;

/// An amount, zero or more, as decimal text of 1 to 38 characters: `10.10`, and also `.5`, `5.`, `+5` or `00.10`
/// (NOAH's spec, schema PositiveDecimal: `^[+]?([.]\d+|\d+[.]?\d*)$` with ASCII digits).
///
/// The text stays as it was written; the value next to it is exact, for 38 digits fit 127 bits. Comparison and
/// hashing go by value, [`as_str`](Self::as_str), `Display` and serde by text. Takes 64 bytes, in an `Option` too,
/// and nothing on the heap, so it is `Copy` like any other number.
///
/// ```
/// use checkout_core::PositiveDecimal;
///
/// let price = PositiveDecimal::parse("10.10")?;
/// assert_eq!(price, PositiveDecimal::parse("10.1")?);
/// assert_eq!(price.as_str(), "10.10");
/// assert_eq!(price.checked_mul(3_u8.into())?.as_str(), "30.30");
/// assert!(PositiveDecimal::parse("0.10")? < price);
/// # Ok::<(), checkout_core::DecimalError>(())
/// ```
///
/// There is no way in from a float, which holds no amount exactly:
///
/// ```compile_fail,E0277
/// let price = checkout_core::PositiveDecimal::from(10.10_f64);
/// ```
///
/// ```compile_fail,E0277
/// let price = checkout_core::PositiveDecimal::try_from(10.10_f32);
/// ```
#[derive(Clone, Copy)]
pub struct PositiveDecimal {
    text: TinyAsciiStr<MAX_LENGTH>,
    /// All digits without the point and without the trailing zeros of the fraction, so that equal values have
    /// equal parts.
    coefficient: u128,
    /// Digits of the fraction that the coefficient holds.
    significant: u8,
    /// Digits of the fraction as written.
    decimals: u8,
}

impl PositiveDecimal {
    /// Nothing, written `0`.
    pub const ZERO: Self = Self {
        text: TinyAsciiStr::from_utf8_lossy(b"0", b'0'),
        coefficient: 0,
        significant: 0,
        decimals: 0,
    };

    /// The text as it was written or received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Whether the value is zero, however it is written.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.coefficient == 0
    }

    /// Digits after the point, trailing zeros not counted: 1 for `10.10`, 0 for `10.00`.
    #[must_use]
    pub const fn significant_decimals(&self) -> u8 {
        self.significant
    }

    /// Digits after the point as written: 2 for `10.10` and for `10.00`.
    #[must_use]
    pub const fn decimals(&self) -> u8 {
        self.decimals
    }
}

impl fmt::Display for PositiveDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for PositiveDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PositiveDecimal({})", self.as_str())
    }
}

impl AsRef<str> for PositiveDecimal {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for PositiveDecimal {
    fn eq(&self, other: &Self) -> bool {
        self.coefficient == other.coefficient && self.significant == other.significant
    }
}

impl Eq for PositiveDecimal {}

impl Hash for PositiveDecimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.coefficient.hash(state);
        self.significant.hash(state);
    }
}

impl PartialOrd for PositiveDecimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PositiveDecimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (left, right, _) = arithmetic::align(*self, *other);
        left.cmp(&right)
    }
}

/// Every amount has a valid text, so there is nothing to check.
impl Validate for PositiveDecimal {
    fn check(&self, _at: &At<'_>, _found: &mut Violations) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_small_in_an_option_too() {
        assert_eq!(size_of::<PositiveDecimal>(), 64);
        assert_eq!(size_of::<Option<PositiveDecimal>>(), 64);
        assert!(size_of::<DecimalError>() <= 24);
    }

    #[test]
    fn zero_is_what_its_text_says() {
        let parsed = PositiveDecimal::parse("0").unwrap();
        assert_eq!(PositiveDecimal::ZERO, parsed);
        assert_eq!(PositiveDecimal::ZERO.as_str(), parsed.as_str());
    }
}
