//! `checkout doctor`: what holds and what fails of a key, a request or a webhook, offline.

mod input;
mod message;
mod report;

use clap::Args;
use hosted_checkout::noah::Environment;

use crate::files::{FileArg, Input};
use crate::hosts::HostArgs;
use crate::{Exit, Failure, Output};
use checkout_doctor::{Kind, diagnose};

/// What the help ends with.
pub(crate) const EXAMPLES: &str = "\
Example:
  A request that NOAH answered with 401, as curl -v showed its headers:
    checkout doctor --headers request.txt --body body.json --public-key public-key.pem
  A token alone:
    checkout doctor --token token.txt --method POST --url https://api.sandbox.noah.com/v1/checkout/sell
  A webhook whose signature did not hold:
    checkout doctor --headers headers.txt --body event.json --webhook-key webhook-key.pub.pem";

/// Arguments of `checkout doctor`. Secrets come from files and variables, never from here.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// What the case is [default: told by its headers and its token].
    #[arg(long = "as", value_name = "KIND")]
    kind: Option<Kind>,
    /// The signing key, PEM or DER; to look at a request, its public half will do [default: what NOAH_SIGNING_KEY
    /// holds or names].
    #[arg(long, value_name = "FILE", help_heading = "NOAH")]
    key: Option<FileArg>,
    /// The public key that is registered with the API key, PEM.
    #[arg(long, value_name = "FILE", help_heading = "NOAH")]
    public_key: Option<FileArg>,
    /// A file with the API key.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "api_key_env",
        help_heading = "NOAH"
    )]
    api_key_file: Option<FileArg>,
    /// The variable with the API key [default: NOAH_API_KEY].
    #[arg(long, value_name = "NAME", help_heading = "NOAH")]
    api_key_env: Option<String>,
    /// A file with the token of Api-Signature; `-` reads stdin.
    #[arg(
        long,
        value_name = "FILE|-",
        conflicts_with = "token_env",
        help_heading = "NOAH"
    )]
    token: Option<Input>,
    /// The variable with the token.
    #[arg(long, value_name = "NAME", help_heading = "NOAH")]
    token_env: Option<String>,
    /// sandbox, production or local [default: told by the URL, else NOAH_ENVIRONMENT].
    #[arg(long, value_name = "NAME", help_heading = "NOAH")]
    environment: Option<Environment>,
    #[command(flatten)]
    hosts: HostArgs,
    /// The public key that NOAH's webhooks are verified by, PEM [default: NOAH_WEBHOOK_KEY, else the published keys].
    #[arg(long, value_name = "FILE", help_heading = "NOAH")]
    webhook_key: Option<FileArg>,
    /// The id of the API key or webhook key [default for requests: WORLDLINE_CONNECT_API_KEY_ID].
    #[arg(long, value_name = "ID", help_heading = "Worldline Connect")]
    key_id: Option<String>,
    /// A file with the secret of that key [default for requests: WORLDLINE_CONNECT_SECRET_API_KEY or its _FILE].
    #[arg(long, value_name = "FILE", help_heading = "Worldline Connect")]
    secret: Option<FileArg>,
    /// A file with the headers as they were sent, one a line, with or without the request line; `-` reads stdin.
    #[arg(long, value_name = "FILE|-", help_heading = "Message")]
    headers: Option<Input>,
    /// The method of the request.
    #[arg(long, value_name = "METHOD", value_parser = input::method, help_heading = "Message")]
    method: Option<String>,
    /// The whole URL of the request.
    #[arg(long, value_name = "URL", help_heading = "Message")]
    url: Option<String>,
    /// A file with the body, byte for byte as it was sent or received; `-` reads stdin. An empty file: there is none.
    #[arg(long, value_name = "FILE|-", help_heading = "Message")]
    body: Option<Input>,
    /// The time to judge by: RFC 3339, or seconds since 1970 [default: now].
    #[arg(long, value_name = "TIME", value_parser = input::time, help_heading = "Clock")]
    at: Option<i64>,
    /// The header Date of an answer of the API that came at that time: shows by how much this clock is off.
    #[arg(long, value_name = "DATE", help_heading = "Clock")]
    server_date: Option<String>,
}

/// Reads what it is given, looks at it, and says what it finds.
///
/// # Errors
/// [`Exit::Failed`] if a check fails, [`Exit::Usage`] if there is nothing to look at, [`Exit::Unavailable`] if a file
/// cannot be read.
pub fn run(args: DoctorArgs, output: &mut Output) -> Result<(), Failure> {
    let lookup = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let diagnosis = diagnose(&input::case(args, &lookup)?);
    report::write(&diagnosis, output)?;
    if diagnosis.holds() {
        Ok(())
    } else {
        Err(Failure::new(Exit::Failed, report::summary(&diagnosis)))
    }
}
