//! What the specs do not say of an operation, in a row for each operation that needs one.

/// What is said of an operation beside its spec.
pub(super) struct Extra {
    pub(super) id: &'static str,
    /// A second name, directly below the API's.
    pub(super) short: &'static str,
    /// Parameters that the second name stands for.
    pub(super) fixed: &'static [(&'static str, &'static str)],
    /// Nested fields that have flags, by JSON pointer. A flag has the name of its field.
    pub(super) flags: &'static [&'static str],
    /// What is shown of an answer, in place of all of it.
    pub(super) shown: &'static [Shown],
    /// What `--out` writes in place of the answer: the text there, or the object of these fields.
    pub(super) out: &'static [&'static str],
    /// What a person must know of the answer.
    pub(super) note: &'static str,
    /// The spec's example for the help, where it is not the first, and what stands behind it under the second name.
    pub(super) example: (&'static str, &'static str),
}

/// A value of an answer: its name for a person, its name in JSON, and where it is.
pub(super) type Shown = (&'static str, &'static str, Source);

/// Where a value is, by JSON pointer.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Answer(&'static str),
    /// In the body that was sent.
    Sent(&'static str),
    /// In the JSON that a text of the answer holds.
    Within(&'static str, &'static str),
}

use Source::{Answer, Sent, Within};

const NONE: Extra = Extra {
    id: "",
    short: "",
    fixed: &[],
    flags: &[],
    shown: &[],
    out: &[],
    note: "",
    example: ("", ""),
};

const GIVE_URL: &str = "Give the URL to the customer alone: whoever has it has the session.";
const HOSTED_URL: Shown = ("hosted URL", "hosted_url", Answer("/HostedURL"));
const NONCE: Shown = ("Nonce", "nonce", Sent("/Nonce"));
const EXTERNAL_ID: Shown = ("ExternalID", "external_id", Sent("/ExternalID"));
const SESSION_OBJECT: &str = "/paymentProductSession302SpecificOutput/sessionObject";

pub(super) const ROWS: &[Extra] = &[
    Extra {
        id: "createManagedSession",
        short: "manage",
        // A page of payment methods has no id and no status.
        shown: &[
            ("session", "session_id", Answer("/ID")),
            ("status", "status", Answer("/Status")),
            HOSTED_URL,
            NONCE,
            EXTERNAL_ID,
        ],
        note: GIVE_URL,
        example: ("Individual", ""),
        ..NONE
    },
    Extra {
        id: "createSell",
        short: "sell",
        shown: &[
            ("session", "session_id", Answer("/Transaction/ID")),
            ("status", "status", Answer("/Transaction/Status")),
            HOSTED_URL,
            NONCE,
            EXTERNAL_ID,
        ],
        note: GIVE_URL,
        example: ("Full", "--prepared sale-7.json"),
        ..NONE
    },
    Extra {
        id: "createFiatPayin",
        short: "payin-fiat",
        shown: &[
            (
                "session",
                "session_id",
                Answer("/CheckoutSession/CheckoutSessionID"),
            ),
            ("status", "status", Answer("/CheckoutSession/Status")),
            HOSTED_URL,
            NONCE,
            EXTERNAL_ID,
        ],
        note: GIVE_URL,
        example: ("Individual", "--prepared order-7.json"),
        ..NONE
    },
    Extra {
        id: "testConnection",
        short: "test-connection",
        shown: &[("result", "result", Answer("/result"))],
        note: "The API knows the key and the merchant.",
        ..NONE
    },
    Extra {
        id: "createSession",
        short: "create-session",
        shown: &[
            ("customerId", "customerId", Answer("/customerId")),
            ("clientApiUrl", "clientApiUrl", Answer("/clientApiUrl")),
            ("assetUrl", "assetUrl", Answer("/assetUrl")),
        ],
        out: &["clientSessionId", "customerId", "clientApiUrl", "assetUrl"],
        example: ("Minimal", "--out session.json --prepared session-request.json"),
        ..NONE
    },
    Extra {
        id: "createProductSession",
        short: "apple-pay-session",
        fixed: &[("paymentProductId", "302")],
        flags: &[
            "/paymentProductSession302SpecificInput/domainName",
            "/paymentProductSession302SpecificInput/validationUrl",
            "/paymentProductSession302SpecificInput/displayName",
        ],
        shown: &[
            ("domainName", "domainName", Within(SESSION_OBJECT, "/domainName")),
            (
                "displayName",
                "displayName",
                Within(SESSION_OBJECT, "/displayName"),
            ),
        ],
        out: &[SESSION_OBJECT],
        example: ("", "--out apple.json"),
        ..NONE
    },
];

impl Extra {
    pub(super) fn of(id: &str) -> &'static Self {
        ROWS.iter().find(|row| row.id == id).unwrap_or(&NONE)
    }
}
