//! Hosted sessions: what the generated call builders hand over is checked and prepared; what is sent has its answer
//! checked against the request.

use checkout_core::validate::{At, Rule, Validate, Violations};
use checkout_core::{Operation, Received};
use checkout_transport::{Call, CallOptions, Error, Prepared, Response, is_loopback};
use noah_client::{NoahApi, call};
use noah_models::{
    CheckoutManageRequest, CheckoutPayinFiatRequest, CheckoutSellRequest, CheckoutSellResponse,
    CheckoutSessionResponse, ExternalId, FiatCurrencyCode, HostedSessionResponse, HostedUrl,
    IndividualCustomerInput, ManagedCustomerInput, ReturnUrl,
};
use serde::de::DeserializeOwned;
use url::Url;

use super::comparison::Comparison;
use super::country;
use super::currency;
use super::return_hint::reserved_names_in;
use super::rules::{Amounts, Checks};
use super::{AnswerChecks, ArithmeticChecks, FractionChecks, Managed, Noah, PayIn, Sell};
use crate::destination::NamedHosts;
use crate::links::link;

/// Opens sessions on NOAH's hosted pages.
///
/// Every call is checked before anything is sent: the rules of the spec, the environment of the currency, the
/// arithmetic of the line items. What is wrong comes back all at once, each with its JSON pointer, as
/// [`ErrorKind::InvalidRequest`](checkout_transport::ErrorKind::InvalidRequest).
///
/// A required field that is left out does not compile, and the compiler names it:
///
/// ```compile_fail,E0277
/// # async fn f(noah: hosted_checkout::noah::Noah) {
/// // No `customer_id`.
/// let session = noah.checkout().manage().send().await;
/// # }
/// ```
///
/// Every answer is checked against what was asked. One that contradicts it is an
/// [`ErrorKind::Mismatch`](checkout_transport::ErrorKind::Mismatch) of unknown outcome, which holds the whole answer:
/// the session exists, and a customer who had its link could pay it. NOAH is known to open sessions in USD without a
/// word where an account lacks the currency (facts 4.3), and a used `Nonce` may answer with another order's session.
///
/// A request can be [prepared](super::CheckoutPayInFiatBuilder::prepare), stored, and [sent](Self::send) by another process:
///
/// ```no_run
/// # use hosted_checkout::noah::{Noah, PreparedPayIn, line_item};
/// # fn store(_: &str) {}
/// # fn stored() -> String { String::new() }
/// # async fn f(noah: Noah) -> Result<(), Box<dyn std::error::Error>> {
/// let pay_in = noah
///     .checkout()
///     .pay_in_fiat()
///     .customer_id("customer-1")
///     .payment_method_category("Card")
///     .fiat_currency("USD")
///     .fiat_amount("10.10")
///     .crypto_currency("USDC_TEST")
///     .return_url("https://shop.example/done")
///     .line_items([line_item("Coffee beans", 2, "5.05")])
///     .prepare()?;
/// store(&serde_json::to_string(&pay_in)?);
/// let session = noah.checkout().send(&pay_in).await?;
///
/// // After a crash anywhere above: the same request, with the same Nonce, so that nobody pays twice.
/// let pay_in: PreparedPayIn = serde_json::from_str(&stored())?;
/// let session = noah.checkout().send(&pay_in).await?;
/// # Ok(())
/// # }
/// ```
///
/// An error of a pay-in or sale that may have been sent names the `Nonce`
/// ([`idempotency_key`](checkout_transport::Error::idempotency_key)) and the `ExternalID`
/// ([`details`](checkout_transport::Error::details)) of its request, given or made, and holds the request
/// ([`prepared`](checkout_transport::Error::prepared)).
#[derive(Debug, Clone)]
pub struct Checkout {
    noah: Noah,
    api: NoahApi,
    checks: Checks,
}

/// A pay-in that is ready to be sent.
pub type PreparedPayIn = Prepared<call::CreateFiatPayin>;
/// A sale that is ready to be sent.
pub type PreparedSell = Prepared<call::CreateSell>;
/// A session for payment methods that is ready to be opened.
pub type PreparedManaged = Prepared<call::CreateManagedSession>;

