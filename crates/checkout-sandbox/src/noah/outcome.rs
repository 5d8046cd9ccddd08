//! How a session ends, and what that brings about.

use checkout_core::PositiveDecimal;
use noah_models::{FiatCurrencyCode, LineItem, PaymentMethodCategory, TransactionStatus};
use serde::{Deserialize, Serialize};

use super::ledger::Entry;
use super::payment_method::PaymentMethod;
use crate::engine::courier::Event;

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

/// What a page shows of a session in which something is paid.
pub(crate) struct Bill<'a> {
    pub(crate) title: &'static str,
    /// The group of payment methods that the shop chose; a sale has none.
    pub(crate) category: Option<&'a PaymentMethodCategory>,
    /// What it was paid with, if it is paid and one was chosen.
    pub(crate) paid_with: Option<&'a PaymentMethod>,
    pub(crate) fiat_amount: &'a PositiveDecimal,
    pub(crate) fiat_currency: &'a FiatCurrencyCode,
    pub(crate) crypto_amount: Option<&'a PositiveDecimal>,
    pub(crate) crypto_currency: &'a str,
    /// The most that a sale may cost.
    pub(crate) crypto_authorized: Option<&'a PositiveDecimal>,
    pub(crate) reference: Option<&'a str>,
    pub(crate) line_items: &'a [LineItem],
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
pub(super) fn transaction_status(outcome: Outcome) -> TransactionStatus {
    TransactionStatus::from(status_text(Some(outcome)))
}
