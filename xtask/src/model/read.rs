//! Schemas and operations as the model has them.
//!
//! What a component becomes is told by its outermost keywords alone, and only what stands in place of its name
//! (arrays, maps, integers) is read where it is used: so a schema may hold itself.

use serde_json::{Map, Value};

use super::{
    Enum, Field, Operation, Paging, PagingBy, Parameter, Sensitive, Shape, Tag, Target, Text, Union,
};
use crate::spec::{RawOperation, Settings, Spec, array, component, is_true, object, short, text};

/// Most components without a type of their own that may lead from one to the next.
pub const MOST_ALIASES: usize = 32;

/// Reads single schemas of a document.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The document.
    pub spec: &'a Spec,
    /// Its settings.
    pub settings: &'a Settings,
}

/// What kind of [`Shape`] a component becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A type that is written by hand.
    Replaced,
    /// A text type.
    Text,
    /// A list of known values.
    Enum,
    /// A union whose members carry the tag.
    Union,
    /// A union whose tag stands beside it. The raw value is kept, and read by `select` once the tag is known.
    Selected,
    /// A struct.
    Object,
    /// Nothing of its own.
    Alias,
}

/// The nearest `x-sensitive` of a schema: its own, that of what it refers to, or that of its items or values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Why the value must not print; nothing for `x-sensitive: none`.
    pub sensitive: Option<Sensitive>,
    /// Whether the value has a type that does not print by itself.
    pub by_type: bool,
}

impl Mark {
    /// Free-form JSON may hold anyone's data.
    const FREE: Self = Self {
        sensitive: Some(Sensitive::Personal),
        by_type: false,
    };
}

