//! A sale that is prepared step by step, and then made.

use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{Json, PositiveDecimal, Received, Validate as _};
use checkout_transport::{Call as _, Error, Prepared, Response};
use noah_client::call;
use noah_models::{
    ExternalId, FormSessionId, NextStep, NextStepType, Nonce, PrepareSellRequest, PrepareSellResponse,
    SellRequest, SellResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::generated::requests;
use super::generated::transactions_prepare_sell_builder::IsComplete;
use super::{Noah, Transactions, TransactionsPrepareSellBuilder};
use crate::operation::{prepare, sent_body};

/// The state of a sale that is being prepared. Store it after each call (`Serialize`), so that the sale can go on
/// after a restart. It may hold what the payee's bank said, so keep it like other data of persons. The example
/// `payout` goes through it.
///
/// ```no_run
/// use hosted_checkout::noah::{NextStepType, Sale, Transactions};
/// # fn filled_in(_: Option<&hosted_checkout::Json>) -> serde_json::Value { serde_json::json!({}) }
///
/// # async fn f(on: Transactions, sale: Sale) -> Result<Sale, Box<dyn std::error::Error>> {
/// # Ok(
/// match &sale {
///     Sale::Ready(ready) => {
///         let sold = ready.sell(&on).await?;
///         sale
///     }
///     Sale::Step(step) => match step.kind() {
///         Some(NextStepType::Ack) => step.confirm(&on).await?, // once somebody has seen step.schema()
///         Some(NextStepType::DataEntry) => step.fill(&on, filled_in(step.schema())).await?,
///         other => return Err(format!("{:?}, {other:?}: for a person", step.id()).into()),
///     },
/// }
/// # )
/// # }
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[must_use]
#[expect(clippy::large_enum_variant, reason = "one is held at a time")]
pub enum Sale {
    /// Something is left to do.
    Step(SaleStep),
    /// Nothing is left but to sell.
    Ready(ReadySale),
}

/// A step that is left before a sale. Each of its calls can be made again: they all lead to the one sale that was begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SaleStep {
    /// Without a form: each step has its own.
    request: PrepareSellRequest,
    external_id: ExternalId,
    /// The `Nonce` of the sale, so that repeating a step makes no second sale.
    nonce: Nonce,
    step: NextStep,
}

/// A prepared sale: its cost, and its request. The finished bytes of the request are stored, so that a repeat cannot
/// sell twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadySale {
    request: Prepared<call::SellTransaction>,
    crypto_authorized_amount: PositiveDecimal,
    total_fee: Option<PositiveDecimal>,
}

impl<S: IsComplete> TransactionsPrepareSellBuilder<S> {
    /// Begins a sale: see [`Transactions::begin`].
    ///
    /// # Errors
    /// The request breaks a rule, or those of [`Transactions::begin`].
    pub async fn begin(self, external_id: impl Into<ExternalId>) -> Result<Sale, Error> {
        let (on, made) = self.finish()?;
        on.begin(&made.prepared, external_id).await
    }
}

impl Transactions {
    /// Begins a sale, and gives the first step that is left, or the sale. Its `ExternalID` is the business's own reference, by which
    /// its webhooks come and [`reconcile`](Self::reconcile) finds it. Each call begins a sale of its own: one goes on from what it gave.
    ///
    /// With feature `forms` a `Form` is first held against the channel's own schema, which is fetched: one that does not fit is told
    /// field by field, and not sent.
    ///
    /// # Errors
    /// Those of the calls; the form does not fit; or the answer's step cannot be read, or there is neither a step nor an amount. No money
    /// has moved.
    pub async fn begin(
        &self,
        prepared: &Prepared<call::PrepareSellTransaction>,
        external_id: impl Into<ExternalId>,
    ) -> Result<Sale, Error> {
        #[cfg(feature = "forms")]
        {
            let request = sent_body::<Noah, call::PrepareSellTransaction>(prepared)?;
            if let Some(form) = &request.form {
                let of_channel = self.client.channels().get_form().channel_id(request.channel_id);
                let of_customer = of_channel.maybe_customer_id(request.customer_id);
                let asked = of_customer.maybe_payment_method_id(request.payment_method_id);
                check(asked.send().await?.form_schema.value(), form, false)?;
            }
        }
        self.begin_with_unchecked_form(prepared, external_id).await
    }

