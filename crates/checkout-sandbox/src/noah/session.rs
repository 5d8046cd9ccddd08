//! The three kinds of session and how they end.
//!
//! What is posted when, by NOAH's documents (facts: webhooks); what they leave open is the sandbox's choice:
//! - A pay-in posts its `CheckoutSession` when it opens. By bank or identifier, ending it brings a `FiatDeposit`
//!   (`Pending`, then its end); settled, or paid by card, also a `Transaction` in (`Pending`, then its end); at last the
//!   `CheckoutSession`. A failed deposit carries the refund that begins.
//! - A sale posts its `Transaction` out when it opens and when it ends.
//! - A session that manages payment methods posts nothing and has no end.

use std::time::SystemTime;

use checkout_core::PositiveDecimal;
use checkout_core::time::Timestamp;
use noah_models::{
    AssetId, CheckoutPayinFiatRequest, CheckoutSellRequest, CheckoutSession, CheckoutSessionId,
    CheckoutSessionStatus, CheckoutSessionType, CustomerId, EventType, FiatAmount, FiatDeposit,
    FiatDepositStatus, FiatPayment, FiatPaymentMethodBankDisplay, FiatPaymentMethodIdentifierDisplay,
    FiatPaymentRefund, FiatPaymentStatus, LineItem, Network, PaymentMethodCategory,
    PaymentMethodDisplayDetails, PaymentMethodId, PaymentMethodIdentifierType, PaymentMethodType,
    SenderPaymentMethod, Transaction, TransactionDirection, TransactionId, TransactionStatus,
};
use serde::Serialize;
use uuid::Uuid;

use super::courier::Event;
use super::ledger::Entry;
use super::price::Price;
use crate::time::timestamp;

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Outcome {
    /// Paid.
    Settled,
    /// Not paid; what was paid goes back.
    Failed,
}

/// Why a session cannot be ended as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// No session has this id.
    #[error("session not found: a pay-in goes by its CheckoutSessionID, a sale by its transaction's ID")]
    Unknown,
    /// The session manages payment methods: nothing is paid in it.
    #[error("session has nothing to pay: it manages payment methods")]
    NothingToPay,
    /// The session has ended the other way.
    #[error("session has already ended as {0:?}, which is final")]
    Final(Outcome),
}

/// A session of any kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Session {
    Managed { id: String, customer_id: CustomerId },
    Payin(Box<Payin>),
    Sale(Box<Sale>),
}

/// A pay-in, in fiat money.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Payin {
    id: String,
    request: CheckoutPayinFiatRequest,
    crypto_amount: Option<PositiveDecimal>,
    created: Timestamp,
    outcome: Option<Outcome>,
}

/// A sale of crypto.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sale {
    id: String,
    request: CheckoutSellRequest,
    crypto_amount: Option<PositiveDecimal>,
    created: Timestamp,
    outcome: Option<Outcome>,
}

/// What an end brings about.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) events: Vec<Event>,
    /// The ledger's entry, if money was paid.
    pub(crate) entry: Option<Entry>,
}

impl Session {
    /// What `end` is asked for by.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Managed { id, .. } => id,
            Self::Payin(payin) => &payin.id,
            Self::Sale(sale) => &sale.id,
        }
    }

    /// How it ended, if it has.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Managed { .. } => None,
            Self::Payin(payin) => payin.outcome,
            Self::Sale(sale) => sale.outcome,
        }
    }

    /// Where the browser goes at the end, with NOAH's three query parameters added to the shop's own.
    pub(crate) fn return_url(&self) -> Option<String> {
        let (url, external_id, id) = match self {
            Self::Managed { .. } => return None,
            Self::Payin(payin) => (&payin.request.return_url, &payin.request.external_id, &payin.id),
            Self::Sale(sale) => (&sale.request.return_url, &sale.request.external_id, &sale.id),
        };
        let mut url = url::Url::parse(url.as_str()).ok()?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("CheckoutSessionID", id);
            if let Some(external_id) = external_id {
                query.append_pair("ExternalID", external_id.as_str());
            }
            query.append_pair("Status", status_text(self.outcome()));
        }
        Some(url.into())
    }

    /// Ends the session; `None` if it had ended this way before.
    pub(crate) fn end(
        &mut self,
        outcome: Outcome,
        now: SystemTime,
    ) -> Result<Option<Change>, TransitionError> {
        match self {
            Self::Managed { .. } => Err(TransitionError::NothingToPay),
            Self::Payin(payin) => {
                Ok(decide(&mut payin.outcome, outcome)?.then(|| payin.ended(outcome, &timestamp(now))))
            }
            Self::Sale(sale) => {
                Ok(decide(&mut sale.outcome, outcome)?.then(|| sale.ended(outcome, &timestamp(now))))
            }
        }
    }
}

