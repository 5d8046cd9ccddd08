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

use crate::operation::Client;
use crate::{Items, Paged};
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

/// The items of a list on this thread, page after page: see [`Items`].
///
/// ```no_run
/// # fn f<C: hosted_checkout::Paged<hosted_checkout::noah::Noah>>(items: hosted_checkout::Items<hosted_checkout::noah::Noah, C>)
/// # -> Result<(), hosted_checkout::Error> {
/// for item in items {
///     let item = item?;
/// }
/// # Ok(())
/// # }
/// ```
impl<On, C> IntoIterator for Items<On, C>
where
    On: Client + Send + Sync,
    C: Paged<On>,
    C::Answer: Send,
{
    type Item = Result<C::Item, Error>;
    type IntoIter = Iter<On, C>;

    fn into_iter(self) -> Iter<On, C> {
        Iter(Some(self))
    }
}

/// The iterator of [`Items`]. It ends after an error, which comes as the last item.
#[derive(Debug)]
pub struct Iter<On: Client, C: Paged<On>>(Option<Items<On, C>>);

impl<On, C> Iterator for Iter<On, C>
where
    On: Client + Send + Sync,
    C: Paged<On>,
    C::Answer: Send,
{
    type Item = Result<C::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let items = self.0.as_mut()?;
        if let Some(item) = items.of_page() {
            return Some(Ok(item));
        }
        let next = async { items.next().await.transpose() }.wait();
        if !matches!(next, Ok(Some(_))) {
            self.0 = None;
        }
        next.transpose()
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
