//! Small forms of writing: digests, JSON and its pointers, times and spans of time.

pub(crate) mod digest;
pub(crate) mod json;
pub(crate) mod pointer;
pub(crate) mod span;
pub(crate) mod text_bytes;
pub(crate) mod time;
