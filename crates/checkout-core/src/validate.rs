//! Checks on what is sent: every broken rule at once, each with the JSON pointer of the value that breaks it.
//!
//! Messages never quote the value: it may be a person's name or a credential.

use std::cmp::Ordering;
use std::fmt;
use std::sync::OnceLock;

use crate::near::nearest;
use crate::redact::field_name;

/// A rule of the spec that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// JSON pointer (RFC 6901) of the value within the request body, e.g. `/LineItems/0/Quantity`, with `?` for a name that no
    /// field can have.
    /// Path and header parameters stand as `path:name` and `header:name`.
    pub pointer: String,
    /// Which rule.
    pub rule: Rule,
    /// What is wrong and what is allowed, without the value itself.
    pub message: String,
    /// The setting of the library, such as `ArithmeticChecks::Off`, by which the value passes as it is.
    pub setting: Option<&'static str>,
}

/// The kind of a broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Length of a text, in characters.
    Length,
    /// The pattern that the spec gives for a text.
    Pattern,
    /// The format of a text: date, date-time, uri, email, uuid, decimal.
    Format,
    /// A number outside its range.
    Range,
    /// Number of items in a list.
    Items,
    /// Repeated items in a list that must not repeat.
    Unique,
    /// A value outside a closed list of values.
    KnownValue,
    /// A text that would make another path of the one that it is to stand in.
    Segment,
    /// Another type or form than the spec gives, a value that is missing, or a name that the spec does not know.
    Shape,
    /// A rule between values that no schema can say, such as an amount that its line items do not add up to.
    Consistency,
}

/// All rules that a request breaks, in the order of its fields. Never empty when returned as an error.
///
/// Beside them it holds warnings: what the API may take, and is probably not meant. They make no request invalid. Of either
/// it holds a hundred at most, and then one that says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations {
    broken: Vec<Violation>,
    warnings: Vec<Violation>,
}

impl Violations {
    /// No violations yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            broken: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// What `check` finds: where no rule is broken, the warnings.
    ///
    /// # Errors
    /// The violations, when there is at least one.
    pub fn collect(check: impl FnOnce(&mut Self)) -> Result<Vec<Violation>, Self> {
        let mut found = Self::new();
        check(&mut found);
        found.into_result()
    }

    /// Records one.
    pub fn push(&mut self, at: &At<'_>, rule: Rule, message: impl Into<String>) {
        add(&mut self.broken, Violation::new(at, rule, message.into()));
    }

    /// Records one that `setting` lets pass: a setting of the library by its name in Rust.
    pub fn push_with_setting(
        &mut self,
        at: &At<'_>,
        rule: Rule,
        message: impl Into<String>,
        setting: &'static str,
    ) {
        let violation = Violation {
            setting: Some(setting),
            ..Violation::new(at, rule, message.into())
        };
        add(&mut self.broken, violation);
    }

    /// Records what the API may take, and is probably not meant.
    pub fn warn(&mut self, at: &At<'_>, rule: Rule, message: impl Into<String>) {
        add(&mut self.warnings, Violation::new(at, rule, message.into()));
    }

    /// Records all of another collection.
    pub fn extend(&mut self, other: Self) {
        other
            .broken
            .into_iter()
            .for_each(|told| add(&mut self.broken, told));
        other
            .warnings
            .into_iter()
            .for_each(|told| add(&mut self.warnings, told));
    }

    /// The violations, in the order of the request's fields.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.broken.iter()
    }

    /// The warnings, in the order of the request's fields.
    #[must_use]
    pub fn warnings(&self) -> &[Violation] {
        &self.warnings
    }

    /// How many violations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.broken.len()
    }

    /// Whether no rule is broken. There may be warnings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.broken.is_empty()
    }

    /// The warnings, if no rule is broken.
    ///
    /// # Errors
    /// `self`, when it holds at least one violation.
    pub fn into_result(self) -> Result<Vec<Violation>, Self> {
        if self.is_empty() {
            Ok(self.warnings)
        } else {
            Err(self)
        }
    }
}

