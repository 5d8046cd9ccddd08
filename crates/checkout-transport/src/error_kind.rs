//! What went wrong, in one word.

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request breaks rules of the spec, or cannot be formed; see [`Error::violations`](crate::Error::violations). Not sent.
    InvalidRequest,
    /// The request was made longer ago than the API is known to remember its key, so that it could act a second time;
    /// see [`CallOptions::any_age`](crate::CallOptions::any_age). This call sent nothing, earlier ones may have.
    Expired,
    /// The request moves money, has no key, and may have been sent before: the API would take it for a second one. This call
    /// sent nothing; [`Prepared::never_sent`](crate::Prepared::never_sent) is for who knows that none did.
    Unrepeatable,
    /// The request was made with the credentials of another account, where its key means nothing: the API would act a second
    /// time. This call sent nothing, earlier ones may have.
    /// [`Prepared::of_same_account`](crate::Prepared::of_same_account) is for credentials that were replaced.
    OtherAccount,
    /// A setting is wrong: URL, TLS, credentials, a wire that cannot carry the request. This call sent nothing, earlier ones
    /// may have.
    Configuration,
    /// The request could not be signed. This attempt sent nothing, earlier ones may have.
    Authentication,
    /// DNS, TCP, TLS or proxy: no connection. Provably not sent.
    Connect,
    /// Time ran out. Not sent if that was while connecting, otherwise unknown.
    Timeout(Phase),
    /// The connection was cut while sending or receiving, a compressed body ends before its end, or what came was not HTTP.
    /// Unknown.
    Interrupted,
    /// The body of a success is larger than the transport's limit, or would be once it is decompressed; the part within it
    /// is kept, or the compressed bytes. Unknown.
    BodyTooLarge,
    /// A 3xx answer. Redirects are never followed. Unknown.
    Redirect,
    /// A 4xx answer; [`Error::outcome`](crate::Error::outcome) tells refusals from the few that prove nothing.
    ClientError,
    /// A 5xx answer. Unknown.
    ServerError,
    /// A status that no HTTP API answers with: 1xx, or above 599. Unknown.
    UnexpectedStatus,
    /// A success whose body does not decode; see [`Error::decode_error`](crate::Error::decode_error) and [`Error::coding_error`](crate::Error::coding_error). Unknown.
    Undecodable,
    /// A readable success that contradicts the request; see [`Error::violations`](crate::Error::violations). Unknown.
    Mismatch,
}

impl ErrorKind {
    /// All of them, for tables and tests; later versions may add to it.
    pub const ALL: &[Self] = &[
        Self::InvalidRequest,
        Self::Expired,
        Self::Unrepeatable,
        Self::OtherAccount,
        Self::Configuration,
        Self::Authentication,
        Self::Connect,
        Self::Timeout(Phase::Connect),
        Self::Timeout(Phase::Answer),
        Self::Timeout(Phase::Body),
        Self::Interrupted,
        Self::BodyTooLarge,
        Self::Redirect,
        Self::ClientError,
        Self::ServerError,
        Self::UnexpectedStatus,
        Self::Undecodable,
        Self::Mismatch,
    ];
}

/// What the transport was waiting for when the time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// A connection. Nothing was sent.
    Connect,
    /// The head of the answer.
    Answer,
    /// The rest of the body of a success.
    Body,
}
