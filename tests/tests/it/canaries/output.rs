//! The output that is searched, and every way in which a text may stand in it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};

/// What a process wrote: every line once, then all short lines in one, for `{:#?}` writes each byte of a list on its own.
pub(super) struct Output {
    pub(super) text: String,
    pub(super) lower: String,
}

/// A way of writing, and a text written so.
type Form = (&'static str, String);

impl Output {
    pub(super) fn new(text: &str) -> Self {
        let lines: BTreeSet<&str> = text.lines().collect();
        let short = text.lines().map(str::trim).filter(|line| line.len() <= 5);
        let short = short.collect::<Vec<_>>().join(" ");
        let mut text: String = lines.into_iter().collect::<Vec<_>>().join("\n");
        text.push('\n');
        text.push_str(&short);
        let lower = text.to_lowercase();
        Self { text, lower }
    }

    /// In which way the text stands here, if it does.
    pub(super) fn shows(&self, text: &str) -> Option<&'static str> {
        match self.lower.contains(&text.to_lowercase()) {
            true => Some("as it is"),
            false => self.shows_encoded(text),
        }
    }

    /// The same, save as it is.
    pub(super) fn shows_encoded(&self, text: &str) -> Option<&'static str> {
        let holds = |output: &str, forms: Vec<Form>| {
            let found = forms.into_iter().find(|(_, form)| output.contains(form));
            found.map(|(way, _)| way)
        };
        holds(&self.text, base64(text)).or_else(|| holds(&self.lower, escaped(text)))
    }
}

/// What of a text is in the base64 of anything that holds it, wherever it begins.
fn base64(text: &str) -> Vec<Form> {
    let form = |before: usize| {
        let whole = BASE64_STANDARD_NO_PAD.encode([&b"..."[..before], text.as_bytes()].concat());
        // The first and the last digit may depend on the neighbours too.
        whole[(before * 8).div_ceil(6)..(before + text.len()) * 8 / 6].to_owned()
    };
    let url_safe = |form: String| form.replace('+', "-").replace('/', "_");
    let forms = (0..3).map(form);
    let mut forms: Vec<Form> = forms
        .flat_map(|form| [("in base64", form.clone()), ("in base64url", url_safe(form))])
        .collect();
    forms.dedup_by(|form, before| form.1 == before.1);
    forms
}

/// With its bytes or characters written as something else, all of them or those that must be; in small letters.
fn escaped(text: &str) -> Vec<Form> {
    let each = |write: &dyn Fn(u8) -> String| text.bytes().map(write).collect::<String>();
    let list = |write: &dyn Fn(u8) -> String| text.bytes().map(write).collect::<Vec<_>>().join(", ");
    let quoted = serde_json::to_string(text).unwrap();
    let mut forms = vec![
        ("in hex", each(&|byte| format!("{byte:02x}"))),
        ("as a list of bytes", list(&|byte| format!("{byte}"))),
        ("as a list of bytes in hex", list(&|byte| format!("{byte:x}"))),
        ("as a list of bytes with 0x", list(&|byte| format!("{byte:#x}"))),
        ("percent-encoded whole", each(&|byte| format!("%{byte:02x}"))),
        ("escaped whole", each(&|byte| format!("\\u{byte:04x}"))),
        ("escaped whole by Rust", each(&|byte| format!("\\u{{{byte:x}}}"))),
        ("escaped whole by bytes", each(&|byte| format!("\\x{byte:02x}"))),
        (
            "percent-encoded",
            each(&|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).into()
                }
                _ => format!("%{byte:02x}"),
            }),
        ),
        ("as JSON", quoted[1..quoted.len() - 1].to_owned()),
        ("as JSON with slashes escaped", text.replace('/', "\\/")),
        ("in a form", text.replace('+', "%2b").replace(' ', "+")),
    ];
    forms.iter_mut().for_each(|(_, form)| *form = form.to_lowercase());
    // What needs no escape stands as it is.
    forms.retain(|(_, form)| *form != text.to_lowercase());
    forms
}

#[test]
fn a_canary_is_heard_however_it_is_written() {
    #[derive(Debug)]
    struct Request {
        #[allow(dead_code, reason = "for `Debug`")]
        body: Vec<u8>,
    }

    let body = r#"{"ID":"canaryq007q"}"#;
    let bytes = body.as_bytes();
    let request = Request { body: bytes.to_vec() };
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let all_in_percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let all_in_json: String = body
        .chars()
        .map(|character| format!("\\u{:04X}", u32::from(character)))
        .collect();
    for written in [
        body.to_owned(),
        body.to_uppercase(),
        format!("{body:?}"),
        format!("{:?}", serde_json::to_string(body).unwrap()),
        format!("{bytes:?}"),
        format!("{bytes:#?}"),
        format!("{bytes:x?}"),
        format!("{bytes:X?}"),
        format!("{bytes:#x?}"),
        format!("{request:?}"),
        format!("{request:#?}"),
        format!("{:#?}", vec![Some(request)]),
        format!("{:?}", axum::body::Bytes::from_static(bytes)),
        hex.to_lowercase(),
        hex,
        all_in_percent,
        all_in_json,
        body.escape_unicode().to_string(),
        BASE64_STANDARD.encode(body),
        BASE64_STANDARD.encode(&body[1..]),
        BASE64_STANDARD.encode(&body[2..]),
    ] {
        assert!(Output::new(&written).shows("canaryq").is_some(), "{written}");
    }

    for (text, written) in [
        ("GCS v1", "scheme=GCS%20v1%3A"),
        ("GCS v1", "scheme=GCS+v1%3A"),
        ("+97700000012", "phone=%2B97700000012"),
        ("ab+cd/ef", "PEM:ab%2Bcd%2Fef=="),
        ("ab+cd/ef", "\"PEM:ab+cd\\/ef==\""),
        ("it's \"q\"\n", "\"it's \\\"q\\\"\\n\""),
        ("a\u{fb}\u{ff}>?>?>?", "YcO7w78-Pz4_Pj8"),
    ] {
        let output = Output::new(written);
        assert!(output.shows(text).is_some(), "{text} in {written}");
    }
    let output = Output::new("canary q, 99, 97, 110, 97, 114, 121, 63616e617279, Y2FuYXJ5");
    assert_eq!(output.shows("canaryq"), None);
}
