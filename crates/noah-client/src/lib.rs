//! Client of the NOAH hosted checkout API, generated from `openapi/noah.yaml`.
//!
//! [`NoahApi`] has one method per operation. Each checks the request against the spec, forms it, and leaves the rest
//! (signing, deadlines, reading the answer) to the [`Transport`](checkout_transport::Transport).
//!
//! ```no_run
//! # async fn run(transport: checkout_transport::Transport, request: noah_models::CheckoutPayinFiatRequest)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! use checkout_transport::BaseUrl;
//! use noah_client::NoahApi;
//!
//! let api = NoahApi::new(transport, &BaseUrl::parse("https://api.sandbox.noah.com/v1")?);
//! let session = api.create_fiat_payin(&request).await?;
//! println!("{:?}", session.checkout_session.value().map(|session| &session.status));
//! # Ok(())
//! # }
//! ```

mod generated;

pub use generated::call;

checkout_transport::api! {
    /// The operations of the NOAH hosted checkout API.
    pub struct NoahApi;
}
