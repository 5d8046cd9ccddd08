//! Requests at the edge of HTTP and JSON: each gets the right status, in the API's own form of an error.

use checkout_sandbox::Sandbox;
use serde_json::{Map, Value, json};

use crate::raw::{Answer, exchange, host, request, send};
use crate::signer::{Signer, payin};
use crate::worldline_signer::Merchant;

/// Status, `Allow`, and what the error says.
fn told(answer: &Answer) -> Value {
    let mut told = Map::new();
    told.insert("status".into(), answer.status.into());
    if let Some(allow) = answer.header("allow") {
        told.insert("Allow".into(), allow.into());
    }
    if answer.body.is_empty() {
        return Value::Object(told);
    }
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer:?}"
    );
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("no JSON: {answer:?}"));
    let said = if let Some(detail) = body.get("Detail") {
        assert!(body["Type"].is_string() && body["Instance"].is_string(), "{body}");
        detail.clone()
    } else if let Some(code) = body.pointer("/errors/0/code") {
        assert!(body["errorId"].is_string(), "{body}");
        json!([code, answer.header("x-sandbox-detail")])
    } else {
        json!("accepted")
    };
    told.insert("says".into(), said);
    Value::Object(told)
}

fn length(body: &[u8]) -> Vec<u8> {
    format!("Content-Length: {}", body.len()).into_bytes()
}

const JSON: &[u8] = b"Content-Type: application/json";

