//! Every operation of both APIs as a command, made at run time of what the specs say: no operation has code here.
//!
//! [`overlay`] holds the few rows of what a spec does not say: second names, flags for nested fields, what of an answer is shown.

mod explain;
mod flags;
mod flows;
mod input;
mod overlay;
mod run;
mod schemas;
mod subject;
mod told;
mod tree;

pub(crate) use explain::explain;
pub(crate) use run::run;
pub(crate) use schemas::unknown;
pub(crate) use subject::Subject;
pub(crate) use told::answer;
pub(crate) use tree::tree;
