//! `checkout validate`: a JSON body against an operation's schema and rules, without sending it.

mod operations;

use clap::Args;
use hosted_checkout::noah::Environment;
use serde_json::json;

use self::operations::Checked;
use crate::failure::Report;
use crate::files::Input;
use crate::origin::Origin;
use crate::validation::{self, LocatedViolation};
use crate::{Exit, Failure, Output};

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
    let Checked { problems, warnings } = match validation::parse(&bytes) {
        Ok(body) => operations::check(subject, &body, args.environment)?,
        Err(problems) => Checked::of(problems),
    };
    let origin = Origin::default().with_file(file, bytes);
    let located = |problem: LocatedViolation| origin.locate(problem);
    let warnings: Vec<LocatedViolation> = warnings.into_iter().map(located).collect();
    let problems: Vec<LocatedViolation> = problems.into_iter().map(located).collect();
    output.json(&json!({
        "ok": problems.is_empty(), "operation": operation, "problems": problems, "warnings": warnings,
    }))?;
    for warning in &warnings {
        output.line(format_args!("warning: {warning}"))?;
    }
    if !problems.is_empty() {
        let report = Report::new(format!("the body does not hold as that of {operation}"))
            .because(problems.iter().map(ToString::to_string));
        return Err(Failure::told(Exit::Failed, report));
    }
    output.line(format_args!("{file} holds as the body of {operation}"))?;
    Ok(())
}

fn list(output: &mut Output) -> Result<(), Failure> {
    let rows = operations::all().map(|subject| {
        let api = subject.api().to_string();
        [subject.id().to_owned(), api, subject.called().join(" ")]
    });
    output.table(&rows.collect::<Vec<_>>())?;
    let told = operations::all().map(|subject| {
        let [method, path] = subject.called();
        json!({"id": subject.id(), "api": subject.api().to_string(), "method": method, "path": path})
    });
    output.json(&told.collect::<Vec<_>>())?;
    Ok(())
}
