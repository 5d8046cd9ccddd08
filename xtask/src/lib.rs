//! Build steps of hosted-checkout, as functions that return text.

pub mod api;
pub mod bench;
pub mod disk;
pub mod docs;
pub mod emit;
pub mod files;
pub mod format;
pub mod generate;
pub mod guard;
pub mod lint;
pub mod lower;
pub mod model;
pub mod names;
pub mod place;
pub mod source;
pub mod spec;
pub mod yaml;
