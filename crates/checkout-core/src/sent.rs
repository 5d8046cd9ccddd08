//! What requests consist of, as it is read from JSON.

use std::collections::BTreeMap;

use serde::de::{Deserialize as _, Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::PositiveDecimal;
use crate::received::{ReadError, ReadFault};
use crate::validate::At;
use crate::view::Viewed;

/// A part of a request. The macros of this crate implement this trait, and `Deserialize` with it: the compiler makes
/// this function once per type, but serde's once per type and format.
pub trait Sent: Viewed + Sized {
    /// Reads it from `json`, which stands `at` this place. Unknown fields are ignored.
    ///
    /// # Errors
    /// It is no such value.
    fn from_json(json: &Value, at: &At<'_>) -> Result<Self, ReadError>;
}

/// Implements `Deserialize` of types that are sent.
///
/// # Errors
/// It does not fit.
pub fn deserialize<'de, T: Sent, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let json = Value::deserialize(deserializer)?;
    T::from_json(&json, &At::BODY).map_err(D::Error::custom)
}

#[doc(hidden)]
pub fn object<'j>(json: &'j Value, at: &At<'_>) -> Result<&'j Map<String, Value>, ReadError> {
    json.as_object()
        .ok_or_else(|| ReadError::of_type(at, "an object"))
}

#[doc(hidden)]
pub fn required<T: Sent>(
    object: &Map<String, Value>,
    at: &At<'_>,
    name: &'static str,
) -> Result<T, ReadError> {
    match object.get(name) {
        Some(json) => T::from_json(json, &at.field(name)),
        None => Err(ReadError::missing(at, name)),
    }
}

#[doc(hidden)]
pub fn optional<T: Sent>(
    object: &Map<String, Value>,
    at: &At<'_>,
    name: &'static str,
) -> Result<Option<T>, ReadError> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(json) => T::from_json(json, &at.field(name)).map(Some),
    }
}

/// Reads a text, or a type that is made of one.
///
/// # Errors
/// It is none.
#[doc(hidden)]
pub fn text<'j>(json: &'j Value, at: &At<'_>) -> Result<&'j str, ReadError> {
    json.as_str().ok_or_else(|| ReadError::of_type(at, "a text"))
}

macro_rules! plain {
    ($($type:ty: $due:literal, $read:expr;)*) => {
        $(impl Sent for $type {
            fn from_json(json: &Value, at: &At<'_>) -> Result<Self, ReadError> {
                let read: fn(&Value) -> Option<Self> = $read;
                read(json).ok_or_else(|| ReadError::of_type(at, $due))
            }
        })*
    };
}

plain! {
    String: "a text", |json| json.as_str().map(str::to_owned);
    bool: "true or false", Value::as_bool;
    i32: "a whole number of 32 bits", |json| json.as_i64()?.try_into().ok();
    i64: "a whole number of 64 bits", Value::as_i64;
    Value: "anything", |json| Some(json.clone());
}

impl Sent for PositiveDecimal {
    fn from_json(json: &Value, at: &At<'_>) -> Result<Self, ReadError> {
        let text = json.as_str().ok_or_else(|| {
            ReadError::of_type(at, "an amount written as text, for a number may have lost digits")
        })?;
        Self::parse(text).map_err(|error| ReadError::new(at, ReadFault::Amount { error }))
    }
}

/// No body.
impl Sent for () {
    fn from_json(_: &Value, _: &At<'_>) -> Result<Self, ReadError> {
        Ok(())
    }
}

/// `null` is `None`.
impl<T: Sent> Sent for Option<T> {
    fn from_json(json: &Value, at: &At<'_>) -> Result<Self, ReadError> {
        match json {
            Value::Null => Ok(None),
            json => T::from_json(json, at).map(Some),
        }
    }
}

impl<T: Sent> Sent for Box<T> {
    fn from_json(json: &Value, at: &At<'_>) -> Result<Self, ReadError> {
        T::from_json(json, at).map(Self::new)
    }
}

