//! What every operation says and hears.

use checkout_core::Operation;
use checkout_core::key::SigningKey;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::spec::{self, Spec};

use super::birds::Aviary;

/// What one operation says and hears.
pub(super) struct Song {
    pub(super) operation: &'static Operation,
    /// With each member of the unions in it.
    pub(super) requests: Vec<Value>,
    /// An answer that agrees with every request.
    pub(super) answer: Value,
    /// One that agrees with none.
    pub(super) contradiction: Value,
    /// What the API says of what it refuses.
    pub(super) refusal: Value,
    /// The same of a 401 or 403, whose explanation may be seen: it quotes credentials and no person.
    pub(super) denial: Value,
}

pub(super) struct Songbook {
    pub(super) aviary: Aviary,
    pub(super) songs: Vec<Song>,
    pub(super) api_key: String,
    pub(super) secret_api_key: String,
    pub(super) session: Value,
    pub(super) device: Value,
    pub(super) idempotence_key: String,
    pub(super) other_header: String,
}

impl Songbook {
    pub(super) fn new(signing_key: &SigningKey) -> Self {
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
            if let Some(Value::String(url)) = answer.get_mut("assetUrl") {
                *url = format!("https://assets.example/{url}");
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
