//! What crypto costs in the sandbox: fixed prices, the same in every fiat currency, so that every amount is exact.
//!
//! One unit of USDC costs 1, one bitcoin costs 100,000. There are no fees. A currency without a price simply has no
//! computed amounts; NOAH leaves those fields optional.

use checkout_core::PositiveDecimal;
use noah_models::CryptoCurrencyCode;

/// The price of one crypto currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    /// Fiat money for one unit of crypto: NOAH's `Rate`.
    pub(crate) rate: PositiveDecimal,
    /// Crypto for one unit of fiat money: the inverse of `rate`.
    pub(crate) inverse: PositiveDecimal,
}

impl Price {
    /// The price of a currency of the sandbox environment, if it has one.
    pub(crate) fn of(crypto: &CryptoCurrencyCode) -> Option<Self> {
        let (rate, inverse) = match crypto.as_str() {
            "USDC_TEST" => ("1", "1"),
            "BTC_TEST" => ("100000", "0.00001"),
            _ => return None,
        };
        Some(Self {
            rate: PositiveDecimal::parse(rate).ok()?,
            inverse: PositiveDecimal::parse(inverse).ok()?,
        })
    }

    /// Exactly the crypto that the fiat amount buys; `None` if that has more digits than an amount can hold.
    pub(crate) fn crypto_for(&self, fiat: PositiveDecimal) -> Option<PositiveDecimal> {
        fiat.checked_mul(self.inverse).ok()
    }
}
