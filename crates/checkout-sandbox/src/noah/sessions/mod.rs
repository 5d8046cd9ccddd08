//! Sessions: what a customer opens, pays or lets run out.

pub(crate) mod ending;
mod payin;
mod payment_method;
mod sale;
mod session;

pub use ending::Ending;
pub(crate) use ending::{Bill, public_id, status_text};
pub(crate) use payin::{CRYPTO, Kind, Payin};
pub(crate) use payment_method::{BANK_RAILS, PaymentMethod, identifier_name, rail_name};
pub(crate) use sale::Sale;
pub(crate) use session::Session;
pub use session::{SessionStatus, TransitionError};
