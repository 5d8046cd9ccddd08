//! One request and its answer: read, checked, held against the spec, and answered.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod checks;
pub(crate) mod ignored;
pub(crate) mod parameters;
pub(crate) mod received;
pub(crate) mod reference;
