//! What NOAH's operations ask beyond their spec, and what the handles of all tags have.

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
use super::{AnswerChecks, Managed, Noah, PayIn, Sell};
use crate::destination::NamedHosts;
use crate::door::{Entry, door};
use crate::links::link;
use crate::operation::{CallOf, Client, Form, Output};

/// A pay-in that is ready to be sent.
pub type PreparedPayIn = Prepared<call::CreateFiatPayin>;
/// A sale that is ready to be sent.
pub type PreparedSell = Prepared<call::CreateSell>;
/// A session for payment methods that is ready to be opened.
pub type PreparedManaged = Prepared<call::CreateManagedSession>;

door!(Noah, "createFiatPayin");

/// The operations of a tag: a client, and what it has for all of them.
macro_rules! handle {
    ($(#[$meta:meta])* $client:ident.$accessor:ident: $handle:ident) => {
        $(#[$meta])*
        ///
        /// Cheap to clone. It has the settings of the client that it was taken from.
        #[derive(Debug, Clone)]
        pub struct $handle {
            client: $client,
        }

        impl $client {
            $(#[$meta])*
            #[must_use]
            pub fn $accessor(&self) -> $handle {
                $handle { client: self.clone() }
            }
        }

        impl $handle {
            /// The same with other time limits and repeats: see [`Noah::options`](super::Noah::options).
            ///
            /// # Errors
            /// [`ErrorKind::Configuration`](::checkout_transport::ErrorKind::Configuration) for a time limit of zero.
            pub fn options(
                self,
                options: ::checkout_transport::CallOptions,
            ) -> Result<Self, ::checkout_transport::Error> {
                Ok(Self { client: self.client.options(options)? })
            }

            /// The same with other rules for line items: see [`Noah::arithmetic`](super::Noah::arithmetic).
            #[must_use]
            pub fn arithmetic(self, checks: super::ArithmeticChecks) -> Self {
                Self { client: self.client.arithmetic(checks) }
            }

            /// The same with other rules for fractions of the smallest unit: see [`Noah::fractions`](super::Noah::fractions).
            #[must_use]
            pub fn fractions(self, checks: super::FractionChecks) -> Self {
                Self { client: self.client.fractions(checks) }
            }

            /// The same with other rules for what is answered: see [`Noah::answers`](super::Noah::answers).
            #[must_use]
            pub fn answers(self, checks: super::AnswerChecks) -> Self {
                Self { client: self.client.answers(checks) }
            }

            /// Where its requests go: one that was made for another base URL is not sent.
            #[must_use]
            pub fn base_url(&self) -> &str {
                self.client.base_url()
            }

            /// Sends a prepared request: see [`Noah::send`](super::Noah::send).
            ///
            /// # Errors
            /// Those of [`Noah::send`](super::Noah::send).
            pub async fn send<C: crate::CallOf<$client>>(
                &self,
                prepared: &::checkout_transport::Prepared<C>,
            ) -> Result<C::Output, ::checkout_transport::Error> {
                self.client.send(prepared).await
            }
        }
    };
}
pub(super) use handle;

impl Client for Noah {
    const API: &'static str = "NOAH";
    const ORDER: Option<&'static str> = Some("ExternalID");

    fn entries() -> &'static [Entry<Self>] {
        super::generated::NOAH
    }

    async fn reply(&self, request: &PreparedRequest) -> Result<Reply, Error> {
        self.api.reply(request).await
    }

    fn judge(&self, component: &str, value: &str, at: &At<'_>, found: &mut Violations) {
        match component {
            // A misspelt code would switch off the check of its decimals.
            "FiatCurrencyCode" => {
                if let Err(message) = currency::fiat_fault(value) {
                    found.push(at, Rule::Pattern, message);
                }
            }
            // A code of the wrong kind is of the wrong environment too: it is told once.
            "CryptoCurrencyCode" => match currency::crypto_fault(value) {
                Err(message) => found.push(at, Rule::Pattern, message),
                Ok(()) => self.inner.environment.check_crypto_currency(value, at, found),
            },
            "HostedURL" => self.inner.hosted.check(value, at, found),
            "ReturnURL" => return_url(value, &self.inner.named, at, found),
            _ => {}
        }
    }

    fn warn(&self, body: &Value, found: &mut Violations) {
        country::warn(body, found);
    }

    fn compares_amounts(&self) -> bool {
        self.checks.answers == AnswerChecks::Exact
    }
}

/// A customer is sent there from NOAH's page, so it is a page too (facts 5.1: absolute https URL). One whose own query
/// uses NOAH's names could not be told apart from what NOAH adds.
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
    /// NOAH takes a person with `Type` and one without; newer documents know the first alone, so that is what is sent.
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

impl CallOf<Noah> for call::CreateSell {
    fn check(on: &Noah, request: &requests::CreateSell, found: &mut Violations) {
        let body = &request.body;
        let mut amounts = Amounts::new(on.checks, found);
        amounts.fiat(body.fiat_amount, body.fiat_currency.as_str(), &body.line_items);
        amounts.crypto(body.crypto_authorized_amount, body.crypto_currency.as_str());
    }
}

impl CallOf<Noah> for call::CreateFiatPayout {
    fn check(on: &Noah, request: &requests::CreateFiatPayout, found: &mut Violations) {
        let body = &request.body;
        let mut amounts = Amounts::new(on.checks, found);
        amounts.fiat(body.fiat_amount, body.fiat_currency.as_str(), &body.line_items);
        amounts.crypto(body.crypto_authorized_amount, body.crypto_currency.as_str());
    }
}

impl CallOf<Noah> for call::CreateFiatPayin {
    fn check(on: &Noah, request: &requests::CreateFiatPayin, found: &mut Violations) {
        let body = &request.body;
        Amounts::new(on.checks, found).fiat(body.fiat_amount, body.fiat_currency.as_str(), &body.line_items);
    }
}

impl CallOf<Noah> for call::CreateBuy {
    fn check(on: &Noah, request: &requests::CreateBuy, found: &mut Violations) {
        let body = &request.body;
        Amounts::new(on.checks, found).fiat(body.fiat_amount, body.fiat_currency.as_str(), &body.line_items);
    }
}

impl CallOf<Noah> for call::CreateCryptoPayin {
    fn check(on: &Noah, request: &requests::CreateCryptoPayin, found: &mut Violations) {
        let body = &request.body;
        let currency = body.crypto_currency.as_str();
        Amounts::new(on.checks, found).crypto_of(body.crypto_amount, currency, &body.line_items);
    }
}

/// What a success hands back instead of the answer alone.
macro_rules! output {
    ($output:ident of $call:ident: |$body:ident| $($name:expr),*) => {
        impl Output<Noah, call::$call> for $output {
            fn of(
                _: &Noah,
                $body: <call::$call as Form<Noah>>::Body,
                answer: Response<<call::$call as checkout_transport::Call>::Answer>,
            ) -> Result<Self, Error> {
                Ok(Self::new(answer, $($name),*))
            }

            fn into_response(self) -> Response<<call::$call as checkout_transport::Call>::Answer> {
                self.into_response()
            }
        }
    };
}

output!(Managed of CreateManagedSession: |_body|);
output!(Sell of CreateSell: |body| body.nonce, body.external_id);
output!(PayIn of CreateFiatPayin: |body| body.nonce, body.external_id);
