//! A sale: crypto that is paid out as fiat money.

use checkout_core::PositiveDecimal;
use checkout_core::time::Timestamp;
use noah_models::{
    CheckoutSellRequest, EventType, Network, Transaction, TransactionDirection, TransactionStatus,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::engine::ground::Ground;
use crate::engine::text::time::timestamp;
use crate::noah::books::price::Price;
use crate::noah::sessions::ending::{Bill, Change, Outcome, status_text, transaction_status};
use crate::noah::webhooks::event;

/// A sale of crypto.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sale {
    pub(crate) id: String,
    pub(crate) request: CheckoutSellRequest,
    /// What it costs, if the sandbox has a price for it.
    pub(crate) crypto_amount: Option<PositiveDecimal>,
    created: Timestamp,
    pub(crate) outcome: Option<Outcome>,
    /// Whether it was opened as a payout, which has a checkout session too.
    pub(crate) is_payout: bool,
    /// The workflow's execution that it is a part of, if it is of one.
    pub(crate) execution: Option<String>,
}

impl Sale {
    pub(crate) fn new(request: CheckoutSellRequest, ground: &Ground) -> Self {
        let price = Price::of(&request.crypto_currency);
        Self {
            id: ground.ids.id(),
            crypto_amount: price.and_then(|price| price.crypto_for(request.fiat_amount)),
            created: timestamp(ground.now()),
            outcome: None,
            is_payout: false,
            execution: None,
            request,
        }
    }

    /// The session of a payout as NOAH shows it.
    pub(crate) fn checkout_session(&self) -> Value {
        let request = &self.request;
        let mut session = json!({
            "CheckoutSessionID": self.id, "SourceCurrency": request.crypto_currency,
            "DestinationCurrency": request.fiat_currency, "DestinationAmount": request.fiat_amount,
            "AuthorizedAmount": request.crypto_authorized_amount, "Status": status_text(self.outcome),
            "CustomerID": request.customer_id, "ReturnURL": request.return_url, "LineItems": request.line_items,
            "Type": "PayoutFiat", "Created": self.created.as_str(),
        });
        if let Some(amount) = self.crypto_amount {
            session["SourceAmount"] = json!(amount);
        }
        if let Some(external_id) = &request.external_id {
            session["ExternalID"] = json!(external_id);
        }
        session
    }

    /// The transaction as NOAH shows it.
    pub(crate) fn transaction(&self) -> Transaction {
        let status = self
            .outcome
            .map_or(TransactionStatus::Pending, transaction_status);
        self.bill().transaction(&self.id, status, &self.created, None)
    }

    pub(crate) fn ended(&self, outcome: Outcome, ground: &Ground) -> Change {
        let now = timestamp(ground.now());
        let entry = (outcome == Outcome::Settled).then(|| self.bill().entry(&self.id, &self.id, now));
        let mut events = vec![event(EventType::Transaction, &self.transaction())];
        if self.is_payout {
            events.push(event(EventType::CheckoutSession, &self.checkout_session()));
        }
        Change { events, entry }
    }

    /// What is to be paid.
    pub(crate) fn bill(&self) -> Bill<'_> {
        Bill {
            title: "Sale",
            category: None,
            paid_with: None,
            fiat_amount: &self.request.fiat_amount,
            fiat_currency: &self.request.fiat_currency,
            crypto_amount: self.crypto_amount.as_ref(),
            crypto_currency: &self.request.crypto_currency,
            crypto_authorized: Some(&self.request.crypto_authorized_amount),
            direction: TransactionDirection::Out,
            network: Network::OffNetwork,
            execution: self.execution.as_deref(),
            customer_id: &self.request.customer_id,
            external_id: self.request.external_id.as_ref(),
            return_url: self.request.return_url.as_str(),
            line_items: &self.request.line_items,
        }
    }
}
