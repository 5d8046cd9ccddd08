//! The hosts that a connection may call.

use url::Url;

use crate::credentials::Spelling;
use crate::destination::{Destination, NamedHosts, Stage, WORLDLINE_CONNECT};

/// The caller's settings for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    pub(super) environment: Option<Stage>,
    pub(super) named: NamedHosts,
}

impl Reach {
    /// Whether the server API may be called there. Says why not.
    pub(super) fn check_endpoint(&self, base_url: &str, spelling: Spelling) -> Result<(), String> {
        self.check(base_url, false, spelling)
    }

    /// Whether the client API may be called there: the API itself named it, with the session.
    pub(super) fn check_client_api(&self, base_url: &str) -> Result<(), String> {
        self.check(base_url, true, Spelling::Code)
    }

    fn check(&self, base_url: &str, is_of_session: bool, spelling: Spelling) -> Result<(), String> {
        let url = Url::parse(base_url).map_err(|error| error.to_string())?;
        let destination = Destination {
            vendor: &WORLDLINE_CONNECT,
            environment: self.environment,
            url: &url,
            named: &self.named,
            is_of_session,
        };
        destination.judge(spelling).map_err(|refusal| refusal.to_string())
    }
}