/// Whoever writes a request chooses how much is wrong with it, and an error has to fit into a log.
fn add(told: &mut Vec<Violation>, one: Violation) {
    match told.len().cmp(&MOST) {
        Ordering::Less => told.push(one),
        Ordering::Equal => told.push(Violation::new(
            &At::BODY,
            one.rule,
            "has more of this kind, which are not told; see to those that are".to_owned(),
        )),
        Ordering::Greater => {}
    }
}

/// Most violations that are told of one value.
pub(crate) const MOST: usize = 100;

impl Violation {
    fn new(at: &At<'_>, rule: Rule, message: String) -> Self {
        Self {
            pointer: at.to_string(),
            rule,
            message,
            setting: None,
        }
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "(whole body)"
        } else {
            &self.pointer
        };
        write!(f, "{place}: {}", self.message)?;
        match self.setting {
            Some(setting) => write!(f, "; or let it pass by {setting}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

/// Where a value stands. Lives on the stack; it becomes text only when something is wrong.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    parent: Option<&'a Self>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root(&'a str),
    Field(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    /// The request body.
    pub const BODY: At<'static> = At {
        parent: None,
        step: Step::Root(""),
    };

    /// A parameter outside the body, e.g. `path:merchantId`.
    #[must_use]
    pub const fn parameter(place: &'a str) -> Self {
        At {
            parent: None,
            step: Step::Root(place),
        }
    }

    /// A property of this value, by its JSON name.
    #[must_use]
    pub const fn field(&'a self, name: &'a str) -> Self {
        At {
            parent: Some(self),
            step: Step::Field(name),
        }
    }

    /// How many values this one lies in.
    pub(crate) fn depth(&self) -> usize {
        std::iter::successors(self.parent, |at| at.parent).count()
    }

    /// An item of this list, from 0.
    #[must_use]
    pub const fn item(&'a self, index: usize) -> Self {
        At {
            parent: Some(self),
            step: Step::Item(index),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root(place) => f.write_str(place),
            // The key of a map, or a field that no spec has, may be a person's data or hold lines for a log.
            Step::Field(name) => write!(f, "/{}", field_name(name).unwrap_or("?")),
            Step::Item(index) => write!(f, "/{index}"),
        }
    }
}

/// A value that the spec sets rules for.
pub trait Validate {
    /// Adds every rule that this value breaks to `found`.
    fn check(&self, at: &At<'_>, found: &mut Violations);

    /// Checks the value as a whole request body.
    ///
    /// # Errors
    /// All broken rules at once.
    fn validate(&self) -> Result<(), Violations> {
        Violations::collect(|found| self.check(&At::BODY, found)).map(drop)
    }
}

impl<T: Validate> Validate for Option<T> {
    fn check(&self, at: &At<'_>, found: &mut Violations) {
        if let Some(value) = self {
            value.check(at, found);
        }
    }
}

impl<T: Validate> Validate for [T] {
    fn check(&self, at: &At<'_>, found: &mut Violations) {
        for (index, item) in self.iter().enumerate() {
            item.check(&at.item(index), found);
        }
    }
}

impl<T: Validate> Validate for Vec<T> {
    fn check(&self, at: &At<'_>, found: &mut Violations) {
        self.as_slice().check(at, found);
    }
}

/// A pattern that ECMA-262 and other engines read alike, compiled at first use.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<regex_lite::Regex>>,
}

impl Pattern {
    /// A pattern as the spec writes it. xtask's lint proves that it is one.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    /// Whether the text matches. A pattern that does not compile matches nothing.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.compiled
            .get_or_init(|| regex_lite::Regex::new(self.source).ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
    }
}

/// The rules for a text.
#[derive(Debug, Clone, Copy)]
pub struct TextRules {
    min: usize,
    max: usize,
    pattern: Option<&'static Pattern>,
    format: Option<Format>,
}

/// A `format` of the spec that is checked before sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// RFC 3339 full-date.
    Date,
    /// RFC 3339 date-time.
    DateTime,
    /// An absolute URI.
    Uri,
    /// An e-mail address: one `@` between two non-empty parts, no white space.
    Email,
    /// A UUID in its hyphenated form.
    Uuid,
}

impl TextRules {
    /// Any text.
    pub const ANY: Self = Self {
        min: 0,
        max: usize::MAX,
        pattern: None,
        format: None,
    };

