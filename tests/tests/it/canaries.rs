//! Every string of every operation is a canary, and nothing that anybody can read sings.
//!
//! The calls are made in a process of their own, whose whole output is searched: logs at TRACE, and everything that can be
//! printed of clients, requests, answers and errors.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use checkout_core::Operation;
use checkout_core::clock::FixedClock;
use checkout_core::key::SigningKey;
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{BoxFuture, CallOptions, Error, Receipt, Wire, WireError};
use hosted_checkout::noah::{Credentials, Noah};
use hosted_checkout::worldline::{self, ClientMetaInfo, ClientSession, Connect, Endpoint};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tests::schemas::Schemas;
use tests::spec::{self, Spec};

use crate::shop::{NOW, key};

/// What is shown on purpose: the field, whether it stands in a request or in an answer, and why.
const SHOWN: &[(&str, Side, &str)] = &[
    (
        "Nonce",
        Side::Request,
        "a repeat must have it: every error names it, and receipts are kept with the order",
    ),
    (
        "X-GCS-Idempotence-Key",
        Side::Request,
        "the same, for Worldline Connect",
    ),
    (
        "ExternalID",
        Side::Request,
        "the shop's own reference, by which the order is found again",
    ),
    (
        "assetUrl",
        Side::Answer,
        "where pictures lie, the same for everybody",
    ),
];

/// Fields of requests whose rules leave no room for a canary.
const NO_ROOM: &[(&str, &str)] = &[
    ("Type", "the tag of a union"),
    ("EntityType", "a complete list of values"),
    ("Country", "two capital letters"),
    ("IssuingCountry", "two capital letters"),
    ("RegistrationCountry", "two capital letters"),
    ("CryptoAuthorizedAmount", "a number"),
    ("FiatAmount", "a number"),
    ("Quantity", "a number"),
    ("UnitAmount", "a number"),
    ("TotalAmount", "a number"),
];

/// A text that must not be found, and the field or the credential that holds it.
#[derive(Debug, Clone)]
struct Canary {
    field: String,
    text: String,
    side: Side,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Answer,
}

/// Everything that sings: made in the same order in both processes.
#[derive(Default)]
struct Aviary(Vec<Canary>);

impl Aviary {
    /// A text for a field, found nowhere else.
    fn text(&mut self, field: &str) -> String {
        let text = format!("canaryq{:03}q", self.0.len());
        self.keep(field, &text);
        text
    }

    fn keep(&mut self, field: &str, text: &str) {
        self.0.push(Canary {
            field: field.to_owned(),
            text: text.to_owned(),
            side: Side::Request,
        });
    }

    /// A filled answer or error.
    fn answer(&mut self, spec: &Spec, component: &str) -> Value {
        let before = self.0.len();
        let filled = self.fill(&spec.schemas, &Schemas::location(component), component, 0, false);
        for canary in &mut self.0[before..] {
            canary.side = Side::Answer;
        }
        filled
    }

    /// A filled request, with the `member`-th of each union in it.
    fn request(&mut self, spec: &Spec, component: &str, member: usize) -> Value {
        self.fill(
            &spec.schemas,
            &Schemas::location(component),
            component,
            member,
            true,
        )
    }

    /// A text that the field's rules let pass; `None` if none can be told from others.
    fn fitting(&mut self, field: &str, schema: &Value, strict: bool) -> Option<String> {
        let is_number = schema["pattern"]
            .as_str()
            .is_some_and(|pattern| pattern.contains("\\d"));
        if is_number {
            return None;
        }
        if !strict {
            return Some(self.text(field));
        }
        let number = self.0.len();
        let text = match (schema["format"].as_str(), schema["pattern"].as_str()) {
            _ if schema.get("enum").is_some() => return None,
            (Some("date"), _) => format!("1{:03}-{:02}-{:02}", number, 1 + number % 12, 1 + number % 28),
            (Some("uri"), _) => return Some(format!("https://shop.example/{}", self.text(field))),
            (Some("email"), _) => return Some(format!("{}@shop.example", self.text(field))),
            (_, Some(pattern)) if pattern.starts_with("^\\+[0-9]") => format!("+97700{number:06}"),
            (_, Some(pattern)) if pattern.starts_with("^[A-Z]{2}") => return None,
            _ => return Some(self.text(field)),
        };
        self.keep(field, &text);
        Some(text)
    }

