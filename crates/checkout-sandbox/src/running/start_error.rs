//! Why a sandbox did not start.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use checkout_core::key::KeyError;

use crate::engine::ground::StateError;
use crate::engine::spec::Api;
use crate::noah::RegisterError;

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port is taken, or may not be used.
    #[error("{api} cannot listen on {}; choose another port, or 0 for any free one", SocketAddr::new(*address, *port))]
    Port {
        /// Which listener.
        api: &'static str,
        /// The address that was asked for.
        address: IpAddr,
        /// The port that was asked for.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The host is neither a name nor an address. Holds the text, unless it may be a secret.
    #[error("{0} is no host: give a name or an address without scheme, port and path")]
    Host(String),
    /// A webhook address is not an absolute http or https URL.
    #[error("the address for the webhooks of {0} is not an absolute http:// or https:// URL")]
    WebhookUrl(Api),
    /// A key could not be made.
    #[error("a key could not be made")]
    Key(#[from] KeyError),
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// The signing key could not be written.
    #[error(
        "the signing key cannot be written to {}; choose a directory that you may write to",
        checkout_core::given::shown_path(path)
    )]
    KeyDirectory {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl From<RegisterError> for StartError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Key(error) => Self::Key(error),
            RegisterError::State(error) => Self::State(error),
        }
    }
}
