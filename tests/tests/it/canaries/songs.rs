//! What every operation says and hears.

use checkout_core::key::SigningKey;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::spec::Spec;

use super::birds::Aviary;
use crate::matrix::{Api, Given, Row, rows};

/// What one operation says and hears.
pub(super) struct Song {
    pub(super) row: &'static Row,
    /// With each member of the unions in it.
    pub(super) requests: Vec<Given>,
    /// The status of its success.
    pub(super) status: u16,
    /// An answer that agrees with every request. `null` if it has none.
    pub(super) answer: Value,
    /// One that agrees with none.
    pub(super) contradiction: Value,
    /// What the API says of what it refuses.
    pub(super) refusal: Value,
    /// The same of a 401 or 403, whose explanation may be seen: it quotes credentials and no person.
    pub(super) denial: Value,
}

impl Song {
    pub(super) fn id(&self) -> &'static str {
        self.row.id()
    }

    fn of(row: &'static Row, aviary: &mut Aviary, credential: &str, idempotence_key: &str) -> Self {
        let bodies = match &row.described.body {
            Some(body) => aviary.requests(row.spec, row.component(&body.schema)),
            None => vec![Value::Null],
        };
        let requests = bodies.into_iter().map(|mut body| {
            settle(&mut body);
            let parameters = row.own_parameters().filter_map(|parameter| {
                let (_, schema) = row.description.resolve(&parameter.schema);
                // Of two amounts that exclude each other, one has no example. A page has none either, but its text sings.
                let is_free = schema["type"] == "string" && schema.get("pattern").is_none();
                row.example(parameter).or(is_free.then_some(schema))?;
                let value = match parameter.name.as_str() {
                    "X-GCS-Idempotence-Key" => idempotence_key.to_owned(),
                    // The client looks at them.
                    "SourceCurrency" | "DestinationCurrency" => "USD".to_owned(),
                    name if schema["type"] == "string" => aviary.fitting(name, schema),
                    _ => row.example(parameter).unwrap().to_string(),
                };
                Some((parameter.name.clone(), value))
            });
            Given {
                name: row.id().to_owned(),
                parameters: parameters.collect(),
                body: (!body.is_null()).then_some(body),
            }
        });
        let requests = requests.collect();
        let success = row.described.success().unwrap();
        let component = success.schema.as_ref().map(|schema| row.component(schema));
        let contradiction = component.map_or(Value::Null, |component| aviary.odd_answer(row.spec, component));
        let mut answer = component.map_or(Value::Null, |component| aviary.answer(row.spec, component));
        settle(&mut answer);
        let refused = row.refusals().find_map(|answer| answer.schema.as_ref()).unwrap();
        let refused = row.component(refused);
        Self {
            row,
            requests,
            status: success.status.parse().unwrap(),
            answer,
            contradiction,
            denial: quoting(aviary, row.spec, refused, Some(credential)),
            refusal: quoting(aviary, row.spec, refused, None),
        }
    }
}

/// Makes hosts and words of the fields that a client looks at.
fn settle(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Object(members) => {
            for (name, member) in members {
                let Value::String(text) = member else {
                    settle(member);
                    continue;
                };
                *text = match name.as_str() {
                    "HostedURL" => format!("https://checkout.sandbox.noah.com/{text}"),
                    "domainName" => format!("{text}.shop.example"),
                    "validationUrl" => format!("https://apple-pay-gateway-cert.apple.com/{text}"),
                    "assetUrl" => format!("https://assets.example/{text}"),
                    "result" => "OK".to_owned(),
                    "clientApiUrl" => "https://eu.sandbox.api-ingenico.com/client".to_owned(),
                    _ => continue,
                };
            }
        }
        _ => {}
    }
}

pub(super) struct Songbook {
    pub(super) aviary: Aviary,
    pub(super) songs: Vec<Song>,
    pub(super) api_key: String,
    pub(super) secret_api_key: String,
    pub(super) session: Value,
    pub(super) device: Value,
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

        let credentials = [
            (Api::Noah, api_key.clone()),
            // Of a server's credentials the API can quote none but the id of the key, which is no secret.
            (Api::Server, "key-id-1".to_owned()),
            (
                Api::Device,
                session["clientSessionId"].as_str().unwrap().to_owned(),
            ),
        ];
        let songs = rows().iter().map(|row| {
            let (_, credential) = credentials.iter().find(|(api, _)| *api == row.api()).unwrap();
            Song::of(row, &mut aviary, credential, &idempotence_key)
        });
        let songs = songs.collect();
        Self {
            aviary,
            songs,
            api_key,
            secret_api_key,
            session,
            device,
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