    /// A value of the schema that leaves nothing out. Of a union the `member`-th, counted round.
    fn fill(&mut self, schemas: &Schemas, location: &str, field: &str, member: usize, strict: bool) -> Value {
        let location = schemas.resolve(location);
        let schema = schemas.at(&location);
        if let Some(members) = schema.get("oneOf").and_then(Value::as_array) {
            let location = format!("{location}/oneOf/{}", member % members.len());
            return self.fill(schemas, &location, field, member, strict);
        }
        match schema["type"].as_str() {
            Some("object") => {
                let mut filled = Map::new();
                for name in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
                    let location = format!("{location}/properties/{}", spec::escape(name));
                    filled.insert(name.clone(), self.fill(schemas, &location, name, member, strict));
                }
                // What the schema does not know, and in maps the names too.
                if !strict {
                    let value = match schema
                        .pointer("/additionalProperties/type")
                        .and_then(Value::as_str)
                    {
                        Some("array") => json!([self.text("unknown")]),
                        _ => json!(self.text("unknown")),
                    };
                    filled.insert(format!("{} name", self.text("unknown")), value);
                }
                Value::Object(filled)
            }
            Some("array") => {
                json!([self.fill(schemas, &format!("{location}/items"), field, member, strict)])
            }
            Some("string") => match self.fitting(field, schema, strict) {
                Some(text) => json!(text),
                None if strict && schema.get("enum").is_some() => schema["enum"][0].clone(),
                None if schema["pattern"]
                    .as_str()
                    .is_some_and(|pattern| pattern.starts_with("^[A-Z]")) =>
                {
                    json!("DE")
                }
                None => json!("1"),
            },
            Some("integer") => json!(302),
            Some("boolean") => json!(true),
            other => panic!("{location}: a value of type {other:?} is not made here"),
        }
    }
}

/// What one operation says and hears.
struct Song {
    operation: &'static Operation,
    /// With each member of the unions in it.
    requests: Vec<Value>,
    /// An answer that agrees with every request.
    answer: Value,
    /// One that agrees with none.
    contradiction: Value,
    /// What the API says of what it refuses.
    refusal: Value,
    /// The same of a 401 or 403, whose explanation may be seen: it quotes credentials and no person.
    denial: Value,
}

struct Songbook {
    aviary: Aviary,
    songs: Vec<Song>,
    api_key: String,
    secret_api_key: String,
    session: Value,
    device: Value,
    idempotence_key: String,
    other_header: String,
}

