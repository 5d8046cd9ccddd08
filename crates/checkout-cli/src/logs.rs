//! Logs of this project's own crates, on stderr.

use std::io::{self, Write};

use checkout_core::escape::escaped;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Other crates stay silent: what an HTTP library logs is not known to be free of credentials.
const CRATES: [&str; 5] = [
    "checkout_cli",
    "checkout_core",
    "checkout_sandbox",
    "checkout_transport",
    "hosted_checkout",
];

/// What a command tells by itself, in its own words.
const TOLD: &str = "checkout_transport::near_miss";

/// Warnings and errors always; more by how often `--verbose` stands on the command line.
pub(crate) fn to_stderr(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let targets = CRATES
        .into_iter()
        .fold(Targets::new(), |targets, name| targets.with_target(name, level))
        .with_target(TOLD, LevelFilter::OFF);
    let layer = fmt::layer()
        .with_writer(|| OneLine(io::stderr()))
        .with_ansi(false)
        .with_target(false)
        // Else it would panic where stderr takes nothing.
        .log_internal_errors(false);
    // Refused if a subscriber is set already, which then does the logging.
    let _ = tracing_subscriber::registry()
        .with(layer)
        .with(targets)
        .try_init();
}

/// Writes each event, which comes whole, on one line of its own: what others wrote in it begins no other.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        writeln!(self.0, "{}", escaped(line)).map(|()| event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        let mut log = OneLine(Vec::new());
        log.write_all("WARN reference \u{1b}[2J\n2026 ERROR forged\n".as_bytes())
            .unwrap();
        assert_eq!(
            String::from_utf8(log.0).unwrap(),
            "WARN reference \\u{1b}[2J\\n2026 ERROR forged\n"
        );
    }
}