/// An operation that opens a session.
pub trait SessionCall: Call + sealed::Sealed {
    /// What it opens.
    type Session;
    #[doc(hidden)]
    type Request: DeserializeOwned;

    /// Holds the answer against what was asked.
    #[doc(hidden)]
    fn accept(
        checkout: &Checkout,
        request: Self::Request,
        answer: Response<Self::Answer>,
    ) -> Result<Self::Session, Error>;

    #[doc(hidden)]
    fn external_id(request: &Self::Request) -> Option<&ExternalId>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for noah_client::call::CreateManagedSession {}
    impl Sealed for noah_client::call::CreateSell {}
    impl Sealed for noah_client::call::CreateFiatPayin {}
}

impl Checkout {
    pub(super) fn new(noah: Noah) -> Self {
        let (api, checks) = (noah.inner.api.clone(), noah.inner.checks);
        Self { noah, api, checks }
    }

    /// The same with other time limits and repeats.
    ///
    /// ```no_run
    /// # use hosted_checkout::noah::Noah;
    /// # use hosted_checkout::{CallOptions, Timeouts};
    /// # fn f(noah: Noah) -> Result<(), hosted_checkout::Error> {
    /// let hasty = Timeouts::DEFAULT.with_total(std::time::Duration::from_secs(5));
    /// let checkout = noah.checkout().options(CallOptions::DEFAULT.timeouts(hasty).attempts(2))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration) for a time limit of zero.
    pub fn options(mut self, options: CallOptions) -> Result<Self, Error> {
        self.api = self.api.with_options(options)?;
        Ok(self)
    }

