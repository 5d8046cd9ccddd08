//! What NOAH sends and no document has: every field that is not as it should be costs itself, and nothing else.

use std::sync::LazyLock;

use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::testing::{ScriptedWire, Step};
use hosted_checkout::noah::models::{Customer, VerificationStatus};
use hosted_checkout::noah::{
    Credentials, CryptoCurrencyCode, Event, EventData, FiatCurrencyCode, FiatDepositStatus, Noah, PayIn,
    PaymentMethodCategory, TransactionStatus, WebhookData, Webhooks, line_item, sign_for_test,
};
use hosted_checkout::{Error, ErrorKind, Outcome, Received};
use http::HeaderMap;
use serde_json::{Value, json};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::ES384).unwrap());

fn event(body: &str) -> Event {
    let signature = sign_for_test(&KEY, body.as_bytes()).unwrap();
    let headers = HeaderMap::from_iter([(
        http::HeaderName::from_static("webhook-signature"),
        signature.parse().unwrap(),
    )]);
    let webhooks = Webhooks::local(KEY.verifying_key().clone()).unwrap();
    webhooks.verify(&headers, body.as_bytes()).unwrap()
}

fn known(event: &Event) -> &WebhookData {
    match event.data() {
        EventData::Known(data) => data,
        other => panic!("{other:?}"),
    }
}

fn transaction(event: &Event) -> &hosted_checkout::noah::models::Transaction {
    match known(event) {
        WebhookData::Transaction(transaction) => transaction,
        other => panic!("{other:?}"),
    }
}

fn told(event: &Event) -> Vec<String> {
    event.unreadable().iter().map(ToString::to_string).collect()
}

