//! `checkout sandbox`: both APIs on this machine until Ctrl-C.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use checkout_core::clock::FixedClock;
use checkout_sandbox::{
    FaultFileError, FaultRule, ReadyReport, Sandbox, SandboxBuilder as Builder, StartError, WebhookSchedule,
    WebhookSwitches,
};
use checkout_transport::is_loopback;
use clap::Args;
use noah_models::EventType;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::arguments::time;
use crate::files::{Existing, FileArg, write_private};
use crate::hosts::PLAIN_HTTP_HOST;
use crate::shell::quoted;
use crate::stop::Signals;
use crate::{Exit, Failure, Output};

const SIGNING_KEY: &str = "NOAH_SIGNING_KEY";

/// Arguments of `checkout sandbox`.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Port for NOAH [default: any free one].
    #[arg(long, value_name = "PORT")]
    noah: Option<u16>,
    /// Port for Worldline Connect [default: any free one].
    #[arg(long, value_name = "PORT")]
    worldline: Option<u16>,
    /// Address of this machine to listen on. On any other than the default everybody on its network can use the sandbox
    /// and drive it [default: 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<IpAddr>,
    /// Name or address by which others reach the sandbox, such as that of its container [default: the address it listens
    /// on].
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Where NOAH's webhooks go [default: nowhere].
    #[arg(long, value_name = "URL")]
    noah_webhook: Option<String>,
    /// Event types of NOAH's to deliver, separated by commas; its dashboard offers Transaction, FiatDeposit and Customer
    /// [default: all].
    #[arg(long, value_name = "LIST", value_parser = event_types, requires = "noah_webhook")]
    // Read as a whole, so that it is refused as a whole: a piece of a key may look like a word.
    events: Option<std::vec::Vec<EventType>>,
    /// File that keeps everything, whatever ends the sandbox: keys, sessions, Nonces, the ledger, webhooks. Started with it
    /// again, the sandbox goes on. Made if absent [default: none, and everything is forgotten].
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Make keys, ids and signatures from this number: the same number, the same keys. With --clock, the same requests get
    /// the same answers, byte for byte [default: random].
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Stand still at this time, such as 2026-01-31T12:00:00Z; POST /_sandbox/clock moves on. Tokens are judged by it too, so
    /// set the shop's clock likewise, or use the unsigned key [default: this machine's clock].
    #[arg(long, value_name = "TIME", value_parser = time)]
    clock: Option<SystemTime>,
    /// Let something go wrong, such as `createFiatPayin cut-after count=1` or `* 503,retry-after=2s probability=0.1`. May be
    /// given several times.
    #[arg(long = "fault", value_name = "RULE")]
    faults: Vec<FaultRule>,
    /// File of such rules, as TOML (or JSON, if its name ends so).
    #[arg(long, value_name = "FILE")]
    faults_file: Option<FileArg>,
    /// Where Worldline Connect's webhooks go [default: nowhere].
    #[arg(long, value_name = "URL")]
    worldline_webhook: Option<String>,
    /// Waits before a webhook that failed is sent again, separated by commas; none for a single attempt [default:
    /// 1s,5s,30s,2m].
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1s,5s,30s,2m",
        hide_default_value = true
    )]
    webhook_retries: WebhookSchedule,
    /// What is to be odd about webhooks, separated by commas: duplicates=N (each comes N more times), reorder, delay=TIME
    /// (such as 2s), wrong-signature, unknown-event and unknown-value (another webhook before each one), extra-fields
    /// [default: nothing].
    #[arg(long, value_name = "LIST")]
    webhook_switches: Option<WebhookSwitches>,
    /// Directory for the private key, readable by its owner alone [default: a new one among the temporary files, gone at
    /// the end].
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// File to write the variables of the shop to, readable by its owner alone, for `. FILE` in a shell. Where others reach the
    /// sandbox, the file is all that a shop in another container needs: it holds the signing key too [default: none].
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

