/// Declares a text type of an API: a string with a name, rules for sending, and no rules for receiving.
///
/// `shown` texts print as they are; `personal` and `secret` ones never print, and give their text only through
/// `as_str`. Texts compare and sort as texts; `unordered` after the word leaves the order out where it would mislead.
///
/// ```
/// use checkout_core::validate::{TextRules, Validate};
///
/// checkout_core::text! {
///     /// The shop's reference.
///     pub struct ExternalId: shown, TextRules::ANY.min(1).max(36);
/// }
/// checkout_core::text! {
///     /// A phone number.
///     pub struct PhoneNumber: personal, TextRules::ANY;
/// }
///
/// assert!(ExternalId::from("order-7").validate().is_ok());
/// assert!(ExternalId::from("").validate().is_err());
/// assert_eq!(format!("{:?}", PhoneNumber::from("+15550100")), "PhoneNumber(<personal>)");
/// ```
#[macro_export]
macro_rules! text {
    ($(#[$meta:meta])* pub struct $name:ident: $shown:ident, $rules:expr;) => {
        $crate::text!(@declare $(#[$meta])* #[derive(PartialOrd, Ord)] $name, $shown, $rules);
    };
    ($(#[$meta:meta])* pub struct $name:ident: $shown:ident unordered, $rules:expr;) => {
        $crate::text!(@declare $(#[$meta])* $name, $shown, $rules);
    };
    (@declare $(#[$meta:meta])* $name:ident, $shown:ident, $rules:expr) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, owned.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl $crate::validate::Validate for $name {
            fn check(&self, at: &$crate::validate::At<'_>, found: &mut $crate::validate::Violations) {
                const RULES: $crate::validate::TextRules = $rules;
                RULES.check(&self.0, at, found);
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        $crate::sent!(@text $name);
        $crate::text!(@print $shown $name);
    };
    (@print shown $name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
    (@print personal $name:ident) => {
        $crate::text!(@hide $crate::redact::Personal, $name);
    };
    (@print secret $name:ident) => {
        $crate::text!(@hide $crate::redact::Secret, $name);
    };
    (@hide $mark:expr, $name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&$mark).finish()
            }
        }
    };
}
