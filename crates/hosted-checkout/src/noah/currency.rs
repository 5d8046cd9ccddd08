//! How finely currencies divide.

use iso_currency::Currency;

/// Decimals of a fiat currency's smallest unit by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD. `None` for a code that
/// the standard does not list, about which nothing is assumed.
#[must_use]
pub fn fiat_decimals(code: &str) -> Option<u8> {
    Currency::from_code(code)?
        .exponent()
        .and_then(|exponent| u8::try_from(exponent).ok())
}

/// Decimals of a crypto currency's smallest unit: 8 for BTC, 18 for ETH, 6 for USDC, the same for their test codes.
/// `None` for others.
#[must_use]
pub fn crypto_decimals(code: &str) -> Option<u8> {
    match code.split('_').next() {
        Some("BTC") => Some(8),
        Some("ETH") => Some(18),
        Some("USDC" | "USDT" | "EURC") => Some(6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the exceptions of ISO 4217 (list one, 2025), written down apart from the crate that is asked.
    #[test]
    fn exceptions_from_two_decimals_are_known() {
        let none = [
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ];
        let three = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
        // The currencies that NOAH has published, less those above (facts 5.3).
        let two = [
            "AED", "ARS", "AUD", "BDT", "BMD", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK", "ETB", "EUR",
            "GBP", "GHS", "HKD", "HUF", "IDR", "ILS", "INR", "LKR", "MMK", "MWK", "MXN", "MYR", "NGN", "NOK",
            "NZD", "PHP", "PKR", "PLN", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "ZAR",
            "KES", "RON", "EGP", "GTQ", "DOP",
        ];
        for (codes, decimals) in [(&none[..], 0), (&three, 3), (&two, 2)] {
            for code in codes {
                assert_eq!(fiat_decimals(code), Some(decimals), "{code}");
            }
        }
        for code in ["", "usd", "XYZ", "USDC", "VEF", "XAU"] {
            assert_eq!(fiat_decimals(code), None, "{code}");
        }
    }

    #[test]
    fn test_codes_divide_like_real_ones() {
        for (code, decimals) in [
            ("BTC", 8),
            ("BTC_TEST", 8),
            ("ETH_TEST_SEPOLIA", 18),
            ("USDC_TEST", 6),
        ] {
            assert_eq!(crypto_decimals(code), Some(decimals), "{code}");
        }
        assert_eq!(crypto_decimals("NEW_TEST"), None);
        assert_eq!(crypto_decimals(""), None);
    }
}
