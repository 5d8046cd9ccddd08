//! What the builders of both APIs' clients set up.

use std::sync::Arc;

use checkout_transport::{Authenticator, CallOptions, Clock, Error, Transport, Wire};

use super::profile::Profile;

/// Makes settings for an HTTP client. It is called twice, since they cannot be cloned.
pub(super) type ClientBuilderFn = Box<dyn FnMut() -> reqwest::ClientBuilder + Send>;

pub(super) struct Settings {
    pub(super) wire: Option<Arc<dyn Wire>>,
    pub(super) client_builder: Option<ClientBuilderFn>,
    pub(super) options: CallOptions,
    pub(super) user_agent: Option<String>,
    pub(super) clock: Option<Arc<dyn Clock>>,
}

impl Settings {
    /// A transport that proves who calls by this authenticator.
    pub(super) fn transport(self, authenticator: impl Authenticator) -> Result<Transport, Error> {
        let mut transport = Transport::builder()
            .authenticator(authenticator)
            .api(Profile)
            .options(self.options);
        if let Some(wire) = self.wire {
            transport = transport.wire(wire);
        }
        if let Some(client_builder) = self.client_builder {
            transport = transport.client_builder(client_builder);
        }
        if let Some(user_agent) = self.user_agent {
            transport = transport.user_agent(user_agent);
        }
        if let Some(clock) = self.clock {
            transport = transport.clock(clock);
        }
        transport.build()
    }
}
