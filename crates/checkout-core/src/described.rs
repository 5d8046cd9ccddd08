//! A spec as data at run time (feature `schemars`): its schemas, and its operations with parameters, bodies, answers and examples.
//!
//! Code that treats all operations alike (a command line, a server, a test, a reference page) works on it.

use std::fmt::Debug;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Sent, Validate};

const DEFINITIONS: &str = "#/$defs/";

/// The description of an API: `description.json` of its models crate.
#[derive(Debug, Default, Deserialize)]
#[non_exhaustive]
pub struct Description {
    /// Component schemas by name: JSON Schema 2020-12, with the extensions of the spec beside it.
    #[serde(rename = "$defs")]
    pub definitions: Map<String, Value>,
    /// Every operation, in the order of the spec.
    pub operations: Vec<DescribedOperation>,
    /// Bodies that callbacks send, by name, in the order of the spec.
    #[serde(default)]
    pub events: IndexMap<String, Example>,
}

/// What the spec says of an operation beyond [`Operation`](crate::Operation).
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct DescribedOperation {
    /// The document's `operationId`.
    pub id: String,
    /// What the call builders of its tag call it, in snake case: `list`.
    pub call: String,
    /// Upper-case HTTP method.
    pub method: String,
    /// Path template below the server URL.
    pub path: String,
    /// The first tag.
    pub tag: String,
    /// One line, without a full stop.
    pub summary: String,
    /// Paragraphs, in Markdown.
    #[serde(default)]
    pub description: String,
    /// Whether the vendor advises against it.
    #[serde(default)]
    pub deprecated: bool,
    /// Path, query and header parameters.
    pub parameters: Vec<DescribedParameter>,
    /// What is sent as its body.
    pub body: Option<DescribedBody>,
    /// Documented answers, in the order of the spec.
    pub responses: Vec<DescribedAnswer>,
    /// What is not certain about it.
    #[serde(rename = "x-doubt")]
    pub doubt: Option<String>,
    /// Where it is known from.
    #[serde(rename = "x-source")]
    pub source: Option<String>,
    /// What the sandbox does where no source says what the API does.
    #[serde(rename = "x-sandbox")]
    pub sandbox: Option<String>,
}

/// A parameter outside the body.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct DescribedParameter {
    /// Its name on the wire.
    pub name: String,
    /// `path`, `query` or `header`.
    #[serde(rename = "in")]
    pub place: String,
    /// Whether it must be there.
    #[serde(default)]
    pub required: bool,
    /// What it is, in Markdown.
    #[serde(default)]
    pub description: String,
    /// Its schema, as a rule a reference: see [`Description::resolve`].
    pub schema: Value,
    /// A value that fits.
    pub example: Option<Value>,
}

/// A request body.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct DescribedBody {
    /// Whether it must be there.
    pub required: bool,
    /// Its media type.
    pub media: String,
    /// Its schema, as a rule a reference.
    pub schema: Value,
    /// Bodies that fit, by name, in the order of the spec.
    #[serde(default)]
    pub examples: IndexMap<String, Example>,
}

/// A documented answer.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct DescribedAnswer {
    /// `200`, `4XX`.
    pub status: String,
    /// When it comes, in Markdown.
    #[serde(default)]
    pub description: String,
    /// The media type of its body, if it has one.
    pub media: Option<String>,
    /// The schema of its body, as a rule a reference.
    pub schema: Option<Value>,
    /// Bodies that fit, by name, in the order of the spec.
    #[serde(default)]
    pub examples: IndexMap<String, Example>,
    /// What the sandbox does where no source says what the API does.
    #[serde(rename = "x-sandbox")]
    pub sandbox: Option<String>,
}

/// An example of a body.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct Example {
    /// What it shows.
    #[serde(default)]
    pub summary: String,
    /// The body.
    pub value: Value,
}

