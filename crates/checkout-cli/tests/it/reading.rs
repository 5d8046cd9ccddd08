//! One reading of JSON: request files, `validate`, the doctor and the sandbox come to the same verdict on the same bytes.

use checkout_sandbox::Sandbox;

use crate::support::{Said, flat, run_with};

/// Bytes, and what each reader says of them, in parts; `None` if they are a request.
fn table() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let good = r#"{"CustomerID":"c-1"}"#;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let person = |name: &str| format!(r#"{{"CustomerID":"c-1","Customer":{{"FullName":{name}}}}}"#);
    let utf16 = |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
    vec![
        ("good", good.into(), None),
        ("a byte order mark", format!("\u{feff}{good}").into(), None),
        (
            "line ends of Windows",
            "{\r\n\"CustomerID\":\r\n\"c-1\"}\r\n".into(),
            None,
        ),
        (
            "twice",
            r#"{"CustomerID":"c-1","CustomerID":"c-1"}"#.into(),
            Some("/CustomerID"),
        ),
        (
            "twice, escaped",
            r#"{"CustomerID":"c-1","\u0043ustomerID":"c-2"}"#.into(),
            Some("/CustomerID"),
        ),
        (
            "twice, within",
            person(r#"{"FirstName":"A","LastName":"B","LastName":"B"}"#).into(),
            Some("/Customer/FullName/LastName"),
        ),
        (
            "twice, in a field that nobody knows",
            r#"{"CustomerID":"c-1","Note":[{"a":{},"a":{}}]}"#.into(),
            Some("/Note/0/a"),
        ),
        ("nothing but space", " \n".into(), Some("is empty")),
        (
            "UTF-16 with its mark",
            utf16(&format!("\u{feff}{good}"), u16::to_le_bytes),
            Some("is UTF-16 (little-endian)"),
        ),
        (
            "UTF-16",
            utf16(good, u16::to_le_bytes),
            Some("is UTF-16 (little-endian)"),
        ),
        (
            "UTF-16, high bytes first",
            utf16(good, u16::to_be_bytes),
            Some("is UTF-16 (big-endian)"),
        ),
        (
            "Latin-1",
            b"{\"CustomerID\":\n\"Zo\xeb\"}".to_vec(),
            Some("line 2, column 4 + looks like Latin-1"),
        ),
        (
            "Windows-1252",
            b"{\"CustomerID\":\"\x93Zo\xeb\x94\"}".to_vec(),
            Some("looks like Windows-1252"),
        ),
        (
            "cut in a character",
            b"{\"CustomerID\":\"Zo\xc3\xab \xe2\x82".to_vec(),
            Some("middle of a character"),
        ),
        (
            "compressed",
            b"\x1f\x8b\x08\0\0\0".to_vec(),
            Some("is compressed (gzip)"),
        ),
        (
            "more behind it",
            format!("{good}\n{good}").into(),
            Some("line 2, column 1 + something follows"),
        ),
        (
            "NaN",
            r#"{"CustomerID":NaN}"#.into(),
            Some("line 1, column 15 + NaN and Infinity"),
        ),
        (
            "a comment",
            "{\n// c\n\"CustomerID\":\"c-1\"}".into(),
            Some("line 2, column 1 + JSON has no comments"),
        ),
        (
            "single quotes",
            "{'CustomerID':'c-1'}".into(),
            Some("line 1, column 2 + a text or name stands in single"),
        ),
        (
            "a comma too many",
            r#"{"CustomerID":"c-1",}"#.into(),
            Some("a comma stands before a closing bracket"),
        ),
        (
            "cut",
            r#"{"CustomerID":"c-"#.into(),
            Some("it ends in the middle"),
        ),
        (
            "half a character",
            r#"{"CustomerID":"\ud800"}"#.into(),
            Some("half a surrogate pair"),
        ),
        (
            "beyond a double",
            r#"{"CustomerID":1e400}"#.into(),
            Some("larger than a double holds"),
        ),
        (
            "too deep",
            format!(r#"{{"CustomerID":{deep}}}"#).into(),
            Some("deeper than 127 levels"),
        ),
    ]
}

/// What was said, and whether it was a refusal.
type Verdict = (bool, String);

fn of(said: &Said) -> Verdict {
    (said.code != Some(0), format!("{}{}", said.stdout, said.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_readers_come_to_the_same_verdict() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let noah = sandbox.noah();
    let variables = vec![
        ("NOAH_ENVIRONMENT", "local".to_owned()),
        ("NOAH_BASE_URL", noah.report().base_url.clone()),
        ("NOAH_API_KEY", noah.report().unsigned_api_key.clone()),
    ];
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("body.json").display().to_string();
    for (name, body, expected) in table() {
        std::fs::write(&path, &body).unwrap();
        let answer = client
            .post(format!("{}/checkout/manage", noah.report().base_url))
            .header("X-Api-Key", &noah.report().unsigned_api_key)
            .header("Content-Type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        // That the customer is not known here is no fault of the body.
        let refused = answer.status() == 400;
        let doctor = run_with(
            &[
                "doctor",
                "--as",
                "noah-request",
                "--method",
                "POST",
                "--body",
                &path,
                "--json",
            ],
            &[],
            b"",
        );
        let diagnosis: serde_json::Value = serde_json::from_str(&doctor.stdout).unwrap();
        let finding = diagnosis["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["check"] == "json")
            .unwrap_or_else(|| panic!("{diagnosis}"))
            .clone();
        let request = run_with(&["noah", "manage", "--request", &path], &variables, b"");
        let validated = run_with(
            &["validate", &path, "--operation", "createManagedSession"],
            &[],
            b"",
        );
        let request_refused = request.stderr.contains("nothing was sent");
        for (reader, (refused, said)) in [
            ("the sandbox", (refused, answer.text().await.unwrap())),
            (
                "the doctor",
                (finding["state"] == "fails", finding["found"].to_string()),
            ),
            ("a request file", (request_refused, request.stderr.clone())),
            ("validate", of(&validated)),
        ] {
            assert_eq!(refused, expected.is_some(), "{name}, {reader}: {said}");
            // The command breaks its lines.
            let said = flat(&said);
            for part in expected.into_iter().flat_map(|expected| expected.split(" + ")) {
                assert!(said.contains(part), "{name}, {reader}, {part}: {said}");
            }
        }
    }
    sandbox.shutdown().await;
}
