//! What each component of a spec becomes in Rust: the one reading of the document that lowering and all emitters share.

mod direction;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use crate::names::{field_name, method_name, prepare_name};
use crate::spec::{Settings, Spec};

pub use read::{Kind, MOST_ALIASES, Reader, description, enum_values, file, hints, paging, reference};

/// All components and operations of a spec.
#[derive(Debug)]
pub struct Model {
    /// Components by name.
    pub components: BTreeMap<String, Component>,
    /// Operations in the order of the file.
    pub operations: Vec<Operation>,
}

/// A component schema.
#[derive(Debug, Clone)]
pub struct Component {
    /// The component of the document that it comes of: one that is both sent and received becomes two.
    pub of: String,
    /// Its description.
    pub description: String,
    /// Which way its values go.
    pub direction: Direction,
    /// What it becomes.
    pub shape: Shape,
}

/// Which way the values of a component go. Texts and lists of values are the same either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From us: strict.
    Sent,
    /// To us: lenient.
    Received,
}

/// What a component becomes.
#[derive(Debug, Clone)]
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
    /// No type of its own: it is used in place (arrays, maps, integers).
    Alias(Target),
}

/// Formats of a text that are checked before sending. `password` is none: it says how to type a text, not what it is.
pub const FORMATS: [&str; 5] = ["date", "date-time", "email", "uri", "uuid"];

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
#[derive(Debug, Clone)]
pub struct Enum {
    /// Whether other values are refused before sending.
    pub closed: bool,
    /// Values with their descriptions.
    pub values: Vec<(String, String)>,
}

/// A union of components.
#[derive(Debug, Clone)]
pub struct Union {
    /// Where the tag stands.
    pub tag: Tag,
    /// Tag value and component.
    pub members: Vec<(String, String)>,
    /// The component that an object without a tag is read as.
    pub untagged: Option<String>,
}

/// Where a union's tag stands.
#[derive(Debug, Clone)]
pub enum Tag {
    /// In this property of the member itself.
    Inside(String),
    /// In this property next to the member.
    Beside(String),
}

/// A property of an object.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its JSON name.
    pub name: String,
    /// Its own description, or the one of what it refers to.
    pub description: String,
    /// Whether it must be there.
    pub required: bool,
    /// Why it must not print: by its own mark, by that of what it refers to, or by that of its items or values.
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
    /// The client's method that makes its request and does not send it.
    pub prepare: String,
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
    /// Parameters in path, query and header.
    pub parameters: Vec<Parameter>,
    /// Component of the request body.
    pub body: Option<String>,
    /// Whether a request must have one.
    pub body_required: bool,
    /// What a success holds: nothing where no success has a body, or where it is a file.
    pub success: Option<Target>,
    /// The statuses of a success without a body, where another success has one.
    pub bodiless: Vec<String>,
    /// The media type of a success that is a file.
    pub file: Option<String>,
    /// Status and description of each success.
    pub successes: Vec<(String, String)>,
    /// `deprecated`.
    pub deprecated: bool,
    /// `x-paging`.
    pub paging: Option<Paging>,
    /// `x-idempotency`: place and name.
    pub idempotency: Option<(String, String)>,
    /// `hours` of it: how long the API remembers a key.
    pub key_life_hours: Option<u64>,
    /// `x-moves-money`.
    pub moves_money: bool,
    /// `x-hints`: status or code, and what to do about it.
    pub hints: Vec<(String, String)>,
}

/// How answers come page by page: query parameters, and fields of the answer.
#[derive(Debug, Clone)]
pub struct Paging {
    /// The parameter that says where a page begins.
    pub parameter: String,
    /// The parameter for the most items of a page.
    pub size: String,
    /// The field that lists the items.
    pub items: String,
    /// How the next page is known, and the field that says so.
    pub by: (PagingBy, String),
}

/// How the next page of a list is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagingBy {
    /// By a token, in the field `next`.
    Token,
    /// By a number of items, of which there are `total`.
    Offset,
}

impl PagingBy {
    /// By the word for it in `by`.
    pub fn named(by: &str) -> Option<Self> {
        match by {
            "token" => Some(Self::Token),
            "offset" => Some(Self::Offset),
            _ => None,
        }
    }

    /// The key of the field that says where the list ends.
    pub const fn end(self) -> &'static str {
        match self {
            Self::Token => "next",
            Self::Offset => "total",
        }
    }
}