impl<'a> Reader<'a> {
    /// A component's schema.
    pub fn schema(self, name: &str) -> Option<&'a Value> {
        self.spec.schemas().get(name)
    }

    /// What the component of this name becomes.
    pub fn kind_of(self, name: &str) -> Option<Kind> {
        self.schema(name).map(|schema| self.kind(name, schema))
    }

    /// The properties of an operation's body.
    pub fn body_fields(self, raw: RawOperation<'a>) -> &'a Map<String, Value> {
        let body = raw.body().and_then(reference).and_then(component);
        let schema = body.and_then(|name| self.schema(name));
        object(schema.and_then(|schema| schema.get("properties")))
    }

    /// What a component becomes, without a look at what it holds.
    pub fn kind(self, name: &str, schema: &Value) -> Kind {
        if self.settings.replace.contains_key(name) {
            return Kind::Replaced;
        }
        if reference(schema).is_some() {
            return Kind::Alias;
        }
        if schema.get("oneOf").is_some() {
            let inside = schema.get("discriminator").is_some();
            return if inside { Kind::Union } else { Kind::Selected };
        }
        if enum_values(schema).is_some() {
            return Kind::Enum;
        }
        match text(schema, "type") {
            Some("string") => Kind::Text,
            Some("object") if schema.get("properties").is_some() => Kind::Object,
            _ => Kind::Alias,
        }
    }

    /// What a component becomes.
    pub fn shape(self, name: &str, schema: &'a Value) -> Result<Shape, String> {
        match self.kind(name, schema) {
            Kind::Replaced => {
                let replace = self.settings.replace.get(name).ok_or("nothing replaces it")?;
                Ok(Shape::Replaced(replace.path.clone()))
            }
            Kind::Text => Ok(Shape::Text(rules(schema))),
            Kind::Enum => Ok(Shape::Enum(list(schema))),
            Kind::Union | Kind::Selected => union(schema).map(Shape::Union),
            Kind::Object => self.fields(schema).map(Shape::Object),
            Kind::Alias => Ok(Shape::Alias(self.follow(schema, &mut vec![name])?.0)),
        }
    }

    fn fields(self, schema: &'a Value) -> Result<Vec<Field>, String> {
        let required = array(schema.get("required"));
        object(schema.get("properties"))
            .iter()
            .map(|(name, property)| {
                let target = self
                    .target(property)
                    .map_err(|error| format!("property {name}: {error}"))?;
                let own = description(property);
                let inherited = || {
                    reference(property)
                        .and_then(|target| self.spec.resolve(target))
                        .map(description)
                        .unwrap_or_default()
                };
                let mark = self.mark(property).filter(|mark| !mark.by_type);
                Ok(Field {
                    name: name.clone(),
                    description: if own.is_empty() { inherited() } else { own },
                    required: required.iter().any(|entry| entry.as_str() == Some(name)),
                    sensitive: mark.and_then(|mark| mark.sensitive),
                    target,
                })
            })
            .collect()
    }

    /// The value that a schema describes where it is used.
    pub fn target(self, schema: &'a Value) -> Result<Target, String> {
        Ok(self.follow(schema, &mut Vec::new())?.0)
    }

    /// The nearest mark of a schema where it is used. Free-form JSON is personal unless it says otherwise.
    pub fn mark(self, schema: &'a Value) -> Option<Mark> {
        self.follow(schema, &mut Vec::new()).ok()?.1
    }

    /// Both. `via` holds the components without a type of their own that led here.
    fn follow<'n>(self, schema: &'a Value, via: &mut Vec<&'n str>) -> Result<(Target, Option<Mark>), String>
    where
        'a: 'n,
    {
        let by_type = false;
        let own = marked(schema).map(|sensitive| Mark { sensitive, by_type });
        let whole = |key| schema.get(key).and_then(Value::as_u64);
        let (target, inner) = match (reference(schema), text(schema, "type")) {
            (Some(reference), _) => self.refer(reference, via)?,
            (_, Some("string")) => (Target::Text(rules(schema)), None),
            (_, Some("integer")) => {
                let target = Target::Integer {
                    // Any other format is a finding, and the larger type holds more.
                    format: text(schema, "format")
                        .filter(|format| *format == "int32")
                        .unwrap_or("int64")
                        .to_owned(),
                    min: schema.get("minimum").and_then(Value::as_i64),
                    max: schema.get("maximum").and_then(Value::as_i64),
                };
                (target, None)
            }
            (_, Some("boolean")) => (Target::Boolean, None),
            (_, Some("array")) => {
                let (items, mark) = self.follow(schema.get("items").ok_or("an array needs items")?, via)?;
                let target = Target::Array {
                    items: Box::new(items),
                    min: whole("minItems"),
                    max: whole("maxItems"),
                    unique: is_true(schema, "uniqueItems"),
                };
                (target, mark)
            }
            (_, Some("object")) => match schema.get("additionalProperties") {
                Some(values @ Value::Object(_)) => {
                    let (values, mark) = self.follow(values, via)?;
                    (Target::Map(Box::new(values)), mark)
                }
                _ if schema.get("properties").is_some() => (Target::Free, None),
                _ => (Target::Free, Some(Mark::FREE)),
            },
            (_, Some("number")) => return Err("a number would be a float".to_owned()),
            // A type that OpenAPI does not have is a finding.
            (_, Some(_)) => (Target::Free, None),
            (_, None) => (Target::Free, Some(Mark::FREE)),
        };
        Ok((target, own.or(inner)))
    }

    fn refer<'n>(self, reference: &'a str, via: &mut Vec<&'n str>) -> Result<(Target, Option<Mark>), String>
    where
        'a: 'n,
    {
        let name = component(reference).ok_or_else(|| format!("{reference} is not a component schema"))?;
        let schema = self
            .schema(name)
            .ok_or_else(|| format!("there is no component {name}"))?;
        let own = |by_type| marked(schema).map(|sensitive| Mark { sensitive, by_type });
        match self.kind(name, schema) {
            Kind::Alias if via.contains(&name) || via.len() > MOST_ALIASES => {
                Err(format!("{name} stands for itself"))
            }
            Kind::Alias => {
                via.push(name);
                self.follow(schema, via)
            }
            Kind::Selected => Ok((Target::Free, own(false).or(Some(Mark::FREE)))),
            kind => Ok((Target::Component(name.to_owned()), own(kind == Kind::Text))),
        }
    }

    /// The components that answers and webhooks consist of.
    pub(super) fn answers(self) -> Vec<String> {
        let mut found = Vec::new();
        for raw in self.spec.operations() {
            let responses = object(raw.operation.get("responses")).values();
            found.extend(responses.filter_map(|response| self.media(Some(response))));
            for callback in object(raw.operation.get("callbacks")).values() {
                let items = object(Some(self.spec.deref(callback))).values();
                let operations = items.flat_map(|item| object(Some(item)).values());
                found.extend(operations.filter_map(|operation| self.media(operation.get("requestBody"))));
            }
        }
        let components = found.into_iter().filter_map(|schema| self.target(schema).ok());
        components
            .filter_map(|target| target.component().map(str::to_owned))
            .collect()
    }

    /// The schema of a body.
    fn media(self, content: Option<&'a Value>) -> Option<&'a Value> {
        self.spec
            .deref(content?)
            .pointer("/content/application~1json/schema")
    }

    pub(super) fn operation(self, raw: RawOperation<'a>) -> Result<Operation, String> {
        let op = raw.operation;
        let id = text(op, "operationId").ok_or("no operationId")?.to_owned();
        let parameters = raw
            .parameters(self.spec)
            .map(|entry| {
                let schema = entry.get("schema").ok_or("a parameter has no schema")?;
                Ok(Parameter {
                    name: text(entry, "name").unwrap_or_default().to_owned(),
                    place: text(entry, "in").unwrap_or_default().to_owned(),
                    required: is_true(entry, "required"),
                    target: self.target(schema)?,
                    description: description(entry),
                })
            })
            .collect::<Result<_, String>>()?;
        let successes: Vec<(&String, &Value)> = raw.successes(self.spec).collect();
        let answer = |response| {
            self.media(Some(response))
                .filter(|schema| reference(schema).is_some())
        };
        let success = successes.iter().find_map(|(_, response)| answer(response));
        let bodiless = successes
            .iter()
            .filter(|(_, response)| success.is_some() && answer(response).is_none())
            .map(|(status, _)| (*status).clone())
            .collect();
        let success = success.map(|schema| self.target(schema)).transpose()?;
        let (tag, body) = (op.pointer("/tags/0"), self.media(op.get("requestBody")));
        Ok(Operation {
            id,
            // What it may be called depends on the others.
            prepare: String::new(),
            method: raw.method.to_uppercase(),
            path: raw.path.to_owned(),
            tag: tag.and_then(Value::as_str).unwrap_or_default().to_owned(),
            summary: text(op, "summary").unwrap_or_default().trim().to_owned(),
            description: description(op),
            parameters,
            body: body.and_then(reference).and_then(component).map(str::to_owned),
            body_required: op
                .get("requestBody")
                .is_none_or(|body| is_true(self.spec.deref(body), "required")),
            bodiless,
            success,
            file: successes
                .iter()
                .find_map(|(_, response)| file(response))
                .map(str::to_owned),
            successes: successes
                .into_iter()
                .map(|(status, response)| (status.clone(), description(response)))
                .collect(),
            deprecated: is_true(op, "deprecated"),
            paging: op.get("x-paging").and_then(paging),
            idempotency: op.get("x-idempotency").map(|entry| {
                let part = |key| text(entry, key).unwrap_or_default().to_owned();
                (part("in"), part("name"))
            }),
            key_life_hours: op.pointer("/x-idempotency/hours").and_then(Value::as_u64),
            // Without a statement, the worse case is assumed.
            moves_money: op.get("x-moves-money").and_then(Value::as_bool) != Some(false),
            hints: hints(op),
        })
    }
}

/// The media type of an answer that is a file: bytes, and no JSON.
pub fn file(response: &Value) -> Option<&str> {
    let mut content = object(response.get("content")).iter();
    let (name, media) = content.next()?;
    let is_file = media.get("schema").and_then(|schema| text(schema, "format")) == Some("binary");
    (is_file && content.next().is_none()).then_some(name)
}

/// `x-paging`, where it says everything.
pub fn paging(extension: &Value) -> Option<Paging> {
    let part = |key| text(extension, key).map(str::to_owned);
    let by = PagingBy::named(text(extension, "by")?)?;
    Some(Paging {
        parameter: part("parameter")?,
        size: part("size")?,
        items: part("items")?,
        by: (by, part(by.end())?),
    })
}

/// `x-hints` of an operation or of the document, in its order.
pub fn hints(place: &Value) -> Vec<(String, String)> {
    let hints = object(place.get("x-hints")).iter();
    hints
        .filter_map(|(answer, hint)| Some((answer.clone(), hint.as_str()?.trim().to_owned())))
        .collect()
}

/// A schema's description, without surrounding white space.
pub fn description(schema: &Value) -> String {
    text(schema, "description").unwrap_or_default().trim().to_owned()
}

/// The reference of a schema: its own, or that of a single-element `allOf` around it.
pub fn reference(schema: &Value) -> Option<&str> {
    match array(schema.get("allOf")) {
        [only] => text(only, "$ref"),
        _ => text(schema, "$ref"),
    }
}

/// A schema's list of values, and whether it is closed.
pub fn enum_values(schema: &Value) -> Option<(bool, &[Value])> {
    let mut lists = [("enum", true), ("x-extensible-enum", false)].into_iter();
    lists.find_map(|(key, closed)| Some((closed, array(Some(schema.get(key)?)))))
}

fn list(schema: &Value) -> Enum {
    let (closed, values) = enum_values(schema).unwrap_or_default();
    let descriptions = schema.get("x-enum-descriptions").unwrap_or_default();
    let described = |value: &str| {
        let words = text(descriptions, value).unwrap_or_default();
        (value.to_owned(), words.trim().to_owned())
    };
    let values = values.iter().filter_map(Value::as_str).map(described).collect();
    Enum { closed, values }
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
            Some((tag.clone(), short(member).to_owned()))
        })
        .collect();
    let untagged = text(schema, "x-untagged").map(|name| short(name).to_owned());
    Ok(Union {
        tag,
        members,
        untagged,
    })
}

fn rules(schema: &Value) -> Text {
    let whole = |key| schema.get(key).and_then(Value::as_u64);
    Text {
        min: whole("minLength"),
        max: whole("maxLength"),
        pattern: text(schema, "pattern").map(str::to_owned),
        format: text(schema, "format").map(str::to_owned),
        sensitive: marked(schema).flatten(),
    }
}

/// A schema's own mark: nothing where it has none, and no reason to hide for `x-sensitive: none`.
fn marked(schema: &Value) -> Option<Option<Sensitive>> {
    text(schema, "x-sensitive").map(|mark| match mark {
        "none" => None,
        "secret" => Some(Sensitive::Secret),
        // A word that is none of the three is a finding, and hides.
        _ => Some(Sensitive::Personal),
    })
}