impl Description {
    /// Reads `description.json`. Any other text gives an empty description.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut document: Value = serde_json::from_str(text).unwrap_or_default();
        let shared = document.get_mut("answers").map(Value::take).unwrap_or_default();
        let operations = document.get_mut("operations").and_then(Value::as_array_mut);
        let answers = operations
            .into_iter()
            .flatten()
            .filter_map(|operation| operation.get_mut("responses")?.as_array_mut())
            .flatten();
        for answer in answers {
            let known = answer
                .get("is")
                .and_then(Value::as_str)
                .and_then(|name| shared.get(name)?.as_object());
            if let (Some(known), Some(answer)) = (known.cloned(), answer.as_object_mut()) {
                answer.extend(known);
            }
        }
        serde_json::from_value(document).unwrap_or_default()
    }

    /// An operation by its id.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&DescribedOperation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// The values that the documents list for a schema or for its items, each with what it means; the list may be open.
    #[must_use]
    pub fn known_values<'a>(&'a self, schema: &'a Value) -> Vec<(&'a str, Option<&'a str>)> {
        let (_, schema) = self.resolve(schema);
        let schema = match schema.get("items") {
            Some(items) => self.resolve(items).1,
            None => schema,
        };
        let list = ["enum", "x-extensible-enum"]
            .iter()
            .find_map(|keyword| schema[keyword].as_array());
        let meaning = &schema["x-enum-descriptions"];
        let values = list.into_iter().flatten().filter_map(Value::as_str);
        values.map(|value| (value, meaning[value].as_str())).collect()
    }

    /// The schema that a schema stands for, with references and single-member `allOf`s followed, and the name of the last
    /// component on the way.
    #[must_use]
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> (Option<&'a str>, &'a Value) {
        let (mut name, mut schema) = (None, schema);
        // No spec has a longer chain, and none may go in a circle.
        for _ in 0..32 {
            let only = match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
                Some([only]) => only,
                _ => schema,
            };
            let Some(target) = only.get("$ref").and_then(Value::as_str) else {
                break;
            };
            let Some((component, found)) = target
                .strip_prefix(DEFINITIONS)
                .and_then(|component| Some((component, self.definitions.get(component)?)))
            else {
                break;
            };
            (name, schema) = (Some(component), found);
        }
        (name, schema)
    }

    /// A schema that stands by itself, with all components in it, for a validator.
    #[must_use]
    pub fn standalone(&self, schema: &Value) -> Value {
        json!({ "allOf": [schema], "$defs": self.definitions })
    }
}

impl DescribedOperation {
    /// The documented answer of success: the first 2xx, one with a body before one without.
    #[must_use]
    pub fn success(&self) -> Option<&DescribedAnswer> {
        let mut successes = self
            .responses
            .iter()
            .filter(|answer| answer.status.starts_with('2'));
        let first = successes.clone().next();
        successes.find(|answer| answer.schema.is_some()).or(first)
    }
}

/// Visits the type of each component. `each_type` of a models crate calls it, so that a check of all types is written
/// once and covers new components. A component that is both sent and received is visited twice.
pub trait TypeVisitor {
    /// Visits an object or union that is sent, or a text.
    fn sent<T: Debug + Sent + Serialize + DeserializeOwned + Validate + JsonSchema>(
        &mut self,
        component: &'static str,
    );