/// Serves until it is asked to stop.
///
/// # Errors
/// A port or the directory is not available, a webhook's URL is none, or the report cannot be written.
pub async fn run(args: SandboxArgs, output: &mut Output) -> Result<(), Failure> {
    let unavailable = |error| Failure::new(Exit::Unavailable, error);
    let mut signals = Signals::listen().map_err(unavailable)?;
    let kept = args.state.is_some();
    let (keys, _temporary) = key_directory(args.keys).map_err(unavailable)?;
    let builder = Sandbox::builder()
        .noah_port(args.noah.unwrap_or_default())
        .worldline_port(args.worldline.unwrap_or_default())
        .webhook_schedule(args.webhook_retries)
        .webhook_switches(args.webhook_switches.unwrap_or_default())
        .key_directory(keys);
    let builder = with(builder, args.listen, Builder::listen_on);
    let builder = with(builder, args.host, Builder::host);
    let builder = with(builder, args.noah_webhook, Builder::noah_webhook);
    let builder = with(builder, args.worldline_webhook, Builder::worldline_webhook);
    let builder = with(builder, args.state, Builder::state);
    let builder = with(builder, args.seed, Builder::seed);
    let builder = with(builder, args.clock.map(FixedClock::new), Builder::clock);
    let builder = with(builder, args.events, Builder::event_types);
    let mut faults = args.faults;
    if let Some(file) = args.faults_file {
        faults.extend(FaultRule::read_file(&*file).map_err(|error| match error {
            // Says which flag, and no path that may be a secret.
            FaultFileError::Read { source, .. } => Failure::from(file.unreadable(source)),
            _ => Failure::usage(error),
        })?);
    }
    let sandbox = builder.faults(faults).start().await.map_err(|error| {
        let exit = if matches!(error, StartError::WebhookUrl(_) | StartError::Host(_)) {
            Exit::Usage
        } else {
            Exit::Unavailable
        };
        Failure::new(exit, error)
    })?;

    if let Some(file) = &args.env {
        let exports = exports_for_elsewhere(&sandbox.ready_report()).map_err(unavailable)?;
        write_private(file, exports.as_bytes(), Existing::Replace)?;
    }
    report(&sandbox.ready_report(), kept, output)?;
    signals.next().await;
    sandbox.shutdown().await;
    Ok(())
}

/// With what was given, if it was.
fn with<T>(builder: Builder, given: Option<T>, set: impl FnOnce(Builder, T) -> Builder) -> Builder {
    match given {
        Some(given) => set(builder, given),
        None => builder,
    }
}

