//! Which headers may be seen.

use std::fmt;

use http::HeaderMap;

use crate::text::{Bounded, NAME};

/// Headers that hold neither a credential nor a person's data, in either direction.
const VISIBLE: &[&str] = &[
    "accept",
    "accept-encoding",
    "cf-ray",
    "content-length",
    "content-type",
    "date",
    "retry-after",
    "retry-after-ms",
    "server",
    "user-agent",
    "x-correlation-id",
    "x-gcs-idempotence-request-timestamp",
    "x-request-id",
];

/// Shows the values of the headers on the list, and of all others just how many there are.
pub(crate) struct Visible<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        let mut hidden = 0_usize;
        for (name, value) in self.0 {
            match value.to_str() {
                Ok(text) if VISIBLE.contains(&name.as_str()) && !value.is_sensitive() => {
                    map.entry(&name.as_str(), &Bounded::new(text, NAME));
                }
                _ => hidden += 1,
            }
        }
        if hidden > 0 {
            map.entry(&"(hidden)", &hidden);
        }
        map.finish()
    }
}
