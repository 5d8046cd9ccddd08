//! The money: balances, what was paid, and what crypto costs.

pub(crate) mod balances;
pub(crate) mod ledger;
pub(crate) mod price;
