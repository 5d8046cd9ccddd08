//! A pay-in: money that arrives as crypto.

use checkout_core::filled;
use checkout_core::time::Timestamp;
use checkout_core::{PositiveDecimal, Received};
use noah_models::{
    AssetId, CheckoutPayinFiatRequest, CheckoutSession, CheckoutSessionId, CheckoutSessionStatus,
    CheckoutSessionType, CryptoCurrencyCode, EventType, FiatAmount, FiatDeposit, FiatDepositStatus,
    FiatPaymentRefund, FiatPaymentStatus, Network, PaymentMethodCategory, PaymentMethodIdentifierType,
    SenderPaymentMethod, TransactionDirection, TransactionStatus,
};
use serde::{Deserialize, Serialize};

use super::payment_method::PaymentMethod;
use crate::engine::courier::Event;
use crate::engine::ground::Ground;
use crate::engine::text::time::timestamp;
use crate::noah::books::price::Price;
use crate::noah::sessions::ending::{Bill, Change, Outcome, status_text, transaction_status};
use crate::noah::webhooks::event;

/// How a pay-in came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Fiat,
    /// Crypto itself is paid: what the request calls its fiat currency is the crypto currency.
    Crypto,
    /// A purchase, which shows its transaction from the beginning in place of a session.
    Buy,
    /// A deposit without a session; it goes by the deposit's id.
    Deposit {
        reference: Option<String>,
        /// The workflow's execution that it sets off, if it comes to one.
        execution: Option<String>,
    },
}

/// The group of payment methods that a pay-in of crypto is in, for its page.
pub(crate) const CRYPTO: &str = "Crypto";

/// A pay-in, in fiat money unless its kind says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payin {
    pub(crate) id: String,
    pub(crate) request: CheckoutPayinFiatRequest,
    kind: Kind,
    crypto_amount: Option<PositiveDecimal>,
    created: Timestamp,
    pub(crate) outcome: Option<Outcome>,
    /// One of the customer's payment methods, if one was chosen on the hosted page.
    paid_with: Option<PaymentMethod>,
}

impl Payin {
    pub(crate) fn new(kind: Kind, request: CheckoutPayinFiatRequest, ground: &Ground) -> Self {
        let amount = request.fiat_amount;
        let price = Price::of(&request.crypto_currency);
        Self {
            id: ground.ids.id(),
            crypto_amount: match kind {
                Kind::Crypto => Some(amount),
                _ => price.and_then(|price| price.crypto_for(amount)),
            },
            kind,
            created: timestamp(ground.now()),
            outcome: None,
            paid_with: None,
            request,
        }
    }

    /// What tells of it from its beginning to its end: the session, or the transaction of a purchase.
    pub(crate) fn told(&self) -> Event {
        if self.kind == Kind::Buy {
            let status = self
                .outcome
                .map_or(TransactionStatus::Pending, transaction_status);
            let transaction = self.bill().transaction(&self.id, status, &self.created, None);
            return event(EventType::Transaction, &transaction);
        }
        event(EventType::CheckoutSession, &self.checkout_session())
    }

    /// The session as NOAH shows it.
    fn checkout_session(&self) -> CheckoutSession {
        let request = &self.request;
        let is_crypto = self.kind == Kind::Crypto;
        let mut session = filled!(
            CheckoutSession {
                checkout_session_id: CheckoutSessionId::from(self.id.as_str()),
                source_currency: AssetId::from(request.fiat_currency.as_str()),
                destination_currency: AssetId::from(request.crypto_currency.as_str()),
                source_amount: request.fiat_amount,
                status: CheckoutSessionStatus::from(status_text(self.outcome)),
                customer_id: request.customer_id.clone(),
                return_url: request.return_url.clone(),
                type_: if is_crypto {
                    CheckoutSessionType::PayinCrypto
                } else {
                    CheckoutSessionType::PayinFiat
                },
                created: self.created.clone()
            },
            maybe {
                payment_method_category: (!is_crypto).then(|| request.payment_method_category.clone()),
                destination_amount: self.crypto_amount,
                external_id: request.external_id.clone()
            }
        );
        session.line_items = Received::sent(&request.line_items);
        session
    }

