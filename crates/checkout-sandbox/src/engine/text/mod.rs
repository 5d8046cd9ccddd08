//! Small forms of writing: digests, JSON and its pointers, times and spans of time.

mod digest;
pub(crate) mod json;
pub(crate) mod pointer;
pub(crate) mod span;
pub(crate) mod text_bytes;
pub(crate) mod time;

pub(crate) use digest::{hex, hmac_sha256, is_hmac_sha256, sha256, short};
pub(crate) use json::{field, sparse, text};
pub(crate) use time::{Sweeps, milliseconds, seconds, timestamp};
