//! What a customer pays with: bank accounts, cards and identifiers that the manage page keeps.

use checkout_core::filled;
use noah_models::{
    FiatCurrencyCode, FiatPaymentCardScheme, FiatPaymentMethodBankDisplay, FiatPaymentMethodCardDisplay,
    FiatPaymentMethodIdentifierDisplay, PaymentMethodCategory, PaymentMethodDisplayDetails, PaymentMethodId,
    PaymentMethodIdentifierType, PaymentMethodType,
};
use serde::{Deserialize, Serialize};

use crate::engine::text::short;

/// A stored payment method. Whether its values are good is for whoever makes one to check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PaymentMethod {
    /// As live ids look: `Bank/BankSepa/EUR/<BankCode>/<AccountNumber>`. The same method has the same id.
    pub(crate) id: PaymentMethodId,
    /// Its rail.
    pub(crate) type_: PaymentMethodType,
    /// The currency of a bank account; identifiers and cards pay in any.
    pub(crate) fiat_currency: Option<FiatCurrencyCode>,
    pub(crate) details: PaymentMethodDisplayDetails,
}

impl PaymentMethod {
    pub(crate) fn bank(
        rail: PaymentMethodType,
        currency: FiatCurrencyCode,
        bank_code: String,
        account_number: String,
    ) -> Self {
        let id = format!(
            "Bank/{}/{}/{bank_code}/{account_number}",
            rail.as_str(),
            currency.as_str()
        );
        let display = filled!(FiatPaymentMethodBankDisplay {
            account_number,
            bank_code
        });
        Self::new(id, rail, Some(currency), display)
    }

    /// The account of this id, if it is one of a bank.
    pub(crate) fn of_bank_id(id: &str) -> Option<Self> {
        let mut parts = id.splitn(5, '/');
        let parts: [&str; 5] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        let [kind, rail, currency, bank_code, account_number] = parts;
        (kind == "Bank" && !account_number.is_empty()).then(|| {
            Self::bank(
                PaymentMethodType::from(rail),
                FiatCurrencyCode::from(currency),
                bank_code.to_owned(),
                account_number.to_owned(),
            )
        })
    }

    /// An account of the sandbox's own, on the rail that its currency goes by.
    pub(crate) fn own_bank(currency: &FiatCurrencyCode, account_number: String) -> Self {
        let rail = match currency.as_str() {
            "EUR" => PaymentMethodType::BankSepa,
            "USD" => PaymentMethodType::BankFedwire,
            _ => PaymentMethodType::BankLocal,
        };
        Self::bank(rail, currency.clone(), "SANDBOX".to_owned(), account_number)
    }

    fn new(
        id: String,
        type_: PaymentMethodType,
        fiat_currency: Option<FiatCurrencyCode>,
        details: impl Into<PaymentMethodDisplayDetails>,
    ) -> Self {
        Self {
            id: PaymentMethodId::from(id),
            type_,
            fiat_currency,
            details: details.into(),
        }
    }

    pub(crate) fn card(scheme: FiatPaymentCardScheme, last4: String) -> Self {
        let type_ = PaymentMethodType::TokenizedCard;
        let id = format!("Card/{}/{}/{last4}", type_.as_str(), scheme.as_str());
        let display = filled!(FiatPaymentMethodCardDisplay { scheme, last4 });
        Self::new(id, type_, None, display)
    }

    /// A Pix key. The currency is a part of its id alone: it pays in any.
    pub(crate) fn identifier(
        currency: &FiatCurrencyCode,
        identifier_type: PaymentMethodIdentifierType,
        identifier: String,
    ) -> Self {
        let type_ = PaymentMethodType::IdentifierPix;
        let id = format!("Identifier/{}/{}/{identifier}", type_.as_str(), currency.as_str());
        let display = filled!(FiatPaymentMethodIdentifierDisplay {
            identifier_type,
            identifier
        });
        Self::new(id, type_, None, display)
    }

    /// The group that it belongs to; `None` for details that this version does not know.
    pub(crate) fn category(&self) -> Option<PaymentMethodCategory> {
        match self.details {
            PaymentMethodDisplayDetails::FiatPaymentMethodBankDisplay(_) => Some(PaymentMethodCategory::Bank),
            PaymentMethodDisplayDetails::FiatPaymentMethodCardDisplay(_) => Some(PaymentMethodCategory::Card),
            PaymentMethodDisplayDetails::FiatPaymentMethodIdentifierDisplay(_) => {
                Some(PaymentMethodCategory::Identifier)
            }
            _ => None,
        }
    }

    /// Whether one can pay with it in this category and currency.
    pub(crate) fn pays(&self, category: &PaymentMethodCategory, currency: &FiatCurrencyCode) -> bool {
        self.category().as_ref() == Some(category)
            && self
                .fiat_currency
                .as_ref()
                .is_none_or(|account| account == currency)
    }

    /// Stands for its id in addresses, which are no place for an account number.
    pub(crate) fn handle(&self) -> String {
        short(self.id.as_str(), 16)
    }

    /// How a customer tells it from others, without the whole of an account number: `EUR account at SANDDEFF ending in 9000
    /// (SEPA)`.
    pub(crate) fn label(&self) -> String {
        match &self.details {
            PaymentMethodDisplayDetails::FiatPaymentMethodBankDisplay(bank) => {
                let currency = self.fiat_currency.as_ref().map_or("", FiatCurrencyCode::as_str);
                let number = bank.account_number.text().unwrap_or_default();
                let bank_code = bank.bank_code.text().unwrap_or_default();
                format!(
                    "{currency} account at {bank_code} ending in {} ({})",
                    ending(number),
                    rail_name(&self.type_)
                )
            }
            PaymentMethodDisplayDetails::FiatPaymentMethodCardDisplay(card) => {
                format!("{} ending in {}", card.scheme, card.last4)
            }
            PaymentMethodDisplayDetails::FiatPaymentMethodIdentifierDisplay(identifier) => {
                format!(
                    "{} {}",
                    identifier.identifier_type.value().map_or("", identifier_name),
                    identifier.identifier
                )
            }
            _ => self.type_.as_str().to_owned(),
        }
    }
}

/// The rails that a bank account can have, in the order in which pages offer them.
pub(crate) const BANK_RAILS: [PaymentMethodType; 6] = [
    PaymentMethodType::BankSepa,
    PaymentMethodType::BankLocal,
    PaymentMethodType::BankAch,
    PaymentMethodType::BankFedwire,
    PaymentMethodType::BankSortCode,
    PaymentMethodType::BankSwift,
];

/// What people call a rail.
pub(crate) fn rail_name(rail: &PaymentMethodType) -> &str {
    match rail {
        PaymentMethodType::BankSepa => "SEPA",
        PaymentMethodType::BankLocal => "Local transfer",
        PaymentMethodType::BankAch => "ACH",
        PaymentMethodType::BankFedwire => "Fedwire",
        PaymentMethodType::BankSortCode => "Sort code",
        PaymentMethodType::BankSwift => "SWIFT",
        other => other.as_str(),
    }
}

/// What people call a kind of identifier.
pub(crate) fn identifier_name(kind: &PaymentMethodIdentifierType) -> &str {
    match kind {
        PaymentMethodIdentifierType::Email => "E-mail address",
        PaymentMethodIdentifierType::PhoneNumber => "Phone number",
        PaymentMethodIdentifierType::TaxId => "Tax number",
        other => other.as_str(),
    }
}

fn ending(number: &str) -> &str {
    let start = number.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
    &number[start..]
}
