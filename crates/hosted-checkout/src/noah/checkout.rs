//! Hosted sessions: what the generated call builders hand over is checked, sent, and its answer checked.

use checkout_core::validate::{At, Rule, Validate, Violations};
use checkout_core::{Operation, PositiveDecimal};
use checkout_transport::{Error, Response};
use noah_models::operations::{CREATE_FIAT_PAYIN, CREATE_MANAGED_SESSION, CREATE_SELL};
use noah_models::{CheckoutManageRequest, CheckoutPayinFiatRequest, CheckoutSellRequest, ReturnUrl};

use super::return_hint::reserved_names_in;
use super::rules::{Amounts, Checks};
use super::{ArithmeticChecks, FractionChecks, Managed, Noah, PayIn, Sell};

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
#[derive(Debug, Clone)]
pub struct Checkout {
    noah: Noah,
    checks: Checks,
}

impl Checkout {
    pub(super) fn new(noah: Noah) -> Self {
        let checks = noah.inner.checks;
        Self { noah, checks }
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

    /// `found` holds what the builder could not read.
    pub(super) async fn send_manage(
        &self,
        request: CheckoutManageRequest,
        found: Violations,
    ) -> Result<Managed, Error> {
        refuse(&CREATE_MANAGED_SESSION, &request, found)?;
        let answer = self.noah.inner.api.create_managed_session(&request).await?;
        let mut found = Violations::new();
        self.hosted_url(answer.hosted_url.as_str(), &mut found);
        Ok(Managed::new(accept(answer, found)?))
    }

    /// `found` holds what the builder could not read.
    pub(super) async fn send_sell(
        &self,
        request: CheckoutSellRequest,
        mut found: Violations,
    ) -> Result<Sell, Error> {
        self.crypto_currency(request.crypto_currency.as_str(), &mut found);
        return_url(&request.return_url, &mut found);
        let mut amounts = Amounts::new(self.checks, &mut found);
        amounts.fiat(
            request.fiat_amount,
            request.fiat_currency.as_str(),
            &request.line_items,
        );
        amounts.crypto(request.crypto_authorized_amount, request.crypto_currency.as_str());
        refuse(&CREATE_SELL, &request, found)?;

        let answer = self.noah.inner.api.create_sell(&request).await?;
        let mut compare = Comparison::at("Transaction");
        let transaction = &answer.transaction;
        compare.currency(
            "CryptoCurrency",
            transaction.crypto_currency.as_str(),
            request.crypto_currency.as_str(),
        );
        compare.optional_text(
            "CustomerID",
            transaction.customer_id.as_ref(),
            &request.customer_id,
        );
        compare.external_id(transaction.external_id.as_ref(), request.external_id.as_ref());
        compare.at_most("Amount", transaction.amount, request.crypto_authorized_amount);
        if let Some(payment) = &transaction.fiat_payment {
            compare.currency(
                "FiatPayment/FiatCurrency",
                payment.fiat_currency.as_str(),
                request.fiat_currency.as_str(),
            );
            compare.amount("FiatPayment/Amount", Some(payment.amount), request.fiat_amount);
        }
        let mut found = compare.found;
        self.hosted_url(answer.hosted_url.as_str(), &mut found);
        Ok(Sell::new(
            accept(answer, found)?,
            request.nonce,
            request.external_id,
        ))
    }

    /// `found` holds what the builder could not read.
    pub(super) async fn send_pay_in_fiat(
        &self,
        request: CheckoutPayinFiatRequest,
        mut found: Violations,
    ) -> Result<PayIn, Error> {
        self.crypto_currency(request.crypto_currency.as_str(), &mut found);
        return_url(&request.return_url, &mut found);
        Amounts::new(self.checks, &mut found).fiat(
            request.fiat_amount,
            request.fiat_currency.as_str(),
            &request.line_items,
        );
        refuse(&CREATE_FIAT_PAYIN, &request, found)?;

        let answer = self.noah.inner.api.create_fiat_payin(&request).await?;
        let mut compare = Comparison::at("CheckoutSession");
        let session = &answer.checkout_session;
        compare.currency(
            "SourceCurrency",
            session.source_currency.as_str(),
            request.fiat_currency.as_str(),
        );
        compare.currency(
            "DestinationCurrency",
            session.destination_currency.as_str(),
            request.crypto_currency.as_str(),
        );
        compare.amount("SourceAmount", session.source_amount, request.fiat_amount);
        compare.text(
            "CustomerID",
            session.customer_id.as_str(),
            request.customer_id.as_str(),
        );
        compare.external_id(session.external_id.as_ref(), request.external_id.as_ref());
        let mut found = compare.found;
        self.hosted_url(answer.hosted_url.as_str(), &mut found);
        Ok(PayIn::new(
            accept(answer, found)?,
            request.nonce,
            request.external_id,
        ))
    }

    fn crypto_currency(&self, code: &str, found: &mut Violations) {
        self.noah
            .inner
            .environment
            .check_crypto_currency(code, &At::BODY.field("CryptoCurrency"), found);
    }

    fn hosted_url(&self, url: &str, found: &mut Violations) {
        self.noah
            .inner
            .hosted
            .check(url, &At::BODY.field("HostedURL"), found);
    }
}

/// A `ReturnURL` whose own query uses NOAH's names could not be told apart from what NOAH adds.
fn return_url(url: &ReturnUrl, found: &mut Violations) {
    for name in reserved_names_in(url.as_str()) {
        let message =
            format!("has a query parameter {name}, which NOAH adds itself; give yours another name");
        found.push(&At::BODY.field("ReturnURL"), Rule::Consistency, message);
    }
}

/// The rules of the spec and what has been found before, all in one error; nothing is sent.
fn refuse(operation: &'static Operation, request: &impl Validate, found: Violations) -> Result<(), Error> {
    let mut all = Violations::new();
    request.check(&At::BODY, &mut all);
    all.extend(found);
    all.into_result()
        .map_err(|found| Error::invalid_request(operation, found))
}

fn accept<T>(answer: Response<T>, found: Violations) -> Result<Response<T>, Error> {
    match found.into_result() {
        Ok(()) => Ok(answer),
        Err(found) => Err(answer.into_mismatch(found)),
    }
}

/// Holds an answer against its request. Where the answer is silent there is nothing to compare.
struct Comparison {
    object: &'static str,
    found: Violations,
}

impl Comparison {
    const fn at(object: &'static str) -> Self {
        Self {
            object,
            found: Violations::new(),
        }
    }

