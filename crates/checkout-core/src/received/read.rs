use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::value::RawValue;

use super::{Json, Other, Received, Unreadable};
use crate::impl_debug;
use crate::members::{DEPTH, Member, members};
use crate::redact::field_name;
use crate::validate::At;
use crate::{DecimalError, PositiveDecimal};

/// A type that can be read from what an API sends. The macros of this crate implement it.
pub trait Receive: Sized {
    /// Reads `json`, which stands `at` this place. What is wrong with a part that is not needed goes to `unread`.
    ///
    /// # Errors
    /// It is no such value.
    fn receive(json: &RawValue, at: &At<'_>, unread: &mut Vec<ReadError>) -> Result<Self, ReadError>;
}

/// What is wrong with JSON that was received, and where. Holds no value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    pointer: String,
    fault: ReadFault,
}

/// The kind of [`ReadError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadFault {
    /// An object lacks a field that every document and every sample has.
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// An object has a field more than once, so that it does not say what the field is.
    Repeated {
        /// Which one.
        field: &'static str,
    },
    /// A text that should be an amount is not one.
    Amount {
        /// Why not.
        error: DecimalError,
    },
    /// Another type is expected.
    Type {
        /// The expected type, such as `a text`.
        due: &'static str,
    },
}

impl ReadError {
    /// At this place, something else is due.
    #[must_use]
    pub fn of_type(at: &At<'_>, due: &'static str) -> Self {
        Self::new(at, ReadFault::Type { due })
    }

    /// The error for a missing field of the object at this place.
    #[must_use]
    pub fn missing(at: &At<'_>, field: &'static str) -> Self {
        Self::new(at, ReadFault::Missing { field })
    }

    pub(crate) fn new(at: &At<'_>, fault: ReadFault) -> Self {
        Self {
            pointer: at.to_string(),
            fault,
        }
    }