impl Songbook {
    fn new(signing_key: &SigningKey) -> Self {
        let mut aviary = Aviary::default();
        let api_key = format!("apikey_sandbox_{}", aviary.text("X-Api-Key"));
        let secret_api_key = aviary.text("secretApiKey");
        let session = json!({
            // What is shorter is not told from prose where an API quotes it.
            "clientSessionId": format!("{}0123456789", aviary.text("clientSessionId")),
            "customerId": aviary.text("customerId"),
            "clientApiUrl": "https://eu.sandbox.api-ingenico.com/client",
        });
        let device = json!({ "platformIdentifier": aviary.text("platformIdentifier"), "ipAddress": aviary.text("ipAddress") });
        let idempotence_key = aviary.text("X-GCS-Idempotence-Key");
        let other_header = aviary.text("Set-Cookie");
        // What is made of the secrets, by how it begins: tokens, signatures, meta-info.
        aviary.keep("Api-Signature", "eyJ0eXAiOiJKV1Qi");
        aviary.keep("X-GCS-ServerMetaInfo", "eyJwbGF0Zm9ybUlkZW50aWZpZXIi");
        aviary.keep("Authorization", "GCS v1");
        let pem = signing_key.to_pkcs8_pem().unwrap();
        aviary.keep("signing key", pem.expose_secret().lines().nth(1).unwrap());

        let mut songs = Vec::new();
        let (noah, worldline) = (spec::noah(), spec::worldline_connect());
        for (operation, request, answer) in [
            (
                &noah_models::operations::CREATE_MANAGED_SESSION,
                "CheckoutManageRequest",
                "HostedSessionResponse",
            ),
            (
                &noah_models::operations::CREATE_SELL,
                "CheckoutSellRequest",
                "CheckoutSellResponse",
            ),
            (
                &noah_models::operations::CREATE_FIAT_PAYIN,
                "CheckoutPayinFiatRequest",
                "CheckoutSessionResponse",
            ),
        ] {
            let members = if request == "CheckoutManageRequest" { 3 } else { 2 };
            let requests = (0..members)
                .map(|member| aviary.request(noah, request, member))
                .collect();
            let contradiction = aviary.answer(noah, answer);
            let mut answer = aviary.answer(noah, answer);
            answer["HostedURL"] = json!(format!(
                "https://checkout.sandbox.noah.com/{}",
                aviary.text("HostedURL")
            ));
            let denial = quoting(&mut aviary, noah, "Error", Some(&api_key));
            let refusal = quoting(&mut aviary, noah, "Error", None);
            songs.push(Song {
                operation,
                requests,
                answer,
                contradiction,
                refusal,
                denial,
            });
        }
        for (operation, request, answer) in [
            (
                &worldline_connect_models::operations::CREATE_SESSION,
                Some("SessionRequest"),
                "SessionResponse",
            ),
            (
                &worldline_connect_models::operations::CREATE_PRODUCT_SESSION,
                Some("CreatePaymentProductSessionRequest"),
                "CreatePaymentProductSessionResponse",
            ),
            (
                &worldline_connect_models::operations::TEST_CONNECTION,
                None,
                "TestConnection",
            ),
            (
                &worldline_connect_models::operations::CREATE_CLIENT_PRODUCT_SESSION,
                Some("CreatePaymentProductSessionRequest"),
                "CreatePaymentProductSessionResponse",
            ),
        ] {
            let mut request = request.map_or(Value::Null, |request| aviary.request(worldline, request, 0));
            if let Some(input) = request.pointer_mut("/paymentProductSession302SpecificInput") {
                let text = |name: &str| input[name].as_str().unwrap().to_owned();
                let (domain, url) = (text("domainName"), text("validationUrl"));
                input["domainName"] = json!(format!("{domain}.shop.example"));
                input["validationUrl"] = json!(format!("https://apple-pay-gateway-cert.apple.com/{url}"));
            }
            let contradiction = aviary.answer(worldline, answer);
            let mut answer = aviary.answer(worldline, answer);
            for (name, value) in [
                ("result", "OK"),
                ("clientApiUrl", "https://eu.sandbox.api-ingenico.com/client"),
            ] {
                if let Some(text) = answer.get_mut(name) {
                    *text = json!(value);
                }
            }
            // Of a server's credentials the API can quote none but the id of the key, which is no secret.
            let credential = match operation.id {
                "createClientProductSession" => session["clientSessionId"].as_str().unwrap(),
                _ => "key-id-1",
            };
            let denial = quoting(&mut aviary, worldline, "ErrorResponse", Some(credential));
            let refusal = quoting(&mut aviary, worldline, "ErrorResponse", None);
            songs.push(Song {
                operation,
                requests: vec![request],
                answer,
                contradiction,
                refusal,
                denial,
            });
        }
        Self {
            aviary,
            songs,
            api_key,
            secret_api_key,
            session,
            device,
            idempotence_key,
            other_header,
        }
    }
}

/// An error of the API that quotes a text in each of its own: this credential, or what was sent there.
///
/// A bare text would look like a code where codes are shown. It is what a person entered only if the API puts that there.
fn quoting(aviary: &mut Aviary, spec: &Spec, component: &str, credential: Option<&str>) -> Value {
    fn each(value: &mut Value, credential: Option<&str>) {
        match value {
            Value::String(text) => *text = format!("'{}' is not it", credential.unwrap_or(text)),
            Value::Array(items) => items.iter_mut().for_each(|item| each(item, credential)),
            Value::Object(members) => members.values_mut().for_each(|member| each(member, credential)),
            _ => {}
        }
    }
    let mut error = aviary.answer(spec, component);
    // What an API made and declined stands beside the errors.
    error["paymentResult"] = json!({"payment": {"id": aviary.text("id"), "status": aviary.text("status")}});
    each(&mut error, credential);
    error
}

/// Everything that can be read of a value, on this process's output.
#[allow(clippy::print_stdout, reason = "the output is what is searched")]
fn print(text: impl Display) {
    println!("{text}");
}

