//! `checkout verify`: the counterpart of `sign`, as the receiving side checks it.

use std::time::SystemTime;

use checkout_core::clock::unix_seconds;
use clap::{Args, Subcommand};
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::sign::Target;
use crate::failure::Report;
use crate::files::{FileArg, Input, once_from_stdin};
use crate::hooks::{NoahKeyArgs, Verifier, required_worldline_key};
use crate::output::joined;
use crate::secrets::Lookup;
use crate::{Exit, Failure, Output, headers};
use checkout_doctor::{Case, Check, Finding, Kind, State, diagnose};

/// Where to turn if something does not hold.
const DOCTOR: &str = "checkout doctor explains, rule by rule, what is wrong and how to correct it";

/// Arguments of `checkout verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(subcommand)]
    command: VerifyCommand,
}

#[derive(Debug, Subcommand)]
enum VerifyCommand {
    /// Verify the token of a request to NOAH against the request and the public key.
    ///
    /// Checks form, signature, audience, method, path, query, hash of the body and times. Ends with 1 if anything does not hold.
    #[command(after_long_help = "\
Example:
  checkout sign token --url https://api.noah.com/v1/balances > token.txt
  checkout verify token --token token.txt --url https://api.noah.com/v1/balances --key public-key.pem")]
    Token(Token),
    /// Verify a webhook of NOAH's.
    ///
    /// By the published key of the environment (NOAH_ENVIRONMENT, or --environment), by NOAH_WEBHOOK_KEY, or by a key of
    /// one's own. Ends with 1 if the signature does not hold.
    #[command(after_long_help = "\
Example:
  checkout verify webhook --key webhook-key.pub.pem --headers headers.txt --body event.json
  checkout verify webhook --key webhook-key.pub.pem --signature signature.txt --body event.json")]
    Webhook(Webhook),
    /// Verify a webhook of Worldline Connect's.
    ///
    /// By WORLDLINE_CONNECT_WEBHOOK_KEY_ID and WORLDLINE_CONNECT_WEBHOOK_SECRET (or _SECRET_FILE). Ends with 1 if the
    /// signature does not hold.
    #[command(after_long_help = "\
Example:
  export WORLDLINE_CONNECT_WEBHOOK_KEY_ID=webhook-1 WORLDLINE_CONNECT_WEBHOOK_SECRET_FILE=secret.txt
  checkout verify worldline-webhook --headers worldline-headers.txt --body worldline-event.json")]
    WorldlineWebhook {
        /// The headers as they came, one a line; `-` reads stdin.
        #[arg(long, value_name = "FILE|-")]
        headers: Input,
        /// The body, byte for byte as it came; `-` reads stdin.
        #[arg(long, value_name = "FILE|-")]
        body: Input,
    },
}

#[derive(Debug, Args)]
struct Token {
    /// The token; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    token: Input,
    #[command(flatten)]
    to: Target,
    /// The body, byte for byte as it was sent; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    body: Option<Input>,
    /// The public key (PEM) that the API key was made with.
    #[arg(long, value_name = "FILE")]
    key: FileArg,
}

#[derive(Debug, Args)]
struct Webhook {
    #[command(flatten)]
    keys: NoahKeyArgs,
    /// The headers as they came, one a line; `-` reads stdin.
    #[arg(
        long,
        value_name = "FILE|-",
        required_unless_present = "signature",
        conflicts_with = "signature"
    )]
    headers: Option<Input>,
    /// The value of Webhook-Signature alone, in place of the headers.
    #[arg(long, value_name = "FILE|-")]
    signature: Option<Input>,
    /// The body, byte for byte as it came; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    body: Input,
}

/// Verifies.
///
/// # Errors
/// It does not hold, or a key or a file cannot be read.
pub fn run(args: &VerifyArgs, output: &mut Output) -> Result<(), Failure> {
    let lookup = Lookup::of_process();
    once_from_stdin(args.command.inputs())?;
    match &args.command {
        VerifyCommand::Token(args) => verify_token(args, output),
        VerifyCommand::Webhook(args) => {
            let verifier = Verifier::noah(&args.keys, &lookup)?;
            webhook(&verifier, &args.received()?, &args.body, output)
        }
        VerifyCommand::WorldlineWebhook { headers, body } => {
            let verifier = Verifier::worldline(required_worldline_key(&lookup)?);
            webhook(&verifier, &headers::parse(&headers.read_text()?), body, output)
        }
    }
}