/// The directory, and what deletes it in the end if nobody chose it.
fn key_directory(chosen: Option<PathBuf>) -> std::io::Result<(PathBuf, Option<TempDir>)> {
    if let Some(directory) = chosen {
        return Ok((directory, None));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix("checkout-sandbox-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let temporary = builder.tempdir()?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

fn report(report: &ReadyReport, kept: bool, output: &mut Output) -> std::io::Result<()> {
    output.lines(format_args!("{report}\n"))?;
    output.line("For hosted-checkout, ready to paste")?;
    for line in exports(report).lines() {
        output.line(line)?;
    }
    output.lines(if kept {
        "\nCtrl-C ends it. Started with the same --state, it goes on with the same keys."
    } else {
        "\nCtrl-C ends it, and the keys with it."
    })?;
    // The variables that hosted-checkout reads, by their names.
    let mut told = json!(report);
    told["environment"] = environment(report)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    output.json(&told)
}

/// The variables as a shell reads them.
fn exports(report: &ReadyReport) -> String {
    exported(&environment(report))
}

fn exported(variables: &[(&str, String)]) -> String {
    variables
        .iter()
        .map(|(name, value)| format!("export {name}={}\n", quoted(value)))
        .collect()
}

/// The same for a file, which is read where the sandbox is reached: if that may be another machine, the signing key stands
/// in it, for its path leads nowhere there.
fn exports_for_elsewhere(report: &ReadyReport) -> std::io::Result<String> {
    let mut variables = environment(report);
    if beyond_this_machine(report).is_some() {
        for (_, path) in variables.iter_mut().filter(|(name, _)| *name == SIGNING_KEY) {
            *path = on_one_line(&std::fs::read_to_string(&path)?);
        }
    }
    Ok(exported(&variables))
}

/// The host that others reach the sandbox by, if it is not this machine's alone.
fn beyond_this_machine(report: &ReadyReport) -> Option<String> {
    let url = Url::parse(&report.noah.base_url).ok()?;
    (!is_loopback(&url)).then(|| url.host_str().unwrap_or_default().to_owned())
}

/// Shells, compose files and .env files differ in how they take more.
fn on_one_line(pem: &str) -> String {
    pem.trim_end().replace('\n', "\\n")
}

/// The variables that `Credentials::from_env` and `Connect::from_env` of hosted-checkout read.
fn environment(report: &ReadyReport) -> Vec<(&'static str, String)> {
    let ReadyReport { noah, worldline, .. } = report;
    let signing_key = noah
        .signing_key_path
        .as_ref()
        .map(|path| path.display().to_string());
    let mut variables = vec![
        ("NOAH_ENVIRONMENT", "local".to_owned()),
        ("NOAH_BASE_URL", noah.base_url.clone()),
        ("NOAH_API_KEY", noah.api_key.clone()),
    ];
    variables.extend(signing_key.map(|path| (SIGNING_KEY, path)));
    variables.extend([
        ("NOAH_WEBHOOK_KEY", on_one_line(&noah.webhook_public_key)),
        ("WORLDLINE_CONNECT_ENVIRONMENT", "local".to_owned()),
        ("WORLDLINE_CONNECT_ENDPOINT", worldline.endpoint.clone()),
        ("WORLDLINE_CONNECT_MERCHANT_ID", worldline.merchant_id.clone()),
        ("WORLDLINE_CONNECT_API_KEY_ID", worldline.api_key_id.clone()),
        (
            "WORLDLINE_CONNECT_SECRET_API_KEY",
            worldline.secret_api_key.clone(),
        ),
        ("WORLDLINE_CONNECT_INTEGRATOR", "Sandbox shop".to_owned()),
    ]);
    variables.extend(beyond_this_machine(report).map(|host| (PLAIN_HTTP_HOST, host)));
    variables
}

/// Types that the spec lists: another one would never be delivered, and a slip of the pen should not look like that.
fn event_types(text: &str) -> Result<Vec<EventType>, String> {
    let types: Vec<EventType> = text.split(',').map(|name| EventType::from(name.trim())).collect();
    if types.iter().all(EventType::is_known) {
        return Ok(types);
    }
    let known: Vec<&str> = EventType::KNOWN.iter().map(EventType::as_str).collect();
    Err(format!("choose from {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_the_help_are_rules() {
        let command = SandboxArgs::augment_args(clap::Command::new("sandbox"));
        let argument = command
            .get_arguments()
            .find(|argument| argument.get_id() == "faults")
            .unwrap();
        let help = argument.get_help().unwrap().to_string();
        let rules: Vec<&str> = help.split('`').skip(1).step_by(2).collect();
        assert_eq!(rules.len(), 2, "{help}");
        for rule in rules {
            assert!(rule.parse::<FaultRule>().is_ok(), "{rule}");
        }
    }

    #[test]
    fn event_types_are_known() {
        let types = [EventType::Transaction, EventType::Customer];
        assert_eq!(event_types(" Transaction, Customer").unwrap(), types);
        insta::assert_snapshot!(event_types("Customer,transaction").unwrap_err(), @"choose from Transaction, FiatDeposit, CheckoutSession, Customer");
    }
}
