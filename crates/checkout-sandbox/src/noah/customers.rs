//! Customers: as they are given, looked up and checked.

use axum::http::StatusCode;
use noah_models::{CustomerId, EventType};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::events::CUSTOMER;
use super::refusal::Refusal;
use super::service::{Answered, Call, Service};
use super::store::{Changed, CustomerRef};
use super::webhooks::event;
use crate::engine::answer::Answer;
use crate::engine::courier::Event;
use crate::engine::idempotency::Keep;
use crate::engine::time::timestamp;

/// What onboarding was asked for, by the customer's id.
pub(super) const ONBOARDING: &str = "Onboarding";

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
pub(super) fn page_of(id: &str) -> String {
    format!("/onboarding/{}", utf8_percent_encode(id, NON_ALPHANUMERIC))
}

/// `PUT /customers/{CustomerID}`: 201 for a new customer, 204 for one that was known.
pub(super) fn put(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let id = CustomerId::from(call.parameters.text("CustomerID"));
    service.store().change(keep, |known, stage| {
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
pub(super) fn onboard(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let id = call.parameters.text("CustomerID");
    service.store().change(keep, |_, stage| {
        let known = stage.get(CUSTOMER, id).and_then(Value::as_object).cloned();
        if known
            .as_ref()
            .is_some_and(|known| status(known) == Some("Approved"))
        {
            return Err(Refusal::invalid(
                "customer is approved already: there is nothing left to check",
            ));
        }
        let mut shown = known.unwrap_or_default();
        let kind = call
            .body
            .get("CustomerType")
            .and_then(Value::as_str)
            .unwrap_or("Individual");
        shown.entry("Type").or_insert_with(|| kind.into());
        shown.insert("CustomerID".to_owned(), id.into());
        let now = timestamp(service.ground().now());
        shown.entry("Created").or_insert_with(|| now.as_str().into());
        if let Some(metadata) = call.body.get("Metadata") {
            shown.insert("Metadata".to_owned(), metadata.clone());
        }
        let told = judged(&mut shown, "Pending", None);
        stage.put(ONBOARDING, id, call.body.clone());
        let link = format!("{}{}", service.origin(), page_of(id));
        Ok(Changed {
            events: vec![told],
            ..Answer::json(&json!({ "HostedURL": link }))?.into()
        })
    })
}

/// Ends the checks of a customer, or asks for more; posts what NOAH would.
pub(crate) fn judge(service: &Service, id: &str, verdict: Verdict) -> Answered {
    let mut keep = Keep::new(service.ground(), None);
    service.store().change(&mut keep, |_, stage| {
        let known = stage.get(CUSTOMER, id).and_then(Value::as_object).cloned();
        let mut shown = known.ok_or_else(|| Refusal::not_found("customer not found"))?;
        let event = match verdict {
            Verdict::Approved => judged(&mut shown, "Approved", None),
            Verdict::Declined => judged(&mut shown, "Declined", Some("Final")),
            Verdict::AskedForMore => judged(&mut shown, "Pending", Some("Retry")),
        };
        Ok(Changed {
            events: vec![event],
            ..Answer::json(&shown)?.into()
        })
    })
}

fn status(customer: &Map<String, Value>) -> Option<&str> {
    customer.get("Verification")?.get("Status")?.as_str()
}

/// The customer with the state of its checks, and the event that tells of it.
fn judged(customer: &mut Map<String, Value>, status: &str, reject: Option<&str>) -> Event {
    let kind = customer.get("Type").cloned().unwrap_or_default();
    customer.insert(
        "Verification".to_owned(),
        json!({ "Model": "System", "Status": status }),
    );
    let mut entity = json!({ "Model": "System", "Status": status, "Entity": "Lt" });
    if let (Some(reject), Some(entity)) = (reject, entity.as_object_mut()) {
        let comment = "The sandbox was told to say so.";
        let data = json!({ "RejectType": reject, "PublicComment": comment });
        entity.insert("RejectionData".to_owned(), data);
    }
    customer.insert(
        "Verifications".to_owned(),
        json!({ "Type": kind, "Status": status, "EntityVerifications": [entity] }),
    );
    event(EventType::Customer, customer)
}
