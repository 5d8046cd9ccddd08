//! Delivers the webhooks of both APIs: signs the exact bytes, sends them in order, tries again, and keeps a log of it all.
//!
//! Each API has a lane of its own. In it, first attempts go out one after the other; a webhook that fails waits by itself
//! for its further attempts, and holds up none behind it.

mod agenda;
mod attempts;
mod delivery;
mod event;
mod log;
mod posting;
mod queue;
mod run;
mod schedule;
mod shown;
mod switches;
mod wire;

pub use attempts::ResendError;
pub use delivery::{Attempt, Delivery, DeliveryState};
pub(crate) use event::{Event, WebhookForm, Written};
pub(crate) use queue::{Courier, Settings};
pub(crate) use run::run;
pub use schedule::{ScheduleError, WebhookSchedule};
pub(crate) use shown::{delivery_detail, delivery_row};
pub use switches::{SwitchError, WebhookSwitches};

#[cfg(test)]
mod tests;
