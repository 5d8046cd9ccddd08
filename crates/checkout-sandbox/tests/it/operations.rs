//! Every operation of the specs, asked as its examples ask, and each answer held against its own schema.

use std::collections::{BTreeMap, BTreeSet};

use checkout_core::Idempotency;
use checkout_core::described::{DescribedAnswer, DescribedOperation, Description};
use checkout_sandbox::Sandbox;
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::signer::http;
use crate::worldline_signer::Merchant;

/// Operations that name something which no example has made.
const NAME_SOMETHING_UNKNOWN: &[&str] = &[
    "prepareSellTransaction",
    "getChannel",
    "getChannelForm",
    "getTransaction",
    "sellTransaction",
    "createOnchainDepositToPaymentMethod",
    "createRule",
];

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The path with its parameters filled in and a query, by the examples of the spec.
fn target(description: &Description, operation: &DescribedOperation) -> String {
    let mut path = operation.path.clone();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for parameter in &operation.parameters {
        let (_, schema) = description.resolve(&parameter.schema);
        let example = parameter.example.as_ref();
        let example = example.or_else(|| schema.pointer("/examples/0").filter(|_| parameter.required));
        let Some(example) = example.map(text) else {
            assert!(
                !parameter.required,
                "{}: no example of {}",
                operation.id, parameter.name
            );
            continue;
        };
        match parameter.place.as_str() {
            "path" => {
                let example = url::form_urlencoded::byte_serialize(example.as_bytes()).collect::<String>();
                path = path.replace(&format!("{{{}}}", parameter.name), &example);
            }
            // The second page of a list is another one's.
            "query" if parameter.required || !parameter.name.ends_with("Token") => {
                query.append_pair(&parameter.name, &example);
            }
            _ => {}
        }
    }
    let query = query.finish();
    if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    }
}

/// The documented answer that this one is, by its status; its body must be what that says.
async fn held(description: &Description, operation: &DescribedOperation, answer: Response) -> u16 {
    let status = answer.status().as_u16();
    let id = &operation.id;
    let documented: Option<&DescribedAnswer> = operation
        .responses
        .iter()
        .find(|documented| documented.status == status.to_string());
    let body = answer.text().await.unwrap();
    assert!(
        !body.contains("noah.com"),
        "{id} leads to a host of NOAH's: {body}"
    );
    let documented = documented.unwrap_or_else(|| panic!("{id}: {status} is not documented: {body}"));
    match &documented.schema {
        None => assert_eq!(body, "", "{id}: {status}"),
        Some(schema) => {
            let validator = jsonschema::validator_for(&description.standalone(schema)).unwrap();
            let body: Value = serde_json::from_str(&body).unwrap();
            let faults: Vec<String> = validator
                .iter_errors(&body)
                .map(|fault| format!("{} {fault}", fault.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{id}: {status}: {faults:?} in {body}");
        }
    }
    status
}

async fn ask(
    http: &Client,
    sandbox: &Sandbox,
    operation: &DescribedOperation,
    body: Option<&Value>,
) -> Response {
    let target = target(noah_models::described(), operation);
    let request = http
        .request(
            operation.method.parse().unwrap(),
            format!("{}{target}", sandbox.noah().report().base_url),
        )
        .header("X-Api-Key", &sandbox.noah().report().unsigned_api_key);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    request.send().await.unwrap()
}

/// Each operation by itself, then all of them twice, since what the first round makes is known in the second.
#[tokio::test]
async fn every_answer_of_noah_is_what_its_spec_says() {
    let http = http();
    let description = noah_models::described();
    let shared = Sandbox::builder().start().await.unwrap();
    let mut succeeded = BTreeMap::new();
    for round in 0..3 {
        for operation in &description.operations {
            let own = Sandbox::builder().start().await.unwrap();
            let sandbox = if round == 0 { &own } else { &shared };
            let bodies: Vec<Option<&Value>> = match &operation.body {
                Some(body) => body
                    .examples
                    .values()
                    .map(|example| Some(&example.value))
                    .collect(),
                None => vec![None],
            };
            assert!(!bodies.is_empty(), "{}: no example of a body", operation.id);
            for body in bodies {
                let answer = ask(&http, sandbox, operation, body).await;
                let status = held(description, operation, answer).await;
                *succeeded.entry(operation.id.as_str()).or_insert(false) |= status < 300;
            }
        }
    }
    let failed: Vec<&str> = succeeded
        .into_iter()
        .filter(|(id, succeeded)| {
            let is_refused = NAME_SOMETHING_UNKNOWN.contains(id);
            *succeeded == is_refused
        })
        .map(|(id, _)| id)
        .collect();
    assert!(
        failed.is_empty(),
        "no example succeeds, or one does unexpectedly: {failed:?}"
    );
}

#[tokio::test]
async fn the_page_of_an_example_says_what_it_is() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let http = http();
    let help = noah_models::described().operation("createHelpSession").unwrap();
    let body = help.body.as_ref().unwrap().examples.values().next().unwrap();
    let answer: Value = ask(&http, &sandbox, help, Some(&body.value))
        .await
        .json()
        .await
        .unwrap();
    let address = answer["HostedURL"].as_str().unwrap();
    let page = http.get(address).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("no behaviour for createHelpSession"),
        "{address}: {page}"
    );
}

