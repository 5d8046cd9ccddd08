//! Links that an answer hands on to a customer or a device, and those that a request names.

use checkout_core::escape::is_unsafe;
use url::Url;

/// Reads an absolute https address as it stands. What URL parsers repair in silence (tabs and line breaks, blanks,
/// backslashes, missing slashes) another program may read as another address, so it is refused; so is what hides the host
/// from a reader. Plain http passes where `in_clear` says so of its host.
///
/// # Errors
/// What is wrong, without any part of the text: whoever printed it would print what is to be kept from a terminal.
pub(crate) fn link(text: &str, in_clear: impl FnOnce(&Url) -> bool) -> Result<Url, &'static str> {
    if text
        .chars()
        .any(|c| c.is_whitespace() || c == '\\' || is_unsafe(c))
    {
        return Err("holds blanks, backslashes or characters that do not show, which no link has");
    }
    let (scheme, rest) = text.split_once("://").ok_or("is not an absolute URL")?;
    let is_https = scheme.eq_ignore_ascii_case("https");
    if !is_https && !scheme.eq_ignore_ascii_case("http") {
        return Err("is not https");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if authority.is_empty() {
        return Err("names no host");
    }
    if authority.contains('@') {
        return Err("holds user information, which hides the host");
    }
    let url = Url::parse(text).map_err(|_| "is not an absolute URL")?;
    if is_https || in_clear(&url) {
        Ok(url)
    } else {
        Err("is not https")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(text: &str) -> bool {
        link(text, |url| url.host_str() == Some("127.0.0.1")).is_err()
    }

    #[test]
    fn only_plain_links_pass() {
        for text in [
            "https://pay.example/a?b=c#d",
            "HTTPS://pay.example:8443",
            "https://caf\u{e9}.example/gr\u{fc}n",
            "http://127.0.0.1:4010/pay",
            "https://[::1]/",
            "https://pay.example/a@b",
        ] {
            assert!(!is_refused(text), "{text}");
        }
        for text in [
            "http://pay.example/",
            "javascript:alert(1)",
            "javascript://pay.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//pay.example/",
            "pay.example",
            "",
            "https:pay.example",
            "https:/pay.example",
            "https:///pay.example",
            "https://",
            "https://?",
            "https:\\\\pay.example",
            "https://pay.example\\@evil.example",
            "https://user@pay.example/",
            "https://user:secret@pay.example/",
            "https://@pay.example/",
            "https://:@pay.example/",
        ] {
            assert!(is_refused(text), "{text}");
        }
    }

    #[test]
    fn no_character_that_a_parser_drops_or_a_reader_misses_passes_anywhere() {
        let odd = (0..=0x20).chain(0x7f..=0xa0).chain([
            0xad, 0x61c, 0x200b, 0x200e, 0x2028, 0x202e, 0x2066, 0x3000, 0xfeff,
        ]);
        for code in odd {
            let odd = char::from_u32(code).unwrap();
            for text in [
                format!("{odd}https://pay.example/"),
                format!("ht{odd}tps://pay.example/"),
                format!("https:/{odd}/pay.example/"),
                format!("https://pay{odd}.example/"),
                format!("https://pay.example/{odd}x"),
                format!("https://pay.example/{odd}"),
            ] {
                assert!(is_refused(&text), "{text:?}");
            }
        }
    }
}
