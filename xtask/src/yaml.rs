//! YAML read as JSON, with the place of each value.
//!
//! An OpenAPI document is JSON in YAML syntax. Anything that YAML has beyond JSON is a fault, for readers of YAML
//! differ in what they make of it.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};
use serde_json::{Map, Number, Value};

use crate::place::{Marks, Place, join};

/// A document.
#[derive(Debug)]
pub struct Document {
    /// What it says.
    pub root: Value,
    /// Where it says so.
    pub marks: Marks,
    /// What is no JSON in it. The rest is read all the same.
    pub faults: Vec<Fault>,
}

/// Something of YAML that JSON does not have, or a document that cannot be read on.
#[derive(Debug)]
pub struct Fault {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// Where, in the file.
    pub place: Place,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: &'static str,
}

/// Deepest nesting. Walks over a document call themselves once for each level.
const DEEPEST: usize = 100;

/// How many values all aliases of a document may stand for: a few lines can name billions.
const MOST_COPIED: usize = 100_000;

/// Reads the first document of a text.
pub fn read(text: &str) -> Result<Document, Fault> {
    let stray =
        |(_, character): &(usize, char)| character.is_control() && !"\t\n\r\u{85}".contains(*character);
    if let Some((byte, character)) = text.char_indices().find(stray) {
        return Err(Fault {
            pointer: String::new(),
            place: Place::of(text, byte),
            problem: format!("a bare control character, U+{:04X}", u32::from(character)),
            remedy: "remove it, or write it as an escape in double quotes",
        });
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        faults: Vec::new(),
        copied: 0,
    };
    let mut document = None;
    loop {
        let (event, span) = reader.next("")?;
        match event {
            Event::StreamStart | Event::DocumentStart(_) if document.is_some() => {
                let problem = "a second document begins here, and is not read".to_owned();
                reader.fault("", span.start, problem, "keep one document in a file");
                break;
            }
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => document = Some(reader.value("", event, span, 0)?),
        }
    }
    let start = Place { line: 1, column: 1 };
    let (root, mut marks) = document.unwrap_or((Value::Null, Marks::default()));
    marks.place = start;
    if !root.is_object() {
        return Err(Fault {
            pointer: String::new(),
            place: start,
            problem: "this is no mapping, so no OpenAPI document".to_owned(),
            remedy: "begin with `openapi: 3.0.3`",
        });
    }
    Ok(Document {
        root,
        marks,
        faults: reader.faults,
    })
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    /// What each anchor stands for.
    anchors: HashMap<usize, (Value, Marks)>,
    faults: Vec<Fault>,
    copied: usize,
}

type Node = (Value, Marks);

impl<'t> Reader<'t> {
    fn next(&mut self, at: &str) -> Result<(Event<'t>, Span), Fault> {
        let failed = |mark, why: &str| stop(at, mark, format!("not valid YAML: {why}"));
        match self.parser.next_event() {
            Some(next) => next.map_err(|error| failed(*error.marker(), error.info())),
            None => Err(failed(Marker::default(), "it ends too early")),
        }
    }

    fn fault(&mut self, at: &str, mark: Marker, problem: String, remedy: &'static str) {
        self.faults.push(Fault {
            pointer: at.to_owned(),
            place: place(mark),
            problem,
            remedy,
        });
    }

