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
