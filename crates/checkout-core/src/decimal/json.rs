use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use super::PositiveDecimal;

/// As a JSON string, with the text as it stands.
impl Serialize for PositiveDecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// From a JSON string. A JSON number is refused: on its way it may have been a float, and its zeros are gone.
impl<'de> Deserialize<'de> for PositiveDecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = PositiveDecimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount written as a string, e.g. \"10.10\" (a JSON number may have lost digits)")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        PositiveDecimal::parse(text).map_err(|error| E::custom(format_args!("the amount {error}")))
    }
}
