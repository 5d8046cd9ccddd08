//! The money: balances, what was paid, and what crypto costs.

pub(crate) mod balances;
mod ledger;
mod price;

pub(crate) use balances::{BalanceFault, Hold};
pub use ledger::{Entry, Ledger, Total};
pub(crate) use price::Price;
