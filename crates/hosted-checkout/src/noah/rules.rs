//! Rules of money that no schema can say. NOAH checks none of them: it shows line items and charges `FiatAmount`.

use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{PositiveDecimal, View};

use super::currency::{crypto_decimals, fiat_decimals};
use super::line_items::product;

/// The setting that sends line items as they are.
const ARITHMETIC_OFF: &str = "Checks { arithmetic: false, .. }";

/// What is checked beyond the spec: [`EXACT`](Self::EXACT) unless set, by [`NoahBuilder::checks`](super::NoahBuilder::checks) for a
/// client, or by [`Noah::checks`](super::Noah::checks) for a call.
///
/// ```no_run
/// # use hosted_checkout::noah::{Checks, Noah};
/// # fn f(noah: Noah) {
/// let with_discounts = noah.checkout().checks(Checks { arithmetic: false, ..Checks::EXACT });
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// Line items must add up, exactly, to the amount of their request: `TotalAmount` is `UnitAmount` times `Quantity`, and the
    /// totals add up to `FiatAmount`. Without it totals are sent as they are, for discounts, taxes and roundings that are no line
    /// items of their own; NOAH itself computes nothing.
    pub arithmetic: bool,
    /// `FiatAmount`, `CryptoAmount`, `CryptoAuthorizedAmount` and each `TotalAmount` are whole multiples of the smallest unit of their
    /// currency: no tenth of a cent, no part of a yen. `UnitAmount` may be finer (fuel at 1.459 a litre), and currencies that
    /// ISO 4217 does not list may be too. Without it an amount may have any number of decimals.
    pub fractions: bool,
    /// Amounts of an answer must be those that were asked for, and a sale charges no more than was authorized. Currencies, customer,
    /// `ExternalID` and the host of the hosted page must agree always. Without it amounts are not compared: for when NOAH's turn
    /// out to be provisional while a session is pending, since the spec says of `FiatPayment.Amount` that it is what was paid in
    /// the end, and not what it is before.
    pub answers: bool,
}

impl Checks {
    /// All of them.
    pub const EXACT: Self = Self {
        arithmetic: true,
        fractions: true,
        answers: true,
    };
}

impl Default for Checks {
    fn default() -> Self {
        Self::EXACT
    }
}

/// The amounts of a line item.
struct Item {
    quantity: PositiveDecimal,
    unit_amount: PositiveDecimal,
    total_amount: PositiveDecimal,
}

impl Item {
    fn of(item: View<'_>) -> Option<Self> {
        Some(Self {
            quantity: amount(item, "Quantity")?,
            unit_amount: amount(item, "UnitAmount")?,
            total_amount: amount(item, "TotalAmount")?,
        })
    }
}

fn amount(of: View<'_>, field: &str) -> Option<PositiveDecimal> {
    PositiveDecimal::parse(of.field(field)?.as_str()?).ok()
}

/// Line items that can all be read.
fn items(body: View<'_>) -> Option<Vec<Item>> {
    let Some(View::List(list)) = body.field("LineItems") else {
        return None;
    };
    let mut items = Some(Vec::new());
    list.each(&mut |item| match (&mut items, Item::of(item)) {
        (Some(items), Some(item)) => items.push(item),
        _ => items = None,
    });
    items.filter(|items| !items.is_empty())
}

/// Adds to what the builder has found already. A value that could not be read is no value, and is passed over.
pub(super) struct Amounts<'a> {
    checks: Checks,
    found: &'a mut Violations,
}

impl<'a> Amounts<'a> {
    pub(super) const fn new(checks: Checks, found: &'a mut Violations) -> Self {
        Self { checks, found }
    }

    /// Every amount of a request, and the items that make it up. Fields of these names mean the same in every operation.
    pub(super) fn check(&mut self, body: View<'_>) {
        let text = |name: &str| body.field(name).and_then(View::as_str);
        let fiat = text("FiatCurrency").and_then(fiat_decimals);
        let crypto = text("CryptoCurrency").and_then(crypto_decimals);
        let mut items = items(body);
        for (name, decimals) in [
            ("FiatAmount", fiat),
            ("CryptoAmount", crypto),
            ("CryptoAuthorizedAmount", crypto),
        ] {
            let at = At::BODY;
            let at = at.field(name);
            let Some(amount) = amount(body, name) else {
                continue;
            };
            let reads = !self.is_noted(&at);
            if reads {
                self.positive(amount, &at);
                self.fraction(amount, decimals, &at);
            }
            if let Some(items) = items.take() {
                self.items(&items, decimals, reads.then_some((name, amount)));
            }
        }
    }

    fn items(&mut self, items: &[Item], decimals: Option<u8>, sum: Option<(&str, PositiveDecimal)>) {
        let at = At::BODY;
        let items_at = at.field("LineItems");
        let mut all_read = true;
        for (index, item) in items.iter().enumerate() {
            let item_at = items_at.item(index);
            if self.is_noted(&item_at) {
                all_read = false;
                continue;
            }
            self.positive(item.quantity, &item_at.field("Quantity"));
            self.fraction(item.total_amount, decimals, &item_at.field("TotalAmount"));
            self.total(item, &item_at);
        }
        if let Some((field, amount)) = sum.filter(|_| all_read) {
            self.sum(field, amount, items, &items_at);
        }
    }

    fn positive(&mut self, amount: PositiveDecimal, at: &At<'_>) {
        if amount.is_zero() {
            self.found.push(at, Rule::Range, "is zero; it must be above zero");
        }
    }

    fn fraction(&mut self, amount: PositiveDecimal, decimals: Option<u8>, at: &At<'_>) {
        let Some(allowed) = decimals.filter(|_| self.checks.fractions) else {
            return;
        };
        let decimals = amount.significant_decimals();
        if decimals > allowed {
            let message = format!("has {decimals} decimals, but its currency has {allowed}; round it");
            self.found
                .push_with_setting(at, Rule::Consistency, message, "Checks { fractions: false, .. }");
        }
    }

    fn total(&mut self, item: &Item, at: &At<'_>) {
        if !self.checks.arithmetic {
            return;
        }
        let message = match product(item.unit_amount, item.quantity) {
            Ok(total) if total == item.total_amount => return,
            Ok(total) => format!(
                "is {}, but UnitAmount times Quantity is {total}",
                item.total_amount
            ),
            Err(message) => message,
        };
        self.found.push_with_setting(
            &at.field("TotalAmount"),
            Rule::Consistency,
            message,
            ARITHMETIC_OFF,
        );
    }

    fn sum(&mut self, field: &str, amount: PositiveDecimal, items: &[Item], at: &At<'_>) {
        if !self.checks.arithmetic {
            return;
        }
        let message = match PositiveDecimal::sum(items.iter().map(|item| item.total_amount)) {
            Ok(sum) if sum == amount => return,
            Ok(sum) => format!("add up to {sum}, but {field} is {amount}; correct one of them"),
            Err(error) => format!("have a sum that {error}"),
        };
        self.found
            .push_with_setting(at, Rule::Consistency, message, ARITHMETIC_OFF);
    }

    /// Whether the builder found something here or below, so that there is no value to check.
    fn is_noted(&self, at: &At<'_>) -> bool {
        self.found
            .tells(at, |rest| rest.is_empty() || rest.starts_with('/'))
    }
}
