//! `checkout worldline`: calls of Worldline Connect's server API, through hosted-checkout's own client.

use std::path::{Path, PathBuf};

use checkout_core::validate::At;
use checkout_transport::{Call as _, Prepared};
use clap::{Args, Subcommand};
use hosted_checkout::worldline::models::{CreatePaymentProductSessionRequest, SessionRequest};
use hosted_checkout::worldline::{
    APPLE_PAY, Connect, CreatedSession, ProductSession, Server, SessionCall, call,
};
use hosted_checkout::{Error, Receipt};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::calls::{self, About, Sending, Telling};
use crate::files::{Existing, FileError, Input, vacant, write_private};
use crate::origin::Origin;
use crate::requests::{object, read};
use crate::secrets::Lookup;
use crate::{Exit, Failure, Output, requests};

const KEEP: &str = "choose another name by --out";

/// Arguments of `checkout worldline`.
#[derive(Debug, Args)]
pub struct WorldlineArgs {
    #[command(subcommand)]
    command: WorldlineCommand,
}

#[derive(Debug, Subcommand)]
enum WorldlineCommand {
    /// Ask whether the API knows the key and the merchant. Changes nothing.
    ///
    /// Reads WORLDLINE_CONNECT_ENDPOINT, _MERCHANT_ID, _API_KEY_ID, _SECRET_API_KEY (or _SECRET_API_KEY_FILE) and
    /// _INTEGRATOR, as all calls do.
    #[command(after_long_help = "\
Example:
  checkout worldline test-connection")]
    TestConnection(Telling),
    /// Make a client session, with which a customer's device may call the client API.
    ///
    /// The session's id is a credential and not printed: --out writes what the device needs.
    #[command(after_long_help = "\
Example:
  checkout worldline create-session --out session.json --prepared session-request.json
  echo '{\"paymentProductFilters\":{\"restrictTo\":{\"products\":[302]}}}' |
    checkout worldline create-session --request - --out apple-pay-session.json")]
    CreateSession(CreateSession),
    /// Get Apple's merchant session for a page that shows an Apple Pay button.
    ///
    /// The session is for one use by one customer, and not printed: --out writes it.
    #[command(after_long_help = "\
Example:
  checkout worldline apple-pay-session --domain-name shop.example --out apple.json \\
    --validation-url https://apple-pay-gateway.apple.com/paymentservices/startSession")]
    ApplePaySession(ApplePaySession),
    /// Send a stored request again: the same to the byte, with the same idempotence key.
    ///
    /// For a request that --prepared stored. The API remembers its key for 24 hours.
    #[command(after_long_help = "\
Example:
  checkout worldline send session-request.json --out session-again.json")]
    Send {
        /// The stored request.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        result: ResultArgs,
        #[command(flatten)]
        telling: Telling,
    },
}

/// Arguments of `checkout worldline create-session`.
#[derive(Debug, Args)]
struct CreateSession {
    #[command(flatten)]
    common: Common,
}

/// Arguments of `checkout worldline apple-pay-session`.
#[derive(Debug, Args)]
struct ApplePaySession {
    /// The domain of the page with the button, as registered with Apple.
    #[arg(long, value_name = "DOMAIN")]
    domain_name: Option<String>,
    /// The validationURL of Apple's event, untouched.
    #[arg(long, value_name = "URL")]
    validation_url: Option<String>,
    /// The shop's name, as Apple Pay shows it.
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// The request as JSON, by the API's own names of fields; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    request: Option<Input>,
    /// Names the request for 24 hours, so that a repeat does not take effect twice [default: a fresh one].
    #[arg(long, value_name = "KEY")]
    idempotence_key: Option<String>,
    #[command(flatten)]
    result: ResultArgs,
    #[command(flatten)]
    sending: Sending,
}

#[derive(Debug, Args)]
struct ResultArgs {
    /// Write the session to this new file, for its owner alone; `-` prints it.
    #[arg(long, value_name = "FILE|-")]
    out: Option<Input>,
}

impl ResultArgs {
    /// Before anything is sent: a session that could not be written would be lost.
    fn vacant(&self) -> Result<(), FileError> {
        match &self.out {
            Some(Input::File(path)) => vacant(path, KEEP),
            _ => Ok(()),
        }
    }
}

