//! What a `GCS v1HMAC` signature covers, and how header values are brought into the form that is both signed and sent.

use checkout_core::encoding::base64;
use checkout_core::mac::hmac_sha256;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// Why a request cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The signature must name when it was made.
    #[error("header `date` is missing; the signature covers it")]
    NoDate,
    /// The signature covers one value of a header.
    #[error("header `{0}` stands there more than once; send it once")]
    Repeated(HeaderName),
    /// Both sides must read the same characters.
    #[error("header `{0}` holds characters beyond visible ASCII; encode the value, for example as base64")]
    NotAscii(HeaderName),
    /// A time that an HTTP date cannot name.
    #[error("the clock shows a time that an HTTP date cannot name; set the clock")]
    Clock,
    /// The API key's id cannot stand in a header.
    #[error(
        "the API key's id holds characters that a header cannot carry; copy it from the Configuration Center"
    )]
    ApiKeyId,
}

/// The text that the signature is made over.
///
/// Line by line, each ended by a line feed: the method; `Content-Type`, or nothing; `Date`; every header whose name
/// begins with `x-gcs` as `name:value`, sorted by lower-case name; the path as sent, with `?` and the **decoded** query if
/// there is one. (Worldline's own libraries disagree about the query. Java, .NET and Go sign it decoded, which the
/// documented examples bear out, so that is the rule here; `+` stays a plus sign.)
///
/// Look at it when the API answers with code 9002: it names no part of the secret.
///
/// # Errors
/// A covered header is missing, repeated or not visible ASCII.
pub fn string_to_hash(method: &Method, url: &Url, headers: &HeaderMap) -> Result<String, SigningError> {
    let content_type = covered(headers, &CONTENT_TYPE)?.unwrap_or_default();
    let date = covered(headers, &DATE)?.ok_or(SigningError::NoDate)?;

    // Header names are lower-case by type, in ASCII alone: no locale has a say.
    let mut names: Vec<&HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-gcs"))
        .collect();
    names.sort_unstable_by_key(|name| name.as_str());

    let mut text = format!("{method}\n{content_type}\n{date}\n");
    for name in names {
        let value = covered(headers, name)?.unwrap_or_default();
        text.extend([name.as_str(), ":", &value, "\n"]);
    }
    text.push_str(url.path());
    if let Some(query) = url.query() {
        text.push('?');
        text.push_str(&percent_decode_str(query).decode_utf8_lossy());
    }
    text.push('\n');
    Ok(text)
}

/// `GCS v1HMAC:{id}:{signature}`. The secret is used as text; it looks like base64, and is not decoded.
pub(super) fn authorization(
    api_key_id: &str,
    secret_api_key: &SecretString,
    string_to_hash: &str,
) -> Result<HeaderValue, SigningError> {
    let mac = hmac_sha256(
        secret_api_key.expose_secret().as_bytes(),
        string_to_hash.as_bytes(),
    );
    let signature = base64(&mac);
    let mut value = HeaderValue::try_from(format!("GCS v1HMAC:{api_key_id}:{signature}"))
        .map_err(|_| SigningError::ApiKeyId)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The one value of a header that the signature covers, canonical.
fn covered(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, SigningError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(SigningError::Repeated(name.clone()));
    }
    let text = value.to_str().map_err(|_| SigningError::NotAscii(name.clone()))?;
    Ok(Some(canonical_header_value(text)))
}

/// The covered headers of a request in canonical form, so that what is sent is what is signed.
pub(super) fn canonical_headers(headers: &HeaderMap) -> Result<HeaderMap, SigningError> {
    let mut canonical = HeaderMap::new();
    for name in headers.keys() {
        if !(name.as_str().starts_with("x-gcs") || name == CONTENT_TYPE || name == DATE) {
            continue;
        }
        if let Some(text) = covered(headers, name)? {
            let value = HeaderValue::try_from(text).map_err(|_| SigningError::NotAscii(name.clone()))?;
            canonical.insert(name, value);
        }
    }
    Ok(canonical)
}

