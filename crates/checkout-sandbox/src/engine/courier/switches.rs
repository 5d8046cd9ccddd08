//! What may be odd about webhooks, on purpose.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::Event;
use crate::engine::spec::Api;
use crate::engine::text::{json, span};

/// Oddities that a shop has to bear, each switched on by itself; all are off by default.
///
/// They hold for what happens from then on: what was posted before keeps its body, its key and its turn. As text,
/// `duplicates=2,reorder,delay=2s,wrong-signature,unknown-event,unknown-value,extra-fields`; as JSON, an object with the
/// fields below, where `delay` is a text.
///
/// ```
/// use checkout_sandbox::WebhookSwitches;
///
/// let switches: WebhookSwitches = "duplicates=2,reorder".parse()?;
/// assert!(switches.reorder && switches.duplicates == 2);
/// # Ok::<(), checkout_sandbox::SwitchError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WebhookSwitches {
    /// How many more times each webhook is sent, whatever the receiver answers: the same bytes under the same signature,
    /// each with a number, attempts and a schedule of its own.
    pub duplicates: u8,
    /// Holds webhooks back until four of an API are there, or for a second, and sends each such group in another order than
    /// it came to be. Which one is a matter of chance, or of [`seed`](crate::SandboxBuilder::seed).
    pub reorder: bool,
    /// How long each webhook waits before its first attempt; at most a day.
    #[serde(with = "crate::engine::text::span")]
    pub delay: Duration,
    /// Signs with a key that is not the account's. The signature has the right form, and the receiver should refuse it;
    /// sending it again changes nothing about it.
    pub wrong_signature: bool,
    /// Sends another webhook before each one: the same object under an event type that nobody knows, `SandboxUnknownEvent`
    /// or, of a `payment.paid`, `payment.sandbox_unknown`. It is sent if the other one is subscribed.
    pub unknown_event: bool,
    /// Sends another webhook before each one whose object has a status: an earlier version of the object in a status that
    /// nobody knows, `SandboxUnknownValue` or `SANDBOX_UNKNOWN_VALUE`.
    pub unknown_value: bool,
    /// Adds a field that no spec has, `SandboxExtra` or `sandboxExtra`, to every object in each body.
    pub extra_fields: bool,
}

/// A text that is no list of switches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is no webhook switch; choose from duplicates=N (up to 255), reorder, delay=TIME (such as 2s), wrong-signature, \
     unknown-event, unknown-value, extra-fields",
    checkout_core::given::quotable_piece(.0)
)]
pub struct SwitchError(String);

type Flag = fn(&mut WebhookSwitches) -> &mut bool;

/// Those that are on or off, by their names in a text.
const FLAGS: [(&str, Flag); 5] = [
    ("reorder", |switches| &mut switches.reorder),
    ("wrong-signature", |switches| &mut switches.wrong_signature),
    ("unknown-event", |switches| &mut switches.unknown_event),
    ("unknown-value", |switches| &mut switches.unknown_value),
    ("extra-fields", |switches| &mut switches.extra_fields),
];

impl WebhookSwitches {
    /// The event and what is to be told before it.
    pub(super) fn told(&self, event: Event) -> Vec<Event> {
        let mut told = Vec::new();
        if self.unknown_event {
            told.push(of_unknown_type(event.clone()));
        }
        if self.unknown_value {
            told.extend(in_unknown_status(event.clone()));
        }
        told.push(event);
        told
    }

    /// The body as it is sent.
    pub(super) fn written(&self, api: Api, body: Bytes) -> Bytes {
        if !self.extra_fields {
            return body;
        }
        let mut body = serde_json::from_slice(&body).unwrap_or_default();
        add_to_objects(&mut body, api.profile().webhooks.extra_field);
        // JSON always serialises.
        json::written(&body).unwrap_or_default()
    }