/// Requests with the unsigned key to the path of pay-ins, changed in one thing each.
#[tokio::test]
async fn noah_at_the_edges() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let noah = sandbox.noah();
    let host = host(&noah.report().base_url);
    let key = format!("X-Api-Key: {}", noah.report().unsigned_api_key).into_bytes();
    let key = key.as_slice();
    let path = "/v1/checkout/payin/fiat";
    let post = format!("POST {path}");
    let body = payin("nonce-1").to_string();
    let good = |body: &[u8]| request(&post, &host, &[key, JSON, &length(body)], body);
    let with = |headers: &[&[u8]], body: &[u8]| {
        let length = length(body);
        let headers = [headers, &[key, &length]].concat();
        request(&post, &host, &headers, body)
    };
    let bare = |start: &str| request(start, &host, &[key], b"");
    let chunked = |chunks: &[u8]| request(&post, &host, &[key, JSON, b"Transfer-Encoding: chunked"], chunks);
    let nested = format!("{}1{}", "[".repeat(2_000), "]".repeat(2_000));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("accepted", good(body.as_bytes())),
        ("OPTIONS", bare(&format!("OPTIONS {path}"))),
        ("HEAD", bare(&format!("HEAD {path}"))),
        ("TRACE", bare(&format!("TRACE {path}"))),
        ("a method of nobody", bare(&format!("BREW {path}"))),
        ("OPTIONS of everything", bare("OPTIONS *")),
        ("CONNECT", bare(&format!("CONNECT {host}"))),
        ("another path", bare("POST /v1/checkout/nothing")),
        ("a path with a slash too many", bare(&format!("POST {path}/"))),
        ("a path that goes up", bare("POST /v1/../v1/checkout/payin/fiat")),
        ("a path that is no UTF-8", bare("POST /v1/checkout/%C3%28")),
        ("another method of a page", bare("POST /_sandbox/ledger")),
        (
            "a page of nobody that is no UTF-8",
            bare("POST /_sandbox/sessions/%FF/settle"),
        ),
        ("no content type", with(&[], body.as_bytes())),
        (
            "a form",
            with(&[b"Content-Type: application/x-www-form-urlencoded"], b"a=b"),
        ),
        ("two content types", with(&[JSON, JSON], body.as_bytes())),
        (
            "a content type that is no text",
            with(&[b"Content-Type: application/json; a=\xff"], body.as_bytes()),
        ),
        (
            "a content type with a charset",
            with(
                &[b"Content-Type: application/json;charset=UTF-8"],
                body.as_bytes(),
            ),
        ),
        (
            "compressed",
            with(&[JSON, b"Content-Encoding: gzip"], b"\x1f\x8b\x08"),
        ),
        (
            "not encoded, and said so",
            with(&[JSON, b"Content-Encoding: identity"], body.as_bytes()),
        ),
        ("no key", request(&post, &host, &[JSON, &length(b"{}")], b"{}")),
        ("two keys", with(&[JSON, key], b"{}")),
        (
            "a key that is no text",
            request(
                &post,
                &host,
                &[b"X-Api-Key: \xff\xfe", JSON, &length(b"{}")],
                b"{}",
            ),
        ),
        (
            "a token that is no text",
            with(&[JSON, b"Api-Signature: \xff"], b"{}"),
        ),
        (
            "a header of nobody that is no text",
            with(&[JSON, b"X-Other: \xff"], body.as_bytes()),
        ),
        ("no body", good(b"")),
        ("no body, in chunks", chunked(b"0\r\n\r\n")),
        (
            "in chunks",
            chunked(format!("{:x};note=1\r\n{body}\r\n0\r\nX-Trailer: 1\r\n\r\n", body.len()).as_bytes()),
        ),
        ("chunks that are none", chunked(b"zz\r\n{}\r\n0\r\n\r\n")),
        ("NUL", good(b"{\"CustomerID\":\"a\x00b\"}")),
        ("NUL, escaped", {
            let mut order = payin("nonce-2");
            order["CustomerID"] = json!("a\u{0}b");
            good(order.to_string().as_bytes())
        }),
        ("half a character, escaped", good(b"{\"CustomerID\":\"\\ud800\"}")),
        ("no UTF-8", good(b"{\"CustomerID\":\"\xff\"}")),
        ("UTF-16", good(b"\xff\xfe{\x00}\x00")),
        ("a byte order mark", good(b"\xef\xbb\xbf{}")),
        ("nested deeply", good(nested.as_bytes())),
        (
            "nested deeply within a field",
            good(format!("{{\"Nonce\":{nested}}}").as_bytes()),
        ),
        ("a number beyond all numbers", good(b"{\"Nonce\":1e999999}")),
        ("only space", good(b" \t\r\n")),
        ("too long", good(&vec![b' '; 1024 * 1024 + 1])),
        ("null", good(b"null")),
    ];
    let mut answers = Map::new();
    for (case, bytes) in cases {
        let answer = send(&host, &bytes).await;
        assert_eq!(
            answer.body.is_empty(),
            case == "HEAD",
            "{case} is answered in JSON: {answer:?}"
        );
        answers.insert(case.to_owned(), told(&answer));
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn worldline_at_the_edges() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let host = host(&merchant.endpoint);
    let sessions = format!("/v1/{}/sessions", sandbox.worldline().report().merchant_id);
    let post = format!("POST {sessions}");
    let bare = |start: &str| request(start, &host, &[], b"");
    let with = |headers: &[&[u8]]| request(&post, &host, headers, b"{}");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("OPTIONS", bare(&format!("OPTIONS {sessions}"))),
        ("HEAD", bare(&format!("HEAD {sessions}"))),
        ("a method of nobody", bare(&format!("BREW {sessions}"))),
        ("OPTIONS of everything", bare("OPTIONS *")),
        ("another path", bare("GET /v1/9991/nothing")),
        ("another path of the Client API", bare("GET /client/v1/a/nothing")),
        (
            "another method of the Client API",
            bare("GET /client/v1/a/products/302/sessions"),
        ),
        ("a merchant that is no UTF-8", bare("POST /v1/%FF/sessions")),
        (
            "a customer that is no UTF-8",
            bare("POST /client/v1/%FF/products/302/sessions"),
        ),
        (
            "an authorization that is no text",
            with(&[b"Authorization: GCS v1HMAC:\xff:a", b"Content-Length: 2"]),
        ),
        (
            "two authorizations",
            with(&[
                b"Authorization: GCS v1HMAC:a:b",
                b"Authorization: GCS v1HMAC:a:b",
                b"Content-Length: 2",
            ]),
        ),
        (
            "chunks that are none",
            request(&post, &host, &[b"Transfer-Encoding: chunked"], b"zz\r\n"),
        ),
        (
            "too long",
            request(
                &post,
                &host,
                &[&length(&vec![b' '; 1024 * 1024 + 1])],
                &vec![b' '; 1024 * 1024 + 1],
            ),
        ),
    ];
    let mut answers = Map::new();
    for (case, bytes) in cases {
        let answer = send(&host, &bytes).await;
        assert_eq!(
            answer.body.is_empty(),
            case == "HEAD",
            "{case} is answered in JSON: {answer:?}"
        );
        answers.insert(case.to_owned(), told(&answer));
    }
    insta::assert_json_snapshot!(answers);
}

