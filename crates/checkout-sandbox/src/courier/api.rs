//! Which of the two APIs something belongs to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Api {
    /// NOAH's checkout.
    Noah,
    /// Worldline Connect.
    Worldline,
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Noah => "NOAH",
            Self::Worldline => "Worldline Connect",
        })
    }
}