    /// JSON pointer of what is wrong, from the whole that was read; for a missing or repeated field, of its object.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What is wrong.
    #[must_use]
    pub const fn fault(&self) -> ReadFault {
        self.fault
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = &self.pointer;
        match self.fault {
            ReadFault::Type { due } if pointer.is_empty() => return write!(f, "the whole is not {due}"),
            ReadFault::Type { due } => return write!(f, "the value at {pointer} is not {due}"),
            ReadFault::Amount { error } => write!(f, "the amount {error}")?,
            ReadFault::Missing { field } => write!(f, "the required field {field} is missing")?,
            ReadFault::Repeated { field } => write!(f, "the field {field} stands more than once")?,
        }
        match pointer.as_str() {
            "" => Ok(()),
            pointer => write!(f, " at {pointer}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads a value, and lists the parts of it that could not be read.
///
/// # Errors
/// The whole could not be read.
pub fn read<T: Receive>(json: &Json) -> Result<(T, Vec<ReadError>), ReadError> {
    let mut unread = Vec::new();
    let value = T::receive(json.raw(), &At::BODY, &mut unread)?;
    Ok((value, unread))
}

/// Implements `Deserialize` of types that are received.
///
/// # Errors
/// The whole could not be read.
pub fn deserialize<'de, T: Receive, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let json = Box::<RawValue>::deserialize(deserializer)?;
    T::receive(&json, &At::BODY, &mut Vec::new()).map_err(D::Error::custom)
}

/// The tag of a union's object, if it has one.
///
/// # Errors
/// It is no object, or its tag is no text or stands more than once.
#[doc(hidden)]
pub fn tag(json: &RawValue, at: &At<'_>, tag: &'static str) -> Result<Option<String>, ReadError> {
    let mut unread = Vec::new();
    let mut object = Object::open(json, at, &mut unread)?;
    match object.optional(tag) {
        Received::Absent => Ok(None),
        Received::Value(text) => Ok(Some(text)),
        Received::Unreadable(what) => Err(what.error().clone()),
    }
}

/// A JSON object that is being read field by field. What the macro [`received!`](crate::received!) expands to calls it.
pub struct Object<'j, 'c> {
    members: Vec<Option<Member<'j>>>,
    at: &'c At<'c>,
    unread: &'c mut Vec<ReadError>,
}

enum Taken<'j> {
    Nothing,
    One(&'j RawValue),
    Many(&'j RawValue),
}

impl<'j, 'c> Object<'j, 'c> {
    /// # Errors
    /// It is no object.
    pub fn open(
        json: &'j RawValue,
        at: &'c At<'c>,
        unread: &'c mut Vec<ReadError>,
    ) -> Result<Self, ReadError> {
        // A type may hold itself, and the stack has an end.
        if at.depth() >= DEPTH {
            return Err(ReadError::of_type(
                at,
                "an object, or lies deeper than anything that is read",
            ));
        }
        let members = members(json).map_err(|_| ReadError::of_type(at, "an object"))?;
        Ok(Self {
            members: members.into_iter().map(Some).collect(),
            at,
            unread,
        })
    }

    /// A field that may be absent; `null` says that it is.
    pub fn optional<T: Receive>(&mut self, name: &'static str) -> Received<T> {
        match self.take(name) {
            Taken::Nothing => Received::Absent,
            Taken::One(json) if json.get() == "null" => Received::Absent,
            taken => self.field(name, taken),
        }
    }

    /// A field that must be there, readable or not.
    ///
    /// # Errors
    /// It is not.
    pub fn required<T: Receive>(&mut self, name: &'static str) -> Result<Received<T>, ReadError> {
        match self.take(name) {
            Taken::Nothing => Err(ReadError::missing(self.at, name)),
            taken => Ok(self.field(name, taken)),
        }
    }

    /// A field without which the object is of no use.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub fn needed<T: Receive>(&mut self, name: &'static str) -> Result<T, ReadError> {
        match self.required(name)? {
            Received::Value(value) => Ok(value),
            Received::Unreadable(what) => Err(what.error().clone()),
            Received::Absent => Err(ReadError::missing(self.at, name)),
        }
    }

    fn field<T: Receive>(&mut self, name: &'static str, taken: Taken<'j>) -> Received<T> {
        let json = match taken {
            Taken::Nothing => return Received::Absent,
            Taken::One(json) => json,
            Taken::Many(json) => {
                let repeated = ReadError::new(self.at, ReadFault::Repeated { field: name });
                return Received::Unreadable(self.lost(json, repeated));
            }
        };
        match T::receive(json, &self.at.field(name), self.unread) {
            Ok(value) => Received::Value(value),
            Err(error) => Received::Unreadable(self.lost(json, error)),
        }
    }

    // Code that does not depend on the type is kept apart: the compiler makes one copy of the rest for each type.
    fn lost(&mut self, json: &RawValue, error: ReadError) -> Unreadable {
        self.unread.push(error.clone());
        Unreadable::new(json.into(), error)
    }

    fn take(&mut self, name: &str) -> Taken<'j> {
        let mut taken = Taken::Nothing;
        for member in &mut self.members {
            if let Some((_, json)) = member.take_if(|(known, _)| known == name) {
                taken = match taken {
                    Taken::Nothing => Taken::One(json),
                    Taken::One(_) | Taken::Many(_) => Taken::Many(json),
                };
            }
        }
        taken
    }

    /// The fields that nobody asked for.
    #[must_use]
    pub fn rest(self) -> Other {
        let rest = self.members.into_iter().flatten();
        Other::new(rest.map(|(name, json)| (name.into(), json.into())).collect())
    }
}

impl_debug!(Object<'_, '_>: self => { .. });

/// Reads a text. It is borrowed from the JSON if no part of it is escaped.
///
/// # Errors
/// It is none.
pub fn text<'j>(json: &'j RawValue, at: &At<'_>) -> Result<Cow<'j, str>, ReadError> {
    let whole = json.get();
    let inner = whole.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(text) if !text.contains('\\') => Ok(Cow::Borrowed(text)),
        _ => plain(json, at, "a text").map(Cow::Owned),
    }
}

/// Reads a type without fields of its own by its `Deserialize`.
fn plain<T: DeserializeOwned>(json: &RawValue, at: &At<'_>, due: &'static str) -> Result<T, ReadError> {
    serde_json::from_str(json.get()).map_err(|_| ReadError::of_type(at, due))
}

macro_rules! plain {
    ($($type:ty: $due:literal),* $(,)?) => {
        $(impl Receive for $type {
            fn receive(json: &RawValue, at: &At<'_>, _: &mut Vec<ReadError>) -> Result<Self, ReadError> {
                plain(json, at, $due)
            }
        })*
    };
}

plain! {
    bool: "true or false",
    i32: "a whole number of 32 bits",
    i64: "a whole number of 64 bits",
    PositiveDecimal: "an amount written as text",
}

impl Receive for String {
    fn receive(json: &RawValue, at: &At<'_>, _: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        text(json, at).map(Cow::into_owned)
    }
}

/// Any JSON.
impl Receive for Json {
    fn receive(json: &RawValue, _: &At<'_>, _: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        Ok(json.into())
    }
}

/// Any JSON, as [`Json::to_value`] gives it.
impl Receive for serde_json::Value {
    fn receive(json: &RawValue, _: &At<'_>, _: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        Ok(Json::from(json).to_value())
    }
}

/// Nothing is asked of it.
impl Receive for () {
    fn receive(_: &RawValue, _: &At<'_>, _: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        Ok(())
    }
}

/// `null` is `None`.
impl<T: Receive> Receive for Option<T> {
    fn receive(json: &RawValue, at: &At<'_>, unread: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        match json.get() {
            "null" => Ok(None),
            _ => T::receive(json, at, unread).map(Some),
        }
    }
}

impl<T: Receive> Receive for Box<T> {
    fn receive(json: &RawValue, at: &At<'_>, unread: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        T::receive(json, at, unread).map(Self::new)
    }
}

/// A list is read with all of its items or not at all: a sum over a list with a hole in it would be wrong.
impl<T: Receive> Receive for Vec<T> {
    fn receive(json: &RawValue, at: &At<'_>, unread: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        let items = items(json, at)?;
        // A loop, since the compiler would copy the parts of an iterator for each type of item.
        let mut list = Self::with_capacity(items.len());
        for (index, json) in items.iter().enumerate() {
            list.push(T::receive(json, &at.item(index), unread)?);
        }
        Ok(list)
    }
}

fn items<'j>(json: &'j RawValue, at: &At<'_>) -> Result<Vec<&'j RawValue>, ReadError> {
    serde_json::from_str(json.get()).map_err(|_| ReadError::of_type(at, "a list"))
}

impl<T: Receive> Receive for BTreeMap<String, T> {
    fn receive(json: &RawValue, at: &At<'_>, unread: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        let members = members(json).map_err(|_| ReadError::of_type(at, "an object"))?;
        let count = members.len();
        let read = |(name, json): Member<'_>| {
            let value = T::receive(json, &at.field(field_name(&name).unwrap_or("?")), unread)?;
            Ok((name.into_owned(), value))
        };
        let map = members.into_iter().map(read).collect::<Result<Self, _>>()?;
        if map.len() < count {
            return Err(ReadError::of_type(at, "an object that has each name once"));
        }
        Ok(map)
    }
}
