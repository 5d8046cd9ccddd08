/// Declares a union of objects told apart by a tag.
///
/// `by "Type"`: the tag is a property of the object itself; the members are declared without it, and it is written
/// first. `_ => Member(Type)` names the member that an object without a tag is read as, and which is written without
/// one. An object with an unknown tag is kept whole as `Unknown`.
///
/// A union that is sent keeps an object that does not fit its member as `Unknown` too, and refuses to send it.
/// `received` before `by` is for what is only received, with members declared by [`received!`](crate::received!): an
/// object that does not fit the member that its tag names, or has no tag, cannot be read. `received beside`: the tag
/// stands outside, next to the object, and [`select`](#method.select) reads both.
///
/// ```
/// checkout_core::received! {
///     /// A person.
///     pub struct Person {
///         /// Their name.
///         name: String = required "name" personal,
///     }
/// }
///
/// checkout_core::tagged_union! {
///     /// Who paid.
///     pub enum Payer received by "Type" {
///         /// A person.
///         Individual(Person) = "Individual",
///     }
/// }
///
/// let payer: Payer = serde_json::from_str(r#"{"Type":"Individual","name":"Ada"}"#)?;
/// assert!(matches!(payer, Payer::Individual(_)));
/// let newer: Payer = serde_json::from_str(r#"{"Type":"Charity","number":7}"#)?;
/// assert_eq!(serde_json::to_string(&newer)?, r#"{"Type":"Charity","number":7}"#);
/// let nameless = serde_json::from_str::<Payer>(r#"{"Type":"Individual"}"#).unwrap_err();
/// assert_eq!(nameless.to_string(), "the required field name is missing");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! tagged_union {
    (
        $(#[$meta:meta])*
        pub enum $name:ident by $tag:literal {
            $($(#[$member_meta:meta])* $member:ident($type:ty) = $text:literal,)*
            $(_ => $(#[$untagged_meta:meta])* $untagged:ident($untagged_type:ty),)?
        }
    ) => {
        $crate::tagged_union!(@type [$(#[$meta])*] $name, $crate::__private::serde_json::Value,
            [$($(#[$member_meta])* $member($type) = $text,)*]
            [$($(#[$untagged_meta])* $untagged($untagged_type))?]);
        $crate::tagged_union!(@view $name $tag [$($member = $text,)*] [$($untagged)?]);

        impl $crate::sent::Sent for $name {
            fn from_json(
                json: &$crate::__private::serde_json::Value,
                at: &$crate::validate::At<'_>,
            ) -> Result<Self, $crate::received::ReadError> {
                let member = match json.get($tag).and_then($crate::__private::serde_json::Value::as_str) {
                    $(Some($text) => <$type as $crate::sent::Sent>::from_json(json, at).map(Self::$member),)*
                    $(None if json.get($tag).is_none() =>
                        <$untagged_type as $crate::sent::Sent>::from_json(json, at).map(Self::$untagged),)?
                    _ => return Ok(Self::Unknown(json.clone())),
                };
                Ok(member.unwrap_or_else(|_| Self::Unknown(json.clone())))
            }
        }

        $crate::sent!(@deserialize $name);
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident received by $tag:literal {
            $($(#[$member_meta:meta])* $member:ident($type:ty) = $text:literal,)*
            $(_ => $(#[$untagged_meta:meta])* $untagged:ident($untagged_type:ty),)?
        }
    ) => {
        $crate::tagged_union!(@type [$(#[$meta])*] $name, $crate::received::Json,
            [$($(#[$member_meta])* $member($type) = $text,)*]
            [$($(#[$untagged_meta])* $untagged($untagged_type))?]);
        $crate::tagged_union!(@view $name $tag [$($member = $text,)*] [$($untagged)?]);

        impl $crate::received::Receive for $name {
            fn receive(
                json: &$crate::__private::serde_json::value::RawValue,
                at: &$crate::validate::At<'_>,
                unread: &mut Vec<$crate::received::ReadError>,
            ) -> Result<Self, $crate::received::ReadError> {
                match $crate::received::tag(json, at, $tag)?.as_deref() {
                    $(Some($text) => {
                        let mut member = <$type as $crate::received::Receive>::receive(json, at, unread)?;
                        member.other.without($tag);
                        Ok(Self::$member(member))
                    })*
                    Some(_) => {
                        unread.push($crate::received::ReadError::of_type(&at.field($tag), "one that the spec lists"));
                        Ok(Self::Unknown(json.into()))
                    }
                    $(None => <$untagged_type as $crate::received::Receive>::receive(json, at, unread)
                        .map(Self::$untagged),)?
                    #[allow(unreachable_patterns)]
                    None => Err($crate::received::ReadError::missing(at, $tag)),
                }
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::received::deserialize(deserializer)
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident received beside {
            $($(#[$member_meta:meta])* $member:ident($type:ty) = $text:literal,)*
        }
    ) => {
        $crate::tagged_union!(@type [$(#[$meta])*] $name, $crate::received::Json,
            [$($(#[$member_meta])* $member($type) = $text,)*] []);

        impl $name {
            /// Reads `json`, which stands `at` this place, as the member that `tag` names; an unknown tag keeps it whole.
            /// What is wrong with a part that is not needed goes to `unread`.
            ///
            /// # Errors
            /// It does not fit the member that the tag names.
            pub fn select(
                tag: &str,
                json: &$crate::received::Json,
                at: &$crate::validate::At<'_>,
                unread: &mut Vec<$crate::received::ReadError>,
            ) -> Result<Self, $crate::received::ReadError> {
                match tag {
                    $($text => <$type as $crate::received::Receive>::receive(json.raw(), at, unread)
                        .map(Self::$member),)*
                    _ => Ok(Self::Unknown(json.clone())),
                }
            }
        }

        impl $crate::view::Viewed for $name {
            fn view(&self) -> $crate::view::View<'_> {
                match self {
                    $(Self::$member(member) => $crate::view::Viewed::view(member),)*
                    Self::Unknown(whole) => $crate::view::Viewed::view(whole),
                }
            }
        }

        $crate::viewed!($name);
    };
    (@view $name:ident $tag:literal [$($member:ident = $text:literal,)*] [$($untagged:ident)?]) => {
        impl $crate::view::Viewed for $name {
            fn view(&self) -> $crate::view::View<'_> {
                match self {
                    Self::Unknown(whole) => $crate::view::Viewed::view(whole),
                    _ => $crate::view::View::Object(self),
                }
            }
        }

        impl $crate::view::Fields for $name {
            fn each<'v>(&'v self, visit: &mut dyn FnMut(&'v str, $crate::view::View<'v>)) {
                match self {
                    $(Self::$member(member) => {
                        visit($tag, $crate::view::View::Text($text));
                        $crate::view::Fields::each(member, visit);
                    })*
                    $(Self::$untagged(member) => $crate::view::Fields::each(member, visit),)?
                    Self::Unknown(_) => {}
                }
            }
        }

        $crate::viewed!($name);
    };
    (
        @type [$(#[$meta:meta])*] $name:ident, $whole:ty,
        [$($(#[$member_meta:meta])* $member:ident($type:ty) = $text:literal,)*]
        [$($(#[$untagged_meta:meta])* $untagged:ident($untagged_type:ty))?]
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$member_meta])* $member($type),)*
            $($(#[$untagged_meta])* $untagged($untagged_type),)?
            /// A member that the spec does not list, as it was received.
            Unknown($whole),
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $(Self::$member(member) => ::std::fmt::Debug::fmt(member, f),)*
                    $(Self::$untagged(member) => ::std::fmt::Debug::fmt(member, f),)?
                    // What an unknown member holds may be anyone's data.
                    Self::Unknown(_) => f.debug_tuple("Unknown").field(&$crate::redact::Personal).finish(),
                }
            }
        }

        $(impl From<$type> for $name {
            fn from(member: $type) -> Self {
                Self::$member(member)
            }
        })*
    };
}
