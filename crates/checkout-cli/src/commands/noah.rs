//! `checkout noah`: hosted sessions, opened through hosted-checkout's own client.

mod fields;

use std::path::PathBuf;

use checkout_transport::{Call as _, Prepared};
use clap::{Args, Subcommand};
use hosted_checkout::noah::models::{CheckoutManageRequest, CheckoutPayinFiatRequest, CheckoutSellRequest};
use hosted_checkout::noah::{ArithmeticChecks, Checkout, Managed, Noah, PayIn, Sell, SessionCall, call};
use hosted_checkout::{Error, Receipt};
use serde::{Deserialize, Serialize};

use self::fields::{Manage, PayinFiat, SellCrypto};
use crate::calls::{self, About, Sending, Telling};
use crate::files::Input;
use crate::origin::Origin;
use crate::secrets::Lookup;
use crate::{Exit, Failure, Output, requests};

/// The lines of an example that write a customer whom NOAH does not know yet to a file. A sale takes a person without `Type`.
macro_rules! customer_file {
    ($tag:literal) => {
        concat!(
            "  echo '{",
            $tag,
            r#""FullName": {"FirstName": "Ada", "LastName": "Sample"},
    "DateOfBirth": "1990-01-31",
    "Identities": [{"IDType": "Passport", "IDNumber": "C01X00T47", "IssuingCountry": "US"}],
    "PrimaryResidence": {"Street": "1 Main Street", "City": "Albany", "PostCode": "12207",
      "State": "NY", "Country": "US"}}' > customer.json
"#
        )
    };
}

/// Arguments of `checkout noah`.
#[derive(Debug, Args)]
pub struct NoahArgs {
    #[command(subcommand)]
    command: NoahCommand,
}

#[derive(Debug, Subcommand)]
enum NoahCommand {
    /// Open a page on which a customer manages payment methods.
    ///
    /// Prints the hosted URL: whoever has it has the session, so give it to the customer alone. A customer whom NOAH does not
    /// know yet is described by --customer, or in the request file as `Customer`.
    #[command(after_long_help = concat!("Example:\n", customer_file!(r#""Type": "Individual", "#), "  checkout noah manage --customer-id customer-1 --customer customer.json
  checkout noah manage --customer-id customer-1 --json"))]
    Manage(SessionArgs<Manage>),
    /// Open a page on which a customer sells crypto and is paid out fiat money.
    ///
    /// Fields come from flags, from a JSON file as the API documents it, or from both; a flag wins. A Nonce that is not
    /// given is made, and so are totals of line items. Everything is checked before it is sent.
    /// A customer whom NOAH does not know yet is described by --customer, or in the request file as `Customer`.
    #[command(after_long_help = concat!("Example:\n", customer_file!(""), "  checkout noah sell --customer-id customer-2 --customer customer.json \\
    --crypto-currency USDC_TEST --crypto-authorized-amount 25.50 --fiat-currency USD \\
    --fiat-amount 25 --item '1x25 Payout' --return-url https://shop.example/done \\
    --prepared sale-7.json"))]
    Sell(SessionArgs<SellCrypto>),
    /// Open a page on which a customer pays fiat money that arrives as crypto.
    ///
    /// Fields come from flags, from a JSON file as the API documents it, or from both; a flag wins. A Nonce that is not
    /// given is made, and so are totals of line items. Everything is checked before it is sent.
    /// A customer whom NOAH does not know yet is described by --customer, or in the request file as `Customer`.
    #[command(after_long_help = concat!("Example:\n", customer_file!(r#""Type": "Individual", "#), "  checkout noah payin-fiat --customer-id customer-3 --customer customer.json \\
    --payment-method-category Card --fiat-currency USD --fiat-amount 10.10 \\
    --crypto-currency USDC_TEST --item '2x5.05 Coffee beans' \\
    --return-url https://shop.example/done --prepared order-7.json"))]
    PayinFiat(SessionArgs<PayinFiat>),
    /// Send a stored request again: the same to the byte, with the same Nonce.
    ///
    /// For a request that --prepared stored and whose outcome is not known, say because the connection broke. NOAH
    /// recognises the Nonce and acts once, however often it is sent.
    #[command(after_long_help = "\
Example:
  checkout noah send order-7.json")]
    Send {
        /// The stored request.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        telling: Telling,
    },
}

#[derive(Debug, Args)]
struct SessionArgs<F: Args> {
    #[command(flatten)]
    fields: F,
    /// The request as JSON, by the API's own names of fields; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    request: Option<Input>,
    #[command(flatten)]
    sending: Sending,
}

/// What a session is to whoever opened it.
#[derive(Debug, Serialize)]
struct Opened {
    ok: bool,
    operation: &'static str,
    /// The id by which webhooks and the browser's return name it; none for a page of payment methods.
    session_id: Option<String>,
    status: Option<String>,
    hosted_url: String,
    nonce: Option<String>,
    external_id: Option<String>,
    receipt: Receipt,
}

/// Opens a session, or sends one again.
///
/// # Errors
/// The request breaks a rule, credentials are missing, or the call fails.
pub async fn run(args: NoahArgs, output: &mut Output) -> Result<(), Failure> {
    match args.command {
        NoahCommand::Manage(args) => {
            let (request, origin): (CheckoutManageRequest, _) =
                args.fields.request(args.request.as_ref(), output)?;
            let checkout = client()?.checkout();
            open(
                &checkout,
                requests::manage(&checkout, request),
                &origin,
                &args.sending,
                output,
            )
            .await
        }
        NoahCommand::Sell(args) => {
            let (request, origin): (CheckoutSellRequest, _) =
                args.fields.request(args.request.as_ref(), output)?;
            let checkout = args.fields.order.checks(client()?.checkout());
            open(
                &checkout,
                requests::sell(&checkout, request),
                &origin,
                &args.sending,
                output,
            )
            .await
        }
        NoahCommand::PayinFiat(args) => {
            let (request, origin): (CheckoutPayinFiatRequest, _) =
                args.fields.request(args.request.as_ref(), output)?;
            let checkout = args.fields.order.checks(client()?.checkout());
            open(
                &checkout,
                requests::pay_in_fiat(&checkout, request),
                &origin,
                &args.sending,
                output,
            )
            .await
        }
        NoahCommand::Send { file, telling } => send_again(file, telling, output).await,
    }
}

