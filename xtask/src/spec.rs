//! A spec and its generator settings, as read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::api::Api;
pub use crate::place::join;
use crate::place::{Marks, Place};
use crate::source::{read, visible};
use crate::yaml::{self, Fault};

/// An OpenAPI document, before anything is done to it.
#[derive(Debug)]
pub struct Spec {
    /// Its path in the workspace.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The document.
    pub root: Value,
    /// Where each part of it stands.
    pub marks: Marks,
    /// What it has that JSON does not have.
    pub faults: Vec<Fault>,
}

/// An API with its spec and settings.
pub type Read = (Api, Spec, Settings);

/// `openapi/<api>.gen.toml`: what the generator must know and OpenAPI cannot say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Components whose Rust type is written by hand.
    pub replace: BTreeMap<String, Replace>,
    /// The hand-written clients, each with the parameters that it fills in. An operation is of the one most of whose
    /// parameters it has.
    pub clients: BTreeMap<String, Vec<String>>,
    /// Components whose values the client judges, wherever they stand in a body or an answer.
    pub judged: Judged,
    /// What differs from the default for an operation, by operationId.
    pub calls: BTreeMap<String, Call>,
    /// The APIs of the document that a user may want alone, each a Cargo feature: its name, and how the paths of its
    /// operations begin. Empty where the document is one API.
    pub features: BTreeMap<String, Vec<String>>,
    /// Whether the API's signature holds each name of the query once, so that no list can stand there.
    pub query_names_once: bool,
    /// Lint findings that are accepted, each with a reason.
    pub allow: Vec<Allow>,
    /// Their path in the workspace.
    #[serde(skip)]
    pub file: String,
    /// Where each entry stands.
    #[serde(skip)]
    pub marks: Marks,
}

/// A hand-written type that stands in for a component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replace {
    /// Its Rust path.
    pub path: String,
    /// Which limits of the component it holds by itself, such as `maxLength`.
    #[serde(default)]
    pub holds: Vec<String>,
}

/// Components whose values a client judges.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Judged {
    /// In bodies.
    pub sent: Vec<String>,
    /// In answers.
    pub answered: Vec<String>,
}

/// What differs from the default in how `hosted-checkout` offers an operation.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Call {
    /// The type that gets the method; the tag's handle by default.
    pub on: Option<String>,
    /// The method; the operation id without the tag's words by default.
    pub name: Option<String>,
    /// The hand-written type that a success hands back; the answer by default.
    pub returns: Option<String>,
    /// Body fields beside the key of `x-idempotency` that are filled where the caller gives none, with the key's text.
    pub fresh: Vec<String>,
    /// Body fields that take a hand-written input type: field to type.
    pub inputs: BTreeMap<String, String>,
    /// Whether rules are written by hand, in an `impl CallOf` for the operation.
    pub rules: Option<Hand>,
    /// Body fields that the answer repeats: field to JSON pointer in the answer.
    pub echo: BTreeMap<String, String>,
    /// Those of them that the answer may stay below.
    pub at_most: Vec<String>,
}

/// The one word of `rules`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hand {
    /// Written by hand.
    Hand,
}

/// An accepted lint finding.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// The rule's name.
    pub rule: String,
    /// The finding's JSON pointer.
    pub pointer: String,
    /// Why it is accepted.
    pub why: String,
}

impl Spec {
    /// Reads an API's spec.
    pub fn read(root: &Path, api: Api) -> Result<Self, String> {
        let file = api.spec();
        let text = read(root, &file)?;
        Self::parse(file, &text)
    }

    /// Parses a spec.
    pub fn parse(file: String, text: &str) -> Result<Self, String> {
        let document = yaml::read(text).map_err(|fault| {
            let Place { line, column } = fault.place;
            let place = match fault.pointer.as_str() {
                "" => format!("{file}:{line}:{column}"),
                pointer => format!("{file}:{line}:{column}: {pointer}"),
            };
            visible(&format!("{place}: {}; {}", fault.problem, fault.remedy))
        })?;
        Ok(Self {
            sha256: Sha256::digest(text)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            file,
            root: document.root,
            marks: document.marks,
            faults: document.faults,
        })
    }

