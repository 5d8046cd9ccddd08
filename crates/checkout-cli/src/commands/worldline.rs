//! `checkout worldline`: calls of Worldline Connect's server API, through hosted-checkout's own client.

use checkout_core::validate::At;
use checkout_transport::{Call as _, Prepared, PreparedRequest};
use clap::{Args, Subcommand};
use hosted_checkout::worldline::models::{CreatePaymentProductSessionRequest, SessionRequest};
use hosted_checkout::worldline::{
    APPLE_PAY, ApplePaySession as MerchantSession, Connect, CreatedSession, Server, call,
};
use hosted_checkout::{Error, Receipt};
use serde_json::{Map, Value, json};

use crate::answer::{Answer, attempts};
use crate::api::{Api, Door};
use crate::calls::{self, About, Again, Place, Sending, Telling};
use crate::files::{FileArg, FileError, Input, vacant};
use crate::hosts::HostArgs;
use crate::origin::Origin;
use crate::requests::{object, read};
use crate::secrets::Lookup;
use crate::{Failure, Output, dry_run, progress, requests};

const KEEP: &str = "choose another name by --out";

/// Arguments of `checkout worldline`.
#[derive(Debug, Args)]
pub struct WorldlineArgs {
    #[command(flatten)]
    hosts: HostArgs,
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
        file: FileArg,
        #[command(flatten)]
        result: ResultArgs,
        #[command(flatten)]
        again: Again,
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

/// Makes the call.
///
/// # Errors
/// The request breaks a rule, credentials are missing, or the call fails.
pub async fn run(args: WorldlineArgs, output: &mut Output) -> Result<(), Failure> {
    let WorldlineArgs { hosts, command } = args;
    let server_for = |sending: &Sending| server(&hosts, sending.dry_run);
    match command {
        WorldlineCommand::TestConnection(telling) => test_connection(&hosts, telling, output).await,
        WorldlineCommand::CreateSession(CreateSession { common }) => {
            let (fields, origin) = common.fields()?;
            let request: SessionRequest = read(fields, &origin, output)?;
            let server = server_for(&common.sending)?;
            let prepared = requests::client_session(&server, common.key().into(), request);
            make(&server, prepared, &origin, &common, &hosts, output).await
        }
        WorldlineCommand::ApplePaySession(args) => {
            let (fields, origin) = args.fields()?;
            let request: CreatePaymentProductSessionRequest = read(fields, &origin, output)?;
            let server = server_for(&args.common.sending)?;
            let key = args.common.key().into();
            let prepared = requests::product_session(&server, APPLE_PAY, key, request);
            make(&server, prepared, &origin, &args.common, &hosts, output).await
        }
        WorldlineCommand::Send {
            file,
            result,
            again,
            telling,
        } => send_again(file, again, &hosts, &result, telling, output).await,
    }
}

/// For a dry run one that needs no credentials.
pub(super) fn server(hosts: &HostArgs, dry_run: bool) -> Result<Server, Failure> {
    let lookup = Lookup::of_process();
    let variables = if dry_run {
        dry_run::worldline(&lookup, hosts)
    } else {
        hosts.variables(&lookup)
    };
    let connect = Connect::from_variables(variables).map_err(Failure::unavailable)?;
    Ok(connect.server())
}

async fn test_connection(hosts: &HostArgs, telling: Telling, output: &mut Output) -> Result<(), Failure> {
    let server = server(hosts, false)?;
    let about = About {
        telling,
        origin: &Origin::default(),
        out: None,
        flags: "",
    };
    // A read: whatever ends it, nothing happened.
    let asked = progress::during("waiting for the API", server.test_connection()).await;
    let answer = asked.map_err(|error| calls::failure(&error, None, about, output))?;
    output.line("OK: the API knows the key and the merchant")?;
    output.line(format_args!("attempts    {}", attempts(answer.receipt())))?;
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
    hosts: &HostArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    common.result.vacant()?;
    let (prepared, out) = (origin.untyped(prepared), common.result.out.as_ref());
    common
        .sending
        .deliver(prepared, server, origin, out, hosts, output)
        .await
}

async fn send_again(
    file: FileArg,
    again: Again,
    hosts: &HostArgs,
    result: &ResultArgs,
    telling: Telling,
    output: &mut Output,
) -> Result<(), Failure> {
    let request = requests::stored(&file, Api::Worldline)?;
    let flags = hosts.flags(request.base_url());
    let (request, flags) = again.vouched(request, flags);
    result.vacant()?;
    let about = About {
        telling,
        origin: &Origin::default(),
        out: result.out.as_ref(),
        flags: &flags,
    };
    calls::complete(
        &request,
        Place::File(file.to_path_buf()),
        &server(hosts, false)?,
        about,
        output,
    )
    .await
}

impl Door for Server {
    fn base_url(&self) -> &str {
        self.base_url()
    }

    async fn send(&self, request: &PreparedRequest) -> Result<Answer, Error> {
        if let Some(session) = request.typed::<call::CreateSession>() {
            self.send(&session).await.map(Answer::from)
        } else if let Some(session) = request.typed::<call::CreateProductSession>() {
            let answer = self.send(&session).await?;
            let receipt = answer.receipt().clone();
            Ok(merchant_session(&answer.into_apple_pay()?, receipt))
        } else {
            Err(request.unsendable("this command sends no request of its operation"))
        }
    }
}

impl From<CreatedSession> for Answer {
    fn from(created: CreatedSession) -> Self {
        let session = created.session();
        let said = [
            ("customerId", Some(session.customer_id().as_str())),
            ("clientApiUrl", Some(session.client_api_url().as_str())),
            ("assetUrl", session.asset_url()),
        ];
        let hand_over = json!(session.hand_over()).to_string();
        got(&said, hand_over, created.receipt().clone())
    }
}

fn merchant_session(session: &MerchantSession, receipt: Receipt) -> Answer {
    // It is handed on as it is, even if it is not what Apple documents.
    let facts = session.merchant_session().ok();
    let said = [
        (
            "domainName",
            facts.as_ref().and_then(|facts| facts.domain_name.as_deref()),
        ),
        (
            "displayName",
            facts.as_ref().and_then(|facts| facts.display_name.as_deref()),
        ),
    ];
    got(&said, session.session_object().to_owned(), receipt)
}

/// What a session is to whoever asked for it: what may be seen, and what is for the device alone.
fn got(said: &[(&str, Option<&str>)], session: String, receipt: Receipt) -> Answer {
    let said = said
        .iter()
        .filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned())));
    let lines: Vec<(String, String)> = said.collect();
    Answer {
        operation: receipt.operation.clone(),
        fields: lines
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect(),
        lines,
        session: Some(session),
        note: None,
        receipt,
    }
}
