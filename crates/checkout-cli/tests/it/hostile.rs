//! What a server writes is for people to read, and nothing for a terminal to obey.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Said, run_with};

const ESCAPES: &str = "s-1\u{1b}[31mRED\nNonce       fake\u{202e}\u{9b}2J\u{7}";

/// A session as NOAH answers it, with what a terminal would obey in every text.
fn answer(link: &str) -> Value {
    json!({"HostedURL": link, "CheckoutSession": {
        "CheckoutSessionID": ESCAPES, "PaymentMethodCategory": "Card", "SourceCurrency": "USD",
        "DestinationCurrency": "USDC_TEST", "SourceAmount": "10.10", "Status": format!("Pend{ESCAPES}"),
        "ExternalID": "order-7", "CustomerID": "c1", "ReturnURL": "https://shop.example/done",
        "LineItems": [{"Description": "Beans", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"}],
        "Type": "PayinFiat", "Created": "2026-11-28T01:04:30.950Z"}})
}

/// Opens a pay-in at a server of one answer.
fn pay_in(answer: &Value, more: &[&str]) -> Said {
    let args = [
        &[
            "noah",
            "payin-fiat",
            "--customer-id",
            "c1",
            "--payment-method-category",
            "Card",
            "--fiat-currency",
            "USD",
            "--fiat-amount",
            "10.10",
            "--crypto-currency",
            "USDC_TEST",
            "--return-url",
            "https://shop.example/done",
            "--item",
            "2x5.05 Beans",
            "--external-id",
            "order-7",
        ],
        more,
    ]
    .concat();
    asked(&args, std::slice::from_ref(answer))
}

/// Runs a command at a server that gives these answers.
fn asked(args: &[&str], answers: &[Value]) -> Said {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let bodies: Vec<String> = answers.iter().map(Value::to_string).collect();
    // Where fewer are asked for, it waits in vain, and nobody waits for it.
    std::thread::spawn(move || {
        for body in bodies {
            let (mut stream, _) = listener.accept().unwrap();
            // One read is not the whole request, but the answer may come before its end.
            let mut request = [0; 64 * 1024];
            let _ = stream.read(&mut request).unwrap();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().display().to_string();
    let variables = [
        ("NOAH_ENVIRONMENT", "local".to_owned()),
        ("NOAH_BASE_URL", base_url),
        ("NOAH_API_KEY", "apikey_sandbox_12345abcdef".to_owned()),
        ("HOME", home.clone()),
        ("XDG_STATE_HOME", home),
    ];
    run_with(args, &variables, b"")
}

/// A list ends where the API says so, and nowhere else: what cannot be read is no end of it.
#[test]
fn all_of_a_list_is_shown_or_it_is_told_that_it_is_not() {
    let page = |id: &str, token: Value| {
        let item = json!({"ID": id, "Status": "Settled", "Direction": "In", "CryptoCurrency": "USDC_TEST"});
        json!({"Items": [item], "PageToken": token})
    };
    let all = ["noah", "transactions", "list", "--all", "--json"];
    let said = asked(&all, &[page("t-1", json!("b")), page("t-2", Value::Null)]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let ids = |said: &Said| -> Vec<String> {
        let lines = said
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .filter_map(|line| Some(line["ID"].as_str()?.to_owned()))
            .collect()
    };
    assert_eq!(ids(&said), ["t-1", "t-2"]);
    for second in [
        page("t-2", json!(7)),
        json!({"Items": 7}),
        page("t-2", json!("b")),
    ] {
        let said = asked(&all, &[page("t-1", json!("b")), second]);
        assert_ne!(said.code, Some(0), "{}", said.stdout);
        assert_eq!(ids(&said), ["t-1"]);
    }
}

fn is_harmless(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c != '\n' && checkout_core::escape::is_unsafe(c))
}

#[test]
fn an_answer_writes_no_line_and_moves_no_cursor() {
    let said = pay_in(&answer("http://127.0.0.1:1/pay"), &["--verbose", "--verbose"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(
        is_harmless(&said.stdout) && is_harmless(&said.stderr),
        "{}{}",
        said.stdout,
        said.stderr
    );
    assert_eq!(
        said.stdout
            .lines()
            .filter(|line| line.starts_with("Nonce"))
            .count(),
        1,
        "{}",
        said.stdout
    );
    assert!(
        said.stdout
            .contains(r"s-1\u{1b}[31mRED\nNonce       fake\u{202e}\u{9b}2J\u{7}"),
        "{}",
        said.stdout
    );
    // A program gets the text as it came.
    let told = pay_in(&answer("http://127.0.0.1:1/pay"), &["--json"]).json();
    assert_eq!(told["session_id"], ESCAPES);
}

#[test]
fn a_link_that_is_none_is_never_handed_on() {
    for link in [
        "http://127.0.0.1:1/\u{1b}[31m\nline2",
        "http://127.0.0.1:1/\u{202e}",
        "http://\t127.0.0.1:1/",
        "http://user@127.0.0.1:1/",
        "http:\\\\127.0.0.1:1/",
        "javascript:alert(1)",
    ] {
        for format in [&[][..], &["--json"]] {
            let said = pay_in(&answer(link), format);
            assert_eq!(said.code, Some(7), "{link:?}: {}", said.stdout);
            let all = format!("{}{}", said.stdout, said.stderr);
            assert!(all.contains("/HostedURL"), "{all}");
            assert!(is_harmless(&all), "{all}");
            assert!(
                !all.contains("127.0.0.1:1/") && !all.contains("alert(1)"),
                "{all}"
            );
        }
    }
}