    /// Visits an object or union that is received.
    fn received<T: Debug + Serialize + DeserializeOwned + JsonSchema>(&mut self, component: &'static str);

    /// Visits a list of values, with the values that the type knows.
    fn list<T: Debug + Sent + Serialize + DeserializeOwned + Validate + JsonSchema>(
        &mut self,
        component: &'static str,
        known: Vec<&'static str>,
    );

    /// Visits a union whose tag stands beside it, so that it cannot be read alone.
    fn beside<T: Debug + Serialize + JsonSchema>(&mut self, component: &'static str);

    /// Visits a type that is written by hand in place of a generated one.
    fn replaced<T: Debug + Sent + Serialize + DeserializeOwned + Validate>(
        &mut self,
        component: &'static str,
    );

    /// Visits a component that is another name for a plain type, a list or a map.
    fn alias<T: Debug + Serialize + DeserializeOwned>(&mut self, component: &'static str);
}

/// The schema of a component. Each reference is handed to `refer`; where that does not know it, its target is written
/// in its place.
///
/// Called by what [`spec_schemas!`](crate::spec_schemas) expands to.
pub fn resolve(
    description: &Description,
    name: &str,
    generator: &mut SchemaGenerator,
    refer: &dyn Fn(&str, &mut SchemaGenerator) -> Option<Schema>,
) -> Schema {
    let mut schema = description.definitions.get(name).cloned().unwrap_or_default();
    rewrite(description, &mut schema, generator, refer);
    Schema::try_from(schema).unwrap_or_default()
}

fn rewrite(
    description: &Description,
    value: &mut Value,
    generator: &mut SchemaGenerator,
    refer: &dyn Fn(&str, &mut SchemaGenerator) -> Option<Schema>,
) {
    let target = reference(value);
    if let Some(name) = target {
        let schema = refer(&name, generator).unwrap_or_else(|| resolve(description, &name, generator, refer));
        *value = schema.to_value();
        return;
    }
    match value {
        Value::Object(members) => {
            members.retain(|key, _| key != "discriminator" && !key.starts_with("x-"));
            for (key, member) in members {
                match member {
                    // Its keys are names, not keywords.
                    Value::Object(properties) if key == "properties" => properties
                        .values_mut()
                        .for_each(|property| rewrite(description, property, generator, refer)),
                    _ => rewrite(description, member, generator, refer),
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| rewrite(description, item, generator, refer)),
        _ => {}
    }
}

fn reference(value: &Value) -> Option<String> {
    let members: &Map<String, Value> = value.as_object()?;
    Some(
        members
            .get("$ref")?
            .as_str()?
            .strip_prefix(DEFINITIONS)?
            .to_owned(),
    )
}

/// Gives types the JSON Schemas of a document, and shows them to a [`TypeVisitor`](crate::described::TypeVisitor). The
/// word behind each type names the visitor's method: `spec_schemas! { include_str!("description.json"), Nonce =
/// "Nonce" sent, ; i32 = "ProductId" alias, }`. Types behind the semicolon have schemas of their own.
#[macro_export]
macro_rules! spec_schemas {
    (
        $document:expr,
        $($type:ident = $name:literal $kind:ident,)*
        ; $($other:ty = $other_name:literal $other_kind:ident,)*
    ) => {
        $(impl $crate::__private::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", $name).into()
            }

            fn json_schema(
                generator: &mut $crate::__private::schemars::SchemaGenerator,
            ) -> $crate::__private::schemars::Schema {
                spec_schema($name, generator)
            }
        })*

        /// The spec as data: its schemas and operations.
        #[must_use]
        pub fn described() -> &'static $crate::described::Description {
            static DESCRIPTION: ::std::sync::LazyLock<$crate::described::Description> =
                ::std::sync::LazyLock::new(|| $crate::described::Description::parse($document));
            &DESCRIPTION
        }

        /// Shows every type of a component to a visitor.
        pub fn each_type(visitor: &mut impl $crate::described::TypeVisitor) {
            $($crate::spec_schemas!(@visit visitor $type $name $kind);)*
            $(visitor.$other_kind::<$other>($other_name);)*
        }

        fn spec_schema(
            name: &str,
            generator: &mut $crate::__private::schemars::SchemaGenerator,
        ) -> $crate::__private::schemars::Schema {
            $crate::described::resolve(described(), name, generator, &refer)
        }

        fn refer(
            name: &str,
            generator: &mut $crate::__private::schemars::SchemaGenerator,
        ) -> Option<$crate::__private::schemars::Schema> {
            // A component that is both sent and received has two types.
            #[allow(unreachable_patterns)]
            match name {
                $($name => Some(generator.subschema_for::<$type>()),)*
                _ => None,
            }
        }
    };
    (@visit $visitor:ident $type:ident $name:literal list) => {
        $visitor.list::<$type>($name, $type::KNOWN.iter().map($type::as_str).collect());
    };
    (@visit $visitor:ident $type:ident $name:literal $kind:ident) => {
        $visitor.$kind::<$type>($name);
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r##"{
        "$defs": {
            "Id": {"type": "string", "x-sensitive": "none"},
            "Alias": {"allOf": [{"$ref": "#/$defs/Id"}], "description": "Another name."}
        },
        "answers": {"Denied": {"description": "No.", "media": "application/json", "examples": {}}},
        "operations": [{
            "id": "list", "call": "list", "method": "GET", "path": "/things", "tag": "Things", "summary": "List things",
            "parameters": [{"name": "Token", "in": "query", "schema": {"$ref": "#/$defs/Alias"}}],
            "responses": [
                {"status": "401", "is": "Denied"},
                {"status": "204", "description": "Nothing."},
                {"status": "200", "description": "Things.", "schema": {"$ref": "#/$defs/Alias"}}
            ]
        }]
    }"##;

    #[test]
    fn a_description_is_read_with_what_its_operations_share() {
        let described = Description::parse(TEXT);
        let list = described.operation("list").unwrap();
        assert_eq!(list.responses[0].description, "No.");
        assert_eq!(
            list.success().unwrap().status,
            "200",
            "one with a body goes first"
        );
        let (name, schema) = described.resolve(&list.parameters[0].schema);
        assert_eq!((name, &schema["type"]), (Some("Id"), &json!("string")));
        assert!(described.operation("other").is_none());
        assert!(Description::parse("no JSON").operations.is_empty());
    }

    #[test]
    fn references_in_a_circle_come_to_an_end() {
        let described = Description::parse(
            r##"{"$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}, "operations": []}"##,
        );
        let _ = described.resolve(&json!({"$ref": "#/$defs/A"}));
    }
}
