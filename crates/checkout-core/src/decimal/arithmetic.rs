use std::borrow::Borrow;

use ethnum::U256;

use super::write::Decimals;
use super::{DecimalError, MAX_DECIMALS, PositiveDecimal};

/// Which way [`PositiveDecimal::round_to`] goes when digits have to be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rounding {
    /// To the next larger amount: never less than exact.
    Up,
    /// Drops the digits: never more than exact.
    Down,
    /// To the nearest amount; from the middle, to the larger one.
    HalfUp,
    /// To the nearest amount; from the middle, to the one whose last digit is even ("bankers' rounding").
    HalfEven,
}

/// Exact arithmetic.
///
/// Results are written plainly, with as many decimals as the operand that has more of them, and with more where the
/// exact value needs more: `5.05 + 5.05` is `10.10`, and so is `2 x 5.05`. Trailing zeros, and at last the zero
/// before the point, are left out only where the text would have more than 38 characters with them. No result is ever rounded, save by [`round_to`](Self::round_to).
impl PositiveDecimal {
    /// The exact sum.
    ///
    /// ```
    /// # use checkout_core::PositiveDecimal;
    /// let amount = PositiveDecimal::parse("5.05")?;
    /// assert_eq!(amount.checked_add(amount)?.as_str(), "10.10");
    /// # Ok::<(), checkout_core::DecimalError>(())
    /// ```
    ///
    /// # Errors
    /// [`DecimalError::ResultTooLong`].
    pub fn checked_add(self, other: Self) -> Result<Self, DecimalError> {
        let (left, right, scale) = align(self, other);
        Self::write(left + right, scale, self.decimals_with(other))
    }

    /// The exact difference.
    ///
    /// # Errors
    /// [`DecimalError::Negative`] if `other` is the larger one, else [`DecimalError::ResultTooLong`].
    pub fn checked_sub(self, other: Self) -> Result<Self, DecimalError> {
        let (left, right, scale) = align(self, other);
        let difference = left.checked_sub(right).ok_or(DecimalError::Negative)?;
        Self::write(difference, scale, self.decimals_with(other))
    }

    /// The exact product.
    ///
    /// ```
    /// # use checkout_core::PositiveDecimal;
    /// let unit_amount = PositiveDecimal::parse("5.05")?;
    /// assert_eq!(unit_amount.checked_mul(2_u8.into())?.as_str(), "10.10");
    /// assert_eq!(unit_amount.checked_mul("0.5".parse()?)?.as_str(), "2.525");
    /// # Ok::<(), checkout_core::DecimalError>(())
    /// ```
    ///
    /// # Errors
    /// [`DecimalError::ResultTooLong`].
    pub fn checked_mul(self, other: Self) -> Result<Self, DecimalError> {
        // Two coefficients below 10^38 make a product below 10^76, and 256 bits hold 10^77.
        let product = U256::from(self.coefficient) * U256::from(other.coefficient);
        let scale = usize::from(self.significant) + usize::from(other.significant);
        Self::write(product, scale, self.decimals_with(other))
    }

    /// The exact sum of all, zero if there are none. It does not depend on their order: only the sum itself has to
    /// fit, not what adds up on the way.
    ///
    /// ```
    /// # use checkout_core::PositiveDecimal;
    /// let amounts = ["5.05", "0.95", "4"].map(PositiveDecimal::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(PositiveDecimal::sum(&amounts)?.as_str(), "10.00");
    /// # Ok::<(), checkout_core::DecimalError>(())
    /// ```
    ///
    /// # Errors
    /// [`DecimalError::ResultTooLong`].
    pub fn sum<I>(amounts: I) -> Result<Self, DecimalError>
    where
        I: IntoIterator,
        I::Item: Borrow<Self>,
    {
        // Integers and fractions add up apart: together they could outgrow 256 bits before the sum is known.
        let (mut integers, mut fractions, mut decimals) = (U256::ZERO, U256::ZERO, 0);
        for amount in amounts {
            let amount = amount.borrow();
            let unit = power_of_ten(amount.significant);
            integers += U256::from(amount.coefficient / unit);
            fractions +=
                U256::from(amount.coefficient % unit * power_of_ten(MAX_DECIMALS as u8 - amount.significant));
            decimals = decimals.max(usize::from(amount.decimals));
        }
        let unit = U256::from(power_of_ten(MAX_DECIMALS as u8));
        let digits = format!("{}{:037}", integers + fractions / unit, fractions % unit);
        Self::write_digits(&digits, MAX_DECIMALS, Decimals::AtLeast(decimals))
    }

