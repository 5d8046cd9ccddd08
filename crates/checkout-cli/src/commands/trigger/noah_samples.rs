//! Bodies of NOAH's webhooks, made of the API's own types.

use checkout_core::filled;
use checkout_core::near::nearest;
use std::time::SystemTime;

use checkout_core::PositiveDecimal;
use checkout_core::time::{Date, Timestamp};
use noah_models::{
    CheckoutSession, CheckoutSessionStatus, CheckoutSessionType, Customer, EventType, FiatDeposit,
    FiatDepositStatus, FiatPayment, FiatPaymentMethodBankDisplay, IndividualCustomer, Network,
    PaymentMethodCategory, PaymentMethodType, ReceivedFullName, ReceivedLineItem, ReceivedStreetAddress,
    SenderPaymentMethod, Transaction, TransactionDirection, TransactionStatus, Verification,
    VerificationModel, VerificationStatus, Webhook,
};
use serde_json::Value;

use super::{SampleError, Wanted};
use crate::requests::fresh_key;

/// The bytes of a webhook of this type.
pub(super) fn body(event_type: &EventType, wanted: &Wanted, now: SystemTime) -> Result<Vec<u8>, SampleError> {
    let sample = Sample::new(wanted, now)?;
    let data = match event_type {
        EventType::FiatDeposit => serde_json::to_value(sample.deposit()?)?,
        EventType::CheckoutSession => serde_json::to_value(sample.session()?)?,
        EventType::Customer => serde_json::to_value(sample.customer()?)?,
        _ => serde_json::to_value(sample.transaction()?)?,
    };
    sample.envelope(event_type, data)
}

struct Sample<'w> {
    wanted: &'w Wanted,
    id: String,
    amount: PositiveDecimal,
    at: jiff::Timestamp,
    created: Timestamp,
}

impl<'w> Sample<'w> {
    fn new(wanted: &'w Wanted, now: SystemTime) -> Result<Self, SampleError> {
        let amount =
            PositiveDecimal::parse(&wanted.amount).map_err(|error| SampleError::value("--amount", error))?;
        let at = jiff::Timestamp::try_from(now).map_err(|error| SampleError::value("the clock", error))?;
        Ok(Self {
            wanted,
            id: wanted.id.clone().unwrap_or_else(fresh_key),
            amount,
            at,
            created: Timestamp::in_milliseconds(at)?,
        })
    }

    fn envelope(&self, event_type: &EventType, data: Value) -> Result<Vec<u8>, SampleError> {
        let webhook = filled!(Webhook {
            event_type: event_type.clone(),
            event_version: self.at.as_millisecond(),
            occurred: self.created.clone(),
            data,
            user_id: "ory|sample-business"
        });
        Ok(serde_json::to_vec(&webhook)?)
    }

    /// A status of the object's own list, in any case of letters.
    fn status<T: Clone>(&self, known: &[T], good: T, text: fn(&T) -> &str) -> Result<T, SampleError> {
        let Some(name) = &self.wanted.status else {
            return Ok(good);
        };
        super::known(name, known, text).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(text).collect();
            let meant = nearest(name, names.iter().copied()).map(|meant| format!("; was {meant} meant?"));
            let message = format!("is none of {}{}", names.join(", "), meant.unwrap_or_default());
            SampleError::value("--status", message)
        })
    }

    fn transaction(&self) -> Result<Transaction, SampleError> {
        let status = self.status(
            TransactionStatus::KNOWN,
            TransactionStatus::Settled,
            TransactionStatus::as_str,
        )?;
        let payment = filled!(FiatPayment {
            amount: self.amount,
            fee_amount: PositiveDecimal::ZERO,
            fiat_currency: self.wanted.currency.as_str()
        });
        Ok(filled!(Transaction {
            id: self.id.as_str(),
            network: Network::OffNetwork,
            created: self.created.clone(),
            status,
            direction: TransactionDirection::In,
            customer_id: self.wanted.customer_id.as_str(),
            external_id: self.wanted.external_id.as_str(),
            amount: self.amount,
            crypto_currency: self.wanted.crypto_currency.as_str(),
            fiat_payment: payment
        }))
    }

    fn deposit(&self) -> Result<FiatDeposit, SampleError> {
        let status = self.status(
            FiatDepositStatus::KNOWN,
            FiatDepositStatus::Settled,
            FiatDepositStatus::as_str,
        )?;
        let account = filled!(FiatPaymentMethodBankDisplay {
            account_number: "0000000042",
            bank_code: "SAMPLE"
        });
        let sender = filled!(SenderPaymentMethod {
            full_name: "Sample Payer",
            details: account
        });
        Ok(filled!(FiatDeposit {
            id: self.id.as_str(),
            created: self.created.clone(),
            fiat_amount: self.amount,
            fiat_currency: self.wanted.currency.as_str(),
            reference: self.wanted.external_id.as_str(),
            status,
            customer_id: self.wanted.customer_id.as_str(),
            payment_method_id: "Bank/Sample/0000000042",
            payment_method_type: PaymentMethodType::BankLocal,
            sender
        }))
    }

    fn session(&self) -> Result<CheckoutSession, SampleError> {
        let status = self.status(
            CheckoutSessionStatus::KNOWN,
            CheckoutSessionStatus::Settled,
            CheckoutSessionStatus::as_str,
        )?;
        let item = filled!(ReceivedLineItem {
            description: "Sample",
            quantity: PositiveDecimal::from(1_u8),
            unit_amount: self.amount,
            total_amount: self.amount
        });
        Ok(filled!(CheckoutSession {
            checkout_session_id: self.id.as_str(),
            payment_method_category: PaymentMethodCategory::Bank,
            source_currency: self.wanted.currency.as_str(),
            destination_currency: self.wanted.crypto_currency.as_str(),
            source_amount: self.amount,
            destination_amount: self.amount,
            status,
            external_id: self.wanted.external_id.as_str(),
            customer_id: self.wanted.customer_id.as_str(),
            return_url: "https://shop.example/done",
            line_items: vec![item],
            type_: CheckoutSessionType::PayinFiat,
            created: self.created.clone()
        }))
    }

    /// Nobody: an invented person.
    fn customer(&self) -> Result<Customer, SampleError> {
        let status = self.status(
            VerificationStatus::KNOWN,
            VerificationStatus::Approved,
            VerificationStatus::as_str,
        )?;
        let verification = filled!(Verification {
            model: VerificationModel::System,
            status
        });
        let home = filled!(ReceivedStreetAddress {
            street: "1 Sample Street",
            city: "Sampleton",
            post_code: "00001",
            state: "NY",
            country: "US"
        });
        let person = filled!(IndividualCustomer {
            customer_id: self.wanted.id.as_deref().unwrap_or(&self.wanted.customer_id),
            full_name: filled!(ReceivedFullName {
                first_name: "Sam",
                last_name: "Sample"
            }),
            date_of_birth: Date::from("1990-01-01".to_owned()),
            identities: Vec::new(),
            primary_residence: home,
            verification,
            created: self.created.clone()
        });
        Ok(person.into())
    }
}
