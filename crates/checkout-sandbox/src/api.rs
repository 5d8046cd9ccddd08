//! The two APIs, and which operation a request is meant for.

use std::fmt;

use axum::http::Method;
use checkout_core::Operation;
use serde::{Deserialize, Serialize};

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
        f.write_str(match self {
            Self::Noah => "NOAH",
            Self::Worldline => "Worldline Connect",
        })
    }
}

/// Paths that no API has: the sandbox's own. They pass without faults and without a row in the journal.
const OWN_PATHS: &[&str] = &["/_sandbox", "/hosted", "/manage", "/favicon.ico"];

impl Api {
    pub(crate) const ALL: [Self; 2] = [Self::Noah, Self::Worldline];

    /// Every operation, in the order of the spec.
    pub(crate) const fn operations(self) -> &'static [Operation] {
        match self {
            Self::Noah => noah_models::operations::ALL,
            Self::Worldline => worldline_connect_models::operations::ALL,
        }
    }

    /// What the paths of the spec stand below.
    pub(crate) const fn base_path(self) -> &'static str {
        match self {
            Self::Noah => "/v1",
            Self::Worldline => "",
        }
    }

    /// Names of JSON fields whose values may be shown, sorted.
    pub(crate) const fn shown_fields(self) -> &'static [&'static str] {
        match self {
            Self::Noah => noah_models::operations::SHOWN_FIELDS,
            Self::Worldline => worldline_connect_models::operations::SHOWN_FIELDS,
        }
    }

    /// Names of JSON fields whose objects may be looked into, sorted.
    pub(crate) const fn open_fields(self) -> &'static [&'static str] {
        match self {
            Self::Noah => noah_models::operations::OPEN_FIELDS,
            Self::Worldline => worldline_connect_models::operations::OPEN_FIELDS,
        }
    }

    /// The operation that a request is meant for, by its method and its path as sent.
    pub(crate) fn operation(self, method: &Method, path: &str) -> Option<&'static Operation> {
        let path = path.strip_prefix(self.base_path())?;
        self.operations()
            .iter()
            .find(|operation| is_method(operation, method) && fits(operation.path, path))
    }

    /// Whether the path is one of the sandbox's own pages and controls.
    pub(crate) fn is_own(self, path: &str) -> bool {
        self == Self::Noah
            && OWN_PATHS.iter().any(|own| {
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

    fn id(api: Api, method: Method, path: &str) -> Option<&'static str> {
        api.operation(&method, path).map(|operation| operation.id)
    }

    #[test]
    fn operations_are_found_by_method_and_path() {
        assert_eq!(
            id(Api::Noah, Method::POST, "/v1/checkout/payin/fiat"),
            Some("createFiatPayin")
        );
        assert_eq!(
            id(Api::Worldline, Method::POST, "/v1/9991/sessions"),
            Some("createSession")
        );
        assert_eq!(
            id(Api::Worldline, Method::POST, "/client/v1/c/products/302/sessions"),
            Some("createClientProductSession")
        );
        assert_eq!(
            id(Api::Worldline, Method::HEAD, "/v1/9991/services/testconnection"),
            Some("testConnection")
        );
    }

    #[test]
    fn what_differs_in_anything_is_no_operation() {
        for (api, method, path) in [
            (Api::Noah, Method::GET, "/v1/checkout/payin/fiat"),
            (Api::Noah, Method::POST, "/checkout/payin/fiat"),
            (Api::Noah, Method::POST, "/v1/checkout/payin/fiat/"),
            (Api::Noah, Method::POST, "/v1/checkout/payin"),
            (Api::Worldline, Method::POST, "/v1//sessions"),
            (Api::Worldline, Method::POST, "/v1/9991/sessions/1"),
            (Api::Worldline, Method::POST, ""),
        ] {
            assert_eq!(id(api, method, path), None, "{path}");
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