    /// The amount with exactly so many decimals, rounded if it has more.
    ///
    /// ```
    /// use checkout_core::decimal::{PositiveDecimal, Rounding};
    ///
    /// let fee = PositiveDecimal::parse("0.125")?;
    /// assert_eq!(fee.round_to(2, Rounding::HalfUp)?.as_str(), "0.13");
    /// assert_eq!(fee.round_to(2, Rounding::HalfEven)?.as_str(), "0.12");
    /// # Ok::<(), checkout_core::DecimalError>(())
    /// ```
    ///
    /// # Errors
    /// [`DecimalError::ResultTooLong`] if the zeros that were asked for do not fit.
    pub fn round_to(self, decimals: u8, rounding: Rounding) -> Result<Self, DecimalError> {
        let Some(surplus) = self
            .significant
            .checked_sub(decimals)
            .filter(|surplus| *surplus > 0)
        else {
            return self.with_decimals(decimals);
        };
        let unit = power_of_ten(surplus);
        let (kept, dropped) = (self.coefficient / unit, self.coefficient % unit);
        let up = match rounding {
            // A significant digit at least is dropped.
            Rounding::Up => true,
            Rounding::Down => false,
            Rounding::HalfUp => dropped >= unit / 2,
            Rounding::HalfEven => dropped > unit / 2 || (dropped == unit / 2 && kept % 2 == 1),
        };
        let decimals = usize::from(decimals);
        Self::write(
            U256::from(kept + u128::from(up)),
            decimals,
            Decimals::Exactly(decimals),
        )
    }

    /// The same amount with exactly so many decimals: `10.1` with 2 is `10.10`, `5.050` with 2 is `5.05`.
    ///
    /// # Errors
    /// [`DecimalError::TooManyDecimals`] if digits other than zeros would be lost,
    /// [`DecimalError::ResultTooLong`] if the zeros that were asked for do not fit.
    pub fn with_decimals(self, decimals: u8) -> Result<Self, DecimalError> {
        let decimals = Decimals::Exactly(usize::from(decimals));
        Self::write(
            U256::from(self.coefficient),
            usize::from(self.significant),
            decimals,
        )
    }

    /// An amount from a count of minor units, such as cents: 1010 with 2 decimals is `10.10`.
    ///
    /// # Errors
    /// [`DecimalError::ResultTooLong`] for more decimals than 38 characters can hold.
    pub fn from_minor_units(units: u64, decimals: u8) -> Result<Self, DecimalError> {
        let decimals = usize::from(decimals);
        Self::write(U256::from(units), decimals, Decimals::Exactly(decimals))
    }

    /// The count of minor units, such as cents: `10.1` with 2 decimals is 1010.
    ///
    /// # Errors
    /// [`DecimalError::TooManyDecimals`] for an amount between two units, [`DecimalError::DoesNotFit`] for a count
    /// beyond `u128`.
    pub fn to_minor_units(self, decimals: u8) -> Result<u128, DecimalError> {
        let Some(missing) = decimals.checked_sub(self.significant) else {
            let (decimals, allowed) = (usize::from(self.significant), usize::from(decimals));
            return Err(DecimalError::TooManyDecimals { decimals, allowed });
        };
        if self.is_zero() {
            return Ok(0);
        }
        10_u128
            .checked_pow(u32::from(missing))
            .and_then(|unit| self.coefficient.checked_mul(unit))
            .ok_or(DecimalError::DoesNotFit { target: "u128" })
    }

    fn decimals_with(self, other: Self) -> Decimals {
        Decimals::AtLeast(usize::from(self.decimals.max(other.decimals)))
    }
}

/// Both values as integers of the same scale, and that scale. At most 38 + 37 digits, which 256 bits hold.
pub(super) fn align(left: PositiveDecimal, right: PositiveDecimal) -> (U256, U256, usize) {
    let scale = left.significant.max(right.significant);
    let widen = |amount: PositiveDecimal| {
        U256::from(amount.coefficient) * U256::from(power_of_ten(scale - amount.significant))
    };
    (widen(left), widen(right), usize::from(scale))
}

/// For exponents up to 38: a text has no more digits than characters.
const fn power_of_ten(exponent: u8) -> u128 {
    10_u128.pow(exponent as u32)
}
