//! What NOAH offers: channels, prices, and the payment methods that customers have stored.

use checkout_core::PositiveDecimal;
use noah_models::{CryptoCurrencyCode, CustomerId, FiatCurrencyCode};
use serde_json::{Map, Value, json};

use super::checkout;
use crate::engine::exchange::Answer;
use crate::engine::pipeline::Keep;
use crate::engine::spec::{FieldFault, schema};
use crate::engine::text::{text, timestamp};
use crate::noah::books::Price;
use crate::noah::refusal::Refusal;
use crate::noah::service::{Answered, Call, Service};

/// A group of ways to pay out in one country.
struct Channel {
    id: String,
    country: &'static str,
    currency: &'static str,
    category: &'static str,
    kind: &'static str,
    least: &'static str,
    most: &'static str,
    seconds: u32,
}

/// Country, currency, category, type, least and most amount, seconds. Each id ends with the number of its line.
const CHANNELS: &str = "\
    DE EUR Bank       BankSepa      1    50000   60
    FR EUR Bank       BankSepa      1    50000   60
    US USD Bank       BankAch       10   10000   86400
    US USD Bank       BankFedwire   100  100000  3600
    BR BRL Identifier IdentifierPix 1    20000   10
    AR ARS Bank       BankLocal     1000 5000000 600
    XX EUR Card       TokenizedCard 1    1000    60
    XX USD Card       TokenizedCard 1    1000    60";

fn all() -> impl Iterator<Item = Channel> {
    (1..).zip(CHANNELS.lines()).map(|(number, line)| {
        let mut words = line.split_whitespace();
        let [country, currency, category, kind, least, most, seconds] =
            std::array::from_fn(|_| words.next().unwrap_or_default());
        Channel {
            id: format!("c4a1e0de-0000-4000-8000-{number:012}"),
            country,
            currency,
            category,
            kind,
            least,
            most,
            seconds: seconds.parse().unwrap_or_default(),
        }
    })
}

/// `GET /channels/sell`.
pub(crate) fn channels(service: &Service, call: &Call) -> Result<Vec<Value>, Refusal> {
    all().map(|channel| shown(service, call, &channel)).collect()
}

/// The fiat currency of the channel through which this amount is to be sold, once its limits and its form have passed.
pub(crate) fn currency_for(call: &Call, amount: PositiveDecimal) -> Result<&'static str, Refusal> {
    let channel = known(text(&call.body, "ChannelID"))?;
    let (least, most, currency) = (channel.least, channel.most, channel.currency);
    let limit = |text: &str| PositiveDecimal::parse(text).ok();
    let mut faults = Vec::new();
    if limit(least).is_some_and(|least| amount < least) || limit(most).is_some_and(|most| amount > most) {
        faults.push(FieldFault::new(
            "/FiatAmount",
            format!("is outside the limits of the channel, {least} to {most} {currency}"),
        ));
    }
    // A payee who is known needs no form, and a further step has one of its own.
    let is_told = ["PaymentMethodID", "FormSessionID"]
        .iter()
        .any(|name| call.body.get(*name).is_some());
    if !is_told && let Some(wanted) = form_schema(channel.category) {
        match (call.body.get("Form"), schema::compile(&wanted)) {
            (Some(form), Some(wanted)) => {
                let found = schema::faults(&wanted, form).into_iter().map(|fault| FieldFault {
                    pointer: format!("/Form{}", fault.pointer),
                    ..fault
                });
                faults.extend(found);
            }
            _ => faults.push(FieldFault::new(
                "/Form",
                "is required by the channel; fill in its FormSchema, or name a PaymentMethodID",
            )),
        }
    }
    checkout::refuse_any(faults)?;
    Ok(currency)
}

fn find(id: &str) -> Option<Channel> {
    all().find(|channel| channel.id == id)
}

fn known(id: &str) -> Result<Channel, Refusal> {
    find(id).ok_or_else(|| Refusal::not_found("channel not found"))
}

/// `GET /channels/{ChannelID}`.
pub(crate) fn channel(service: &Service, call: &Call, _: &mut Keep<'_>) -> Answered {
    let found = find(call.parameters.text("ChannelID")).ok_or_else(Refusal::nothing_found)?;
    Ok(Answer::json(&shown(service, call, &found)?)?)
}

/// `GET /channels/{ChannelID}/form`.
pub(crate) fn form(_: &Service, call: &Call, _: &mut Keep<'_>) -> Answered {
    let channel = known(call.parameters.text("ChannelID"))?;
    let mut shown = json!({});
    if let Some(schema) = form_schema(channel.category) {
        shown["FormSchema"] = schema;
    }
    Ok(Answer::json(&shown)?)
}

/// `GET /channels/sell/countries`.
pub(crate) fn countries(_: &Service, _: &Call, _: &mut Keep<'_>) -> Answered {
    let mut countries = Map::new();
    for Channel {
        country, currency, ..
    } in all()
    {
        let known = countries.entry(country).or_insert_with(|| json!([]));
        if let Value::Array(currencies) = known
            && !currencies.iter().any(|known| known == currency)
        {
            currencies.push(currency.into());
        }
    }
    Ok(Answer::json(&countries)?)
}

