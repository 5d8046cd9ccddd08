//! `docs/reference/`: a page for each API, on which each operation is a section, and a table of them all.
//!
//! The specs hold the content; the templates beside this file hold the form. Headings are an operation's id or `type
//! NAME` alone, so that a link to one stays good.

mod example;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value as Words, filters};
use serde_json::{Value, json};

use crate::api::Api;
use crate::docs;
use crate::emit::forms::Form;
use crate::files::MARK;
use crate::model::{Model, Reader, hints};
use crate::spec::{RawOperation, Read, Settings, Spec, array, has_word, object, text};

/// What a page is made of.
#[derive(Debug, Clone, Copy)]
struct Page<'a> {
    api: Api,
    model: &'a Model,
    reader: Reader<'a>,
}

/// The page of an API.
pub fn page(api: Api, model: &Model, spec: &Spec, settings: &Settings) -> Result<String, String> {
    let reader = Reader { spec, settings };
    let page = Page { api, model, reader };
    let forms = Form::all(api, model, settings)?;
    let operations = forms.iter().zip(spec.operations());
    let mut told = with(
        &spec.root,
        json!({ "mark": mark(&[spec]), "errors": page.errors() }),
    );
    told["schemes"] = spec.root.pointer("/components/securitySchemes").cloned().into();
    told["operations"] = operations.map(|(form, raw)| page.operation(form, raw)).collect();
    told["groups"] = page.groups().into();
    told["types"] = page.types().into();
    let ids = model.operations.iter().map(|op| op.id.clone()).collect();
    render(include_str!("reference/page.md.jinja"), told, ids)
}

/// `README.md` of the folder: every operation of all APIs.
pub fn overview(all: &[Read]) -> Result<String, String> {
    let api = |(api, spec, _): &Read| {
        let operations: Value = spec.operations().into_iter().map(named).collect();
        let page = format!("{}.md", api.name);
        with(&spec.root, json!({ "page": page, "operations": operations }))
    };
    let specs: Vec<&Spec> = all.iter().map(|(_, spec, _)| spec).collect();
    let apis: Vec<Value> = all.iter().map(api).collect();
    let more = json!({ "mark": mark(&specs), "apis": apis });
    render(include_str!("reference/README.md.jinja"), more, BTreeSet::new())
}

/// The anchor that GitHub gives a heading.
pub fn anchor(heading: &str) -> String {
    let is_kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let kept: String = heading.chars().filter(is_kept).collect();
    kept.to_lowercase().replace(' ', "-")
}

fn render(template: &str, told: Value, ids: BTreeSet<String>) -> Result<String, String> {
    let failed = |error: minijinja::Error| format!("docs/reference: {error:#}");
    let mut engine = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    engine.set_syntax(syntax.map_err(failed)?);
    engine.set_undefined_behavior(UndefinedBehavior::Chainable);
    // A document may hold anything where the generator does not look.
    engine.add_filter("each", |list: Words| {
        list.try_iter().map(Vec::from_iter).unwrap_or_default()
    });
    engine.add_filter("pairs", |map: Words| filters::items(&map).unwrap_or_default());
    engine.add_filter("anchor", of_words(anchor));
    engine.add_filter("type", of_words(types::link));
    engine.add_filter("cell", of_words(cell));
    engine.add_filter("prose", of_words(move |words| prose(words, &ids)));
    let made = engine.render_str(template, Serde(told)).map_err(failed)?;
    Ok(format!("{}\n", made.trim()))
}

/// A filter of texts. Any other value counts as an empty text.
fn of_words(filter: impl Fn(&str) -> String + Send + Sync + 'static) -> impl Fn(Words) -> String {
    move |words: Words| filter(words.as_str().unwrap_or_default())
}

/// Paragraphs, in which ids of operations are links.
fn prose(words: &str, ids: &BTreeSet<String>) -> String {
    let lines = docs::lines(&[words]);
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let text = lines.join("\n").replace("\\*\\*", "**");
    let linked = text.split_inclusive([' ', '\n', '.', ',', ';', ':']).map(|word| {
        let id = word.get(..word.len() - 1).unwrap_or_default();
        if ids.contains(id) {
            format!("[{id}](#{}){}", anchor(id), &word[id.len()..])
        } else {
            word.to_owned()
        }
    });
    linked.collect()
}

