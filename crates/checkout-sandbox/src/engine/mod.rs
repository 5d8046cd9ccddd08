//! What both APIs stand on. It knows of an API what its [`Profile`](spec::api::Profile) says, and nothing else.

pub(crate) mod control;
pub(crate) mod courier;
pub(crate) mod exchange;
pub(crate) mod faults;
pub(crate) mod front;
pub(crate) mod ground;
pub(crate) mod html;
pub(crate) mod journal;
pub(crate) mod pipeline;
pub(crate) mod spec;
pub(crate) mod text;
