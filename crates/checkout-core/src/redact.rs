//! Stand-ins that `Debug` prints where a value must not show.

use std::fmt;

/// Printed in place of a credential: a key, a token, a session id.
#[derive(Clone, Copy)]
pub struct Secret;

/// Printed in place of a person's data: a name, an address, a birth date, a document or account number.
#[derive(Clone, Copy)]
pub struct Personal;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<personal>")
    }
}

/// Whether an optional sensitive field is set, without its value: `Some(<personal>)` or `None`.
pub fn present<T, M: fmt::Debug>(value: Option<&T>, mark: M) -> Option<M> {
    value.map(|_| mark)
}

/// The text, if it can be the name of a field. The key of a map may be a person's data, so that no other shows.
#[must_use]
pub fn field_name(text: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$');
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(plain)).then_some(text)
}

/// `Debug` of a struct that shows some of its fields only, or stand-ins for them. `..` at the end says that it has more.
///
/// ```
/// use checkout_core::impl_debug;
/// use checkout_core::redact::Secret;
///
/// struct Key {
///     id: u8,
///     secret: [u8; 4],
///     uses: usize,
/// }
/// impl_debug!(Key: self => { id: self.id, secret: Secret, .. });
///
/// let key = Key { id: 7, secret: *b"beef", uses: 0 };
/// assert_eq!(format!("{key:?}"), "Key { id: 7, secret: <secret>, .. }");
/// # let _ = (key.secret, key.uses);
/// ```
#[macro_export]
macro_rules! impl_debug {
    (@ $type:ty, $name:ident, $self:ident, $finish:ident, $($field:ident: $shown:expr,)*) => {
        impl ::std::fmt::Debug for $type {
            fn fmt(&$self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &$shown))*
                    .$finish()
            }
        }
    };
    ($name:ident $(<$($lifetime:lifetime),+>)?: $self:ident => { $($field:ident: $shown:expr),* $(,)? }) => {
        $crate::impl_debug!(@ $name $(<$($lifetime),+>)?, $name, $self, finish, $($field: $shown,)*);
    };
    ($name:ident $(<$($lifetime:lifetime),+>)?: $self:ident => { $($field:ident: $shown:expr,)* .. }) => {
        $crate::impl_debug!(@ $name $(<$($lifetime),+>)?, $name, $self, finish_non_exhaustive, $($field: $shown,)*);
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_name_is_short_and_of_plain_characters() {
        let longest = "x".repeat(64);
        for name in ["ID", "a_b-c.d$9", &longest] {
            assert_eq!(field_name(name), Some(name));
        }
        for other in ["", "Jane Doe", "jos\u{e9}", "a/b", "a\n", &format!("{longest}x")] {
            assert_eq!(field_name(other), None, "{other}");
        }
    }
}
