//! Joins the name of each API, which the engine knows, to its profile, which the API knows.

use crate::engine::spec::{Api, Profile};
use crate::{noah, worldline};

impl Api {
    /// What the engine must know of it.
    pub(crate) const fn profile(self) -> &'static Profile {
        match self {
            Self::Noah => &noah::PROFILE,
            Self::Worldline => &worldline::PROFILE,
        }
    }
}
