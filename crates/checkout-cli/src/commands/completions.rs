//! `checkout completions`: the script by which a shell completes the command line.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{Cli, Failure, Output};

/// Arguments of `checkout completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// It cannot be written.
pub fn run(args: &CompletionsArgs, output: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "checkout", &mut script);
    Ok(output.raw(&script)?)
}