fn shown(service: &Service, call: &Call, channel: &Channel) -> Result<Value, Refusal> {
    let (kind, category) = (channel.kind, channel.category);
    let mut shown = json!({
        "ID": channel.id, "PaymentMethodCategory": category, "PaymentMethodType": kind,
        "FiatCurrency": channel.currency, "Country": channel.country,
        "Limits": { "MinLimit": channel.least, "MaxLimit": channel.most }, "ProcessingSeconds": channel.seconds,
    });
    let crypto = CryptoCurrencyCode::from(call.parameters.text("CryptoCurrency"));
    if call.parameters.get("CryptoCurrency").is_some() {
        let mut faults = Vec::new();
        checkout::check_crypto("CryptoCurrency", &crypto, &mut faults);
        checkout::refuse_any(faults)?;
    }
    if let Some(price) = Price::of(&crypto) {
        shown["Rate"] = json!(price.rate);
    }
    if call.parameters.get("FiatAmount").is_some() {
        shown["Calculated"] = json!({ "TotalFee": "0" });
    }
    if let Some(schema) = form_schema(category) {
        shown["FormSchema"] = schema;
    }
    if let Some(customer) = call.parameters.get("CustomerID").and_then(Value::as_str) {
        let known = service.store.customer(&CustomerId::from(customer));
        let known = known.ok_or_else(|| Refusal::not_found("customer not found"))?;
        let usable = known.payment_methods;
        let currency = FiatCurrencyCode::from(channel.currency);
        let usable = usable.iter().filter(|method| {
            let of_account = method.fiat_currency.as_ref();
            method.type_.as_str() == kind && of_account.is_none_or(|of_account| *of_account == currency)
        });
        shown["PaymentMethods"] = usable
            .map(|method| json!({ "ID": method.id, "PaymentMethodType": kind, "Details": method.details }))
            .collect();
    }
    Ok(shown)
}

/// What a channel must be told of the payee; a card knows it all.
fn form_schema(category: &str) -> Option<Value> {
    let (field, needed) = match category {
        "Bank" => ("BankDetails", ["AccountNumber", "BankCode"]),
        "Identifier" => ("IdentifierDetails", ["IdentifierType", "Identifier"]),
        _ => return None,
    };
    let text = json!({ "type": "string", "minLength": 1 });
    let fields = json!({ (needed[0]): text, (needed[1]): text });
    Some(json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
        "properties": { (field): { "type": "object", "properties": fields, "required": needed } },
        "required": [field],
    }))
}

/// `GET /payment-methods`: what the customer has stored on the hosted page.
pub(crate) fn payment_methods(service: &Service, call: &Call) -> Result<Vec<Value>, Refusal> {
    // Money can be paid out to each of them, and nothing else.
    if !matches!(call.parameters.text("Capability"), "" | "PayoutTo") {
        return Ok(Vec::new());
    }
    let id = call.parameters.text("CustomerID");
    let customer = service.store.customer(&CustomerId::from(id));
    let methods = customer
        .map(|customer| customer.payment_methods)
        .unwrap_or_default();
    let shown = methods.iter().rev().map(|method| {
        let country = match method.fiat_currency.as_ref().map(|currency| currency.as_str()) {
            Some("EUR") => "DE",
            Some("USD") => "US",
            Some("GBP") => "GB",
            Some("BRL") => "BR",
            _ => "XX",
        };
        let category = method.id.as_str().split('/').next();
        json!({
            "ID": method.id, "CustomerID": id, "Country": country, "PaymentMethodCategory": category,
            "PaymentMethodType": method.type_, "DisplayDetails": method.details, "Capabilities": { "PayoutTo": true },
        })
    });
    Ok(shown.collect())
}

/// `GET /prices`: fixed, without fees, one for each group of payment methods.
pub(crate) fn prices(service: &Service, call: &Call) -> Result<Vec<Value>, Refusal> {
    let text = |name: &str| call.parameters.text(name);
    let amount = |name: &str| PositiveDecimal::parse(text(name)).ok();
    let (given, wanted) = (amount("SourceAmount"), amount("DestinationAmount"));
    if given.is_some() && wanted.is_some() {
        return Err(Refusal::integrity(vec![FieldFault::new(
            "/DestinationAmount",
            "stands beside SourceAmount; give one of the two",
        )]));
    }
    let mut faults = Vec::new();
    for name in ["SourceCurrency", "DestinationCurrency"] {
        let code = text(name);
        if !is_fiat(code) {
            checkout::check_crypto(name, &CryptoCurrencyCode::from(code), &mut faults);
        }
    }
    checkout::refuse_any(faults)?;
    let (from, to) = (worth(text("SourceCurrency")), worth(text("DestinationCurrency")));
    let Some((from, to)) = from.zip(to) else {
        return Ok(Vec::new());
    };
    let product = |left: PositiveDecimal, right: PositiveDecimal| left.checked_mul(right).ok();
    let (Some(rate), Some(back)) = (product(from.rate, to.inverse), product(to.rate, from.inverse)) else {
        return Ok(Vec::new());
    };
    let amounts = match (given, wanted) {
        (Some(given), _) => product(given, rate).map(|out| (given, out)),
        (None, Some(wanted)) => product(wanted, back).map(|given| (given, wanted)),
        (None, None) => None,
    };
    let price = |category: &str| {
        let mut price = json!({
            "PaymentMethodCategory": category, "Rate": rate, "UpdatedAt": timestamp(service.ground.now()).as_str(),
        });
        if let Some((given, out)) = amounts {
            price["TotalFee"] = "0".into();
            price["SourceAmount"] = json!(given);
            price["DestinationAmount"] = json!(out);
        }
        price
    };
    Ok(["Bank", "Card", "Identifier"].map(price).to_vec())
}

/// What one unit is worth in fiat money, which is worth the same in all currencies here.
fn worth(asset: &str) -> Option<Price> {
    let asset = if is_fiat(asset) { "USDC_TEST" } else { asset };
    Price::of(&CryptoCurrencyCode::from(asset))
}

/// Some crypto currencies have three letters too.
fn is_fiat(asset: &str) -> bool {
    asset.len() == 3
        && asset.bytes().all(|letter| letter.is_ascii_uppercase())
        && !CryptoCurrencyCode::from(asset).is_known()
}
