//! A wire on which the process dies.

use std::time::Duration;

use checkout_transport::{BoxFuture, ReqwestWire, Wire, WireError};

/// Sends the request, waits until the answer is on its way back, and kills the process: NOAH has acted, and nobody knows.
pub(crate) struct KillingWire(pub(crate) ReqwestWire);

impl Wire for KillingWire {
    fn send(
        &self,
        request: reqwest::Request,
        connect: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        Box::pin(async move {
            self.0.send(request, connect).await?;
            println!(
                "… NOAH has acted, and this process is killed before it reads the answer. Run it again."
            );
            std::process::abort()
        })
    }
}