impl VerifyCommand {
    fn inputs(&self) -> impl Iterator<Item = &Input> {
        let inputs = match self {
            Self::Token(args) => [Some(&args.token), args.body.as_ref(), None],
            Self::Webhook(args) => [args.headers.as_ref(), args.signature.as_ref(), Some(&args.body)],
            Self::WorldlineWebhook { headers, body } => [Some(headers), Some(body), None],
        };
        inputs.into_iter().flatten()
    }
}

impl Webhook {
    fn received(&self) -> Result<HeaderMap, Failure> {
        if let Some(signature) = &self.signature {
            let text = signature.read_text()?;
            let value: HeaderValue = text
                .trim()
                .parse()
                .map_err(|_| Failure::failed(format!("{signature} holds no header value")))?;
            let name = hosted_checkout::noah::SIGNATURE_HEADER;
            return Ok(HeaderMap::from_iter([(name, value)]));
        }
        match &self.headers {
            Some(headers) => Ok(headers::parse(&headers.read_text()?)),
            None => Ok(HeaderMap::new()),
        }
    }
}

fn webhook(
    verifier: &Verifier,
    headers: &HeaderMap,
    body: &Input,
    output: &mut Output,
) -> Result<(), Failure> {
    match verifier.verify(headers, &body.read()?) {
        Ok(news) => {
            output.line(format_args!("the signature holds over the body: {news}"))?;
            Ok(output.json(&joined([json!({"ok": true, "problems": []}), json!(news)]))?)
        }
        Err(refused) => does_not_hold("the webhook's signature", vec![refused.to_string()], output),
    }
}

/// Whether it is about a token and the request that it is for.
fn is_of_token(check: Check) -> bool {
    let (token, claims) = (Check::Token..=Check::Signature, Check::IssuedAt..=Check::BodyHash);
    token.contains(&check) || claims.contains(&check)
}

/// Judges as the doctor does, but a warning fails here too: it is not known whether NOAH would accept it.
fn verify_token(args: &Token, output: &mut Output) -> Result<(), Failure> {
    let body = args.body.as_ref().map(Input::read).transpose()?;
    let case = Case {
        kind: Some(Kind::NoahRequest),
        public_key: Some(args.key.verifying_key()?.to_pem().to_owned()),
        token: Some(args.token.read_text()?.trim().into()),
        method: Some(args.to.method.to_string()),
        url: Some(args.to.url.to_string()),
        body: Some(body.unwrap_or_default()),
        now: i64::try_from(unix_seconds(SystemTime::now())).unwrap_or(i64::MAX),
        ..Case::default()
    };
    let findings = diagnose(&case).findings;
    let of_token = findings.iter().filter(|finding| is_of_token(finding.check));
    let (held, rest): (Vec<&Finding>, Vec<&Finding>) =
        of_token.partition(|finding| finding.state == State::Holds);
    // What another of them explains is not said again.
    let is_explained = |finding: &&Finding| finding.because.is_some_and(|rule| is_of_token(rule.check()));
    let problems: Vec<String> = rest
        .into_iter()
        .filter(|finding| !is_explained(finding))
        .map(told)
        .collect();
    if !problems.is_empty() {
        return does_not_hold("the token", problems, output);
    }
    let held: Vec<String> = held.into_iter().map(told).collect();
    for held in &held {
        output.line(format_args!("holds  {held}"))?;
    }
    Ok(output.json(&json!({"ok": true, "problems": [], "held": held}))?)
}

fn told(finding: &Finding) -> String {
    let remedy = finding.remedy.as_ref().map(|remedy| format!("; {remedy}"));
    let remedy = remedy.unwrap_or_default();
    format!("{}: {}{remedy}", finding.check, finding.found)
}

fn does_not_hold(what: &'static str, reasons: Vec<String>, output: &mut Output) -> Result<(), Failure> {
    output.json(&json!({"ok": false, "problems": reasons}))?;
    let mut report = Report::new(format!("{what} does not hold")).because(reasons);
    report.then(DOCTOR);
    Err(Failure::told(Exit::Failed, report))
}
