//! A pay-in: fiat money that arrives as crypto.

use checkout_core::filled;
use checkout_core::time::Timestamp;
use checkout_core::{PositiveDecimal, Received};
use noah_models::{
    AssetId, CheckoutPayinFiatRequest, CheckoutSession, CheckoutSessionId, CheckoutSessionStatus,
    CheckoutSessionType, EventType, FiatAmount, FiatDeposit, FiatDepositStatus, FiatPaymentRefund,
    FiatPaymentStatus, PaymentMethodCategory, PaymentMethodIdentifierType, PaymentMethodType,
    SenderPaymentMethod, Transaction, TransactionDirection, TransactionStatus,
};
use serde::{Deserialize, Serialize};

use super::ledger::Entry;
use super::outcome::{Bill, Change, Outcome, status_text, transaction_status};
use super::payment_method::PaymentMethod;
use super::price::Price;
use super::webhooks::event;
use crate::engine::ground::Ground;
use crate::engine::time::timestamp;

/// A pay-in, in fiat money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payin {
    pub(super) id: String,
    pub(super) request: CheckoutPayinFiatRequest,
    crypto_amount: Option<PositiveDecimal>,
    created: Timestamp,
    pub(super) outcome: Option<Outcome>,
    /// One of the customer's payment methods, if one was chosen on the hosted page.
    #[serde(default)]
    paid_with: Option<PaymentMethod>,
}