/// The form of a header value that is signed and sent: each line break and the blanks after it become one space, and
/// the ends are trimmed.
///
/// ```
/// use hosted_checkout::worldline::canonical_header_value;
///
/// assert_eq!(canonical_header_value(" foo\r\n  bar"), "foo bar");
/// ```
///
/// A carriage return on its own, of which the published rule says nothing, counts as a line break too: no value can
/// leave here that would split a header.
#[must_use]
pub fn canonical_header_value(text: &str) -> String {
    let mut canonical = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' | '\n' => {
                if character == '\r' {
                    characters.next_if_eq(&'\n');
                }
                while characters
                    .next_if(|next| matches!(next, ' ' | '\t' | '\x0b' | '\x0c'))
                    .is_some()
                {}
                canonical.push(' ');
            }
            other => canonical.push(other),
        }
    }
    // Like the rule's reference code, blanks at the ends are everything up to U+0020.
    canonical.trim_matches(|character| character <= ' ').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATE_TEXT: &str = "Fri, 06 Jun 2014 13:39:43 GMT";
    const K: &str = "I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg=";

    fn minimal() -> String {
        format!("GET\n\n{DATE_TEXT}\n/v1/9991/tokens/123456789\n")
    }

    fn full() -> String {
        format!(
            "DELETE\napplication/json\n{DATE_TEXT}\nx-gcs-clientmetainfo:processed header value\n\
             x-gcs-customerheader:processed header value\nx-gcs-servermetainfo:processed header value\n\
             /v1/9991/tokens/123456789\n"
        )
    }

    /// The six signatures that Worldline's libraries and API reference publish.
    #[test]
    fn published_signatures() {
        let consumer = |query: &str| format!("GET\n\n{DATE_TEXT}\n/v1/consumer/ANDR%C3%89E/?{query}\n");
        for (id, secret, text, signature) in [
            (
                "apiKeyId",
                "secretApiKey",
                full(),
                "VfnXpPBQQoHZivTcAg0JvOWkhnzlPnaCPKpTQn/uMJM=",
            ),
            (
                "EC36A74A98D21",
                "6Kj5HT0MQKC6D8eb7W3lTg71kVKVDSt1",
                minimal(),
                "9ond5EIN05dBXJGCLRK5om9pxHsyrh/12pZJ7bvmwNM=",
            ),
            (
                "5e45c937b9db33ae",
                K,
                minimal(),
                "J5LjfSBvrQNhu7gG0gvifZt+IWNDReGCmHmBmth6ueI=",
            ),
            (
                "5e45c937b9db33ae",
                K,
                consumer("q=na%20me"),
                "3XV7LMYus9q7fp87/D4Qih2bKNtz20iqsttdrgJ09AU=",
            ),
            (
                "5e45c937b9db33ae",
                K,
                consumer("q=na me"),
                "x9S2hQmLhLTbpK0YdTuYCD8TB4D+Kf60tNW0Xw5Xls0=",
            ),
            (
                "5e45c937b9db33ae",
                K,
                full(),
                "jGWLz3ouN4klE+SkqO5gO+KkbQNM06Rric7E3dcfmqw=",
            ),
        ] {
            let header = authorization(id, &SecretString::from(secret), &text).unwrap();
            assert_eq!(
                header.to_str().unwrap(),
                format!("GCS v1HMAC:{id}:{signature}"),
                "{text}"
            );
            assert!(header.is_sensitive());
        }
    }

    #[test]
    fn the_api_reference_signs_the_decoded_query() {
        let url = Url::parse("https://api.example/v1/consumer/ANDR%C3%89E/?q=na%20me").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static(DATE_TEXT));
        let text = string_to_hash(&Method::GET, &url, &headers).unwrap();
        assert_eq!(
            text,
            format!("GET\n\n{DATE_TEXT}\n/v1/consumer/ANDR%C3%89E/?q=na me\n")
        );
    }

    #[test]
    fn published_data_to_sign() {
        const SERVER: &str = "{\"platformIdentifier\":\"Windows 7/6.1 Java/1.7 (Oracle Corporation; Java HotSpot(TM) \
                              64-Bit Server VM; 1.7.0_45)\",\"sdkIdentifier\":\"1.0\"}";
        let url =
            Url::parse("http://localhost:8080/v1/9991/services%20bla/convert/amount?foo=bar&mies=no%20bar")
                .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("X-GCS-ServerMetaInfo", HeaderValue::from_static(SERVER));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            "X-GCS-ClientMetaInfo",
            HeaderValue::from_static("{\"foo\",\"bar\"}"),
        );
        headers.insert(
            "User-Agent",
            HeaderValue::from_static("Apache-HttpClient/4.3.4 (java 1.5)"),
        );
        headers.insert(DATE, HeaderValue::from_static("Mon, 07 Jul 2014 12:12:40 GMT"));
        assert_eq!(
            string_to_hash(&Method::POST, &url, &headers).unwrap(),
            format!(
                "POST\napplication/json\nMon, 07 Jul 2014 12:12:40 GMT\nx-gcs-clientmetainfo:{{\"foo\",\"bar\"}}\n\
                 x-gcs-servermetainfo:{SERVER}\n/v1/9991/services%20bla/convert/amount?foo=bar&mies=no bar\n"
            )
        );
    }

    #[test]
    fn published_header_values() {
        for (text, canonical) in [
            ("foo\nbar  ", "foo bar"),
            (" foo\r\n  bar", "foo bar"),
            (
                " some value  \r\n \n with  some \r\n  spaces ",
                "some value    with  some  spaces",
            ),
        ] {
            assert_eq!(canonical_header_value(text), canonical);
        }
    }

    #[test]
    fn what_cannot_be_covered_is_refused() {
        let url = Url::parse("https://api.example/v1").unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(
            string_to_hash(&Method::GET, &url, &headers),
            Err(SigningError::NoDate)
        );

        headers.insert(DATE, HeaderValue::from_static(DATE_TEXT));
        headers.append("x-gcs-a", HeaderValue::from_static("1"));
        headers.append("x-gcs-a", HeaderValue::from_static("2"));
        let name = HeaderName::from_static("x-gcs-a");
        assert_eq!(
            string_to_hash(&Method::GET, &url, &headers),
            Err(SigningError::Repeated(name.clone()))
        );

        headers.insert("x-gcs-a", HeaderValue::from_bytes("é".as_bytes()).unwrap());
        assert_eq!(
            string_to_hash(&Method::GET, &url, &headers),
            Err(SigningError::NotAscii(name))
        );
    }

    #[test]
    fn other_headers_stay_outside() {
        let url = Url::parse("https://api.example/v1").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static(DATE_TEXT));
        let before = string_to_hash(&Method::GET, &url, &headers).unwrap();
        headers.insert("user-agent", HeaderValue::from_static("someone"));
        headers.insert("x-gc", HeaderValue::from_static("near miss"));
        assert_eq!(string_to_hash(&Method::GET, &url, &headers).unwrap(), before);
    }

    proptest! {
        #[test]
        fn a_canonical_value_never_splits_a_line(text in "(?s)[a-z\r\n \t\u{b}\u{c}:]{0,40}|.{0,40}") {
            let canonical = canonical_header_value(&text);
            prop_assert!(!canonical.contains(['\r', '\n']));
            prop_assert_eq!(canonical_header_value(&canonical), canonical.clone());
            prop_assert!(canonical.len() <= text.len());
        }

        #[test]
        fn only_blanks_and_line_breaks_are_lost(text in "(?s)[a-z\r\n \t]{0,60}") {
            let letters = |text: &str| text.chars().filter(char::is_ascii_alphabetic).collect::<String>();
            prop_assert_eq!(letters(&canonical_header_value(&text)), letters(&text));
        }

        #[test]
        fn headers_leave_as_they_were_signed(value in "[ -~]{0,30}", name in "[a-z]{1,8}") {
            let url = Url::parse("https://api.example/v1").unwrap();
            let mut headers = HeaderMap::new();
            headers.insert(DATE, HeaderValue::from_static(DATE_TEXT));
            headers.insert(
                HeaderName::try_from(format!("X-GCS-{name}")).unwrap(),
                HeaderValue::try_from(value).unwrap(),
            );
            let headers = canonical_headers(&headers).unwrap();
            let line = format!("x-gcs-{name}:{}\n", headers[&format!("x-gcs-{name}")].to_str().unwrap());
            prop_assert!(string_to_hash(&Method::GET, &url, &headers).unwrap().contains(&line));
        }
    }
}
