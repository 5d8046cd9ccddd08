//! Worldline Connect's calls: what is sent, how it is signed, and what is made of the answers.

use std::fmt::Write as _;

use checkout_core::clock::FixedClock;
use checkout_core::encoding::{base64, base64_strict_decode};
use checkout_core::mac::hmac_sha256;
use checkout_transport::testing::{ScriptedWire, Sent, Step};
use checkout_transport::{CallOptions, Error, ErrorKind, Outcome};
use hosted_checkout::worldline::models::MobilePaymentProductSession302SpecificInput;
use hosted_checkout::worldline::{
    APPLE_PAY, ApplePayHosts, Client, ClientMetaInfo, ClientSession, Connect, Credentials, Endpoint,
    idempotence_request_timestamp,
};

const SECRET: &str = "I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg=";
const SESSION_ID: &str = "f084372052fb47d9a766ec35bfa0e6bd";
const CUSTOMER_ID: &str = "9991-0b67467b30df4c6d8649c8adc568fd0f";
const APPLE: &str = "https://apple-pay-gateway.apple.com/paymentservices/startSession";

/// 2014-06-06T13:39:43Z.
const NOW: u32 = 1_402_061_983;

fn credentials() -> Credentials {
    Credentials::builder()
        .merchant_id("9991")
        .api_key_id("5e45c937b9db33ae")
        .secret_api_key(SECRET)
        .integrator("Example Shop")
        .build()
        .unwrap()
}

/// So that each failure stands alone.
const ONCE: CallOptions = CallOptions::DEFAULT.attempts(1);

fn connect(wire: &ScriptedWire) -> Connect {
    Connect::builder()
        .endpoint(Endpoint::sandbox())
        .credentials(credentials())
        .wire(wire.clone())
        .options(ONCE)
        .clock(FixedClock::at_unix(NOW))
        .build()
        .unwrap()
}

fn session() -> ClientSession {
    ClientSession::builder()
        .client_session_id(SESSION_ID)
        .customer_id(CUSTOMER_ID)
        .client_api_url("https://eu.sandbox.api-ingenico.com/client")
        .build()
        .unwrap()
}

fn answering(status: u16, body: &str) -> ScriptedWire {
    ScriptedWire::new([Step::respond(status)
        .header("content-type", "application/json")
        .body(body.to_owned())])
}

fn session_answer(client_api_url: &str) -> String {
    format!(
        r#"{{"assetUrl":"https://payment.pay1.secured-by-ingenico.com/","clientApiUrl":"{client_api_url}",
        "clientSessionId":"{SESSION_ID}","customerId":"{CUSTOMER_ID}","invalidTokens":["t-2"],"region":"MARS","new":1}}"#
    )
}

fn apple_answer() -> String {
    r#"{"paymentProductSession302SpecificOutput":{"sessionObject":"{\"nonce\":\"c0ffee\",\"expiresAt\":1700003600000}"}}"#
        .to_owned()
}

/// The request as it left, with what differs from machine to machine and the signature taken out.
fn as_sent(sent: &Sent) -> String {
    let mut text = format!("{} {}\n", sent.method, sent.url);
    let mut headers: Vec<_> = sent.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = value.to_str().unwrap();
        let shown = match name.as_str() {
            "authorization" => {
                value.rsplit_once(':').map_or("", |(scheme, _)| scheme).to_owned() + ":<signature>"
            }
            "x-gcs-servermetainfo" | "x-gcs-clientmetainfo" => {
                String::from_utf8(base64_strict_decode(value).unwrap())
                    .unwrap()
                    .replace(
                        &format!("{}/{} Rust", std::env::consts::OS, std::env::consts::ARCH),
                        "<platform>",
                    )
                    .replace(env!("CARGO_PKG_VERSION"), "<version>")
            }
            _ => value.replace(env!("CARGO_PKG_VERSION"), "<version>"),
        };
        writeln!(text, "{name}: {shown}").unwrap();
    }
    text + "\n" + std::str::from_utf8(&sent.body).unwrap()
}