fn show(value: &impl Debug) {
    print(format_args!("{value:?}\n{value:#?}"));
}

fn show_receipt(receipt: &Receipt) {
    show(receipt);
    print(serde_json::to_string(receipt).unwrap());
}

fn show_error(error: Error) {
    print(format_args!("kind: {:?}", error.kind()));
    print(&error);
    show(&error);
    show(&(
        error.api_error(),
        error.prepared(),
        error.violations(),
        error.decode_error(),
        error.details(),
    ));
    if let Some(receipt) = error.receipt() {
        show_receipt(receipt);
    }
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        print(error);
        show(&error);
        source = error.source();
    }
    let unwrap = |failed: Result<(), Error>| failed.unwrap();
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unwrap(Err(error)))).unwrap_err();
}

/// What may show fields that the spec does not call sensitive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing.
    Plain,
    /// Bodies in the log, by the names of their fields.
    Bodies,
    /// Requests and answers, printed by their types.
    Models,
}

/// The shop of a run, over a wire that plays these steps.
struct Shop<'a> {
    book: &'a Songbook,
    noah: Noah,
    connect: Connect,
    mode: Mode,
}

impl<'a> Shop<'a> {
    fn new(book: &'a Songbook, key: &SigningKey, wire: impl Wire + Clone, mode: Mode) -> Self {
        let options = CallOptions::DEFAULT
            .attempts(2)
            .log_bodies(mode == Mode::Bodies)
            .mend_clock(true);
        let credentials = Credentials::sandbox(&book.api_key, key.clone()).unwrap();
        show(&credentials);
        let builder = Noah::builder(credentials)
            .wire(wire.clone())
            .options(options)
            .clock(FixedClock::at_unix(NOW));
        show(&builder);
        let noah = builder.build().unwrap();
        show(&(&noah, noah.checkout(), noah.api(), noah.api().transport()));

        let credentials = worldline::Credentials::builder()
            .merchant_id("9991")
            .api_key_id("key-id-1")
            .secret_api_key(book.secret_api_key.as_str())
            .integrator("Sample Coffee")
            .build()
            .unwrap();
        show(&credentials);
        let connect = Connect::builder()
            .endpoint(Endpoint::sandbox())
            .credentials(credentials)
            .wire(wire.clone())
            .options(options)
            .clock(FixedClock::at_unix(NOW))
            .build()
            .unwrap();
        show(&(&connect, connect.server()));
        Self {
            book,
            noah,
            connect,
            mode,
        }
    }

    /// Makes the call and shows what came of it.
    async fn sing(&self, song: &Song, request: &Value) -> Result<(), Error> {
        let checkout = self.noah.checkout();
        let server = self.connect.server();
        let input = &request["paymentProductSession302SpecificInput"];
        let key = self.book.idempotence_key.as_str();
        match song.operation.id {
            "createManagedSession" => {
                let request = self.model(request);
                let prepared = self.noah.api().prepare_create_managed_session(&request)?;
                show(&prepared);
                let session = checkout.send(&prepared).await?;
                show_receipt(session.receipt());
                self.heard(&session, &**session);
            }
            "createSell" => {
                let request = self.model(request);
                let prepared = self.noah.api().prepare_create_sell(&request)?;
                show(&prepared);
                let session = checkout.send(&prepared).await?;
                show_receipt(session.receipt());
                self.heard(&session, &**session);
            }
            "createFiatPayin" => {
                let request = self.model(request);
                let prepared = self.noah.api().prepare_create_fiat_payin(&request)?;
                show(&prepared);
                let session = checkout.send(&prepared).await?;
                show_receipt(session.receipt());
                self.heard(&session, &**session);
            }
            "createSession" => {
                let call = server.create_session().idempotence_key(key);
                let request: worldline_connect_models::SessionRequest = self.model(request);
                let call = call.maybe_payment_product_filters(request.payment_product_filters);
                let prepared = call.maybe_tokens(request.tokens).prepare()?;
                show(&prepared);
                let session = server.send(&prepared).await?;
                show_receipt(session.receipt());
                show(&(session.session(), session.session().hand_over()));
                self.heard(&session, &**session);
            }
            "createProductSession" => {
                let call = server
                    .create_product_session()
                    .payment_product_id(302)
                    .idempotence_key(key);
                let prepared = call
                    .payment_product_session302_specific_input(self.model::<ApplePayInput>(input))
                    .prepare()?;
                show(&prepared);
                let session = server.send(&prepared).await?;
                show_receipt(session.receipt());
                show(&session.apple_pay());
                self.heard(&session, &**session);
            }
            "testConnection" => {
                let response = server.test_connection().await?;
                show_receipt(response.receipt());
                self.heard(&response, &*response);
            }
            "createClientProductSession" => {
                let session: ClientSession = serde_json::from_value(self.book.session.clone()).unwrap();
                let device = ClientMetaInfo::from_json(self.book.device.to_string()).unwrap();
                let client = self.connect.client(&session, &device)?;
                show(&(&session, session.hand_over(), &device, &client));
                let prepared = client
                    .create_product_session()
                    .payment_product_id(302)
                    .payment_product_session302_specific_input(self.model::<ApplePayInput>(input))
                    .prepare()?;
                show(&prepared);
                let session = client.send(&prepared).await?;
                show_receipt(session.receipt());
                show(&session.apple_pay());
                self.heard(&session, &**session);
            }
            other => panic!("{other} has no song; add it here"),
        }
        Ok(())
    }

