//! A sandbox as its users have it: set up, started, looked at and stopped.

mod builder;
mod report;
mod sandbox;
mod setup;
mod start_error;

pub use builder::SandboxBuilder;
pub use report::{NoahReport, ReadyReport, WebhooksReport, WorldlineReport};
pub use sandbox::{NoahSandbox, Sandbox, WorldlineSandbox};
pub use start_error::StartError;
