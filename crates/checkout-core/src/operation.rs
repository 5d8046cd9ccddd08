//! What one API operation is, apart from its types: the row that retry, logging and routing decisions read.

use std::fmt;
use std::time::Duration;

/// One operation of an API, as its OpenAPI document describes it.
///
/// The generated models crates hold one constant per operation and a table of them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The document's `operationId`, e.g. `createFiatPayin`.
    pub id: &'static str,
    /// Upper-case HTTP method.
    pub method: &'static str,
    /// Path template below the server URL, e.g. `/products/{paymentProductId}/sessions`.
    pub path: &'static str,
    /// The document's first tag.
    pub tag: &'static str,
    /// How the API recognises a repeated request as the same one.
    pub idempotency: Idempotency,
    /// Whether a success can move money (`x-moves-money`).
    pub moves_money: bool,
    /// How long the API is known to remember a key; `None` where nobody says, or where there is no key.
    pub key_life: Option<Duration>,
    /// What is given beside the body, in the order of the document.
    pub parameters: &'static [Parameter],
    /// How its answers come page by page (`x-paging`); `None` where each is whole.
    pub paging: Option<Paging>,
    /// The statuses of a success without a body, where another success has one: see [`has_body`](Self::has_body).
    pub bodiless: &'static [u16],
    /// What to do about an answer of a status or code: of this operation, then of all operations of its API. See
    /// [`hint`](Self::hint).
    pub hints: [&'static [Hint]; 2],
}

/// What an operation is given beside its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name on the wire, e.g. `PageSize`.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Whether a request must have it.
    pub required: bool,
}

/// Where a parameter stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path, in place of its name in braces.
    Path,
    /// In the query.
    Query,
    /// In a header of its name.
    Header,
}

/// How the answers of an operation come page by page. Names are those of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// The query parameter that says where a page begins: a token, or how many items stand before it.
    pub parameter: &'static str,
    /// The query parameter for the most items of a page.
    pub size: &'static str,
    /// The field of the answer that lists the items.
    pub items: &'static str,
    /// How the next page is known.
    pub by: PagingBy,
}

/// How the next page of a list is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagingBy {
    /// By a token, which the answer holds while there is more.
    Token {
        /// The field that holds it.
        next: &'static str,
    },
    /// By the number of items before it.
    Offset {
        /// The field that says how many items there are in all.
        total: &'static str,
    },
}

/// What to do about an answer outside 2xx, by its status or by the API's own code (`x-hints`).
///
/// Its text names fields of the request's body. `Display` names them by both names, as JSON has them and as the call builder
/// does; [`text`](Self::text) by any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    /// A status (`404`), or a code or reason of the API (`VerificationRequired`).
    pub answer: &'static str,
    /// With fields in braces, each by its name in JSON and in Rust: `{CustomerID=customer_id}`.
    pub template: &'static str,
}

/// How an API recognises a repeated request as the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Idempotency {
    /// A read: repeating it changes nothing.
    Read,
    /// A field of the JSON body, e.g. `Nonce`; one of an object in it by the way there, e.g. `Trigger/Nonce`.
    BodyField(&'static str),
    /// A request header, e.g. `X-GCS-Idempotence-Key`; the request is repeatable only if the header was sent.
    Header(&'static str),
    /// Nothing: a repeated request is a second request.
    None,
}

impl Idempotency {
    /// The name of the key: of a field, or of a header.
    #[must_use]
    pub const fn key_name(self) -> Option<&'static str> {
        match self {
            Self::BodyField(name) | Self::Header(name) => Some(name),
            Self::Read | Self::None => None,
        }
    }
}

impl Operation {
    /// One without parameters, pages and hints, which are given as fields: `Operation { paging: …, ..Operation::new(…) }`.
    #[must_use]
    pub const fn new(
        id: &'static str,
        method: &'static str,
        path: &'static str,
        tag: &'static str,
        idempotency: Idempotency,
        moves_money: bool,
    ) -> Self {
        Self {
            id,
            method,
            path,
            tag,
            idempotency,
            moves_money,
            key_life: None,
            parameters: &[],
            paging: None,
            bodiless: &[],
            hints: [&[], &[]],
        }
    }

    /// Whether a success of this status has a body, where some have one and others have none; `None` where all are alike.
    #[must_use]
    pub fn has_body(&self, status: u16) -> Option<bool> {
        // 204 is No Content, whatever a document says.
        (!self.bodiless.is_empty()).then(|| status != 204 && !self.bodiless.contains(&status))
    }

    /// What to do about an answer, given its reasons, codes and status, the most exact first. What is known of this operation
    /// goes over what is known of all.
    #[must_use]
    pub fn hint<'a>(&self, answers: impl IntoIterator<Item = &'a str> + Clone) -> Option<Hint> {
        self.hints
            .iter()
            .find_map(|hints| {
                let mut answers = answers.clone().into_iter();
                answers.find_map(|answer| hints.iter().find(|hint| hint.answer == answer))
            })
            .copied()
    }
}

impl Hint {
    /// The text with each field as `named` calls it, given its names in JSON and in Rust.
    pub fn text(&self, named: impl Fn(&str, &str) -> String) -> String {
        let mut text = String::with_capacity(self.template.len());
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (field, after) = after.split_once('}').unwrap_or((after, ""));
            let (json, rust) = field.split_once('=').unwrap_or((field, field));
            text.push_str(&named(json, rust));
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// ``say who it is by `Customer` (`customer(…)`)``.
impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(|json, rust| format!("`{json}` (`{rust}(…)`)")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_hint_is_given() {
        const fn hint(answer: &'static str, template: &'static str) -> Hint {
            Hint { answer, template }
        }
        const COMMON: &[Hint] = &[
            hint("Denied", "ask for it"),
            hint("404", "look for it"),
            hint("403", "check the key"),
        ];
        const OWN: &[Hint] = &[hint(
            "404",
            "say who it is by {Customer=customer}, or correct {CustomerID=customer_id}",
        )];
        const PAY: Operation = Operation {
            hints: [OWN, COMMON],
            ..Operation::new("pay", "POST", "/pay", "test", Idempotency::None, true)
        };
        let hint = |answers: &[&str]| PAY.hint(answers.iter().copied()).map(|hint| hint.to_string());
        assert_eq!(
            hint(&["NotFound", "404"]).unwrap(),
            "say who it is by `Customer` (`customer(…)`), or correct `CustomerID` (`customer_id(…)`)"
        );
        assert_eq!(hint(&["Denied", "403"]).unwrap(), "ask for it");
        assert_eq!(
            hint(&["Denied", "404"]).unwrap(),
            PAY.hint(["404"]).unwrap().to_string(),
            "the operation's own goes first"
        );
        assert_eq!(hint(&["Other", "403"]).unwrap(), "check the key");
        assert_eq!(hint(&["500"]), None);
        let flags = PAY
            .hint(["404"])
            .unwrap()
            .text(|json, _| format!("--{}", json.to_lowercase()));
        assert_eq!(flags, "say who it is by --customer, or correct --customerid");
    }
}
