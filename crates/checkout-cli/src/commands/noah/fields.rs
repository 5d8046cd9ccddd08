//! Requests from flags and files. A flag goes over the file's field of the same name.

use std::str::FromStr;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::files::Input;
use crate::requests::{self, object, read};
use crate::{Failure, Output};

/// Fields of `createManagedSession`.
#[derive(Debug, Args)]
pub(super) struct Manage {
    /// Your own id of the customer.
    #[arg(long, value_name = "ID")]
    customer_id: Option<String>,
}

/// Fields of `createSell`.
#[derive(Debug, Args)]
pub(super) struct SellCrypto {
    #[command(flatten)]
    pub(super) order: Order,
    /// The most crypto that may be charged, in whole units of the currency.
    #[arg(long, value_name = "AMOUNT")]
    crypto_authorized_amount: Option<String>,
}

/// Fields of `createFiatPayin`.
#[derive(Debug, Args)]
pub(super) struct PayinFiat {
    #[command(flatten)]
    pub(super) order: Order,
    /// Bank, Card or Identifier.
    #[arg(long, value_name = "CATEGORY")]
    payment_method_category: Option<String>,
}

/// What pay-ins and sales have in common.
#[derive(Debug, Args)]
pub(super) struct Order {
    /// Your own id of the customer.
    #[arg(long, value_name = "ID")]
    customer_id: Option<String>,
    /// The fiat currency, such as USD.
    #[arg(long, value_name = "CODE")]
    fiat_currency: Option<String>,
    /// How much, in units of the fiat currency (not in cents).
    #[arg(long, value_name = "AMOUNT")]
    fiat_amount: Option<String>,
    /// The crypto currency, such as USDC, or USDC_TEST in the sandbox.
    #[arg(long, value_name = "CODE")]
    crypto_currency: Option<String>,
    /// Where the browser goes in the end; https.
    #[arg(long, value_name = "URL")]
    return_url: Option<String>,
    /// Your own reference of the order, which webhooks name [default: the Nonce].
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Names the request, so that a repeat does not take effect twice [default: a fresh one].
    #[arg(long, value_name = "NONCE")]
    nonce: Option<String>,
    /// A line item, as quantity, price of one and description: '2x5.05 Coffee beans'. May be given often.
    #[arg(long = "item", value_name = "ITEM")]
    items: Vec<Item>,
    /// Let line items pass that do not add up to the amount, for discounts, taxes and roundings.
    #[arg(long)]
    pub(super) inexact: bool,
}

/// A line item of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    quantity: String,
    unit_amount: String,
    description: String,
}

impl Manage {
    pub(super) fn request<T>(&self, file: Option<&Input>, output: &mut Output) -> Result<T, Failure>
    where
        T: DeserializeOwned + Serialize + JsonSchema,
    {
        let fields = present([("CustomerID", &self.customer_id)]);
        read(over(file, fields)?, output)
    }
}

impl SellCrypto {
    pub(super) fn request<T>(&self, file: Option<&Input>, output: &mut Output) -> Result<T, Failure>
    where
        T: DeserializeOwned + Serialize + JsonSchema,
    {
        let mut fields = self.order.fields();
        fields.extend(present([(
            "CryptoAuthorizedAmount",
            &self.crypto_authorized_amount,
        )]));
        let mut request = over(file, fields)?;
        requests::complete(&mut request);
        read(request, output)
    }
}

impl PayinFiat {
    pub(super) fn request<T>(&self, file: Option<&Input>, output: &mut Output) -> Result<T, Failure>
    where
        T: DeserializeOwned + Serialize + JsonSchema,
    {
        let mut fields = self.order.fields();
        fields.extend(present([(
            "PaymentMethodCategory",
            &self.payment_method_category,
        )]));
        let mut request = over(file, fields)?;
        requests::complete(&mut request);
        read(request, output)
    }
}

impl Order {
    fn fields(&self) -> Map<String, Value> {
        let mut fields = present([
            ("CustomerID", &self.customer_id),
            ("FiatCurrency", &self.fiat_currency),
            ("FiatAmount", &self.fiat_amount),
            ("CryptoCurrency", &self.crypto_currency),
            ("ReturnURL", &self.return_url),
            ("ExternalID", &self.external_id),
            ("Nonce", &self.nonce),
        ]);
        if !self.items.is_empty() {
            let items = self.items.iter().map(Item::to_json).collect();
            fields.insert("LineItems".to_owned(), items);
        }
        fields
    }
}

impl Item {
    fn to_json(&self) -> Value {
        json!({"Description": self.description, "Quantity": self.quantity, "UnitAmount": self.unit_amount})
    }
}

impl FromStr for Item {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let parts = || {
            let (numbers, description) = text.trim().split_once(' ')?;
            let (quantity, unit_amount) = numbers.split_once('x')?;
            let description = description.trim();
            let complete = !quantity.is_empty() && !unit_amount.is_empty() && !description.is_empty();
            complete.then(|| Self {
                quantity: quantity.to_owned(),
                unit_amount: unit_amount.to_owned(),
                description: description.to_owned(),
            })
        };
        parts().ok_or("write quantity, x, the price of one, a blank and a description: '2x5.05 Coffee beans'")
    }
}

fn present<const N: usize>(fields: [(&str, &Option<String>); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value.clone()?))))
        .collect()
}

/// The file's fields, with the flags' in place of those of the same names.
fn over(file: Option<&Input>, flags: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let mut fields = match file {
        None => Map::new(),
        Some(file) => object(file)?,
    };
    fields.extend(flags);
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_as_people_write_them() {
        let item: Item = "2x5.05  Coffee beans, 1 kg x 2".parse().unwrap();
        assert_eq!(
            item,
            Item {
                quantity: "2".into(),
                unit_amount: "5.05".into(),
                description: "Coffee beans, 1 kg x 2".into()
            }
        );
        for wrong in [
            "",
            "Coffee",
            "2x5.05",
            "2 x 5.05 Coffee",
            "x5 Coffee",
            "2x Coffee",
            "2x5.05 ",
        ] {
            assert!(wrong.parse::<Item>().is_err(), "{wrong}");
        }
    }
}
