//! Local NOAH and Worldline Connect servers to build a shop against.
