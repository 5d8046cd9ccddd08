//! Headers as people have them: lines of `Name: value`, from a log or from `curl -i`.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Reads one header a line; blank lines, a request or status line and what else is no header are passed over. A line that
/// goes on with the header before it (RFC 9112, 5.2) is joined to it.
pub(crate) fn parse(text: &str) -> HeaderMap {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let marks = ["< ", "> "];
        let line = marks
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
            .unwrap_or(line);
        match (continuation(line), lines.last_mut()) {
            (Some(more), Some(last)) => *last = format!("{last} {more}"),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.iter().filter_map(|line| header(line)).collect()
}

/// What a folded line adds to the header before it; `None` for a line of its own, for people indent what they copy.
pub(crate) fn continuation(line: &str) -> Option<&str> {
    let text = line.trim();
    let is_header = || {
        text.split_once(':')
            .is_some_and(|(name, _)| name.trim().parse::<HeaderName>().is_ok())
    };
    (line.starts_with([' ', '\t']) && !text.is_empty() && !is_header()).then_some(text)
}

/// One header.
pub(crate) fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.trim_start_matches(['<', '>', ' ']).split_once(':')?;
    Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_from_what_people_copy() {
        let text = "POST /webhooks HTTP/1.1\r\nHost: shop.example\r\n> Webhook-Signature:  MGU= \r\n\r\n";
        let headers = parse(text);
        assert_eq!(headers["webhook-signature"], "MGU=");
        assert_eq!(headers["host"], "shop.example");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn folded_and_indented_lines_are_told_apart() {
        let headers = parse("  X-Note: one\r\n\ttwo\r\n   three\r\n  Host: shop.example\r\n");
        assert_eq!(
            (&headers["x-note"], headers.len()),
            (&"one two three".parse().unwrap(), 2)
        );
        assert_eq!(headers["host"], "shop.example");
        let headers = parse("< X-Note: one\n<   two\n  \n");
        assert_eq!(
            (&headers["x-note"], headers.len()),
            (&"one two".parse().unwrap(), 1)
        );
        assert!(parse(" \n  nothing\n").is_empty());
    }
}