    fn model<T: DeserializeOwned + Debug>(&self, request: &Value) -> T {
        let model = serde_json::from_value(request.clone()).unwrap();
        if self.mode == Mode::Models {
            show(&model);
        }
        model
    }

    fn heard(&self, session: &impl Debug, model: &impl Debug) {
        show(session);
        if self.mode == Mode::Models {
            show(model);
        }
    }
}

type ApplePayInput = worldline_connect_models::MobilePaymentProductSession302SpecificInput;

/// The answer, agreeing with the request in all that is compared.
fn agreeing(answer: &Value, request: &Value) -> Value {
    let mut answer = answer.clone();
    for (here, there) in [
        ("/CheckoutSession/SourceCurrency", "FiatCurrency"),
        ("/CheckoutSession/DestinationCurrency", "CryptoCurrency"),
        ("/CheckoutSession/SourceAmount", "FiatAmount"),
        ("/CheckoutSession/CustomerID", "CustomerID"),
        ("/CheckoutSession/ExternalID", "ExternalID"),
        ("/Transaction/CryptoCurrency", "CryptoCurrency"),
        ("/Transaction/CustomerID", "CustomerID"),
        ("/Transaction/ExternalID", "ExternalID"),
        ("/Transaction/Amount", "CryptoAuthorizedAmount"),
        ("/Transaction/FiatPayment/FiatCurrency", "FiatCurrency"),
        ("/Transaction/FiatPayment/Amount", "FiatAmount"),
    ] {
        if let Some(value) = answer.pointer_mut(here) {
            *value = request[there].clone();
        }
    }
    answer
}

/// The request with every canary too long, so that most rules are broken.
fn too_long(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("canaryq") => text.push_str(&"x".repeat(2_000)),
        Value::Array(items) => items.iter_mut().for_each(too_long),
        Value::Object(members) => members.values_mut().for_each(too_long),
        _ => {}
    }
}

/// Everything that can become of one attempt.
fn steps(book: &Songbook, song: &Song, request: &Value) -> Vec<Step> {
    let other = &book.other_header;
    let answered = |status: u16, body: String| {
        Step::respond(status)
            .header("x-request-id", "r-1")
            .header("set-cookie", other)
            .header("www-authenticate", other)
            .header("location", &format!("https://{other}.example/?{other}"))
            .body(body)
    };
    let good = agreeing(&song.answer, request).to_string();
    let shapeless = json!({ "HostedURL": [song.answer], "result": [song.answer], "clientSessionId": song.answer,
        "paymentProductSession302SpecificOutput": song.answer.to_string() });
    let mut steps = vec![
        answered(200, good.clone()),
        answered(200, song.contradiction.to_string()),
        answered(200, shapeless.to_string()),
        answered(200, json!([song.answer]).to_string()),
        answered(200, format!("<html>{good}")),
        answered(200, good[..good.len() / 2].to_owned()),
        answered(200, String::new()),
        answered(200, format!("{good}{}", " ".repeat(1 << 20))),
        answered(200, good.clone()).cut_body_after(good.len() / 2),
        answered(200, good.clone()).stall_body_after(good.len() / 2),
        answered(400, song.refusal.to_string()).cut_body_after(40),
        answered(429, song.refusal.to_string()).header("retry-after", "1"),
        Step::refuse_connection(),
        Step::connect_timeout(),
        Step::cut(),
        Step::hang(),
    ];
    for status in [307, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 777] {
        let refusal = match status {
            401 | 403 => &song.denial,
            _ => &song.refusal,
        };
        steps.push(answered(status, refusal.to_string()));
        steps.push(answered(status, format!("<html>{good}{refusal}")));
        steps.push(answered(status, good.clone()));
    }
    steps
}

