//! Stand-ins for what a dry run is not given: it needs no credentials, and refuses what of those that are given does not go
//! together, as a call would.
//!
//! A client made of stand-ins prepares requests and sends none. What shows in a request says itself that it stands in: no
//! host is below `.invalid`.

use checkout_core::key::{Algorithm, SigningKey};
use hosted_checkout::credentials::Variables;
use hosted_checkout::noah::{ApiKey, Environment};
use hosted_checkout::worldline::{Endpoint, Environment as ConnectEnvironment};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::hosts::{HostArgs, listed};
use crate::secrets::Lookup;

const NOAH_NOWHERE: &str = "noah-environment-not-set.invalid";
const NOAH_NO_BASE_URL: &str = "noah-base-url-not-set.invalid";
const CONNECT_NOWHERE: &str = "worldline-connect-endpoint-not-set.invalid";
const MERCHANT_ID: &str = "WORLDLINE_CONNECT_MERCHANT_ID";
/// Fit to be an id, a secret or a name.
const NOT_SET: &str = "not-set";

/// The variables that a client of NOAH is made of.
pub(crate) fn noah<'a>(lookup: &'a Lookup, hosts: &'a HostArgs) -> Variables<'a> {
    let given = |name: &str| hosts.beside(name, lookup.given(name));
    let told = told_environment(given);
    let named = given("NOAH_ENVIRONMENT").map_or(told, |name| name.parse().ok());
    let nowhere = match named {
        _ if given("NOAH_BASE_URL").is_some() => None,
        None => Some(NOAH_NOWHERE),
        Some(Environment::Local) => Some(NOAH_NO_BASE_URL),
        Some(_) => None,
    };
    let environment = named.unwrap_or(Environment::Local);
    Variables::new(move |name| {
        let given = given(name);
        if name == "NOAH_OWN_HOST" {
            return listed(given, nowhere.into_iter());
        }
        given.or_else(|| stand_in_for_noah(name, environment, nowhere))
    })
    .beside_flags()
}

/// Of NOAH's environment, where none is named: what the URL tells, or else the key.
fn told_environment(given: impl Fn(&str) -> Option<String>) -> Option<Environment> {
    let of_url = given("NOAH_BASE_URL")
        .and_then(|url| Url::parse(&url).ok())
        .and_then(|url| Environment::of_url(&url));
    let of_key = || Some(ApiKey::parse(&given("NOAH_API_KEY")?).ok()?.environment());
    of_url.or_else(of_key)
}

fn stand_in_for_noah(name: &str, environment: Environment, nowhere: Option<&str>) -> Option<String> {
    match name {
        "NOAH_ENVIRONMENT" => Some(environment.to_string()),
        "NOAH_BASE_URL" => nowhere.map(|host| format!("https://{host}/v1")),
        "NOAH_API_KEY" => {
            let of = if environment == Environment::Production {
                "prod"
            } else {
                "sandbox"
            };
            Some(format!("apikey_{of}_{NOT_SET}"))
        }
        // A client of production wants one. It signs nothing.
        "NOAH_SIGNING_KEY" if environment == Environment::Production => {
            let key = SigningKey::generate(Algorithm::ES384).ok()?;
            Some(key.to_pkcs8_pem().ok()?.expose_secret().to_owned())
        }
        _ => None,
    }
}

/// The variables that a connection to Worldline Connect is made of.
pub(crate) fn worldline<'a>(lookup: &'a Lookup, hosts: &'a HostArgs) -> Variables<'a> {
    let given = |name: &str| hosts.beside(name, lookup.given(name));
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
    .beside_flags()
}