/// Worldline's bodies are read as NOAH's are: one list of odd ones for both of its kinds of caller.
#[tokio::test]
async fn odd_bodies_of_signed_server_requests() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let mut answers = Map::new();
    for (case, body) in [
        ("null for what may be absent", r#"{"tokens":null}"#),
        (
            "null for an object",
            r#"{"paymentProductFilters":{"exclude":null}}"#,
        ),
        ("a list", "[]"),
        ("a number for a text", r#"{"tokens":[1,null,"a"]}"#),
        (
            "a number beyond int32",
            r#"{"paymentProductFilters":{"exclude":{"products":[2147483648]}}}"#,
        ),
        (
            "a number with a point",
            r#"{"paymentProductFilters":{"exclude":{"products":[2.5]}}}"#,
        ),
        ("a field twice", r#"{"tokens":[],"tokens":[]}"#),
        ("NUL", "{\"tokens\":[\"\u{0}\"]}"),
    ] {
        let answer = merchant.send(&merchant.post("/sessions", body)).await;
        answers.insert(case.to_owned(), crate::signer::shown(answer).await);
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_gets_it() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let host = host(&signer.base_url);
    let key = format!("X-Api-Key: {}", sandbox.noah().report().unsigned_api_key);
    let body = payin("nonce-1").to_string();
    let head = request(
        "POST /v1/checkout/payin/fiat",
        &host,
        &[
            key.as_bytes(),
            JSON,
            &length(body.as_bytes()),
            b"Expect: 100-continue",
        ],
        b"",
    );
    let answer = exchange(&host, &[&head, body.as_bytes()]).await;
    let (first, rest) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(first, "HTTP/1.1 100 Continue");
    assert!(rest.starts_with("HTTP/1.1 200 OK\r\n"), "{rest}");
    assert!(rest.contains("HostedURL"), "{rest}");
}

#[tokio::test]
async fn a_client_of_http_1_0_is_served() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let host = &host(&sandbox.noah().report().base_url);
    let body = payin("nonce-1").to_string();
    let old = format!(
        "POST /v1/checkout/payin/fiat HTTP/1.0\r\nX-Api-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        sandbox.noah().report().unsigned_api_key.as_str(),
        body.len()
    );
    assert_eq!(send(host, old.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn a_proxys_form_of_the_target_is_understood() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let host = host(&signer.base_url);
    let body = payin("nonce-1").to_string();
    let token = signer.token(&signer.claims("/checkout/payin/fiat", &body));
    let absolute = request(
        &format!("POST http://{host}/v1/checkout/payin/fiat"),
        &host,
        &[
            format!("X-Api-Key: {}", signer.api_key).as_bytes(),
            format!("Api-Signature: {token}").as_bytes(),
            JSON,
            &length(body.as_bytes()),
        ],
        body.as_bytes(),
    );
    assert_eq!(send(&host, &absolute).await.status, 200);
}

/// What is no HTTP never reaches the API: its bare 400 is the HTTP library's. The sandbox lives on.
#[tokio::test]
async fn what_is_no_http_is_refused_and_harms_nobody() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let host = &host(&sandbox.noah().report().base_url);
    let post = "POST /v1/checkout/manage";
    for (case, bytes) in [
        ("noise", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("no version", b"GET /\r\n\r\n".to_vec()),
        (
            "two lengths",
            request(post, host, &[b"Content-Length: 2", b"Content-Length: 3"], b"{}"),
        ),
        (
            "a length that is none",
            request(post, host, &[b"Content-Length: two"], b"{}"),
        ),
        (
            "a header without a colon",
            request(post, host, &[b"X-Api-Key"], b""),
        ),
        (
            "a line feed in a path",
            b"POST /v1/\n HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
        ),
    ] {
        let answer = send(host, &bytes).await;
        assert_eq!((answer.status, answer.body.as_str()), (400, ""), "{case}");
    }
    let many: Vec<String> = (0..500).map(|number| format!("X-{number}: 1")).collect();
    let many: Vec<&[u8]> = many.iter().map(String::as_bytes).collect();
    assert_eq!(send(host, &request(post, host, &many, b"")).await.status, 431);
    let long = format!("GET /{}", "x".repeat(100_000));
    assert_eq!(send(host, &request(&long, host, &[], b"")).await.status, 414);

    let alive = request("GET /_sandbox/ledger", host, &[], b"");
    assert_eq!(send(host, &alive).await.status, 200);
}

#[tokio::test]
async fn a_page_has_a_head() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let opened: Value = signer
        .send("/checkout/payin/fiat", &payin("nonce-1").to_string())
        .await
        .json()
        .await
        .unwrap();
    let url = opened["HostedURL"].as_str().unwrap();
    let get = signer.http.get(url).send().await.unwrap();
    let head = signer.http.head(url).send().await.unwrap();
    assert_eq!((get.status().as_u16(), head.status().as_u16()), (200, 200));
    assert_eq!(get.headers()["content-type"], head.headers()["content-type"]);
    assert_eq!(get.headers()["content-length"], head.headers()["content-length"]);
    assert!(get.text().await.unwrap().contains("<html"));
    assert_eq!(head.text().await.unwrap(), "");
}
