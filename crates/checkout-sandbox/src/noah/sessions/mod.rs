//! Sessions: what a customer opens, pays or lets run out.

pub(crate) mod ending;
pub(crate) mod payin;
pub(crate) mod payment_method;
pub(crate) mod sale;
pub(crate) mod session;
