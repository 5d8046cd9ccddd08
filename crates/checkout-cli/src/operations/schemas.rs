//! What the schemas of a description say of a value.

use checkout_core::described::Description;
use checkout_core::validate::At;
use serde_json::Value;

/// The keywords that list forms of a value.
const FORMS: [&str; 3] = ["allOf", "oneOf", "anyOf"];

/// A property of an object: its name, its schema, and whether it must be there.
pub(super) type Property<'d> = (&'d str, &'d Value, bool);

fn forms(schema: &Value) -> impl Iterator<Item = &Value> {
    FORMS
        .iter()
        .filter_map(|keyword| schema[keyword].as_array())
        .flatten()
}

/// The type of a value, where the schema says it; `null` counts for nothing.
pub(super) fn kind<'d>(described: &'d Description, schema: &'d Value) -> Option<&'d str> {
    let (_, schema) = described.resolve(schema);
    match &schema["type"] {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => forms(schema).find_map(|form| kind(described, form)),
    }
}

/// The properties of an object, those of all its forms. Of a choice of forms, only what all of them need must be there.
pub(super) fn properties<'d>(described: &'d Description, schema: &'d Value) -> Vec<Property<'d>> {
    let (_, schema) = described.resolve(schema);
    let is_required = |name: &str| {
        schema["required"]
            .as_array()
            .is_some_and(|all| all.iter().any(|it| it == name))
    };
    let own = schema["properties"].as_object().into_iter().flatten();
    let mut found: Vec<Property<'_>> = own
        .map(|(name, of)| (name.as_str(), of, is_required(name)))
        .collect();
    let forms: Vec<Vec<Property<'_>>> = forms(schema).map(|form| properties(described, form)).collect();
    for (name, of, _) in forms.iter().flatten() {
        if found.iter().any(|(known, ..)| known == name) {
            continue;
        }
        let mut needed = forms
            .iter()
            .map(|form| form.iter().any(|(it, _, needed)| it == name && *needed));
        let is_required = if schema.get("allOf").is_some() {
            needed.any(|it| it)
        } else {
            needed.all(|it| it)
        };
        found.push((name, of, is_required));
    }
    found
}

/// The schema of a property, of an item, or of a value of a map.
pub(super) fn member<'d>(described: &'d Description, schema: &'d Value, name: &str) -> Option<&'d Value> {
    let (_, schema) = described.resolve(schema);
    let known = properties(described, schema)
        .into_iter()
        .find(|(known, ..)| *known == name);
    known
        .map(|(_, of, _)| of)
        .or_else(|| Some(&schema["items"]).filter(|items| items.is_object() && name.parse::<usize>().is_ok()))
        .or_else(|| Some(&schema["additionalProperties"]).filter(|values| values.is_object()))
        .or_else(|| forms(schema).find_map(|form| member(described, form, name)))
}

/// A text of the command line as the JSON that the schema is of: an amount stays a text, a count becomes a number. What cannot
/// be read so stays a text, for the checks to tell.
pub(super) fn typed(described: &Description, schema: &Value, text: &str) -> Value {
    match kind(described, schema) {
        Some("string") => text.into(),
        _ => checkout_core::json::read(text.as_bytes()).unwrap_or_else(|_| text.into()),
    }
}

/// Whether a value must not be shown. A link that is made to be handed on is the very thing that was asked for.
pub(super) fn is_secret(described: &Description, schema: &Value) -> bool {
    let (_, resolved) = described.resolve(schema);
    let items = described.resolve(&resolved["items"]).1;
    let nearest_first = [schema, resolved, &resolved["items"], items];
    let mark = nearest_first
        .into_iter()
        .find_map(|schema| schema["x-sensitive"].as_str());
    mark == Some("secret") && resolved["format"] != "uri"
}

/// Whether there is a secret somewhere in it.
pub(super) fn holds_secret(described: &Description, schema: &Value) -> bool {
    holds_secret_within(described, schema, 0)
}

