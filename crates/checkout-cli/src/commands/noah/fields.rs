//! Requests from flags and files. A flag goes over the file's field of the same name.

use std::str::FromStr;

use checkout_core::validate::At;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::files::{Input, once_from_stdin};
use crate::origin::Origin;
use crate::requests::{self, object, read};
use crate::{Failure, Output};

/// Fields of `createManagedSession`.
#[derive(Debug, Args)]
pub(super) struct Manage {
    /// Your own id of the customer.
    #[arg(long, value_name = "ID")]
    customer_id: Option<String>,
    #[command(flatten)]
    customer: Customer,
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
    #[command(flatten)]
    customer: Customer,
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

/// Who the customer is, for one whom NOAH does not know yet.
#[derive(Debug, Args)]
pub(super) struct Customer {
    /// Who the customer is, as JSON by the API's own names: needed once, for a customer whom NOAH does not know yet; `-` reads
    /// stdin.
    #[arg(long, value_name = "FILE|-")]
    customer: Option<Input>,
}

/// A line item of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    quantity: String,
    unit_amount: String,
    description: String,
}

/// The fields of a request, and where they came from.
struct Fields {
    fields: Map<String, Value>,
    origin: Origin,
}

impl Manage {
    pub(super) fn request<T>(&self, file: Option<&Input>, output: &mut Output) -> Result<(T, Origin), Failure>
    where
        T: DeserializeOwned + Serialize + JsonSchema,
    {
        let mut fields = Fields::of(file)?;
        fields.text("CustomerID", "--customer-id", self.customer_id.as_ref());
        fields.customer(&self.customer, file)?;
        fields.read(output)
    }
}

impl SellCrypto {
    pub(super) fn request<T>(&self, file: Option<&Input>, output: &mut Output) -> Result<(T, Origin), Failure>
    where
        T: DeserializeOwned + Serialize + JsonSchema,
    {
        let mut fields = Fields::of(file)?;
        self.order.add_to(&mut fields, file)?;
        let amount = self.crypto_authorized_amount.as_ref();
        fields.text("CryptoAuthorizedAmount", "--crypto-authorized-amount", amount);
        fields.origin.has_fresh_key = requests::complete(&mut fields.fields);
        fields.read(output)
    }
}

impl PayinFiat {
    pub(super) fn request<T>(&self, file: Option<&Input>, output: &mut Output) -> Result<(T, Origin), Failure>
    where
        T: DeserializeOwned + Serialize + JsonSchema,
    {
        let mut fields = Fields::of(file)?;
        self.order.add_to(&mut fields, file)?;
        let category = self.payment_method_category.as_ref();
        fields.text("PaymentMethodCategory", "--payment-method-category", category);
        fields.origin.has_fresh_key = requests::complete(&mut fields.fields);
        fields.read(output)
    }
}

impl Order {
    fn add_to(&self, fields: &mut Fields, file: Option<&Input>) -> Result<(), Failure> {
        fields.text("CustomerID", "--customer-id", self.customer_id.as_ref());
        fields.text("FiatCurrency", "--fiat-currency", self.fiat_currency.as_ref());
        fields.text("FiatAmount", "--fiat-amount", self.fiat_amount.as_ref());
        fields.text(
            "CryptoCurrency",
            "--crypto-currency",
            self.crypto_currency.as_ref(),
        );
        fields.text("ReturnURL", "--return-url", self.return_url.as_ref());
        fields.text("ExternalID", "--external-id", self.external_id.as_ref());
        fields.text("Nonce", "--nonce", self.nonce.as_ref());
        let items: Vec<Value> = self.items.iter().map(Item::to_json).collect();
        let is_given = !items.is_empty();
        fields
            .origin
            .items(&At::BODY.field("LineItems"), "--item", is_given);
        if is_given {
            fields.fields.insert("LineItems".to_owned(), items.into());
        }
        fields.customer(&self.customer, file)
    }
}

impl Fields {
    /// The file's fields, over which those of options go.
    fn of(file: Option<&Input>) -> Result<Self, Failure> {
        let (fields, origin) = match file {
            None => (Map::new(), Origin::default()),
            Some(file) => {
                let (fields, text) = object(file)?;
                (fields, Origin::default().with_file(file, text))
            }
        };
        Ok(Self { fields, origin })
    }

    fn text(&mut self, field: &'static str, option: &'static str, value: Option<&String>) {
        self.origin
            .option(&At::BODY.field(field), option, value.is_some());
        if let Some(value) = value {
            self.fields.insert(field.to_owned(), value.as_str().into());
        }
    }

    fn customer(&mut self, customer: &Customer, file: Option<&Input>) -> Result<(), Failure> {
        const FIELD: &str = "Customer";
        let mut given = None;
        if let Some(input) = &customer.customer {
            once_from_stdin(file.into_iter().chain([input]))?;
            let (fields, text) = object(input)?;
            self.fields.insert(FIELD.to_owned(), fields.into());
            given = Some((input, text));
        }
        self.origin
            .value_file(&At::BODY.field(FIELD), "--customer", given);
        Ok(())
    }

    fn read<T>(self, output: &mut Output) -> Result<(T, Origin), Failure>
    where
        T: DeserializeOwned + Serialize + JsonSchema,
    {
        Ok((read(self.fields, &self.origin, output)?, self.origin))
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
