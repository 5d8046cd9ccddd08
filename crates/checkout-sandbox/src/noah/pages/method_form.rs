//! What the forms of the manage page say, and whether it makes a payment method.

use checkout_core::Validate as _;
use noah_models::{
    FiatCurrencyCode, FiatPaymentCardScheme, PaymentMethodId, PaymentMethodIdentifierType, PaymentMethodType,
    PhoneNumber,
};
use serde::Deserialize;

use crate::noah::sessions::{BANK_RAILS, PaymentMethod};

/// All fields of the three forms; each sends `Kind` and its own.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::noah) struct MethodForm {
    /// `Bank`, `Card` or `Identifier`.
    pub(super) kind: String,
    pub(super) rail: String,
    pub(super) currency: String,
    pub(super) bank_code: String,
    pub(super) account_number: String,
    pub(super) scheme: String,
    pub(super) last4: String,
    pub(super) identifier_type: String,
    pub(super) identifier: String,
}

/// What is wrong with a form, by field. The last field stands for the form as a whole too.
#[derive(Default)]
pub(super) struct Faults(Vec<(&'static str, String)>);

impl Faults {
    pub(super) fn of(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(at, _)| *at == field)
            .map(|(_, fault)| fault.as_str())
    }

    /// The field that the keyboard should go to.
    pub(super) fn first(&self) -> Option<&'static str> {
        self.0.first().map(|(field, _)| *field)
    }

    pub(super) fn add(&mut self, field: &'static str, fault: impl Into<String>) {
        self.0.push((field, fault.into()));
    }
}

impl MethodForm {
    /// The payment method, or everything that is wrong.
    pub(super) fn check(&self) -> Result<PaymentMethod, Faults> {
        let mut faults = Faults::default();
        let method = match self.kind.as_str() {
            "Bank" => self.bank(&mut faults),
            "Card" => self.card(&mut faults),
            _ => self.identifier(&mut faults),
        };
        match method {
            Some(method) if faults.0.is_empty() => Ok(method),
            _ => Err(faults),
        }
    }

    /// The field that names the method best: what is wrong with all of it is said there.
    pub(super) fn last_field(&self) -> &'static str {
        match self.kind.as_str() {
            "Bank" => "AccountNumber",
            "Card" => "Last4",
            _ => "Identifier",
        }
    }

    /// What the page may show again: not digits that may be a card's whole number.
    pub(super) fn without_card_number(mut self) -> Self {
        if self.last4.chars().filter(char::is_ascii_digit).count() > 4 {
            self.last4.clear();
        }
        self
    }

    fn bank(&self, faults: &mut Faults) -> Option<PaymentMethod> {
        let rail = BANK_RAILS.into_iter().find(|rail| rail.as_str() == self.rail);
        if rail.is_none() {
            faults.add("Rail", "Choose how the money travels.");
        }
        let currency = self.currency.trim().to_ascii_uppercase();
        if currency.len() != 3 || !currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            faults.add("Currency", "Give the three letters of a currency, such as EUR.");
        }
        let wanted = match rail {
            Some(PaymentMethodType::BankSepa) => Some(("EUR", "SEPA moves euros alone: give EUR.")),
            Some(PaymentMethodType::BankAch) => Some(("USD", "ACH moves US dollars alone: give USD.")),
            Some(PaymentMethodType::BankFedwire) => {
                Some(("USD", "Fedwire moves US dollars alone: give USD."))
            }
            _ => None,
        };
        if let Some((wanted, fault)) = wanted
            && currency != wanted
        {
            faults.add("Currency", fault);
        }
        let bank_code = account_part(&self.bank_code, "BankCode", "the bank's code", faults);
        let account_number = account_part(
            &self.account_number,
            "AccountNumber",
            "the account's number",
            faults,
        );
        let method = PaymentMethod::bank(rail?, FiatCurrencyCode::from(currency), bank_code, account_number);
        check_id(&method.id, "AccountNumber", faults);
        Some(method)
    }

    fn card(&self, faults: &mut Faults) -> Option<PaymentMethod> {
        let scheme = FiatPaymentCardScheme::KNOWN
            .iter()
            .find(|scheme| scheme.as_str() == self.scheme);
        if scheme.is_none() {
            faults.add("Scheme", "Choose the card's scheme.");
        }
        let last4 = self.last4.trim();
        if last4.len() != 4 || !last4.bytes().all(|digit| digit.is_ascii_digit()) {
            faults.add(
                "Last4",
                "Give the last four digits alone; a whole card number has no place here.",
            );
        }
        Some(PaymentMethod::card(scheme?.clone(), last4.to_owned()))
    }

    fn identifier(&self, faults: &mut Faults) -> Option<PaymentMethod> {
        let kind = PaymentMethodIdentifierType::KNOWN
            .iter()
            .find(|kind| kind.as_str() == self.identifier_type);
        let Some(kind) = kind else {
            faults.add("IdentifierType", "Choose what kind of identifier it is.");
            return None;
        };
        let given = self.identifier.trim();
        let identifier = match kind {
            PaymentMethodIdentifierType::PhoneNumber => {
                let number = given.replace([' ', '-', '(', ')'], "");
                if PhoneNumber::from(number.as_str()).validate().is_err() {
                    faults.add(
                        "Identifier",
                        "Give an international number: a plus sign and 6 to 15 digits.",
                    );
                }
                number
            }
            PaymentMethodIdentifierType::Email => {
                if !is_email(given) {
                    faults.add("Identifier", "Give an e-mail address, such as ada@shop.example.");
                }
                given.to_owned()
            }
            _ => {
                let number = given.replace([' ', '-', '.', '/'], "");
                if number.is_empty() || !number.bytes().all(|mark| mark.is_ascii_alphanumeric()) {
                    faults.add("Identifier", "Give a tax number: letters and digits.");
                }
                number
            }
        };
        let real = FiatCurrencyCode::from("BRL");
        let method = PaymentMethod::identifier(&real, kind.clone(), identifier);
        check_id(&method.id, "Identifier", faults);
        Some(method)
    }
}

/// Letters and digits; the spaces and hyphens that people put between them are dropped.
fn account_part(given: &str, field: &'static str, what: &str, faults: &mut Faults) -> String {
    let part = given.replace([' ', '-'], "");
    if part.is_empty() || !part.bytes().all(|mark| mark.is_ascii_alphanumeric()) {
        faults.add(field, format!("Give {what}: letters and digits."));
    }
    part
}

/// The one limit that NOAH's model sets: an id of 150 characters, which holds all the others.
fn check_id(id: &PaymentMethodId, field: &'static str, faults: &mut Faults) {
    if id.validate().is_err() {
        faults.add(
            field,
            "This is too long: a payment method's id has at most 150 characters.",
        );
    }
}

/// Something before and after one `@`, without spaces and controls. Whether mail arrives, only mail can tell.
fn is_email(text: &str) -> bool {
    let odd = |mark: char| mark.is_whitespace() || mark.is_control() || mark == '/';
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
        && !text.contains(odd)
}
