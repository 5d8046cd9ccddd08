use checkout_core::received::read;
use checkout_core::{Json, PositiveDecimal};
use proptest::prelude::*;
use serde_json::json;

use crate::decimal::oracle::{any_amount, decimal};

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Fee {
    #[serde(rename = "FeeAmount")]
    amount: PositiveDecimal,
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Quote {
    #[serde(flatten)]
    fee: Fee,
}

checkout_core::received! {
    /// A fee as it is received.
    pub struct ReceivedFee {
        /// How much.
        amount: PositiveDecimal = optional "FeeAmount" shown,
    }
}

#[test]
fn a_number_is_refused_and_told_why() {
    let lines: Vec<_> = [
        r#"{"FeeAmount":10}"#,
        r#"{"FeeAmount":-10}"#,
        r#"{"FeeAmount":10.10}"#,
        r#"{"FeeAmount":null}"#,
        r#"{"FeeAmount":"10,10"}"#,
        r#"{"FeeAmount":""}"#,
    ]
    .iter()
    .flat_map(|body| {
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        [
            format!("{body}\n  {}", serde_json::from_str::<Fee>(body).unwrap_err()),
            format!("  {}", serde_json::from_value::<Fee>(value).unwrap_err()),
            format!("  {}", serde_json::from_str::<Quote>(body).unwrap_err()),
        ]
    })
    .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn escapes_in_the_string_are_read() {
    assert_eq!(
        serde_json::from_str::<PositiveDecimal>(r#""\u0031\u002e5""#)
            .unwrap()
            .as_str(),
        "1.5"
    );
}

/// What an answer names is an amount or no amount, and only an amount can be the one that was asked for.
#[test]
fn received_amounts_compare_by_value_and_others_by_nothing() {
    let received = |json: &str| {
        let (fee, _) =
            read::<ReceivedFee>(&Json::parse(format!("{{\"FeeAmount\":{json}}}").as_bytes()).unwrap())
                .unwrap();
        fee.amount
    };
    assert_eq!(received(r#""10.10""#), received(r#""10.1""#));
    assert_eq!(received(r#""10.10""#), decimal("10.1"));
    assert_ne!(received(r#""10.10""#), received(r#""10.11""#));
    assert_ne!(received(r#""10.10""#), decimal("10.11"));
    // Texts outside the grammar and numbers, each with all that came.
    for odd in [
        r#""-0.10""#,
        r#""1e-7""#,
        r#""""#,
        "10.10",
        "1e400",
        "-3",
        "{\"a\":1e400}",
        "[null]",
    ] {
        let amount = received(odd);
        assert_eq!(amount.value(), None, "{odd}");
        assert_eq!(amount.unreadable().unwrap().json().as_str(), odd);
        assert_ne!(amount, decimal("10.10"));
        assert_eq!(serde_json::to_string(&amount).unwrap(), odd);
    }
    assert!(received("null").is_absent());
}

proptest! {
    #[test]
    fn the_text_comes_back_byte_for_byte(text in any_amount()) {
        let body = json!({ "FeeAmount": text }).to_string();
        let fee: Fee = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(fee.amount.as_str(), text.as_str());
        prop_assert_eq!(fee.amount, decimal(&text));
        prop_assert_eq!(serde_json::to_string(&fee).unwrap(), body.clone());
        let quote: Quote = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(serde_json::to_string(&quote).unwrap(), body);
    }
}
