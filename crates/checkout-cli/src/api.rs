//! The two APIs: how their calls are made and named.

use std::fmt;

use checkout_core::{Idempotency, Operation};
use checkout_transport::PreparedRequest;
use hosted_checkout::credentials::Variables;
use hosted_checkout::noah::{Checks, Noah};
use hosted_checkout::worldline::{Connect, Server};
use hosted_checkout::{Arguments, Error, JsonPages, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hosts::HostArgs;
use crate::secrets::Lookup;
use crate::{Failure, dry_run};

/// Which API an operation or a webhook is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Api {
    Noah,
    Worldline,
}

/// A client that sends what was prepared, whichever operation of its API it is.
#[derive(Debug)]
pub(crate) enum Client {
    Noah(Noah),
    Worldline(Server),
}

impl Client {
    /// By the variables, and by flags that name hosts.
    pub(crate) fn of_process(api: Api, hosts: &HostArgs) -> Result<Self, Failure> {
        let lookup = Lookup::of_process();
        Self::new(api, hosts.variables(&lookup))
    }

    /// A client for dry runs. It needs no credentials and sends nothing.
    pub(crate) fn for_dry_run(api: Api, hosts: &HostArgs) -> Result<Self, Failure> {
        let lookup = Lookup::of_process();
        let given = |name: &str| hosts.beside(name, lookup.given(name));
        Self::new(api, stand_ins(api, given).beside_flags())
    }

    /// The same, of these variables alone.
    pub(crate) fn of_stand_ins(api: Api, given: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        Self::new(api, stand_ins(api, given))
    }

    fn new(api: Api, variables: Variables<'_>) -> Result<Self, Failure> {
        match api {
            Api::Noah => Noah::from_variables(variables).map(Self::Noah),
            Api::Worldline => {
                Connect::from_variables(variables).map(|connect| Self::Worldline(connect.server()))
            }
        }
        .map_err(Failure::unavailable)
    }

    /// That of NOAH, if it is one.
    pub(crate) const fn noah(&self) -> Option<&Noah> {
        match self {
            Self::Noah(noah) => Some(noah),
            Self::Worldline(_) => None,
        }
    }

    /// Line items that do not add up pass it.
    pub(crate) fn inexact(self) -> Self {
        match self {
            Self::Noah(noah) => Self::Noah(noah.checks(Checks {
                arithmetic: false,
                ..Checks::EXACT
            })),
            Self::Worldline(_) => self,
        }
    }

    /// Where its requests go.
    pub(crate) fn base_url(&self) -> &str {
        match self {
            Self::Noah(noah) => noah.base_url(),
            Self::Worldline(server) => server.base_url(),
        }
    }

    /// The request of an operation, held to all rules of the client.
    pub(crate) fn prepare(&self, id: &str, arguments: Arguments) -> Result<PreparedRequest, Error> {
        match self {
            Self::Noah(noah) => noah.prepare_by_id(id, arguments),
            Self::Worldline(server) => server.prepare_by_id(id, arguments),
        }
    }

    /// The pages of an operation that lists items page by page.
    pub(crate) fn pages(&self, id: &str, arguments: Arguments) -> Result<JsonPages, Error> {
        match self {
            Self::Noah(noah) => noah.pages_by_id(id, arguments),
            Self::Worldline(server) => server.pages_by_id(id, arguments),
        }
    }

    /// Sends the request, just made or read from a file, and reads the answer.
    pub(crate) async fn send(&self, request: &PreparedRequest) -> Result<Response<Value>, Error> {
        match self {
            Self::Noah(noah) => noah.send_by_id(request).await,
            Self::Worldline(server) => server.send_by_id(request).await,
        }
    }
}

fn stand_ins<'a>(api: Api, given: impl Fn(&str) -> Option<String> + 'a) -> Variables<'a> {
    match api {
        Api::Noah => dry_run::noah(given),
        Api::Worldline => dry_run::worldline(given),
    }
}

/// Every operation of both.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    Api::Noah.operations().iter().chain(Api::Worldline.operations())
}

/// Whether a call of this operation may change something, so that its end must not be lost.
pub(crate) fn is_written_down(operation: &Operation) -> bool {
    operation.idempotency != Idempotency::Read
}

impl Api {
    /// NOAH's flows also do things that are no operation, such as sending a file.
    pub(crate) fn of(operation: &Operation) -> Self {
        if Self::Worldline.operations().contains(operation) {
            Self::Worldline
        } else {
            Self::Noah
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

/// In short.
impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Noah => "NOAH",
            Self::Worldline => "Worldline",
        })
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
