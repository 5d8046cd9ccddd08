//! The rules that a spec can set for a value.

use std::fmt::Display;
use std::sync::OnceLock;

use super::{At, Rule, Violations};
use crate::calendar;
use crate::near::nearest;

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
        let (length, min, max) = (text.chars().count(), self.min, self.max);
        if length < min {
            found.push(at, Rule::Length, too_few(length, "characters", min));
        }
        if length > max {
            found.push(at, Rule::Length, too_many(length, "characters", max));
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
    pub(crate) fn check(self, text: &str) -> Result<(), &'static str> {
        let holds = match self {
            Self::Date => calendar::year_month_day(text).is_some(),
            Self::DateTime => calendar::instant(text).is_some(),
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
    if found.tells(at, |rest| rest.is_empty()) {
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
        found.push(at, Rule::Items, too_few(count, "items", min));
    }
    if count > max {
        found.push(at, Rule::Items, too_many(count, "items", max));
    }
}

pub(crate) fn too_few(count: usize, what: &str, least: impl Display) -> String {
    format!("has {count} {what}; at least {least} are needed")
}

pub(crate) fn too_many(count: usize, what: &str, most: impl Display) -> String {
    format!("has {count} {what}; at most {most} are allowed")
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
