//! What one API operation is, apart from its types: the row that retry, logging and routing decisions read.

use std::time::Duration;

/// One operation of an API, as its OpenAPI document describes it.
///
/// The generated models crates hold one constant per operation and a table of them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The document's `operationId`, e.g. `createFiatPayin`.
    pub id: &'static str,
    /// Upper-case HTTP method.
    pub method: &'static str,
    /// Path template below the server URL, e.g. `/products/{paymentProductId}/sessions`.
    pub path: &'static str,
    /// The document's first tag.
    pub tag: &'static str,
    /// How the API recognises a repeated request as the same one.
    pub idempotency: Idempotency,
    /// Whether a success can move money (`x-moves-money`).
    pub moves_money: bool,
    /// How long the API is known to remember a key; `None` where nobody says, or where there is no key.
    pub key_life: Option<Duration>,
}

/// How an API recognises a repeated request as the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Idempotency {
    /// A read: repeating it changes nothing.
    Read,
    /// A field of the JSON body, e.g. `Nonce`.
    BodyField(&'static str),
    /// A request header, e.g. `X-GCS-Idempotence-Key`; the request is repeatable only if the header was sent.
    Header(&'static str),
    /// Nothing: a repeated request is a second request.
    None,
}

impl Operation {
    /// Used by generated code; the fields are the interface.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        id: &'static str,
        method: &'static str,
        path: &'static str,
        tag: &'static str,
        idempotency: Idempotency,
        moves_money: bool,
    ) -> Self {
        Self {
            id,
            method,
            path,
            tag,
            idempotency,
            moves_money,
            key_life: None,
        }
    }

    /// Used by generated code, for `hours` of `x-idempotency`.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_key_life_hours(mut self, hours: u64) -> Self {
        self.key_life = Some(Duration::from_secs(hours.saturating_mul(60 * 60)));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_life_of_a_key_is_unknown_until_somebody_says() {
        const PAY: Operation =
            Operation::new("pay", "POST", "/pay", "test", Idempotency::Header("X-Key"), true);
        assert_eq!(PAY.key_life, None);
        let day = PAY.with_key_life_hours(24);
        assert_eq!(day.key_life, Some(Duration::from_secs(86_400)));
        assert_eq!(
            Operation {
                key_life: None,
                ..day
            },
            PAY
        );
        // Too long to count is long, not short.
        let ever = PAY.with_key_life_hours(u64::MAX);
        assert_eq!(ever.key_life, Some(Duration::from_secs(u64::MAX)));
    }
}