fn holds_secret_within(described: &Description, schema: &Value, depth: usize) -> bool {
    // Schemas may refer to themselves; no secret lies as deep.
    if depth > 8 {
        return false;
    }
    let (_, resolved) = described.resolve(schema);
    is_secret(described, schema)
        || properties(described, resolved)
            .into_iter()
            .map(|(_, of, _)| of)
            .chain([&resolved["items"], &resolved["additionalProperties"]])
            .any(|of| of.is_object() && holds_secret_within(described, of, depth + 1))
}

/// JSON pointers to fields that no document has.
pub(crate) fn unknown(described: &Description, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    find_unknown(described, schema, value, &At::BODY, &mut found);
    found
}

fn find_unknown(
    described: &Description,
    schema: &Value,
    value: &Value,
    at: &At<'_>,
    found: &mut Vec<String>,
) {
    match value {
        Value::Object(fields) => {
            // Where no field is documented, any may stand.
            let is_open = properties(described, schema).is_empty();
            for (name, value) in fields {
                match member(described, schema, name) {
                    Some(of) => find_unknown(described, of, value, &at.field(name), found),
                    None if is_open => {}
                    None => found.push(at.field(name).to_string()),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(of) = member(described, schema, &index.to_string()) {
                    find_unknown(described, of, item, &at.item(index), found);
                }
            }
        }
        _ => {}
    }
}

/// Text in Markdown as one line of plain text, without the last full stop.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    text.strip_suffix('.').unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(id: &str) -> (&'static Description, &'static Value) {
        let described = noah_models::described();
        (
            described,
            &described.operation(id).unwrap().body.as_ref().unwrap().schema,
        )
    }

    #[test]
    fn a_text_becomes_what_its_schema_is_of() {
        let (described, _) = body("createFiatPayin");
        for (schema, text, value) in [
            (json!({"type": "string"}), "10.10", json!("10.10")),
            (json!({"$ref": "#/$defs/PositiveDecimal"}), "10", json!("10")),
            (json!({"type": "integer"}), "302", json!(302)),
            (json!({"type": ["boolean", "null"]}), "true", json!(true)),
            (json!({"type": "integer"}), "many", json!("many")),
            (json!({"type": "array"}), "[1, \"a\"]", json!([1, "a"])),
            (json!({}), "free", json!("free")),
            (json!({}), "{\"a\": 1, \"a\": 2}", json!("{\"a\": 1, \"a\": 2}")),
        ] {
            assert_eq!(typed(described, &schema, text), value, "{schema} {text}");
        }
    }

    #[test]
    fn a_field_is_found_in_unions_and_lists() {
        let (described, schema) = body("createFiatPayin");
        let at = |path: &[&str]| {
            path.iter()
                .try_fold(schema, |schema, name| member(described, schema, name))
        };
        assert_eq!(
            kind(described, at(&["Customer", "RegisteredName"]).unwrap()),
            Some("string")
        );
        assert_eq!(
            kind(described, at(&["Customer", "FullName"]).unwrap()),
            Some("object")
        );
        assert_eq!(
            kind(described, at(&["LineItems", "0", "Quantity"]).unwrap()),
            Some("string")
        );
        assert!(at(&["LineItems", "first"]).is_none());
        assert!(at(&["Customer", "Nonsense"]).is_none());
        let customer = properties(described, at(&["Customer"]).unwrap());
        let needed = |name: &str| customer.iter().find(|(it, ..)| *it == name).unwrap().2;
        assert!(needed("Type") && !needed("FullName") && !needed("RegisteredName"));
    }

    #[test]
    fn a_credential_is_hidden_and_a_link_is_not() {
        let of = |described: &'static Description, id: &str| {
            let answer = described.operation(id).unwrap().success().unwrap();
            holds_secret(described, answer.schema.as_ref().unwrap())
        };
        assert!(of(worldline_connect_models::described(), "createSession"));
        assert!(of(worldline_connect_models::described(), "createProductSession"));
        assert!(!of(worldline_connect_models::described(), "testConnection"));
        assert!(!of(noah_models::described(), "createFiatPayin"));
    }
}
