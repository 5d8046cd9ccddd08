//! An operation's example: what is sent and answered, and what it takes to make the same call.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToKebabCase as _;
use serde_json::{Value, json};

use super::{Page, with};
use crate::emit::forms::Form;
use crate::model::{Model, Shape, Tag, Target};
use crate::names::{field_name, type_name};
use crate::spec::{RawOperation, Spec, array, object, text};

/// The examples of an operation, as the template has them.
pub(super) fn of(page: &Page<'_>, form: &Form<'_>, raw: RawOperation<'_>) -> Value {
    let (op, spec) = (form.op, page.reader.spec);
    let (on, command) = call(form);
    let mut url = op.path.clone();
    let mut given = Vec::new();
    let mut setters = Vec::new();
    let mut used = Used {
        model: page.model,
        folder: page.api.folder,
        names: BTreeMap::new(),
    };
    for (part, parameter) in raw.parameters(spec).zip(&op.parameters) {
        let schema = part.get("schema");
        let of_schema = schema.and_then(|schema| spec.deref(schema).get("example"));
        let is_key = form.is_key(&parameter.name);
        let of_schema = of_schema.filter(|_| parameter.required || is_key);
        let Some(value) = part.get("example").or(of_schema) else {
            continue;
        };
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        url = url.replace(&format!("{{{}}}", parameter.name), &plain);
        let is_hidden = is_key || form.is_known(parameter);
        let flag = parameter.name.to_kebab_case();
        given.push(json!({ "name": parameter.name, "in": parameter.place, "value": plain, "flag": flag, "hidden": is_hidden }));
        if !is_hidden {
            let name = form.argument(page.model, parameter).to_string();
            setters.push((name, used.value(&parameter.target, value, Takes::Into)));
        }
    }
    let body = raw.operation.get("requestBody");
    let body = body.and_then(|body| first(spec, body));
    if let Some(body) = body.as_ref().and_then(|body| body.get("value")) {
        setters.extend(fields(form, body, &mut used));
    }
    let mut successes = raw.successes(spec);
    let answer =
        successes.find_map(|(status, part)| Some(with(&first(spec, part)?, json!({ "status": status }))));
    let schemes = raw.operation.get("security");
    let schemes = array(schemes.or_else(|| spec.root.get("security"))).iter();
    let schemes = schemes.flat_map(|scheme| object(Some(scheme)).keys());
    json!({
        "url": url,
        "given": given,
        "scheme": schemes.last(),
        "example": body,
        "answer": answer,
        "command": command,
        "rust": format!("{}let answer = {};", used.imports(), rust(form, &on, &setters)),
    })
}

/// What has the method, in Rust: the client or its handle; and the command, but for a call that none makes.
fn call(form: &Form<'_>) -> (String, Option<String>) {
    let tag = form.op.tag.as_str();
    let (client, api) = match form.client.to_string().as_str() {
        "Server" => ("connect.server()", Some("worldline")),
        "Client" => ("client", None),
        _ => ("noah", Some("noah")),
    };
    // `checkout noah help` shows the help.
    let group = if tag == "Help" {
        "help-sessions".to_owned()
    } else {
        tag.to_kebab_case()
    };
    let on = if form.is_on_client() {
        client.to_owned()
    } else {
        format!("{client}.{}()", field_name(&form.on().to_string()))
    };
    let command = api.map(|api| format!("{api} {group} {}", form.method().to_kebab_case()));
    (on, command)
}

fn rust(form: &Form<'_>, on: &str, setters: &[(String, String)]) -> String {
    let method = form.method();
    if form.has_builder() {
        let setters = setters.iter().map(|(name, value)| format!(".{name}({value})"));
        return format!("{on}.{method}(){}.send().await?", setters.collect::<String>());
    }
    let values: Vec<&str> = setters.iter().map(|(_, value)| value.as_str()).collect();
    format!("{on}.{method}({}).await?", values.join(", "))
}

