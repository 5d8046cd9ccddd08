use super::{DecimalError, PositiveDecimal};
use crate::validate::{At, Rule, Violations};

/// An amount as a builder takes it: text, an integer or a [`PositiveDecimal`].
///
/// A text that is no amount is kept as the error that it is, and is reported when the request is checked, together
/// with everything else that is wrong with it.
///
/// ```
/// use checkout_core::DecimalInput;
///
/// fn amount(amount: impl Into<DecimalInput>) -> DecimalInput {
///     amount.into()
/// }
///
/// assert_eq!(amount("10.10").into_result()?.as_str(), "10.10");
/// assert_eq!(amount(10).into_result()?.as_str(), "10");
/// assert!(amount("10,10").into_result().is_err());
/// assert!(amount(-10).into_result().is_err());
/// # Ok::<(), checkout_core::DecimalError>(())
/// ```
///
/// Floats are no way in:
///
/// ```compile_fail,E0277
/// let amount = checkout_core::DecimalInput::from(10.10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct DecimalInput(Result<PositiveDecimal, DecimalError>);

impl DecimalInput {
    /// The amount, or what is wrong with it.
    ///
    /// # Errors
    /// As for [`PositiveDecimal::parse`] and the conversions of [`PositiveDecimal`].
    pub fn into_result(self) -> Result<PositiveDecimal, DecimalError> {
        self.0
    }

    /// The amount; if there is none, what is wrong is added to `found`.
    pub fn take(self, at: &At<'_>, found: &mut Violations) -> Option<PositiveDecimal> {
        self.0
            .map_err(|error| found.push(at, Rule::Format, error.to_string()))
            .ok()
    }
}

impl From<PositiveDecimal> for DecimalInput {
    fn from(amount: PositiveDecimal) -> Self {
        Self(Ok(amount))
    }
}

impl From<&PositiveDecimal> for DecimalInput {
    fn from(amount: &PositiveDecimal) -> Self {
        Self(Ok(*amount))
    }
}

impl From<Result<PositiveDecimal, DecimalError>> for DecimalInput {
    fn from(amount: Result<PositiveDecimal, DecimalError>) -> Self {
        Self(amount)
    }
}

macro_rules! from_text {
    ($($text:ty),+) => {$(
        impl From<$text> for DecimalInput {
            fn from(text: $text) -> Self {
                Self(PositiveDecimal::parse(text.as_ref()))
            }
        }
    )+};
}

from_text!(&str, &String, String);

macro_rules! from_number {
    ($($number:ty),+) => {$(
        impl From<$number> for DecimalInput {
            fn from(number: $number) -> Self {
                // Uniform over numbers that always fit and numbers that may not.
                #[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
                Self(PositiveDecimal::try_from(number).map_err(DecimalError::from))
            }
        }
    )+};
}

from_number!(u8, u16, u32, u64, u128, usize, i32, i64);
#[cfg(feature = "bigdecimal")]
from_number!(bigdecimal::BigDecimal);
#[cfg(feature = "fastnum")]
from_number!(fastnum::D128, fastnum::UD128);
#[cfg(feature = "rust_decimal")]
from_number!(rust_decimal::Decimal);

impl From<std::convert::Infallible> for DecimalError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
