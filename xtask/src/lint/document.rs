//! Rules for the document as a whole: how it is written, and what it says of itself.

use serde_json::Value;

use super::{Finding, Linter, rules};
use crate::spec::{array, has_word, join, object, text};

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>) {
    let spec = linter.spec;
    let faults = spec.faults.iter().map(|fault| Finding {
        file: spec.file.clone(),
        place: fault.place,
        pointer: fault.pointer.clone(),
        rule: rules::YAML.rule,
        problem: fault.problem.clone(),
        remedy: fault.remedy.to_owned(),
    });
    linter.findings.extend(faults);
    texts(linter, "", &spec.root);
    let root = &spec.root;
    let version = root.get("openapi").unwrap_or_default();
    if !version
        .as_str()
        .is_some_and(|version| version.starts_with("3.0."))
    {
        linter.found("/openapi", rules::OPENAPI_VERSION, &[&version]);
    }
    let version = root.pointer("/info/version").unwrap_or_default();
    let sendable = |version: &str| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_graphic());
    if !version.as_str().is_some_and(sendable) {
        linter.found("/info/version", rules::API_VERSION, &[&version]);
    }
    for (index, server) in array(root.get("servers")).iter().enumerate() {
        if text(server, "url").is_some_and(|url| url.ends_with('/')) {
            linter.found(&format!("/servers/{index}/url"), rules::SERVER_SLASH, &[]);
        }
    }
}

/// Keys whose value is a text, and keys whose value is a list of texts.
const TEXTS: &str = "$ref description format in name openapi operationId pattern propertyName required summary tags title version";

/// A text without quotes may be read as another type, and would then count as absent.
fn texts(linter: &mut Linter<'_>, at: &str, value: &Value) {
    for (key, value) in object(Some(value)) {
        let at = join(at, key);
        match key.as_str() {
            "example" | "examples" | "default" | "enum" => {}
            extension if extension.starts_with("x-") => {}
            // Keys are names here.
            "properties" => {
                for (name, schema) in object(Some(value)) {
                    texts(linter, &join(&at, name), schema);
                }
            }
            _ => {
                // `required` of a body or parameter is a truth value.
                let is_wrong = value.is_number() || (value.is_boolean() && key != "required");
                if is_wrong && has_word(TEXTS, key) {
                    linter.found(&at, rules::TEXT, &[&value]);
                }
                for (index, item) in array(Some(value)).iter().enumerate() {
                    let at = join(&at, &index.to_string());
                    let is_wrong = item.is_number() || item.is_boolean() || item.is_null();
                    if is_wrong && has_word(TEXTS, key) {
                        linter.found(&at, rules::TEXT, &[&item]);
                    }
                    texts(linter, &at, item);
                }
                texts(linter, &at, value);
            }
        }
    }
}
