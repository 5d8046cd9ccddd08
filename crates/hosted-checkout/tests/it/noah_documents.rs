//! Documents: they go to the host that NOAH names, and nothing of NOAH's goes there with them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use checkout_sandbox::Sandbox;
use checkout_transport::testing::{ScriptedWire, Step};
use hosted_checkout::key::{Algorithm, SigningKey};
use hosted_checkout::noah::{Credentials, DocumentType, Noah};
use hosted_checkout::{CallOptions, Error, ErrorKind, Outcome, Timeouts, Upload};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::net::TcpListener;

const FILE: &[u8] = b"a picture of a passport";

type Arrived = (Method, Uri, HeaderMap, Bytes);

/// A server that answers by this function, and what came to it.
struct Foreign {
    origin: String,
    came: Arc<Mutex<Vec<Arrived>>>,
}

impl Foreign {
    async fn serve(answer: impl Fn(usize) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let came: Arc<Mutex<Vec<Arrived>>> = Arc::default();
        let log = Arc::clone(&came);
        let router = Router::new().fallback(
            async move |method: Method, uri: Uri, headers: HeaderMap, body: Body| {
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
                let mut log = log.lock().unwrap();
                log.push((method, uri, headers, body));
                answer(log.len())
            },
        );
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, came }
    }

    /// A NOAH that names this address for every document.
    async fn noah_that_names(address: &str) -> Self {
        let body = json!({ "PresignedURL": address, "ExpiresAt": "2999-01-01T00:00:00Z" }).to_string();
        Self::serve(move |_| body.clone().into_response()).await
    }

    fn client(&self) -> Noah {
        let key = SigningKey::generate(Algorithm::ES384).unwrap();
        Noah::local(&format!("{}/v1", self.origin), "apikey_sandbox_canary", key).unwrap()
    }

    fn came(&self) -> Vec<Arrived> {
        self.came.lock().unwrap().clone()
    }
}

fn scripted(wire: &ScriptedWire) -> Noah {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    Noah::builder(Credentials::sandbox("apikey_sandbox_canary", key).unwrap())
        .wire(wire.clone())
        .plain_http_host("files.local")
        .options(CallOptions::DEFAULT.attempts(1))
        .build()
        .unwrap()
}

fn file() -> Upload {
    Upload::new("image/jpeg", FILE.len() as u64, FILE).unwrap()
}

async fn upload(noah: &Noah, file: Upload) -> Result<(), Error> {
    noah.onboarding()
        .get_document_upload_url()
        .customer_id("customer-1")
        .type_(DocumentType::Passport)
        .country_code("US")
        .upload(file)
        .await
}

#[tokio::test]
async fn no_key_and_no_header_of_noahs_reaches_the_host_of_a_document() {
    let host = Foreign::serve(|_| StatusCode::OK.into_response()).await;
    let noah = Foreign::noah_that_names(&format!("{}/d/1?signature=s", host.origin)).await;
    let told: Arc<Mutex<Vec<u64>>> = Arc::default();
    let progress = Arc::clone(&told);
    let file = file().on_progress(move |sent| progress.lock().unwrap().push(sent));
    upload(&noah.client(), file).await.unwrap();

    let asked = noah.came();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].2.contains_key("api-signature") && asked[0].2.contains_key("x-api-key"));
    let [(method, uri, headers, body)] = &host.came()[..] else {
        panic!("one request");
    };
    assert_eq!(
        (method, uri.to_string()),
        (&Method::PUT, "/d/1?signature=s".to_owned())
    );
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    // The first and the third are those of every client.
    assert_eq!(names, ["accept", "content-length", "content-type", "host"]);
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["content-length"], FILE.len().to_string());
    assert_eq!(body, FILE);
    assert_eq!(told.lock().unwrap().last(), Some(&(FILE.len() as u64)));
}