    /// At least this many characters.
    #[must_use]
    pub const fn min(mut self, characters: usize) -> Self {
        self.min = characters;
        self
    }

    /// At most this many characters.
    #[must_use]
    pub const fn max(mut self, characters: usize) -> Self {
        self.max = characters;
        self
    }

    /// Must match.
    #[must_use]
    pub const fn pattern(mut self, pattern: &'static Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// Must have this format.
    #[must_use]
    pub const fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Adds every rule that the text breaks to `found`.
    pub fn check(&self, text: &str, at: &At<'_>, found: &mut Violations) {
        let length = text.chars().count();
        if length < self.min {
            found.push(
                at,
                Rule::Length,
                format!("has {length} characters; at least {} are needed", self.min),
            );
        }
        if length > self.max {
            found.push(
                at,
                Rule::Length,
                format!("has {length} characters; at most {} are allowed", self.max),
            );
        }
        if let Some(pattern) = self.pattern
            && !pattern.matches(text)
        {
            let in_capitals = if pattern.matches(&text.to_ascii_uppercase()) {
                "; written in capitals it does"
            } else {
                ""
            };
            let message = format!("does not match {}{in_capitals}", pattern.source);
            found.push(at, Rule::Pattern, message);
        }
        if let Some(format) = self.format
            && let Err(message) = format.check(text)
        {
            found.push(at, Rule::Format, message);
        }
    }
}

impl Format {
    fn check(self, text: &str) -> Result<(), &'static str> {
        let holds = match self {
            Self::Date => crate::time::Date::from(text).year_month_day().is_ok(),
            Self::DateTime => crate::time::Timestamp::from(text).instant().is_ok(),
            Self::Uri => is_absolute_uri(text),
            Self::Email => is_email(text),
            Self::Uuid => is_uuid(text),
        };
        if holds { Ok(()) } else { Err(self.expectation()) }
    }

    const fn expectation(self) -> &'static str {
        match self {
            Self::Date => "is not a date; write it as YYYY-MM-DD",
            Self::DateTime => "is not a date-time; write it as YYYY-MM-DDThh:mm:ssZ",
            Self::Uri => "is not an absolute URI; begin it with a scheme such as https://",
            Self::Email => "is not an e-mail address",
            Self::Uuid => "is not a UUID; write it as 8-4-4-4-12 hexadecimal digits",
        }
    }
}

fn is_absolute_uri(text: &str) -> bool {
    fluent_uri::Uri::parse(text).is_ok()
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    plain(local) && plain(domain) && !local.contains('@')
}

fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A text that stands as one segment of a path. What would make another path of it is refused, escaped or not: some servers
/// read an escape twice, so that a per cent sign is as good as a slash, and some drop what stands behind a semicolon before
/// they look for dots. Nothing is said of a text that broke a rule already.
pub fn segment(text: &str, at: &At<'_>, found: &mut Violations) {
    let place = at.to_string();
    if found.iter().any(|told| told.pointer == place) {
        return;
    }
    let separates = |character: char| matches!(character, '/' | '\\' | '%') || character.is_control();
    let name = text.split(';').next().unwrap_or_default();
    if matches!(name, "" | "." | "..") || text.contains(separates) {
        found.push(
            at,
            Rule::Segment,
            "cannot stand in a path: it is empty, `.` or `..`, as a whole or before a semicolon, or has a slash, a backslash, a per cent sign or a control character",
        );
    }
}

/// A number within its range, both ends included.
pub fn range(value: &(impl Copy + Into<i64>), min: i64, max: i64, at: &At<'_>, found: &mut Violations) {
    let value: i64 = (*value).into();
    if value < min || value > max {
        found.push(at, Rule::Range, format!("is outside {min} to {max}"));
    }
}

/// A list with a number of items in range, both ends included.
pub fn items<T>(list: &[T], min: usize, max: usize, at: &At<'_>, found: &mut Violations) {
    let count = list.len();
    if count < min {
        found.push(
            at,
            Rule::Items,
            format!("has {count} items; at least {min} are needed"),
        );
    }
    if count > max {
        found.push(
            at,
            Rule::Items,
            format!("has {count} items; at most {max} are allowed"),
        );
    }
}

