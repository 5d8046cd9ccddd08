//! The ways in which a person or a supervisor ends a program that would run on.

use std::io;

use tokio::signal;

/// A signal that asked the program to end.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{name} ended the wait for an answer")]
pub(crate) struct Stopped {
    pub(crate) name: &'static str,
    number: u8,
}

impl Stopped {
    /// With what a shell sees of a program that the signal ends.
    pub(crate) const fn exit_code(self) -> u8 {
        128 + self.number
    }
}

/// All signals by which programs are asked to end: Ctrl-C, Ctrl-\, SIGTERM, and SIGHUP when the terminal closes. What the
/// program was started to ignore, as under `nohup`, stays ignored. They are heard from the moment this is made, so that none is
/// lost between a ready report and the wait for its end.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    heard: Vec<(Stopped, signal::unix::Signal)>,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        let ignored = ignored();
        let heard = [
            ("SIGINT", SignalKind::interrupt()),
            ("SIGQUIT", SignalKind::quit()),
            ("SIGTERM", SignalKind::terminate()),
            ("SIGHUP", SignalKind::hangup()),
        ]
        .into_iter()
        .filter(|(_, kind)| ignored & (1 << (kind.as_raw_value() - 1)) == 0)
        .map(|(name, kind)| {
            let number = u8::try_from(kind.as_raw_value()).unwrap_or_default();
            Ok((Stopped { name, number }, signal(kind)?))
        })
        .collect::<io::Result<_>>()?;
        Ok(Self { heard })
    }

    /// The next that comes.
    pub(crate) async fn next(&mut self) -> Stopped {
        std::future::poll_fn(|context| {
            for (which, signal) in &mut self.heard {
                if signal.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*which);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}

/// A bit for each signal that is ignored; none where the system does not say.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(crate) async fn next(&mut self) -> Stopped {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Stopped {
            name: "Ctrl-C",
            number: 2,
        }
    }
}
