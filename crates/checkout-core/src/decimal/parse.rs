use std::str::FromStr;

use tinystr::TinyAsciiStr;

use super::{DecimalError, MAX_LENGTH, PositiveDecimal};

impl PositiveDecimal {
    /// Reads an amount.
    ///
    /// ```
    /// use checkout_core::{DecimalError, PositiveDecimal};
    ///
    /// assert_eq!(PositiveDecimal::parse("+.50")?, PositiveDecimal::parse("0.5")?);
    /// assert_eq!(PositiveDecimal::parse("1,50"), Err(DecimalError::Comma { position: 1 }));
    /// # Ok::<(), DecimalError>(())
    /// ```
    ///
    /// # Errors
    /// The first character that does not belong, or what is missing, or the length above 38.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        Self::read(text.as_bytes()).ok_or_else(|| diagnose(text))
    }

    /// The amount that the bytes write, if they write one.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_LENGTH {
            return None;
        }
        let unsigned = bytes.strip_prefix(b"+").unwrap_or(bytes);
        let (integer, fraction) = match unsigned.iter().position(|byte| *byte == b'.') {
            Some(point) => (&unsigned[..point], &unsigned[point + 1..]),
            None => (unsigned, &[][..]),
        };
        let all_digits = integer.iter().chain(fraction).all(u8::is_ascii_digit);
        if !all_digits || integer.len() + fraction.len() == 0 {
            return None;
        }
        let significant = fraction
            .iter()
            .rposition(|digit| *digit != b'0')
            .map_or(0, |last| last + 1);
        Some(Self {
            text: TinyAsciiStr::try_from_utf8(bytes).ok()?,
            coefficient: append(append(0, integer), &fraction[..significant]),
            significant: u8::try_from(significant).ok()?,
            decimals: u8::try_from(fraction.len()).ok()?,
        })
    }
}

impl FromStr for PositiveDecimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for PositiveDecimal {
    type Error = DecimalError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PositiveDecimal {
    type Error = DecimalError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Writes digits behind a number. Chunks of 19 digits fit 64 bits, whose arithmetic is far faster than that of 128.
fn append(number: u128, digits: &[u8]) -> u128 {
    digits.chunks(19).fold(number, |number, chunk| {
        let (value, power) = chunk.iter().fold((0_u64, 1_u64), |(value, power), digit| {
            (value * 10 + u64::from(digit & 0x0f), power * 10)
        });
        number * u128::from(power) + u128::from(value)
    })
}

/// What is wrong with a text that `read` refuses.
#[cold]
fn diagnose(text: &str) -> DecimalError {
    let mut digit_seen = false;
    let mut point_seen = false;
    for (position, character) in text.char_indices() {
        match character {
            '0'..='9' => digit_seen = true,
            '.' if !point_seen => point_seen = true,
            '.' => return DecimalError::SecondPoint { position },
            '+' if position == 0 => {}
            '+' => return DecimalError::Plus { position },
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => return DecimalError::Minus { position },
            ',' | '\u{60c}' | '\u{66b}' | '\u{66c}' | '\u{ff0c}' => return DecimalError::Comma { position },
            'e' | 'E' if digit_seen => return DecimalError::Exponent { position },
            space if space.is_whitespace() => return DecimalError::WhiteSpace { position },
            digit if digit.is_numeric() => return DecimalError::ForeignDigit { position },
            character => return DecimalError::Character { position, character },
        }
    }
    if text.is_empty() {
        DecimalError::Empty
    } else if !digit_seen {
        DecimalError::NoDigit
    } else {
        DecimalError::TooLong {
            characters: text.len(),
        }
    }
}
