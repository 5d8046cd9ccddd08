//! How a session ends, and what that brings about.

use checkout_core::PositiveDecimal;
use checkout_core::time::Timestamp;
use noah_models::{
    CheckoutSessionType, CryptoCurrencyCode, CustomerId, ExternalId, FiatCurrencyCode, LineItem, Network,
    PaymentMethodCategory, TransactionDirection, TransactionId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::payment_method::PaymentMethod;
use crate::engine::courier::Event;
use crate::engine::text::{short, sparse};
use crate::noah::books::{Entry, Price};

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Ending {
    /// Paid.
    Settled,
    /// Not paid; what was paid goes back.
    Failed,
    /// Nobody paid in time. NOAH has no word of its own for it: its status is `Failed`, as for [`Failed`](Self::Failed).
    Expired,
}

impl Ending {
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
    pub(super) fn transaction(
        &self,
        id: &str,
        outcome: Option<Ending>,
        created: &Timestamp,
        deposit_id: Option<&str>,
    ) -> Value {
        let is_fiat = self.network == Network::OffNetwork;
        let fiat_payment = sparse(json!({
            "Amount": self.fiat_amount, "FeeAmount": "0", "FiatCurrency": self.fiat_currency,
            "FiatDepositID": deposit_id, "Rate": Price::of(self.crypto_currency).map(|price| price.rate),
        }));
        sparse(json!({
            "Amount": self.crypto_amount, "Created": created.as_str(), "CryptoCurrency": self.crypto_currency,
            "CustomerID": self.customer_id, "Direction": self.direction, "ExternalID": self.external_id,
            "FiatPayment": is_fiat.then_some(fiat_payment), "ID": id, "Network": self.network,
            "Orchestration": self.execution.map(|id| json!({ "RuleExecutionID": id })),
            "PublicID": (!is_fiat).then(|| public_id(id)), "Status": status_text(outcome),
        }))
    }

    /// The checkout session in which it is paid, in the order in which the models write its fields.
    pub(super) fn checkout_session(&self, id: &str, outcome: Option<Ending>, created: &Timestamp) -> Value {
        let fiat = (self.fiat_currency.as_str(), Some(self.fiat_amount));
        let crypto = (self.crypto_currency.as_str(), self.crypto_amount);
        let is_payin = self.direction == TransactionDirection::In;
        let (source, destination) = if is_payin { (fiat, crypto) } else { (crypto, fiat) };
        let is_crypto = is_payin && self.network != Network::OffNetwork;
        let session_type = match (is_payin, is_crypto) {
            (false, _) => CheckoutSessionType::PayoutFiat,
            (true, false) => CheckoutSessionType::PayinFiat,
            (true, true) => CheckoutSessionType::PayinCrypto,
        };
        sparse(json!({
            "AuthorizedAmount": self.crypto_authorized, "CheckoutSessionID": id, "Created": created.as_str(),
            "CustomerID": self.customer_id, "DestinationAmount": destination.1,
            "DestinationCurrency": destination.0, "ExternalID": self.external_id, "LineItems": self.line_items,
            "PaymentMethodCategory": self.category.filter(|_| !is_crypto), "ReturnURL": self.return_url,
            "SourceAmount": source.1, "SourceCurrency": source.0, "Status": status_text(outcome),
            "Type": session_type,
        }))
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
pub(crate) const fn status_text(outcome: Option<Ending>) -> &'static str {
    match outcome {
        None => "Pending",
        Some(Ending::Settled) => "Settled",
        Some(Ending::Failed | Ending::Expired) => "Failed",
    }
}