    /// Where its requests go: one that was made for another base URL is not sent.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.api.base_url()
    }

    /// Sends a prepared request, just made or read from storage, and reads the answer: one that does not fit is an error.
    ///
    /// # Errors
    /// The request was made for another environment or is too old, or the call fails; [`Error::outcome`] says what that
    /// means for the money, over all attempts of this request.
    pub async fn send<C: SessionCall>(&self, prepared: &Prepared<C>) -> Result<C::Session, Error> {
        let request: C::Request = serde_json::from_slice(prepared.body()).map_err(|_| {
            prepared.unsendable("the request cannot be read by this version, so that its answer could not be checked; send it by api()")
        })?;
        let id = C::external_id(&request).cloned();
        let named = |error: Error| match &id {
            Some(id) => error.with_detail("ExternalID", id.as_str()),
            None => error,
        };
        let answer = self.api.send(prepared).await.map_err(named)?;
        C::accept(self, request, answer).map_err(named)
    }

    /// The same with other rules for line items.
    ///
    /// ```no_run
    /// # use hosted_checkout::noah::{ArithmeticChecks, Noah};
    /// # fn f(noah: Noah) {
    /// let with_discounts = noah.checkout().arithmetic(ArithmeticChecks::Off);
    /// # }
    /// ```
    #[must_use]
    pub const fn arithmetic(mut self, checks: ArithmeticChecks) -> Self {
        self.checks.arithmetic = checks;
        self
    }

    /// The same with other rules for fractions of the smallest unit.
    #[must_use]
    pub const fn fractions(mut self, checks: FractionChecks) -> Self {
        self.checks.fractions = checks;
        self
    }

    /// The same with other rules for what is answered.
    #[must_use]
    pub const fn answers(mut self, checks: AnswerChecks) -> Self {
        self.checks.answers = checks;
        self
    }

    /// `found` holds what the builder could not read.
    pub(super) fn prepare_manage(
        &self,
        mut request: CheckoutManageRequest,
        found: Violations,
    ) -> Result<PreparedManaged, Error> {
        request.customer = request.customer.map(tagged);
        refuse(call::CreateManagedSession::operation(), &request, found)?;
        let warnings = country::warnings(request.customer.as_ref());
        let prepared = self.api.prepare_create_managed_session(&request)?;
        Ok(prepared.with_warnings(warnings))
    }

    /// `found` holds what the builder could not read.
    pub(super) fn prepare_sell(
        &self,
        request: CheckoutSellRequest,
        mut found: Violations,
    ) -> Result<PreparedSell, Error> {
        Self::fiat_currency(&request.fiat_currency, &mut found);
        self.crypto_currency(request.crypto_currency.as_str(), &mut found);
        return_url(&request.return_url, &self.noah.inner.named, &mut found);
        let mut amounts = Amounts::new(self.checks, &mut found);
        amounts.fiat(
            request.fiat_amount,
            request.fiat_currency.as_str(),
            &request.line_items,
        );
        amounts.crypto(request.crypto_authorized_amount, request.crypto_currency.as_str());
        refuse(call::CreateSell::operation(), &request, found)?;
        let warnings = country::warnings(request.customer.as_ref());
        let prepared = self.api.prepare_create_sell(&request)?;
        Ok(prepared.with_warnings(warnings))
    }

    /// `found` holds what the builder could not read.
    pub(super) fn prepare_pay_in_fiat(
        &self,
        request: CheckoutPayinFiatRequest,
        mut found: Violations,
    ) -> Result<PreparedPayIn, Error> {
        Self::fiat_currency(&request.fiat_currency, &mut found);
        self.crypto_currency(request.crypto_currency.as_str(), &mut found);
        return_url(&request.return_url, &self.noah.inner.named, &mut found);
        Amounts::new(self.checks, &mut found).fiat(
            request.fiat_amount,
            request.fiat_currency.as_str(),
            &request.line_items,
        );
        refuse(call::CreateFiatPayin::operation(), &request, found)?;
        let warnings = country::warnings(request.customer.as_ref());
        let prepared = self.api.prepare_create_fiat_payin(&request)?;
        Ok(prepared.with_warnings(warnings))
    }

    /// A misspelt code would switch off the check of its decimals.
    fn fiat_currency(code: &FiatCurrencyCode, found: &mut Violations) {
        if let Err(message) = currency::fiat_fault(code.as_str()) {
            found.push(&At::BODY.field("FiatCurrency"), Rule::Pattern, message);
        }
    }

    /// A code of the wrong kind is of the wrong environment too: it is told once.
    fn crypto_currency(&self, code: &str, found: &mut Violations) {
        let at = At::BODY;
        let at = at.field("CryptoCurrency");
        match currency::crypto_fault(code) {
            Err(message) => found.push(&at, Rule::Pattern, message),
            Ok(()) => self
                .noah
                .inner
                .environment
                .check_crypto_currency(code, &at, found),
        }
    }

    fn hosted_url(&self, url: &Received<HostedUrl>, found: &mut Violations) {
        let at = &At::BODY.field("HostedURL");
        match url {
            Received::Value(url) => self.noah.inner.hosted.check(url.as_str(), at, found),
            Received::Unreadable(what) => {
                let message = format!("cannot be read, so there is no link: {}", what.error());
                found.push(at, Rule::Format, message);
            }
            Received::Absent => found.push(at, Rule::Format, "is missing, so there is no link"),
        }
    }
}

/// A customer is sent there from NOAH's page, so it is a page too (facts 5.1: absolute https URL). One whose own query
/// uses NOAH's names could not be told apart from what NOAH adds.
fn return_url(url: &ReturnUrl, named: &NamedHosts, found: &mut Violations) {
    let may_be_plain =
        |url: &Url| is_loopback(url) || url.host_str().is_some_and(|host| named.is_plain_http(host));
    if let Err(problem) = link(url.as_str(), may_be_plain) {
        let message = format!(
            "{problem}; write an https address; http is for this machine, and for hosts that are named for it"
        );
        let at = At::BODY.field("ReturnURL");
        found.push_with_setting(&at, Rule::Format, message, "NoahBuilder::plain_http_host");
    }
    for name in reserved_names_in(url.as_str()) {
        let message =
            format!("has a query parameter {name}, which NOAH adds itself; give yours another name");
        found.push(&At::BODY.field("ReturnURL"), Rule::Consistency, message);
    }
}

/// NOAH takes a person with `Type` and one without; newer documents know the first alone, so that is what is sent.
fn tagged(customer: ManagedCustomerInput) -> ManagedCustomerInput {
    let ManagedCustomerInput::Untagged(person) = customer else {
        return customer;
    };
    IndividualCustomerInput::builder()
        .full_name(person.full_name)
        .date_of_birth(person.date_of_birth)
        .identities(person.identities)
        .primary_residence(person.primary_residence)
        .build()
        .into()
}

