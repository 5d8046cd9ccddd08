//! Doc comments from a spec's descriptions.

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
        wrap(&escape(&words), &mut lines);
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

const WIDTH: usize = 96;

fn wrap(text: &str, lines: &mut Vec<String>) {
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
}

/// Outside of code spans, brackets would become links and angle brackets would become HTML; bare URLs warn.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            escaped.push('`');
        }
        if index % 2 == 1 {
            escaped.push_str(part);
            continue;
        }
        for (index, word) in part.split(' ').enumerate() {
            if index > 0 {
                escaped.push(' ');
            }
            if word.contains("://") {
                let url = word.trim_end_matches(['.', ',', ';', ')']);
                escaped.push_str(&format!("<{url}>{}", &word[url.len()..]));
            } else {
                for character in word.chars() {
                    if matches!(character, '[' | ']' | '<' | '>' | '*' | '_') {
                        escaped.push('\\');
                    }
                    escaped.push(character);
                }
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_rustdoc_are_escaped_outside_code() {
        assert_eq!(
            lines(&["see `a[0]` and a[1] <b> at https://example.com/x."]),
            [" see `a[0]` and a\\[1\\] \\<b\\> at <https://example.com/x>."]
        );
    }

    #[test]
    fn paragraphs_are_kept_apart() {
        assert_eq!(
            lines(&["one\ntwo\n\nthree", "four"]),
            [" one two", "", " three", "", " four"]
        );
    }
}
