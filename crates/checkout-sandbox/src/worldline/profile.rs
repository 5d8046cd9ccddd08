//! What the engine must know of Worldline Connect.

use std::sync::LazyLock;

use axum::response::Response;
use worldline_connect_models::operations;

use super::cors::open_to_pages;
use super::refusal::Refusal;
use crate::engine::spec::{Demanded, JournalNames, Mounted, Profile, WebhookNames};

pub(crate) const PROFILE: Profile = Profile {
    name: "Worldline Connect",
    target: "worldline:*",
    operations: operations::ALL,
    mounted,
    base_path: "",
    own_paths: &[],
    shown_fields: operations::SHOWN_FIELDS,
    open_fields: operations::OPEN_FIELDS,
    journal: JournalNames {
        shown_headers: &["x-gcs-idempotence-key", "x-gcs-servermetainfo"],
        harmless_headers: &["x-gcs-idempotence-key"],
        secret_fields: &["customerId"],
        shown_parameters: &["paymentProductId"],
        secret_below: Some("/client/v1"),
    },
    decisive_fields: &["region", "category"],
    error,
    malformed_fault,
    webhooks: WebhookNames {
        extra_field: "sandboxExtra",
        unknown_event: |event_type| {
            let (object, _) = event_type.split_once('.').unwrap_or_default();
            format!("{object}.sandbox_unknown")
        },
        statuses: &["/status"],
        unknown_status: "SANDBOX_UNKNOWN_VALUE",
        // A token stays hidden: its id is as good as a card.
        open_fields: &[
            "amountOfMoney",
            "capture",
            "captureOutput",
            "dispute",
            "disputeOutput",
            "payment",
            "paymentOutput",
            "payout",
            "payoutOutput",
            "references",
            "refund",
            "refundOutput",
            "statusOutput",
        ],
        shown_fields: &[
            "amount",
            "currencyCode",
            "isAuthorized",
            "isCancellable",
            "merchantReference",
            "paymentMethod",
            "status",
            "statusCategory",
            "statusCode",
            "statusCodeChangeDateTime",
        ],
    },
};

/// A page may read it as it may read every other answer of the Client API.
fn for_whom(path: &str, answer: Response) -> Response {
    if path.starts_with("/client/") {
        open_to_pages(answer)
    } else {
        answer
    }
}

fn mounted() -> &'static [Mounted] {
    static MOUNTED: LazyLock<Vec<Mounted>> =
        LazyLock::new(|| Mounted::all(operations::ALL, worldline_connect_models::described));
    &MOUNTED
}

fn malformed_fault(path: &str, detail: &str) -> Response {
    for_whom(path, Refusal::invalid("X-Sandbox-Fault", detail).answer())
}

fn error(demanded: &Demanded<'_>) -> Response {
    // The codes that the vendor documents; the others are the sandbox's own.
    let (code, message) = match (demanded.error, demanded.status.as_u16()) {
        (Some(code), _) => (code, "FAULT_ON_DEMAND"),
        (None, 401 | 403) => ("9002", "MISSING_OR_INVALID_AUTHORIZATION"),
        (None, 409) => ("1409", "DUPLICATE REQUEST IN PROGRESS"),
        (None, 500..) => ("9999", "UNKNOWN_SERVER_ERROR"),
        (None, _) => ("SANDBOX_FAULT", "FAULT_ON_DEMAND"),
    };
    let refusal = Refusal::new(demanded.status, code.to_owned(), message, demanded.detail);
    for_whom(demanded.path, refusal.answer_as(demanded.reference))
}
