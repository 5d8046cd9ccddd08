//! A wire on which the process dies.

use std::time::Duration;

use hosted_checkout::wire::{BoxFuture, ReqwestWire, Wire, WireError};

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
            kill_this_process()
        })
    }
}

/// As the kernel does when memory runs out: at once, with nothing tidied up. (`abort` would leave a dump of the memory,
/// keys and all.)
fn kill_this_process() -> ! {
    let own_id = std::process::id().to_string();
    let _ = std::process::Command::new("kill")
        .args(["-KILL", &own_id])
        .status();
    std::process::exit(137)
}
