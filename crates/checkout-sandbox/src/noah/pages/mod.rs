//! The pages of NOAH's in a browser: a session's, a customer's checks, a workflow's bank details.
//!
//! They are plain HTML without scripts. Texts from outside go through [`text`](crate::engine::html::layout::text). A form is
//! answered with a redirect, and is taken from these pages alone.

mod deposit;
mod hosted;
mod manage;
mod method_form;
pub(super) mod onboarding;
mod sample;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

#[cfg(test)]
pub(super) use hosted::PayForm;
#[cfg(test)]
pub(super) use method_form::MethodForm;

use super::operations::customers::Verdict;
use super::service::Service;
use super::sessions::Ending;
use crate::engine::control;
use crate::engine::html::assets;

/// The routes of all pages.
pub(crate) fn router() -> Router<Arc<Service>> {
    let mut forms = Router::new()
        .route("/hosted/{id}/payment-methods", post(manage::add))
        .route(
            "/hosted/{id}/payment-methods/{method}/remove",
            post(manage::remove),
        );
    for (word, outcome) in Ending::ASKED {
        let end = post(move |service, id, form| hosted::end(service, id, form, outcome));
        forms = forms.route(&format!("/hosted/{{id}}/{word}"), end);
    }
    for (word, verdict) in Verdict::ASKED {
        let judge = post(move |service, id| onboarding::judge(service, id, verdict));
        forms = forms.route(&format!("/onboarding/{{id}}/{word}"), judge);
    }
    let forms = forms.route_layer(middleware::from_fn(control::own_pages_only));
    let pages = Router::new()
        .route("/hosted/{id}", get(hosted::page))
        .route("/onboarding/{id}", get(onboarding::page))
        .route("/deposit/{id}", get(deposit::page))
        .route("/example/{operation}", get(sample::page))
        .merge(assets::routes(assets::SHARED))
        .route_layer(middleware::from_fn(control::loopback_only));
    forms.merge(pages)
}
