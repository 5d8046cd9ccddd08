//! What people read when something goes wrong, from the call to the line in their log.

use checkout_transport::Error;
use checkout_transport::testing::{ScriptedWire, Step};
use hosted_checkout::credentials::Variables;
use hosted_checkout::noah::{Credentials, FiatCurrencyCode, PaymentMethodCategory, line_item};
use serde_json::{Value, json};
use tests::spec::{self, Example, Spec};

use crate::shop::{answering, connect, example, key, noah, pay_in};

/// The line, and what it means for the money.
fn told(error: &Error) -> String {
    format!(
        "{error}\n\nkind: {:?}\noutcome: {:?}\nmoves money: {}",
        error.kind(),
        error.outcome(),
        error.moves_money()
    )
}

/// The answer of a pay-in to this script.
async fn refused(step: Step) -> Error {
    let wire = ScriptedWire::new([step]);
    let error = pay_in(&noah(&wire, Some(key())).checkout()).await.unwrap_err();
    assert_eq!(wire.sent().len(), 1, "nothing is sent twice");
    error
}

fn failure(spec: &Spec, response: &str, name: &str) -> Value {
    let place = format!("/components/responses/{response}/content/application~1json/examples/{name}/value");
    let found: Option<Example> = spec
        .examples()
        .into_iter()
        .find(|example| example.pointer == place);
    found.unwrap_or_else(|| panic!("no example {place}")).value
}

fn noah_failure(status: u16, response: &str, name: &str) -> Step {
    let body = failure(spec::noah(), response, name).to_string();
    Step::respond(status)
        .header("content-type", "application/json")
        .body(body)
}

#[tokio::test]
async fn a_pay_in_with_many_faults() {
    let wire = ScriptedWire::new([]);
    let error = noah(&wire, Some(key()))
        .checkout()
        .pay_in_fiat()
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Jpy)
        .crypto_currency("BTC")
        .fiat_amount("10,10")
        .return_url("shop.example/done")
        .customer_id("c".repeat(43))
        .external_id("")
        .nonce("n".repeat(37))
        .line_items([
            line_item("", 0, "5.05"),
            line_item("Coffee beans", "1e3", "5"),
            line_item("Tea", 3, "3.333").total("10"),
        ])
        .send()
        .await
        .unwrap_err();
    assert!(wire.sent().is_empty());
    insta::assert_snapshot!(told(&error).replace("; /", ";\n/"));
}

#[tokio::test]
async fn noah_refuses_the_signature() {
    insta::assert_snapshot!(told(
        &refused(noah_failure(401, "Unauthorized", "Signature")).await
    ));
}

#[tokio::test]
async fn noah_refuses_two_fields() {
    insta::assert_snapshot!(told(&refused(noah_failure(400, "BadRequest", "Fields")).await));
}

#[tokio::test]
async fn noah_denies_the_customer() {
    insta::assert_snapshot!(told(&refused(noah_failure(403, "Forbidden", "Denied")).await));
}

#[tokio::test]
async fn noah_fails() {
    insta::assert_snapshot!(told(
        &refused(noah_failure(500, "InternalServerError", "Unexpected")).await
    ));
}

#[tokio::test]
async fn a_gateway_answers_in_html() {
    let page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    let step = Step::respond(502).header("content-type", "text/html").body(page);
    insta::assert_snapshot!(told(&refused(step).await));
}

#[tokio::test(start_paused = true)]
async fn no_answer_comes() {
    insta::assert_snapshot!(told(&refused(Step::hang()).await));
}

#[tokio::test]
async fn nobody_listens() {
    insta::assert_snapshot!(told(&refused(Step::refuse_connection()).await));
}

#[tokio::test]
async fn the_connection_is_cut() {
    insta::assert_snapshot!(told(&refused(Step::cut()).await));
}

#[tokio::test]
async fn an_answer_in_another_currency_and_amount() {
    let mut answer = example(spec::noah(), "CheckoutSessionResponse", "Pending");
    answer["CheckoutSession"]["SourceCurrency"] = json!("EUR");
    answer["CheckoutSession"]["SourceAmount"] = json!("1010");
    answer["HostedURL"] = json!("https://checkout.noah.com.evil.example/payin");
    let step = Step::respond(200).body(answer.to_string());
    insta::assert_snapshot!(told(&refused(step).await).replace("; /", ";\n/"));
}

#[tokio::test]
async fn a_success_that_cannot_be_read() {
    let mut answer = example(spec::noah(), "CheckoutSessionResponse", "Pending");
    answer.as_object_mut().unwrap().remove("HostedURL");
    let step = Step::respond(200).body(answer.to_string());
    insta::assert_snapshot!(told(&refused(step).await));
}

#[tokio::test]
async fn worldline_refuses_the_key() {
    let body = failure(spec::worldline_connect(), "Forbidden", "Merchant");
    let error = connect(&answering(403, &body))
        .server()
        .test_connection()
        .await
        .unwrap_err();
    insta::assert_snapshot!(told(&error));
}

#[tokio::test]
async fn worldline_is_still_working_on_the_first_request() {
    let body = failure(spec::worldline_connect(), "Conflict", "Running");
    let error = connect(&answering(409, &body))
        .server()
        .create_session()
        .idempotence_key("key-1")
        .send()
        .await
        .unwrap_err();
    insta::assert_snapshot!(told(&error));
}

#[tokio::test]
async fn an_apple_pay_session_for_somebody_else() {
    let wire = ScriptedWire::new([]);
    let error = connect(&wire)
        .server()
        .apple_pay_session()
        .domain_name("https://pay.shop.example/")
        .validation_url("http://169.254.169.254/latest/meta-data")
        .send()
        .await
        .unwrap_err();
    assert!(wire.sent().is_empty());
    insta::assert_snapshot!(told(&error).replace("; /", ";\n/"));
}

#[test]
fn a_private_key_in_the_wrong_form() {
    let public_key = key().public_key_pem();
    let forms = [
        ("nothing", String::new()),
        ("a public key", public_key.clone()),
        (
            "an encrypted key",
            public_key.replace("PUBLIC KEY", "ENCRYPTED PRIVATE KEY"),
        ),
        (
            "an OpenSSH key",
            public_key.replace("PUBLIC KEY", "OPENSSH PRIVATE KEY"),
        ),
        ("a path that leads nowhere", "keys/no-such-key.pem".to_owned()),
        (
            "half a key",
            public_key.lines().take(2).collect::<Vec<_>>().join("\n"),
        ),
    ];
    let lines = forms.map(|(form, text)| {
        let lookup = move |name: &str| match name {
            "NOAH_ENVIRONMENT" => Some("production".to_owned()),
            "NOAH_API_KEY" => Some("apikey_prod_sample1".to_owned()),
            "NOAH_SIGNING_KEY" => Some(text.clone()),
            _ => None,
        };
        let error = Credentials::from_variables(Variables::new(lookup)).unwrap_err();
        format!("{form}:\n{error}")
    });
    insta::assert_snapshot!(lines.join("\n\n"));
}

#[test]
fn variables_that_do_not_belong_together() {
    let lookup = |name: &str| match name {
        "NOAH_ENVIRONMENT" => Some("sandbox".to_owned()),
        "NOAH_API_KEY" => Some("apikey_prod_sample1".to_owned()),
        "NOAH_BASE_URL" => Some("http://api.noah.com/v2/".to_owned()),
        _ => None,
    };
    insta::assert_snapshot!(Credentials::from_variables(Variables::new(lookup)).unwrap_err());
}