    /// The component schemas, in the order of the file.
    pub fn schemas(&self) -> &Map<String, Value> {
        object(self.root.pointer("/components/schemas"))
    }

    /// What a local reference such as `#/components/schemas/Nonce` points to.
    pub fn resolve(&self, reference: &str) -> Option<&Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }

    /// The value itself, or what its `$ref` points to.
    pub fn deref<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = text(value, "$ref").and_then(|target| self.resolve(target));
        target.unwrap_or(value)
    }

    /// Every operation, in the order of the file.
    pub fn operations(&self) -> Vec<RawOperation<'_>> {
        let mut found = Vec::new();
        for (path, item) in object(self.root.get("paths")) {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    found.push(RawOperation {
                        path,
                        method,
                        item,
                        operation,
                    });
                }
            }
        }
        found
    }
}

/// An operation as it stands in the document.
#[derive(Debug, Clone, Copy)]
pub struct RawOperation<'a> {
    /// Path template.
    pub path: &'a str,
    /// Lower-case method.
    pub method: &'static str,
    /// The path item that holds it.
    pub item: &'a Value,
    /// The operation object.
    pub operation: &'a Value,
}

impl<'a> RawOperation<'a> {
    /// The parameters of the path, then its own.
    pub fn parameters(&self, spec: &'a Spec) -> impl Iterator<Item = &'a Value> + use<'a> {
        let of = |holder: &'a Value| array(holder.get("parameters")).iter();
        let all = of(self.item).chain(of(self.operation));
        all.map(|parameter| spec.deref(parameter))
    }

    /// Its 2xx answers by status.
    pub fn successes(&self, spec: &'a Spec) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        let responses = object(self.operation.get("responses")).iter();
        let successes = responses.filter(|(status, _)| status.starts_with('2'));
        successes.map(|(status, response)| (status, spec.deref(response)))
    }

    /// The schema of its JSON answer, as a rule a reference.
    pub fn answer(&self, spec: &'a Spec) -> Option<&'a Value> {
        self.successes(spec)
            .find_map(|(_, response)| response.pointer("/content/application~1json/schema"))
    }

    /// The schema of its JSON body, as a rule a reference.
    pub fn body(&self) -> Option<&'a Value> {
        self.operation
            .pointer("/requestBody/content/application~1json/schema")
    }
}

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

impl Settings {
    /// The client of an operation that has these parameters; none where none is listed.
    pub fn client_of(&self, has: impl Fn(&str) -> bool) -> Option<&String> {
        self.clients
            .iter()
            .filter(|(_, known)| known.iter().all(|name| has(name)))
            .max_by_key(|(_, known)| known.len())
            .map(|(client, _)| client)
    }

    /// The feature that switches an operation on by its path, if the document has features.
    pub fn feature_of(&self, path: &str) -> Option<&str> {
        self.features
            .iter()
            .find(|(_, prefixes)| prefixes.iter().any(|prefix| path.starts_with(prefix)))
            .map(|(name, _)| name.as_str())
    }

    /// Reads an API's settings.
    pub fn read(root: &Path, api: Api) -> Result<Self, String> {
        let file = api.settings();
        let text = read(root, &file)?;
        Self::parse(file, &text)
    }

    /// Parses settings.
    pub fn parse(file: String, text: &str) -> Result<Self, String> {
        let settings: Self = toml::from_str(text).map_err(|error| format!("{file}: {error}"))?;
        Ok(Self {
            file,
            marks: Marks::of_toml(text),
            ..settings
        })
    }
}

/// The object in `value`, or an empty one.
pub fn object(value: Option<&Value>) -> &Map<String, Value> {
    static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    value.and_then(Value::as_object).unwrap_or(&EMPTY)
}

/// The array in `value`, or an empty one.
pub fn array(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether a word is one of those in a text.
pub fn has_word(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|one| one == word)
}

/// Whether `value[key]` is true.
pub fn is_true(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool) == Some(true)
}

/// The text in `value[key]`.
pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// The last segment of a reference to a component schema.
pub fn component(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

/// The name of a component schema, given so or by a reference.
pub fn short(reference: &str) -> &str {
    component(reference).unwrap_or(reference)
}
