//! The manage page: a customer's payment methods, to look at, add and remove.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use noah_models::{FiatPaymentCardScheme, PaymentMethodIdentifierType};
use serde::Deserialize;

use super::method_form::{Faults, MethodForm};
use crate::engine::control::Id;
use crate::engine::html::{Policy, document, layout, text};
use crate::noah::service::Service;
use crate::noah::sessions::{BANK_RAILS, PaymentMethod, Session, identifier_name, rail_name};

/// What was just done, as the address says after a form.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Done {
    done: What,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Added,
    Removed,
}

/// The page of a session that does not exist.
pub(super) fn unknown_session() -> Response {
    layout::message(
        StatusCode::NOT_FOUND,
        "Unknown session",
        "There is no session at this address. Without a state file, a sandbox forgets its sessions when it stops.",
    )
}

/// The page of a session in which nothing is paid.
pub(super) fn show(service: &Service, session: &Session, done: Option<Done>) -> Response {
    let methods = methods_of(service, session);
    let note = done.map(|Done { done }| match done {
        What::Added => "The payment method is stored.",
        What::Removed => "The payment method is removed.",
    });
    render(
        StatusCode::OK,
        session,
        &methods,
        note,
        &MethodForm::default(),
        &Faults::default(),
    )
}

/// `POST /hosted/{id}/payment-methods`
pub(super) async fn add(
    State(service): State<Arc<Service>>,
    Id(id): Id,
    form: Result<Form<MethodForm>, FormRejection>,
) -> Response {
    let Some(session) = service.store.session(&id).filter(is_managed) else {
        return unknown_session();
    };
    let Ok(Form(form)) = form else {
        return layout::message(
            StatusCode::BAD_REQUEST,
            "Unreadable form",
            "Go back, reload the page and fill it in again.",
        );
    };
    let kept = form.check().and_then(|method| {
        service
            .store
            .add_method(session.customer_id(), method)
            .map_err(|error| {
                let mut faults = Faults::default();
                faults.add(form.last_field(), error.to_string());
                faults
            })
    });
    match kept {
        Ok(()) => layout::see_other(&format!("/hosted/{}?done=added", session.id())),
        Err(faults) => render(
            StatusCode::UNPROCESSABLE_ENTITY,
            &session,
            &methods_of(&service, &session),
            None,
            &form.without_card_number(),
            &faults,
        ),
    }
}

/// `POST /hosted/{id}/payment-methods/{method}/remove`
pub(super) async fn remove(
    State(service): State<Arc<Service>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let found = path.ok().and_then(|Path((id, method))| {
        let session = service.store.session(&id).filter(is_managed)?;
        Some((session, method))
    });
    let Some((session, method)) = found else {
        return unknown_session();
    };
    match service.store.remove_method(session.customer_id(), &method) {
        Ok(()) => layout::see_other(&format!("/hosted/{}?done=removed", session.id())),
        Err(error) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            layout::message(status, "Not removed", &error.to_string())
        }
    }
}

fn is_managed(session: &Session) -> bool {
    matches!(session, Session::Managed { .. })
}

fn methods_of(service: &Service, session: &Session) -> Vec<PaymentMethod> {
    service
        .store
        .customer(session.customer_id())
        .map(|customer| customer.payment_methods)
        .unwrap_or_default()
}

fn render(
    status: StatusCode,
    session: &Session,
    methods: &[PaymentMethod],
    note: Option<&str>,
    form: &MethodForm,
    faults: &Faults,
) -> Response {
    let content = html! {
        h1 { "Payment methods" }
        p.soft { "Stored for customer " (text(session.customer_id().as_str())) ". The hosted page offers them." }
        @if let Some(note) = note { p.note role="status" { (note) } }
        (list(session, methods))
        h2 { "Add one" }
        (bank(session, form, faults, methods.is_empty()))
        (card(session, form, faults))
        (identifier(session, form, faults))
    };
    layout::answer(status, Policy::Closed, document("Payment methods", &content))
}

fn list(session: &Session, methods: &[PaymentMethod]) -> Markup {
    html! {
        @if methods.is_empty() {
            p.empty { "None yet." }
        } @else {
            ul.methods {
                @for method in methods {
                    @let label = method.label();
                    li {
                        span { (text(&label)) }
                        form method="post" action={
                            "/hosted/" (session.id()) "/payment-methods/" (method.handle()) "/remove"
                        } {
                            button type="submit" aria-label={ "Remove " (label) } { "Remove" }
                        }
                    }
                }
            }
        }
    }
}

