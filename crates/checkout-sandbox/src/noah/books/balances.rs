//! What the business account holds, one balance for each crypto currency.
//!
//! A transaction in adds to it when it is settled. One out that the account pays for takes what it costs from `Available`
//! when it begins, and from `Total` when it is settled; when it fails, the amount is available again. What a workflow sends on
//! leaves both when it is settled. Nothing else moves it.

use checkout_core::{DecimalError, PositiveDecimal};
use serde_json::{Value, json};

use crate::engine::pipeline::Stage;
use crate::engine::text::text;

const BALANCE: &str = "Balance";
/// What a transaction under way has taken, by its id.
const HOLD: &str = "Hold";

/// Why a balance cannot change as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BalanceFault {
    /// It is less than what is to be taken.
    Insufficient,
    /// It would have more digits than an amount can hold. Rounded, money would be made or lost.
    TooLong,
}

/// What a transaction is to take.
pub(crate) struct Hold {
    pub(crate) transaction: String,
    pub(crate) currency: String,
    pub(crate) amount: PositiveDecimal,
}

/// Takes what a transaction costs, or refuses it.
pub(crate) fn hold(stage: &mut Stage<'_>, hold: &Hold) -> Result<(), BalanceFault> {
    let Hold {
        transaction,
        currency,
        amount,
    } = hold;
    let (available, total) = of(stage, currency);
    let left = available.checked_sub(*amount).map_err(|error| match error {
        DecimalError::Negative => BalanceFault::Insufficient,
        _ => BalanceFault::TooLong,
    })?;
    put(stage, currency, left, total);
    stage.put(
        HOLD,
        transaction,
        json!({ "Currency": currency, "Amount": amount }),
    );
    Ok(())
}

/// Moves what a transaction moves by the status that it has now.
pub(crate) fn follow(stage: &mut Stage<'_>, transaction: &Value) -> Result<(), BalanceFault> {
    let (id, status) = (text(transaction, "ID"), text(transaction, "Status"));
    let before = stage.get("Transaction", id);
    if before.is_some_and(|before| text(before, "Status") == status) {
        return Ok(());
    }
    let held = stage.get(HOLD, id).map(|hold| {
        let amount = PositiveDecimal::parse(text(hold, "Amount"));
        (text(hold, "Currency").to_owned(), amount.ok())
    });
    let is_held = held.is_some();
    let (currency, amount) = held.unwrap_or_else(|| {
        let amount = PositiveDecimal::parse(text(transaction, "Amount"));
        (text(transaction, "CryptoCurrency").to_owned(), amount.ok())
    });
    let (available, total) = of(stage, &currency);
    let more = |balance: PositiveDecimal| balance.checked_add(amount?).ok();
    let less = |balance: PositiveDecimal| balance.checked_sub(amount?).ok();
    let moved = match (text(transaction, "Direction"), status) {
        // Without an amount nobody knows what came in.
        ("In", "Settled") if amount.is_some() => more(available).zip(more(total)),
        (_, "Settled") if is_held => less(total).map(|total| (available, total)),
        (_, "Failed") if is_held => more(available).map(|available| (available, total)),
        // A workflow sends on at once what has come in; any other transaction out is not the account's to pay.
        ("Out", "Settled") if transaction.get("Orchestration").is_some() => less(available).zip(less(total)),
        _ => return Ok(()),
    };
    let (available, total) = moved.ok_or(BalanceFault::TooLong)?;
    put(stage, &currency, available, total);
    stage.remove(HOLD, id);
    Ok(())
}

fn of(stage: &Stage<'_>, currency: &str) -> (PositiveDecimal, PositiveDecimal) {
    let balance = stage.get(BALANCE, currency);
    let amount = |name: &str| {
        let known = balance.and_then(|balance| PositiveDecimal::parse(text(balance, name)).ok());
        known.unwrap_or(PositiveDecimal::from(0_u8))
    };
    (amount("Available"), amount("Total"))
}

fn put(stage: &mut Stage<'_>, currency: &str, available: PositiveDecimal, total: PositiveDecimal) {
    let balance = json!({
        "AccountType": "Current", "CryptoCurrency": currency, "Available": available, "Total": total,
    });
    stage.put(BALANCE, currency, balance);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ground::{State, Table};
    use crate::engine::pipeline::Resources;

    #[test]
    fn money_is_neither_made_nor_lost() {
        let things = Resources::new(&State::in_memory(), Table::new("things")).unwrap();
        let mut stage = things.stage();
        let transaction = |id: &str, direction: &str, status: &str, amount: &str| json!({"ID": id, "Direction": direction, "Status": status, "Amount": amount, "CryptoCurrency": "USDC_TEST"});
        let take = |stage: &mut Stage<'_>, transaction: &str, currency: &str, text: &str| {
            let (transaction, currency) = (transaction.to_owned(), currency.to_owned());
            let amount = PositiveDecimal::parse(text).unwrap();
            hold(
                stage,
                &Hold {
                    transaction,
                    currency,
                    amount,
                },
            )
        };
        let balance = |stage: &Stage<'_>| {
            let (available, total) = of(stage, "USDC_TEST");
            (available.to_string(), total.to_string())
        };
        let is = |available: &str, total: &str| (available.to_owned(), total.to_owned());
        let tell = |stage: &mut Stage<'_>, told: Value| {
            follow(stage, &told).unwrap();
            let id = told["ID"].as_str().unwrap().to_owned();
            stage.put("Transaction", &id, told);
        };
        tell(&mut stage, transaction("in", "In", "Pending", "100"));
        assert_eq!(balance(&stage), is("0", "0"));
        for _ in 0..2 {
            tell(&mut stage, transaction("in", "In", "Settled", "100"));
            assert_eq!(balance(&stage), is("100", "100"), "told twice, it counts once");
        }
        assert!(take(&mut stage, "big", "USDC_TEST", "100.01").is_err());
        assert!(take(&mut stage, "other", "BTC_TEST", "1").is_err());
        take(&mut stage, "one", "USDC_TEST", "60").unwrap();
        take(&mut stage, "two", "USDC_TEST", "40").unwrap();
        assert!(take(&mut stage, "three", "USDC_TEST", "0.01").is_err());
        assert_eq!(balance(&stage), is("0", "100"));
        tell(&mut stage, transaction("one", "Out", "Pending", "60"));
        tell(&mut stage, transaction("one", "Out", "Settled", "60"));
        assert_eq!(balance(&stage), is("0", "40"));
        for _ in 0..2 {
            tell(&mut stage, transaction("two", "Out", "Failed", "40"));
            assert_eq!(balance(&stage), is("40", "40"));
        }
        tell(&mut stage, transaction("customers own", "Out", "Settled", "7"));
        assert_eq!(balance(&stage), is("40", "40"), "the account did not pay for it");
        let mut sent = transaction("sent on", "Out", "Settled", "7");
        sent["Orchestration"] = json!({"RuleExecutionID": "1"});
        for _ in 0..2 {
            tell(&mut stage, sent.clone());
            assert_eq!(balance(&stage), is("33", "33"));
        }
        let small = format!("0.{}1", "0".repeat(34));
        let long = transaction("long", "In", "Settled", &small);
        assert_eq!(follow(&mut stage, &long), Ok(()));
        let large = transaction("large", "In", "Settled", &format!("1{}", "0".repeat(9)));
        assert_eq!(
            follow(&mut stage, &large),
            Err(BalanceFault::TooLong),
            "neither rounded nor left out"
        );
        let refused = take(&mut stage, "four", "USDC_TEST", "41").unwrap_err();
        assert_eq!(refused, BalanceFault::Insufficient);
    }
}
