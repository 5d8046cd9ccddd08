//! `checkout noah`: hosted sessions, opened through hosted-checkout's own client.

mod fields;

use checkout_transport::{Prepared, PreparedRequest};
use clap::{Args, Subcommand};
use hosted_checkout::noah::models::{CheckoutManageRequest, CheckoutPayinFiatRequest, CheckoutSellRequest};
use hosted_checkout::noah::{ArithmeticChecks, Checkout, Managed, Noah, PayIn, Sell, call};
use hosted_checkout::{Error, Receipt};

use self::fields::{Manage, PayinFiat, SellCrypto};
use crate::answer::Answer;
use crate::api::{Api, Door};
use crate::calls::{self, About, Again, Place, Sending, Telling};
use crate::files::{FileArg, Input};
use crate::hosts::HostArgs;
use crate::origin::Origin;
use crate::secrets::Lookup;
use crate::{Failure, Output, dry_run, requests};

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
    #[command(flatten)]
    hosts: HostArgs,
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
        file: FileArg,
        #[command(flatten)]
        again: Again,
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

/// Opens a session, or sends one again.
///
/// # Errors
/// The request breaks a rule, credentials are missing, or the call fails.
pub async fn run(args: NoahArgs, output: &mut Output) -> Result<(), Failure> {
    let NoahArgs { hosts, command } = args;
    let client = |sending: &Sending| client(&hosts, sending.dry_run);
    match command {
        NoahCommand::Manage(args) => {
            let (request, origin): (CheckoutManageRequest, _) =
                args.fields.request(args.request.as_ref(), output)?;
            let checkout = client(&args.sending)?.checkout();
            open(
                &checkout,
                requests::manage(&checkout, request),
                &origin,
                &args.sending,
                &hosts,
                output,
            )
            .await
        }
        NoahCommand::Sell(args) => {
            let (request, origin): (CheckoutSellRequest, _) =
                args.fields.request(args.request.as_ref(), output)?;
            let checkout = args.fields.order.checks(client(&args.sending)?.checkout());
            open(
                &checkout,
                requests::sell(&checkout, request),
                &origin,
                &args.sending,
                &hosts,
                output,
            )
            .await
        }
        NoahCommand::PayinFiat(args) => {
            let (request, origin): (CheckoutPayinFiatRequest, _) =
                args.fields.request(args.request.as_ref(), output)?;
            let checkout = args.fields.order.checks(client(&args.sending)?.checkout());
            open(
                &checkout,
                requests::pay_in_fiat(&checkout, request),
                &origin,
                &args.sending,
                &hosts,
                output,
            )
            .await
        }
        NoahCommand::Send { file, again, telling } => send_again(file, again, &hosts, telling, output).await,
    }
}

/// For a dry run one that needs no credentials.
pub(super) fn client(hosts: &HostArgs, dry_run: bool) -> Result<Noah, Failure> {
    let lookup = Lookup::of_process();
    let variables = if dry_run {
        dry_run::noah(&lookup, hosts)
    } else {
        hosts.variables(&lookup)
    };
    Noah::from_variables(variables).map_err(Failure::unavailable)
}

async fn open<C>(
    checkout: &Checkout,
    prepared: Result<Prepared<C>, Error>,
    origin: &Origin,
    sending: &Sending,
    hosts: &HostArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let prepared = origin.untyped(prepared);
    sending
        .deliver(prepared, checkout, origin, None, hosts, output)
        .await
}

async fn send_again(
    file: FileArg,
    again: Again,
    hosts: &HostArgs,
    telling: Telling,
    output: &mut Output,
) -> Result<(), Failure> {
    let request = requests::stored(&file, Api::Noah)?;
    let flags = hosts.flags(request.base_url());
    let (request, flags) = again.vouched(request, flags);
    let checkout = client(hosts, false)?.checkout();
    let about = About {
        telling,
        origin: &Origin::default(),
        out: None,
        flags: &flags,
    };
    calls::complete(
        &request,
        Place::File(file.to_path_buf()),
        &checkout,
        about,
        output,
    )
    .await
}

impl Door for Checkout {
    fn base_url(&self) -> &str {
        self.base_url()
    }

    async fn send(&self, request: &PreparedRequest) -> Result<Answer, Error> {
        if let Some(managed) = request.typed::<call::CreateManagedSession>() {
            self.send(&managed).await.map(Answer::from)
        } else if let Some(sell) = request.typed::<call::CreateSell>() {
            self.send(&sell).await.map(Answer::from)
        } else if let Some(pay_in) = request.typed::<call::CreateFiatPayin>() {
            self.send(&pay_in).await.map(Answer::from)
        } else {
            Err(request.unsendable("this command sends no request of its operation"))
        }
    }
}

impl From<Managed> for Answer {
    fn from(session: Managed) -> Self {
        let receipt = session.response().receipt().clone();
        opened(session.hosted_url(), (None, None), None, receipt)
    }
}

impl From<Sell> for Answer {
    fn from(session: Sell) -> Self {
        let transaction = session.transaction();
        let names = Names {
            nonce: session.nonce().as_str(),
            external_id: session.external_id().as_str(),
        };
        let state = (transaction.id.text(), transaction.status.text());
        let receipt = session.response().receipt().clone();
        opened(session.hosted_url(), state, Some(names), receipt)
    }
}

impl From<PayIn> for Answer {
    fn from(session: PayIn) -> Self {
        let opened_session = session.checkout_session();
        let names = Names {
            nonce: session.nonce().as_str(),
            external_id: session.external_id().as_str(),
        };
        let state = (
            opened_session.checkout_session_id.text(),
            opened_session.status.text(),
        );
        let receipt = session.response().receipt().clone();
        opened(session.hosted_url(), state, Some(names), receipt)
    }
}

/// By which an order is known.
struct Names<'a> {
    nonce: &'a str,
    external_id: &'a str,
}

/// What a session is to whoever opened it. Webhooks and the browser's return name it by its id; a page of payment methods
/// has none.
fn opened(
    hosted_url: &str,
    (id, status): (Option<&str>, Option<&str>),
    names: Option<Names<'_>>,
    receipt: Receipt,
) -> Answer {
    let (nonce, external_id) = names.map(|names| (names.nonce, names.external_id)).unzip();
    let said = [
        ("session", "session_id", id),
        ("status", "status", status),
        ("hosted URL", "hosted_url", Some(hosted_url)),
        ("Nonce", "nonce", nonce),
        ("ExternalID", "external_id", external_id),
    ];
    let lines = said
        .iter()
        .filter_map(|(name, _, value)| Some(((*name).to_owned(), (*value)?.to_owned())));
    let fields = said
        .iter()
        .map(|(_, name, value)| ((*name).to_owned(), (*value).into()));
    Answer {
        operation: receipt.operation.clone(),
        lines: lines.collect(),
        fields: fields.collect(),
        session: None,
        note: Some("Give the URL to the customer alone: whoever has it has the session.".to_owned()),
        receipt,
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
