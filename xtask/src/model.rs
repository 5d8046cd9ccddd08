//! What each component of a spec becomes in Rust: the one reading of the document that lowering and all emitters share.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::spec::{Settings, Spec, array, component, object, text};

/// All components and operations of a spec.
#[derive(Debug)]
pub struct Model {
    /// Components by name.
    pub components: BTreeMap<String, Component>,
    /// Operations in the order of the file.
    pub operations: Vec<Operation>,
}

/// A component schema.
#[derive(Debug)]
pub struct Component {
    /// Its description.
    pub description: String,
    /// What it becomes.
    pub shape: Shape,
}

/// What a component becomes.
#[derive(Debug)]
pub enum Shape {
    /// A type that is written by hand, at this path.
    Replaced(String),
    /// A `text!` type.
    Text(Text),
    /// An `open_enum!` type.
    Enum(Enum),
    /// A `tagged_union!` type.
    Union(Union),
    /// A struct.
    Object(Vec<Field>),
    /// Nothing of its own: used in place (arrays, maps, integers).
    Alias(Target),
}

/// A text's rules.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// Fewest characters.
    pub min: Option<u64>,
    /// Most characters.
    pub max: Option<u64>,
    /// ECMA-262 pattern.
    pub pattern: Option<String>,
    /// `format`.
    pub format: Option<String>,
    /// Whether it may be printed.
    pub sensitive: Option<Sensitive>,
}

/// Why a value must not print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitive {
    /// A credential.
    Secret,
    /// A person's data.
    Personal,
}

/// A list of known values.
#[derive(Debug)]
pub struct Enum {
    /// Whether other values are refused before sending.
    pub closed: bool,
    /// Values with their descriptions.
    pub values: Vec<(String, String)>,
}

/// A union of components.
#[derive(Debug)]
pub struct Union {
    /// Where the tag stands.
    pub tag: Tag,
    /// Tag value and component.
    pub members: Vec<(String, String)>,
    /// The component that an object without a tag is read as.
    pub untagged: Option<String>,
}

/// Where a union's tag stands.
#[derive(Debug)]
pub enum Tag {
    /// In this property of the member itself.
    Inside(String),
    /// In this property next to the member.
    Beside(String),
}

/// A property of an object.
#[derive(Debug)]
pub struct Field {
    /// Its JSON name.
    pub name: String,
    /// Its own description, or the one of what it refers to.
    pub description: String,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it may be printed.
    pub sensitive: Option<Sensitive>,
    /// Its value.
    pub target: Target,
}

/// The value of a property, an item or a parameter.
#[derive(Debug, Clone)]
pub enum Target {
    /// A component with a type of its own.
    Component(String),
    /// A plain text.
    Text(Text),
    /// A whole number.
    Integer {
        /// `int32` or `int64`.
        format: String,
        /// Smallest value.
        min: Option<i64>,
        /// Largest value.
        max: Option<i64>,
    },
    /// A yes or no.
    Boolean,
    /// A list.
    Array {
        /// Its items.
        items: Box<Self>,
        /// Fewest.
        min: Option<u64>,
        /// Most.
        max: Option<u64>,
        /// Whether no item repeats.
        unique: bool,
    },
    /// A map from text.
    Map(Box<Self>),
    /// Any JSON.
    Free,
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// `operationId`.
    pub id: String,
    /// Upper-case method.
    pub method: String,
    /// Path template.
    pub path: String,
    /// First tag.
    pub tag: String,
    /// One line.
    pub summary: String,
    /// Paragraphs.
    pub description: String,
    /// Parameters, path and header.
    pub parameters: Vec<Parameter>,
    /// Component of the request body.
    pub body: Option<String>,
    /// Component of the success.
    pub success: Option<String>,
    /// `x-idempotency`: place and name.
    pub idempotency: Option<(String, String)>,
    /// `x-moves-money`.
    pub moves_money: bool,
}

/// A parameter outside the body.
#[derive(Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    /// `path` or `header`.
    pub place: String,
    /// Whether it must be there.
    pub required: bool,
    /// Its value.
    pub target: Target,
    /// Its description.
    pub description: String,
}

impl Model {
    /// Reads a document that has passed the lint.
    pub fn read(spec: &Spec, settings: &Settings) -> Result<Self, String> {
        let mut components = BTreeMap::new();
        for (name, schema) in spec.schemas() {
            let shape = match settings.replace.get(name) {
                Some(path) => Shape::Replaced(path.clone()),
                None => {
                    shape(spec, settings, schema).map_err(|error| format!("component {name}: {error}"))?
                }
            };
            components.insert(
                name.clone(),
                Component {
                    description: description(schema),
                    shape,
                },
            );
        }
        let operations = spec
            .operations()
            .into_iter()
            .map(|raw| {
                operation(spec, settings, raw)
                    .map_err(|error| format!("{} {}: {error}", raw.method, raw.path))
            })
            .collect::<Result<_, _>>()?;
        let mut model = Self {
            components,
            operations,
        };
        model.strip_tags();
        Ok(model)
    }

