//! The doctor and the sandbox judge requests by two ways that share no code; they must agree.

use checkout_core::clock::FixedClock;
use checkout_doctor::{Case, Rule};
use checkout_sandbox::Sandbox;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::noah::{API_KEY, KEY, Request};
use super::noah_claims::Claimed;
use super::{Good, NOW, told};

/// What a server cannot see: other names of its own host, the clock of who asks.
const OUT_OF_SIGHT: &[Rule] = &[
    Rule::UrlInvalid,
    Rule::UrlPlainHttp,
    Rule::UrlOtherEnvironment,
    Rule::UrlNoVersion,
    Rule::ClockAhead,
    Rule::ClockBehind,
    Rule::ClockUnreadable,
];

/// What a server judges after the signature, and answers otherwise.
const AFTERWARDS: &[Rule] = &[Rule::JsonUnreadable, Rule::JsonRepeatedField];

/// Where NOAH's documents are silent, the sandbox lets pass what the doctor advises against.
const SILENT: &[Rule] = &[Rule::NbfFuture, Rule::NbfNotANumber, Rule::QueryEncoded];

struct Server {
    sandbox: Sandbox,
    api_key: String,
    client: reqwest::Client,
}

impl Server {
    async fn start() -> Self {
        let clock = FixedClock::at_unix(u32::try_from(NOW).unwrap());
        let sandbox = Sandbox::builder().clock(clock).start().await.unwrap();
        let api_key = sandbox.noah().register_public_key(&KEY.public_key_pem()).unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            sandbox,
            api_key,
            client,
        }
    }

    /// What the sandbox answers; `None` if the request cannot be sent as it is.
    async fn status(&self, case: &Case) -> Option<StatusCode> {
        let base = self.sandbox.noah().report().base_url.clone();
        let url = case
            .url
            .as_ref()?
            .replace("https://api.sandbox.noah.com/v1", &base);
        let mut headers = HeaderMap::new();
        for (name, value) in case.headers.as_ref()?.iter().filter(|(name, _)| *name != "Host") {
            let value = HeaderValue::from_str(&value.replace(API_KEY, &self.api_key)).ok()?;
            headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        }
        let request = self
            .client
            .request(case.method.as_ref()?.parse().ok()?, url)
            .headers(headers)
            .body(case.body.clone()?);
        Some(request.send().await.ok()?.status())
    }

    async fn agrees<G: Good>(&self, sent: &mut usize) {
        let good = self.status(&G::good().case()).await.unwrap();
        assert_eq!(
            good,
            StatusCode::BAD_REQUEST,
            "well signed; only the body is none of NOAH's"
        );
        for mutation in G::MUTATIONS
            .iter()
            .filter(|mutation| !OUT_OF_SIGHT.contains(&mutation.rule) && !SILENT.contains(&mutation.rule))
            .filter(|mutation| !AFTERWARDS.contains(&mutation.rule))
        {
            let (case, diagnosis) = told(mutation);
            let Some(status) = self.status(&case).await else {
                continue;
            };
            let refused = status == StatusCode::UNAUTHORIZED;
            assert_eq!(refused, !diagnosis.holds(), "{}: {status}", mutation.name);
            *sent += 1;
        }
    }
}

#[tokio::test]
async fn the_sandbox_refuses_what_the_doctor_calls_wrong_and_nothing_else() {
    let server = Server::start().await;
    let mut sent = 0;
    server.agrees::<Request>(&mut sent).await;
    server.agrees::<Claimed>(&mut sent).await;
    assert!(sent > 80, "only {sent} of them can be sent");
    server.sandbox.shutdown().await;
}
