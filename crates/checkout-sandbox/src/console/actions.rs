//! What the console's forms do. Each leads back to the part that it belongs to.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::state::{Console, FormError, FormName, query};
use crate::engine::control::Asked;
use crate::engine::courier::{ResendError, WebhookSwitches};
use crate::engine::faults::FaultRule;
use crate::engine::html::layout;
use crate::engine::pipeline::work;
use crate::noah::sessions::Ending;

type Filled<T> = Result<Form<T>, FormRejection>;

/// What a form says in a field; empty if it says nothing there.
fn said(form: Filled<HashMap<String, String>>, field: &str) -> String {
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    fields.get(field).cloned().unwrap_or_default()
}

pub(crate) async fn end(
    State(console): State<Arc<Console>>,
    Path((id, how)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Response {
    let Some((_, outcome)) = Ending::ASKED.into_iter().find(|(word, _)| *word == how) else {
        return console.refuse(asked, "A session can be settled, failed or left to expire.");
    };
    match console.service.store.end(&id, outcome) {
        Ok(_) => back(asked, "sessions"),
        Err(error) => console.refuse(asked, &error.to_string()),
    }
}

pub(crate) async fn add_rule(
    State(console): State<Arc<Console>>,
    Query(asked): Query<Asked>,
    form: Filled<HashMap<String, String>>,
) -> Response {
    let given = said(form, "Rule");
    match given.trim().parse::<FaultRule>() {
        Ok(rule) => {
            console.gate.faults.add(rule);
            back(asked, "faults")
        }
        Err(error) => console.explain(asked, FormName::Rule, given, error.to_string()),
    }
}

/// Removing it again changes nothing.
pub(crate) async fn remove_rule(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    if let Ok(id) = id.parse() {
        console.gate.faults.remove(id);
    }
    back(asked, "faults")
}

/// Waits until the attempt has ended, which it does even if the browser is closed meanwhile.
pub(crate) async fn resend(
    State(console): State<Arc<Console>>,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let number = number.parse().map_err(|_| ResendError::Unknown);
    let courier = Arc::clone(&console);
    let resent = work::to_its_end(async move { courier.service.courier.resend(number?).await });
    match resent.await {
        Some(Ok(_)) => back(asked, "deliveries"),
        Some(Err(error)) => console.refuse(asked, &error.to_string()),
        None => console.refuse(asked, "The attempt broke off."),
    }
}

/// What the form leaves out is off.
pub(crate) async fn switch(
    State(console): State<Arc<Console>>,
    Query(asked): Query<Asked>,
    form: Filled<Vec<(String, String)>>,
) -> Response {
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    let on = fields
        .iter()
        .filter_map(|(name, value)| match (name.as_str(), value.trim()) {
            ("Duplicates", "" | "0") | ("Delay", "" | "0") => None,
            ("Duplicates", number) => Some(format!("duplicates={number}")),
            ("Delay", delay) => Some(format!("delay={delay}")),
            (flag, _) => Some(flag.to_owned()),
        });
    let on: Vec<String> = on.collect();
    let switches = if on.is_empty() {
        Ok(WebhookSwitches::default())
    } else {
        on.join(",").parse()
    };
    match switches {
        Ok(switches) => {
            console.service.courier.switch(switches);
            back(asked, "webhooks")
        }
        Err(error) => console.explain(asked, FormName::Webhooks, String::new(), error.to_string()),
    }
}

pub(crate) async fn advance(
    State(console): State<Arc<Console>>,
    Query(asked): Query<Asked>,
    form: Filled<HashMap<String, String>>,
) -> Response {
    let given = said(form, "Seconds");
    let fault = match given.trim().parse() {
        Ok(seconds) => match console.service.ground.clock.advance(seconds) {
            Some(_) => return back(asked, "clock"),
            None => "The clock moves by at most 300 years in all.",
        },
        Err(_) => "Give a whole number of seconds, such as 900.",
    };
    console.explain(asked, FormName::Clock, given, fault.to_owned())
}

fn back(asked: Asked, part: &str) -> Response {
    layout::see_other(&format!("/_sandbox{}#{part}", query(asked)))
}

impl Console {
    fn refuse(&self, asked: Asked, text: &str) -> Response {
        self.explain(asked, FormName::Other, String::new(), text.to_owned())
    }

    fn explain(&self, asked: Asked, form: FormName, given: String, text: String) -> Response {
        let fault = FormError { form, given, text };
        self.show(asked, StatusCode::UNPROCESSABLE_ENTITY, Some(&fault))
    }
}
