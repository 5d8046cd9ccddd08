//! Customers: as they are given, looked up and checked.

use axum::http::StatusCode;
use noah_models::{CustomerId, EventType};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::engine::courier::Event;
use crate::engine::exchange::Answer;
use crate::engine::pipeline::Keep;
use crate::engine::text::{field, text, timestamp};
use crate::noah::refusal::Refusal;
use crate::noah::service::{Answered, Call, Service};
use crate::noah::store::events::CUSTOMER;
use crate::noah::store::{Changed, CustomerRef};
use crate::noah::webhooks::event;

/// What onboarding was asked for, by the customer's id.
pub(crate) const ONBOARDING: &str = "Onboarding";

/// How checks of a customer end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved,
    Declined,
    /// NOAH needs more of the customer.
    AskedForMore,
}

impl Verdict {
    /// Each with the word that control calls and forms ask for it by.
    pub(crate) const ASKED: [(&'static str, Self); 3] = [
        ("approve", Self::Approved),
        ("ask", Self::AskedForMore),
        ("decline", Self::Declined),
    ];
}

/// Where the page of a customer is, below the listener's origin.
pub(crate) fn page_of(id: &str) -> String {
    format!("/onboarding/{}", utf8_percent_encode(id, NON_ALPHANUMERIC))
}

/// `PUT /customers/{CustomerID}`: 201 for a new customer, 204 for one that was known.
pub(crate) fn put(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let id = CustomerId::from(call.parameters.text("CustomerID"));
    service.store.change(keep, |known, stage| {
        let is_known = known.contains_key(&id) || stage.get(CUSTOMER, id.as_str()).is_some();
        let status = if is_known {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::CREATED
        };
        Ok(Changed {
            customer: Some(CustomerRef {
                id,
                given: Some(call.body.clone()),
            }),
            ..Answer::empty(status).into()
        })
    })
}

/// `POST /onboarding/{CustomerID}`: the customer waits for NOAH's checks, which a control call ends.
pub(crate) fn onboard(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let id = call.parameters.text("CustomerID");
    service.store.change(keep, |_, stage| {
        let mut shown = stage.get(CUSTOMER, id).cloned().unwrap_or_else(|| {
            let kind = field(&call.body, "CustomerType").unwrap_or("Individual");
            let created = timestamp(service.ground.now());
            json!({ "Type": kind, "CustomerID": id, "Created": created.as_str() })
        });
        if text(&shown["Verification"], "Status") == "Approved" {
            return Err(Refusal::invalid(
                "customer is approved already: there is nothing left to check",
            ));
        }
        if let Some(metadata) = call.body.get("Metadata") {
            shown["Metadata"] = metadata.clone();
        }
        let events = judged(&mut shown, "Pending", None, &call.body);
        stage.put(ONBOARDING, id, call.body.clone());
        let link = format!("{}{}", service.origin, page_of(id));
        Ok(Changed {
            events,
            ..Answer::json(&json!({ "HostedURL": link }))?.into()
        })
    })
}

/// Ends the checks of a customer, or asks for more; posts what NOAH would.
pub(crate) fn judge(service: &Service, id: &str, verdict: Verdict) -> Answered {
    let mut keep = Keep::new(&service.ground, None);
    service.store.change(&mut keep, |_, stage| {
        let known = stage.get(CUSTOMER, id).cloned();
        let mut shown = known.ok_or_else(|| Refusal::not_found("customer not found"))?;
        let (status, reject) = match verdict {
            Verdict::Approved => ("Approved", None),
            Verdict::Declined => ("Declined", Some("Final")),
            Verdict::AskedForMore => ("Pending", Some("Retry")),
        };
        let begun = stage.get(ONBOARDING, id).unwrap_or(&Value::Null);
        Ok(Changed {
            events: judged(&mut shown, status, reject, begun),
            ..Answer::json(&shown)?.into()
        })
    })
}

/// Writes the state of the checks into the customer, and gives the events that tell it: one for each currency that onboarding was asked
/// for. No known field says which currency an event is about.
fn judged(customer: &mut Value, status: &str, reject: Option<&str>, begun: &Value) -> Vec<Event> {
    customer["Verification"] = json!({ "Model": "System", "Status": status });
    let mut entity = json!({ "Model": "System", "Status": status, "Entity": "Lt" });
    if let Some(reject) = reject {
        let comment = "The sandbox was told to say so.";
        entity["RejectionData"] = json!({ "RejectType": reject, "PublicComment": comment });
    }
    customer["Verifications"] =
        json!({ "Type": customer["Type"], "Status": status, "EntityVerifications": [entity] });
    let currencies = begun["FiatOptions"].as_array().map_or(1, Vec::len);
    vec![event(EventType::Customer, customer.clone()); currencies.max(1)]
}
