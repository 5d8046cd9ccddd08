//! What arrives, and what it sets off: simulated bank deposits, workflows, rules.

use std::sync::Arc;

use checkout_core::PositiveDecimal;
use checkout_core::time::Timestamp;
use indexmap::IndexMap;
use noah_models::{
    CheckoutPayinFiatRequest, CryptoCurrencyCode, EventType, FiatCurrencyCode, PaymentMethodCategory,
};
use serde_json::{Value, json};

use super::payouts::{FORM_SESSION, NO_SHOP, amount, cost, fault};
use super::{checkout, payouts};
use crate::engine::courier::Event;
use crate::engine::exchange::Answer;
use crate::engine::pipeline::{Keep, Stage};
use crate::engine::text::{field, short, text, timestamp};
use crate::noah::books::Price;
use crate::noah::refusal::Refusal;
use crate::noah::service::{Answered, Call, Service};
use crate::noah::sessions::{Ending, Kind, Payin, PaymentMethod, Session, public_id};
use crate::noah::store::Changed;
use crate::noah::store::events::check_customer;
use crate::noah::webhooks::event;

/// Workflows that send bank deposits on, by the payment method that the deposits come to.
const WORKFLOW: &str = "Workflow";
/// Workflows that wait for crypto, by the address that it comes to.
const WAITING: &str = "Waiting";
/// What a hosted page shows.
pub(crate) const DEPOSIT_PAGE: &str = "DepositPage";
/// The crypto currency of a deposit that no workflow sends on.
const DEPOSITED: &str = "USDC_TEST";

/// `POST /sandbox/fiat-deposit/simulate`: as a pay-in by bank that is settled, without a session.
pub(crate) fn simulate(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let id = text(&call.body, "PaymentMethodID");
    let method = PaymentMethod::of_bank_id(id).ok_or_else(|| {
        fault(
            "/PaymentMethodID",
            "is no bank account; it reads Bank/BankSepa/EUR/BANKCODE/ACCOUNTNUMBER",
        )
    })?;
    let currency = FiatCurrencyCode::from(text(&call.body, "FiatCurrency"));
    if method.fiat_currency.as_ref() != Some(&currency) {
        return Err(fault(
            "/FiatCurrency",
            "is not the currency of the payment method",
        ));
    }
    let fiat = amount(call, "FiatAmount")?;
    let reference = field(&call.body, "Reference").map(str::to_owned);
    service.store.change(keep, |customers, stage| {
        let workflow = stage.get(WORKFLOW, id).cloned();
        let of_workflow = |name: &str| workflow.as_ref().and_then(|found| field(found, name));
        let mut owners = customers.values().filter(|customer| {
            let mut stored = customer.payment_methods.iter();
            stored.any(|stored| stored.id == method.id)
        });
        let owner = of_workflow("CustomerID").or_else(|| owners.next().map(|owner| owner.id.as_str()));
        let crypto = CryptoCurrencyCode::from(of_workflow("CryptoCurrency").unwrap_or(DEPOSITED));
        cost(&crypto, fiat)?;
        let request = CheckoutPayinFiatRequest::builder()
            .customer_id(owner.unwrap_or_default())
            .payment_method_category(PaymentMethodCategory::Bank)
            .fiat_currency(currency)
            .fiat_amount(fiat)
            .crypto_currency(crypto)
            .return_url(NO_SHOP)
            .line_items(Vec::new())
            .nonce("deposit")
            .build();
        let ground = &service.ground;
        let execution = workflow.as_ref().map(|_| ground.ids.id());
        let mut payin = Payin::new(Kind::Deposit { reference, execution }, request, ground);
        let change = payin.ended(Ending::Settled, Some(method), ground);
        let mut events = change.events;
        if let Some(workflow) = workflow {
            send_on(service, &workflow, &mut events);
        }
        Ok(Changed {
            events,
            entry: change.entry,
            ..Answer::json(&json!({ "FiatDepositID": payin.id }))?.into()
        })
    })
}

/// What came in by the transaction goes out at once to the address of the workflow.
fn send_on(service: &Service, workflow: &Value, events: &mut Vec<Event>) {
    let id = service.ground.ids.id();
    let transactions = events.iter().filter(|event| event.event_type == "Transaction");
    let sent = transactions.cloned().map(|mut event| {
        let data = Arc::make_mut(&mut event.data);
        if let Some(members) = data.as_object_mut() {
            members.shift_remove("FiatPayment");
        }
        data["ID"] = id.as_str().into();
        data["PublicID"] = public_id(&id).into();
        data["Network"] = workflow["Network"].clone();
        data["Direction"] = "Out".into();
        event
    });
    let sent: Vec<Event> = sent.collect();
    events.extend(sent);
}

