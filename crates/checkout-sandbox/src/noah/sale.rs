//! A sale: crypto that is paid out as fiat money.

use checkout_core::PositiveDecimal;
use checkout_core::filled;
use checkout_core::time::Timestamp;
use noah_models::{
    CheckoutSellRequest, EventType, FiatPayment, Network, Transaction, TransactionDirection, TransactionId,
    TransactionStatus,
};
use serde::{Deserialize, Serialize};

use super::ledger::Entry;
use super::outcome::{Bill, Change, Outcome, transaction_status};
use super::price::Price;
use super::webhooks::event;
use crate::engine::courier::Event;
use crate::engine::ground::Ground;
use crate::engine::time::timestamp;

/// A sale of crypto.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sale {
    pub(super) id: String,
    pub(super) request: CheckoutSellRequest,
    crypto_amount: Option<PositiveDecimal>,
    created: Timestamp,
    pub(super) outcome: Option<Outcome>,
}

impl Sale {
    pub(crate) fn new(request: CheckoutSellRequest, ground: &Ground) -> Self {
        let price = Price::of(&request.crypto_currency);
        Self {
            id: ground.ids().id(),
            crypto_amount: price.and_then(|price| price.crypto_for(request.fiat_amount)),
            created: timestamp(ground.now()),
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
        let fiat_payment = filled!(
            FiatPayment {
                amount: request.fiat_amount,
                fee_amount: PositiveDecimal::from(0_u8),
                fiat_currency: request.fiat_currency.clone()
            },
            maybe {
                rate: Price::of(&request.crypto_currency).map(|price| price.rate)
            }
        );
        filled!(
            Transaction {
                id: TransactionId::from(self.id.as_str()),
                network: Network::OffNetwork,
                created: self.created.clone(),
                status: self
                    .outcome
                    .map_or(TransactionStatus::Pending, transaction_status),
                direction: TransactionDirection::Out,
                customer_id: request.customer_id.clone(),
                crypto_currency: request.crypto_currency.clone(),
                fiat_payment
            },
            maybe {
                external_id: request.external_id.clone(),
                amount: self.crypto_amount
            }
        )
    }

    /// What is posted when it opens, of the transaction as NOAH shows it.
    pub(crate) fn opened(shown: &Transaction) -> Vec<Event> {
        vec![event(EventType::Transaction, shown)]
    }

    pub(super) fn ended(&self, outcome: Outcome, ground: &Ground) -> Change {
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
            settled: timestamp(ground.now()),
        });
        Change {
            events: vec![event(EventType::Transaction, &self.transaction())],
            entry,
        }
    }

    /// What its page shows.
    pub(super) fn bill(&self) -> Bill<'_> {
        Bill {
            title: "Sale",
            category: None,
            paid_with: None,
            fiat_amount: &self.request.fiat_amount,
            fiat_currency: &self.request.fiat_currency,
            crypto_amount: self.crypto_amount.as_ref(),
            crypto_currency: self.request.crypto_currency.as_str(),
            crypto_authorized: Some(&self.request.crypto_authorized_amount),
            reference: self
                .request
                .external_id
                .as_ref()
                .map(noah_models::ExternalId::as_str),
            line_items: &self.request.line_items,
        }
    }
}
