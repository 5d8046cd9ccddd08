//! What every request goes through, and operations that need a row alone.

mod examples;
pub(crate) mod idempotency;
mod paging;
mod resources;
mod rows;
mod steps;
pub(crate) mod work;

pub(crate) use idempotency::{Keep, KeyTable, Keys};
pub(crate) use resources::{ResourceTable, Resources, Stage};
pub(crate) use rows::{Does, Numbered, Stocked};
pub(crate) use steps::{Call, Means, Run, Served, mount};