    /// A component.
    pub fn component(&self, name: &str) -> Result<&Component, String> {
        self.components
            .get(name)
            .ok_or_else(|| format!("there is no component {name}"))
    }

    /// The fields of an object component.
    pub fn fields(&self, name: &str) -> Result<&[Field], String> {
        match &self.component(name)?.shape {
            Shape::Object(fields) => Ok(fields),
            _ => Err(format!("component {name} is not an object")),
        }
    }

    /// The components that are sent: request bodies and all that they hold.
    pub fn sent(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for operation in &self.operations {
            if let Some(body) = &operation.body {
                self.reach(body, &mut found);
            }
        }
        found
    }

    fn reach<'a>(&'a self, name: &'a str, found: &mut BTreeSet<&'a str>) {
        if !found.insert(name) {
            return;
        }
        match self.components.get(name).map(|component| &component.shape) {
            Some(Shape::Object(fields)) => {
                for field in fields {
                    if let Some(target) = field.target.component() {
                        self.reach(target, found);
                    }
                }
            }
            Some(Shape::Union(union)) => {
                for member in union
                    .members
                    .iter()
                    .map(|(_, member)| member)
                    .chain(&union.untagged)
                {
                    self.reach(member, found);
                }
            }
            _ => {}
        }
    }

    /// The union writes the tag, so its members must not ask for it.
    fn strip_tags(&mut self) {
        let mut strip = Vec::new();
        for component in self.components.values() {
            if let Shape::Union(Union {
                tag: Tag::Inside(tag),
                members,
                ..
            }) = &component.shape
            {
                strip.extend(members.iter().map(|(_, member)| (member.clone(), tag.clone())));
            }
        }
        for (member, tag) in strip {
            if let Some(Component {
                shape: Shape::Object(fields),
                ..
            }) = self.components.get_mut(&member)
            {
                fields.retain(|field| field.name != tag);
            }
        }
    }
}

impl Target {
    /// The component that it is, or is a list or map of.
    pub fn component(&self) -> Option<&str> {
        match self {
            Self::Component(name) => Some(name),
            Self::Array { items, .. } | Self::Map(items) => items.component(),
            _ => None,
        }
    }
}

impl Text {
    /// Whether there is anything to check.
    pub fn has_rules(&self) -> bool {
        self.min.is_some() || self.max.is_some() || self.pattern.is_some() || self.format.is_some()
    }
}

/// A schema's description, without surrounding white space.
pub fn description(schema: &Value) -> String {
    text(schema, "description").unwrap_or_default().trim().to_owned()
}

fn shape(spec: &Spec, settings: &Settings, schema: &Value) -> Result<Shape, String> {
    if schema.get("oneOf").is_some() {
        return union(schema).map(Shape::Union);
    }
    if let Some((closed, values)) = enum_values(schema) {
        let descriptions = object(schema.get("x-enum-descriptions"));
        let values = values
            .iter()
            .filter_map(Value::as_str)
            .map(|value| {
                let words = descriptions
                    .get(value)
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                (value.to_owned(), words.trim().to_owned())
            })
            .collect();
        return Ok(Shape::Enum(Enum { closed, values }));
    }
    match text(schema, "type") {
        Some("string") => Ok(Shape::Text(rules(schema))),
        Some("object") if schema.get("properties").is_some() => {
            fields(spec, settings, schema).map(Shape::Object)
        }
        _ => target(spec, settings, schema).map(Shape::Alias),
    }
}

/// A schema's list of values, and whether it is closed.
pub fn enum_values(schema: &Value) -> Option<(bool, &[Value])> {
    let closed = schema.get("enum").map(|values| (true, array(Some(values))));
    closed.or_else(|| {
        schema
            .get("x-extensible-enum")
            .map(|values| (false, array(Some(values))))
    })
}

fn union(schema: &Value) -> Result<Union, String> {
    let (tag, mapping) = if let Some(discriminator) = schema.get("discriminator") {
        let property = text(discriminator, "propertyName").ok_or("the discriminator has no propertyName")?;
        (Tag::Inside(property.to_owned()), discriminator.get("mapping"))
    } else {
        let selected = schema
            .get("x-selected-by")
            .ok_or("a oneOf needs a discriminator or x-selected-by")?;
        let property = text(selected, "property").ok_or("x-selected-by has no property")?;
        (Tag::Beside(property.to_owned()), selected.get("mapping"))
    };
    let members = object(mapping)
        .iter()
        .filter_map(|(tag, member)| {
            let member = member.as_str()?;
            Some((tag.clone(), component(member).unwrap_or(member).to_owned()))
        })
        .collect();
    let untagged = text(schema, "x-untagged").map(|name| component(name).unwrap_or(name).to_owned());
    Ok(Union {
        tag,
        members,
        untagged,
    })
}