    /// As [`begin`](Self::begin), and leaves it to NOAH to check the form.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin).
    pub async fn begin_with_unchecked_form(
        &self,
        prepared: &Prepared<call::PrepareSellTransaction>,
        external_id: impl Into<ExternalId>,
    ) -> Result<Sale, Error> {
        let external_id = external_id.into();
        let mut wrong = Violations::new();
        external_id.check(&At::parameter("ExternalID"), &mut wrong);
        let refused = |wrong| Error::invalid_request(call::SellTransaction::operation(), wrong);
        wrong.into_result().map_err(refused)?;
        self.go_on(prepared, external_id, crate::fresh_id().into()).await
    }

    async fn go_on(
        &self,
        prepared: &Prepared<call::PrepareSellTransaction>,
        external_id: ExternalId,
        nonce: Nonce,
    ) -> Result<Sale, Error> {
        let answer = self.send(prepared).await?;
        let mut request = sent_body::<Noah, call::PrepareSellTransaction>(prepared)?;
        match left(&answer) {
            Ok(Left::Step(session, step)) => {
                request.form = None;
                request.form_session_id = Some(session.clone());
                Ok(Sale::Step(SaleStep {
                    request,
                    external_id,
                    nonce,
                    step: step.clone(),
                }))
            }
            Ok(Left::Sale(session, amount)) => {
                let body = SellRequest::builder()
                    .crypto_currency(request.crypto_currency)
                    .fiat_amount(request.fiat_amount)
                    .crypto_authorized_amount(amount)
                    .form_session_id(session.clone())
                    .external_id(external_id)
                    .nonce(nonce)
                    .build();
                let sale = requests::SellTransaction { body };
                Ok(Sale::Ready(ReadySale {
                    request: prepare(&self.client, sale, Violations::new())?,
                    crypto_authorized_amount: amount,
                    total_fee: answer.total_fee.value().copied(),
                }))
            }
            Err(found) => Err(answer.into_mismatch(found)),
        }
    }
}

/// Holds a form against its schema, if it has one. A schema that cannot be used is told: nobody would notice that nothing is checked.
#[cfg(feature = "forms")]
fn check(schema: Option<&Json>, form: &Value, is_personal: bool) -> Result<(), Error> {
    use checkout_core::schema::FormSchema;

    let Some(schema) = schema else {
        return Ok(());
    };
    let mut found = Violations::new();
    match FormSchema::new(&schema.to_value(), is_personal) {
        Ok(schema) => {
            for violation in &schema.violations(form) {
                let place = format!("/Form{}", violation.pointer);
                found.push(&At::parameter(&place), violation.rule, violation.message.clone());
            }
        }
        Err(error) => {
            let message = format!("cannot be checked, for its schema {error}");
            let unchecked = "begin_with_unchecked_form, fill_unchecked_form";
            found.push_with_setting(&At::BODY.field("Form"), Rule::Shape, message, unchecked);
        }
    }
    let refused = |found| Error::invalid_request(call::PrepareSellTransaction::operation(), found);
    found.into_result().map(drop).map_err(refused)
}

/// What an answer leaves to do.
enum Left<'a> {
    Step(&'a FormSessionId, &'a NextStep),
    /// For so much crypto at most.
    Sale(&'a FormSessionId, PositiveDecimal),
}

