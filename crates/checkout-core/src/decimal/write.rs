use ethnum::U256;

use super::{DecimalError, MAX_DECIMALS, MAX_LENGTH, PositiveDecimal};

/// How many digits a result has after its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Decimals {
    /// So many, more where the exact value needs more, and fewer only where they would not fit.
    AtLeast(usize),
    /// So many.
    Exactly(usize),
}

impl PositiveDecimal {
    /// Writes `value / 10^scale` in plain form: no sign, no leading zero but the one before a bare fraction (if it
    /// fits), no point without a fraction.
    pub(super) fn write(value: U256, scale: usize, decimals: Decimals) -> Result<Self, DecimalError> {
        match u128::try_from(value) {
            Ok(narrow) => Self::write_digits(itoa::Buffer::new().format(narrow), scale, decimals),
            Err(_) => Self::write_digits(&value.to_string(), scale, decimals),
        }
    }

    /// As [`write`](Self::write), from the number's digits.
    pub(super) fn write_digits(digits: &str, scale: usize, decimals: Decimals) -> Result<Self, DecimalError> {
        let (integer, fraction) = match digits.len().checked_sub(scale) {
            Some(length) if length > 0 => digits.split_at(length),
            _ => ("0", digits),
        };
        let tail = fraction.trim_end_matches('0');
        let zeros = scale.saturating_sub(digits.len());
        let significant = if tail.is_empty() { 0 } else { zeros + tail.len() };

        let decimals = match decimals {
            Decimals::AtLeast(wanted) => wanted
                .min(MAX_LENGTH.saturating_sub(integer.len() + 1))
                .max(significant),
            Decimals::Exactly(allowed) if significant > allowed => {
                return Err(DecimalError::TooManyDecimals {
                    decimals: significant,
                    allowed,
                });
            }
            Decimals::Exactly(wanted) => wanted,
        };
        // `.5` is an amount as well: a fraction that fills all 38 characters goes without the zero before its point.
        let integer = if integer == "0" && decimals >= MAX_DECIMALS {
            ""
        } else {
            integer
        };
        let characters = integer.len() + if decimals == 0 { 0 } else { 1 + decimals };
        let too_long = DecimalError::ResultTooLong { characters };
        if characters > MAX_LENGTH {
            return Err(too_long);
        }

        let mut text = [b'0'; MAX_LENGTH];
        text[..integer.len()].copy_from_slice(integer.as_bytes());
        if decimals > 0 {
            text[integer.len()] = b'.';
        }
        if significant > 0 {
            let start = integer.len() + 1 + zeros;
            text[start..start + tail.len()].copy_from_slice(tail.as_bytes());
        }
        // Read back rather than put together, so that no amount can hold a text and a value that differ.
        Self::read(&text[..characters]).ok_or(too_long)
    }
}