    fn currency(&mut self, field: &str, answered: &str, asked: &str) {
        // What an answer holds may be anything; only what can be a currency code is repeated.
        let is_code = |text: &str| {
            text.len() <= 24
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
        };
        if answered != asked && is_code(answered) && is_code(asked) {
            self.contradiction(field, &format!("is {answered}, but {asked} was asked for"));
        } else {
            self.text(field, answered, asked);
        }
    }

    fn text(&mut self, field: &str, answered: &str, asked: &str) {
        if answered != asked {
            self.contradiction(field, "is not what was asked for");
        }
    }

    fn optional_text<T: AsRef<str>>(&mut self, field: &str, answered: Option<&T>, asked: &T) {
        if let Some(answered) = answered {
            self.text(field, answered.as_ref(), asked.as_ref());
        }
    }

    fn external_id<T: AsRef<str>>(&mut self, answered: Option<&T>, asked: Option<&T>) {
        if let (Some(answered), Some(asked)) = (answered, asked)
            && answered.as_ref() != asked.as_ref()
        {
            self.contradiction(
                "ExternalID",
                "is that of another order; has this Nonce been used before?",
            );
        }
    }

    fn amount(&mut self, field: &str, answered: Option<PositiveDecimal>, asked: PositiveDecimal) {
        if let Some(answered) = answered.filter(|answered| *answered != asked) {
            self.contradiction(field, &format!("is {answered}, but {asked} was asked for"));
        }
    }

    fn at_most(&mut self, field: &str, answered: Option<PositiveDecimal>, allowed: PositiveDecimal) {
        if let Some(answered) = answered.filter(|answered| *answered > allowed) {
            self.contradiction(
                field,
                &format!("is {answered}, but at most {allowed} was authorized"),
            );
        }
    }

    fn contradiction(&mut self, field: &str, message: &str) {
        let body = At::BODY;
        let object = body.field(self.object);
        match field.split_once('/') {
            Some((outer, inner)) => {
                self.found
                    .push(&object.field(outer).field(inner), Rule::Consistency, message);
            }
            None => self.found.push(&object.field(field), Rule::Consistency, message),
        }
    }
}
