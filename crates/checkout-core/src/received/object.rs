/// Declares an object that is received: each field a [`Received`](crate::received::Received), and
/// [`other`](crate::received::Other) for what the type does not have.
///
/// A field is `name: Type = required "Name" shown`: `required` or `optional`, its name in JSON, and `shown`, `personal`
/// or `secret` for `Debug`. An object that lacks a required field cannot be read; any other fault costs the field that
/// has it.
///
/// ```
/// checkout_core::received! {
///     /// A payment.
///     pub struct Payment {
///         /// Which one.
///         id: String = required "ID" shown,
///         /// Who pays.
///         payer: String = optional "Payer" personal,
///     }
/// }
///
/// let paid: Payment = serde_json::from_str(r#"{"ID":"p-1","Payer":7,"Colour":"blue"}"#)?;
/// assert_eq!(paid.id.value().unwrap(), "p-1");
/// assert!(paid.payer.unreadable().is_some());
/// assert_eq!(paid.other.get("Colour").unwrap().as_str(), "\"blue\"");
/// assert_eq!(serde_json::to_string(&paid)?, r#"{"ID":"p-1","Payer":7,"Colour":"blue"}"#);
/// let error = serde_json::from_str::<Payment>("{}").unwrap_err();
/// assert_eq!(error.to_string(), "the required field ID is missing");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! received {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $type:ty = $need:ident $json:literal $shown:ident,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $crate::received::Received<$type>,)*
            /// What else came: fields that this type does not have.
            pub other: $crate::received::Other,
        }

        impl $crate::received::Receive for $name {
            fn receive(
                json: &$crate::__private::serde_json::value::RawValue,
                at: &$crate::validate::At<'_>,
                unread: &mut Vec<$crate::received::ReadError>,
            ) -> Result<Self, $crate::received::ReadError> {
                let mut object = $crate::received::Object::open(json, at, unread)?;
                Ok(Self {
                    $($field: $crate::received!(@$need object $json),)*
                    other: object.rest(),
                })
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::received::deserialize(deserializer)
            }
        }

        impl $crate::view::Fields for $name {
            fn each<'v>(&'v self, visit: &mut dyn FnMut(&'v str, $crate::view::View<'v>)) {
                $(self.$field.visit($json, visit);)*
                self.other.visit(visit);
            }
        }

        $crate::viewed!(object $name);

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field.$shown()))*
                    .field("other", &self.other)
                    .finish()
            }
        }
    };
    (@required $object:ident $json:literal) => {
        $object.required($json)?
    };
    (@optional $object:ident $json:literal) => {
        $object.optional($json)
    };
}

/// Makes a received object, as a server would or a test does: values by name, and behind `maybe` those that may be missing.
/// What is not named is absent.
///
/// ```
/// checkout_core::received! {
///     /// A payment.
///     pub struct Payment {
///         /// Which one.
///         id: String = required "ID" shown,
///         /// Who pays.
///         payer: String = optional "Payer" personal,
///     }
/// }
///
/// let payment = checkout_core::filled!(Payment { id: "p-1" }, maybe { payer: None::<String> });
/// assert_eq!(serde_json::to_string(&payment)?, r#"{"ID":"p-1"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! filled {
    (@value $field:ident) => {
        $field
    };
    (@value $field:ident $value:expr) => {
        $value
    };
    (
        $type:ty { $($field:ident $(: $value:expr)?),* $(,)? }
        $(, maybe { $($maybe:ident $(: $option:expr)?),* $(,)? } $(,)?)?
    ) => {{
        let mut made = <$type>::default();
        $(made.$field = $crate::received::Received::of($crate::filled!(@value $field $($value)?));)*
        $($(made.$maybe = $crate::received::Received::maybe($crate::filled!(@value $maybe $($option)?));)*)?
        made
    }};
}
