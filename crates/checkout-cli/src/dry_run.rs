//! A dry run: what it shows, and stand-ins for what is not given. It needs no credentials. Given credentials that do
//! not go together are refused, as by a call.
//!
//! A client made of stand-ins prepares requests and sends none. What shows in a request says itself that it stands in: no
//! host is below `.invalid`.

use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::PreparedRequest;
use hosted_checkout::credentials::Variables;
use hosted_checkout::noah::{ApiKey, Environment};
use hosted_checkout::worldline::{Endpoint, Environment as ConnectEnvironment};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use url::Url;

use crate::hosts::listed;
use crate::{Failure, Output};

const NOAH_NOWHERE: &str = "noah-environment-not-set.invalid";
const NOAH_NO_BASE_URL: &str = "noah-base-url-not-set.invalid";
const CONNECT_NOWHERE: &str = "worldline-connect-endpoint-not-set.invalid";
const MERCHANT_ID: &str = "WORLDLINE_CONNECT_MERCHANT_ID";
/// A stand-in for an id, a secret or a name.
const NOT_SET: &str = "not-set";

/// The variables that a client of NOAH is made of, by those that are given.
pub(crate) fn noah<'a>(given: impl Fn(&str) -> Option<String> + 'a) -> Variables<'a> {
    let has_url = given("NOAH_BASE_URL").is_some();
    // Read once: a path may be that of a pipe.
    let key = given("NOAH_API_KEY").and_then(|text| ApiKey::from_text_or_path(&text).ok());
    let of_url = || Environment::of_url(&Url::parse(&given("NOAH_BASE_URL")?).ok()?);
    let told = || of_url().or_else(|| Some(key.as_ref()?.environment()));
    let named = given("NOAH_ENVIRONMENT").map_or_else(told, |name| name.parse().ok());
    let nowhere = match named {
        _ if has_url => None,
        None => Some(NOAH_NOWHERE),
        Some(Environment::Local) => Some(NOAH_NO_BASE_URL),
        Some(_) => None,
    };
    // A URL that shows no environment is judged by the one that is meant, so that has to be named.
    let environment = named.or((!has_url).then_some(Environment::Local));
    Variables::new(move |name| {
        let given = given(name);
        if name == "NOAH_OWN_HOST" {
            return listed(given, nowhere.into_iter());
        }
        if name == "NOAH_API_KEY"
            && let Some(key) = &key
        {
            return Some(key.expose_secret().to_owned());
        }
        given.or_else(|| stand_in_for_noah(name, environment, nowhere))
    })
}

fn stand_in_for_noah(name: &str, environment: Option<Environment>, nowhere: Option<&str>) -> Option<String> {
    let is_production = environment == Some(Environment::Production);
    match name {
        "NOAH_ENVIRONMENT" => environment.map(|environment| environment.to_string()),
        "NOAH_BASE_URL" => nowhere.map(|host| format!("https://{host}/v1")),
        "NOAH_API_KEY" => {
            let of = if is_production { "prod" } else { "sandbox" };
            Some(format!("apikey_{of}_{NOT_SET}"))
        }
        // A client of production wants one. It signs nothing.
        "NOAH_SIGNING_KEY" if is_production => {
            let key = SigningKey::generate(Algorithm::ES384).ok()?;
            Some(key.to_pkcs8_pem().ok()?.expose_secret().to_owned())
        }
        _ => None,
    }
}

/// The variables that a connection to Worldline Connect is made of, by those that are given.
pub(crate) fn worldline<'a>(given: impl Fn(&str) -> Option<String> + 'a) -> Variables<'a> {
    let environment = given("WORLDLINE_CONNECT_ENVIRONMENT").and_then(|name| name.parse().ok());
    let endpoint = match environment {
        Some(ConnectEnvironment::Sandbox) => Endpoint::sandbox().to_string(),
        // There are several, and nothing tells which is meant.
        _ => format!("https://{CONNECT_NOWHERE}"),
    };
    let has_secret_file = given("WORLDLINE_CONNECT_SECRET_API_KEY_FILE").is_some();
    Variables::new(move |name| {
        let given = given(name);
        match name {
            "WORLDLINE_CONNECT_OWN_HOST" => listed(given, [CONNECT_NOWHERE].into_iter()),
            "WORLDLINE_CONNECT_ENDPOINT" => given.or_else(|| Some(endpoint.clone())),
            MERCHANT_ID => given.or_else(|| Some(MERCHANT_ID.to_owned())),
            "WORLDLINE_CONNECT_SECRET_API_KEY" if has_secret_file => given,
            "WORLDLINE_CONNECT_API_KEY_ID"
            | "WORLDLINE_CONNECT_SECRET_API_KEY"
            | "WORLDLINE_CONNECT_INTEGRATOR" => given.or_else(|| Some(NOT_SET.to_owned())),
            _ => given,
        }
    })
}

/// The request as it would be sent; credentials and signature are added on the way.
pub(crate) fn show(prepared: &PreparedRequest, output: &mut Output) -> Result<(), Failure> {
    let stored = serde_json::to_value(prepared).map_err(Failure::failed)?;
    let url = format!("{}{}", prepared.base_url(), prepared.path());
    let body: Value = serde_json::from_slice(prepared.body()).unwrap_or_default();
    output.line(format_args!("{} {url}", prepared.method()))?;
    for header in stored["headers"].as_array().into_iter().flatten() {
        let text = |index: usize| header[index].as_str().unwrap_or_default();
        output.line(format_args!("{}: {}", text(0), text(1)))?;
    }
    output.line("")?;
    output.lines(serde_json::to_string_pretty(&body).map_err(Failure::failed)?)?;
    output.lines("\nNot sent. Credentials and signature would be added on the way.")?;
    output.json(&json!({
        "ok": true,
        "sent": false,
        "operation": prepared.operation().id,
        "method": prepared.method().as_str(),
        "url": url,
        "headers": stored["headers"],
        "body": body,
        "body_sha256": prepared.body_sha256(),
        "idempotency_key": prepared.idempotency_key(),
    }))?;
    Ok(())
}
