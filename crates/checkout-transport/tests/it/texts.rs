//! The words of every error, as one catalogue.

use std::collections::BTreeMap;
use std::time::Duration;

use checkout_core::validate::{At, Rule};
use checkout_core::{Operation, Violations};
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{
    AuthenticationError, Authenticator, BaseUrl, Error, Outgoing, Transport, WireErrorKind,
};
use http::{HeaderMap, HeaderValue};

use crate::support::{
    NOTE, NOTE_BY_HEADER, PAY, PAY_BY_HEADER, PAY_ONCE, READ, builder, request, send, transport,
};

type Payment = BTreeMap<String, String>;

async fn fail(operation: &'static Operation, step: Step) -> Error {
    match send(&transport(ScriptedWire::new([step])), operation).await {
        Err(error) => error,
        Ok(reply) => reply.receive::<Payment>().unwrap_err(),
    }
}

async fn by_header(operation: &'static Operation, step: Step) -> Error {
    let mut request = request(operation, "http://localhost/v1");
    request
        .headers_mut()
        .insert("x-gcs-idempotence-key", HeaderValue::from_static("k-1"));
    let transport = transport(ScriptedWire::new([step]));
    transport.send(operation, request).await.unwrap_err()
}

fn violations() -> Violations {
    let mut violations = Violations::new();
    violations.push(
        &At::BODY.field("LineItems").item(0).field("Quantity"),
        Rule::Range,
        "is outside 1 to 9",
    );
    violations.push(
        &At::BODY.field("ReturnURL"),
        Rule::Format,
        "is not an absolute URI",
    );
    violations
}

struct Keyless;

impl Authenticator for Keyless {
    fn authenticate(&self, _: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        Err(AuthenticationError::new(
            "the signing key is not set; give one to the builder",
        ))
    }
}

#[tokio::test(start_paused = true)]
async fn every_error_says_what_where_and_what_next() {
    let answered = r#"{"Type":"InvalidMessage","Detail":"amount outside\nof channel limits","Instance":"i-1",
        "Fields":[{"Field":"Amount","Reason":"TooSmall","Description":"quotes 5.00"},{"Field":"ReturnURL"}]}"#;
    let long = format!(r#"{{"Type":"Forbidden","Detail":"{}"}}"#, "long ".repeat(100));
    let success = || {
        Step::respond(200)
            .header("x-request-id", "r-1")
            .body(r#"{"id":7}"#)
    };
    let body_limit = async {
        let transport = builder(ScriptedWire::new([success()]))
            .body_limit(4)
            .build()
            .unwrap();
        send(&transport, &PAY).await.unwrap_err()
    };
    let mismatch = async {
        let wire = ScriptedWire::new([Step::respond(200).body(r#"{"id":"p"}"#)]);
        send(&transport(wire), &PAY)
            .await
            .unwrap()
            .receive::<Payment>()
            .unwrap()
            .into_mismatch(violations())
    };
    let silent = transport(ScriptedWire::default());
    let scheme = silent.send(&PAY, request(&PAY, "ftp://localhost"));
    let rewritten = silent.send(&PAY, {
        let mut request = request(&PAY, "http://localhost");
        request.url_mut().set_path("/pay");
        request
    });
    let after = Duration::from_secs(60);

    let catalogue = [
        ("invalid request", Error::invalid_request(&PAY, violations())),
        ("invalid path", rewritten.await.unwrap_err()),
        ("configuration", Transport::builder().build().unwrap_err()),
        (
            "base URL",
            BaseUrl::parse("http://user@example").unwrap_err().into(),
        ),
        ("scheme", scheme.await.unwrap_err()),
        (
            "wire cannot",
            fail(&PAY, Step::fail(WireErrorKind::Request)).await,
        ),
        (
            "signing",
            send(
                &transport(ScriptedWire::default()).with_authenticator(Keyless),
                &PAY,
            )
            .await
            .unwrap_err(),
        ),
        ("connect", fail(&PAY, Step::refuse_connection()).await),
        ("connect timeout", fail(&PAY, Step::connect_timeout()).await),
        ("answer timeout", fail(&PAY, Step::hang()).await),
        (
            "answer timeout of a read",
            fail(&READ, Step::cut().after(after)).await,
        ),
        ("body timeout", fail(&PAY, success().stall_body_after(2)).await),
        ("cut, Nonce", fail(&PAY, Step::cut()).await),
        (
            "cut, key in a header",
            by_header(&PAY_BY_HEADER, Step::cut()).await,
        ),
        (
            "cut, key in a header, no money",
            by_header(&NOTE_BY_HEADER, Step::cut()).await,
        ),
        (
            "400, key in a header",
            by_header(&PAY_BY_HEADER, Step::respond(400)).await,
        ),
        (
            "cut, header without a key",
            fail(&PAY_BY_HEADER, Step::cut()).await,
        ),
        (
            "cut, ExternalID",
            fail(&PAY, Step::cut()).await.with_detail("ExternalID", "order-7"),
        ),
        ("cut, no key", fail(&PAY_ONCE, Step::cut()).await),
        ("cut, no money", fail(&NOTE, Step::cut()).await),
        ("cut body", fail(&PAY, success().cut_body_after(2)).await),
        ("large body", body_limit.await),
        (
            "redirect",
            fail(
                &PAY,
                Step::respond(307).header("location", "https://x.example/?t=1"),
            )
            .await,
        ),
        ("400", fail(&PAY, Step::respond(400).body(answered)).await),
        (
            "400, cut body",
            fail(&PAY, Step::respond(400).body(answered).cut_body_after(9)).await,
        ),
        ("401", fail(&PAY, Step::respond(401).body(answered)).await),
        ("401, empty", fail(&PAY, Step::respond(401)).await),
        ("403, long", fail(&PAY, Step::respond(403).body(long)).await),
        (
            "404, HTML",
            fail(&READ, Step::respond(404).body("<html>not found</html>")).await,
        ),
        ("409", fail(&PAY, Step::respond(409)).await),
        (
            "429",
            fail(&PAY, Step::respond(429).header("retry-after", "30")).await,
        ),
        (
            "502, HTML",
            fail(&PAY, Step::respond(502).body("<html>bad gateway</html>")).await,
        ),
        ("status 777", fail(&PAY, Step::respond(777)).await),
        ("undecodable", fail(&PAY, success()).await),
        ("empty success", fail(&PAY, Step::respond(200)).await),
        ("mismatch", mismatch.await),
    ];
    let text: String = catalogue
        .iter()
        .map(|(case, error)| format!("{case}\n    {error}\n"))
        .collect();
    insta::assert_snapshot!("display", text);
    let debug: String = catalogue
        .iter()
        .map(|(case, error)| format!("{case}\n    {error:?}\n"))
        .collect();
    insta::assert_snapshot!("debug", debug);
    assert!(
        catalogue
            .iter()
            .all(|(_, error)| !error.to_string().contains('\n'))
    );
}
