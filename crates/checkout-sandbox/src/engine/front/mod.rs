//! What stands before both APIs: the accept loop, and the gate that every request passes.

mod gate;
pub(crate) mod serve;

pub(crate) use gate::{Gate, Gated};
