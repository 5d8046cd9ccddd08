//! Client of the Worldline Connect API, generated from `openapi/worldline-connect.yaml`.
//!
//! [`WorldlineConnectApi`] has one method per operation. Each checks the request against the spec, forms it, and leaves the rest
//! (signing, deadlines, reading the answer) to the [`Transport`](checkout_transport::Transport).
//!
//! ```no_run
//! # async fn run(transport: checkout_transport::Transport) -> Result<(), Box<dyn std::error::Error>> {
//! use checkout_transport::BaseUrl;
//! use worldline_connect_client::WorldlineConnectApi;
//!
//! let api = WorldlineConnectApi::new(transport, &BaseUrl::parse("https://eu.sandbox.api-ingenico.com")?);
//! let connection = api.test_connection(&"20000".into()).await?;
//! assert_eq!(connection.result.value().map(String::as_str), Some("OK"));
//! # Ok(())
//! # }
//! ```

mod generated;

pub use generated::call;

checkout_transport::api! {
    /// The operations of the Worldline Connect API.
    pub struct WorldlineConnectApi;
}
