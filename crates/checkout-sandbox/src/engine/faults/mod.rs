//! Faults on demand: what can go wrong between a client and an API, when it is told to.
//!
//! [`Fault`] is what happens, [`FaultRule`] says to which requests, [`Faults`] holds the rules in force, and a plan is what
//! happens to one request.

mod answer;
pub(crate) mod control;
mod fault;
mod gzip;
mod plan;
mod rule;
mod slow_body;
mod table;
mod together;
mod unknown_enum;
mod written;

pub use fault::{Fault, FaultError};
pub(crate) use plan::{APPLIED_HEADER, FAULT_HEADER, Plan};
pub use rule::{FaultRule, FaultRuleError, Probability};
pub use table::{ActiveRule, Faults};
pub use written::FaultFileError;