/// What a session is to whoever asked for it: what may be seen, and what is for the device alone.
struct Got {
    operation: &'static str,
    shown: Vec<(&'static str, String)>,
    session: Vec<u8>,
    receipt: Receipt,
}

#[derive(Serialize)]
struct Told<'a> {
    ok: bool,
    operation: &'a str,
    #[serde(flatten)]
    shown: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Value>,
    receipt: &'a Receipt,
}

/// Makes the call.
///
/// # Errors
/// The request breaks a rule, credentials are missing, or the call fails.
pub async fn run(args: WorldlineArgs, output: &mut Output) -> Result<(), Failure> {
    match args.command {
        WorldlineCommand::TestConnection(telling) => test_connection(telling, output).await,
        WorldlineCommand::CreateSession(CreateSession { common }) => {
            let (fields, origin) = common.fields()?;
            let request: SessionRequest = read(fields, &origin, output)?;
            let server = server()?;
            let prepared = requests::client_session(&server, common.key().into(), request);
            make(&server, prepared, &origin, &common, output).await
        }
        WorldlineCommand::ApplePaySession(args) => {
            let (fields, origin) = args.fields()?;
            let request: CreatePaymentProductSessionRequest = read(fields, &origin, output)?;
            let server = server()?;
            let key = args.common.key().into();
            let prepared = requests::product_session(&server, APPLE_PAY, key, request);
            make(&server, prepared, &origin, &args.common, output).await
        }
        WorldlineCommand::Send {
            file,
            result,
            telling,
        } => send_again(&file, &result, telling, output).await,
    }
}

fn server() -> Result<Server, Failure> {
    let lookup = Lookup::of_process();
    let connect = Connect::from_lookup(|name| lookup.get(name)).map_err(Failure::unavailable)?;
    Ok(connect.server())
}

async fn test_connection(telling: Telling, output: &mut Output) -> Result<(), Failure> {
    let server = server()?;
    let about = About {
        stored: None,
        telling,
        origin: &Origin::default(),
    };
    let answer = calls::exchange(about, output, server.test_connection()).await?;
    output.line("OK: the API knows the key and the merchant")?;
    output.line(format_args!("attempts    {}", calls::attempts(answer.receipt())))?;
    output.json(&json!({
        "ok": true,
        "operation": call::TestConnection::operation().id,
        "result": answer.result,
        "receipt": answer.receipt(),
    }))?;
    Ok(())
}

impl Common {
    fn fields(&self) -> Result<(Map<String, Value>, Origin), Failure> {
        let (fields, mut origin) = match &self.request {
            None => (Map::new(), Origin::default()),
            Some(file) => {
                let (fields, text) = object(file)?;
                (fields, Origin::default().with_file(file, text))
            }
        };
        let key = At::parameter("header:X-GCS-Idempotence-Key");
        origin.option(&key, "--idempotence-key", self.idempotence_key.is_some());
        origin.has_fresh_key = self.idempotence_key.is_none();
        Ok((fields, origin))
    }

    fn key(&self) -> String {
        self.idempotence_key.clone().unwrap_or_else(requests::fresh_key)
    }
}

impl ApplePaySession {
    /// The file's fields, with the flags' in place of those of the same names.
    fn fields(&self) -> Result<(Map<String, Value>, Origin), Failure> {
        const INPUT: &str = "paymentProductSession302SpecificInput";
        let (mut fields, mut origin) = self.common.fields()?;
        let body = At::BODY;
        let at = body.field(INPUT);
        let input = fields.entry(INPUT).or_insert_with(|| json!({}));
        if let Some(input) = input.as_object_mut() {
            for (name, option, value) in [
                ("domainName", "--domain-name", &self.domain_name),
                ("validationUrl", "--validation-url", &self.validation_url),
                ("displayName", "--display-name", &self.display_name),
            ] {
                origin.option(&at.field(name), option, value.is_some());
                if let Some(value) = value {
                    input.insert(name.to_owned(), value.as_str().into());
                }
            }
        }
        Ok((fields, origin))
    }
}

async fn make<C>(
    server: &Server,
    prepared: Result<Prepared<C>, Error>,
    origin: &Origin,
    common: &Common,
    output: &mut Output,
) -> Result<(), Failure>
where
    C: SessionCall<On = Server>,
    Got: TryFrom<C::Session, Error = Failure>,
{
    let prepared = match prepared {
        Ok(prepared) if origin.has_fresh_key => prepared.with_fresh_key(),
        Ok(prepared) => prepared,
        Err(error) => return Err(common.sending.refused_here(&error, origin, output)),
    };
    common.result.vacant()?;
    let answer = common
        .sending
        .deliver(&prepared, origin, output, server.send(&prepared))
        .await?;
    match answer {
        Some(session) => tell(Got::try_from(session)?, &common.result, output),
        None => Ok(()),
    }
}

