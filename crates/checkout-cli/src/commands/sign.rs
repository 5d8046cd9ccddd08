//! `checkout sign`: request tokens, `Authorization` headers and webhook signatures, as the APIs make and check them.

use std::time::{Duration, SystemTime};

use checkout_core::encoding::base64;
use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::BaseUrl;
use clap::{Args, Subcommand};
use hosted_checkout::noah::{ApiKey, RequestSigner};
use hosted_checkout::worldline::{Credentials, ServerSigner};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Map, Value, json};
use url::Url;

use crate::files::{FileArg, Input};
use crate::hooks::required_worldline_key;
use crate::secrets::Lookup;
use crate::shell::quoted;
use crate::{Failure, Output};

const SIGNING_KEY: &str = "NOAH_SIGNING_KEY";
const API_SIGNATURE: &str = "api-signature";
/// No header is made of it: the signer wants one, and the token does not depend on it.
const ANY_API_KEY: &str = "apikey_sandbox_unused";

/// Arguments of `checkout sign`.
#[derive(Debug, Args)]
pub struct SignArgs {
    #[command(subcommand)]
    command: SignCommand,
}

#[derive(Debug, Subcommand)]
enum SignCommand {
    /// Make the token of a request to NOAH (Api-Signature) and print it.
    ///
    /// It covers method, path, query and the exact bytes of the body, and holds for minutes: sign just before you send.
    #[command(after_long_help = "\
Example:
  checkout sign token --method POST --url https://api.noah.com/v1/checkout/sell --body sale.json
  checkout sign token --url https://api.noah.com/v1/balances --curl")]
    Token(Token),
    /// Make the Webhook-Signature of a body, as NOAH would with this key.
    ///
    /// For tests of a receiver: give it the public half of the key, say by NOAH_WEBHOOK_KEY. `trigger` makes the body too.
    #[command(after_long_help = "\
Example:
  checkout sign webhook --key webhook-key.pem --body event.json")]
    Webhook(Webhook),
    /// Make the headers that authenticate a request to Worldline Connect's server API.
    ///
    /// Prints Date and X-GCS-ServerMetaInfo too, since Authorization covers both. Reads the variables of
    /// `checkout worldline`.
    #[command(after_long_help = "\
Example:
  checkout sign worldline --url https://eu.sandbox.api-ingenico.com/v1/9991/services/testconnection
  checkout sign worldline --method POST --url https://eu.sandbox.api-ingenico.com/v1/9991/sessions \\
    --content-type application/json --curl")]
    Worldline(Worldline),
    /// Make the X-GCS-Signature of a body, as Worldline would.
    ///
    /// For tests of a receiver. Signs by WORLDLINE_CONNECT_WEBHOOK_KEY_ID and WORLDLINE_CONNECT_WEBHOOK_SECRET (or _SECRET_FILE).
    #[command(after_long_help = "\
Example:
  export WORLDLINE_CONNECT_WEBHOOK_KEY_ID=webhook-1 WORLDLINE_CONNECT_WEBHOOK_SECRET_FILE=secret.txt
  checkout sign worldline-webhook --body event.json")]
    WorldlineWebhook {
        /// The body, byte for byte; `-` reads stdin.
        #[arg(long, value_name = "FILE|-")]
        body: Input,
    },
}

/// The request that is signed.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// The method, in capitals.
    #[arg(long, default_value = "GET", value_parser = method)]
    pub(super) method: Method,
    /// The whole URL, with the query.
    #[arg(long)]
    pub(super) url: Url,
}

/// HTTP takes any word for a method, and a signature would show it: only those that an API could mean.
fn method(text: &str) -> Result<Method, &'static str> {
    use Method as M;
    [M::GET, M::POST, M::PUT, M::PATCH, M::DELETE, M::HEAD, M::OPTIONS]
        .into_iter()
        .find(|known| known == text)
        .ok_or("a method is GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS, in capitals")
}

impl Target {
    /// The first line of a command that sends it.
    fn curl(&self) -> String {
        format!("curl -X {} {} \\", self.method, quoted(self.url.as_str()))
    }
}