    pub(crate) fn ended(
        &mut self,
        outcome: Outcome,
        paid_with: Option<PaymentMethod>,
        ground: &Ground,
    ) -> Change {
        self.paid_with = paid_with;
        let now = &timestamp(ground.now());
        let (mut events, mut entry) = (Vec::new(), None);
        // A session that ran out saw no money: there is no deposit to refuse.
        let payer = self.payer().filter(|_| outcome != Outcome::Expired);
        let deposit_id = payer.map(|payer| {
            let id = match self.kind {
                Kind::Deposit { .. } => self.id.clone(),
                _ => ground.ids.id(),
            };
            let pending = self.deposit(payer, id.clone(), now);
            let refund_id = ground.ids.id();
            let ended = end_of_deposit(pending.clone(), outcome, refund_id, now);
            events.push(event(EventType::FiatDeposit, &pending));
            events.push(event(EventType::FiatDeposit, &ended));
            id
        });
        // A deposit that fails its screening is refunded and never becomes a transaction.
        let is_moved = match outcome {
            Outcome::Settled => true,
            Outcome::Failed => deposit_id.is_none(),
            Outcome::Expired => false,
        };
        if is_moved || self.kind == Kind::Buy {
            let (id, created) = match self.kind {
                Kind::Buy => (self.id.clone(), &self.created),
                _ => (ground.ids.id(), now),
            };
            let transaction = |status| self.bill().transaction(&id, status, created, deposit_id.clone());
            if self.kind != Kind::Buy {
                events.push(event(
                    EventType::Transaction,
                    &transaction(TransactionStatus::Pending),
                ));
            }
            events.push(event(
                EventType::Transaction,
                &transaction(transaction_status(outcome)),
            ));
            entry = (outcome == Outcome::Settled).then(|| self.bill().entry(&self.id, &id, now.clone()));
        }
        if matches!(self.kind, Kind::Fiat | Kind::Crypto) {
            events.push(self.told());
        }
        Change { events, entry }
    }

    /// What the deposit came from: the method that was chosen, else an invented one. `None` for a card payment, which is no
    /// deposit. Unknown categories open no session.
    fn payer(&self) -> Option<PaymentMethod> {
        let currency = &self.request.fiat_currency;
        match self.request.payment_method_category {
            PaymentMethodCategory::Bank => Some(
                self.paid_with
                    .clone()
                    .unwrap_or_else(|| PaymentMethod::own_bank(currency, "0000000042".to_owned())),
            ),
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
                reference: match &self.kind {
                    Kind::Deposit { reference, .. } => reference.clone(),
                    _ => request.external_id.as_ref().map(|id| id.as_str().to_owned()),
                }
            }
        )
    }

    /// What is to be paid.
    pub(crate) fn bill(&self) -> Bill<'_> {
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
            network: match self.kind {
                Kind::Crypto => network_of(&self.request.crypto_currency),
                _ => Network::OffNetwork,
            },
            execution: match &self.kind {
                Kind::Deposit { execution, .. } => execution.as_deref(),
                _ => None,
            },
            customer_id: &self.request.customer_id,
            external_id: self.request.external_id.as_ref(),
            return_url: self.request.return_url.as_str(),
            line_items: &self.request.line_items,
        }
    }
}

/// The network that the sandbox moves a currency on.
fn network_of(currency: &CryptoCurrencyCode) -> Network {
    match currency.as_str().split('_').next() {
        Some("BTC") => Network::BitcoinTest,
        Some("ETH") => Network::EthereumTestSepolia,
        Some("SOL") => Network::SolanaDevnet,
        Some("TRX") => Network::TronTestShasta,
        _ => Network::PolygonTestAmoy,
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
