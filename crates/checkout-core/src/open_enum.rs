/// Declares the known values of a text that the API may extend. An unknown value keeps its text.
///
/// Equality, order and hash go by the text. A `closed` list refuses unknown values before sending; an `extensible`
/// one lets them pass, with a [warning](crate::Violations::warnings) where one of its values was probably meant.
///
/// ```
/// checkout_core::open_enum! {
///     /// Where a payment stands.
///     pub enum Status: closed {
///         /// Not yet decided.
///         Pending = "Pending",
///         /// Final.
///         Settled = "Settled",
///     }
/// }
///
/// let status: Status = serde_json::from_str(r#""Reversed""#)?;
/// assert_eq!(status, Status::Unknown("Reversed".into()));
/// assert_eq!(serde_json::to_string(&status)?, r#""Reversed""#);
/// assert!(!status.is_known());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $kind:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
            /// A value that the spec does not list, as it was received.
            Unknown(String),
        }

        impl $name {
            /// Every value that the spec lists, in its order.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)*];

            /// The same as they stand in JSON.
            const TEXTS: &'static [&'static str] = &[$($text,)*];

            /// The value as it stands in JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(text) => text,
                }
            }

            /// Whether the spec lists this value.
            #[must_use]
            pub fn is_known(&self) -> bool {
                Self::TEXTS.contains(&self.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                // By a table, which compiles to less than a comparison for each value.
                let known = $crate::validate::position(text, Self::TEXTS).and_then(|index| Self::KNOWN.get(index));
                known.cloned().unwrap_or_else(|| Self::Unknown(text.to_owned()))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(text))
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<::std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> ::std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl ::std::hash::Hash for $name {
            fn hash<H: ::std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl $crate::validate::Validate for $name {
            fn check(&self, at: &$crate::validate::At<'_>, found: &mut $crate::validate::Violations) {
                $crate::open_enum!(@check $kind self at found);
            }
        }

        $crate::sent!(@text $name);
    };
    (@check extensible $self:ident $at:ident $found:ident) => {
        if let Self::Unknown(text) = $self
            && !$self.is_known()
        {
            $crate::validate::unlisted_value(text, Self::TEXTS, $at, $found);
        }
    };
    (@check closed $self:ident $at:ident $found:ident) => {
        if !$self.is_known() {
            $crate::validate::unknown_value($self.as_str(), Self::TEXTS, $at, $found);
        }
    };
}
