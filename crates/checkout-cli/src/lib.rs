//! The `checkout` command: a payment from end to end on this machine, a sandbox to build a shop against.
//!
//! One module per command in [`commands`]. Each takes its parsed arguments and an [`Output`], which knows whether a
//! person or a program reads, and ends with nothing or a [`Failure`], which knows its exit code: see [`Exit`].
//!
//! Results go to stdout, logs and errors to stderr. Secrets are never taken from the command line and never printed;
//! the one exception is what `sandbox` says when it is ready, keys that it has made itself and that end with it.

pub mod commands;
pub mod doctor;
mod failure;
mod listener;
mod logs;
mod output;
mod stop;

use std::process::ExitCode;

use clap::Parser;

pub use commands::Command;
pub use failure::{Exit, Failure};
pub use output::{Format, Output};

/// Tools for payment engineers: hosted checkout through NOAH, and Worldline Connect.
#[derive(Debug, Parser)]
#[command(name = "checkout", version, after_help = Exit::HELP, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Write JSON to stdout, for programs to read.
    #[arg(long, global = true, display_order = 100)]
    pub json: bool,
    /// Log more to stderr: once for what happens, twice for how.
    #[arg(short, long, global = true, display_order = 101, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Reads the command line, does what it says, and tells how it went.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    logs::to_stderr(cli.verbose);
    let mut output = Output::stdout(Format::of(cli.json));
    let done = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new(Exit::Unavailable, error))
        .and_then(|runtime| runtime.block_on(cli.command.run(&mut output)));
    match done {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            failure.report();
            failure.exit().into()
        }
    }
}