/// A parameter outside the body.
#[derive(Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    /// `path`, `query` or `header`.
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
        let reader = Reader { spec, settings };
        let mut components = BTreeMap::new();
        for (name, schema) in spec.schemas() {
            let shape = reader
                .shape(name, schema)
                .map_err(|error| format!("component {name}: {error}"))?;
            let component = Component {
                of: name.clone(),
                description: description(schema),
                direction: Direction::Received,
                shape,
            };
            components.insert(name.clone(), component);
        }
        let mut operations = spec
            .operations()
            .into_iter()
            .map(|raw| {
                reader
                    .operation(raw)
                    .map_err(|error| format!("{} {}: {error}", raw.method, raw.path))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let methods: BTreeSet<String> = operations.iter().map(|op| method_name(&op.id)).collect();
        for op in &mut operations {
            op.prepare = prepare_name(&op.id, |name| methods.contains(name));
        }
        let mut model = Self {
            components,
            operations,
        };
        model.part(reader.answers())?;
        model.strip_tags();
        Ok(model)
    }

    /// A component.
    pub fn component(&self, name: &str) -> Result<&Component, String> {
        self.components
            .get(name)
            .ok_or_else(|| format!("there is no component {name}"))
    }

    /// What the component of this name becomes.
    pub fn shape(&self, name: &str) -> Option<&Shape> {
        self.components.get(name).map(|component| &component.shape)
    }

    /// The fields of an object component.
    pub fn fields(&self, name: &str) -> Result<&[Field], String> {
        match &self.component(name)?.shape {
            Shape::Object(fields) => Ok(fields),
            _ => Err(format!("component {name} is not an object")),
        }
    }

    /// The union writes the tag, so its members must not ask for it.
    fn strip_tags(&mut self) {
        let mut strip = Vec::new();
        for component in self.components.values() {
            if let Shape::Union(union) = &component.shape
                && let Tag::Inside(tag) = &union.tag
            {
                let members = union.members.iter();
                strip.extend(members.map(|(_, member)| (member.clone(), tag.clone())));
            }
        }
        for (member, tag) in strip {
            let member = self.components.get_mut(&member);
            if let Some(Shape::Object(fields)) = member.map(|member| &mut member.shape) {
                fields.retain(|field| field.name != tag);
            }
        }
    }
}

impl Operation {
    /// What it does, and its endpoint, in a line.
    pub fn title(&self) -> String {
        let summary = self.summary.trim_end_matches('.');
        format!("{summary}: `{} {}`.", self.method, self.path)
    }

    /// What its docs say of its age.
    pub const fn deprecation(&self) -> &'static str {
        if self.deprecated {
            "Deprecated by the API."
        } else {
            ""
        }
    }
}

impl Target {
    /// Whether a value is handed on as it is, and anything else by reference.
    pub const fn is_copy(&self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Boolean)
    }

    /// The component that it is, or is a list or map of.
    pub fn component(&self) -> Option<&str> {
        match self {
            Self::Component(name) => Some(name),
            Self::Array { items, .. } | Self::Map(items) => items.component(),
            _ => None,
        }
    }
}

impl Sensitive {
    /// What the macros of checkout-core call it.
    pub const fn word(sensitive: Option<Self>) -> &'static str {
        match sensitive {
            None => "shown",
            Some(Self::Personal) => "personal",
            Some(Self::Secret) => "secret",
        }
    }
}

impl Shape {
    /// The components that it is made of.
    pub fn held(&self) -> Vec<&str> {
        match self {
            Self::Object(fields) => fields
                .iter()
                .filter_map(|field| field.target.component())
                .collect(),
            Self::Union(union) => union.held().map(String::as_str).collect(),
            Self::Alias(target) => target.component().into_iter().collect(),
            Self::Replaced(_) | Self::Text(_) | Self::Enum(_) => Vec::new(),
        }
    }
}

impl Union {
    /// The component of each member.
    pub fn held(&self) -> impl Iterator<Item = &String> {
        let members = self.members.iter().map(|(_, member)| member);
        members.chain(&self.untagged)
    }
}

impl Parameter {
    /// Where it stands, as messages say it: `query:PageToken`.
    pub fn at(&self) -> String {
        format!("{}:{}", self.place, self.name)
    }

    /// The name of its argument: a header is named after its component, so that `X-GCS-Idempotence-Key` reads
    /// `idempotence_key`; all else after itself, for two parameters of one component are told apart by their names alone.
    pub fn ident(&self) -> syn::Ident {
        quote::format_ident!("{}", Self::argument(&self.name, &self.place, &self.target))
    }

    /// The same as text.
    pub fn argument(parameter: &str, place: &str, target: &Target) -> String {
        match target {
            Target::Component(name) if place == "header" => field_name(name),
            _ => field_name(parameter),
        }
    }
}

impl Text {
    /// Whether there is anything to check.
    pub fn has_rules(&self) -> bool {
        self.min.is_some() || self.max.is_some() || self.pattern.is_some() || self.format.is_some()
    }
}
