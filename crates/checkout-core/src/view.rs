//! A value as the JSON that it is written as, looked at in place: nothing is copied.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use crate::PositiveDecimal;
use crate::members::to_value;
use crate::validate::At;

/// A type that is written as JSON. The macros of this crate implement it, and `Serialize` by it: a compiler makes one function
/// for each type, and serde's for each format again.
pub trait Viewed {
    /// What it is as JSON.
    fn view(&self) -> View<'_>;
}

/// JSON that lies in a value of another type.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it may hold a person's data")]
pub enum View<'v> {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Whole(i64),
    /// Any number.
    Number(&'v Number),
    /// A text.
    Text(&'v str),
    /// A list.
    List(&'v dyn List),
    /// An object.
    Object(&'v dyn Fields),
    /// JSON that was received and not read.
    Raw(&'v RawValue),
}

/// The fields of an object, in the order in which they are written.
pub trait Fields {
    /// Visits each with its name.
    fn each<'v>(&'v self, visit: &mut dyn FnMut(&'v str, View<'v>));
}

/// The items of a list.
pub trait List {
    /// Visits each.
    fn each<'v>(&'v self, visit: &mut dyn FnMut(View<'v>));
}

impl<'v> View<'v> {
    /// The text that it is.
    #[must_use]
    pub const fn as_str(self) -> Option<&'v str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Visits each field of the object that it is. Anything else has none.
    pub fn fields(self, visit: &mut dyn FnMut(&'v str, Self)) {
        if let Self::Object(object) = self {
            object.each(visit);
        }
    }

    /// The field of this name, of an object that has it.
    #[must_use]
    pub fn field(self, name: &str) -> Option<Self> {
        let mut found = None;
        self.fields(&mut |known, value| {
            if known == name {
                found = Some(value);
            }
        });
        found
    }

    /// The value at a JSON pointer of names, in what is read.
    #[must_use]
    pub fn pointer(self, pointer: &str) -> Option<Self> {
        let mut steps = pointer.split('/').skip(1);
        steps.try_fold(self, |value, step| value.field(step))
    }

    /// Visits each value at a JSON pointer in which `*` is each item of a list or each field of an object, with its place. JSON
    /// that was not read is read for it, by [`Json::to_value`](crate::Json::to_value).
    pub fn at(self, pattern: &str, place: &At<'_>, visit: &mut dyn FnMut(View<'_>, &At<'_>)) {
        if let Self::Raw(json) = self {
            return to_value(json, 0).view().at(pattern, place, visit);
        }
        let Some(rest) = pattern.strip_prefix('/') else {
            return visit(self, place);
        };
        let (step, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        match self {
            Self::List(list) if step == "*" => {
                let mut index = 0;
                list.each(&mut |item| {
                    item.at(rest, &place.item(index), visit);
                    index += 1;
                });
            }
            Self::Object(fields) => fields.each(&mut |name, value| {
                if step == "*" || step == name {
                    value.at(rest, &place.field(name), visit);
                }
            }),
            _ => {}
        }
    }

    /// As a value of serde_json.
    #[must_use]
    pub fn to_value(self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(value),
            Self::Whole(number) => serializer.serialize_i64(number),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Raw(json) => json.serialize(serializer),
            Self::List(list) => {
                let mut out = serializer.serialize_seq(None)?;
                let mut done = Ok(());
                list.each(&mut |item| {
                    if done.is_ok() {
                        done = out.serialize_element(&item);
                    }
                });
                done.and_then(|()| out.end())
            }
            Self::Object(fields) => {
                let mut out = serializer.serialize_map(None)?;
                let mut done = Ok(());
                fields.each(&mut |name, value| {
                    if done.is_ok() {
                        done = out.serialize_entry(name, &value);
                    }
                });
                done.and_then(|()| out.end())
            }
        }
    }
}

macro_rules! plain {
    ($($type:ty: |$value:ident| $view:expr;)*) => {
        $(impl Viewed for $type {
            fn view(&self) -> View<'_> {
                let $value = self;
                $view
            }
        })*
    };
}

plain! {
    (): |_nothing| View::Null;
    bool: |value| View::Bool(*value);
    i32: |number| View::Whole(i64::from(*number));
    i64: |number| View::Whole(*number);
    String: |text| View::Text(text);
    PositiveDecimal: |amount| View::Text(amount.as_str());
    Value: |json| match json {
        Value::Null => View::Null,
        Value::Bool(value) => View::Bool(*value),
        Value::Number(number) => View::Number(number),
        Value::String(text) => View::Text(text),
        Value::Array(items) => View::List(items),
        Value::Object(fields) => View::Object(fields),
    };
}

/// `None` is `null`.
impl<T: Viewed> Viewed for Option<T> {
    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Null, T::view)
    }
}

impl<T: Viewed> Viewed for Box<T> {
    fn view(&self) -> View<'_> {
        T::view(self)
    }
}

impl<T: Viewed> Viewed for Vec<T> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<T: Viewed> List for Vec<T> {
    fn each<'v>(&'v self, visit: &mut dyn FnMut(View<'v>)) {
        for item in self {
            visit(item.view());
        }
    }
}

impl<T: Viewed> Viewed for BTreeMap<String, T> {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl<T: Viewed> Fields for BTreeMap<String, T> {
    fn each<'v>(&'v self, visit: &mut dyn FnMut(&'v str, View<'v>)) {
        for (name, value) in self {
            visit(name, value.view());
        }
    }
}

impl Fields for Map<String, Value> {
    fn each<'v>(&'v self, visit: &mut dyn FnMut(&'v str, View<'v>)) {
        for (name, value) in self {
            visit(name, value.view());
        }
    }
}