fn left(answer: &PrepareSellResponse) -> Result<Left<'_>, Violations> {
    let fault = |field, message| {
        let mut found = Violations::new();
        found.push(&At::BODY.field(field), Rule::Shape, message);
        Err(found)
    };
    let Some(session) = answer.form_session_id.value() else {
        return fault("FormSessionID", "cannot be read, so that the sale cannot go on");
    };
    match (&answer.next_step, answer.crypto_authorized_amount.value()) {
        // A step that cannot be read does not count as done.
        (Received::Unreadable(_), _) => fault(
            "NextStep",
            "cannot be read, so that nobody knows what is left to do",
        ),
        (Received::Value(step), _) => Ok(Left::Step(session, step)),
        (Received::Absent, Some(amount)) => Ok(Left::Sale(session, *amount)),
        (Received::Absent, None) => fault(
            "CryptoAuthorizedAmount",
            "is no amount, so that there is nothing to sell for",
        ),
    }
}

impl SaleStep {
    /// Which step: `Cob` is the confirmation of the payee.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.step.step_id.text()
    }

    /// Whether something is to be confirmed or filled in. A kind that this version does not know is `Unknown`, and can be done all the
    /// same.
    #[must_use]
    pub const fn kind(&self) -> Option<&NextStepType> {
        self.step.step_type.value()
    }

    /// What it is about, as a JSON Schema. It may show what the payee's bank said.
    #[must_use]
    pub const fn schema(&self) -> Option<&Json> {
        self.step.schema.value()
    }

    /// Says that what is shown is confirmed.
    ///
    /// # Errors
    /// Those of [`begin`](Transactions::begin).
    pub async fn confirm(&self, on: &Transactions) -> Result<Sale, Error> {
        self.again(on, None).await
    }

    /// Fills in what is asked for. With feature `forms` the form is first held against the step's own schema.
    ///
    /// # Errors
    /// Those of [`begin`](Transactions::begin).
    pub async fn fill(&self, on: &Transactions, form: Value) -> Result<Sale, Error> {
        #[cfg(feature = "forms")]
        check(self.schema(), &form, true)?;
        self.fill_unchecked_form(on, form).await
    }

    /// As [`fill`](Self::fill), and leaves it to NOAH to check the form.
    ///
    /// # Errors
    /// Those of [`begin`](Transactions::begin).
    pub async fn fill_unchecked_form(&self, on: &Transactions, form: Value) -> Result<Sale, Error> {
        self.again(on, Some(form)).await
    }

    /// The request that says so, or that fills in the form, checked by its own rules and not sent yet.
    ///
    /// # Errors
    /// The request breaks a rule; all of them are told, each with its place.
    pub fn prepare(
        &self,
        on: &Transactions,
        form: Option<Value>,
    ) -> Result<Prepared<call::PrepareSellTransaction>, Error> {
        let mut body = self.request.clone();
        body.form = form;
        let request = requests::PrepareSellTransaction { body };
        prepare(&on.client, request, Violations::new())
    }

    async fn again(&self, on: &Transactions, form: Option<Value>) -> Result<Sale, Error> {
        let prepared = self.prepare(on, form)?;
        on.go_on(&prepared, self.external_id.clone(), self.nonce.clone())
            .await
    }
}

impl ReadySale {
    /// The most crypto that is charged.
    #[must_use]
    pub const fn crypto_authorized_amount(&self) -> PositiveDecimal {
        self.crypto_authorized_amount
    }

    /// All fees, in units of the channel's currency, where NOAH told them.
    #[must_use]
    pub const fn total_fee(&self) -> Option<PositiveDecimal> {
        self.total_fee
    }

    /// The request of the sale. [`idempotency_key`](checkout_transport::PreparedRequest::idempotency_key) is the `Nonce` by which NOAH
    /// knows a repeat.
    #[must_use]
    pub const fn request(&self) -> &Prepared<call::SellTransaction> {
        &self.request
    }

    /// Sells. However often it is called, also of a sale that was read from storage, it is the same request, and NOAH sells once.
    ///
    /// # Errors
    /// The call fails, or the request is older than NOAH is sure to know its `Nonce`: [`Error::outcome`] says what that means for the
    /// money. After a refusal begin anew.
    pub async fn sell(&self, on: &Transactions) -> Result<Response<SellResponse>, Error> {
        on.send(&self.request).await
    }
}
