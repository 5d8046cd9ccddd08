//! The one place where the generated client is tied to the transport. It must stand in the crate that owns `Client`.

use checkout_transport::generated::hold;
use progenitor_client::{ClientHooks, ClientInfo as _, OperationInfo};

use crate::generated::Client;

impl ClientHooks for Client {
    /// Hands the finished request back, so that the transport can sign, send and read in its own way.
    async fn exec(&self, request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        Ok(hold(request, self.baseurl()))
    }
}