#[tokio::test]
async fn every_key_of_noah_is_found_and_holds() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let http = http();
    let deposit = json!({"PaymentMethodID": "Bank/BankSepa/EUR/SANDBOX/0000000042", "FiatAmount": "1000", "FiatCurrency": "EUR"});
    let simulate = noah_models::described().operation("simulateFiatDeposit").unwrap();
    assert_eq!(ask(&http, &sandbox, simulate, Some(&deposit)).await.status(), 200);
    let (mut keyed, mut held) = (0, BTreeSet::new());
    for operation in noah_models::operations::ALL {
        let Idempotency::BodyField(path) = operation.idempotency else {
            continue;
        };
        let described = noah_models::described().operation(operation.id).unwrap();
        for example in described.body.as_ref().unwrap().examples.values() {
            let mut body = example.value.clone();
            let key = body.pointer(&format!("/{path}"));
            assert!(key.is_some_and(Value::is_string), "{}: {path}", operation.id);
            keyed += 1;
            let first = ask(&http, &sandbox, described, Some(&body)).await;
            if !first.status().is_success() {
                continue;
            }
            let first = (first.status(), first.bytes().await.unwrap());
            let again = ask(&http, &sandbox, described, Some(&body)).await;
            let again = (again.status(), again.bytes().await.unwrap());
            assert_eq!(again, first, "{}", operation.id);
            body["ExternalID"] = "another order".into();
            let other = ask(&http, &sandbox, described, Some(&body)).await;
            assert_eq!(other.status(), 409, "{}", operation.id);
            held.insert(operation.id);
        }
    }
    assert!(keyed >= 16, "{keyed}");
    let expected = [
        "createBuy",
        "createCryptoPayin",
        "createFiatPayin",
        "createFiatPayout",
        "createSell",
    ];
    assert_eq!(held, BTreeSet::from(expected));
}

#[tokio::test]
async fn every_answer_of_the_server_api_is_what_its_spec_says() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let description = worldline_connect_models::described();
    let mut asked = 0;
    for operation in &description.operations {
        if !operation.path.starts_with("/v1/{merchantId}") {
            continue;
        }
        let described = target(description, operation);
        let path = described
            .split('/')
            .skip(3)
            .fold(String::new(), |path, part| path + "/" + part);
        assert_eq!(
            path.split('/').count(),
            operation.path.split('/').count() - 2,
            "{path}"
        );
        let examples = operation.body.iter().flat_map(|body| body.examples.values());
        let bodies: Vec<String> = examples.map(|example| example.value.to_string()).collect();
        let requests: Vec<_> = match operation.method.as_str() {
            "GET" => vec![merchant.get(&path)],
            _ => bodies.iter().map(|body| merchant.post(&path, body)).collect(),
        };
        for request in requests {
            let answer = merchant.send(&request).await;
            assert!(
                held(description, operation, answer).await < 300,
                "{}",
                operation.id
            );
            asked += 1;
        }
    }
    assert!(asked >= 4, "{asked}");
}

#[tokio::test]
async fn what_an_operation_does_not_take_is_ignored_and_told_or_refused() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let manage = format!(
        "{}/checkout/manage?Unknown=1&CustomerID=2",
        sandbox.noah().report().base_url.clone()
    );
    let answer = http()
        .post(manage)
        .header("X-Api-Key", &sandbox.noah().report().unsigned_api_key)
        .json(&json!({"CustomerID": "c", "Customer": crate::signer::person(), "Colour": 1}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["x-sandbox-ignored-fields"],
        "?Unknown, ?CustomerID, /Colour"
    );
}
