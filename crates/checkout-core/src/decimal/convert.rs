//! Conversions from integers, and to and from the decimals of other crates. None rounds, and none takes a float.

use tinystr::TinyAsciiStr;

use super::{DecimalError, PositiveDecimal};

macro_rules! from_unsigned {
    ($($integer:ty),+) => {$(
        impl From<$integer> for PositiveDecimal {
            fn from(integer: $integer) -> Self {
                let mut buffer = itoa::Buffer::new();
                // At most 20 digits, so nothing is cut off or replaced.
                let text = TinyAsciiStr::from_utf8_lossy(buffer.format(integer).as_bytes(), b'0');
                Self { text, coefficient: integer as u128, significant: 0, decimals: 0 }
            }
        }
    )+};
}

from_unsigned!(u8, u16, u32, u64, usize);

macro_rules! try_from_signed {
    ($($integer:ty),+) => {$(
        impl TryFrom<$integer> for PositiveDecimal {
            type Error = DecimalError;

            fn try_from(integer: $integer) -> Result<Self, Self::Error> {
                u64::try_from(integer).map(Self::from).map_err(|_| DecimalError::Negative)
            }
        }
    )+};
}

try_from_signed!(i32, i64);

impl TryFrom<u128> for PositiveDecimal {
    type Error = DecimalError;

    fn try_from(integer: u128) -> Result<Self, Self::Error> {
        Self::parse(itoa::Buffer::new().format(integer))
    }
}

#[cfg(any(feature = "bigdecimal", feature = "fastnum", feature = "rust_decimal"))]
impl PositiveDecimal {
    /// The digits as one integer with all decimals that are written: 1010 for `10.10`.
    fn written(self) -> u128 {
        self.coefficient * 10_u128.pow(u32::from(self.decimals - self.significant))
    }

    /// An amount from its digits, of which the last `scale` are decimals. A negative `scale` adds that many zeros.
    fn from_parts(negative: bool, digits: &str, scale: i64) -> Result<Self, DecimalError> {
        use super::write::Decimals;

        let is_zero = digits.bytes().all(|digit| digit == b'0');
        if is_zero {
            let scale = usize::try_from(scale).unwrap_or(0);
            return Self::write_digits("0", 0, Decimals::AtLeast(scale));
        }
        if negative {
            return Err(DecimalError::Negative);
        }
        let magnitude = usize::try_from(scale.unsigned_abs()).unwrap_or(isize::MAX.unsigned_abs());
        if scale >= 0 {
            return Self::write_digits(digits, magnitude, Decimals::AtLeast(magnitude));
        }
        // Checked before the zeros are written: an exponent can ask for billions of them.
        let characters = digits.len().saturating_add(magnitude);
        if characters > super::MAX_LENGTH {
            return Err(DecimalError::ResultTooLong { characters });
        }
        Self::write_digits(
            &format!("{digits}{}", "0".repeat(magnitude)),
            0,
            Decimals::AtLeast(0),
        )
    }
}

#[cfg(feature = "bigdecimal")]
mod bigdecimal {
    use ::bigdecimal::BigDecimal;
    use ::bigdecimal::num_bigint::{BigInt, Sign};

    use super::{DecimalError, PositiveDecimal};

    /// The conversion is exact and keeps the decimals as written.
    impl From<PositiveDecimal> for BigDecimal {
        fn from(amount: PositiveDecimal) -> Self {
            Self::new(BigInt::from(amount.written()), i64::from(amount.decimals))
        }
    }

    /// Refuses what is negative or has no exact text of 38 characters.
    impl TryFrom<BigDecimal> for PositiveDecimal {
        type Error = DecimalError;

        fn try_from(number: BigDecimal) -> Result<Self, Self::Error> {
            let (digits, scale) = number.into_bigint_and_exponent();
            Self::from_parts(
                digits.sign() == Sign::Minus,
                &digits.magnitude().to_string(),
                scale,
            )
        }
    }
}

#[cfg(feature = "rust_decimal")]
mod rust_decimal {
    use ::rust_decimal::Decimal;

    use super::{DecimalError, PositiveDecimal};

    /// Refuses an amount that 96 bits and 28 decimals cannot hold. Keeps the decimals as written where they fit.
    impl TryFrom<PositiveDecimal> for Decimal {
        type Error = DecimalError;

        fn try_from(amount: PositiveDecimal) -> Result<Self, Self::Error> {
            let exact = |coefficient: u128, scale: u8| {
                let coefficient = i128::try_from(coefficient).ok()?;
                Self::try_from_i128_with_scale(coefficient, u32::from(scale)).ok()
            };
            exact(amount.written(), amount.decimals)
                .or_else(|| exact(amount.coefficient, amount.significant))
                .ok_or(DecimalError::DoesNotFit {
                    target: "rust_decimal::Decimal",
                })
        }
    }

    /// Refuses what is negative.
    impl TryFrom<Decimal> for PositiveDecimal {
        type Error = DecimalError;

        fn try_from(number: Decimal) -> Result<Self, Self::Error> {
            let digits = number.mantissa().unsigned_abs().to_string();
            Self::from_parts(number.is_sign_negative(), &digits, i64::from(number.scale()))
        }
    }
}

#[cfg(feature = "fastnum")]
mod fastnum {
    use ::fastnum::decimal::Context;
    use ::fastnum::{D128, UD128};

    use super::{DecimalError, PositiveDecimal};

    macro_rules! convert {
        ($($decimal:ident $name:literal $is_negative:expr),+) => {$(
            /// The decimals that are written stay.
            impl TryFrom<PositiveDecimal> for $decimal {
                type Error = DecimalError;

                fn try_from(amount: PositiveDecimal) -> Result<Self, Self::Error> {
                    Self::from_str(amount.as_str(), Context::default())
                        .ok()
                        .filter(|number| !number.is_op_inexact())
                        .ok_or(DecimalError::DoesNotFit { target: $name })
                }
            }

            /// Refuses what is negative, not a number, or has no exact text of 38 characters.
            impl TryFrom<$decimal> for PositiveDecimal {
                type Error = DecimalError;

                fn try_from(number: $decimal) -> Result<Self, Self::Error> {
                    if !number.is_finite() {
                        return Err(DecimalError::DoesNotFit { target: "PositiveDecimal" });
                    }
                    let digits = number.digits().to_string();
                    let negative = $is_negative(&number);
                    Self::from_parts(negative, &digits, i64::from(number.fractional_digits_count()))
                }
            }
        )+};
    }

    convert!(D128 "fastnum::D128" D128::is_negative, UD128 "fastnum::UD128" |_: &UD128| false);
}