/// `Serialize` for what is written as it is viewed, and `Viewed` for an object that has [`Fields`].
#[doc(hidden)]
#[macro_export]
macro_rules! viewed {
    (object $name:ident) => {
        impl $crate::view::Viewed for $name {
            fn view(&self) -> $crate::view::View<'_> {
                $crate::view::View::Object(self)
            }
        }

        $crate::viewed!($name);
    };
    ($name:ident) => {
        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                $crate::view::Viewed::view(self).serialize(serializer)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Json;

    #[test]
    fn values_are_found_in_lists_in_maps_and_in_what_was_not_read() {
        let raw = Json::parse(br#"{"B": 5, "C": "a\ud800"}"#).unwrap();
        let body = json!({"A": [{"B": 1}, {"B": 2}], "M": {"x": {"B": 3}, "Jane Doe": {"B": 4}, "y": 5}});
        let found = |view: View<'_>, pattern: &str| {
            let mut found = Vec::new();
            view.at(pattern, &At::BODY, &mut |value, at| {
                found.push(format!("{at} {}", value.to_value()));
            });
            found.sort();
            found
        };
        assert_eq!(found(body.view(), "/A/*/B"), ["/A/0/B 1", "/A/1/B 2"]);
        assert_eq!(found(body.view(), "/M/*/B"), ["/M/?/B 4", "/M/x/B 3"]);
        assert!(found(body.view(), "/A/B").is_empty());
        assert_eq!(found(raw.view(), "/B"), ["/B 5"]);
        assert_eq!(found(raw.view(), "/C"), ["/C null"]);
    }

    #[test]
    fn a_view_is_written_as_what_it_views() {
        let body = json!({"b": [1, -2.5, null, true, "é\n"], "a": {"x": {}, "y": []}});
        assert_eq!(serde_json::to_string(&body.view()).unwrap(), body.to_string());
        assert_eq!(body.view().to_value(), body);
        assert_eq!(
            body.view().field("a").map(View::to_value),
            Some(json!({"x": {}, "y": []}))
        );
    }
}
