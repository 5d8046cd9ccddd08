//! One request and its answer: read, checked, held against the spec, and answered.

mod answer;
pub(crate) mod body;
pub(crate) mod checks;
mod ignored;
mod parameters;
mod received;
pub(crate) mod reference;

pub(crate) use answer::{Answer, Failure, NO_BEHAVIOUR, NoAnswer};
pub(crate) use body::BodyFault;
pub(crate) use checks::{Checks, Trace, shortened};
pub(crate) use ignored::{IGNORED_HEADER, Ignored, dropped, without};
pub(crate) use parameters::Parameters;
pub(crate) use received::{ReadFault, Received, Single, single};
