//! What was paid: one entry per settled session, and exact sums.

use checkout_core::PositiveDecimal;
use checkout_core::time::Timestamp;
use noah_models::{
    CryptoCurrencyCode, CustomerId, ExternalId, FiatCurrencyCode, TransactionDirection, TransactionId,
};
use serde::{Deserialize, Serialize};

/// One settled payment, as `GET /_sandbox/ledger` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Entry {
    /// What was settled: a checkout session's id, a transaction's of a sale or a purchase, or a simulated deposit's.
    #[serde(rename = "SessionID")]
    pub session_id: String,
    /// The transaction that moved the money.
    #[serde(rename = "TransactionID")]
    pub transaction_id: TransactionId,
    /// `In` for a pay-in or a deposit, `Out` for a sale or a payout.
    pub direction: TransactionDirection,
    /// What was paid, in units of `fiat_currency`.
    pub fiat_amount: PositiveDecimal,
    /// Currency of `fiat_amount`: that of the crypto itself where crypto was paid in.
    pub fiat_currency: FiatCurrencyCode,
    /// Crypto on the other side, where the sandbox has a price for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crypto_amount: Option<PositiveDecimal>,
    /// Currency of `crypto_amount`.
    pub crypto_currency: CryptoCurrencyCode,
    /// Whose payment it was.
    #[serde(rename = "CustomerID")]
    pub customer_id: CustomerId,
    /// The shop's reference, if it gave one.
    #[serde(rename = "ExternalID", skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// When it was settled.
    pub settled: Timestamp,
}

/// The sum of one currency in one direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Total {
    /// `In` or `Out`.
    pub direction: TransactionDirection,
    /// The fiat currency.
    pub fiat_currency: FiatCurrencyCode,
    /// The exact sum; absent if it has more digits than an amount can hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fiat_amount: Option<PositiveDecimal>,
}

/// What was paid, in the order of settling.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Ledger {
    /// Every settled payment.
    pub entries: Vec<Entry>,
    /// Their sums, by direction and currency, in order of first appearance.
    pub totals: Vec<Total>,
}

impl Ledger {
    pub(crate) fn of(entries: Vec<Entry>) -> Self {
        let mut totals: Vec<Total> = Vec::new();
        for entry in &entries {
            let same = |total: &&mut Total| {
                total.direction == entry.direction && total.fiat_currency == entry.fiat_currency
            };
            match totals.iter_mut().find(same) {
                Some(total) => {
                    total.fiat_amount = total
                        .fiat_amount
                        .and_then(|sum| sum.checked_add(entry.fiat_amount).ok());
                }
                None => totals.push(Total {
                    direction: entry.direction.clone(),
                    fiat_currency: entry.fiat_currency.clone(),
                    fiat_amount: Some(entry.fiat_amount),
                }),
            }
        }
        Self { entries, totals }
    }
}
