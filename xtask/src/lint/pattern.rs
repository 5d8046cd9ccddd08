//! What a pattern of ECMA-262 lets through, as far as its text tells.

/// Whether a pattern can match nothing but a whole text.
pub(super) fn is_anchored(pattern: &str) -> bool {
    parts(pattern)
        .split(|part| matches!(part, Part::Mark("|", 0)))
        .all(|branch| {
            let ends = (branch.first(), branch.last());
            matches!(ends, (Some(Part::Mark("^", 0)), Some(Part::Mark("$", 0))))
        })
}

/// Whether a text that matches may hold a character: whether any part of the pattern that takes one takes this. What a
/// lookahead shuts out again does not count, so that a `false` is certain, and a `true` is not.
pub(super) fn admits(pattern: &str, character: char) -> bool {
    let text = character.to_string();
    parts(pattern).iter().any(|part| match part {
        Part::Atom(atom) => regress::Regex::with_flags(&format!("^(?:{atom})$"), "s")
            .map_or(true, |atom| atom.find(&text).is_some()),
        Part::Mark(..) => false,
    })
}

#[derive(Debug)]
enum Part<'p> {
    /// What takes one character.
    Atom(&'p str),
    /// An anchor or a branch, and how deep in groups it stands.
    Mark(&'p str, usize),
}

fn parts(pattern: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    // For each group, whether it takes text: what looks ahead or behind does not.
    let mut groups: Vec<bool> = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => escape(rest),
            '[' => class(rest),
            '(' => {
                let looks = ["(?=", "(?!", "(?<=", "(?<!"]
                    .iter()
                    .any(|look| rest.starts_with(look));
                groups.push(!looks);
                match rest.strip_prefix("(?<").and_then(|name| name.find('>')) {
                    Some(name) if !looks => name + 4,
                    _ if rest.starts_with("(?<") => 4,
                    _ if rest.starts_with("(?") => 3,
                    _ => 1,
                }
            }
            '{' => repeats(rest).unwrap_or(1),
            other => other.len_utf8(),
        };
        // An escape may be cut short by a letter of several bytes.
        let length = (length..=rest.len()).find(|end| rest.is_char_boundary(*end));
        let (part, after) = rest.split_at(length.unwrap_or(rest.len()));
        rest = after;
        let taken = groups.iter().all(|takes| *takes);
        match first {
            ')' => drop(groups.pop()),
            '{' if part == "{" && taken => parts.push(Part::Atom("\\{")),
            '(' | '{' | '*' | '+' | '?' => {}
            '^' | '$' | '|' => parts.push(Part::Mark(part, groups.len())),
            // `\b` and `\B` take nothing.
            '\\' if part.eq_ignore_ascii_case("\\b") => {}
            _ if taken => parts.push(Part::Atom(part)),
            _ => {}
        }
    }
    parts
}

/// The length of `{2}`, `{2,}` or `{2,3}`; any other brace stands for itself.
fn repeats(rest: &str) -> Option<usize> {
    let end = rest.find('}')?;
    let counts = &rest[1..end];
    let is_count = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    (!least.is_empty() && is_count(least) && is_count(most)).then_some(end + 1)
}

/// The length of an escape.
fn escape(rest: &str) -> usize {
    let second = rest[1..].chars().next();
    let braced = rest[1..].get(1..).is_some_and(|tail| tail.starts_with('{'));
    match second {
        Some('p' | 'P' | 'u') if braced => rest.find('}').map_or(2, |end| end + 1),
        Some('k') => rest.find('>').map_or(2, |end| end + 1),
        Some('u') => 6,
        Some('x') => 4,
        Some('c') => 3,
        Some(other) => 1 + other.len_utf8(),
        None => 1,
    }
}

/// The length of a class.
fn class(rest: &str) -> usize {
    let mut escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_not_anchored_by_the_others() {
        for anchored in ["^a$", "^a$|^b$", "^(a|b)$", "^(?:a|[|])$", r"^a\|$"] {
            assert!(is_anchored(anchored), "{anchored}");
        }
        for open in ["a", "^a", "^a|b$", r"^a\$", "(^a$)", ""] {
            assert!(!is_anchored(open), "{open}");
        }
    }

    #[test]
    fn an_escape_that_is_cut_short_is_no_panic() {
        for pattern in [r"^\x€$", r"^\cé$", r"^\u€", r"\", r"^\u{€"] {
            is_anchored(pattern);
            admits(pattern, '/');
        }
    }

    #[test]
    fn what_can_stand_in_a_match_is_told_part_by_part() {
        for (pattern, character) in [
            ("^x/y$", '/'),
            ("^[A-Z0-9%]+$", '%'),
            (r"^[^a]{1,3}$", '\\'),
            (r"^\S+$", '?'),
            (r"^(?<name>\x2f)$", '/'),
            (r"^\u{2f}$", '/'),
            ("^.$", '#'),
            ("^{/}$", '/'),
            ("^a{$", '{'),
        ] {
            assert!(admits(pattern, character), "{pattern} {character}");
        }
        for pattern in [
            r"^(?!.*/)[A-Za-z0-9._~-]+$",
            r"^\w{2,3}$",
            r"^[a-z]\p{L}(?:-\d+)?$",
            r"^a\b$",
        ] {
            for character in ['/', '%', '?', '#', '\\', ' ', '\n'] {
                assert!(!admits(pattern, character), "{pattern} {character}");
            }
        }
    }
}
