//! How a session ends, and what that brings about.

use checkout_core::time::Timestamp;
use checkout_core::{PositiveDecimal, filled};
use noah_models::{
    CryptoCurrencyCode, CustomerId, ExternalId, FiatCurrencyCode, FiatPayment, LineItem, Network,
    PaymentMethodCategory, Transaction, TransactionDirection, TransactionId, TransactionOrchestration,
    TransactionStatus,
};
use serde::{Deserialize, Serialize};

use super::payment_method::PaymentMethod;
use crate::engine::courier::Event;
use crate::engine::text::digest::short;
use crate::noah::books::ledger::Entry;
use crate::noah::books::price::Price;

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Outcome {
    /// Paid.
    Settled,
    /// Not paid; what was paid goes back.
    Failed,
    /// Nobody paid in time. NOAH has no word of its own for it: its status is `Failed`, as for [`Failed`](Self::Failed).
    Expired,
}

impl Outcome {
    /// Each with the word that control calls and forms ask for it by.
    pub(crate) const ASKED: [(&'static str, Self); 3] = [
        ("settle", Self::Settled),
        ("fail", Self::Failed),
        ("expire", Self::Expired),
    ];
}

/// What is to be paid in a session: what its page shows, its transaction tells and the ledger keeps.
pub(crate) struct Bill<'a> {
    pub(crate) title: &'static str,
    /// The group of payment methods that the shop chose; a sale has none.
    pub(crate) category: Option<&'a PaymentMethodCategory>,
    /// What it was paid with, if it is paid and one was chosen.
    pub(crate) paid_with: Option<&'a PaymentMethod>,
    pub(crate) fiat_amount: &'a PositiveDecimal,
    pub(crate) fiat_currency: &'a FiatCurrencyCode,
    pub(crate) crypto_amount: Option<&'a PositiveDecimal>,
    pub(crate) crypto_currency: &'a CryptoCurrencyCode,
    /// The most that a sale may cost.
    pub(crate) crypto_authorized: Option<&'a PositiveDecimal>,
    pub(crate) direction: TransactionDirection,
    /// Where crypto moves; `OffNetwork` where fiat money is turned into it or it into fiat money.
    pub(crate) network: Network,
    /// What set it off, if it was no request by itself: an execution of a workflow.
    pub(crate) execution: Option<&'a str>,
    pub(crate) customer_id: &'a CustomerId,
    /// The shop's reference.
    pub(crate) external_id: Option<&'a ExternalId>,
    pub(crate) return_url: &'a str,
    pub(crate) line_items: &'a [LineItem],
}

impl Bill<'_> {
    /// The transaction that moves its money; of a deposit, if it is one.
    pub(crate) fn transaction(
        &self,
        id: &str,
        status: TransactionStatus,
        created: &Timestamp,
        deposit_id: Option<String>,
    ) -> Transaction {
        let is_fiat = self.network == Network::OffNetwork;
        let fiat_payment = filled!(
            FiatPayment {
                amount: *self.fiat_amount,
                fee_amount: PositiveDecimal::from(0_u8),
                fiat_currency: self.fiat_currency.clone()
            },
            maybe {
                rate: Price::of(self.crypto_currency).map(|price| price.rate),
                fiat_deposit_id: deposit_id
            }
        );
        filled!(
            Transaction {
                id: TransactionId::from(id),
                network: self.network.clone(),
                created: created.clone(),
                status,
                direction: self.direction.clone(),
                customer_id: self.customer_id.clone(),
                crypto_currency: self.crypto_currency.clone()
            },
            maybe {
                public_id: (!is_fiat).then(|| public_id(id)),
                fiat_payment: is_fiat.then_some(fiat_payment),
                orchestration: self.execution.map(|id| filled!(TransactionOrchestration {
                    rule_execution_id: id
                })),
                external_id: self.external_id.cloned(),
                amount: self.crypto_amount.copied()
            }
        )
    }

    /// The ledger's entry once it is paid.
    pub(crate) fn entry(&self, session_id: &str, transaction_id: &str, settled: Timestamp) -> Entry {
        Entry {
            session_id: session_id.to_owned(),
            transaction_id: TransactionId::from(transaction_id),
            direction: self.direction.clone(),
            fiat_amount: *self.fiat_amount,
            fiat_currency: self.fiat_currency.clone(),
            crypto_amount: self.crypto_amount.copied(),
            crypto_currency: self.crypto_currency.clone(),
            customer_id: self.customer_id.clone(),
            external_id: self.external_id.cloned(),
            settled,
        }
    }
}

/// What the network calls a transaction.
pub(crate) fn public_id(transaction_id: &str) -> String {
    format!("0x{}", short(transaction_id, 64))
}

/// What an end brings about.
pub(crate) struct Change {
    pub(crate) events: Vec<Event>,
    /// The ledger's entry, if money was paid.
    pub(crate) entry: Option<Entry>,
}

/// `Pending`, `Settled` or `Failed`.
pub(crate) const fn status_text(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        None => "Pending",
        Some(Outcome::Settled) => "Settled",
        Some(Outcome::Failed | Outcome::Expired) => "Failed",
    }
}

/// The same word, as a transaction has it.
pub(crate) fn transaction_status(outcome: Outcome) -> TransactionStatus {
    TransactionStatus::from(status_text(Some(outcome)))
}
