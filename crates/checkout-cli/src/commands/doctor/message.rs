//! Reads headers from a file.

use crate::Failure;
use crate::headers::continuation;
use checkout_doctor::Headers;

/// What a file with headers says.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) method: Option<String>,
    pub(super) url: Option<String>,
    pub(super) headers: Headers,
}

/// Reads lines of `Name: value` up to a blank line, with or without a request line in front. Where curl marks what it
/// sent by `> `, those lines alone count.
pub(super) fn message(text: &str) -> Result<Message, Failure> {
    let mut message = Message::default();
    let mut target = None;
    let is_marked = text.lines().any(|line| line.starts_with("> "));
    for (number, line) in text.lines().enumerate() {
        let line = match (is_marked, line.strip_prefix('>')) {
            (true, Some(line)) => line.strip_prefix(' ').unwrap_or(line),
            (true, None) => continue,
            (false, _) => line,
        };
        if let Some(more) = continuation(line)
            && message.headers.fold(more)
        {
            continue;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((method, path)) = request_line(line) {
            message.method = Some(method.to_owned());
            target = Some(path.to_owned());
            continue;
        }
        let Some((name, value)) = line.split_once(':').filter(|(name, _)| !name.trim().is_empty()) else {
            let line = format!("line {} of the headers", number + 1);
            return Err(Failure::usage(format!("{line} is not of the form `Name: value`")));
        };
        message.headers.append(name.trim(), value.trim());
    }
    message.url = target.and_then(|target| url(&target, &message.headers));
    Ok(message)
}

fn request_line(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(method), Some(target), Some(version), None) if version.starts_with("HTTP/") => {
            Some((method, target))
        }
        _ => None,
    }
}

/// The URL of a request line: https, as nothing else is used but on this machine.
fn url(target: &str, headers: &Headers) -> Option<String> {
    if target.contains("://") {
        return Some(target.to_owned());
    }
    let host = headers.values("host").next()?;
    let is_local = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| host.starts_with(local));
    let scheme = if is_local { "http" } else { "https" };
    Some(format!("{scheme}://{host}{target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_programs_log_them() {
        let curl = "* Connected\n> POST /v1/checkout/sell?a=b HTTP/1.1\r\n> Host: api.noah.com\r\n> X-Api-Key:  k \r\n> \r\n< date: now\n";
        let message = message(curl).unwrap();
        assert_eq!(message.method.as_deref(), Some("POST"));
        assert_eq!(
            message.url.as_deref(),
            Some("https://api.noah.com/v1/checkout/sell?a=b")
        );
        let headers: Vec<_> = message.headers.iter().collect();
        assert_eq!(headers, [("Host", "api.noah.com"), ("X-Api-Key", "k")]);
    }

    #[test]
    fn a_folded_header_is_one() {
        let message = message("> GET / HTTP/1.1\n> X-Note: one\n>   two\n> \n").unwrap();
        assert_eq!(
            message.headers.iter().collect::<Vec<_>>(),
            [("X-Note", "one two")]
        );
    }

    #[test]
    fn a_local_host_is_reached_by_plain_http() {
        let message = message("GET /v1/balances HTTP/1.1\nhost: 127.0.0.1:4010\n").unwrap();
        assert_eq!(message.url.as_deref(), Some("http://127.0.0.1:4010/v1/balances"));
    }

    #[test]
    fn a_line_that_is_no_header_is_named_and_not_shown() {
        let error = message("X-Api-Key: a\napikey_prod_secret\n")
            .unwrap_err()
            .to_string();
        assert_eq!(error, "line 2 of the headers is not of the form `Name: value`");
    }
}
