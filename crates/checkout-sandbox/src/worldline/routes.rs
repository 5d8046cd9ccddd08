//! Which path of the Worldline Connect listener does what.

use std::sync::Arc;

use axum::Router;

use super::cors;
use super::refusal::Refusal;
use super::service::Service;
use crate::engine::pipeline;
use crate::engine::spec::Api;

/// What the paths of the Client API begin with.
pub(super) const CLIENT_API: &str = "/client/v1";

/// The listener's routes.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let operations = || Api::Worldline.mounted().iter();
    let client_api = pipeline::mount(operations(), "", CLIENT_API)
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer())
        .fallback(async || Refusal::path_not_found().answer())
        .layer(cors::layer());
    let server_api = operations().filter(|mounted| !mounted.operation.path.starts_with(CLIENT_API));
    pipeline::mount(server_api, "", "")
        .nest(CLIENT_API, client_api)
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer())
        .fallback(async || Refusal::path_not_found().answer())
        .with_state(service)
}
