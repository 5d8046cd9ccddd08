//! Headers as people have them: lines of `Name: value`, from a log or from `curl -i`.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Reads one header a line; blank lines, a request or status line and what else is no header are passed over.
pub(crate) fn parse(text: &str) -> HeaderMap {
    text.lines().filter_map(header).collect()
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
}
