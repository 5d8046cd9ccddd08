//! Apple Pay sessions.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, MobilePaymentProductSession302SpecificInput,
};

use super::refusal::Refusal;
use crate::engine::ground::Ground;
use crate::engine::text::milliseconds;

/// How long Apple honours a merchant session.
const APPLE_LIFE: Duration = Duration::from_secs(60 * 60);

/// Only Apple Pay has sessions.
pub(crate) fn check_product(payment_product_id: Option<&Value>) -> Result<(), Refusal> {
    match payment_product_id.and_then(Value::as_i64) {
        Some(302) => Ok(()),
        _ => Err(Refusal::no_session_for_product()),
    }
}

/// An Apple Pay session. The sandbox asks nobody: the merchant session is invented, and no address is opened.
pub(crate) fn session(
    request: CreatePaymentProductSessionRequest,
    ground: &Ground,
) -> Result<Value, Refusal> {
    const INPUT: &str = "paymentProductSession302SpecificInput";
    let missing = |name: &str| Refusal::missing(name, format!("{name} missing: product 302 needs it"));
    let input = request
        .payment_product_session302_specific_input
        .ok_or_else(|| missing(INPUT))?;
    let MobilePaymentProductSession302SpecificInput {
        display_name,
        domain_name,
        validation_url,
        ..
    } = input;
    let domain_path = format!("{INPUT}.domainName");
    let url_path = format!("{INPUT}.validationUrl");
    let domain_name = domain_name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| missing(&domain_path))?;
    let validation_url = validation_url
        .filter(|url| !url.is_empty())
        .ok_or_else(|| missing(&url_path))?;
    if domain_name.contains([':', '/', ' ']) {
        return Err(Refusal::invalid(
            &domain_path,
            "domainName is a host name without scheme, port and path",
        ));
    }
    if !Url::parse(&validation_url).is_ok_and(|url| url.scheme() == "https") {
        return Err(Refusal::invalid(
            &url_path,
            "validationUrl is the https address that Apple gave to the page",
        ));
    }
    let now = ground.now();
    let merchant_session = json!({
        "epochTimestamp": milliseconds(now),
        "expiresAt": milliseconds(now + APPLE_LIFE),
        "merchantSessionIdentifier": format!("SANDBOX_{}", ground.ids.simple()),
        "nonce": ground.ids.simple(),
        "merchantIdentifier": "SANDBOX",
        "domainName": domain_name,
        "displayName": display_name.unwrap_or_default(),
        "signature": "SANDBOX",
        "operationalAnalyticsIdentifier": "SANDBOX",
        "retries": 0,
        "pspId": "SANDBOX",
    });
    let output = json!({ "sessionObject": merchant_session.to_string() });
    Ok(json!({ "paymentProductSession302SpecificOutput": output }))
}