/// `POST /workflows/bank-deposit-to-onchain-address`: the same details each time that the same is asked for.
pub(crate) fn bank_to_onchain(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    service.store.change(keep, |_, stage| {
        check_customer(stage, text(&call.body, "CustomerID"))?;
        let details = begin(stage, &call.body, text(&call.body, "FiatCurrency"), &call.body)?;
        Ok(Answer::json(&details)?.into())
    })
}

/// `POST /hosted-workflows/bank-deposit-to-onchain-address`: a page with the details of each fiat currency.
pub(crate) fn hosted_bank_to_onchain(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    service.store.change(keep, |_, stage| {
        check_customer(stage, text(&call.body, "CustomerID"))?;
        // The options are tried in their order; here the first always works.
        let crypto = call.body.pointer("/CryptoOptions/0").unwrap_or(&call.body);
        let options = call.body.get("FiatOptions").and_then(Value::as_array);
        let details = options
            .into_iter()
            .flatten()
            .map(|option| begin(stage, &call.body, text(option, "FiatCurrencyCode"), crypto));
        let details: Vec<Value> = details.collect::<Result<_, _>>()?;
        let id = service.ground.ids.id();
        let page = json!({ "Details": details, "ReturnURL": call.body.get("ReturnURL") });
        stage.put(DEPOSIT_PAGE, &id, page);
        let link = format!("{}/deposit/{id}", service.origin);
        Ok(Answer::json(&json!({ "HostedURL": link }))?.into())
    })
}

/// Begins a workflow, unless it has begun, and gives the bank details of its deposits. `crypto` says what these become.
fn begin(stage: &mut Stage<'_>, order: &Value, fiat: &str, crypto: &Value) -> Result<Value, Refusal> {
    let currency = CryptoCurrencyCode::from(text(crypto, "CryptoCurrency"));
    let network = text(crypto, "Network");
    let fiat = FiatCurrencyCode::from(fiat);
    let mut faults = Vec::new();
    checkout::check_currencies(&fiat, &currency, &mut faults);
    checkout::refuse_any(faults)?;
    cost(&currency, PositiveDecimal::from(1_u8))?;
    let (customer, address) = (&order["CustomerID"], &order["DestinationAddress"]);
    let account = short(
        &json!([customer, fiat, currency, network, address]).to_string(),
        10,
    );
    let method = PaymentMethod::own_bank(&fiat, account.clone());
    let virtual_account = format!("virtual-account-{account}");
    let workflow = json!({
        "CustomerID": customer, "CryptoCurrency": currency, "Network": network, "DestinationAddress": address,
        "VirtualAccountID": virtual_account, "PaymentMethodID": method.id,
    });
    stage.put(WORKFLOW, method.id.as_str(), workflow);
    Ok(json!({
        "PaymentMethodID": method.id, "PaymentMethodType": method.type_, "AccountNumber": account,
        "BankCode": "SANDBOX", "BankName": "Sandbox Bank", "VirtualAccountID": virtual_account,
    }))
}

/// `GET /virtual-accounts`: the accounts of the workflows.
pub(crate) fn virtual_accounts(service: &Service, call: &Call) -> Result<Vec<Value>, Refusal> {
    let wanted = call.parameters.get("CustomerID");
    let shown = |workflow: &Value| {
        json!({
            "VirtualAccountID": workflow["VirtualAccountID"],
            "PaymentMethods": [{ "ID": workflow["PaymentMethodID"] }],
        })
    };
    Ok(service.store.things(WORKFLOW, |workflows| {
        let workflows = workflows.map(|(_, workflow)| workflow);
        let wanted = workflows.filter(|of| wanted.is_none_or(|wanted| of["CustomerID"] == *wanted));
        wanted.map(shown).collect()
    }))
}

/// `POST /workflows/onchain-deposit-to-payment-method`: waits at an address for the crypto that pays a prepared sale.
pub(crate) fn onchain_to_bank(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    service.store.change(keep, |_, stage| {
        check_customer(stage, text(&call.body, "CustomerID"))?;
        let prepared = payouts::prepared(stage, text(&call.body, "FormSessionID"))?;
        payouts::check_prepared(&prepared, &call.body)?;
        let address = new_address(service);
        stage.put(WAITING, &address, call.body.clone());
        let trigger = &call.body["Trigger"];
        let mut conditions = conditions_at(&address, trigger);
        for condition in conditions.iter_mut() {
            condition["CryptoCurrency"] = call.body["CryptoCurrency"].clone();
        }
        let shown = json!({
            "Conditions": conditions, "SourceAddress": trigger["SourceAddress"],
            "DestinationAddress": { "Address": address },
        });
        Ok(Answer::json(&shown)?.into())
    })
}

