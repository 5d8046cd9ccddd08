//! Every call for programs without a runtime: [`Wait::wait`] in place of `.await`.
//!
//! ```no_run
//! use hosted_checkout::blocking::Wait as _;
//! use hosted_checkout::noah::{Noah, line_item};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let noah = Noah::from_env()?;
//!     let session = noah
//!         .checkout()
//!         .pay_in_fiat()
//!         .customer_id("customer-1")
//!         .payment_method_category("Card")
//!         .fiat_currency("USD")
//!         .fiat_amount("10.10")
//!         .crypto_currency("USDC_TEST")
//!         .return_url("https://shop.example/done")
//!         .line_items([line_item("Coffee beans", 2, "5.05")])
//!         .send()
//!         .wait()?;
//!     println!("send the customer to {}", session.hosted_url());
//!     Ok(())
//! }
//! ```

use std::future::Future;
use std::sync::OnceLock;

use checkout_transport::Error;
use tokio::runtime::{Builder, Handle, Runtime};

/// Waits for a call on this thread.
///
/// The calls of all threads share one background thread, which keeps connections open between them. Time limits, repeats
/// and errors are those of the asynchronous calls.
pub trait Wait<T>: Future<Output = Result<T, Error>> + Sized {
    /// The call's result.
    ///
    /// # Errors
    /// Those of the call. And [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration), with nothing sent,
    /// where a runtime runs on this thread: there, waiting would stop everything else that it does.
    fn wait(self) -> Result<T, Error> {
        if Handle::try_current().is_ok() {
            return Err(Error::configuration(
                "wait() was called where an asynchronous runtime runs; use .await there",
            ));
        }
        runtime()?.block_on(self)
    }
}

impl<T, F: Future<Output = Result<T, Error>>> Wait<T> for F {}

fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("hosted-checkout")
        .enable_all()
        .build()
        .map_err(|error| Error::configuration("no background thread can be started").with_source(error))?;
    // Another thread may have been faster; then this one is dropped unused.
    Ok(RUNTIME.get_or_init(|| runtime))
}
