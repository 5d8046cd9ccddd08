//! What the specs say of each API: its profile, its operations, and the schemas of what is sent to them.

mod api;
mod operations;
pub(crate) mod schema;

pub use api::Api;
pub(crate) use api::{Demanded, JournalNames, Profile, WebhookNames, parameter};
pub(crate) use operations::Mounted;
pub(crate) use schema::FieldFault;
