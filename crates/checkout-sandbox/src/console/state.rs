//! What the console looks into, and what its parts are told.

use std::sync::Arc;

use crate::engine::control::Asked;
use crate::engine::front::Gate;
use crate::noah::service::Service;

/// What the console looks into.
pub(crate) struct Console {
    pub(super) service: Arc<Service>,
    pub(super) gate: Arc<Gate>,
}

/// What addresses that lead back to the console end with.
pub(super) const fn query(asked: Asked) -> &'static str {
    if asked.reveal { "?reveal=1" } else { "" }
}

/// A form that was filled in wrongly: what it said, and what is wrong.
pub(super) struct FormError {
    pub(super) form: FormName,
    pub(super) given: String,
    pub(super) text: String,
}

/// The forms that can be filled in wrongly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FormName {
    Rule,
    Webhooks,
    Clock,
    Other,
}
