//! Build steps of hosted-checkout, as functions that return text.

pub mod api;
pub mod bench;
pub mod disk;
pub mod docs;
pub mod emit;
pub mod format;
pub mod generate;
pub mod lint;
pub mod lower;
pub mod model;
pub mod names;
pub mod spec;
