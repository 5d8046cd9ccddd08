//! `checkout completions`: the script by which a shell completes the command line.

use clap::Args;
use clap_complete::Shell;

use crate::{Failure, Output};

/// Arguments of `checkout completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for the whole command line.
///
/// # Errors
/// It cannot be written.
pub fn run(args: &CompletionsArgs, mut whole: clap::Command, output: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut whole, "checkout", &mut script);
    Ok(output.raw(&script)?)
}