/// To this process's standard error, whatever there is. The other test may have set it up.
fn log_everything() {
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .try_init();
}

const MODE: &str = "CANARIES_MODE";
const KEY: &str = "CANARIES_KEY";

#[tokio::test(start_paused = true)]
#[ignore = "run by the tests below in a process of its own"]
async fn all_birds_sing() {
    let mode = match std::env::var(MODE).unwrap().as_str() {
        "bodies" => Mode::Bodies,
        "models" => Mode::Models,
        _ => Mode::Plain,
    };
    let key = SigningKey::from_pem(&std::env::var(KEY).unwrap()).unwrap();
    log_everything();
    let book = Songbook::new(&key);
    for song in &book.songs {
        for request in &song.requests {
            for (number, step) in steps(&book, song, request).into_iter().enumerate() {
                let wire = ScriptedWire::new([step.clone(), step]);
                let shop = Shop::new(&book, &key, wire.clone(), mode);
                match shop.sing(song, request).await {
                    Err(error) if number > 0 => show_error(error),
                    result => result.unwrap(),
                }
                assert!(!wire.sent().is_empty(), "{}: nothing was sent", song.operation.id);
            }
            let mut request = request.clone();
            too_long(&mut request);
            let shop = Shop::new(&book, &key, ScriptedWire::default(), mode);
            if let Err(error) = shop.sing(song, &request).await {
                show_error(error);
            }
        }
    }
}

/// The same over sockets, where the libraries below have their say too.
#[tokio::test]
#[ignore = "run by the tests below in a process of its own"]
async fn all_birds_sing_over_sockets() {
    let key = SigningKey::from_pem(&std::env::var(KEY).unwrap()).unwrap();
    log_everything();
    let book = Songbook::new(&key);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let song = book
        .songs
        .iter()
        .find(|song| song.operation.id == "createFiatPayin")
        .unwrap();
    let (request, refusal) = (&song.requests[0], song.refusal.to_string());
    let good = agreeing(&song.answer, request)
        .to_string()
        .replace("https://checkout.sandbox.noah.com", "http://127.0.0.1");
    let (calls, cookie) = (Arc::new(AtomicUsize::new(0)), book.other_header.clone());
    let answer = async move || {
        let (status, body) =
            [(200, &good), (400, &refusal), (503, &refusal)][calls.fetch_add(1, Ordering::Relaxed) % 3];
        let status = axum::http::StatusCode::from_u16(status).unwrap();
        (status, [("set-cookie", cookie.clone())], body.clone())
    };
    tokio::spawn(async move {
        axum::serve(listener, axum::Router::new().fallback(answer))
            .await
            .unwrap();
    });

    let credentials = Credentials::local(&url, &book.api_key, key).unwrap();
    let noah = Noah::builder(credentials)
        .options(CallOptions::DEFAULT.attempts(2))
        .build()
        .unwrap();
    let prepared = noah
        .api()
        .prepare_create_fiat_payin(&serde_json::from_value(request.clone()).unwrap())
        .unwrap();
    for _ in 0..6 {
        match noah.checkout().send(&prepared).await {
            Ok(session) => show(&session),
            Err(error) => show_error(error),
        }
    }
    drop(noah);
}

/// The output of a process in which everything sings, and the canaries in it.
struct Heard {
    text: String,
    canaries: Vec<Canary>,
}

