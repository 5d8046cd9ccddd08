//! What the operations of NOAH do.

pub(crate) mod catalog;
pub(crate) mod checkout;
pub(crate) mod customers;
pub(crate) mod deposits;
pub(crate) mod documents;
pub(crate) mod payouts;
