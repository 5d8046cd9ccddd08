//! Emitters: one file of output each.

pub mod builders;
pub mod calls;
pub mod operations;
pub mod progenitor;
pub mod scalars;
pub mod schemas;
pub mod types;
pub mod validate;
