//! What the engine must know of NOAH.

use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::response::Response;
use noah_models::{ErrorType, operations};

use super::refusal::Refusal;
use crate::engine::spec::{Demanded, JournalNames, Mounted, Profile, WebhookNames};

pub(crate) const PROFILE: Profile = Profile {
    name: "NOAH",
    target: "noah:*",
    operations: operations::ALL,
    mounted,
    base_path: "/v1",
    own_paths: &[
        "/_sandbox",
        "/deposit",
        "/example",
        "/hosted",
        "/onboarding",
        "/manage",
        "/uploads",
        "/favicon.ico",
    ],
    shown_fields: operations::SHOWN_FIELDS,
    open_fields: operations::OPEN_FIELDS,
    journal: JournalNames {
        shown_headers: &[],
        harmless_headers: &["idempotency-key"],
        secret_fields: &["HostedURL"],
        shown_parameters: &[],
        secret_below: None,
    },
    decisive_fields: &[
        "Status",
        "Type",
        "Direction",
        "PaymentMethodCategory",
        "CryptoCurrency",
    ],
    error,
    malformed_fault,
    webhooks: WebhookNames {
        extra_field: "SandboxExtra",
        unknown_event: |_| "SandboxUnknownEvent".to_owned(),
        statuses: &["/Status", "/Verification/Status"],
        unknown_status: "SandboxUnknownValue",
        // What `Data` is, `EventType` says, and each of its kinds is in the spec.
        open_fields: &["Data"],
        shown_fields: &[],
    },
};

fn mounted() -> &'static [Mounted] {
    static MOUNTED: LazyLock<Vec<Mounted>> =
        LazyLock::new(|| Mounted::all(operations::ALL, noah_models::described));
    &MOUNTED
}

fn malformed_fault(_: &str, detail: &str) -> Response {
    Refusal::invalid(detail).answer("sandbox")
}

fn error(demanded: &Demanded<'_>) -> Response {
    let status = demanded.status;
    let kind = demanded.error.map_or_else(
        || match status {
            StatusCode::UNAUTHORIZED => ErrorType::Unauthorized,
            StatusCode::FORBIDDEN => ErrorType::Forbidden,
            StatusCode::NOT_FOUND => ErrorType::ResourceNotFound,
            _ if status.is_client_error() => ErrorType::InvalidMessage,
            _ => ErrorType::Unexpected,
        },
        ErrorType::from,
    );
    Refusal::new(status, kind, demanded.detail).answer_as(demanded.action, demanded.reference)
}
