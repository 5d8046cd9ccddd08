//! Each example sent by our client to the sandbox: it is answered, the answer is read whole, and it fits its schema.

use std::sync::LazyLock;

use checkout_core::key::SigningKey;
use checkout_sandbox::Sandbox;
use checkout_transport::Response;
use hosted_checkout::noah::Noah;
use hosted_checkout::worldline::{self, Connect, Endpoint, Server};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::schemas::{Schemas, faults};
use tokio::runtime::Runtime;

use super::{Api, Client, Column, Given, Row, rows};
use crate::shop::device;

pub(super) static COLUMN: Column = Column::new("sandbox", check);

#[test]
fn the_sandbox_answers_every_example() {
    COLUMN.hold();
}

struct World {
    runtime: Runtime,
    _sandbox: Sandbox,
    noah: Noah,
    connect: Connect,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::builder().start()).unwrap();
    let key = SigningKey::from_pem(sandbox.noah().private_key_pem().unwrap().expose_secret()).unwrap();
    let noah = Noah::local(
        &sandbox.noah().report().base_url,
        &sandbox.noah().report().api_key,
        key,
    )
    .unwrap();
    let account = sandbox.worldline();
    let credentials = worldline::Credentials::builder()
        .merchant_id(account.report().merchant_id.as_str())
        .api_key_id(account.report().api_key_id.as_str())
        .secret_api_key(account.report().secret_api_key.as_str())
        .integrator("Sample Coffee")
        .build()
        .unwrap();
    let connect = Connect::new(Endpoint::parse(&account.report().endpoint).unwrap(), credentials).unwrap();
    // Whom the examples name.
    let (row, given) = example("putCustomer", "Individual");
    runtime.block_on(call(&Client::Noah(noah.clone()), row, &given));
    // What payouts take from.
    for currency in ["BTC_TEST", "USDC_TEST"] {
        let (row, mut given) = example("createFiatPayin", "Business");
        let body = given.body.as_mut().unwrap();
        body["CryptoCurrency"] = json!(currency);
        body["Nonce"] = json!(format!("funds in {currency}"));
        let opened = runtime.block_on(call(&Client::Noah(noah.clone()), row, &given));
        let session = opened["CheckoutSession"]["CheckoutSessionID"].as_str().unwrap();
        sandbox.noah().settle(session).unwrap();
    }
    World {
        runtime,
        _sandbox: sandbox,
        noah,
        connect,
    }
});

fn check(row: &Row) -> Result<usize, String> {
    let World {
        runtime,
        noah,
        connect,
        ..
    } = &*WORLD;
    let server = connect.server();
    let client = match row.api() {
        Api::Noah => Client::Noah(noah.clone()),
        Api::Server => Client::Server(server),
        Api::Device => Client::Device(runtime.block_on(open(connect, &server))),
    };
    let mut count = 0;
    for mut given in row.calls() {
        runtime.block_on(know(&client, row, &mut given));
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", given.name);
        let prepared = client.prepare(row.id(), &given).map_err(|error| told(&error))?;
        let answer = runtime
            .block_on(client.send(&prepared))
            .map_err(|error| told(&error))?;
        if !answer.unreadable().is_empty() {
            return Err(told(&format!("{:?}", answer.unreadable())));
        }
        let status = answer.status().as_str().to_owned();
        let documented = row.successes().find(|success| success.status == status);
        let documented = documented.ok_or_else(|| told(&format!("{status} is not documented")))?;
        if let Some(schema) = &documented.schema {
            let validator = row
                .spec
                .schemas
                .validator(&Schemas::location(row.component(schema)));
            let faults = faults(&validator, &answer);
            assert!(faults.is_empty(), "{}: {}", given.name, faults.join("; "));
        }
        count += 1;
    }
    // An operation that moves money and has no behaviour is refused: a hole, like one without an example.
    if count == 0 {
        return Err("the sandbox has answered nothing".to_owned());
    }
    Ok(count)
}

/// Puts what the sandbox knows in the place of what the examples name.
async fn know(client: &Client, row: &Row, given: &mut Given) {
    // Payees are stored on the hosted page alone.
    if let Some(body) = &mut given.body
        && row.id() == "prepareSellTransaction"
        && body.as_object_mut().unwrap().remove("PaymentMethodID").is_some()
    {
        let (_, payee) = example(row.id(), "NewPayee");
        body["Form"] = payee.body.unwrap()["Form"].clone();
    }
    let names_payee = |body: &Value| {
        ["Form", "PaymentMethodID"]
            .iter()
            .any(|name| body.get(name).is_some())
    };
    // Only a card asks for nothing more.
    let method = match &given.body {
        Some(body) if !names_payee(body) => "TokenizedCard",
        _ => "BankAch",
    };
    let mut in_body = Vec::new();
    given.body.iter_mut().for_each(|body| texts(body, &mut in_body));
    for (name, value) in in_body {
        if let Some(known) = known(client, row, name, method).await {
            *value = json!(known);
        }
    }
    for (name, value) in &mut given.parameters {
        if let Some(known) = known(client, row, name, method).await {
            *value = known;
        }
    }
}

/// All texts of a body by their names, those of its parts too.
fn texts<'a>(part: &'a mut Value, found: &mut Vec<(&'a String, &'a mut Value)>) {
    match part {
        Value::Object(members) => {
            for (name, value) in members {
                if value.is_string() {
                    found.push((name, value));
                } else {
                    texts(value, found);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| texts(item, found)),
        _ => {}
    }
}

async fn known(client: &Client, row: &Row, name: &str, method: &str) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match name {
        "ChannelID" => Some(channel(client, method).await),
        "FormSessionID" => {
            let (row, mut given) = example("prepareSellTransaction", "NewPayee");
            given.body.as_mut().unwrap()["ChannelID"] = json!(channel(client, "BankAch").await);
            Some(text(&call(client, row, &given).await["FormSessionID"]))
        }
        "TransactionID" => {
            let (row, given) = example("createSell", "Minimal");
            Some(text(&call(client, row, &given).await["Transaction"]["ID"]))
        }
        // Others' are checked already.
        "CustomerID" if row.id() == "createOnboardingSession" => Some("customer-unchecked".to_owned()),
        _ => None,
    }
}

async fn channel(client: &Client, method: &str) -> String {
    let (row, given) = example("listChannels", "Minimal");
    let listed = call(client, row, &given).await;
    let mut channels = listed["Items"].as_array().unwrap().iter();
    let found = channels.find(|channel| channel["PaymentMethodType"] == method);
    found.unwrap()["ID"].as_str().unwrap().to_owned()
}

fn example(id: &str, name: &str) -> (&'static Row, Given) {
    let row = rows().iter().find(|row| row.id() == id).unwrap();
    let given = row.calls().into_iter().find(|given| given.name == name);
    (row, given.unwrap())
}

async fn call(client: &Client, row: &Row, given: &Given) -> Response<Value> {
    let prepared = client.prepare(row.id(), given).unwrap();
    client.send(&prepared).await.unwrap()
}

/// A client of a session that was opened just now.
async fn open(connect: &Connect, server: &Server) -> worldline::Client {
    let session = server.create_session().send().await.unwrap();
    connect.client(session.session(), &device()).unwrap()
}
