//! The two ways in which a person or a supervisor ends a program that would run on.

use std::io;

use tokio::signal;

/// Listens from the moment it is made, so that no signal is lost between a ready report and the wait for its end.
#[derive(Debug)]
pub(crate) struct Stop {
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
    #[cfg(unix)]
    terminate: signal::unix::Signal,
}

impl Stop {
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Until Ctrl-C or SIGTERM.
    #[cfg(unix)]
    pub(crate) async fn asked(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Until Ctrl-C.
    #[cfg(not(unix))]
    pub(crate) async fn asked(self) {
        if signal::ctrl_c().await.is_err() {
            // It cannot be listened for: whoever wants the program to end ends it as any other.
            std::future::pending::<()>().await;
        }
    }
}