impl Payin {
    pub(crate) fn new(request: CheckoutPayinFiatRequest, ground: &Ground) -> Self {
        let price = Price::of(&request.crypto_currency);
        Self {
            id: ground.ids().id(),
            crypto_amount: price.and_then(|price| price.crypto_for(request.fiat_amount)),
            created: timestamp(ground.now()),
            outcome: None,
            paid_with: None,
            request,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The session as NOAH shows it.
    pub(crate) fn checkout_session(&self) -> CheckoutSession {
        let request = &self.request;
        let mut session = filled!(
            CheckoutSession {
                checkout_session_id: CheckoutSessionId::from(self.id.as_str()),
                payment_method_category: request.payment_method_category.clone(),
                source_currency: AssetId::from(request.fiat_currency.as_str()),
                destination_currency: AssetId::from(request.crypto_currency.as_str()),
                source_amount: request.fiat_amount,
                status: CheckoutSessionStatus::from(status_text(self.outcome)),
                customer_id: request.customer_id.clone(),
                return_url: request.return_url.clone(),
                type_: CheckoutSessionType::PayinFiat,
                created: self.created.clone()
            },
            maybe {
                destination_amount: self.crypto_amount,
                external_id: request.external_id.clone()
            }
        );
        session.line_items = Received::sent(&request.line_items);
        session
    }

    pub(super) fn ended(
        &mut self,
        outcome: Outcome,
        paid_with: Option<PaymentMethod>,
        ground: &Ground,
    ) -> Change {
        self.paid_with = paid_with;
        let now = &timestamp(ground.now());
        // A session that ran out saw no money: there is no deposit to refuse.
        if outcome == Outcome::Expired {
            return Change {
                events: vec![event(EventType::CheckoutSession, &self.checkout_session())],
                entry: None,
            };
        }
        let mut events = Vec::new();
        let deposit_id = self.payer().map(|payer| {
            let id = ground.ids().id();
            let pending = self.deposit(payer, id.clone(), now);
            let refund_id = ground.ids().id();
            let ended = end_of_deposit(pending.clone(), outcome, refund_id, now);
            events.push(event(EventType::FiatDeposit, &pending));
            events.push(event(EventType::FiatDeposit, &ended));
            id
        });
        // A deposit that fails its screening is refunded and never becomes a transaction.
        let transaction = (deposit_id.is_none() || outcome == Outcome::Settled).then(|| {
            let id = ground.ids().id();
            let pending = TransactionStatus::Pending;
            let transaction = self.bill().transaction(&id, pending, now, deposit_id);
            (id, transaction)
        });
        if let Some((_, pending)) = &transaction {
            let mut ended = pending.clone();
            ended.status = transaction_status(outcome).into();
            events.push(event(EventType::Transaction, pending));
            events.push(event(EventType::Transaction, &ended));
        }
        events.push(event(EventType::CheckoutSession, &self.checkout_session()));
        let entry = transaction
            .filter(|_| outcome == Outcome::Settled)
            .map(|(id, _)| self.bill().entry(&self.id, &id, now.clone()));
        Change { events, entry }
    }

    /// The transaction that settled it, of the ledger: an earlier sandbox kept no other trace of it.
    pub(crate) fn settled_as(&self, entry: &Entry) -> Transaction {
        let id = entry.transaction_id.as_str();
        self.bill()
            .transaction(id, TransactionStatus::Settled, &entry.settled, None)
    }

    /// What the deposit came from: the method that was chosen, else an invented one. `None` for a card payment, which is no
    /// deposit. Unknown categories open no session.
    fn payer(&self) -> Option<PaymentMethod> {
        let currency = &self.request.fiat_currency;
        match self.request.payment_method_category {
            PaymentMethodCategory::Bank => Some(self.paid_with.clone().unwrap_or_else(|| {
                let rail = match currency.as_str() {
                    "EUR" => PaymentMethodType::BankSepa,
                    "USD" => PaymentMethodType::BankFedwire,
                    _ => PaymentMethodType::BankLocal,
                };
                PaymentMethod::bank(
                    rail,
                    currency.clone(),
                    "SANDBOX".to_owned(),
                    "0000000042".to_owned(),
                )
            })),
            PaymentMethodCategory::Identifier => Some(self.paid_with.clone().unwrap_or_else(|| {
                let email = "payer@sandbox.example".to_owned();
                PaymentMethod::identifier(currency, PaymentMethodIdentifierType::Email, email)
            })),
            _ => None,
        }
    }

    fn deposit(&self, payer: PaymentMethod, id: String, now: &Timestamp) -> FiatDeposit {
        let request = &self.request;
        filled!(
            FiatDeposit {
                id,
                created: now.clone(),
                fiat_amount: request.fiat_amount,
                fiat_currency: request.fiat_currency.clone(),
                status: FiatDepositStatus::Pending,
                customer_id: request.customer_id.clone(),
                payment_method_id: payer.id,
                payment_method_type: payer.type_,
                sender: filled!(SenderPaymentMethod {
                    full_name: "Sandbox Payer",
                    details: payer.details
                }),
                refunds: Vec::new()
            },
            maybe {
                reference: request.external_id.as_ref().map(|id| id.as_str().to_owned())
            }
        )
    }

    /// What is to be paid.
    pub(super) fn bill(&self) -> Bill<'_> {
        Bill {
            title: "Pay-in",
            category: Some(&self.request.payment_method_category),
            paid_with: self.paid_with.as_ref(),
            fiat_amount: &self.request.fiat_amount,
            fiat_currency: &self.request.fiat_currency,
            crypto_amount: self.crypto_amount.as_ref(),
            crypto_currency: &self.request.crypto_currency,
            crypto_authorized: None,
            direction: TransactionDirection::In,
            customer_id: &self.request.customer_id,
            external_id: self.request.external_id.as_ref(),
            return_url: self.request.return_url.as_str(),
            line_items: &self.request.line_items,
        }
    }
}

fn end_of_deposit(
    mut deposit: FiatDeposit,
    outcome: Outcome,
    refund_id: String,
    now: &Timestamp,
) -> FiatDeposit {
    deposit.status = FiatDepositStatus::from(status_text(Some(outcome))).into();
    if outcome == Outcome::Failed {
        let mut amount = FiatAmount::default();
        amount.amount = deposit.fiat_amount.clone();
        amount.fiat_currency = deposit.fiat_currency.clone();
        let refund = filled!(FiatPaymentRefund {
            refund_id,
            refunded_amount: amount,
            requested_time: now.clone(),
            status: FiatPaymentStatus::Pending
        });
        deposit.refunds = vec![refund].into();
    }
    deposit
}