fn bank(session: &Session, form: &MethodForm, faults: &Faults, is_first: bool) -> Markup {
    let rails = BANK_RAILS.each_ref().map(|rail| (rail.as_str(), rail_name(rail)));
    adding(
        session,
        form,
        "Bank",
        "Bank account",
        is_first && faults.first().is_none(),
        &html! {
            div.pair {
                (select("Rail", "Rail", &rails, &form.rail, faults))
                (Input { name: "Currency", label: "Currency", value: &form.currency, length: 3, mode: "text",
                    hint: "Three letters, such as EUR." }.field(faults))
            }
            (Input { name: "BankCode", label: "Bank code", value: &form.bank_code, length: 100, mode: "text",
                hint: "What the rail goes by: BIC, routing number, sort code." }.field(faults))
            (Input { name: "AccountNumber", label: "Account number", value: &form.account_number, length: 100, mode: "text",
                hint: "An invented one; an IBAN counts." }.field(faults))
        },
    )
}

fn card(session: &Session, form: &MethodForm, faults: &Faults) -> Markup {
    let schemes: Vec<_> = FiatPaymentCardScheme::KNOWN
        .iter()
        .map(|scheme| (scheme.as_str(), scheme.as_str()))
        .collect();
    adding(
        session,
        form,
        "Card",
        "Card",
        false,
        &html! {
            div.pair {
                (select("Scheme", "Scheme", &schemes, &form.scheme, faults))
                (Input { name: "Last4", label: "Last four digits", value: &form.last4, length: 4, mode: "numeric",
                    hint: "Never a whole card number." }.field(faults))
            }
        },
    )
}

fn identifier(session: &Session, form: &MethodForm, faults: &Faults) -> Markup {
    let kinds: Vec<_> = PaymentMethodIdentifierType::KNOWN
        .iter()
        .map(|kind| (kind.as_str(), identifier_name(kind)))
        .collect();
    adding(
        session,
        form,
        "Identifier",
        "Identifier",
        false,
        &html! {
            (select("IdentifierType", "Kind", &kinds, &form.identifier_type, faults))
            (Input { name: "Identifier", label: "Identifier", value: &form.identifier, length: 150, mode: "text",
                hint: "A Pix key: a phone number, an e-mail address or a tax number." }.field(faults))
        },
    )
}

/// One of the three forms; open where it was filled in wrongly.
fn adding(
    session: &Session,
    form: &MethodForm,
    kind: &str,
    title: &str,
    open: bool,
    fields: &Markup,
) -> Markup {
    html! {
        details.adding open[open || form.kind == kind] {
            summary { (title) }
            form method="post" action={ "/hosted/" (session.id()) "/payment-methods" } autocomplete="off" {
                input type="hidden" name="Kind" value=(kind);
                (fields)
                button.primary type="submit" { "Add " (title.to_lowercase()) }
            }
        }
    }
}

struct Input<'a> {
    name: &'static str,
    label: &'a str,
    hint: &'a str,
    value: &'a str,
    /// In characters.
    length: usize,
    /// The keyboard that a phone shows.
    mode: &'a str,
}

impl Input<'_> {
    fn field(&self, faults: &Faults) -> Markup {
        let Self {
            name,
            label,
            hint,
            value,
            length,
            mode,
        } = *self;
        let fault = faults.of(name);
        html! {
            div.field {
                label for=(name) { (label) }
                input id=(name) name=(name) value=(value) maxlength=(length) inputmode=(mode) required
                    autocapitalize="off" spellcheck="false"
                    aria-describedby={ (name) "-hint" @if fault.is_some() { " " (name) "-fault" } }
                    aria-invalid=[fault.map(|_| "true")]
                    autofocus[faults.first() == Some(name)];
                p.hint id={ (name) "-hint" } { (hint) }
                (fault_of(name, fault))
            }
        }
    }
}

fn select(
    name: &'static str,
    label: &str,
    options: &[(&str, &str)],
    chosen: &str,
    faults: &Faults,
) -> Markup {
    let fault = faults.of(name);
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) required
                aria-describedby=[fault.map(|_| format!("{name}-fault"))]
                aria-invalid=[fault.map(|_| "true")]
                autofocus[faults.first() == Some(name)] {
                @for (value, shown) in options {
                    option value=(value) selected[*value == chosen] { (shown) }
                }
            }
            (fault_of(name, fault))
        }
    }
}

fn fault_of(name: &str, fault: Option<&str>) -> Markup {
    html! {
        @if let Some(fault) = fault {
            p.fault id={ (name) "-fault" } role="alert" { (fault) }
        }
    }
}