#[tokio::test]
async fn a_redirect_carries_no_document_elsewhere() {
    let thief = Foreign::serve(|_| StatusCode::OK.into_response()).await;
    let elsewhere = format!("{}/d/1", thief.origin);
    let host = Foreign::serve(move |_| {
        (StatusCode::TEMPORARY_REDIRECT, [("location", elsewhere.clone())]).into_response()
    })
    .await;
    let noah = Foreign::noah_that_names(&format!("{}/d/1?signature=canary-7", host.origin)).await;
    let error = upload(&noah.client(), file()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
    assert_eq!(thief.came().len(), 0);
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}

/// What the host answers: what became of the file, and what to do.
#[tokio::test]
async fn the_hosts_answer_says_what_became_of_the_document() {
    let mut told = Vec::new();
    for status in [403, 413, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        let host =
            Foreign::serve(move |_| (status, "<Error>key-7 has expired</Error>").into_response()).await;
        let noah = Foreign::noah_that_names(&format!("{}/d/1?signature=canary-7", host.origin)).await;
        let error = upload(&noah.client(), file()).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert!(error.body().unwrap().starts_with(b"<Error>"));
        told.push(error.to_string());
    }
    // Nobody is there.
    let noah = Foreign::noah_that_names("http://127.0.0.1:1/d/1?signature=canary-7").await;
    let error = upload(&noah.client(), file()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    told.push(error.to_string().replace("os error 111", "os error N"));
    insta::assert_snapshot!(told.join("\n"));
}

/// Nothing leaves but the question.
#[tokio::test]
async fn no_document_goes_where_it_may_not() {
    for (address, expires, at) in [
        (
            "http://files.example/d?signature=canary",
            "2999-01-01T00:00:00Z",
            "/PresignedURL",
        ),
        // This machine is not the host of a document in NOAH's own sandbox.
        (
            "http://127.0.0.1/d?signature=canary",
            "2999-01-01T00:00:00Z",
            "/PresignedURL",
        ),
        (
            "https://user@files.example/d?signature=canary",
            "2999-01-01T00:00:00Z",
            "/PresignedURL",
        ),
        ("file:///etc/canary", "2999-01-01T00:00:00Z", "/PresignedURL"),
        (
            "https://files.example/d?signature=canary",
            "2020-01-01T00:00:00Z",
            "/ExpiresAt",
        ),
        // As it may be written beside RFC 3339.
        (
            "https://files.example/d?signature=canary",
            "2020-01-01 00:00:00+0000",
            "/ExpiresAt",
        ),
    ] {
        let body = json!({ "PresignedURL": address, "ExpiresAt": expires }).to_string();
        let wire = ScriptedWire::new([Step::respond(200).body(body), Step::respond(200)]);
        let error = upload(&scripted(&wire), file()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{address}");
        assert_eq!(wire.sent().len(), 1, "{address}");
        assert_eq!(error.violations().unwrap().iter().next().unwrap().pointer, at);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    for (address, expires) in [
        (
            "https://files.example/d?signature=canary",
            json!("2999-01-01T00:00:00Z"),
        ),
        ("https://files.example/d?signature=canary", json!(null)),
        (
            "http://files.local/d?signature=canary",
            json!("2999-01-01T00:00:00Z"),
        ),
    ] {
        let body = json!({ "PresignedURL": address, "ExpiresAt": expires }).to_string();
        let wire = ScriptedWire::new([Step::respond(200).body(body), Step::respond(200)]);
        upload(&scripted(&wire), file()).await.unwrap();
        let sent = &wire.sent()[1];
        assert_eq!((sent.url.as_str(), &sent.body[..]), (address, FILE));
    }
}

#[tokio::test]
async fn a_file_that_is_not_as_long_as_it_was_said_to_be_is_not_taken_for_sent() {
    for (length, what) in [(FILE.len() + 1, "shorter"), (FILE.len() - 1, "longer")] {
        let host = Foreign::serve(|_| StatusCode::OK.into_response()).await;
        let noah = Foreign::noah_that_names(&format!("{}/d/1", host.origin)).await;
        let file = Upload::new("image/jpeg", length as u64, FILE).unwrap();
        let error = upload(&noah.client(), file).await.unwrap_err();
        let expected = format!("the file is {what} than it was said to be");
        assert!(error.to_string().contains(&expected), "{error}");
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
    for (kind, length) in [
        ("image/jpeg", 0),
        ("jpeg", 1),
        ("image/", 1),
        ("a b/c", 1),
        ("a/b\r\nX-Api-Key: 1", 1),
    ] {
        let error = Upload::new(kind, length, FILE).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{kind}");
    }
    assert!(Upload::new("text/plain; charset=utf-8", 1, FILE).is_ok());
    assert!(Upload::open("/", "image/jpeg").await.is_err());
}

/// Of a whole number of pieces, so that whoever counts to its length reads no further.
#[tokio::test]
async fn a_file_that_changes_while_it_is_sent_never_arrives_whole() {
    const LENGTH: u64 = 1 << 16;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("passport.jpg");
    for (becomes, what) in [(LENGTH + 1, "longer"), (LENGTH / 2, "shorter")] {
        let host = Foreign::serve(|_| StatusCode::OK.into_response()).await;
        let noah = Foreign::noah_that_names(&format!("{}/d/1", host.origin)).await;
        let on_disk = std::fs::File::create(&path).unwrap();
        on_disk.set_len(LENGTH).unwrap();
        let file = Upload::open(&path, "image/jpeg").await.unwrap();
        on_disk.set_len(becomes).unwrap();
        let error = upload(&noah.client(), file).await.unwrap_err();
        let expected = format!("the file is {what} than it was said to be");
        assert!(error.to_string().contains(&expected), "{error}");
        assert!(host.came().iter().all(|(.., body)| body.is_empty()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_stays_silent_is_given_up() {
    let body = json!({ "PresignedURL": "https://files.example/d" }).to_string();
    let named = Step::respond(200).body(body);
    let wire = ScriptedWire::new([named.clone(), Step::hang()]);
    let noah = scripted(&wire);
    let error = tokio::time::timeout(Duration::from_secs(600), upload(&noah, file()))
        .await
        .expect("it ends by itself")
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout(_)), "{error}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    // One that took bytes within the limit is given as much time again.
    let late = Timeouts::DEFAULT.attempt * 3 / 2;
    let wire = ScriptedWire::new([named, Step::respond(200).after(late)]);
    upload(&scripted(&wire), file()).await.unwrap();
}

#[tokio::test]
async fn both_sides_arrive_and_a_failure_names_its_side() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let api = sandbox.noah();
    let key = SigningKey::from_pem(api.private_key_pem().unwrap().expose_secret()).unwrap();
    let noah = Noah::local(&api.report().base_url, &api.report().api_key, key).unwrap();
    let licence = |noah: &Noah| {
        noah.onboarding()
            .get_document_upload_url()
            .customer_id("customer-1")
            .type_(DocumentType::DrivingLicense)
            .country_code("US")
    };
    let session = noah
        .onboarding()
        .create_session()
        .customer_id("customer-1")
        .customer_type("Individual")
        .return_url("https://shop.example/done")
        .fiat_options([])
        .send()
        .await
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("back.png");
    std::fs::write(&path, [7; 100_000]).unwrap();
    let back = Upload::open(&path, "image/png").await.unwrap();
    assert_eq!(back.length(), 100_000);
    let told: Arc<Mutex<Vec<u64>>> = Arc::default();
    let progress = Arc::clone(&told);
    let back = back.on_progress(move |sent| progress.lock().unwrap().push(sent));
    licence(&noah).upload_both_sides(file(), back).await.unwrap();
    let told = told.lock().unwrap().clone();
    assert!(
        told.len() > 1 && told.is_sorted_by(|before, after| before < after),
        "{told:?}"
    );
    assert_eq!(told.last(), Some(&100_000));
    let session = session.into_inner().unwrap();
    let page = session.hosted_url.text().unwrap();
    let page = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(page)
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains("DrivingLicense Front") && page.contains("23 bytes, image/jpeg"),
        "{page}"
    );
    assert!(
        page.contains("DrivingLicense Back") && page.contains("100000 bytes, image/png"),
        "{page}"
    );

    let host = Foreign::serve(|count| {
        let status = if count == 1 { 200 } else { 403 };
        StatusCode::from_u16(status).unwrap().into_response()
    })
    .await;
    let named = Foreign::noah_that_names(&format!("{}/d/1", host.origin)).await;
    let error = licence(&named.client())
        .upload_both_sides(file(), file())
        .await
        .unwrap_err();
    assert_eq!(error.details(), [("Side", "Back".to_owned())]);
    let sides: Vec<_> = named
        .came()
        .iter()
        .map(|came| came.1.query().unwrap().to_owned())
        .collect();
    assert!(
        sides[0].contains("Side=Front") && sides[1].contains("Side=Back"),
        "{sides:?}"
    );
}
