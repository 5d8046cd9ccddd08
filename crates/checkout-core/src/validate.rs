//! Checks on what is sent: every broken rule at once, each with the JSON pointer of the value that breaks it.
//!
//! Messages never quote the value: it may be a person's name or a credential.

mod rules;

use std::cmp::Ordering;
use std::fmt;

pub use rules::*;
#[cfg(feature = "jsonschema")]
pub(crate) use rules::{one_of, too_few, too_many};

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
    /// The setting of the library, such as `NoahBuilder::plain_http_host`, by which the value passes as it is.
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

    /// Whether something is told of this place, or of one below it whose pointer goes on as `rest` allows.
    #[must_use]
    pub fn tells(&self, at: &At<'_>, rest: impl Fn(&str) -> bool) -> bool {
        if self.is_empty() {
            return false;
        }
        let place = at.to_string();
        self.iter()
            .any(|told| told.pointer.strip_prefix(&place).is_some_and(&rest))
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
}
