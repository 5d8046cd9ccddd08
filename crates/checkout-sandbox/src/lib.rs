//! Local NOAH and Worldline Connect servers to build a shop against, without an account or a network.
//!
//! They check what the real ones check (API keys, request tokens claim by claim, HMACs, schemas), answer as documented,
//! remember what happened until they stop, and deliver signed webhooks. They stand on the models alone, never on this project's clients,
//! and check signatures by another path than the one that makes them.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use checkout_sandbox::Sandbox;
//!
//! let sandbox = Sandbox::builder().noah_webhook("http://127.0.0.1:9/hooks").start().await?;
//! let noah = sandbox.noah();
//! assert!(noah.base_url().ends_with("/v1"));
//! assert!(noah.api_key().starts_with("apikey_sandbox_"));
//!
//! // Let a client open a session, then end it as a customer would:
//! // noah.settle(&session.checkout_session_id)?;
//! sandbox.drain().await;
//! println!("{}", serde_json::to_string(&sandbox.ready_report())?);
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Over HTTP
//! The NOAH listener also serves, to this machine alone:
//! - `POST /_sandbox/sessions/{id}/settle` and `…/fail`: end a session, by a pay-in's `CheckoutSessionID` or a sale's
//!   transaction `ID`. Doing it again is 200, doing the other afterwards 409.
//! - `GET /_sandbox/ledger`, `GET /_sandbox/deliveries`: what was paid, and what became of the last 10,000 webhooks.
//! - `GET /hosted/{id}`: the page that `HostedURL` opens.
//!
//! # Where the vendors are silent
//! What a client may meet stands in the specs too, as `x-sandbox`.
//!
//! - NOAH, a `Nonce` used again with another body: 409. The scope of a `Nonce` is the API key and the operation; only
//!   successes are kept. The same body means the same bytes.
//! - NOAH, an unknown customer without `Customer`: 404.
//! - NOAH, a payment method category or a crypto currency that its documents do not name, a crypto currency without
//!   `_TEST`, a fiat currency that is not three capital letters, a quantity of zero, a sale that costs more crypto than
//!   authorised: 400 with `IntegrityValidation`. Any other three letters pass: what an account may use depends on it.
//! - NOAH, prices: 1 for USDC, 100,000 for a bitcoin, in every fiat currency, without fees.
//! - Both, a body that does not fit the schema: 400 with every fault, up to 1,000 of them. NOAH lists them in
//!   `RequestExtension`, Worldline Connect in `errors`. `null` is no absent field, and a person who sells has no `Type`.
//!   A body is at most 1 MiB long (413), is not compressed (415), and says that it is `application/json` (415).
//! - Both, another method: 405 with `Allow`, `HEAD` and `OPTIONS` included. An unknown path: 404. What is no HTTP at all gets
//!   a bare 400, 414 or 431.
//! - Both, a field that the schema does not have (`ExternalId` for `ExternalID`): dropped. The header
//!   `X-Sandbox-Ignored-Fields` lists such fields as JSON pointers, parted by commas, percent-encoded where a header needs
//!   it, on every answer to a request that fits the schema otherwise.
//! - Both, a client that hangs up: what was accepted is done to its end, and a repetition with the same `Nonce` or
//!   idempotence key gets the first answer.
//! - Worldline Connect, pages: those of any origin may call the Client API, and read the headers of the sandbox's own.
//! - Worldline Connect, bad credentials: 401 with code 9002; another merchant: 403; an idempotence key used again with
//!   another body: 409. Codes that no document of the vendor knows begin with `SANDBOX_`, and the header
//!   `X-Sandbox-Detail` says what exactly is wrong.

/// Fails to compile if a type has `Debug`: what it holds must not reach a log by any way.
#[cfg(test)]
macro_rules! assert_unprintable {
    ($($type:ty),+ $(,)?) => {$({
        struct Printable;
        #[allow(dead_code)]
        trait Unprintable<Marker> {
            fn proof() {}
        }
        impl<T: ?Sized> Unprintable<()> for T {}
        impl<T: ?Sized + ::std::fmt::Debug> Unprintable<Printable> for T {}
        // Ambiguous if both implementations fit.
        let _ = <$type as Unprintable<_>>::proof;
    })+};
}

mod body;
mod builder;
mod checks;
mod comparison;
mod digest;
mod guard;
mod ignored;
mod noah;
mod pointer;
mod received;
mod report;
mod sandbox;
mod schema;
mod time;
mod work;
mod worldline;

pub use builder::{SandboxBuilder, StartError};
pub use noah::{
    Attempt, Delivery, DeliveryState, Entry, Ledger, Outcome, SessionStatus, Total, TransitionError,
};
pub use report::{NoahReport, ReadyReport, WorldlineReport};
pub use sandbox::{NoahSandbox, Sandbox, WorldlineSandbox};

#[cfg(test)]
mod tests {
    #[test]
    fn requests_have_no_debug() {
        // Keys and tokens in headers, persons in bodies.
        assert_unprintable!(crate::received::Received);
    }
}
