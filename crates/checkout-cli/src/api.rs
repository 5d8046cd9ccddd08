//! The two APIs, as a call of either is made and named.

use std::future::Future;

use checkout_core::{Idempotency, Operation};
use checkout_transport::PreparedRequest;
use hosted_checkout::{Arguments, Error, Response};
use serde_json::Value;

/// Which API an operation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Noah,
    Worldline,
}

/// A client that sends what was prepared, whichever operation of its API it is.
pub(crate) trait Door {
    /// Where its requests go.
    fn base_url(&self) -> &str;

    /// The request of an operation, held to all rules of the client.
    fn prepare(&self, id: &str, arguments: Arguments) -> Result<PreparedRequest, Error>;

    /// Sends the request, just made or read from a file, and reads the answer.
    fn value(&self, request: &PreparedRequest)
    -> impl Future<Output = Result<Response<Value>, Error>> + Send;
}

/// Every operation of both.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    Api::Noah.operations().iter().chain(Api::Worldline.operations())
}

/// Whether a call of it may do something, so that its end must not be lost.
pub(crate) fn is_written_down(operation: &Operation) -> bool {
    operation.idempotency != Idempotency::Read
}

/// The name by which the API knows the key of a request: `Nonce`, or a header.
pub(crate) const fn key_name(operation: &Operation) -> Option<&'static str> {
    match operation.idempotency {
        Idempotency::BodyField(name) | Idempotency::Header(name) => Some(name),
        _ => None,
    }
}

impl Api {
    pub(crate) fn of(operation: &Operation) -> Self {
        if noah_models::operations::ALL.contains(operation) {
            Self::Noah
        } else {
            Self::Worldline
        }
    }

    pub(crate) const fn operations(self) -> &'static [Operation] {
        match self {
            Self::Noah => noah_models::operations::ALL,
            Self::Worldline => worldline_connect_models::operations::ALL,
        }
    }

    /// Its subcommand.
    pub(crate) const fn command(self) -> &'static str {
        match self {
            Self::Noah => "noah",
            Self::Worldline => "worldline",
        }
    }

    /// As a person calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Noah => "NOAH",
            Self::Worldline => "Worldline Connect",
        }
    }

    /// The flag that sets the key of a request.
    pub(crate) const fn key_flag(self) -> &'static str {
        match self {
            Self::Noah => "--nonce",
            Self::Worldline => "--idempotence-key",
        }
    }

    /// The variables that say where its requests go.
    pub(crate) const fn address_variables(self) -> &'static str {
        match self {
            Self::Noah => "NOAH_ENVIRONMENT and NOAH_BASE_URL",
            Self::Worldline => "WORLDLINE_CONNECT_ENDPOINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_reads_are_written_down_and_a_stored_request_names_its_operation() {
        let mut ids: Vec<&str> = operations().map(|operation| operation.id).collect();
        for operation in operations() {
            let is_read = operation.method == "GET";
            assert_eq!(is_written_down(operation), !is_read, "{}", operation.id);
        }
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "no id is of both APIs");
    }
}
