//! The `checkout` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    checkout_cli::main()
}