#[derive(Debug, Args)]
struct Token {
    #[command(flatten)]
    to: Target,
    /// The body, byte for byte as it will be sent; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    body: Option<Input>,
    /// The private key (PEM or DER) [default: NOAH_SIGNING_KEY, PEM text or a path].
    #[arg(long, value_name = "FILE")]
    key: Option<FileArg>,
    /// How long it holds, in seconds: 1 to 900.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    lifetime: u64,
    /// Print a curl command that sends the request; the API key stays in NOAH_API_KEY.
    #[arg(long)]
    curl: bool,
}

#[derive(Debug, Args)]
struct Webhook {
    /// The private key (PEM or DER, P-384).
    #[arg(long, value_name = "FILE")]
    key: FileArg,
    /// The body, byte for byte; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    body: Input,
}

#[derive(Debug, Args)]
struct Worldline {
    #[command(flatten)]
    to: Target,
    /// The Content-Type that the request will have, if any; it is signed.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<HeaderValue>,
    /// An X-GCS header that the request will have, as 'Name: value'; it is signed. May be given often.
    #[arg(long = "header", value_name = "HEADER", value_parser = gcs_header)]
    headers: Vec<(http::HeaderName, HeaderValue)>,
    /// Print a curl command that sends the request.
    #[arg(long)]
    curl: bool,
}

/// Signs.
///
/// # Errors
/// The key or a file cannot be read, or the request cannot be signed.
pub fn run(args: &SignArgs, output: &mut Output) -> Result<(), Failure> {
    match &args.command {
        SignCommand::Token(args) => token(args, output),
        SignCommand::Webhook(args) => webhook(args, output),
        SignCommand::Worldline(args) => worldline(args, output),
        SignCommand::WorldlineWebhook { body } => worldline_webhook(body, output),
    }
}

fn token(args: &Token, output: &mut Output) -> Result<(), Failure> {
    let body = args
        .body
        .as_ref()
        .map(Input::read)
        .transpose()?
        .unwrap_or_default();
    let key = signing_key(args.key.as_ref())?;
    let api_key = ApiKey::parse(ANY_API_KEY).map_err(Failure::failed)?;
    let signer = RequestSigner::new(&api_key, Some(key), &base_url(&args.to.url)?)
        .and_then(|signer| signer.with_lifetime(Duration::from_secs(args.lifetime)))
        .map_err(Failure::usage)?;
    let headers = signer
        .sign(&args.to.method, &args.to.url, &body, SystemTime::now())
        .map_err(Failure::failed)?;
    let token = text(headers.get(API_SIGNATURE));
    if args.curl {
        output.line(args.to.curl())?;
        output.line("  -H \"X-Api-Key: $NOAH_API_KEY\" \\")?;
        let last = if body.is_empty() { "" } else { " \\" };
        output.line(format_args!("  -H 'Api-Signature: {token}'{last}"))?;
        if let (false, Some(input)) = (body.is_empty(), &args.body) {
            output.line("  -H 'Content-Type: application/json' \\")?;
            output.line(format_args!("  --data-binary @{}", quoted(&input.as_given())))?;
        }
    } else {
        output.line(&token)?;
    }
    output.json(&json!({"ok": true, "header": "Api-Signature", "token": token}))?;
    Ok(())
}

/// The key of the file, or of the environment.
fn signing_key(file: Option<&FileArg>) -> Result<SigningKey, Failure> {
    match file {
        Some(file) => file.signing_key(),
        None => {
            let text = Lookup::of_process().get(SIGNING_KEY).ok_or_else(|| {
                Failure::unavailable(format!(
                    "no key to sign with; set {SIGNING_KEY}, or give --key FILE"
                ))
            })?;
            SigningKey::from_pem_or_path(&text)
                .map_err(|error| Failure::unavailable(format!("{SIGNING_KEY}: {error}")))
        }
    }
}

/// The URL up to `/v1`, where the signed path begins.
fn base_url(url: &Url) -> Result<BaseUrl, Failure> {
    const VERSION: &str = "/v1";
    let path = url.path();
    let end = path
        .match_indices(VERSION)
        .map(|(at, _)| at + VERSION.len())
        .find(|&end| {
            let rest = &path[end..];
            rest.is_empty() || rest.starts_with('/')
        });
    let Some(end) = end else {
        return Err(Failure::usage(
            "the URL has no /v1 in its path, and the signature covers the path from there on",
        ));
    };
    let mut base = url.clone();
    base.set_path(&path[..end]);
    base.set_query(None);
    base.set_fragment(None);
    BaseUrl::parse_allowing_plain_http(base.as_str()).map_err(Failure::usage)
}

