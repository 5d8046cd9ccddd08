//! What the engine knows of an API: a name, and a profile that the API writes itself. And which operation a request is meant for.

use std::fmt;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use checkout_core::Operation;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::operations::Mounted;

/// One of the two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Api {
    /// NOAH's checkout.
    Noah,
    /// Worldline Connect.
    Worldline,
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.profile().name)
    }
}

/// What the engine must know of an API; its own folder says it.
pub(crate) struct Profile {
    /// As people call it.
    pub(crate) name: &'static str,
    /// What a fault rule for all of its operations begins with.
    pub(crate) target: &'static str,
    /// Every operation, in the order of the spec.
    pub(crate) operations: &'static [Operation],
    /// The same with what the spec says of each.
    pub(crate) mounted: fn() -> &'static [Mounted],
    /// What the paths of the spec stand below.
    pub(crate) base_path: &'static str,
    /// Paths on its listener that are the sandbox's own. They pass without faults and without a row in the journal.
    pub(crate) own_paths: &'static [&'static str],
    /// Names of JSON fields whose values may be shown, sorted.
    pub(crate) shown_fields: &'static [&'static str],
    /// Names of JSON fields whose objects may be looked into, sorted.
    pub(crate) open_fields: &'static [&'static str],
    /// What the journal hides and shows beyond the spec.
    pub(crate) journal: JournalNames,
    /// Fields of answers that hold one value of a list, those first that programs decide by.
    pub(crate) decisive_fields: &'static [&'static str],
    /// An error on demand, in the form of the API.
    pub(crate) error: fn(&Demanded<'_>) -> Response,
    /// 400 for a header `X-Sandbox-Fault` that cannot be understood, to the path, for this reason.
    pub(crate) malformed_fault: fn(&str, &str) -> Response,
    pub(crate) webhooks: WebhookNames,
}

/// Names that the journal goes by.
pub(crate) struct JournalNames {
    /// Headers that hold neither a secret nor a person's data.
    pub(crate) shown_headers: &'static [&'static str],
    /// Headers that sound like a secret's and are none.
    pub(crate) harmless_headers: &'static [&'static str],
    /// Fields that hold a secret by no name that gives it away: whoever has one can act as the customer.
    pub(crate) secret_fields: &'static [&'static str],
    /// Parameters of a path that stand in no body, hence in no list of fields, and may be shown.
    pub(crate) shown_parameters: &'static [&'static str],
    /// The segment of a path that follows this one is a secret, whatever operation it is meant for.
    pub(crate) secret_below: Option<&'static str>,
}

/// What webhooks are made odd with, and what shows of their bodies beyond the spec.
pub(crate) struct WebhookNames {
    /// A field that no spec has.
    pub(crate) extra_field: &'static str,
    /// An event type that nobody knows, from one that is known.
    pub(crate) unknown_event: fn(&str) -> String,
    /// Where the status of an object may stand, as JSON pointers.
    pub(crate) statuses: &'static [&'static str],
    /// A status that nobody knows.
    pub(crate) unknown_status: &'static str,
    /// Objects that may be looked into.
    pub(crate) open_fields: &'static [&'static str],
    /// Fields that show.
    pub(crate) shown_fields: &'static [&'static str],
}

/// An error that is asked for.
pub(crate) struct Demanded<'a> {
    /// Of the request.
    pub(crate) path: &'a str,
    pub(crate) status: StatusCode,
    /// The API's own word for the error, where one is asked for.
    pub(crate) error: Option<&'a str>,
    pub(crate) detail: &'a str,
    /// What failed.
    pub(crate) action: &'a str,
    pub(crate) reference: Uuid,
}

impl Api {
    pub(crate) const ALL: [Self; 2] = [Self::Noah, Self::Worldline];

    /// The API whose listener serves the sandbox's own paths. Their errors have its form.
    pub(crate) const HOST: Self = Self::Noah;

    pub(crate) const fn operations(self) -> &'static [Operation] {
        self.profile().operations
    }

    pub(crate) fn mounted(self) -> &'static [Mounted] {
        (self.profile().mounted)()
    }

    /// The operation that a request is meant for, by its method and its path as sent.
    pub(crate) fn operation(self, method: &Method, path: &str) -> Option<&'static Operation> {
        let path = path.strip_prefix(self.profile().base_path)?;
        self.operations()
            .iter()
            .find(|operation| is_method(operation, method) && fits(operation.path, path))
    }

    /// Whether the path is one of the sandbox's own pages and controls.
    pub(crate) fn is_own(self, path: &str) -> bool {
        self.profile().own_paths.iter().any(|own| {
            path.strip_prefix(own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// `HEAD` is answered like `GET`.
fn is_method(operation: &Operation, method: &Method) -> bool {
    operation.method == method.as_str() || (operation.method == "GET" && method == Method::HEAD)
}

/// Whether the path has the segments of the template, with any text where the template has a `{parameter}`.
fn fits(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let same = template
        .split('/')
        .all(|wanted| match (parameter(wanted), segments.next()) {
            (Some(_), Some(found)) => !found.is_empty(),
            (None, found) => found == Some(wanted),
            (Some(_), None) => false,
        });
    same && segments.next().is_none()
}

/// The name in a segment that is a `{parameter}`.
pub(crate) fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn operations_are_found_by_method_and_whole_path() {
        for (api, method, path, id) in [
            (
                Api::Noah,
                Method::POST,
                "/v1/checkout/payin/fiat",
                Some("createFiatPayin"),
            ),
            (
                Api::Worldline,
                Method::POST,
                "/v1/9991/sessions",
                Some("createSession"),
            ),
            (
                Api::Worldline,
                Method::HEAD,
                "/v1/9991/services/testconnection",
                Some("testConnection"),
            ),
            (Api::Noah, Method::GET, "/v1/checkout/payin/fiat", None),
            (Api::Noah, Method::POST, "/checkout/payin/fiat", None),
            (Api::Noah, Method::POST, "/v1/checkout/payin/fiat/", None),
            (Api::Noah, Method::POST, "/v1/checkout/payin", None),
            (Api::Worldline, Method::POST, "/v1//sessions", None),
            (Api::Worldline, Method::POST, "/v1/9991/sessions/1", None),
            (Api::Worldline, Method::POST, "", None),
        ] {
            let found = api.operation(&method, path);
            assert_eq!(found.map(|operation| operation.id), id, "{path}");
        }
    }

    #[test]
    fn an_operation_id_names_one_operation_of_one_api() {
        let ids: Vec<_> = Api::ALL.iter().flat_map(|api| api.operations()).collect();
        let unique: BTreeSet<_> = ids.iter().map(|operation| operation.id).collect();
        assert_eq!(unique.len(), ids.len());
    }

    #[test]
    fn the_sandboxs_own_paths_are_told_apart_by_whole_segments() {
        assert!(Api::Noah.is_own("/_sandbox/faults") && Api::Noah.is_own("/hosted/1"));
        assert!(!Api::Noah.is_own("/hostedness") && !Api::Noah.is_own("/v1/hosted"));
        assert!(!Api::Worldline.is_own("/_sandbox"));
    }
}
