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
use std::thread;

use checkout_transport::{Error, Outcome};
use tokio::runtime::{Builder, Handle, Runtime};

/// Waits for a call on this thread.
///
/// The calls of all threads share one background thread, which keeps connections open between them. Time limits, repeats
/// and errors are those of the asynchronous calls.
pub trait Wait<T>: Future<Output = Result<T, Error>> + Sized {
    /// The call's result.
    ///
    /// Where an asynchronous runtime runs on this thread it works too, and stops everything else that runs there until the
    /// call is over: use `.await` instead, save in `spawn_blocking`.
    ///
    /// # Errors
    /// Those of the call, and [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration) if this machine has
    /// no thread left to run it.
    fn wait(self) -> Result<T, Error>;
}

impl<T, F> Wait<T> for F
where
    F: Future<Output = Result<T, Error>> + Send,
    T: Send,
{
    fn wait(self) -> Result<T, Error> {
        let runtime = runtime()?;
        if Handle::try_current().is_err() {
            return runtime.block_on(self);
        }
        // A thread that drives one runtime cannot wait on another.
        thread::scope(|scope| {
            let waiting = thread::Builder::new()
                .name("hosted-checkout".to_owned())
                .spawn_scoped(scope, || runtime.block_on(self))
                .map_err(no_thread)?;
            waiting
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

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
        .map_err(no_thread)?;
    // Another thread may have been faster; then this one is dropped unused.
    Ok(RUNTIME.get_or_init(|| runtime))
}

/// What was waited for was not begun, and whether its request was sent before, nobody can see from here.
fn no_thread(error: std::io::Error) -> Error {
    Error::configuration("no thread can be started for the call")
        .with_source(error)
        .with_outcome(Outcome::Unknown)
}
