//! A pay-in: money that arrives as crypto.

use checkout_core::PositiveDecimal;
use checkout_core::time::Timestamp;
use noah_models::{
    CheckoutPayinFiatRequest, CryptoCurrencyCode, EventType, Network, PaymentMethodCategory,
    PaymentMethodIdentifierType, TransactionDirection,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ending::{Bill, Change, Ending, status_text};
use super::payment_method::PaymentMethod;
use crate::engine::courier::Event;
use crate::engine::ground::Ground;
use crate::engine::text::{sparse, timestamp};
use crate::noah::books::Price;
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

/// The category under which the page shows a pay-in of crypto.
pub(crate) const CRYPTO: &str = "Crypto";

/// A pay-in, in fiat money unless its kind says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payin {
    pub(crate) id: String,
    pub(crate) request: CheckoutPayinFiatRequest,
    kind: Kind,
    crypto_amount: Option<PositiveDecimal>,
    created: Timestamp,
    pub(crate) outcome: Option<Ending>,
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

    /// The event that says where it stands: about the session or, for a purchase, about the transaction.
    pub(crate) fn told(&self) -> Event {
        let (bill, outcome, created) = (self.bill(), self.outcome, &self.created);
        if self.kind == Kind::Buy {
            let transaction = bill.transaction(&self.id, outcome, created, None);
            return event(EventType::Transaction, transaction);
        }
        let session = bill.checkout_session(&self.id, outcome, created);
        event(EventType::CheckoutSession, session)
    }

    pub(crate) fn ended(
        &mut self,
        outcome: Ending,
        paid_with: Option<PaymentMethod>,
        ground: &Ground,
    ) -> Change {
        self.paid_with = paid_with;
        let now = &timestamp(ground.now());
        let (mut events, mut entry) = (Vec::new(), None);
        // A session that ran out saw no money: there is no deposit to refuse.
        let payer = self.payer().filter(|_| outcome != Ending::Expired);
        let deposit_id = payer.map(|payer| {
            let id = match self.kind {
                Kind::Deposit { .. } => self.id.clone(),
                _ => ground.ids.id(),
            };
            let pending = self.deposit(&payer, &id, now);
            let ended = end_of_deposit(pending.clone(), outcome, &ground.ids.id(), now);
            events.extend([pending, ended].map(|deposit| event(EventType::FiatDeposit, deposit)));
            id
        });
        // A deposit that fails its screening is refunded and never becomes a transaction.
        let is_moved = match outcome {
            Ending::Settled => true,
            Ending::Failed => deposit_id.is_none(),
            Ending::Expired => false,
        };
        if is_moved || self.kind == Kind::Buy {
            let (id, created) = match self.kind {
                Kind::Buy => (self.id.clone(), &self.created),
                _ => (ground.ids.id(), now),
            };
            let told = |outcome| {
                let transaction = self
                    .bill()
                    .transaction(&id, outcome, created, deposit_id.as_deref());
                event(EventType::Transaction, transaction)
            };
            if self.kind != Kind::Buy {
                events.push(told(None));
            }
            events.push(told(Some(outcome)));
            entry = (outcome == Ending::Settled).then(|| self.bill().entry(&self.id, &id, now.clone()));
        }
        if matches!(self.kind, Kind::Fiat | Kind::Crypto) {
            events.push(self.told());
        }
        Change { events, entry }
    }

    /// The payment method that the deposit came from: the one that was chosen, else an invented one. `None` for a card, whose
    /// payment is no deposit.
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

    fn deposit(&self, payer: &PaymentMethod, id: &str, now: &Timestamp) -> Value {
        let request = &self.request;
        let reference = match &self.kind {
            Kind::Deposit { reference, .. } => reference.as_deref(),
            _ => request.external_id.as_ref().map(|id| id.as_str()),
        };
        sparse(json!({
            "Created": now.as_str(), "CustomerID": request.customer_id, "FiatAmount": request.fiat_amount,
            "FiatCurrency": request.fiat_currency, "ID": id, "PaymentMethodID": payer.id,
            "PaymentMethodType": payer.type_, "Reference": reference, "Refunds": [],
            "Sender": { "Details": payer.details, "FullName": "Sandbox Payer" }, "Status": "Pending",
        }))
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

fn end_of_deposit(mut deposit: Value, outcome: Ending, refund_id: &str, now: &Timestamp) -> Value {
    deposit["Status"] = status_text(Some(outcome)).into();
    if outcome == Ending::Failed {
        let amount = json!({ "Amount": deposit["FiatAmount"], "FiatCurrency": deposit["FiatCurrency"] });
        deposit["Refunds"] = json!([{
            "RefundID": refund_id, "RefundedAmount": amount, "RequestedTime": now.as_str(), "Status": "Pending",
        }]);
    }
    deposit
}