fn heard(mode: &str) -> Heard {
    let key = key();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "canaries::all_birds_sing",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(MODE, mode)
        .env(KEY, key.to_pkcs8_pem().unwrap().expose_secret())
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .concat();
    let end: Vec<_> = text.lines().rev().take(20).collect();
    assert!(output.status.success() && text.contains("2 passed"), "{end:#?}");
    for kind in KINDS {
        assert!(text.contains(&format!("kind: {kind}")), "{kind} did not come up");
    }
    assert!(
        text.contains("the call failed; money may have moved") && text.contains("TRACE"),
        "the log is read"
    );
    for encoded in encoded("canaryq") {
        assert!(!text.contains(&encoded), "a canary in base64");
    }

    let book = Songbook::new(&key);
    let lower = text.to_lowercase();
    let named: BTreeSet<&str> = lower
        .match_indices("canaryq")
        .filter_map(|(at, _)| lower.get(at..at + 11))
        .collect();
    let is_heard = |canary: &&Canary| match canary.text.starts_with("canaryq") {
        true => named.contains(canary.text.as_str()),
        false => text.contains(&canary.text),
    };
    let canaries = book.aviary.0.iter().filter(is_heard).cloned().collect();
    Heard { text, canaries }
}

impl Heard {
    fn assert_silent(&self, may_sing: impl Fn(&Canary) -> bool) {
        let wrong: Vec<&Canary> = self
            .canaries
            .iter()
            .filter(|canary| !is_shown(canary) && !may_sing(canary))
            .collect();
        let lines = wrong.iter().take(10).map(|canary| {
            let line = self
                .text
                .lines()
                .find(|line| line.to_lowercase().contains(&canary.text.to_lowercase()));
            format!("{canary:?}: {:.600}", line.unwrap_or_default())
        });
        assert!(
            wrong.is_empty(),
            "{} canaries:\n{}",
            wrong.len(),
            lines.collect::<Vec<_>>().join("\n")
        );
    }
}

/// Every way to fail that an answer, or none, leads to.
const KINDS: &[&str] = &[
    "InvalidRequest",
    "Connect",
    "Timeout(Connect)",
    "Timeout(Answer)",
    "Timeout(Body)",
    "Interrupted",
    "BodyTooLarge",
    "Redirect",
    "ClientError",
    "ServerError",
    "UnexpectedStatus",
    "Undecodable",
    "Mismatch",
];

/// What of a text is in the base64 of anything that holds it, wherever it begins.
fn encoded(text: &str) -> Vec<String> {
    (0..3)
        .map(|before| {
            let whole = BASE64_STANDARD_NO_PAD.encode([&b"..."[..before], text.as_bytes()].concat());
            // The first and the last digits depend on the neighbours too.
            whole[[0, 2, 3][before]..whole.len() - 2].to_owned()
        })
        .collect()
}

fn is_shown(canary: &Canary) -> bool {
    SHOWN
        .iter()
        .any(|(field, side, _)| *field == canary.field && *side == canary.side)
}

#[test]
fn nothing_sings_but_what_is_shown_on_purpose() {
    let heard = heard("plain");
    heard.assert_silent(|_| false);
    for (field, side, _) in SHOWN {
        let found = heard
            .canaries
            .iter()
            .any(|canary| canary.field == *field && canary.side == *side);
        assert!(found, "{field} is not shown; take it off the list");
    }
}

/// A log goes by names: of those that may be sensitive anywhere, and of those that the spec does not know, it shows nothing.
#[test]
fn with_bodies_in_the_log_sensitive_fields_are_silent() {
    let heard = heard("bodies");
    let (harmless, sensitive) = fields();
    assert!(harmless.contains("PaymentMethodCategory") && sensitive.contains("FirstName"));
    let may_sing = |field: &String| harmless.contains(field) && !sensitive.contains(field);
    heard.assert_silent(|canary| may_sing(&canary.field));
}

/// A type knows its fields: `ID` is harmless in one object and sensitive in another.
#[test]
fn sensitive_fields_of_printed_models_are_silent() {
    let heard = heard("models");
    let (harmless, _) = fields();
    heard.assert_silent(|canary| harmless.contains(&canary.field));
    assert!(
        heard
            .canaries
            .iter()
            .any(|canary| canary.field == "City" || canary.field == "ReturnURL"),
        "models are printed"
    );
}