/// `POST /beta1/rule`: a row alone; nothing sets it off.
pub(crate) fn rule(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    service.store.change(keep, |_, stage| {
        let mut trigger = call.body["Trigger"].clone();
        check_customer(stage, text(&trigger, "CustomerID"))?;
        let actions = call.body.get("Actions").and_then(Value::as_array);
        for action in actions.into_iter().flatten() {
            payouts::prepared(stage, text(action, "FormSessionID"))?;
        }
        trigger["Type"] = "DepositSourceTrigger".into();
        trigger["Conditions"] = conditions_at(&new_address(service), &trigger).into();
        let shown = json!({ "ID": service.ground.ids.id(), "Trigger": trigger });
        stage.put("Rule", text(&shown, "ID"), shown.clone());
        Ok(Answer::json(&shown)?.into())
    })
}

fn new_address(service: &Service) -> String {
    format!("0x{}", short(&service.ground.ids.id(), 40))
}

/// The conditions of a trigger, each with the address that the crypto is to be sent to.
fn conditions_at(address: &str, trigger: &Value) -> Vec<Value> {
    let conditions = trigger["Conditions"].as_array().cloned().unwrap_or_default();
    let placed = conditions.into_iter().map(|mut condition| {
        condition["DestinationAddress"] = json!({ "Address": address });
        condition
    });
    placed.collect()
}

/// Crypto has come to an address at which a workflow waits: it is the account's, and the prepared sale is paid with it.
pub(crate) fn arrive(service: &Service, address: &str, arrived: PositiveDecimal) -> Answered {
    let mut keep = Keep::new(&service.ground, None);
    service.store.change(&mut keep, |_, stage| {
        let waiting = stage.get(WAITING, address).cloned();
        let waiting =
            waiting.ok_or_else(|| Refusal::not_found("nothing waits at this address, or no longer"))?;
        let trigger = &waiting["Trigger"];
        let now = timestamp(service.ground.now());
        let expiry = Timestamp::from(text(trigger, "Expiry")).instant();
        if expiry.is_ok_and(|expiry| now.instant().is_ok_and(|now| expiry < now)) {
            return Err(Refusal::conflict("the workflow has run out"));
        }
        let condition = fitting(trigger, arrived)
            .ok_or_else(|| Refusal::conflict("the amount meets none of the workflow's conditions"))?;
        check_customer(stage, text(&waiting, "CustomerID"))?;
        let form_session = text(&waiting, "FormSessionID");
        let prepared = payouts::prepared(stage, form_session)?;
        let mut request = waiting.clone();
        request["Nonce"] = trigger["Nonce"].clone();
        request["CryptoAuthorizedAmount"] = json!(arrived);
        let currency = CryptoCurrencyCode::from(text(&waiting, "CryptoCurrency"));
        if waiting.get("FiatAmount").is_none() {
            let fiat = Price::of(&currency).and_then(|price| price.rate.checked_mul(arrived).ok());
            request["FiatAmount"] =
                json!(fiat.ok_or_else(|| Refusal::conflict("the amount cannot be sold"))?);
        }
        let execution = service.ground.ids.id();
        let mut sale = payouts::of_prepared(service, &prepared, request)?;
        sale.execution = Some(execution.clone());
        let id = service.ground.ids.id();
        let mut deposit = json!({
            "ID": id, "PublicID": public_id(&id), "Network": condition["Network"], "Created": now.as_str(),
            "Status": "Pending", "Direction": "In", "CustomerID": waiting["CustomerID"], "Amount": arrived,
            "CryptoCurrency": currency, "Orchestration": { "RuleExecutionID": execution },
        });
        let pending = event(EventType::Transaction, deposit.clone());
        deposit["Status"] = "Settled".into();
        let settled = event(EventType::Transaction, deposit);
        let payout = event(EventType::Transaction, sale.transaction());
        let answer = Answer::json(&IndexMap::from([("Transaction", &*payout.data)]))?;
        if trigger["Type"] == "SingleOnchainDepositSourceTriggerInput" {
            stage.remove(WAITING, address);
            stage.remove(FORM_SESSION, form_session);
        }
        Ok(Changed {
            events: vec![pending, settled, payout],
            hold: Some(payouts::hold(&sale)?),
            session: Some(Session::Sale(Box::new(sale))),
            ..answer.into()
        })
    })
}

/// The first condition of the trigger that the amount meets.
fn fitting(trigger: &Value, arrived: PositiveDecimal) -> Option<&Value> {
    let meets = |bound: &Value| {
        let value = PositiveDecimal::parse(text(bound, "Value"));
        value.is_ok_and(|value| match text(bound, "ComparisonOperator") {
            "EQ" => arrived == value,
            "GTEQ" => arrived >= value,
            _ => arrived <= value,
        })
    };
    let mut conditions = trigger["Conditions"].as_array()?.iter();
    conditions.find(|condition| {
        condition["AmountConditions"]
            .as_array()
            .is_none_or(|all| all.iter().all(meets))
    })
}
