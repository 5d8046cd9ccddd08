//! `checkout validate`: a JSON body against an operation's schema and rules, without sending it.

mod operations;

use std::fmt;

use clap::Args;
use hosted_checkout::noah::Environment;
use serde::Serialize;

use self::operations::Checked;
use crate::files::Input;
use crate::validation::{self, Problem};
use crate::{Failure, Output};

/// Arguments of `checkout validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// The body; `-` reads stdin.
    #[arg(value_name = "FILE|-", required_unless_present = "list")]
    file: Option<Input>,
    /// What it is the body of, by the id in the API's spec; --list names them.
    #[arg(long, value_name = "ID", required_unless_present = "list")]
    operation: Option<String>,
    /// Check currency codes for this environment of NOAH's too: sandbox, production or local.
    #[arg(long, value_name = "ENVIRONMENT", default_value = "local")]
    environment: Environment,
    /// List the operations.
    #[arg(long, conflicts_with_all = ["file", "operation"])]
    list: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    operation: &'a str,
    problems: &'a [Problem],
    warnings: &'a [Problem],
}

/// All that is wrong.
#[derive(Debug, thiserror::Error)]
struct Invalid {
    operation: String,
    problems: Vec<Problem>,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the body does not hold as that of {}:", self.operation)?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// Checks the body.
///
/// # Errors
/// It breaks a rule, or there is no such operation.
pub fn run(args: &ValidateArgs, output: &mut Output) -> Result<(), Failure> {
    if args.list {
        return list(output);
    }
    let (Some(file), Some(operation)) = (&args.file, &args.operation) else {
        return Err(Failure::usage("give a file and --operation"));
    };
    let subject = operations::find(operation).map_err(Failure::usage)?;
    let bytes = file.read()?;
    let Checked { problems, unknown } = match validation::parse(&bytes) {
        Ok(body) => operations::check(subject, &bytes, &body, args.environment)?,
        Err(problem) => Checked::of(vec![problem]),
    };
    let warnings: Vec<Problem> = unknown
        .into_iter()
        .map(|pointer| {
            Problem::new(
                pointer,
                "is not known to the API, which passes over it; is the name right?",
            )
        })
        .collect();
    output.json(&Report {
        ok: problems.is_empty(),
        operation,
        problems: &problems,
        warnings: &warnings,
    })?;
    for warning in &warnings {
        output.line(format_args!("warning: {warning}"))?;
    }
    if !problems.is_empty() {
        return Err(Failure::failed(Invalid {
            operation: operation.clone(),
            problems,
        }));
    }
    output.line(format_args!("{file} holds as the body of {operation}"))?;
    Ok(())
}

fn list(output: &mut Output) -> Result<(), Failure> {
    let all: Vec<_> = operations::all().collect();
    for subject in &all {
        output.line(subject)?;
    }
    output.json(&all)?;
    Ok(())
}
