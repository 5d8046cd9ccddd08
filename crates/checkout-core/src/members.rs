//! The members of a JSON object, each value as the text that it is.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A member of a JSON object: its name and its value.
pub type Member<'j> = (Cow<'j, str>, &'j RawValue);

/// The members of a JSON object, in its order, repeated ones too.
///
/// # Errors
/// It is no object.
pub fn members(json: &RawValue) -> Result<Vec<Member<'_>>, serde_json::Error> {
    struct Members;

    impl<'j> Visitor<'j> for Members {
        type Value = Vec<Member<'j>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::with_capacity(16);
            while let Some(name) = map.next_key_seed(Name)? {
                members.push((name, map.next_value()?));
            }
            Ok(members)
        }
    }

    serde_json::Deserializer::from_str(json.get()).deserialize_map(Members)
}

/// As deep as serde_json reads.
pub(crate) const DEPTH: usize = 128;

/// As a value of serde_json: see `received::Json::to_value`.
pub(crate) fn to_value(json: &RawValue, depth: usize) -> Value {
    if let Ok(value) = serde_json::from_str(json.get()) {
        return value;
    }
    if depth == DEPTH {
        return Value::Null;
    }
    if let Ok(members) = members(json) {
        let members = members
            .into_iter()
            .map(|(name, json)| (name.into_owned(), to_value(json, depth + 1)));
        return Value::Object(members.collect::<Map<_, _>>());
    }
    let items: Vec<&RawValue> = serde_json::from_str(json.get()).unwrap_or_default();
    if items.is_empty() {
        return Value::Null;
    }
    items.into_iter().map(|json| to_value(json, depth + 1)).collect()
}

/// A name, read as bytes: one with half a surrogate pair must not cost the object.
struct Name;

impl<'j> DeserializeSeed<'j> for Name {
    type Value = Cow<'j, str>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'j> Visitor<'j> for Name {
    type Value = Cow<'j, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'j [u8]) -> Result<Self::Value, E> {
        Ok(String::from_utf8_lossy(name))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(String::from_utf8_lossy(name).into_owned()))
    }
}
