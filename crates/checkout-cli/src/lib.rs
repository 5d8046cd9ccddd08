//! The `checkout` command: a payment from end to end on this machine, a sandbox to build a shop against, and tools for
//! keys, calls, webhooks and bodies.
//!
//! One module per command in [`commands`]. Each takes its parsed arguments and an [`Output`], which knows whether a
//! person or a program reads, and ends with nothing or a [`Failure`], which knows its exit code: see [`Exit`].
//!
//! Results go to stdout, logs and errors to stderr. Secrets are never taken from the command line: they come from files, the
//! environment, or a hidden prompt where stdin is a terminal. They are never printed, save what a command was asked for: the
//! signature that `sign` and `trigger --dry-run` make, the hosted URL of a session, a session with `--out -`, and the keys
//! that `sandbox` has made itself and that end with it.
//!
//! What several commands share stands beside them: `calls` (one call to an API, and what its failure means), `records` and
//! `ends` (what is known of a call, whatever ends it), `requests` and `validation` (bodies), `hooks`, `post` and `recording`
//! (webhooks), `files`, `secrets` and `progress`.

mod account;
mod answer;
mod api;
mod arguments;
mod calls;
pub mod commands;
mod dry_run;
mod ends;
mod failure;
mod files;
mod headers;
mod hooks;
mod hosts;
mod logs;
mod operations;
mod origin;
mod output;
mod post;
mod progress;
mod recording;
mod records;
mod requests;
mod secrets;
mod shell;
mod stop;
mod validation;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};

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
    /// Write JSON, for programs to read: results to stdout, what ended a command early to stderr.
    #[arg(long, global = true, display_order = 100)]
    pub json: bool,
    /// Log more to stderr: once for what happens, twice for how.
    #[arg(short, long, global = true, display_order = 101, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Cli {
    /// Reads a command line. An operation that is called by its id is its own command, and a value may begin with a dash.
    ///
    /// # Errors
    /// What clap says of it, without values that may be secrets.
    pub fn read(arguments: Vec<OsString>) -> Result<Self, clap::Error> {
        let arguments = arguments::attached(arguments, Self::command);
        Self::try_parse_from(arguments).map_err(secrets::without_secrets)
    }
}

/// Reads the command line, does what it says, and tells how it went.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let asks_for_json = failure::asks_for_json(&arguments);
    match Cli::read(arguments.clone()) {
        Ok(cli) => {
            let output = Output::stdout(Format::of(cli.json));
            run(cli, output)
        }
        Err(error) => {
            let called = arguments::called(arguments, &mut Cli::command());
            not_parsed(&error, &called, Format::of(asks_for_json))
        }
    }
}

/// Does what a command line says, with the results to `output`, and tells stderr what went wrong. Whatever ends it, the
/// person is told what became of the money.
#[must_use]
pub fn run(cli: Cli, mut output: Output) -> ExitCode {
    logs::to_stderr(cli.verbose);
    ends::on_panic();
    let format = output.format();
    let done = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new(Exit::Unavailable, error))
        .and_then(|runtime| {
            let done = runtime.block_on(cli.command.run(Cli::command, &mut output));
            // Without waiting for what a call left behind, such as the name of a host that is still looked up.
            runtime.shutdown_background();
            done
        });
    match done {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            failure.report(format);
            failure.exit().into()
        }
    }
}

/// Help and version are no mistakes, and for people alone.
fn not_parsed(error: &clap::Error, called: &str, format: Format) -> ExitCode {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_help && (format == Format::Human || error.exit_code() == 0) {
        // There is nowhere left to complain to.
        let _ = error.print();
        return u8::try_from(error.exit_code()).map_or(Exit::Usage.into(), ExitCode::from);
    }
    let failure = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Failure::usage("a command or an argument is missing; `checkout --help` shows all commands")
        }
        _ => failure::misunderstood(error, called),
    };
    failure.report(format);
    failure.exit().into()
}
