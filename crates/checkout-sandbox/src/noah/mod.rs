//! The NOAH side: `/v1/checkout/...`, webhooks, and `/_sandbox`.

mod auth;
mod checkout;
mod control;
pub(crate) mod courier;
mod keys;
mod ledger;
mod page;
mod payin;
mod price;
mod refusal;
mod sale;
pub(crate) mod service;
mod session;
mod store;

pub use control::SessionStatus;
pub use courier::{Attempt, Delivery, DeliveryState};
pub use ledger::{Entry, Ledger, Total};
pub use session::{Outcome, TransitionError};
