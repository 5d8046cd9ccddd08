//! Why a request is refused with 401.

/// Why a request is refused as not authorised. The API answers them all alike; the text goes into a header of the
/// sandbox's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthorized {
    #[error("header Authorization missing: it reads {0}")]
    Missing(&'static str),
    #[error("header Authorization malformed: it reads {0}")]
    Malformed(&'static str),
    #[error("api key id not found")]
    UnknownKey,
    #[error("header Date missing: it is part of what is signed")]
    DateMissing,
    #[error("header Date malformed: it reads like Tue, 3 Jun 2008 11:05:30 GMT")]
    DateMalformed,
    #[error("signature malformed: it is the HMAC-SHA256 in base64")]
    SignatureMalformed,
    #[error(
        "signature wrong: it does not fit the method, Content-Type, Date, X-GCS headers and path as received"
    )]
    Signature,
    #[error("client session not found: it may have been made by another sandbox")]
    UnknownSession,
    #[error("client session expired: it lives for two hours")]
    SessionExpired,
    #[error("client session belongs to another customer id than the path names")]
    OtherCustomer,
}
