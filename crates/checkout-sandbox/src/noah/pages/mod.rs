//! What people see of the sandbox in a browser: the hosted page, the manage page, and the console.
//!
//! Plain HTML of the server's, whole without scripts. Texts that come from outside go through [`layout::text`]. What a
//! form posts to answers with a redirect, and takes only forms of these pages.

mod assets;
pub(super) mod console;
mod found;
mod hosted;
mod layout;
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

use super::service::Service;
use crate::engine::control;

/// The routes of all pages.
pub(crate) fn router() -> Router<Arc<Service>> {
    let forms = Router::new()
        .route("/hosted/{id}/settle", post(hosted::settle))
        .route("/hosted/{id}/fail", post(hosted::fail))
        .route("/hosted/{id}/expire", post(hosted::expire))
        .route("/onboarding/{id}/approve", post(onboarding::approve))
        .route("/onboarding/{id}/ask", post(onboarding::ask))
        .route("/onboarding/{id}/decline", post(onboarding::decline))
        .route("/hosted/{id}/payment-methods", post(manage::add))
        .route(
            "/hosted/{id}/payment-methods/{method}/remove",
            post(manage::remove),
        )
        .route_layer(middleware::from_fn(control::own_pages_only));
    let pages = Router::new()
        .route("/hosted/{id}", get(hosted::page))
        .route("/onboarding/{id}", get(onboarding::page))
        .route("/example/{operation}", get(sample::page))
        .route("/_sandbox/style.css", get(assets::style))
        .route("/_sandbox/icon.svg", get(assets::icon))
        .route_layer(middleware::from_fn(control::loopback_only));
    forms.merge(pages)
}
