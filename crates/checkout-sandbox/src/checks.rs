//! What was checked of a request, one by one: the trace that an answer carries to the journal.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// One check of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was checked: a claim, a header, a signature.
    pub(crate) name: Cow<'static, str>,
    /// What had to be found.
    pub(crate) expected: Cow<'static, str>,
    /// What was found.
    pub(crate) found: Cow<'static, str>,
    /// `None` if it was not reached.
    pub(crate) holds: Option<bool>,
}

/// The checks of a request, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checks(pub(crate) Arc<[Check]>);

impl Serialize for Checks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}
