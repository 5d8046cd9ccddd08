//! What the engine must know of NOAH.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use checkout_core::filled;
use noah_models::{ErrorType, operations};

use crate::engine::api::{Demanded, JournalNames, Profile, WebhookNames};
use crate::engine::operations::Mounted;
use crate::engine::reference;

pub(crate) const PROFILE: Profile = Profile {
    name: "NOAH",
    target: "noah:*",
    operations: operations::ALL,
    mounted,
    base_path: "/v1",
    own_paths: &[
        "/_sandbox",
        "/example",
        "/hosted",
        "/onboarding",
        "/manage",
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

fn malformed_fault(path: &str, detail: &str) -> Response {
    error(&Demanded {
        path,
        status: StatusCode::BAD_REQUEST,
        error: None,
        detail,
        action: "sandbox",
        reference: reference::new(),
    })
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
    let error = filled!(noah_models::Error {
        type_: kind,
        instance: demanded.reference.to_string(),
        action: demanded.action.to_owned(),
        detail: demanded.detail.to_owned()
    });
    let json = HeaderValue::from_static("application/json");
    let body = serde_json::to_vec(&error).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, json)], body).into_response()
}
