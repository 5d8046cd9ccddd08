//! What an API sends, read as far as it can be read.
//!
//! An answer about money is not to be lost for a field that is not as the documents have it. So every field of a type
//! that is received is a [`Received`]: the value, nothing, or JSON that is no such value, kept as it came. Fields that
//! the type does not have are kept in [`Other`]. What is sent has other types, in which nothing is open.
//!
//! Numbers keep their digits and texts their escapes, for JSON that is not read stays JSON text: see [`Json`].

mod json;
mod object;
mod read;

use std::fmt;

use serde::ser::{Serialize, Serializer};

pub use json::{Json, Other};
pub use read::{Object, ReadError, ReadFault, Receive, deserialize, read, tag, text};

pub use crate::members::{Member, members};
use crate::redact::Personal;
use crate::view::{View, Viewed};

/// A field of something that was received.
///
/// ```
/// use checkout_core::PositiveDecimal;
/// use checkout_core::received::Received;
///
/// checkout_core::received! {
///     /// A payment.
///     pub struct Payment {
///         /// How much.
///         amount: PositiveDecimal = optional "Amount" shown,
///     }
/// }
///
/// let paid: Payment = serde_json::from_str(r#"{"Amount": "10.10"}"#)?;
/// assert_eq!(paid.amount, PositiveDecimal::parse("10.1")?);
///
/// // A number has no digits that one could rely on after other readers, so it is no amount; these are its digits.
/// let odd: Payment = serde_json::from_str(r#"{"Amount": 10.10}"#)?;
/// let Received::Unreadable(amount) = &odd.amount else { panic!() };
/// assert_eq!(amount.json().as_str(), "10.10");
/// assert_eq!(amount.error().to_string(), "the value at /Amount is not an amount written as text");
/// assert_eq!(serde_json::to_string(&odd)?, r#"{"Amount":10.10}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Received<T> {
    /// The field is absent. For an optional field, `null` means the same.
    Absent,
    /// The field is there and could be read.
    Value(T),
    /// The field is there and could not be read. Never treat it as absent.
    Unreadable(Unreadable),
}

/// JSON that is not the expected value: what came, and what is wrong with it. `Debug` shows only what is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Unreadable(Box<(Json, ReadError)>);

impl Unreadable {
    pub(crate) fn new(json: Json, error: ReadError) -> Self {
        Self(Box::new((json, error)))
    }

    /// What came. It may hold a person's data.
    #[must_use]
    pub fn json(&self) -> &Json {
        &self.0.0
    }

    /// What is wrong with it, and where: the place may lie deep within.
    #[must_use]
    pub fn error(&self) -> &ReadError {
        &self.0.1
    }
}

impl fmt::Debug for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.error())
    }
}

impl<T> Received<T> {
    /// The value from what it is made of: `Received::of("USD")`.
    pub fn of(value: impl Into<T>) -> Self {
        Self::Value(value.into())
    }

    /// The same for what may be missing.
    pub fn maybe(value: Option<impl Into<T>>) -> Self {
        value.map_or(Self::Absent, Self::of)
    }

    /// The value, if it is there and readable. Where money depends on it, look at [`Unreadable`](Self::Unreadable) too.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }

    /// [`value`](Self::value), owned.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }

    /// What came in place of a value.
    pub const fn unreadable(&self) -> Option<&Unreadable> {
        match self {
            Self::Unreadable(what) => Some(what),
            Self::Absent | Self::Value(_) => None,
        }
    }

    /// Whether it is not there.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    #[doc(hidden)]
    pub const fn shown(&self) -> &Self {
        self
    }

    #[doc(hidden)]
    pub fn personal(&self) -> Received<Personal> {
        self.hidden(Personal)
    }

    #[doc(hidden)]
    pub fn secret(&self) -> Received<crate::redact::Secret> {
        self.hidden(crate::redact::Secret)
    }

    fn hidden<M>(&self, mark: M) -> Received<M> {
        match self {
            Self::Absent => Received::Absent,
            Self::Value(_) => Received::Value(mark),
            Self::Unreadable(what) => Received::Unreadable(what.clone()),
        }
    }
}

impl<T: AsRef<str>> Received<T> {
    /// The text of a value that is a text, such as an id, a currency or a status.
    pub fn text(&self) -> Option<&str> {
        self.value().map(AsRef::as_ref)
    }
}

impl<T: Viewed> Received<T> {
    #[doc(hidden)]
    pub fn visit<'v>(&'v self, name: &'v str, visit: &mut dyn FnMut(&'v str, View<'v>)) {
        match self {
            Self::Absent => {}
            Self::Value(value) => visit(name, value.view()),
            Self::Unreadable(what) => visit(name, what.json().view()),
        }
    }
}

/// Writes `null` for an absent value, and the JSON that came for an unreadable one.
impl<T: Serialize> Serialize for Received<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Value(value) => value.serialize(serializer),
            Self::Unreadable(what) => what.json().serialize(serializer),
        }
    }
}

impl<T: Receive> Received<T> {
    /// What was sent, as an API sends it back: a `LineItem` as a `ReceivedLineItem`.
    pub fn sent(value: &impl Serialize) -> Self {
        Json::of(value)
            .and_then(|json| read(&json).ok())
            .map_or(Self::Absent, |(value, _)| Self::Value(value))
    }
}

#[expect(clippy::derivable_impls, reason = "a derive would ask for T: Default")]
impl<T> Default for Received<T> {
    fn default() -> Self {
        Self::Absent
    }
}

impl<T> From<T> for Received<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Option<T>> for Received<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

impl<T: PartialEq> PartialEq<T> for Received<T> {
    fn eq(&self, other: &T) -> bool {
        self.value() == Some(other)
    }
}

/// The value as it prints by itself.
impl<T: fmt::Debug> fmt::Debug for Received<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Value(value) => value.fmt(f),
            Self::Unreadable(what) => f.debug_tuple("Unreadable").field(what).finish(),
        }
    }
}

/// The value as it prints by itself, `(absent)` or `(unreadable)`: for logs and terminals. Do not use this text as a key.
impl<T: fmt::Display> fmt::Display for Received<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.pad("(absent)"),
            Self::Value(value) => value.fmt(f),
            Self::Unreadable(_) => f.pad("(unreadable)"),
        }
    }
}
