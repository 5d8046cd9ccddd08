//! `checkout man`: manual pages of the command and of all its subcommands.

use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;
use serde_json::json;

use crate::{Failure, Output};

/// Arguments of `checkout man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one page for each command to this directory, made if absent [default: print the first page].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the first page of the whole command line, or writes all pages.
///
/// # Errors
/// They cannot be written.
pub fn run(args: &ManArgs, whole: clap::Command, output: &mut Output) -> Result<(), Failure> {
    let Some(directory) = &args.out else {
        let mut page = Vec::new();
        Man::new(whole).render(&mut page).map_err(Failure::failed)?;
        return Ok(output.raw(&page)?);
    };
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(whole, directory))
        .map_err(|error| {
            let place = checkout_core::given::shown_path(directory);
            Failure::unavailable(format!(
                "{place} cannot be written: {error}; choose another directory"
            ))
        })?;
    output.line(format_args!("manual pages in {}", directory.display()))?;
    output.json(&json!({"ok": true, "directory": directory}))?;
    Ok(())
}