fn client() -> Result<Noah, Failure> {
    Noah::from_variables(Lookup::of_process().variables()).map_err(Failure::unavailable)
}

async fn open<C>(
    checkout: &Checkout,
    prepared: Result<Prepared<C>, Error>,
    origin: &Origin,
    sending: &Sending,
    output: &mut Output,
) -> Result<(), Failure>
where
    C: SessionCall,
    Opened: From<C::Session>,
{
    let prepared = match prepared {
        Ok(prepared) if origin.has_fresh_key => prepared.with_fresh_key(),
        Ok(prepared) => prepared,
        Err(error) => return Err(sending.refused_here(&error, origin, output)),
    };
    match sending
        .deliver(&prepared, origin, output, checkout.send(&prepared))
        .await?
    {
        Some(session) => tell(&session.into(), output),
        None => Ok(()),
    }
}

/// What stands in a stored request, as far as it says which operation it is.
#[derive(Deserialize)]
struct Stored {
    operation: String,
}

async fn send_again(file: PathBuf, telling: Telling, output: &mut Output) -> Result<(), Failure> {
    let text = Input::File(file.clone()).read()?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|_| not_stored(&file))?;
    let checkout = client()?.checkout();
    let opened = match stored.operation {
        id if id == call::CreateManagedSession::operation().id => {
            resend::<call::CreateManagedSession>(&checkout, &text, &file, telling, output).await?
        }
        id if id == call::CreateSell::operation().id => {
            resend::<call::CreateSell>(&checkout, &text, &file, telling, output).await?
        }
        id if id == call::CreateFiatPayin::operation().id => {
            resend::<call::CreateFiatPayin>(&checkout, &text, &file, telling, output).await?
        }
        _ => return Err(not_stored(&file)),
    };
    tell(&opened, output)
}

async fn resend<C>(
    checkout: &Checkout,
    text: &[u8],
    file: &std::path::Path,
    telling: Telling,
    output: &mut Output,
) -> Result<Opened, Failure>
where
    C: SessionCall,
    Opened: From<C::Session>,
{
    let prepared: Prepared<C> = serde_json::from_slice(text)
        .map_err(|error| Failure::failed(format!("{} cannot be sent: {error}", file.display())))?;
    let about = About {
        stored: Some(file),
        telling,
        origin: &Origin::default(),
    };
    let session = calls::exchange(about, output, checkout.send(&prepared)).await?;
    Ok(session.into())
}

fn not_stored(file: &std::path::Path) -> Failure {
    Failure::new(
        Exit::Unavailable,
        format!(
            "{} holds no request of NOAH's that --prepared stored",
            file.display()
        ),
    )
}

fn tell(opened: &Opened, output: &mut Output) -> Result<(), Failure> {
    let mut line = |name: &str, value: Option<&str>| match value {
        Some(value) => output.line(format_args!("{name:<12}{value}")),
        None => Ok(()),
    };
    line("session", opened.session_id.as_deref())?;
    line("status", opened.status.as_deref())?;
    line("hosted URL", Some(&opened.hosted_url))?;
    line("Nonce", opened.nonce.as_deref())?;
    line("ExternalID", opened.external_id.as_deref())?;
    line("attempts", Some(&calls::attempts(&opened.receipt)))?;
    output.line("\nGive the URL to the customer alone: whoever has it has the session.")?;
    output.json(opened)?;
    Ok(())
}

impl From<Managed> for Opened {
    fn from(session: Managed) -> Self {
        Self {
            ok: true,
            operation: call::CreateManagedSession::operation().id,
            session_id: None,
            status: None,
            hosted_url: session.hosted_url().to_owned(),
            nonce: None,
            external_id: None,
            receipt: session.response().receipt().clone(),
        }
    }
}

impl From<Sell> for Opened {
    fn from(session: Sell) -> Self {
        let transaction = &session.response().transaction;
        Self {
            ok: true,
            operation: call::CreateSell::operation().id,
            session_id: Some(transaction.id.as_str().to_owned()),
            status: Some(transaction.status.as_str().to_owned()),
            hosted_url: session.hosted_url().to_owned(),
            nonce: Some(session.nonce().as_str().to_owned()),
            external_id: Some(session.external_id().as_str().to_owned()),
            receipt: session.response().receipt().clone(),
        }
    }
}

impl From<PayIn> for Opened {
    fn from(session: PayIn) -> Self {
        let opened = &session.response().checkout_session;
        Self {
            ok: true,
            operation: call::CreateFiatPayin::operation().id,
            session_id: Some(opened.checkout_session_id.as_str().to_owned()),
            status: Some(opened.status.as_str().to_owned()),
            hosted_url: session.hosted_url().to_owned(),
            nonce: Some(session.nonce().as_str().to_owned()),
            external_id: Some(session.external_id().as_str().to_owned()),
            receipt: session.response().receipt().clone(),
        }
    }
}

impl fields::Order {
    fn checks(&self, checkout: Checkout) -> Checkout {
        if self.inexact {
            checkout.arithmetic(ArithmeticChecks::Off)
        } else {
            checkout
        }
    }
}