    fn value(&mut self, at: &str, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        let start = span.start;
        if depth > DEEPEST {
            return Err(stop(at, start, format!("nested more than {DEEPEST} levels deep")));
        }
        let mut marks = Marks::new(place(start));
        let (value, anchor) = match event {
            Event::Alias(anchor) => return self.alias(at, anchor, start),
            Event::Scalar(text, style, anchor, tag) => {
                self.tag(at, start, tag.as_deref());
                let value = match style {
                    ScalarStyle::Plain if tag.is_none() => self.plain(at, start, &text),
                    _ => Value::String(text.into_owned()),
                };
                (value, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.tag(at, start, tag.as_deref());
                let mut items = Vec::new();
                loop {
                    let index = items.len().to_string();
                    let at = join(at, &index);
                    let (event, span) = self.next(&at)?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    let (item, inner) = self.value(&at, event, span, depth + 1)?;
                    items.push(item);
                    marks.inner.insert(index, inner);
                }
                (Value::Array(items), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.tag(at, start, tag.as_deref());
                let members = self.members(at, &mut marks, depth)?;
                (Value::Object(members), anchor)
            }
            _ => return Err(stop(at, start, "not valid YAML: a value is missing".to_owned())),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), marks.clone()));
        }
        Ok((value, marks))
    }

    fn members(&mut self, at: &str, marks: &mut Marks, depth: usize) -> Result<Map<String, Value>, Fault> {
        let mut members = Map::new();
        loop {
            let (event, span) = self.next(at)?;
            if event == Event::MappingEnd {
                return Ok(members);
            }
            let merged = matches!(&event, Event::Scalar(key, ScalarStyle::Plain, _, None) if key == "<<");
            let key = match event {
                // A key is a text, whatever it looks like: `200:` is "200".
                Event::Scalar(key, _, anchor, tag) => {
                    self.tag(at, span.start, tag.as_deref());
                    let key = key.into_owned();
                    if anchor > 0 {
                        let own = (Value::String(key.clone()), Marks::new(place(span.start)));
                        self.anchors.insert(anchor, own);
                    }
                    key
                }
                _ => return Err(stop(at, span.start, "a key that is no text".to_owned())),
            };
            let inner = join(at, &key);
            let (event, value_span) = self.next(&inner)?;
            let (value, mut mark) = self.value(&inner, event, value_span, depth + 1)?;
            mark.place = place(span.start);
            if merged {
                let problem = "a merge key `<<`, which YAML 1.2 and JSON do not have".to_owned();
                self.fault(&inner, span.start, problem, "write out what it would merge");
            } else if let Some(first) = marks.inner.get(&key) {
                let problem = format!("{key} stands twice; the first is in line {}", first.place.line);
                self.fault(&inner, span.start, problem, "keep one of them");
            } else {
                marks.inner.insert(key.clone(), mark);
                members.insert(key, value);
            }
        }
    }

    fn alias(&mut self, at: &str, anchor: usize, start: Marker) -> Result<Node, Fault> {
        let Some((value, marks)) = self.anchors.get(&anchor) else {
            return Err(stop(at, start, "an alias within what it stands for".to_owned()));
        };
        self.copied += marks.count();
        if self.copied > MOST_COPIED {
            let problem = format!("the aliases stand for more than {MOST_COPIED} values");
            return Err(stop(at, start, problem));
        }
        Ok((value.clone(), marks.clone()))
    }

    fn tag(&mut self, at: &str, start: Marker, tag: Option<&Tag>) {
        if let Some(tag) = tag {
            let name = if tag.is_yaml_core_schema() {
                format!("!!{}", tag.suffix)
            } else {
                format!("{}{}", tag.handle, tag.suffix)
            };
            let problem = format!("the YAML tag {name}, which JSON does not have");
            self.fault(at, start, problem, "remove it; quote what is to be a text");
        }
    }

    /// A scalar without quotes, by the core schema of YAML 1.2.
    fn plain(&mut self, at: &str, start: Marker, text: &str) -> Value {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
            "true" | "True" | "TRUE" => return Value::Bool(true),
            "false" | "False" | "FALSE" => return Value::Bool(false),
            _ => {}
        }
        let digits = text.trim_start_matches(['+', '-']);
        if matches!(digits.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
            let problem = format!("{text} is a number that JSON does not have");
            self.fault(at, start, problem, "quote it if it is a text");
        }
        number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
    }
}

fn number(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text
            .strip_prefix(prefix)
            .filter(|digits| !digits.starts_with('+'))
        {
            return u64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    // A leading zero is that of a code or an octal number, and no two readers agree which.
    if whole && digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if let Some(number) = unsigned.parse().ok().and_then(Number::from_i128) {
        return Some(number);
    }
    // Rust reads `inf`, `nan` and `infinity` too.
    let decimal = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.bytes().any(|byte| byte.is_ascii_digit());
    decimal
        .then(|| text.parse().ok().and_then(Number::from_f64))
        .flatten()
}

fn place(mark: Marker) -> Place {
    Place {
        line: mark.line(),
        column: mark.col() + 1,
    }
}

fn stop(at: &str, mark: Marker, problem: String) -> Fault {
    Fault {
        pointer: at.to_owned(),
        place: place(mark),
        problem,
        remedy: "correct the document; it is not read any further",
    }
}