/// The setters of a body. The client makes its key.
fn fields(form: &Form<'_>, body: &Value, used: &mut Used<'_>) -> Vec<(String, String)> {
    let name = form.op.body.clone().unwrap_or_default();
    let Some(Shape::Object(fields)) = used.model.shape(&name) else {
        let body = used.value(&Target::Component(name), body, Takes::Into);
        return vec![("body".to_owned(), body)];
    };
    let mut setters = Vec::new();
    for field in fields.iter().filter(|field| !form.is_key(&field.name)) {
        let Some(value) = body.get(&field.name) else {
            continue;
        };
        let value = match form.call.inputs.get(&field.name) {
            Some(input) if input == "LineItemInput" => used.line_items(array(Some(value))),
            _ => used.value(&field.target, value, Takes::Amount),
        };
        setters.push((field_name(&field.name), value));
    }
    setters
}

/// What a place in Rust takes: whatever becomes the type, decimals as text too, or just the type.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Into,
    Amount,
    Exact,
}

/// Values as Rust, and what of the library they use: names by path.
struct Used<'a> {
    model: &'a Model,
    folder: &'static str,
    names: BTreeMap<String, BTreeSet<String>>,
}

impl Used<'_> {
    fn note(&mut self, path: String, name: &str) {
        self.names.entry(path).or_default().insert(name.to_owned());
    }

    fn imports(&self) -> String {
        let mut out = String::new();
        for (path, names) in &self.names {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            out += &format!("use hosted_checkout{path}::{{{}}};\n", names.join(", "));
        }
        if out.is_empty() { out } else { out + "\n" }
    }

    /// Line items as README writes them: the client computes their totals.
    fn line_items(&mut self, items: &[Value]) -> String {
        self.note(format!("::{}", self.folder), "line_item");
        let item = |item: &Value| {
            let parts = ["Description", "Quantity", "UnitAmount"].map(|name| item[name].to_string());
            format!("line_item({})", parts.join(", "))
        };
        format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
    }

    fn value(&mut self, target: &Target, value: &Value, takes: Takes) -> String {
        let exact = |text: String| {
            if takes == Takes::Exact {
                format!("{text}.into()")
            } else {
                text
            }
        };
        match target {
            Target::Component(name) if name == "PositiveDecimal" && takes != Takes::Amount => {
                self.note(String::new(), name);
                format!("{name}::parse({value})?")
            }
            Target::Component(name) => match self.model.shape(name) {
                Some(Shape::Object(fields)) => {
                    let mut code = format!("{}::builder()", type_name(name));
                    self.note(format!("::{}::models", self.folder), &type_name(name));
                    for field in fields {
                        if let Some(value) = value.get(&field.name) {
                            let value = self.value(&field.target, value, Takes::Into);
                            code += &format!(".{}({value})", field_name(&field.name));
                        }
                    }
                    code + ".build()"
                }
                Some(Shape::Union(union)) => {
                    let is =
                        |tag: &str| matches!(&union.tag, Tag::Inside(by) if text(value, by) == Some(tag));
                    let tagged = union.members.iter().find(|(tag, _)| is(tag));
                    let member = tagged.map(|(_, member)| member).or(union.untagged.as_ref());
                    let member = member.cloned().unwrap_or_default();
                    exact(self.value(&Target::Component(member), value, Takes::Into))
                }
                Some(Shape::Alias(target)) => self.value(target, value, takes),
                _ => exact(value.to_string()),
            },
            Target::Text(_) => exact(value.to_string()),
            Target::Integer { .. } | Target::Boolean => value.to_string(),
            Target::Array { items, .. } => {
                let each = |item| self.value(items, item, Takes::Exact);
                let each: Vec<String> = array(Some(value)).iter().map(each).collect();
                format!("vec![{}]", each.join(", "))
            }
            Target::Map(values) => {
                let entry = |(key, value): (&String, &Value)| {
                    format!("({key:?}.into(), {})", self.value(values, value, Takes::Exact))
                };
                let entries: Vec<String> = object(Some(value)).iter().map(entry).collect();
                format!("std::collections::BTreeMap::from([{}])", entries.join(", "))
            }
            Target::Free => format!("serde_json::json!({value})"),
        }
    }
}

/// The first example of a body, what the spec says of it, and its JSON.
fn first(spec: &Spec, body: &Value) -> Option<Value> {
    let content = spec.deref(body).pointer("/content/application~1json")?;
    let named = object(content.get("examples")).values().next();
    let named = named.map(|example| spec.deref(example));
    let alone = || content.get("example").map(|value| json!({ "value": value }));
    let example = named.cloned().or_else(alone)?;
    let text = format!("{:#}", example.get("value")?);
    Some(with(&example, json!({ "json": text })))
}
