//! The flags of an operation: one for each parameter and for each field at the top of its body.

use checkout_core::described::Description;
use heck::{ToKebabCase as _, ToShoutySnakeCase as _};
use serde_json::Value;

use super::Subject;
use super::schemas::{is_secret, kind, member, plain, properties};

/// Flags that every operation may have. A field of such a name is set by `--set`.
const TAKEN: &[&str] = &[
    "all",
    "api-message",
    "body",
    "dry-run",
    "explain",
    "help",
    "inexact",
    "item",
    "json",
    "no-state",
    "out",
    "own-host",
    "plain-http-host",
    "prepared",
    "request",
    "set",
    "verbose",
    "version",
];

/// A flag, and what it stands for.
pub(super) struct Flag {
    /// Without dashes.
    pub(super) name: String,
    /// As messages name it: a JSON pointer into the body, or `query:PageSize`.
    pub(super) place: String,
    /// The parameter's name on the wire; empty for a field of the body.
    pub(super) parameter: &'static str,
    pub(super) takes: Takes,
    pub(super) schema: &'static Value,
    pub(super) help: String,
    pub(super) is_required: bool,
    /// It names the request, and is made where it is not given.
    pub(super) is_key: bool,
}

impl Flag {
    /// What the help says behind its text.
    pub(super) const fn mark(&self) -> &'static str {
        match (self.is_required, self.is_key) {
            (true, _) => " [required]",
            (_, true) => " [default: a fresh one]",
            _ => "",
        }
    }
}

/// What a flag is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Takes {
    Text,
    /// `true` or `false`; alone, it is true.
    Switch,
    /// One of its items each time.
    Items,
    /// The name of a file that holds the value as JSON.
    File,
}

impl Subject {
    pub(super) fn flags(&self) -> Vec<Flag> {
        let described = self.api.described();
        let mut flags: Vec<Flag> = Vec::new();
        let mut add = |flag: Flag| {
            let is_free =
                !TAKEN.contains(&flag.name.as_str()) && flags.iter().all(|known| known.name != flag.name);
            if is_free {
                flags.push(flag);
            }
        };
        for parameter in &self.is.parameters {
            if self.api.known_parameter() == Some(&parameter.name) {
                continue;
            }
            let takes = match takes(described, &parameter.schema) {
                Takes::File => Takes::Text,
                takes => takes,
            };
            add(Flag {
                name: flag_name(&parameter.name),
                place: format!("{}:{}", parameter.place, parameter.name),
                parameter: &parameter.name,
                takes,
                schema: &parameter.schema,
                help: help(described, &parameter.description, &parameter.schema),
                is_required: parameter.required && !self.is_key(&parameter.name),
                is_key: self.is_key(&parameter.name),
            });
        }
        let Some(body) = &self.is.body else {
            return flags;
        };
        for (name, schema, is_required) in properties(described, &body.schema) {
            add(Flag {
                is_required: is_required && !self.is_key(name),
                is_key: self.is_key(name),
                ..of_field(described, flag_name(name), format!("/{name}"), schema)
            });
        }
        for pointer in self.extra.flags {
            let name = flag_name(pointer.rsplit('/').next().unwrap_or_default());
            let mut steps = pointer.split('/').skip(1);
            let schema = steps.try_fold(&body.schema, |schema, name| member(described, schema, name));
            if let Some(schema) = schema {
                add(of_field(described, name, (*pointer).to_owned(), schema));
            }
        }
        flags
    }

    /// Whether it is the key of the request, which is made where none is given.
    pub(super) fn is_key(&self, name: &str) -> bool {
        self.operation.idempotency.key_name() == Some(name)
    }

    /// Whether its body has line items, which `--item` writes shorter.
    pub(super) fn has_line_items(&self) -> bool {
        let described = self.api.described();
        let body = self.is.body.as_ref();
        let list = body.and_then(|body| member(described, &body.schema, "LineItems"));
        list.is_some_and(|list| described.resolve(&described.resolve(list).1["items"]).0 == Some("LineItem"))
    }
}

fn of_field(described: &'static Description, name: String, pointer: String, schema: &'static Value) -> Flag {
    Flag {
        name,
        place: pointer,
        parameter: "",
        takes: takes(described, schema),
        schema,
        help: help(described, "", schema),
        is_required: false,
        is_key: false,
    }
}

/// `X-GCS-Idempotence-Key` is `idempotence-key`.
fn flag_name(name: &str) -> String {
    name.strip_prefix("X-GCS-").unwrap_or(name).to_kebab_case()
}

fn takes(described: &Description, schema: &Value) -> Takes {
    match kind(described, schema) {
        // A command line is seen by everybody on the machine, and kept by the shell.
        _ if is_secret(described, schema) => Takes::File,
        Some("boolean") => Takes::Switch,
        Some("array") => match takes(described, &described.resolve(schema).1["items"]) {
            Takes::File => Takes::File,
            _ => Takes::Items,
        },
        Some("string" | "integer" | "number") => Takes::Text,
        _ => Takes::File,
    }
}

/// What the nearest description says, and limits of the value.
fn help(described: &Description, own: &str, schema: &Value) -> String {
    let (_, resolved) = described.resolve(schema);
    let texts = [
        Some(own),
        schema["description"].as_str(),
        resolved["description"].as_str(),
    ];
    let mut texts = texts.into_iter().flatten();
    let text = plain(texts.find(|text| !text.is_empty()).unwrap_or_default());
    let of = if resolved["items"].is_object() {
        described.resolve(&resolved["items"]).1
    } else {
        resolved
    };
    let limit = |least: &str, most: &str, unit: &str| match (of[least].as_u64(), of[most].as_u64()) {
        (Some(least), Some(most)) if least < most => Some(format!("{least} to {most}{unit}")),
        (Some(same), Some(_)) => Some(format!("{same}{unit}")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (Some(least), None) if least > 1 => Some(format!("at least {least}{unit}")),
        _ => None,
    };
    let limits = [
        limit("minLength", "maxLength", " characters"),
        limit("minimum", "maximum", ""),
    ];
    // The digits of an amount are no limit that anybody meets.
    let is_amount = described.resolve(schema).0 == Some("PositiveDecimal");
    let limits = limits.into_iter().filter(|_| !is_amount);
    let limits: Vec<String> = limits
        .flatten()
        .filter(|limit| !text.contains(limit.as_str()))
        .collect();
    if limits.is_empty() {
        text
    } else {
        format!("{text} [{}]", limits.join("; "))
    }
}

/// The name of a flag's value in the help.
pub(super) fn value_name(described: &Description, flag: &Flag) -> String {
    if flag.takes == Takes::File {
        return "FILE|-".to_owned();
    }
    let (component, schema) = described.resolve(flag.schema);
    let component = component.unwrap_or_default();
    let last = flag.name.rsplit('-').next().unwrap_or_default();
    match schema["format"].as_str() {
        _ if component == "PositiveDecimal" => "AMOUNT".to_owned(),
        _ if component.ends_with("Code") => "CODE".to_owned(),
        Some("uri") => "URL".to_owned(),
        Some("date") => "DATE".to_owned(),
        Some("date-time") => "TIME".to_owned(),
        _ => last.to_shouty_snake_case(),
    }
}