impl<T: Sent> Sent for Vec<T> {
    fn from_json(json: &Value, at: &At<'_>) -> Result<Self, ReadError> {
        let items = json.as_array().ok_or_else(|| ReadError::of_type(at, "a list"))?;
        let mut list = Self::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            list.push(T::from_json(item, &at.item(index))?);
        }
        Ok(list)
    }
}

impl<T: Sent> Sent for BTreeMap<String, T> {
    fn from_json(json: &Value, at: &At<'_>) -> Result<Self, ReadError> {
        let mut map = Self::new();
        for (name, value) in object(json, at)? {
            map.insert(name.clone(), T::from_json(value, &at.field(name))?);
        }
        Ok(map)
    }
}

/// Declares how the fields of an object that is sent stand in JSON: `field: required("Name")` or `optional("Name")`. Of an
/// `Option`, an absent field and `null` are both `None`, and `None` is absent.
///
/// ```
/// #[derive(Debug, PartialEq)]
/// struct Item {
///     name: String,
///     count: Option<i64>,
/// }
///
/// checkout_core::sent!(Item {
///     name: required("Name"),
///     count: optional("Count"),
/// });
///
/// let item: Item = serde_json::from_str(r#"{"Name":"beans","Count":null}"#)?;
/// assert_eq!(item, Item { name: "beans".to_owned(), count: None });
/// assert_eq!(serde_json::to_string(&item)?, r#"{"Name":"beans"}"#);
/// let error = serde_json::from_str::<Item>(r#"{"Name":"beans","Count":"two"}"#).unwrap_err();
/// assert_eq!(error.to_string(), "the value at /Count is not a whole number of 64 bits");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! sent {
    ($name:ident { $($field:ident: $need:ident($json:literal)),* $(,)? }) => {
        impl $crate::view::Fields for $name {
            #[allow(unused_variables, reason = "a type may have no fields")]
            fn each<'v>(&'v self, visit: &mut dyn FnMut(&'v str, $crate::view::View<'v>)) {
                $($crate::sent!(@visit $need visit $json &self.$field);)*
            }
        }

        impl $crate::sent::Sent for $name {
            fn from_json(
                json: &$crate::__private::serde_json::Value,
                at: &$crate::validate::At<'_>,
            ) -> Result<Self, $crate::received::ReadError> {
                #[allow(unused_variables, reason = "a type may have no fields")]
                let object = $crate::sent::object(json, at)?;
                Ok(Self { $($field: $crate::sent::$need(object, at, $json)?,)* })
            }
        }

        $crate::viewed!(object $name);
        $crate::sent!(@deserialize $name);
    };
    (@visit required $visit:ident $json:literal $value:expr) => {
        $visit($json, $crate::view::Viewed::view($value));
    };
    (@visit optional $visit:ident $json:literal $value:expr) => {
        if let Some(value) = $value {
            $visit($json, $crate::view::Viewed::view(value));
        }
    };
    // What is made of a text, by `From<&str>`, `From<String>` and `as_str`.
    (@text $name:ident) => {
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl $crate::view::Viewed for $name {
            fn view(&self) -> $crate::view::View<'_> {
                $crate::view::View::Text(self.as_str())
            }
        }

        $crate::viewed!($name);

        impl $crate::sent::Sent for $name {
            fn from_json(
                json: &$crate::__private::serde_json::Value,
                at: &$crate::validate::At<'_>,
            ) -> Result<Self, $crate::received::ReadError> {
                $crate::sent::text(json, at).map(Self::from)
            }
        }

        impl $crate::received::Receive for $name {
            fn receive(
                json: &$crate::__private::serde_json::value::RawValue,
                at: &$crate::validate::At<'_>,
                _: &mut Vec<$crate::received::ReadError>,
            ) -> Result<Self, $crate::received::ReadError> {
                $crate::received::text(json, at).map(|text| match text {
                    ::std::borrow::Cow::Borrowed(text) => Self::from(text),
                    ::std::borrow::Cow::Owned(text) => Self::from(text),
                })
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as $crate::__private::serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }
    };
    (@deserialize $name:ident) => {
        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::sent::deserialize(deserializer)
            }
        }
    };
}
