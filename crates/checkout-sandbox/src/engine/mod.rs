//! What both APIs stand on. It knows of an API what its [`Profile`](api::Profile) says, and nothing else.

pub(crate) mod api;
pub(crate) mod body;
pub(crate) mod checks;
pub(crate) mod comparison;
pub(crate) mod control;
pub(crate) mod courier;
pub(crate) mod digest;
pub(crate) mod faults;
pub(crate) mod feed;
pub(crate) mod gate;
pub(crate) mod ground;
pub(crate) mod guard;
pub(crate) mod ignored;
pub(crate) mod journal;
pub(crate) mod json;
pub(crate) mod pointer;
pub(crate) mod received;
pub(crate) mod reference;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod span;
pub(crate) mod text_bytes;
pub(crate) mod time;
pub(crate) mod work;
