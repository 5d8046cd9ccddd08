/// Why a text is no amount, or why a calculation has no exact answer.
///
/// Positions count bytes from the start of the text, from 0. The text itself is never quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// No characters at all.
    #[error("is empty; write an amount such as 10.10")]
    Empty,
    /// Only a sign or a point.
    #[error("has no digit; write an amount such as 10.10")]
    NoDigit,
    /// A right text, but a long one.
    #[error("has {characters} characters; at most 38 are allowed")]
    TooLong {
        /// Its length.
        characters: usize,
    },
    /// A minus sign or a dash.
    #[error("has a minus sign at byte {position}; amounts are never negative")]
    Minus {
        /// Where it stands.
        position: usize,
    },
    /// A plus sign after the first character.
    #[error("has a plus sign at byte {position}; it may only stand first")]
    Plus {
        /// Where it stands.
        position: usize,
    },
    /// A comma, for decimals or for thousands.
    #[error(
        "has a comma at byte {position}; write decimals after a point, and thousands without a separator"
    )]
    Comma {
        /// Where it stands.
        position: usize,
    },
    /// More than one point.
    #[error("has a second point at byte {position}; write thousands without a separator")]
    SecondPoint {
        /// Where the second one stands.
        position: usize,
    },
    /// Scientific notation.
    #[error("has an exponent at byte {position}; write all digits, such as 1000 for 1e3")]
    Exponent {
        /// Where its `e` stands.
        position: usize,
    },
    /// A space, tab or line end, anywhere.
    #[error("has white space at byte {position}; remove it, also before and after the digits")]
    WhiteSpace {
        /// Where it stands.
        position: usize,
    },
    /// A digit of another script.
    #[error("has a digit other than 0 to 9 at byte {position}; write ASCII digits")]
    ForeignDigit {
        /// Where it stands.
        position: usize,
    },
    /// Any other character, such as a currency sign.
    #[error("has the character {character:?} at byte {position}; write digits and at most one point only")]
    Character {
        /// Where it stands.
        position: usize,
        /// Which one.
        character: char,
    },
    /// The amount would be below zero.
    #[error("is below zero; amounts are never negative")]
    Negative,
    /// The exact result has more characters than an amount may have.
    #[error("needs {characters} characters to be exact; at most 38 are allowed, so round it first")]
    ResultTooLong {
        /// The fewest characters that would hold the exact result with the decimals asked for.
        characters: usize,
    },
    /// More decimals than asked for, trailing zeros not counted.
    #[error("has {decimals} decimals; at most {allowed} are allowed here, so round it first")]
    TooManyDecimals {
        /// How many there are.
        decimals: usize,
        /// How many there may be.
        allowed: usize,
    },
    /// Another type cannot hold the exact value.
    #[error("does not fit {target} without losing digits")]
    DoesNotFit {
        /// The other type.
        target: &'static str,
    },
}