/// Names of fields that are harmless in some object, and of those that are sensitive in some.
fn fields() -> (BTreeSet<String>, BTreeSet<String>) {
    fn is_sensitive(spec: &Spec, schema: &Value) -> bool {
        let referred = |schema: &Value| {
            let reference = schema["$ref"].as_str()?.strip_prefix('#')?;
            spec.document
                .pointer(reference)
                .map(|schema| is_sensitive(spec, schema))
        };
        match schema["x-sensitive"].as_str() {
            Some(word) => word != "none",
            None => {
                let parts = schema["allOf"].as_array().into_iter().flatten();
                parts
                    .chain([schema, &schema["items"]])
                    .any(|part| referred(part).unwrap_or_default())
            }
        }
    }
    let (mut harmless, mut sensitive) = (BTreeSet::new(), BTreeSet::new());
    for spec in spec::all() {
        for (_, component) in spec.components() {
            for (name, schema) in component["properties"].as_object().into_iter().flatten() {
                let names = if is_sensitive(spec, schema) {
                    &mut sensitive
                } else {
                    &mut harmless
                };
                names.insert(name.clone());
            }
        }
    }
    (harmless, sensitive)
}

#[test]
fn every_text_of_every_request_holds_a_canary_or_has_no_room_for_one() {
    fn check(value: &Value, field: &str, book: &Songbook, without: &mut BTreeSet<String>) {
        match value {
            Value::String(text) if book.aviary.0.iter().any(|canary| text.contains(&canary.text)) => {}
            Value::String(_) => {
                without.insert(field.to_owned());
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, field, book, without)),
            Value::Object(members) => {
                members
                    .iter()
                    .for_each(|(name, member)| check(member, name, book, without));
            }
            _ => {}
        }
    }
    let book = Songbook::new(&key());
    let mut without = BTreeSet::new();
    for song in &book.songs {
        song.requests
            .iter()
            .for_each(|request| check(request, "", &book, &mut without));
    }
    let no_room: BTreeSet<String> = NO_ROOM.iter().map(|(field, _)| (*field).to_owned()).collect();
    assert_eq!(without, no_room);
    let operations = noah_models::operations::ALL.len() + worldline_connect_models::operations::ALL.len();
    assert_eq!(book.songs.len(), operations, "an operation without a song");
}

/// Answers 401, and quotes every credential of the request in every form, one after the other in each text of the error.
#[derive(Clone, Default)]
struct Echo(Arc<Mutex<Vec<String>>>);

impl Wire for Echo {
    fn send(
        &self,
        request: reqwest::Request,
        _: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let mut quoted = Vec::new();
        for value in request.headers().values().filter(|value| value.is_sensitive()) {
            let value = value.to_str().unwrap();
            for word in std::iter::once(value).chain(value.split(' ')) {
                quoted.push(word.to_owned());
                quoted.extend(word.rsplit_once(':').map(|(_, end)| end.to_owned()));
            }
        }
        quoted.retain(|text| text.len() >= 12);
        quoted.sort_by_key(String::len);
        let all = quoted.join("' or '");
        *self.0.lock().unwrap() = quoted;
        let body = json!({
            "Type": all, "Detail": all, "Instance": all, "RequestExtension": {"Body": [{"Field": all, "Reason": all}]},
            "errorId": all, "errors": [{"code": all, "message": all, "propertyName": all}],
        });
        let answer = http::Response::builder().status(401).header("x-request-id", &all);
        let answer = answer.body(body.to_string()).unwrap();
        Box::pin(async { Ok(answer.into()) })
    }
}

#[tokio::test]
async fn credentials_that_are_quoted_back_are_taken_out() {
    let key = key();
    let book = Songbook::new(&key);
    for song in &book.songs {
        let echo = Echo::default();
        let shop = Shop::new(&book, &key, echo.clone(), Mode::Plain);
        let error = shop.sing(song, &song.requests[0]).await.unwrap_err();
        let receipt = serde_json::to_string(error.receipt().unwrap()).unwrap();
        let shown = format!("{error} {error:?} {:?} {receipt}", error.api_error());
        let quoted = echo.0.lock().unwrap().clone();
        assert!(!quoted.is_empty(), "{}", song.operation.id);
        for text in quoted {
            assert!(!shown.contains(&text), "{}: {text} in {shown}", song.operation.id);
        }
    }
}