    /// Those that are on or off, by their names in a text.
    pub(crate) fn flags(&self) -> [(&'static str, bool); 5] {
        let mut switches = self.clone();
        FLAGS.map(|(name, flag)| (name, *flag(&mut switches)))
    }
}

fn of_unknown_type(mut event: Event) -> Event {
    event.event_type = (event.api.profile().webhooks.unknown_event)(&event.event_type);
    event
}

/// `None` for an object without a status.
fn in_unknown_status(mut event: Event) -> Option<Event> {
    let names = &event.api.profile().webhooks;
    let pointer = names
        .statuses
        .iter()
        .find(|pointer| event.data.pointer(pointer).is_some_and(Value::is_string))?;
    *Arc::make_mut(&mut event.data).pointer_mut(pointer)? = names.unknown_status.into();
    Some(event)
}

fn add_to_objects(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|value| add_to_objects(value, name));
            // A text, so that it fits into maps of texts as well.
            members.insert(name.to_owned(), "to be ignored".into());
        }
        Value::Array(items) => items.iter_mut().for_each(|item| add_to_objects(item, name)),
        _ => {}
    }
}

impl FromStr for WebhookSwitches {
    type Err = SwitchError;

    fn from_str(text: &str) -> Result<Self, SwitchError> {
        let mut switches = Self::default();
        for switch in text.split(',').map(str::trim) {
            let unknown = || SwitchError(switch.to_owned());
            match switch.split_once('=') {
                None => {
                    let mut flags = FLAGS.iter();
                    let (_, flag) = flags.find(|(name, _)| *name == switch).ok_or_else(unknown)?;
                    *flag(&mut switches) = true;
                }
                Some(("duplicates", times)) => switches.duplicates = times.parse().map_err(|_| unknown())?,
                Some(("delay", time)) => switches.delay = span::parse(time).ok_or_else(unknown)?,
                Some(_) => return Err(unknown()),
            }
        }
        Ok(switches)
    }
}

/// As it is read; `none` if all are off.
impl fmt::Display for WebhookSwitches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut on = Vec::new();
        if self.duplicates > 0 {
            on.push(format!("duplicates={}", self.duplicates));
        }
        if !self.delay.is_zero() {
            on.push(format!("delay={}", span::written(self.delay)));
        }
        for (name, is_on) in self.flags() {
            if is_on {
                on.push(name.to_owned());
            }
        }
        f.write_str(&if on.is_empty() {
            "none".to_owned()
        } else {
            on.join(", ")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read_and_written() {
        let all =
            "duplicates=2, delay=1m30s, reorder, wrong-signature, unknown-event, unknown-value, extra-fields";
        let switches: WebhookSwitches = all.parse().unwrap();
        assert_eq!(switches.to_string(), all);
        assert_eq!(switches.delay, Duration::from_secs(90));
        let json = serde_json::to_value(&switches).unwrap();
        assert_eq!(json["delay"], "1m30s");
        assert_eq!(serde_json::from_value::<WebhookSwitches>(json).unwrap(), switches);
        assert_eq!(WebhookSwitches::default().to_string(), "none");
    }

    #[test]
    fn a_slip_of_the_pen_is_told() {
        for text in [
            "",
            "reorder,",
            "duplicate=2",
            "duplicates",
            "duplicates=256",
            "reorder=1",
            "delay=2",
            "delay",
        ] {
            assert!(text.parse::<WebhookSwitches>().is_err(), "{text}");
        }
        insta::assert_snapshot!(
            "reorder,shuffle".parse::<WebhookSwitches>().unwrap_err(),
            @"`shuffle` is no webhook switch; choose from duplicates=N (up to 255), reorder, delay=TIME (such as 2s), wrong-signature, unknown-event, unknown-value, extra-fields"
        );
        for json in [r#"{"reordered":true}"#, r#"{"delay":2}"#, r#"{"delay":"48h"}"#] {
            assert!(serde_json::from_str::<WebhookSwitches>(json).is_err(), "{json}");
        }
    }
}
