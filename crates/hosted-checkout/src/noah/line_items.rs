//! Line items whose totals are computed, not typed.

use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{DecimalError, DecimalInput, PositiveDecimal};
use noah_models::LineItem;

/// A line item as call builders take it. Its total is computed exactly, or given and checked.
///
/// A text that is no amount is reported when the call is sent, under its JSON pointer and with everything else.
///
/// ```
/// use hosted_checkout::noah::{LineItemInput, line_item};
///
/// let items: [LineItemInput; 2] = [line_item("Coffee beans", 2, "5.05"), line_item("Tea, loose, kg", "0.25", "40")];
/// # let _ = items;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineItemInput {
    description: String,
    quantity: DecimalInput,
    unit_amount: DecimalInput,
    total_amount: Option<DecimalInput>,
}

/// A line item whose total is `unit_amount` times `quantity`, exactly. A total with more decimals than the currency
/// has (a third of a cent) is reported, never rounded.
pub fn line_item(
    description: impl Into<String>,
    quantity: impl Into<DecimalInput>,
    unit_amount: impl Into<DecimalInput>,
) -> LineItemInput {
    LineItemInput {
        description: description.into(),
        quantity: quantity.into(),
        unit_amount: unit_amount.into(),
        total_amount: None,
    }
}

impl LineItemInput {
    /// The same with a total of the caller's own. It is compared with the exact one, unless
    /// [`Checks::arithmetic`](super::Checks::arithmetic) is off.
    #[must_use]
    pub fn total(mut self, total_amount: impl Into<DecimalInput>) -> Self {
        self.total_amount = Some(total_amount.into());
        self
    }

    /// All items of a request. One that is wrong stands as zero, so that the others keep their places; what is wrong
    /// is in `found`, and nothing is sent.
    pub(super) fn take_all(items: Vec<Self>, at: &At<'_>, found: &mut Violations) -> Vec<LineItem> {
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| item.take(&at.item(index), found))
            .collect()
    }

    fn take(self, at: &At<'_>, found: &mut Violations) -> LineItem {
        let quantity = self.quantity.take(&at.field("Quantity"), found);
        let unit_amount = self.unit_amount.take(&at.field("UnitAmount"), found);
        let total_amount = match (self.total_amount, quantity, unit_amount) {
            (Some(total), _, _) => total.take(&at.field("TotalAmount"), found),
            (None, Some(quantity), Some(unit_amount)) => product(unit_amount, quantity)
                .map_err(|message| found.push(&at.field("TotalAmount"), Rule::Consistency, message))
                .ok(),
            (None, _, _) => None,
        };
        let or_zero = |amount: Option<PositiveDecimal>| amount.unwrap_or(PositiveDecimal::ZERO);
        LineItem::builder()
            .description(self.description)
            .quantity(or_zero(quantity))
            .unit_amount(or_zero(unit_amount))
            .total_amount(or_zero(total_amount))
            .build()
    }
}

impl From<LineItem> for LineItemInput {
    /// Keeps its total.
    fn from(item: LineItem) -> Self {
        line_item(item.description, item.quantity, item.unit_amount).total(item.total_amount)
    }
}

/// `UnitAmount` times `Quantity`, or why there is no such text.
pub(super) fn product(
    unit_amount: PositiveDecimal,
    quantity: PositiveDecimal,
) -> Result<PositiveDecimal, String> {
    unit_amount
        .checked_mul(quantity)
        .map_err(|error: DecimalError| format!("UnitAmount times Quantity {error}"))
}
