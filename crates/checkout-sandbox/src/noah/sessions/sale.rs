//! A sale: crypto that is paid out as fiat money.

use checkout_core::PositiveDecimal;
use checkout_core::time::Timestamp;
use noah_models::{CheckoutSellRequest, EventType, Network, TransactionDirection};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ending::{Bill, Change, Ending};
use crate::engine::ground::Ground;
use crate::engine::text::timestamp;
use crate::noah::books::Price;
use crate::noah::webhooks::event;

/// A sale of crypto.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sale {
    pub(crate) id: String,
    pub(crate) request: CheckoutSellRequest,
    /// What it costs, if the sandbox has a price for it.
    pub(crate) crypto_amount: Option<PositiveDecimal>,
    created: Timestamp,
    pub(crate) outcome: Option<Ending>,
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
        self.bill()
            .checkout_session(&self.id, self.outcome, &self.created)
    }

    /// The transaction as NOAH shows it.
    pub(crate) fn transaction(&self) -> Value {
        self.bill()
            .transaction(&self.id, self.outcome, &self.created, None)
    }

    pub(crate) fn ended(&self, outcome: Ending, ground: &Ground) -> Change {
        let now = timestamp(ground.now());
        let entry = (outcome == Ending::Settled).then(|| self.bill().entry(&self.id, &self.id, now));
        let mut events = vec![event(EventType::Transaction, self.transaction())];
        if self.is_payout {
            events.push(event(EventType::CheckoutSession, self.checkout_session()));
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
