//! Why an event was not posted on demand.

use crate::engine::ground::StateError;

/// Why an event was not posted on demand.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TriggerError {
    /// The sandbox cannot invent what an event of this type tells.
    #[error(
        "an event of type {0} needs its Data; only Transaction, FiatDeposit, CheckoutSession and Customer do without"
    )]
    DataMissing(String),
    /// What NOAH's event is to tell is no JSON object.
    #[error("Data is not a JSON object")]
    DataNoObject,
    /// No event of Worldline Connect's has such a type.
    #[error(
        "`{0}` is no event type of Worldline Connect; write payment.paid, or another one of payment, refund, payout, token, \
         dispute or capture"
    )]
    EventType(String),
    /// The state file cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
}
