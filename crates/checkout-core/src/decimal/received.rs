use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::PositiveDecimal;

/// An amount as an API sent it: a [`PositiveDecimal`] as a rule, and whatever else it was otherwise, kept as text.
///
/// A rate with fifty digits or a fee below zero breaks the API's own documents. It must not make the rest of the
/// answer unreadable, and it must not be taken for an amount or for nothing.
///
/// ```
/// use checkout_core::{PositiveDecimal, ReceivedDecimal};
///
/// let fee: ReceivedDecimal = serde_json::from_str(r#""0.10""#)?;
/// assert_eq!(fee.amount(), Some(PositiveDecimal::parse("0.1")?));
/// let credit: ReceivedDecimal = serde_json::from_str(r#""-0.10""#)?;
/// assert_eq!(credit, ReceivedDecimal::Other("-0.10".into()));
/// assert_eq!(serde_json::to_string(&credit)?, r#""-0.10""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub enum ReceivedDecimal {
    /// An amount.
    Amount(PositiveDecimal),
    /// Not an amount by the API's grammar. A JSON number stands here by its shortest text, which may have fewer digits
    /// than were sent; the raw answer has them all.
    Other(String),
}

impl ReceivedDecimal {
    /// The amount, if it is one.
    #[must_use]
    pub const fn amount(&self) -> Option<PositiveDecimal> {
        match self {
            Self::Amount(amount) => Some(*amount),
            Self::Other(_) => None,
        }
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Amount(amount) => amount.as_str(),
            Self::Other(text) => text,
        }
    }
}

impl From<PositiveDecimal> for ReceivedDecimal {
    fn from(amount: PositiveDecimal) -> Self {
        Self::Amount(amount)
    }
}

impl From<&str> for ReceivedDecimal {
    fn from(text: &str) -> Self {
        PositiveDecimal::parse(text).map_or_else(|_| Self::Other(text.to_owned()), Self::Amount)
    }
}

/// Amounts by value, others by text.
impl PartialEq for ReceivedDecimal {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Amount(left), Self::Amount(right)) => left == right,
            (Self::Other(left), Self::Other(right)) => left == right,
            _ => false,
        }
    }
}

impl Eq for ReceivedDecimal {}

impl PartialEq<PositiveDecimal> for ReceivedDecimal {
    fn eq(&self, other: &PositiveDecimal) -> bool {
        self.amount().as_ref() == Some(other)
    }
}

impl fmt::Display for ReceivedDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ReceivedDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => fmt::Debug::fmt(amount, f),
            Self::Other(text) => f.debug_tuple("Other").field(text).finish(),
        }
    }
}

impl Serialize for ReceivedDecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ReceivedDecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Received;

        impl Visitor<'_> for Received {
            type Value = ReceivedDecimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount as text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(text.into())
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(ReceivedDecimal::Other(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(ReceivedDecimal::Other(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(ReceivedDecimal::Other(number.to_string()))
            }
        }

        deserializer.deserialize_any(Received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_json_calls_text_or_number_is_refused() {
        for (json, amount) in [
            (r#""10.10""#, true),
            (r#""0.99990001999800029994000799860027999440""#, false),
            (r#""0.000000000000000000000000000000000000001""#, false),
            (r#""-0.10""#, false),
            (r#""1e-7""#, false),
            (r#""""#, false),
            ("0.5", false),
            ("-3", false),
        ] {
            let received: ReceivedDecimal = serde_json::from_str(json).unwrap();
            assert_eq!(received.amount().is_some(), amount, "{json}");
            if json.starts_with('"') {
                assert_eq!(serde_json::to_string(&received).unwrap(), json);
            }
        }
    }
}