/// Of half a surrogate pair nobody can make a text: that text is lost, and is there as it came.
#[test]
fn half_a_character_costs_its_text() {
    let body = include_str!("received/webhook_lone_surrogate.json");
    let event = event(body);
    assert_eq!(event.version(), 1_795_827_870_950);
    assert_eq!(
        event.identity().object_id(),
        Some("e91d6045-08a5-4f6a-b70b-93d00c3661ad")
    );
    let transaction = transaction(&event);
    assert_eq!(transaction.status, TransactionStatus::Settled);
    let Received::Unreadable(id) = &transaction.external_id else {
        panic!("{:?}", transaction.external_id)
    };
    assert_eq!(id.json().as_str(), r#""caf\ud83d""#);
    assert_eq!(told(&event), ["the value at /Data/ExternalID is not a text"]);
    assert_eq!(event.raw(), body.as_bytes());
    // Written again, it is what it was.
    let again = serde_json::to_string(transaction).unwrap();
    assert!(again.contains(r#""ExternalID":"caf\ud83d""#), "{again}");
}

#[test]
fn a_number_beyond_a_double_costs_nothing_else() {
    let body = include_str!("received/webhook_line_item_1e400.json");
    let event = event(body);
    let transaction = transaction(&event);
    assert_eq!(transaction.status, TransactionStatus::Settled);
    assert_eq!(transaction.external_id.text(), Some("order-7"));
    // Wherever it stands.
    for (name, odd) in [
        ("Amount", "1e400"),
        ("Amount", "10.100000000000000000000000000000000001"),
        ("Status", "-1e999"),
        ("New", "1e400"),
        ("Breakdown", "[1e400]"),
        ("FiatPayment", r#"{"Amount":1e400,"FiatCurrency":"USD"}"#),
        (r"\ud800", r#""\udc00""#),
    ] {
        let body = format!(
            r#"{{"EventType":"Transaction","EventVersion":7,"Data":{{"ID":"t-1","Direction":"In","CryptoCurrency":"USDC","{name}":{odd}{}}}}}"#,
            if name == "Status" {
                ""
            } else {
                r#","Status":"Settled""#
            }
        );
        let event = self::event(&body);
        assert_eq!(event.identity().object_id(), Some("t-1"), "{body}");
        let again = serde_json::to_string(self::transaction(&event)).unwrap();
        // To the digit.
        assert!(again.contains(odd), "{again}");
    }
}

#[test]
fn a_decision_about_a_customer_is_read_whatever_is_missing() {
    let body = include_str!("received/customer_no_created.json");
    let event = event(body);
    let WebhookData::Customer(Customer::Individual(person)) = known(&event) else {
        panic!("{:?}", event.data())
    };
    let verification = person.verification.value().unwrap();
    assert_eq!(verification.status, VerificationStatus::Approved);
    assert!(person.created.is_absent());
    assert_eq!(told(&event), [""; 0]);

    let whole: Value = serde_json::from_str(body).unwrap();
    let names: Vec<&String> = whole["Data"].as_object().unwrap().keys().collect();
    for name in names {
        for odd in [None, Some(Value::Null), Some(json!(7)), Some(json!(["odd"]))] {
            let mut changed = whole.clone();
            let data = changed["Data"].as_object_mut().unwrap();
            match &odd {
                Some(odd) => drop(data.insert(name.clone(), odd.clone())),
                None => drop(data.remove(name)),
            }
            let event = self::event(&changed.to_string());
            match event.data() {
                EventData::Known(WebhookData::Customer(Customer::Individual(person))) => {
                    let lost = matches!(odd, Some(Value::Number(_) | Value::Array(_)))
                        && !(name == "Identities" && odd == Some(json!([])));
                    assert_eq!(
                        !event.unreadable().is_empty(),
                        lost || name == "CustomerID",
                        "{name}: {odd:?}"
                    );
                    assert!(name == "Verification" || person.verification.value().is_some());
                }
                EventData::Undecodable { error, .. } => {
                    assert!(name == "Type" || name == "CustomerID", "{name}: {odd:?}");
                    assert!(error.to_string().contains(name.as_str()), "{error}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

/// A tag that is listed, and a body that is not its own: said, and not passed over as unknown.
#[test]
fn a_member_that_does_not_fit_is_named() {
    let body = r#"{"EventType":"Customer","EventVersion":7,"Data":{"Type":"Individual","FullName":{"FirstName":"ADA"}}}"#;
    let event = event(body);
    let EventData::Undecodable { error, raw } = event.data() else {
        panic!("{:?}", event.data())
    };
    assert_eq!(
        error.to_string(),
        "the required field CustomerID is missing at /Data"
    );
    assert!(raw.get("FullName").is_some());

    // Further in it costs the field that holds it.
    let card = r#"{"EventType":"Transaction","EventVersion":7,"Data":{"ID":"t","Status":"Settled","Direction":"In","CryptoCurrency":"USDC",
        "FiatPaymentMethod":{"ID":"m","Country":"US","PaymentMethodCategory":"Card","DisplayDetails":{"Type":"FiatPaymentMethodCardDisplay","Scheme":"Visa"}}}}"#;
    let event = self::event(card);
    let method = transaction(&event).fiat_payment_method.value().unwrap();
    assert!(method.display_details.unreadable().is_some());
    assert_eq!(
        told(&event),
        ["the required field Last4 is missing at /Data/FiatPaymentMethod/DisplayDetails"]
    );

    // One that is not listed is kept whole, and told of.
    let charity = r#"{"EventType":"Customer","EventVersion":7,"Data":{"Type":"Charity","CustomerID":"c"}}"#;
    let event = self::event(charity);
    assert!(matches!(
        known(&event),
        WebhookData::Customer(Customer::Unknown(_))
    ));
    assert_eq!(
        told(&event),
        ["the value at /Data/Type is not one that the spec lists"]
    );
}

/// Live fields have their places, and those that nobody knows are reachable from the typed value, and are written again.
#[test]
fn live_fields_are_typed_and_unknown_ones_are_kept() {
    let body = include_str!("received/tx_orch_no_ruleid.json");
    let event = event(body);
    assert_eq!(told(&event), [""; 0]);
    let transaction = transaction(&event);
    assert_eq!(transaction.sub_status.text(), Some("AwaitingRFI"));
    assert_eq!(transaction.rfi.value().unwrap().status.text(), Some("Completed"));
    let orchestration = transaction.orchestration.value().unwrap();
    assert!(orchestration.rule_id.is_absent());
    let method = transaction.fiat_payment_method.value().unwrap();
    assert_eq!(method.payment_method_type.text(), Some("BankAch"));
    assert_eq!(method.issuer_details.value().unwrap().name.text(), Some("Bank"));

    let mut whole: Value = serde_json::from_str(body).unwrap();
    fn add(value: &mut Value) -> usize {
        let mut count = 0;
        if let Value::Object(members) = value {
            count += members.values_mut().map(add).sum::<usize>() + 1;
            members.insert("Überraschung".to_owned(), json!({"deep": [1, null, "CANARY"]}));
        } else if let Value::Array(items) = value {
            count += items.iter_mut().map(add).sum::<usize>();
        }
        count
    }
    let count = add(&mut whole["Data"]);
    assert!(count >= 13, "{count} objects");
    let event = self::event(&whole.to_string());
    let transaction = self::transaction(&event);
    let new = transaction.other.get("Überraschung").unwrap();
    assert_eq!(new.as_str(), r#"{"deep":[1,null,"CANARY"]}"#);
    assert_eq!(serde_json::to_value(transaction).unwrap(), whole["Data"]);
    assert!(!format!("{event:?} {:?}", event.data()).contains("CANARY"));
}

/// A shape of a live payload: what it is called, its event type, its data, and what of it must be typed.
type Shape = (&'static str, &'static str, Value, fn(&WebhookData) -> bool);

/// Every shape in NOAH's docs pages and in reports of integrators, written anew.
fn shapes() -> Vec<Shape> {
    use WebhookData::{CheckoutSession, FiatDeposit, Transaction};
    let transaction = |more: Value| {
        let mut data = json!({"ID": "t-1", "Status": "Pending", "Direction": "In", "CryptoCurrency": "USDC"});
        data.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        data
    };
    let deposit = |more: Value| {
        let mut data = json!({
            "ID": "d-1", "Status": "Pending", "FiatAmount": "100.50", "FiatCurrency": "EUR", "Created": "2026-02-03T10:00:00.123Z",
            "PaymentMethodID": "Bank/BankSepa/EUR/A/1", "Sender": {"FullName": "Ada Mock-Doe",
                "Details": {"Type": "FiatPaymentMethodBankDisplay", "AccountNumber": "2", "BankCode": "B"}},
        });
        data.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        data
    };
    let person = |verification: Value| {
        let mut data = json!({"Type": "Individual", "CustomerID": "c-1", "FullName": {"FirstName": "Ada", "LastName": "Mock-Doe"}});
        data.as_object_mut()
            .unwrap()
            .extend(verification.as_object().unwrap().clone());
        data
    };
    vec![
        (
            "a transaction with what is required alone",
            "Transaction",
            transaction(json!({})),
            |data| matches!(data, Transaction(one) if one.created.is_absent() && one.external_id.is_absent()),
        ),
        // RFI does not make it settled.
        (
            "asked for information, and answered",
            "Transaction",
            transaction(
                json!({"SubStatus": "AwaitingRFI", "RFI": {"Status": "Completed", "ID": "r-1", "Link": "new"}}),
            ),
            |data| {
                matches!(data, Transaction(one) if one.status == TransactionStatus::Pending
                && one.rfi.value().is_some_and(|rfi| rfi.other.get("Link").is_some()))
            },
        ),
        (
            "the first half of a bank on-ramp",
            "Transaction",
            transaction(
                json!({"Network": "OffNetwork", "Status": "Settled", "FiatPayment": {"Amount": "100", "FeeAmount": "1",
                "Rate": "1.08", "FiatCurrency": "EUR", "FiatDepositID": "d-1", "PaymentSystemID": "p-1"}}),
            ),
            |data| matches!(data, Transaction(one) if one.fiat_payment.value().is_some_and(|paid| paid.rate.value().is_some())),
        ),
        (
            "the second, set off by a rule",
            "Transaction",
            transaction(
                json!({"Network": "PolygonPos", "Direction": "Out", "Orchestration": {"RuleExecutionID": "x-1"}, "PublicID": "0x1"}),
            ),
            |data| matches!(data, Transaction(one) if one.orchestration.value().is_some_and(|by| by.rule_id.is_absent())),
        ),
        (
            "a correction of another, with a breakdown",
            "Transaction",
            transaction(
                json!({"AdjustmentFor": {"AdjustmentID": "a-1", "AdjustedTransactionID": "t-0", "Reason": "Correction"},
                "Breakdown": [{"Type": "ChannelFee", "Amount": "2.05"}, {"Type": "NewFee", "Amount": "0.5"}]}),
            ),
            |data| matches!(data, Transaction(one) if one.breakdown.value().is_some_and(|parts| parts.len() == 2)),
        ),
        (
            "a failed payout whose money came back, to a stored account",
            "Transaction",
            transaction(
                json!({"Direction": "Out", "Status": "Failed", "Description": "beyond the documents",
                "Refunds": [{"RefundID": "r-1", "RefundedAmount": "9.9", "Currency": "USDC", "Status": "Settled"}],
                "FiatPaymentMethod": {"ID": "Bank/BankAch/USD/1/2", "PaymentMethodCategory": "Bank", "PaymentMethodType": "BankAch",
                    "Country": "US", "DisplayDetails": {"Type": "FiatPaymentMethodBankDisplay", "AccountNumber": "2", "BankCode": "1"},
                    "AccountHolderDetails": {"Name": "Mock-Doe"}, "Capabilities": {"PayoutTo": true},
                    "IssuerDetails": {"Name": "Bank", "Address": {"Street": "1 Main Street", "City": "Albany"}}}}),
            ),
            |data| {
                matches!(data, Transaction(one) if one.other.get("Description").is_some() && one.refunds.value().is_some()
                && one.fiat_payment_method.value().is_some_and(|to| to.issuer_details.value().is_some()
                    && to.account_holder_details.value().is_some() && to.capabilities.value().is_some()))
            },
        ),
        (
            "values that no document has",
            "Transaction",
            transaction(
                json!({"Status": "Parked", "Direction": "Sideways", "CryptoCurrency": "EURC", "Network": "Sui"}),
            ),
            |data| {
                matches!(data, Transaction(one) if one.status == TransactionStatus::Unknown("Parked".to_owned())
                && one.crypto_currency.text() == Some("EURC") && one.network.text() == Some("Sui"))
            },
        ),
        // As the first pages had it: without the type of the payment method and without refunds.
        (
            "a deposit that is screened",
            "FiatDeposit",
            deposit(json!({})),
            |data| matches!(data, FiatDeposit(one) if one.payment_method_type.is_absent() && one.refunds.is_absent()),
        ),
        (
            "a deposit with all that is known",
            "FiatDeposit",
            deposit(
                json!({"Status": "Settled", "CustomerID": "c-1", "PaymentMethodType": "BankSepa", "PaymentSystemID": "p-1",
                "Reference": "SAMPLE-0042", "SubStatus": "Screened", "RFI": {"Status": "Open"}, "Refunds": []}),
            ),
            |data| matches!(data, FiatDeposit(one) if one.reference.value().is_some() && one.rfi.value().is_some()),
        ),
        (
            "a deposit that was taken back",
            "FiatDeposit",
            deposit(json!({"Status": "Reversed"})),
            |data| matches!(data, FiatDeposit(one) if one.status == FiatDepositStatus::Reversed),
        ),
        (
            "a deposit that failed and goes back",
            "FiatDeposit",
            deposit(
                json!({"Status": "Failed", "Refunds": [{"RefundID": "r-1", "Status": "Successful",
                "RefundedAmount": {"Amount": "100.50", "FiatCurrency": "EUR"}}]}),
            ),
            |data| matches!(data, FiatDeposit(one) if one.status == FiatDepositStatus::Failed),
        ),
        (
            "a session",
            "CheckoutSession",
            json!({"CheckoutSessionID": "s-1", "CustomerID": "c-1", "SourceCurrency": "USD", "DestinationCurrency": "USDC",
                "Status": "Abandoned", "Type": "PayinFiat", "New": 1}),
            |data| matches!(data, CheckoutSession(one) if one.status.text() == Some("Abandoned") && one.other.get("New").is_some()),
        ),
        (
            "a person by the old object",
            "Customer",
            person(json!({"Verification": {"Model": "System", "Status": "Approved"}})),
            |data| {
                matches!(individual(data), Some(one) if one.verifications.is_absent()
                && one.verification.value().is_some_and(|old| old.status == VerificationStatus::Approved))
            },
        ),
        // Each option has an event of its own; which one it is about stands in `Verifications`.
        (
            "a person with several options, of which one is declined",
            "Customer",
            person(
                json!({"Verifications": {"Type": "Individual", "Status": "Pending", "EntityVerifications": [
                {"Entity": "Lt", "Model": "System", "Status": "Approved", "Created": "2026-02-03T10:00:00Z"},
                {"Entity": "Us", "Model": "Reliance", "Status": "Declined", "Modified": "2026-02-03T10:00:09Z",
                    "RejectionData": {"RejectType": "Retry", "PublicComment": "unreadable", "RejectLabels": ["UNSATISFACTORY_PHOTOS"]}},
                {"Entity": "New", "Status": "NotStarted"}]}, "Agreements": [], "Metadata": {"Plan": "gold"}}),
            ),
            |data| {
                matches!(individual(data), Some(one) if one.verifications.value().is_some_and(|all|
                all.entity_verifications.value().is_some_and(|each| each.len() == 3 && each[1].rejection_data.value().is_some())))
            },
        ),
        (
            "a company",
            "Customer",
            json!({"Type": "Business", "CustomerID": "c-2", "RegisteredName": "Mock-Doe Ltd", "Verification": {"Status": "Pending"}}),
            |data| matches!(data, WebhookData::Customer(Customer::Business(one)) if one.registered_name.value().is_some()),
        ),
    ]
}

fn individual(data: &WebhookData) -> Option<&hosted_checkout::noah::models::IndividualCustomer> {
    match data {
        WebhookData::Customer(Customer::Individual(one)) => Some(one),
        _ => None,
    }
}

#[test]
fn every_shape_of_a_live_payload_is_typed_and_lost_nowhere() {
    for (name, event_type, data, is_typed) in shapes() {
        let body = json!({"EventType": event_type, "EventVersion": 1_748_465_552_988_i64, "Occurred": "2026-02-03T10:00:00Z",
            "UserID": "ory|0b1c", "Data": data});
        let event = event(&body.to_string());
        let known = known(&event);
        assert!(is_typed(known), "{name}: {known:?}");
        assert_eq!(told(&event), [""; 0], "{name}");
        assert!(event.identity().object_id().is_some(), "{name}");
        let again = match known {
            WebhookData::Transaction(one) => serde_json::to_value(one),
            WebhookData::FiatDeposit(one) => serde_json::to_value(one),
            WebhookData::CheckoutSession(one) => serde_json::to_value(one),
            WebhookData::Customer(one) => serde_json::to_value(one),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(again.unwrap(), data, "{name}");
    }
}

/// An object that names a field twice does not say what the field is.
#[test]
fn a_repeated_field_is_not_believed() {
    let body = r#"{"EventType":"Transaction","EventVersion":7,"Data":{"ID":"t","Status":"Failed","Status":"Settled","Direction":"In","CryptoCurrency":"USDC"}}"#;
    let event = event(body);
    let status = &transaction(&event).status;
    assert!(*status != TransactionStatus::Settled && *status != TransactionStatus::Failed);
    assert_eq!(told(&event), ["the field Status stands more than once at /Data"]);
}

const HOSTED: &str = "https://checkout.sandbox.noah.com/pay?session=1";

fn answer() -> Value {
    json!({
        "HostedURL": HOSTED,
        "CheckoutSession": {
            "CheckoutSessionID": "s-1", "PaymentMethodCategory": "Card", "SourceCurrency": "USD",
            "DestinationCurrency": "USDC_TEST", "SourceAmount": "10.10", "DestinationAmount": "10", "Status": "Pending",
            "ExternalID": "order-7", "CustomerID": "c1", "ReturnURL": "https://shop.example/done",
            "LineItems": [{"Description": "Tea", "Quantity": "1", "UnitAmount": "10.10", "TotalAmount": "10.10"}],
            "Type": "PayinFiat", "Expiry": "2026-11-28T02:04:30.950Z", "Created": "2026-11-28T01:04:30.950Z",
        },
    })
}

fn answered_by(answer: &str) -> Noah {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    Noah::builder(Credentials::sandbox("apikey_sandbox_x", key).unwrap())
        .wire(ScriptedWire::new([Step::respond(200).body(answer.to_owned())]))
        .build()
        .unwrap()
}

/// A request that was made without the call builder may name no order. Then nothing is compared with what comes back.
#[tokio::test]
async fn an_external_id_that_nobody_asked_for_costs_nothing() {
    let mut odd = answer();
    odd["CheckoutSession"]["ExternalID"] = json!(7);
    let noah = answered_by(&odd.to_string());
    let request = serde_json::from_value(json!({
        "PaymentMethodCategory": "Card", "FiatCurrency": "USD", "CryptoCurrency": "USDC_TEST", "FiatAmount": "10.10",
        "ReturnURL": "https://shop.example/done", "CustomerID": "c1", "Nonce": "n-1",
        "LineItems": [{"Description": "Tea", "Quantity": "1", "UnitAmount": "10.10", "TotalAmount": "10.10"}],
    }));
    let prepared = noah.api().prepare_create_fiat_payin(&request.unwrap()).unwrap();
    let session = noah.checkout().send(&prepared).await.unwrap();
    assert_eq!(session.hosted_url(), HOSTED);
    assert_eq!(session.response().unreadable().len(), 1, "and it is told");
}

async fn pay(answer: &str) -> Result<PayIn, Error> {
    answered_by(answer)
        .checkout()
        .pay_in_fiat()
        .customer_id("c1")
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount("10.10")
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .return_url("https://shop.example/done")
        .external_id("order-7")
        .line_items([line_item("Tea", 1, "10.10")])
        .send()
        .await
}

/// Whatever stands in a field, or whether it is there at all: a link is lost only where what was asked for is in doubt.
#[tokio::test]
async fn an_answer_is_lost_for_no_field_that_nothing_depends_on() {
    let compared = [
        "SourceCurrency",
        "DestinationCurrency",
        "SourceAmount",
        "ExternalID",
        "CustomerID",
    ];
    let odd = [
        json!(null),
        json!(7),
        json!(10.10),
        json!(true),
        json!({}),
        json!([null]),
        json!([{}]),
        json!([{"Quantity": 2}]),
    ];
    let whole = answer();
    for name in whole["CheckoutSession"].as_object().unwrap().keys() {
        for odd in &odd {
            let mut changed = answer();
            changed["CheckoutSession"][name] = odd.clone();
            let result = pay(&changed.to_string()).await;
            let silent = odd.is_null() && ["SourceAmount", "ExternalID"].contains(&name.as_str());
            if compared.contains(&name.as_str()) && !silent {
                let error = result.unwrap_err();
                assert_eq!(
                    (error.kind(), error.outcome()),
                    (ErrorKind::Mismatch, Outcome::Unknown),
                    "{name}: {odd}"
                );
                let pointers: Vec<_> = error
                    .violations()
                    .unwrap()
                    .iter()
                    .map(|it| it.pointer.clone())
                    .collect();
                assert_eq!(pointers, [format!("/CheckoutSession/{name}")], "{odd}");
            } else {
                let session = result.unwrap_or_else(|error| panic!("{name}: {odd}: {error}"));
                assert_eq!(session.hosted_url(), HOSTED);
                // Said, unless the answer says by `null` that there is nothing, or a list's items miss what they may.
                let items = name == "LineItems" && odd.is_array() && *odd != json!([null]);
                let nothing = odd.is_null() && !["CheckoutSessionID", "Status"].contains(&name.as_str());
                let partly = *odd == json!([{"Quantity": 2}]) && name == "LineItems";
                assert_eq!(
                    !session.unreadable().is_empty(),
                    partly || !(nothing || items),
                    "{name}: {odd}: {:?}",
                    session.unreadable()
                );
            }
        }
    }
    // A null where a list is due is as absent.
    let mut changed = answer();
    changed["CheckoutSession"]["LineItems"] = Value::Null;
    let session = pay(&changed.to_string()).await.unwrap();
    assert!(session.checkout_session().line_items.is_absent());
}

#[tokio::test]
async fn what_cannot_be_compared_contradicts() {
    for (odd, pointer) in [
        (r#"{"HostedURL":"@","CheckoutSession":null}"#, "/CheckoutSession"),
        (r#"{"HostedURL":"@","CheckoutSession":"s-1"}"#, "/CheckoutSession"),
        (
            r#"{"HostedURL":"@","CheckoutSession":{"CheckoutSessionID":"s-1"}}"#,
            "/CheckoutSession",
        ),
    ] {
        let error = pay(&odd.replace('@', HOSTED)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Mismatch, Outcome::Unknown)
        );
        assert_eq!(
            error.violations().unwrap().iter().next().unwrap().pointer,
            pointer
        );
    }
    let link = answer().to_string().replace(&format!("\"{HOSTED}\""), "7");
    let error = pay(&link).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("/HostedURL"), "{error}");

    // What cannot be read at all names the place.
    let error = pay(r#"{"CheckoutSession":{}}"#).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Undecodable, Outcome::Unknown)
    );
    assert!(
        error
            .to_string()
            .contains("the required field HostedURL is missing"),
        "{error}"
    );
    let error = pay("[1]").await.unwrap_err();
    assert!(
        error.to_string().contains("the whole is not an object"),
        "{error}"
    );

    // Half a character costs its text, here too.
    let body = answer().to_string().replace("\"Tea\"", r#""T\ud83d""#);
    let session = pay(&body).await.unwrap();
    assert_eq!(
        session.unreadable()[0].pointer(),
        "/CheckoutSession/LineItems/0/Description"
    );
    assert_eq!(
        session.json()["CheckoutSession"]["LineItems"][0]["Description"],
        Value::Null
    );
    assert_eq!(session.json()["CheckoutSession"]["SourceAmount"], "10.10");
}
