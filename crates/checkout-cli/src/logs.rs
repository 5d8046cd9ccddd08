//! Logs of this project's own crates, on stderr.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Other crates stay silent: what an HTTP library logs is not known to be free of credentials.
const CRATES: [&str; 4] = [
    "checkout_cli",
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
        .with_writer(std::io::stderr)
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