/// The documented rule once more, over the bytes that reached the wire.
fn signature_holds(sent: &Sent) -> bool {
    let header = |name: &str| sent.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let mut text = format!(
        "{}\n{}\n{}\n",
        sent.method,
        header("content-type"),
        header("date")
    );
    for name in [
        "x-gcs-clientmetainfo",
        "x-gcs-idempotence-key",
        "x-gcs-servermetainfo",
    ] {
        if !header(name).is_empty() {
            writeln!(text, "{name}:{}", header(name)).unwrap();
        }
    }
    writeln!(text, "{}", sent.url.path()).unwrap();
    let signature = base64(&hmac_sha256(SECRET.as_bytes(), text.as_bytes()));
    header("authorization") == format!("GCS v1HMAC:5e45c937b9db33ae:{signature}")
}

fn assert_silent(printed: &str) {
    for secret in [SECRET, SESSION_ID, CUSTOMER_ID, "c0ffee"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[tokio::test]
async fn test_connection_as_sent() {
    let wire = answering(200, r#"{"result":"OK"}"#);
    connect(&wire).server().test_connection().await.unwrap();
    let sent = &wire.sent()[0];
    assert!(signature_holds(sent));
    insta::assert_snapshot!(as_sent(sent), @r#"
    GET https://eu.sandbox.api-ingenico.com/v1/9991/services/testconnection
    accept: application/json
    accept-encoding: gzip
    authorization: GCS v1HMAC:5e45c937b9db33ae:<signature>
    date: Fri, 06 Jun 2014 13:39:43 GMT
    user-agent: hosted-checkout/<version>
    x-gcs-servermetainfo: {"platformIdentifier":"<platform>","sdkIdentifier":"HostedCheckoutRust/v<version>","sdkCreator":"hosted-checkout","integrator":"Example Shop"}
    "#);
}

#[tokio::test]
async fn a_connection_that_is_not_ok_is_an_error() {
    let error = connect(&answering(200, r#"{"result":"MAYBE"}"#))
        .server()
        .test_connection()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    insta::assert_snapshot!(error, @"testConnection: Worldline Connect answered 200 OK but not to what was asked: /result: is not OK; a read changes nothing; send it again");
}

#[tokio::test]
async fn create_session_as_sent() {
    let wire = answering(201, &session_answer("https://eu.api-ingenico.com/client"));
    let created = connect(&wire)
        .server()
        .create_session()
        .idempotence_key("order-7")
        .send()
        .await
        .unwrap();
    let sent = &wire.sent()[0];
    assert!(signature_holds(sent));
    insta::assert_snapshot!(as_sent(sent), @r#"
    POST https://eu.sandbox.api-ingenico.com/v1/9991/sessions
    accept: application/json
    accept-encoding: gzip
    authorization: GCS v1HMAC:5e45c937b9db33ae:<signature>
    content-type: application/json
    date: Fri, 06 Jun 2014 13:39:43 GMT
    user-agent: hosted-checkout/<version>
    x-gcs-idempotence-key: order-7
    x-gcs-servermetainfo: {"platformIdentifier":"<platform>","sdkIdentifier":"HostedCheckoutRust/v<version>","sdkCreator":"hosted-checkout","integrator":"Example Shop"}

    {}
    "#);

    assert_eq!(
        created.session().client_api_url().as_str(),
        "https://eu.api-ingenico.com/client/v1"
    );
    assert_eq!(created.session().customer_id().as_str(), CUSTOMER_ID);
    assert_eq!(created.invalid_tokens.value().unwrap().len(), 1);
    assert_eq!(created.region.text(), Some("MARS"));
    assert_eq!(created.json()["new"], 1);
    assert_silent(&format!("{created:?} {:?}", created.session()));
}

#[tokio::test]
async fn a_session_that_no_device_could_use_is_an_error() {
    for (url, fault) in [
        ("https://eu.api-ingenico.com/client/v2", "/client/v2"),
        ("http://eu.api-ingenico.com/client", "over https alone"),
        ("http://pay.example/client", "plain http"),
        ("https://pay.example/client", "own_host(\"pay.example\")"),
        (
            "https://eu.api-ingenico.com@evil.example/client",
            "user information",
        ),
        ("", "no clientApiUrl"),
    ] {
        let wire = answering(200, &session_answer(url));
        let error = connect(&wire).server().create_session().send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Mismatch, Outcome::Unknown)
        );
        let violation = error.violations().unwrap().iter().next().unwrap().clone();
        assert_eq!(violation.pointer, "/clientApiUrl");
        assert!(violation.message.contains(fault), "{violation}");
        assert_silent(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn product_session_as_sent_by_a_server() {
    let wire = answering(200, &apple_answer());
    let device = ClientMetaInfo::from_json(r#"{"test":"test"}"#).unwrap();
    let input = MobilePaymentProductSession302SpecificInput::builder()
        .display_name("Café 世界")
        .domain_name("shop.example")
        .validation_url(APPLE)
        .build();
    let product = connect(&wire)
        .server_for(&device)
        .unwrap()
        .create_product_session()
        .payment_product_id(APPLE_PAY)
        .idempotence_key("order-7")
        .payment_product_session302_specific_input(input)
        .send()
        .await
        .unwrap();
    let sent = &wire.sent()[0];
    assert!(signature_holds(sent));
    insta::assert_snapshot!(as_sent(sent), @r#"
    POST https://eu.sandbox.api-ingenico.com/v1/9991/products/302/sessions
    accept: application/json
    accept-encoding: gzip
    authorization: GCS v1HMAC:5e45c937b9db33ae:<signature>
    content-type: application/json
    date: Fri, 06 Jun 2014 13:39:43 GMT
    user-agent: hosted-checkout/<version>
    x-gcs-clientmetainfo: {"test":"test"}
    x-gcs-idempotence-key: order-7
    x-gcs-servermetainfo: {"platformIdentifier":"<platform>","sdkIdentifier":"HostedCheckoutRust/v<version>","sdkCreator":"hosted-checkout","integrator":"Example Shop"}

    {"paymentProductSession302SpecificInput":{"displayName":"Café 世界","domainName":"shop.example","validationUrl":"https://apple-pay-gateway.apple.com/paymentservices/startSession"}}
    "#);

    let session = product.apple_pay().unwrap();
    assert_eq!(session.to_json().unwrap()["nonce"], "c0ffee");
    assert_silent(&format!("{product:?} {session:?}"));
}

#[tokio::test]
async fn apple_pay_session_as_sent_by_a_device() {
    let wire = answering(200, &apple_answer());
    let client = Client::builder()
        .session(&session())
        .device(ClientMetaInfo::from_json(r#"{"test":"test"}"#).unwrap())
        .wire(wire.clone())
        .options(ONCE)
        .build()
        .unwrap();
    let merchant_session = client
        .apple_pay_session()
        .domain_name("shop.example")
        .validation_url(APPLE)
        .send()
        .await
        .unwrap();
    assert_eq!(
        merchant_session.merchant_session().unwrap().expires_at,
        Some(1_700_003_600_000)
    );
    assert_silent(&format!("{client:?} {merchant_session:?}"));

    let sent = &wire.sent()[0];
    assert_eq!(
        sent.headers["authorization"],
        format!("GCS v1Client:{SESSION_ID}")
    );
    assert!(
        !sent.headers.contains_key("date"),
        "a device's clock is of no interest"
    );
    insta::assert_snapshot!(as_sent(sent).replace(CUSTOMER_ID, "<customer>"), @r#"
    POST https://eu.sandbox.api-ingenico.com/client/v1/<customer>/products/302/sessions
    accept: application/json
    accept-encoding: gzip
    authorization: GCS v1Client:<signature>
    content-type: application/json
    user-agent: hosted-checkout/<version>
    x-gcs-clientmetainfo: {"test":"test"}

    {"paymentProductSession302SpecificInput":{"domainName":"shop.example","validationUrl":"https://apple-pay-gateway.apple.com/paymentservices/startSession"}}
    "#);
}

#[tokio::test]
async fn a_servers_client_shares_its_wire_and_not_its_key() {
    let wire = answering(200, &apple_answer());
    let client = connect(&wire)
        .client(&session(), &ClientMetaInfo::default())
        .unwrap();
    client
        .apple_pay_session()
        .domain_name("shop.example")
        .validation_url(APPLE)
        .send()
        .await
        .unwrap();
    let sent = &wire.sent()[0];
    assert_eq!(
        sent.headers["authorization"],
        format!("GCS v1Client:{SESSION_ID}")
    );
    assert!(!sent.headers.contains_key("x-gcs-servermetainfo"));
}

#[tokio::test]
async fn what_apple_would_refuse_is_never_sent() {
    async fn refused(wire: &ScriptedWire, result: Result<impl Sized, Error>) -> String {
        let error = result.err().expect("nothing may be sent");
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::InvalidRequest, Outcome::NotSent)
        );
        assert!(wire.sent().is_empty());
        error.to_string()
    }
    let wire = answering(200, &apple_answer());
    let server = connect(&wire).server();
    let client = connect(&wire)
        .client(&session(), &ClientMetaInfo::default())
        .unwrap();

    let by_server = server
        .apple_pay_session()
        .domain_name("https://shop.example")
        .validation_url("https://evil.example/");
    let by_device = client
        .apple_pay_session()
        .domain_name("https://shop.example")
        .validation_url("https://evil.example/");
    insta::assert_snapshot!(refused(&wire, by_server.send().await).await, @"createProductSession: invalid request: /paymentProductSession302SpecificInput/domainName: begins with a scheme; give the bare domain, such as shop.example; /paymentProductSession302SpecificInput/validationUrl: names a host that is not on the list of Apple's hosts; if Apple has added it, add it to the list; nothing was sent");
    insta::assert_snapshot!(refused(&wire, by_device.send().await).await, @"createClientProductSession: invalid request: /paymentProductSession302SpecificInput/domainName: begins with a scheme; give the bare domain, such as shop.example; /paymentProductSession302SpecificInput/validationUrl: names a host that is not on the list of Apple's hosts; if Apple has added it, add it to the list; nothing was sent");

    let absent = client
        .create_product_session()
        .payment_product_id(APPLE_PAY)
        .send()
        .await;
    insta::assert_snapshot!(refused(&wire, absent).await, @"createClientProductSession: invalid request: /paymentProductSession302SpecificInput: is missing; payment product 302 (Apple Pay) needs it; nothing was sent");

    // The check goes by what is sent, not by the product it is sent for.
    let input = MobilePaymentProductSession302SpecificInput::builder()
        .domain_name("shop.example")
        .validation_url("https://evil.example/")
        .build();
    let other = server
        .create_product_session()
        .payment_product_id(303)
        .idempotence_key("two words")
        .payment_product_session302_specific_input(input)
        .send()
        .await;
    insta::assert_snapshot!(refused(&wire, other).await, @"createProductSession: invalid request: header:X-GCS-Idempotence-Key: does not match ^[!-~]+$; /paymentProductSession302SpecificInput/validationUrl: names a host that is not on the list of Apple's hosts; if Apple has added it, add it to the list; nothing was sent");
}

#[tokio::test]
async fn the_list_of_hosts_is_the_shops_to_set() {
    let wire = answering(200, &apple_answer());
    let client = Client::builder()
        .session(&session())
        .wire(wire.clone())
        .options(ONCE)
        .apple_pay_hosts(ApplePayHosts::only(["apple-pay.test"]).unwrap())
        .build()
        .unwrap();
    let url = "https://apple-pay.test/session";
    client
        .apple_pay_session()
        .domain_name("shop.example")
        .validation_url(url)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn connections_are_the_shops_to_set_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = |method: http::Method, headers: http::HeaderMap| async move {
        assert_eq!(
            (&headers["user-agent"], &headers["x-shop"]),
            (&"shop/2.1".parse().unwrap(), &"7".parse().unwrap())
        );
        let body = if method == http::Method::GET {
            r#"{"result":"OK"}"#.to_owned()
        } else {
            apple_answer()
        };
        ([("content-type", "application/json")], body)
    };
    let server = axum::serve(listener, axum::Router::new().fallback(answer));
    tokio::spawn(async move { server.await.unwrap() });
    let client_builder = || {
        let headers = http::HeaderMap::from_iter([("x-shop".parse().unwrap(), "7".parse().unwrap())]);
        reqwest::Client::builder().default_headers(headers)
    };

    let connect = Connect::builder()
        .endpoint(Endpoint::parse(&base).unwrap())
        .credentials(credentials())
        .client_builder(client_builder)
        .user_agent("shop/2.1")
        .build()
        .unwrap();
    connect.server().test_connection().await.unwrap();

    let session = ClientSession::builder()
        .client_session_id(SESSION_ID)
        .customer_id(CUSTOMER_ID)
        .client_api_url(format!("{base}/client"))
        .build()
        .unwrap();
    let client = Client::builder()
        .session(&session)
        .client_builder(client_builder)
        .user_agent("shop/2.1")
        .clock(FixedClock::at_unix(NOW))
        .build()
        .unwrap();
    let call = client.apple_pay_session().domain_name("shop.example");
    call.validation_url(APPLE).send().await.unwrap();
}

/// What the signer covers without changing it is no secret: the answer's own content type stays to be seen.
#[tokio::test]
async fn an_answers_content_type_shows() {
    let wire = answering(
        403,
        r#"{"errors":[{"code":"1","message":"only application/json passes"}]}"#,
    );
    let error = connect(&wire).server().create_session().send().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("only application/json passes"), "{shown}");
    assert!(!error.headers().unwrap()["content-type"].is_sensitive());
}

#[tokio::test]
async fn an_answer_without_a_session_is_an_error() {
    for body in ["{}", r#"{"paymentProductSession302SpecificOutput":{}}"#] {
        let server = connect(&answering(200, body)).server();
        let call = server
            .apple_pay_session()
            .domain_name("shop.example")
            .validation_url(APPLE);
        let error = call.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        let pointer = &error.violations().unwrap().iter().next().unwrap().pointer;
        assert_eq!(pointer, "/paymentProductSession302SpecificOutput/sessionObject");
    }
}

#[tokio::test]
async fn documented_errors_are_read() {
    let wire = answering(
        404,
        r#"{"errorId":"3caa7750-a076-48b2-9402-3cb9eea613a6-00001532",
        "errors":[{"code":"1426","message":"CREATE_SESSION_NOT_AVAILABLE_FOR_PRODUCT"}]}"#,
    );
    let call = connect(&wire).server();
    let error = call
        .apple_pay_session()
        .domain_name("shop.example")
        .validation_url(APPLE)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert_eq!(
        error.reference(),
        Some("3caa7750-a076-48b2-9402-3cb9eea613a6-00001532")
    );
    assert_eq!(
        error.api_error().unwrap().detail.as_deref(),
        Some("CREATE_SESSION_NOT_AVAILABLE_FOR_PRODUCT")
    );
    let told = error
        .to_string()
        .replace(error.idempotency_key().unwrap(), "<fresh>");
    insta::assert_snapshot!(told, @"createProductSession: Worldline Connect answered 404 Not Found: 1426; refused, nothing happened; this payment product has no sessions; only Apple Pay, 302, has; the API's own words are in api_error(); reference 3caa7750-a076-48b2-9402-3cb9eea613a6-00001532; X-GCS-Idempotence-Key <fresh>");
}

#[tokio::test]
async fn a_repeat_in_progress_says_when_the_first_came() {
    let wire = ScriptedWire::new([Step::respond(409)
        .header("content-type", "application/json")
        .header("X-GCS-Idempotence-Request-Timestamp", "1402061983000")
        .body(r#"{"errorId":"e","errors":[{"code":"1409","message":"DUPLICATE REQUEST IN PROGRESS"}]}"#)]);
    let server = connect(&wire).server();
    let error = server
        .create_session()
        .idempotence_key("order-7")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.api_error().unwrap().code.as_deref(), Some("1409"));
    assert_eq!(error.idempotency_key(), Some("order-7"));
    assert!(idempotence_request_timestamp(error.headers().unwrap()).is_some());
}

#[test]
fn variables_set_a_connection_up() {
    let lookup = |name: &str| {
        let value = match name {
            "WORLDLINE_CONNECT_ENDPOINT" => "https://eu.sandbox.api-ingenico.com/",
            "WORLDLINE_CONNECT_MERCHANT_ID" => "9991",
            "WORLDLINE_CONNECT_API_KEY_ID" => "key-1",
            "WORLDLINE_CONNECT_SECRET_API_KEY" => SECRET,
            "WORLDLINE_CONNECT_INTEGRATOR" => "Example Shop",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let connect = Connect::from_lookup(lookup).unwrap();
    assert_eq!(connect.endpoint(), &Endpoint::sandbox());
    assert_silent(&format!("{connect:?} {:?}", connect.server()));

    let without = |missing: &'static str| move |name: &str| if name == missing { None } else { lookup(name) };
    insta::assert_snapshot!(Connect::from_lookup(without("WORLDLINE_CONNECT_ENDPOINT")).unwrap_err(), @"wrong configuration: Worldline Connect cannot be set up: WORLDLINE_CONNECT_ENDPOINT: is not set; set it to the base URL of the server API, e.g. https://eu.sandbox.api-ingenico.com; nothing was sent");
    insta::assert_snapshot!(Connect::from_lookup(without("WORLDLINE_CONNECT_INTEGRATOR")).unwrap_err(), @"wrong configuration: Worldline Connect cannot be set up: WORLDLINE_CONNECT_INTEGRATOR: is not set; set it to the name of who built the integration; nothing was sent");
    let plain = |name: &str| match name {
        "WORLDLINE_CONNECT_ENDPOINT" => Some("http://pay.example".to_owned()),
        "WORLDLINE_CONNECT_MERCHANT_ID" => Some("../9991".to_owned()),
        other => lookup(other),
    };
    insta::assert_snapshot!(Connect::from_lookup(plain).unwrap_err(), @"wrong configuration: Worldline Connect cannot be set up: WORLDLINE_CONNECT_ENDPOINT: pay.example is another machine, and plain http would send keys and payments there in clear; use https, or, on a network of your own, allow it: CHECKOUT_PLAIN_HTTP_HOST=pay.example; WORLDLINE_CONNECT_MERCHANT_ID: is no merchant id: letters, digits, `.`, `_`, `~` and `-`, 64 at most; nothing was sent");
}

/// Code 1409: the first request with this key is still at work. Its answer comes with the same key, a little later.
#[tokio::test(start_paused = true)]
async fn a_repeat_in_progress_is_asked_again_under_its_key() {
    let running = || {
        Step::respond(409)
            .header("content-type", "application/json")
            .body(r#"{"errorId":"e","errors":[{"code":"1409","message":"DUPLICATE REQUEST IN PROGRESS"}]}"#)
    };
    let answer = r#"{"assetUrl":"https://assets.example/","clientApiUrl":"https://eu.sandbox.api-ingenico.com/client",
        "clientSessionId":"f084372052fb47d9a766ec35bfa0e6bd","customerId":"9991-0b67"}"#;
    let wire = ScriptedWire::new([running(), running(), Step::respond(201).body(answer)]);
    let server = connect(&wire).server().options(CallOptions::DEFAULT).unwrap();
    let created = server
        .create_session()
        .idempotence_key("order-7")
        .send()
        .await
        .unwrap();
    assert_eq!(created.receipt().attempts.len(), 3);
    let sent = wire.sent();
    assert!(
        sent.iter()
            .all(|sent| sent.headers["x-gcs-idempotence-key"] == "order-7")
    );
    assert!(sent.iter().all(|sent| sent.body == "{}"));
    // Each attempt is signed by its own time, over the same key.
    assert!(sent.iter().all(|sent| sent.headers.contains_key("authorization")));

    // Any other conflict stays one.
    let conflict = r#"{"errorId":"e","errors":[{"code":"300620","message":"CONFLICT"}]}"#;
    let wire = ScriptedWire::new([Step::respond(409).body(conflict)]);
    let server = connect(&wire).server().options(CallOptions::DEFAULT).unwrap();
    server
        .create_session()
        .idempotence_key("order-7")
        .send()
        .await
        .unwrap_err();
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn a_session_of_the_server_can_be_prepared_and_kept_for_a_day() {
    use hosted_checkout::Prepared;
    use hosted_checkout::worldline::call::CreateSession;

    let clock = FixedClock::at_unix(NOW);
    let wire = ScriptedWire::new([]);
    let connect = Connect::builder()
        .endpoint(Endpoint::sandbox())
        .credentials(credentials())
        .wire(wire.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    let prepared = connect
        .server()
        .create_session()
        .idempotence_key("order-7")
        .prepare()
        .unwrap();
    let stored: Prepared<CreateSession> =
        serde_json::from_str(&serde_json::to_string(&prepared).unwrap()).unwrap();
    assert_eq!(stored.path(), "/v1/9991/sessions");
    clock.advance(std::time::Duration::from_secs(24 * 3600));
    let error = connect.server().send(&stored).await.unwrap_err();
    assert_eq!(error.kind(), hosted_checkout::ErrorKind::Expired);
    assert!(wire.sent().is_empty());
    insta::assert_snapshot!(error);
}

/// With a key it may be asked again, after a cut and after a restart.
#[tokio::test(start_paused = true)]
async fn an_apple_pay_session_can_be_prepared_and_repeated_under_a_key() {
    let answer = r#"{"paymentProductSession302SpecificOutput":{"sessionObject":"{}"}}"#;
    let answered = || Step::respond(200).body(answer);
    let wire = ScriptedWire::new([Step::cut(), answered(), Step::cut(), answered()]);
    let server = connect(&wire).server().options(CallOptions::DEFAULT).unwrap();
    let builder = || {
        server
            .apple_pay_session()
            .domain_name("shop.example")
            .validation_url("https://apple-pay-gateway.apple.com/paymentservices/startSession")
    };
    let prepared = builder().idempotence_key("order-7").prepare().unwrap();
    let session = server.send(&prepared).await.unwrap();
    assert_eq!(session.receipt().attempts.len(), 2);
    assert_eq!(session.apple_pay().unwrap().session_object(), "{}");
    // A key that is not given is made, once for all attempts.
    builder().send().await.unwrap();
    let sent = wire.sent();
    let keys: Vec<&str> = sent
        .iter()
        .map(|sent| sent.headers["x-gcs-idempotence-key"].to_str().unwrap())
        .collect();
    assert_eq!((keys.len(), keys[1], keys[2].len()), (4, "order-7", 36));
    assert_eq!(keys[2], keys[3]);
}
