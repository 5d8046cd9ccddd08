//! Doc comments from a spec's descriptions.

use std::fmt::Display;

use crate::source::visible;

/// Lines of a doc comment, each with its leading space, wrapped and with rustdoc's own marks escaped.
pub fn lines(paragraphs: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in paragraphs.iter().flat_map(|text| text.split("\n\n")) {
        let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        wrap(&escape(&visible(&words)), &mut lines);
    }
    lines
}

/// The same as `///` lines, indented.
pub fn comment(indent: &str, paragraphs: &[&str]) -> String {
    lines(paragraphs)
        .iter()
        .map(|line| format!("{indent}///{line}\n"))
        .collect()
}

/// Limits in words, with the unit and the space before it; nothing where there are none.
pub fn range<T: PartialEq + Display>(least: Option<T>, most: Option<T>, unit: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) if least == most => format!("{least}{unit}"),
        (Some(least), Some(most)) => format!("{least} to {most}{unit}"),
        (Some(least), None) => format!("at least {least}{unit}"),
        (None, Some(most)) => format!("at most {most}{unit}"),
        (None, None) => String::new(),
    }
}

/// A description, or the name where there is no description.
pub fn or_name(description: &str, name: &str) -> String {
    if description.is_empty() {
        format!("`{name}`.")
    } else {
        description.to_owned()
    }
}

/// The parts that are not empty, with this between them.
pub fn joined(parts: impl IntoIterator<Item = String>, between: &str) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(between)
}

/// Words as a sentence; nothing where there are none.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.map_or_else(String::new, |first| format!("{first}{}.", letters.as_str()))
}

const WIDTH: usize = 96;

fn wrap(text: &str, lines: &mut Vec<String>) {
    let mut line = String::new();
    for word in text.split(' ') {
        let full = line.chars().count() + 1 + word.chars().count() > WIDTH;
        // Such a word would begin a list or a heading, so the line grows too long instead.
        if !line.is_empty() && full && !begins_block(word) {
            lines.push(std::mem::take(&mut line));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
}

/// Whether a line that begins with this word could be something other than text: a heading, a list, a fence, a table.
fn begins_block(word: &str) -> bool {
    let number = word.trim_start_matches(|first: char| first.is_ascii_digit());
    word.starts_with(['#', '+', '-', '=', '>', '~', '|', ':'])
        || (number != word && number.starts_with(['.', ')']))
}

/// Outside of code spans, brackets would become links and angle brackets would become HTML; bare URLs warn.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    if begins_block(text) {
        // A digit cannot be escaped, but what follows it can.
        let digits = text.find(|first: char| !first.is_ascii_digit()).unwrap_or(0);
        escaped.push_str(&text[..digits]);
        escaped.push('\\');
        let (mark, rest) = text[digits..].split_at(1);
        escaped.push_str(mark);
        return escaped + &escape_spans(rest);
    }
    escape_spans(text)
}

fn escape_spans(text: &str) -> String {
    let mut escaped = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let (before, from) = rest.split_at(start);
        plain(before, &mut escaped);
        let fence = from.len() - from.trim_start_matches('`').len();
        let (ticks, after) = from.split_at(fence);
        rest = match closing(after, fence) {
            // In three or more marks it could begin a block.
            Some(end) if fence < 3 => {
                escaped.push_str(&from[..fence + end + fence]);
                &after[end + fence..]
            }
            Some(end) if !after[..end].contains('`') => {
                escaped.push_str(&format!("`{}`", after[..end].trim()));
                &after[end + fence..]
            }
            _ => {
                escaped.push_str(&ticks.replace('`', "\\`"));
                after
            }
        };
    }
    plain(rest, &mut escaped);
    escaped
}

/// Where a code span ends: at the next run of just as many marks.
fn closing(text: &str, fence: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(start) = text[from..].find('`').map(|start| from + start) {
        let run = text[start..].len() - text[start..].trim_start_matches('`').len();
        if run == fence {
            return Some(start);
        }
        from = start + run;
    }
    None
}

fn plain(text: &str, escaped: &mut String) {
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            escaped.push(' ');
        }
        let (before, url, after) = around_url(word);
        marks(before, escaped);
        if !url.is_empty() {
            escaped.push_str(&format!("<{url}>"));
        }
        marks(after, escaped);
    }
}

/// Splits a word into what stands before a URL, the URL, and the rest.
fn around_url(word: &str) -> (&str, &str, &str) {
    let Some(colon) = word.find("://") else {
        return (word, "", "");
    };
    let scheme = |letter: char| letter.is_ascii_alphanumeric();
    let start = word[..colon].trim_end_matches(scheme).len();
    let end = word[start..]
        .find(['<', '>', '[', ']', '(', ')', '"', '\\'])
        .map_or(word.len(), |end| start + end);
    let url = word[start..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
    if start == colon || url.len() <= colon + 3 - start {
        return (word, "", "");
    }
    (&word[..start], url, &word[start + url.len()..])
}

fn marks(text: &str, escaped: &mut String) {
    for character in text.chars() {
        if matches!(character, '[' | ']' | '<' | '>' | '*' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
}