fn fields(spec: &Spec, settings: &Settings, schema: &Value) -> Result<Vec<Field>, String> {
    let required = array(schema.get("required"));
    object(schema.get("properties"))
        .iter()
        .map(|(name, property)| {
            let target =
                target(spec, settings, property).map_err(|error| format!("property {name}: {error}"))?;
            let own = description(property);
            let inherited = || {
                reference(property)
                    .and_then(|target| spec.resolve(target))
                    .map(description)
                    .unwrap_or_default()
            };
            Ok(Field {
                name: name.clone(),
                description: if own.is_empty() { inherited() } else { own },
                required: required.iter().any(|entry| entry.as_str() == Some(name)),
                sensitive: sensitive(property),
                target,
            })
        })
        .collect()
}

/// The reference of a schema: its own, or that of a single-element `allOf` around it.
pub fn reference(schema: &Value) -> Option<&str> {
    match array(schema.get("allOf")) {
        [only] => text(only, "$ref"),
        _ => text(schema, "$ref"),
    }
}

fn target(spec: &Spec, settings: &Settings, schema: &Value) -> Result<Target, String> {
    if let Some(reference) = reference(schema) {
        let name = component(reference).ok_or_else(|| format!("{reference} is not a component schema"))?;
        let schema = spec
            .schemas()
            .get(name)
            .ok_or_else(|| format!("there is no component {name}"))?;
        if settings.replace.contains_key(name) {
            return Ok(Target::Component(name.to_owned()));
        }
        return match shape(spec, settings, schema)? {
            Shape::Alias(target) => Ok(target),
            // Its tag stands outside: the raw value is kept, and read by `select` once the tag is known.
            Shape::Union(Union {
                tag: Tag::Beside(_), ..
            }) => Ok(Target::Free),
            _ => Ok(Target::Component(name.to_owned())),
        };
    }
    match text(schema, "type") {
        Some("string") => Ok(Target::Text(rules(schema))),
        Some("integer") => Ok(Target::Integer {
            format: text(schema, "format").unwrap_or("int64").to_owned(),
            min: schema.get("minimum").and_then(Value::as_i64),
            max: schema.get("maximum").and_then(Value::as_i64),
        }),
        Some("boolean") => Ok(Target::Boolean),
        Some("array") => {
            let items = schema.get("items").ok_or("an array needs items")?;
            Ok(Target::Array {
                items: Box::new(target(spec, settings, items)?),
                min: schema.get("minItems").and_then(Value::as_u64),
                max: schema.get("maxItems").and_then(Value::as_u64),
                unique: schema
                    .get("uniqueItems")
                    .and_then(Value::as_bool)
                    .unwrap_or(false),
            })
        }
        Some("object") => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => Ok(Target::Map(Box::new(target(spec, settings, values)?))),
            _ => Ok(Target::Free),
        },
        None => Ok(Target::Free),
        Some(other) => Err(format!("type {other} is not supported")),
    }
}

fn rules(schema: &Value) -> Text {
    Text {
        min: schema.get("minLength").and_then(Value::as_u64),
        max: schema.get("maxLength").and_then(Value::as_u64),
        pattern: text(schema, "pattern").map(str::to_owned),
        format: text(schema, "format").map(str::to_owned),
        sensitive: sensitive(schema),
    }
}

fn sensitive(schema: &Value) -> Option<Sensitive> {
    match text(schema, "x-sensitive")? {
        "secret" => Some(Sensitive::Secret),
        "personal" => Some(Sensitive::Personal),
        _ => None,
    }
}

fn operation(
    spec: &Spec,
    settings: &Settings,
    raw: crate::spec::RawOperation<'_>,
) -> Result<Operation, String> {
    let op = raw.operation;
    let id = text(op, "operationId").ok_or("no operationId")?.to_owned();
    let mut parameters = Vec::new();
    for entry in array(raw.item.get("parameters"))
        .iter()
        .chain(array(op.get("parameters")))
    {
        let entry = spec.deref(entry);
        let schema = entry.get("schema").ok_or("a parameter has no schema")?;
        parameters.push(Parameter {
            name: text(entry, "name").unwrap_or_default().to_owned(),
            place: text(entry, "in").unwrap_or_default().to_owned(),
            required: entry.get("required").and_then(Value::as_bool).unwrap_or(false),
            target: target(spec, settings, schema)?,
            description: description(entry),
        });
    }
    let media = |content: Option<&Value>| {
        content
            .and_then(|content| content.pointer("/content/application~1json/schema"))
            .and_then(reference)
            .and_then(component)
            .map(str::to_owned)
    };
    let success = object(op.get("responses"))
        .iter()
        .find(|(status, _)| status.starts_with('2'))
        .and_then(|(_, response)| media(Some(spec.deref(response))));
    Ok(Operation {
        id,
        method: raw.method.to_uppercase(),
        path: raw.path.to_owned(),
        tag: array(op.get("tags"))
            .first()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        summary: text(op, "summary").unwrap_or_default().trim().to_owned(),
        description: description(op),
        parameters,
        body: media(op.get("requestBody").map(|body| spec.deref(body))),
        success,
        idempotency: op.get("x-idempotency").map(|entry| {
            let part = |key| text(entry, key).unwrap_or_default().to_owned();
            (part("in"), part("name"))
        }),
        moves_money: op.get("x-moves-money").and_then(Value::as_bool).unwrap_or(false),
    })
}
