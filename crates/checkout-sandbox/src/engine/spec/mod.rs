//! What the specs say of each API: its profile, its operations, and the schemas of what is sent to them.

pub(crate) mod api;
pub(crate) mod operations;
pub(crate) mod schema;
