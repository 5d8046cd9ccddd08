use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::members::{members, to_value};
use crate::redact::Personal;
use crate::utf8::without_mark;
use crate::view::{View, Viewed};

/// JSON as it was received, byte for byte: a number has all its digits, and an escape that is half a character is still
/// there. Equality goes by the text. `Debug` does not show it, for it may hold a person's data.
///
/// ```
/// use checkout_core::received::Json;
///
/// let json = Json::parse(br#"{"rate": 1e400, "fee": 0.10, "who": "caf\ud83d"}"#)?;
/// assert_eq!(json.get("fee").unwrap().as_str(), "0.10");
/// // What serde_json cannot hold is `null` in its value, and nothing else is lost for it.
/// assert_eq!(json.to_value(), serde_json::json!({"rate": null, "fee": 0.1, "who": null}));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Json(Box<RawValue>);

impl Json {
    /// One JSON value and nothing else, in UTF-8; a byte order mark before it is passed over. Its texts and numbers are
    /// not looked into.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(without_mark(text)).map(Self)
    }

    /// A value as JSON. `None` for a value that JSON cannot express, such as a map whose keys are not texts.
    pub fn of(value: &(impl Serialize + ?Sized)) -> Option<Self> {
        to_raw_value(value).ok().map(Self)
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Reads it as a type of one's own.
    ///
    /// # Errors
    /// It does not fit, or holds what serde_json cannot read.
    pub fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }

    /// Its text, if it is a JSON string.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.decode().ok()
    }

    /// A member, if it is an object. `None` if it has no such member or more than one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        let mut found = members(&self.0).ok()?.into_iter().filter(|(key, _)| key == name);
        let (_, json) = found.next()?;
        found.next().is_none().then(|| Self(json.to_owned()))
    }

    /// As a value of serde_json. A fraction becomes a double there, and may lose digits; a text that is no text (half a
    /// surrogate pair) and a number beyond a double become `null`. The digits are in [`as_str`](Self::as_str).
    #[must_use]
    pub fn to_value(&self) -> Value {
        to_value(&self.0, 0)
    }

    #[doc(hidden)]
    #[must_use]
    pub fn raw(&self) -> &RawValue {
        &self.0
    }
}

impl Viewed for Json {
    fn view(&self) -> View<'_> {
        View::Raw(&self.0)
    }
}

impl From<&RawValue> for Json {
    fn from(json: &RawValue) -> Self {
        Self(json.to_owned())
    }
}

/// Writes `null` where a value holds what JSON cannot express.
impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self::of(&value).unwrap_or_else(|| Self(RawValue::NULL.to_owned()))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Json").field(&Personal).finish()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// The fields of a received object that its type does not have, in the order in which they came. They are written again
/// with the others, and never print: nobody knows whose data they hold. Half a surrogate pair in a
/// name, which no text can hold, becomes U+FFFD for each of its three bytes, and is written so; as it came, it is in the raw
/// body.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Other(Vec<(Box<str>, Json)>);

impl Other {
    pub(super) const fn new(fields: Vec<(Box<str>, Json)>) -> Self {
        Self(fields)
    }

    /// The field of this name; the last one, if it came more than once.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.iter()
            .filter(|(known, _)| *known == name)
            .last()
            .map(|(_, json)| json)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(name, json)| (&**name, json))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The union writes its tag itself.
    #[doc(hidden)]
    pub fn without(&mut self, tag: &str) {
        self.0.retain(|(name, _)| &**name != tag);
    }

    #[doc(hidden)]
    pub fn visit<'v>(&'v self, visit: &mut dyn FnMut(&'v str, View<'v>)) {
        for (name, json) in self.iter() {
            visit(name, json.view());
        }
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} more", self.len())
    }
}
