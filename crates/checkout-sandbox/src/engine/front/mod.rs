//! What stands before both APIs: the accept loop, and the gate that every request passes.

pub(crate) mod gate;
pub(crate) mod serve;
