//! What NOAH's operations ask beyond their spec, and what the handles of all tags have.

use checkout_core::View;
use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::{Error, Prepared, PreparedRequest, Reply, Response, is_loopback};
use noah_client::call;
use noah_models::{IndividualCustomerInput, ManagedCustomerInput};
use serde_json::Value;
use url::Url;

use super::country;
use super::currency;
use super::generated::requests;
use super::return_hint::reserved_names_in;
use super::rules::Amounts;
use super::sessions::Order;
use super::{Managed, Noah, PayIn, Sell};
use crate::destination::NamedHosts;
use crate::handle::sends;
use crate::links::link;
use crate::operation::{CallOf, Client, Form, Output};

/// A pay-in that is ready to be sent.
pub type PreparedPayIn = Prepared<call::CreateFiatPayin>;
/// A sale that is ready to be sent.
pub type PreparedSell = Prepared<call::CreateSell>;
/// A session for payment methods that is ready to be opened.
pub type PreparedManaged = Prepared<call::CreateManagedSession>;

sends!(Noah);
#[cfg(feature = "by-id")]
crate::door::door!(Noah, super::generated::NOAH, "createFiatPayin");

/// The operations of a tag, with the rules of this client.
macro_rules! handle {
    ($(#[$meta:meta])* $client:ident.$accessor:ident: $handle:ident) => {
        crate::handle::handle! {
            $(#[$meta])*
            $client.$accessor: $handle
        }

        impl $handle {
            /// The same with other checks: see [`Noah::checks`](super::Noah::checks).
            #[must_use]
            pub fn checks(self, checks: super::Checks) -> Self {
                Self { client: self.client.checks(checks) }
            }
        }
    };
}
pub(super) use handle;

impl Client for Noah {
    const API: &'static str = "NOAH";
    const ORDER: Option<&'static str> = Some("ExternalID");

    async fn reply(&self, request: &PreparedRequest) -> Result<Reply, Error> {
        self.api.reply(request).await
    }

    fn look(&self, body: View<'_>, found: &mut Violations) {
        country::warn(body, found);
        Amounts::new(self.checks, found).check(body);
    }

    fn compares_amounts(&self) -> bool {
        self.checks.answers
    }
}

/// Checks values of components wherever they stand. The settings of the generator list these components.
impl Noah {
    /// A misspelt code would switch off the check of its decimals.
    pub(super) fn judge_fiat_currency_code(&self, code: &str, at: &At<'_>, found: &mut Violations) {
        if let Err(message) = currency::fiat_fault(code) {
            found.push(at, Rule::Pattern, message);
        }
    }

    /// A code of the wrong kind is also of the wrong environment. Only the first is reported.
    pub(super) fn judge_crypto_currency_code(&self, code: &str, at: &At<'_>, found: &mut Violations) {
        match currency::crypto_fault(code) {
            Err(message) => found.push(at, Rule::Pattern, message),
            Ok(()) => self.inner.environment.check_crypto_currency(code, at, found),
        }
    }

    /// A code of either kind.
    pub(super) fn judge_asset_id(&self, code: &str, at: &At<'_>, found: &mut Violations) {
        match (currency::fiat_fault(code), currency::crypto_fault(code)) {
            (Ok(()), _) => {}
            (Err(_), Ok(())) => self.inner.environment.check_crypto_currency(code, at, found),
            (Err(message), Err(_)) => found.push(at, Rule::Pattern, message),
        }
    }

    pub(crate) fn judge_hosted_url(&self, url: &str, at: &At<'_>, found: &mut Violations) {
        self.inner.hosted.check(url, at, found);
    }

    pub(super) fn judge_return_url(&self, url: &str, at: &At<'_>, found: &mut Violations) {
        return_url(url, &self.inner.named, at, found);
    }
}

/// NOAH's page sends the customer to this URL, so it must be an absolute https URL (seed: Create Fiat Payment). If its
/// query used NOAH's own names, these could not be told apart from what NOAH adds.
fn return_url(url: &str, named: &NamedHosts, at: &At<'_>, found: &mut Violations) {
    let may_be_plain =
        |url: &Url| is_loopback(url) || url.host_str().is_some_and(|host| named.is_plain_http(host));
    if let Err(problem) = link(url, may_be_plain) {
        let message = format!(
            "{problem}; write an https address; http is for this machine, and for hosts that are named for it"
        );
        found.push_with_setting(at, Rule::Format, message, "NoahBuilder::plain_http_host");
    }
    for name in reserved_names_in(url) {
        let message =
            format!("has a query parameter {name}, which NOAH adds itself; give yours another name");
        found.push(at, Rule::Consistency, message);
    }
}

impl CallOf<Noah> for call::CreateManagedSession {
    /// NOAH accepts a person with or without `Type`. Newer documents have only the first, so that is sent.
    fn complete(request: &mut requests::CreateManagedSession) {
        if let Some(ManagedCustomerInput::Untagged(person)) = request.body.customer.take_if(is_untagged) {
            let tagged = IndividualCustomerInput::builder()
                .full_name(person.full_name)
                .date_of_birth(person.date_of_birth)
                .identities(person.identities)
                .primary_residence(person.primary_residence)
                .build();
            request.body.customer = Some(tagged.into());
        }
    }
}

fn is_untagged(customer: &mut ManagedCustomerInput) -> bool {
    matches!(customer, ManagedCustomerInput::Untagged(_))
}

impl CallOf<Noah> for call::PrepareSellTransaction {
    fn check(_: &Noah, request: &requests::PrepareSellTransaction, found: &mut Violations) {
        let form = request.body.form.as_ref().and_then(Value::as_object);
        if form.is_some_and(|form| form.is_empty()) {
            let message = "is empty, which NOAH refuses; leave it out where there is nothing to fill in";
            found.push(&At::BODY.field("Form"), Rule::Shape, message);
        }
    }
}

/// What a success hands back instead of the answer alone.
macro_rules! output {
    ($output:ident of $call:ident: |$body:ident| $order:expr) => {
        impl Output<Noah, call::$call> for $output {
            fn of(
                _: &Noah,
                $body: &<call::$call as Form<Noah>>::Body,
                answer: Response<<call::$call as checkout_transport::Call>::Answer>,
            ) -> Result<Self, Error> {
                Ok(Self::new(answer, $order))
            }

            fn into_response(self) -> Response<<call::$call as checkout_transport::Call>::Answer> {
                self.into_response()
            }
        }
    };
}

output!(Managed of CreateManagedSession: |_body| ());
output!(Sell of CreateSell: |body| Order::new(&body.nonce, body.external_id.as_ref()));
output!(PayIn of CreateFiatPayin: |body| Order::new(&body.nonce, body.external_id.as_ref()));