fn webhook(args: &Webhook, output: &mut Output) -> Result<(), Failure> {
    let key = args.key.signing_key()?;
    if key.algorithm() != Algorithm::ES384 {
        return Err(Failure::usage(
            "the key is not on P-384, and NOAH signs webhooks with no other; make one by checkout keygen",
        ));
    }
    let signature = key.sign_der(&args.body.read()?).map_err(Failure::failed)?;
    let signature = base64(&signature);
    output.line(&signature)?;
    output.json(&json!({"ok": true, "header": "Webhook-Signature", "signature": signature}))?;
    Ok(())
}

fn worldline_webhook(body: &Input, output: &mut Output) -> Result<(), Failure> {
    let key = required_worldline_key(&Lookup::of_process())?;
    let signature = key.sign(&body.read()?);
    output.line(format_args!("X-GCS-KeyId: {}", key.id()))?;
    output.line(format_args!("X-GCS-Signature: {signature}"))?;
    output.json(&json!({"ok": true, "headers": {"X-GCS-KeyId": key.id(), "X-GCS-Signature": signature}}))?;
    Ok(())
}

fn worldline(args: &Worldline, output: &mut Output) -> Result<(), Failure> {
    let lookup = Lookup::of_process();
    let credentials = Credentials::from_lookup(|name| lookup.get(name)).map_err(Failure::unavailable)?;
    let mut headers: HeaderMap = args.headers.iter().cloned().collect();
    if let Some(content_type) = &args.content_type {
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    let added = ServerSigner::new(&credentials)
        .headers(&args.to.method, &args.to.url, &headers, SystemTime::now())
        .map_err(Failure::failed)?;
    headers.extend(added);
    if args.curl {
        output.line(args.to.curl())?;
    }
    let last = headers.len().saturating_sub(1);
    for (index, (name, value)) in headers.iter().enumerate() {
        let line = format!("{}: {}", title(name.as_str()), text(Some(value)));
        if args.curl {
            let more = if index == last { "" } else { " \\" };
            output.line(format_args!("  -H {}{more}", quoted(&line)))?;
        } else {
            output.line(line)?;
        }
    }
    let all: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (title(name.as_str()), text(Some(value)).into()))
        .collect();
    output.json(&json!({"ok": true, "headers": all}))?;
    Ok(())
}

fn gcs_header(line: &str) -> Result<(http::HeaderName, HeaderValue), String> {
    crate::headers::header(line)
        .filter(|(name, _)| name.as_str().starts_with("x-gcs"))
        .ok_or_else(|| "write it as 'X-GCS-Name: value'; other headers are not signed".to_owned())
}

/// A value that the signer has made: visible ASCII.
fn text(value: Option<&HeaderValue>) -> String {
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

/// A header's name as the APIs' documents write it.
fn title(name: &str) -> String {
    match name {
        "x-gcs-servermetainfo" => "X-GCS-ServerMetaInfo".to_owned(),
        "x-gcs-idempotence-key" => "X-GCS-Idempotence-Key".to_owned(),
        other => other
            .split('-')
            .map(|word| {
                let (first, rest) = word.split_at(usize::from(!word.is_empty()));
                first.to_uppercase() + rest
            })
            .collect::<Vec<_>>()
            .join("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_path_begins_at_the_version() {
        for (url, base) in [
            (
                "https://api.noah.com/v1/checkout/sell?a=b",
                "https://api.noah.com/v1",
            ),
            ("http://127.0.0.1:4010/v1", "http://127.0.0.1:4010/v1"),
            (
                "https://proxy.example/v12/noah/v1/x",
                "https://proxy.example/v12/noah/v1",
            ),
        ] {
            assert_eq!(base_url(&url.parse().unwrap()).unwrap().as_str(), base);
        }
        assert!(base_url(&"https://api.noah.com/checkout".parse().unwrap()).is_err());
    }
}
