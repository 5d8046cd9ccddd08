/// Declares a union of objects told apart by a tag.
///
/// `by "Type"`: the tag is a property of the object itself; the members are declared without it, and it is written
/// first. `_ => Member(Type)` names the member that an object without a tag is read as, and which is written without
/// one. `beside`: the tag stands outside, next to the object, and [`select`](#method.select) reads both.
///
/// An unknown tag, or an object that does not fit its member, is kept whole as `Unknown`.
///
/// ```
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// pub struct Person { pub name: String }
/// # impl checkout_core::Validate for Person {
/// #     fn check(&self, _: &checkout_core::validate::At<'_>, _: &mut checkout_core::Violations) {}
/// # }
///
/// checkout_core::tagged_union! {
///     /// Who pays.
///     pub enum Payer by "Type" {
///         /// A person.
///         Individual(Person) = "Individual",
///     }
/// }
///
/// let payer: Payer = serde_json::from_str(r#"{"Type":"Individual","name":"Ada"}"#)?;
/// assert!(matches!(payer, Payer::Individual(_)));
/// let newer: Payer = serde_json::from_str(r#"{"Type":"Charity","number":7}"#)?;
/// assert_eq!(serde_json::to_string(&newer)?, r#"{"Type":"Charity","number":7}"#);
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
        $crate::tagged_union!(@type [$(#[$meta])*] $name
            [$($(#[$member_meta])* $member($type) = $text,)*]
            [$($(#[$untagged_meta])* $untagged($untagged_type))?]);

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive($crate::__private::serde::Serialize)]
                #[serde(crate = "checkout_core::__private::serde", tag = $tag)]
                enum Tagged<'a> {
                    $(#[serde(rename = $text)] $member(&'a $type),)*
                }
                match self {
                    $(Self::$member(member) => Tagged::$member(member).serialize(serializer),)*
                    $(Self::$untagged(member) => member.serialize(serializer),)?
                    Self::Unknown(value) => value.serialize(serializer),
                }
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use $crate::__private::serde_json;
                let value = <serde_json::Value as $crate::__private::serde::Deserialize>::deserialize(deserializer)?;
                let member = match value.get($tag).and_then(serde_json::Value::as_str) {
                    $(Some($text) => <$type as $crate::__private::serde::Deserialize>::deserialize(&value)
                        .map(Self::$member),)*
                    $(None if value.get($tag).is_none() =>
                        <$untagged_type as $crate::__private::serde::Deserialize>::deserialize(&value)
                            .map(Self::$untagged),)?
                    _ => return Ok(Self::Unknown(value)),
                };
                Ok(member.unwrap_or(Self::Unknown(value)))
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident beside {
            $($(#[$member_meta:meta])* $member:ident($type:ty) = $text:literal,)*
        }
    ) => {
        $crate::tagged_union!(@type [$(#[$meta])*] $name
            [$($(#[$member_meta])* $member($type) = $text,)*] []);

        impl $name {
            /// Reads `value` as the member that `tag` names; an unknown tag keeps the value whole.
            ///
            /// # Errors
            /// The value does not fit the member that the tag names.
            pub fn select(
                tag: &str,
                value: &$crate::__private::serde_json::Value,
            ) -> Result<Self, $crate::__private::serde_json::Error> {
                match tag {
                    $($text => <$type as $crate::__private::serde::Deserialize>::deserialize(value)
                        .map(Self::$member),)*
                    _ => Ok(Self::Unknown(value.clone())),
                }
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$member(member) => member.serialize(serializer),)*
                    Self::Unknown(value) => value.serialize(serializer),
                }
            }
        }
    };
    (
        @type [$(#[$meta:meta])*] $name:ident
        [$($(#[$member_meta:meta])* $member:ident($type:ty) = $text:literal,)*]
        [$($(#[$untagged_meta:meta])* $untagged:ident($untagged_type:ty))?]
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$member_meta])* $member($type),)*
            $($(#[$untagged_meta])* $untagged($untagged_type),)?
            /// A member that the spec does not list, or one that does not fit its schema, as it was received.
            Unknown($crate::__private::serde_json::Value),
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