/// A value that was kept whole because no member of a union took it: it is no object, its tag names no member, or it
/// does not fit the one that its tag names.
pub fn unknown_member(
    value: &serde_json::Value,
    tag: &str,
    known: &[&str],
    at: &At<'_>,
    found: &mut Violations,
) {
    if !value.is_object() {
        found.push(at, Rule::KnownValue, "is not an object");
        return;
    }
    let named = value.get(tag).and_then(serde_json::Value::as_str);
    match named.filter(|named| known.contains(named)) {
        Some(member) => found.push(
            at,
            Rule::KnownValue,
            format!("does not fit {member}, which its {tag} names; a required field is missing or has another type"),
        ),
        None => {
            let meant = named.and_then(|named| nearest(named, known.iter().copied()));
            found.push(&at.field(tag), Rule::KnownValue, one_of(meant, known));
        }
    }
}

/// Where a text stands in a list.
#[doc(hidden)]
#[must_use]
pub fn position(text: &str, known: &[&str]) -> Option<usize> {
    known.iter().position(|known| *known == text)
}

/// A value outside a closed list: a near miss is named, and else what the list holds.
#[doc(hidden)]
pub fn unknown_value(text: &str, known: &[&str], at: &At<'_>, found: &mut Violations) {
    let meant = nearest(text, known.iter().copied());
    found.push(at, Rule::KnownValue, one_of(meant, known));
}

/// A value outside a list that the API may extend: nothing is said of it unless it is a near miss.
#[doc(hidden)]
pub fn unlisted_value(text: &str, known: &[&str], at: &At<'_>, found: &mut Violations) {
    if let Some(meant) = nearest(text, known.iter().copied()) {
        let message = format!("is not a value that the API's documents list; was {meant} meant?");
        found.warn(at, Rule::KnownValue, message);
    }
}

pub(crate) fn one_of(meant: Option<&str>, known: &[&str]) -> String {
    let all = known.join(", ");
    match meant {
        Some(meant) => format!("is not a value of the API; was {meant} meant? Use one of {all}"),
        None => format!("is not a value of the API; use one of {all}"),
    }
}

/// A list in which no item repeats.
pub fn unique<T: PartialEq>(list: &[T], at: &At<'_>, found: &mut Violations) {
    for (index, item) in list.iter().enumerate() {
        if list[..index].contains(item) {
            found.push(&at.item(index), Rule::Unique, "repeats an earlier item");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_no_name_that_is_not_a_fields() {
        let body = At::BODY;
        for (name, shown) in [
            ("ID", "/ID"),
            ("Jane Doe", "/?"),
            ("a\n2026 ERROR", "/?"),
            ("a/b", "/?"),
        ] {
            assert_eq!(body.field(name).to_string(), shown);
        }
        assert_eq!(body.field(&"x".repeat(65)).item(2).to_string(), "/?/2");
    }

    #[test]
    fn a_request_with_much_wrong_makes_an_error_of_some_length() {
        let mut found = Violations::new();
        for index in 0..1000 {
            found.push(&At::BODY.item(index), Rule::Shape, "is wrong");
            found.warn(&At::BODY.item(index), Rule::KnownValue, "is odd");
        }
        let mut all = Violations::new();
        all.extend(found.clone());
        for found in [found, all] {
            assert_eq!((found.len(), found.warnings().len()), (101, 101));
            assert!(found.to_string().ends_with("see to those that are"), "{found}");
        }
    }

    #[test]
    fn a_segment_stays_one() {
        let told = |text: &str| {
            let mut found = Violations::new();
            segment(text, &At::parameter("path:id"), &mut found);
            found.len()
        };
        for text in ["7", "a.b", "...", "a b", "a@b.c", "é", "?#", "a;..", "...;"] {
            assert_eq!(told(text), 0, "{text}");
        }
        for text in [
            "", ".", "..", "..;", ".;x", ";x", "a/b", "a\\b", "%2e", "a%2Fb", "a\nb", "\0",
        ] {
            assert_eq!(told(text), 1, "{text}");
        }
        // What is wrong already is told once.
        let mut found = Violations::new();
        found.push(&At::parameter("path:id"), Rule::Length, "is too short");
        segment("", &At::parameter("path:id"), &mut found);
        assert_eq!(found.len(), 1);
    }
}
