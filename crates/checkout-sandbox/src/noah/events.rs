//! What events change beside what they tell: the things that lists give, and the balances.

use serde_json::Value;

use super::balances;
use crate::engine::courier::Event;
use crate::engine::resources::Stage;

/// Each object as its event tells it, and the money that a transaction moves when it ends.
pub(super) fn stage(stage: &mut Stage<'_>, events: &[Event]) {
    for Event { event_type, data, .. } in events {
        if event_type == "Transaction" {
            balances::follow(stage, data);
        }
        let id = ["ID", "CheckoutSessionID", "CustomerID"]
            .iter()
            .find_map(|name| data.get(name).and_then(Value::as_str));
        if let Some(id) = id {
            stage.put(event_type, id, data.clone());
        }
    }
}