/// One line, for a table or a list.
fn cell(words: &str) -> String {
    docs::lines(&[words]).concat().trim().replace('|', "\\|")
}

/// What tells a page from one that is written by hand, and what it was made from.
fn mark(specs: &[&Spec]) -> String {
    let of = |spec: &&Spec| format!("{} (SHA-256: {})", spec.file, spec.sha256);
    let specs: Vec<String> = specs.iter().map(of).collect();
    format!("<!-- {MARK} from {}; do not edit. -->", specs.join(" and "))
}

fn named(raw: RawOperation<'_>) -> Value {
    let method = raw.method.to_uppercase();
    with(raw.operation, json!({ "method": method, "path": raw.path }))
}

/// Members of which no template says anything as they stand: most of a document.
const UNTOLD: &str = "callbacks components content parameters paths properties requestBody responses";

/// An object with further members.
fn with(holder: &Value, more: Value) -> Value {
    let told = object(Some(holder)).iter();
    let told = told.filter(|(key, _)| !has_word(UNTOLD, key));
    let told = told.map(|(key, value)| (key.clone(), value.clone()));
    and(told.collect(), more)
}

/// The same with one that is not needed otherwise.
fn and(mut all: Value, more: Value) -> Value {
    if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
        all.extend(more);
    }
    all
}

impl<'a> Page<'a> {
    fn operation(&self, form: &Form<'_>, raw: RawOperation<'a>) -> Value {
        let spec = self.reader.spec;
        let inputs = raw.parameters(spec);
        let inputs = inputs.map(|part| self.told(part, part.get("schema").unwrap_or(part)));
        let answers = object(raw.operation.get("responses")).iter();
        let answers = answers.map(|(status, part)| {
            let is_shared = part.get("$ref").is_some();
            self.answer(part, json!({ "status": status, "shared": is_shared }))
        });
        let callbacks = object(raw.operation.get("callbacks")).values();
        let received = callbacks.filter_map(|callback| {
            let body = spec.deref(callback).pointer("/~1/post/requestBody")?;
            body.pointer("/content/application~1json/schema/$ref")
        });
        let body = raw.body().map(|schema| self.holds(spec.deref(schema)));
        let mut told = and(named(raw), example::of(self, form, raw));
        told["inputs"] = inputs.collect();
        told["body"] = body.into();
        told["body_name"] = form.op.body.clone().into();
        told["answers"] = answers.collect();
        told["received"] = received.cloned().collect();
        told
    }

    /// The tags, those that the document declares first.
    fn groups(&self) -> Vec<Value> {
        let mut groups: Vec<Value> = array(self.reader.spec.root.get("tags")).to_vec();
        for op in &self.model.operations {
            if groups.iter().all(|group| text(group, "name") != Some(&op.tag)) {
                groups.push(json!({ "name": op.tag }));
            }
        }
        groups
    }

    /// An answer and what it holds.
    fn answer(&self, part: &'a Value, more: Value) -> Value {
        let part = self.reader.spec.deref(part);
        let schema = part.pointer("/content/application~1json/schema/$ref");
        let media: Vec<&String> = object(part.get("content")).keys().collect();
        and(with(part, json!({ "holds": schema, "media": media })), more)
    }

    /// The failures that operations share, and what to do about each, whatever the operation.
    fn errors(&self) -> Vec<Value> {
        let mut rows = BTreeMap::new();
        for raw in self.reader.spec.operations() {
            let responses = object(raw.operation.get("responses")).iter();
            let shared = responses.filter(|(_, part)| part.get("$ref").is_some());
            rows.extend(
                shared.map(|(status, part)| (status.clone(), self.answer(part, json!({ "status": status })))),
            );
        }
        for (answer, hint) in hints(&self.reader.spec.root) {
            let row = rows.remove(&answer).unwrap_or_else(|| json!({}));
            let row = and(row, json!({ "status": answer, "hint": hint }));
            rows.insert(answer, row);
        }
        // Statuses first, then codes.
        let mut rows: Vec<(String, Value)> = rows.into_iter().collect();
        rows.sort_by_key(|(answer, _)| answer.len() > 3);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}
