//! Why a request is refused with 401.

/// Longest time from `iat` to `exp`, in seconds.
pub(crate) const LONGEST_LIFE: i64 = 15 * 60;

/// Why a request is refused with 401. Its text is the `Detail` of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthorized {
    #[error("api key used in a browser: the request carries an Origin; keep the key on a server")]
    Browser,
    #[error("api key missing: send it in the header X-Api-Key")]
    ApiKeyMissing,
    #[error("api key unreadable: send the header X-Api-Key once, as plain ASCII text")]
    ApiKeyUnreadable,
    #[error("api key malformed: a key of this environment reads apikey_sandbox_<key>")]
    ApiKeyMalformed,
    #[error("api key belongs to another environment: this one is sandbox")]
    ApiKeyEnvironment,
    #[error("api key not found")]
    ApiKeyUnknown,
    #[error("token missing: this api key has a registered public key, so send the header Api-Signature")]
    TokenMissing,
    #[error("token unreadable: send the header Api-Signature once, as plain ASCII text")]
    TokenUnreadable,
    #[error("public key not found")]
    PublicKeyMissing,
    #[error("token malformed: {0}")]
    TokenMalformed(&'static str),
    #[error("token algorithm not allowed: the registered public key verifies {0}")]
    Algorithm(&'static str),
    #[error("token signature invalid")]
    Signature,
    #[error("token claim {claim} missing: {expected}")]
    ClaimMissing { claim: &'static str, expected: String },
    #[error("token claim {claim} wrong: {expected}")]
    ClaimWrong { claim: &'static str, expected: String },
    #[error("token claim iat in the future: it is {0} s ahead of the sandbox's clock")]
    FromTheFuture(i64),
    #[error("token claim exp too far: at most {LONGEST_LIFE} s after iat, not {0} s")]
    LivesTooLong(i64),
    #[error("token claim exp wrong: it must lie after iat")]
    EndsBeforeItBegins,
    #[error("token expired: {0} s ago by the sandbox's clock")]
    Expired(i64),
}
