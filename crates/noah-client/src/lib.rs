//! Client of the NOAH hosted checkout API, generated from `openapi/noah.yaml`.
//!
//! [`NoahApi`] has one method per operation. Each checks the request against the spec, forms it, and leaves the rest
//! (signing, deadlines, reading the answer) to the [`Transport`].
//!
//! ```no_run
//! # async fn run(transport: checkout_transport::Transport, request: noah_models::CheckoutPayinFiatRequest)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! use checkout_transport::BaseUrl;
//! use noah_client::NoahApi;
//!
//! let api = NoahApi::new(transport, &BaseUrl::parse("https://api.sandbox.noah.com/v1")?)?;
//! let session = api.create_fiat_payin(&request).await?;
//! println!("{}", session.checkout_session.status);
//! # Ok(())
//! # }
//! ```

mod generated;
mod hooks;

use checkout_transport::generated::request_factory;
use checkout_transport::{BaseUrl, Error, Transport};

/// The operations of the NOAH hosted checkout API.
#[derive(Debug, Clone)]
pub struct NoahApi {
    /// Forms requests, and sends none: see [`hooks`].
    client: generated::Client,
    transport: Transport,
}

impl NoahApi {
    /// A client that sends through `transport` to what lies below `base_url`.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind) if no HTTP client can be made on this machine.
    pub fn new(transport: Transport, base_url: &BaseUrl) -> Result<Self, Error> {
        Ok(Self {
            client: generated::Client::new_with_client(base_url.as_str(), request_factory()?),
            transport,
        })
    }

    /// What this client sends through.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.transport
    }
}
