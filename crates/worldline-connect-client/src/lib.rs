//! Client of the Worldline Connect API, generated from `openapi/worldline-connect.yaml`.
//!
//! [`WorldlineConnectApi`] has one method per operation. Each checks the request against the spec, forms it, and leaves the rest
//! (signing, deadlines, reading the answer) to the [`Transport`].
//!
//! ```no_run
//! # async fn run(transport: checkout_transport::Transport) -> Result<(), Box<dyn std::error::Error>> {
//! use checkout_transport::BaseUrl;
//! use worldline_connect_client::WorldlineConnectApi;
//!
//! let api = WorldlineConnectApi::new(transport, &BaseUrl::parse("https://eu.sandbox.api-ingenico.com")?)?;
//! let connection = api.test_connection(&"20000".into()).await?;
//! assert_eq!(connection.result.value().map(String::as_str), Some("OK"));
//! # Ok(())
//! # }
//! ```

mod generated;
mod hooks;

use checkout_transport::generated::{self as transport, request_factory};
use checkout_transport::{
    BaseUrl, Call, CallOptions, Error, Prepared, PreparedRequest, Reply, Response, Transport,
};

pub use generated::call;

/// The operations of the Worldline Connect API.
#[derive(Debug, Clone)]
pub struct WorldlineConnectApi {
    /// Forms requests, and sends none: see [`hooks`].
    client: generated::Client,
    transport: Transport,
}

impl WorldlineConnectApi {
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

    /// Sends a prepared request: one that was just made, or that was stored before the program ended.
    ///
    /// # Errors
    /// The request was made for another base URL, or the call fails; [`Error::outcome`] says what that means for the money,
    /// over all attempts of this request.
    pub async fn send<C: Call>(&self, prepared: &Prepared<C>) -> Result<Response<C::Answer>, Error> {
        transport::send(&self.transport, &self.client.baseurl, prepared).await
    }

    /// The same for a request of any operation: its answer is taken as it comes, and read by whoever knows the operation.
    ///
    /// # Errors
    /// As for [`send`](Self::send), save that the answer is not read.
    pub async fn reply(&self, prepared: &PreparedRequest) -> Result<Reply, Error> {
        transport::reply(&self.transport, &self.client.baseurl, prepared).await
    }

    /// The same client with other options for the calls made through it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind) for a time limit of zero.
    pub fn with_options(&self, options: CallOptions) -> Result<Self, Error> {
        Ok(Self {
            client: self.client.clone(),
            transport: self.transport.with_options(options)?,
        })
    }

    /// Below which its operations lie: a stored request is sent to its own [base URL](checkout_transport::PreparedRequest::base_url)
    /// alone.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.client.baseurl
    }

    /// What this client sends through.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.transport
    }
}