/// The rules of the spec and what has been found before, all in one error; nothing is sent.
fn refuse(operation: &'static Operation, request: &impl Validate, found: Violations) -> Result<(), Error> {
    let mut all = Violations::new();
    request.check(&At::BODY, &mut all);
    all.extend(found);
    all.into_result()
        .map(drop)
        .map_err(|found| Error::invalid_request(operation, found))
}

impl SessionCall for call::CreateManagedSession {
    type Session = Managed;
    type Request = CheckoutManageRequest;

    fn accept(
        checkout: &Checkout,
        _: CheckoutManageRequest,
        answer: Response<HostedSessionResponse>,
    ) -> Result<Managed, Error> {
        let mut found = Violations::new();
        checkout.hosted_url(&answer.hosted_url, &mut found);
        accept(answer, found).map(Managed::new)
    }

    fn external_id(_: &CheckoutManageRequest) -> Option<&ExternalId> {
        None
    }
}

impl SessionCall for call::CreateSell {
    type Session = Sell;
    type Request = CheckoutSellRequest;

    fn accept(
        checkout: &Checkout,
        request: CheckoutSellRequest,
        answer: Response<CheckoutSellResponse>,
    ) -> Result<Sell, Error> {
        let mut compare = Comparison::at("Transaction", checkout.checks.answers);
        if let Some(transaction) = compare.object(&answer.transaction) {
            compare.currency(
                "CryptoCurrency",
                &transaction.crypto_currency,
                request.crypto_currency.as_str(),
            );
            compare.text("CustomerID", &transaction.customer_id, &request.customer_id);
            compare.external_id(&transaction.external_id, request.external_id.as_ref());
            compare.at_most("Amount", &transaction.amount, request.crypto_authorized_amount);
            if let Some(payment) = compare.read("FiatPayment", &transaction.fiat_payment) {
                let currency = request.fiat_currency.as_str();
                compare.currency("FiatPayment/FiatCurrency", &payment.fiat_currency, currency);
                compare.amount("FiatPayment/Amount", &payment.amount, request.fiat_amount);
            }
        }
        let mut found = compare.into_violations();
        checkout.hosted_url(&answer.hosted_url, &mut found);
        let answer = accept(answer, found)?;
        Ok(Sell::new(answer, request.nonce, request.external_id))
    }

    fn external_id(request: &CheckoutSellRequest) -> Option<&ExternalId> {
        request.external_id.as_ref()
    }
}

impl SessionCall for call::CreateFiatPayin {
    type Session = PayIn;
    type Request = CheckoutPayinFiatRequest;

    fn accept(
        checkout: &Checkout,
        request: CheckoutPayinFiatRequest,
        answer: Response<CheckoutSessionResponse>,
    ) -> Result<PayIn, Error> {
        let mut compare = Comparison::at("CheckoutSession", checkout.checks.answers);
        if let Some(session) = compare.object(&answer.checkout_session) {
            let (fiat, crypto) = (&request.fiat_currency, &request.crypto_currency);
            compare.currency("SourceCurrency", &session.source_currency, fiat.as_str());
            compare.currency(
                "DestinationCurrency",
                &session.destination_currency,
                crypto.as_str(),
            );
            compare.amount("SourceAmount", &session.source_amount, request.fiat_amount);
            compare.text("CustomerID", &session.customer_id, &request.customer_id);
            compare.external_id(&session.external_id, request.external_id.as_ref());
        }
        let mut found = compare.into_violations();
        checkout.hosted_url(&answer.hosted_url, &mut found);
        let answer = accept(answer, found)?;
        Ok(PayIn::new(answer, request.nonce, request.external_id))
    }

    fn external_id(request: &CheckoutPayinFiatRequest) -> Option<&ExternalId> {
        request.external_id.as_ref()
    }
}

fn accept<T>(answer: Response<T>, found: Violations) -> Result<Response<T>, Error> {
    match found.into_result() {
        Ok(_) => Ok(answer),
        Err(found) => Err(answer.into_mismatch(found)),
    }
}