/// `Pending`, `Settled` or `Failed`.
pub(crate) const fn status_text(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        None => "Pending",
        Some(Outcome::Settled) => "Settled",
        Some(Outcome::Failed) => "Failed",
    }
}

/// Whether this is the change from `Pending`.
fn decide(current: &mut Option<Outcome>, outcome: Outcome) -> Result<bool, TransitionError> {
    match *current {
        None => {
            *current = Some(outcome);
            Ok(true)
        }
        Some(same) if same == outcome => Ok(false),
        Some(other) => Err(TransitionError::Final(other)),
    }
}

impl Payin {
    pub(crate) fn new(request: CheckoutPayinFiatRequest, now: SystemTime) -> Self {
        let price = Price::of(&request.crypto_currency);
        Self {
            id: Uuid::new_v4().to_string(),
            crypto_amount: price.and_then(|price| price.crypto_for(request.fiat_amount)),
            created: timestamp(now),
            outcome: None,
            request,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The session as NOAH shows it.
    pub(crate) fn checkout_session(&self) -> CheckoutSession {
        let request = &self.request;
        CheckoutSession::builder()
            .checkout_session_id(CheckoutSessionId::from(self.id.as_str()))
            .payment_method_category(request.payment_method_category.clone())
            .source_currency(AssetId::from(request.fiat_currency.as_str()))
            .destination_currency(AssetId::from(request.crypto_currency.as_str()))
            .source_amount(request.fiat_amount)
            .maybe_destination_amount(self.crypto_amount)
            .status(CheckoutSessionStatus::from(status_text(self.outcome)))
            .maybe_external_id(request.external_id.clone())
            .customer_id(request.customer_id.clone())
            .return_url(request.return_url.clone())
            .line_items(request.line_items.clone())
            .type_(CheckoutSessionType::PayinFiat)
            .created(self.created.clone())
            .build()
    }

    /// What is posted when it opens.
    pub(crate) fn opened(&self) -> Vec<Event> {
        vec![event(EventType::CheckoutSession, &self.checkout_session())]
    }

    fn ended(&self, outcome: Outcome, now: &Timestamp) -> Change {
        let mut events = Vec::new();
        let deposit_id = self.deposit_type().map(|payment_method_type| {
            let pending = self.deposit(payment_method_type, now);
            let ended = end_of_deposit(pending.clone(), outcome, now);
            events.push(event(EventType::FiatDeposit, &pending));
            events.push(event(EventType::FiatDeposit, &ended));
            pending.id
        });
        // A deposit that fails its screening is refunded and never becomes a transaction.
        let transaction =
            (deposit_id.is_none() || outcome == Outcome::Settled).then(|| self.transaction(deposit_id, now));
        if let Some(pending) = &transaction {
            let mut ended = pending.clone();
            ended.status = transaction_status(outcome);
            events.push(event(EventType::Transaction, pending));
            events.push(event(EventType::Transaction, &ended));
        }
        events.push(event(EventType::CheckoutSession, &self.checkout_session()));
        let entry = transaction
            .filter(|_| outcome == Outcome::Settled)
            .map(|transaction| self.entry(transaction.id, now));
        Change { events, entry }
    }

    fn transaction(&self, deposit_id: Option<String>, now: &Timestamp) -> Transaction {
        let request = &self.request;
        let fiat_payment = FiatPayment::builder()
            .amount(request.fiat_amount)
            .fee_amount(PositiveDecimal::from(0_u8))
            .maybe_rate(Price::of(&request.crypto_currency).map(|price| price.rate))
            .fiat_currency(request.fiat_currency.clone())
            .maybe_fiat_deposit_id(deposit_id)
            .build();
        Transaction::builder()
            .id(TransactionId::from(Uuid::new_v4().to_string()))
            .network(Network::OffNetwork)
            .created(now.clone())
            .status(TransactionStatus::Pending)
            .direction(TransactionDirection::In)
            .customer_id(request.customer_id.clone())
            .maybe_external_id(request.external_id.clone())
            .maybe_amount(self.crypto_amount)
            .crypto_currency(request.crypto_currency.clone())
            .fiat_payment(fiat_payment)
            .build()
    }

    /// The rail of the deposit; `None` for what is not a deposit, such as a card payment.
    fn deposit_type(&self) -> Option<PaymentMethodType> {
        match self.request.payment_method_category {
            PaymentMethodCategory::Bank => Some(match self.request.fiat_currency.as_str() {
                "EUR" => PaymentMethodType::BankSepa,
                "USD" => PaymentMethodType::BankFedwire,
                _ => PaymentMethodType::BankLocal,
            }),
            PaymentMethodCategory::Identifier => Some(PaymentMethodType::IdentifierPix),
            _ => None,
        }
    }

    fn deposit(&self, payment_method_type: PaymentMethodType, now: &Timestamp) -> FiatDeposit {
        let request = &self.request;
        let (details, method_id) = sender_details(&payment_method_type, request.fiat_currency.as_str());
        FiatDeposit::builder()
            .id(Uuid::new_v4().to_string())
            .created(now.clone())
            .fiat_amount(request.fiat_amount)
            .fiat_currency(request.fiat_currency.clone())
            .maybe_reference(request.external_id.as_ref().map(|id| id.as_str().to_owned()))
            .status(FiatDepositStatus::Pending)
            .customer_id(request.customer_id.clone())
            .payment_method_id(PaymentMethodId::from(method_id))
            .payment_method_type(payment_method_type)
            .sender(
                SenderPaymentMethod::builder()
                    .full_name("Sandbox Payer")
                    .details(details)
                    .build(),
            )
            .refunds(Vec::new())
            .build()
    }

    fn entry(&self, transaction_id: TransactionId, now: &Timestamp) -> Entry {
        let request = &self.request;
        Entry {
            session_id: self.id.clone(),
            transaction_id,
            direction: TransactionDirection::In,
            fiat_amount: request.fiat_amount,
            fiat_currency: request.fiat_currency.clone(),
            crypto_amount: self.crypto_amount,
            crypto_currency: request.crypto_currency.clone(),
            customer_id: request.customer_id.clone(),
            external_id: request.external_id.clone(),
            settled: now.clone(),
        }
    }
}

impl Sale {
    pub(crate) fn new(request: CheckoutSellRequest, now: SystemTime) -> Self {
        let price = Price::of(&request.crypto_currency);
        Self {
            id: Uuid::new_v4().to_string(),
            crypto_amount: price.and_then(|price| price.crypto_for(request.fiat_amount)),
            created: timestamp(now),
            outcome: None,
            request,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) const fn request(&self) -> &CheckoutSellRequest {
        &self.request
    }

    /// The crypto that the sale costs, if the sandbox has a price for it.
    pub(crate) const fn crypto_amount(&self) -> Option<&PositiveDecimal> {
        self.crypto_amount.as_ref()
    }

    /// The transaction as NOAH shows it.
    pub(crate) fn transaction(&self) -> Transaction {
        let request = &self.request;
        let fiat_payment = FiatPayment::builder()
            .amount(request.fiat_amount)
            .fee_amount(PositiveDecimal::from(0_u8))
            .maybe_rate(Price::of(&request.crypto_currency).map(|price| price.rate))
            .fiat_currency(request.fiat_currency.clone())
            .build();
        Transaction::builder()
            .id(TransactionId::from(self.id.as_str()))
            .network(Network::OffNetwork)
            .created(self.created.clone())
            .status(
                self.outcome
                    .map_or(TransactionStatus::Pending, transaction_status),
            )
            .direction(TransactionDirection::Out)
            .customer_id(request.customer_id.clone())
            .maybe_external_id(request.external_id.clone())
            .maybe_amount(self.crypto_amount)
            .crypto_currency(request.crypto_currency.clone())
            .fiat_payment(fiat_payment)
            .build()
    }

    /// What is posted when it opens.
    pub(crate) fn opened(&self) -> Vec<Event> {
        vec![event(EventType::Transaction, &self.transaction())]
    }

    fn ended(&self, outcome: Outcome, now: &Timestamp) -> Change {
        let request = &self.request;
        let entry = (outcome == Outcome::Settled).then(|| Entry {
            session_id: self.id.clone(),
            transaction_id: TransactionId::from(self.id.as_str()),
            direction: TransactionDirection::Out,
            fiat_amount: request.fiat_amount,
            fiat_currency: request.fiat_currency.clone(),
            crypto_amount: self.crypto_amount,
            crypto_currency: request.crypto_currency.clone(),
            customer_id: request.customer_id.clone(),
            external_id: request.external_id.clone(),
            settled: now.clone(),
        });
        Change {
            events: vec![event(EventType::Transaction, &self.transaction())],
            entry,
        }
    }
}

/// What a page shows of a session in which something is paid.
pub(crate) struct Bill<'a> {
    pub(crate) title: &'static str,
    pub(crate) fiat_amount: &'a PositiveDecimal,
    pub(crate) fiat_currency: &'a str,
    pub(crate) crypto_amount: Option<&'a PositiveDecimal>,
    pub(crate) crypto_currency: &'a str,
    pub(crate) reference: Option<&'a str>,
    pub(crate) line_items: &'a [LineItem],
}

impl Session {
    /// What its page shows; `None` where nothing is paid.
    pub(crate) fn bill(&self) -> Option<Bill<'_>> {
        match self {
            Self::Managed { .. } => None,
            Self::Payin(payin) => Some(Bill {
                title: "Pay-in",
                fiat_amount: &payin.request.fiat_amount,
                fiat_currency: payin.request.fiat_currency.as_str(),
                crypto_amount: payin.crypto_amount.as_ref(),
                crypto_currency: payin.request.crypto_currency.as_str(),
                reference: payin
                    .request
                    .external_id
                    .as_ref()
                    .map(noah_models::ExternalId::as_str),
                line_items: &payin.request.line_items,
            }),
            Self::Sale(sale) => Some(Bill {
                title: "Sale",
                fiat_amount: &sale.request.fiat_amount,
                fiat_currency: sale.request.fiat_currency.as_str(),
                crypto_amount: sale.crypto_amount.as_ref(),
                crypto_currency: sale.request.crypto_currency.as_str(),
                reference: sale
                    .request
                    .external_id
                    .as_ref()
                    .map(noah_models::ExternalId::as_str),
                line_items: &sale.request.line_items,
            }),
        }
    }
}

fn transaction_status(outcome: Outcome) -> TransactionStatus {
    TransactionStatus::from(status_text(Some(outcome)))
}

fn end_of_deposit(mut deposit: FiatDeposit, outcome: Outcome, now: &Timestamp) -> FiatDeposit {
    deposit.status = FiatDepositStatus::from(status_text(Some(outcome)));
    if outcome == Outcome::Failed {
        let amount = FiatAmount::builder()
            .amount(deposit.fiat_amount)
            .fiat_currency(deposit.fiat_currency.clone())
            .build();
        let refund = FiatPaymentRefund::builder()
            .refund_id(Uuid::new_v4().to_string())
            .refunded_amount(amount)
            .requested_time(now.clone())
            .status(FiatPaymentStatus::Pending)
            .build();
        deposit.refunds = Some(vec![refund]);
    }
    deposit
}

/// An invented sender on the given rail, and the id of its payment method.
fn sender_details(
    payment_method_type: &PaymentMethodType,
    fiat_currency: &str,
) -> (PaymentMethodDisplayDetails, String) {
    let rail = payment_method_type.as_str();
    if *payment_method_type == PaymentMethodType::IdentifierPix {
        let display = FiatPaymentMethodIdentifierDisplay::builder()
            .identifier_type(PaymentMethodIdentifierType::Email)
            .identifier("payer@sandbox.example".to_owned())
            .build();
        (
            display.into(),
            format!("Identifier/{rail}/{fiat_currency}/payer@sandbox.example"),
        )
    } else {
        let display = FiatPaymentMethodBankDisplay::builder()
            .account_number("0000000042".to_owned())
            .bank_code("SANDBOX".to_owned())
            .build();
        (
            display.into(),
            format!("Bank/{rail}/{fiat_currency}/SANDBOX/0000000042"),
        )
    }
}

fn event(event_type: EventType, data: &impl Serialize) -> Event {
    // The models' texts, numbers and lists always serialise.
    Event {
        event_type,
        data: serde_json::to_value(data).unwrap_or_default(),
    }
}