/// What stands in a stored request, as far as it says which operation it is.
#[derive(Deserialize)]
struct Stored {
    operation: String,
}

async fn send_again(
    file: &Path,
    result: &ResultArgs,
    telling: Telling,
    output: &mut Output,
) -> Result<(), Failure> {
    let text = Input::File(file.to_owned()).read()?;
    let not_stored = || {
        let message = format!(
            "{} holds no request of Worldline Connect's that --prepared stored",
            file.display()
        );
        Failure::new(Exit::Unavailable, message)
    };
    let stored: Stored = serde_json::from_slice(&text).map_err(|_| not_stored())?;
    result.vacant()?;
    let server = server()?;
    let got = match stored.operation {
        id if id == call::CreateSession::operation().id => {
            resend::<call::CreateSession>(&server, &text, file, telling, output).await?
        }
        id if id == call::CreateProductSession::operation().id => {
            resend::<call::CreateProductSession>(&server, &text, file, telling, output).await?
        }
        _ => return Err(not_stored()),
    };
    tell(got, result, output)
}

async fn resend<C>(
    server: &Server,
    text: &[u8],
    file: &Path,
    telling: Telling,
    output: &mut Output,
) -> Result<Got, Failure>
where
    C: SessionCall<On = Server>,
    Got: TryFrom<C::Session, Error = Failure>,
{
    let prepared: Prepared<C> = serde_json::from_slice(text)
        .map_err(|error| Failure::failed(format!("{} cannot be sent: {error}", file.display())))?;
    let about = About {
        stored: Some(file),
        telling,
        origin: &Origin::default(),
    };
    let session = calls::exchange(about, output, server.send(&prepared)).await?;
    Got::try_from(session)
}

impl TryFrom<CreatedSession> for Got {
    type Error = Failure;

    fn try_from(created: CreatedSession) -> Result<Self, Failure> {
        let session = created.session();
        let mut shown = vec![
            ("customerId", session.customer_id().as_str().to_owned()),
            ("clientApiUrl", session.client_api_url().as_str().to_owned()),
        ];
        shown.extend(session.asset_url().map(|url| ("assetUrl", url.to_owned())));
        Ok(Self {
            operation: call::CreateSession::operation().id,
            shown,
            session: serde_json::to_vec(&session.hand_over()).map_err(Failure::failed)?,
            receipt: created.receipt().clone(),
        })
    }
}

impl TryFrom<ProductSession> for Got {
    type Error = Failure;

    fn try_from(answer: ProductSession) -> Result<Self, Failure> {
        let missing = || {
            let message = "the answer holds no sessionObject; ask for a new session";
            Failure::new(Exit::Unknown, message)
        };
        let session = answer.apple_pay().ok_or_else(missing)?;
        let facts = session.merchant_session().map_err(Failure::failed)?;
        let mut shown = Vec::new();
        shown.extend(facts.domain_name.map(|name| ("domainName", name)));
        shown.extend(facts.display_name.map(|name| ("displayName", name)));
        Ok(Self {
            operation: call::CreateProductSession::operation().id,
            shown,
            session: session.session_object().as_bytes().to_vec(),
            receipt: answer.receipt().clone(),
        })
    }
}

fn tell(got: Got, result: &ResultArgs, output: &mut Output) -> Result<(), Failure> {
    let printed = result.out == Some(Input::Stdin);
    if let Some(Input::File(path)) = &result.out {
        write_private(path, &got.session, Existing::Keep, KEEP)?;
    }
    for (name, value) in &got.shown {
        output.line(format_args!("{name:<13}{value}"))?;
    }
    match &result.out {
        Some(Input::File(path)) => output.line(format_args!("session      in {}", path.display()))?,
        Some(Input::Stdin) => output.line(String::from_utf8_lossy(&got.session))?,
        None => output.line("session      not shown, for it is a credential; --out FILE writes it")?,
    }
    output.line(format_args!("attempts     {}", calls::attempts(&got.receipt)))?;
    let shown = got.shown.into_iter();
    output.json(&Told {
        ok: true,
        operation: got.operation,
        shown: shown
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect(),
        session: printed
            .then(|| serde_json::from_slice(&got.session))
            .transpose()
            .map_err(Failure::failed)?,
        receipt: &got.receipt,
    })?;
    Ok(())
}
