//! What was answered, held against what was asked.

use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{PositiveDecimal, ReceivedDecimal};

use super::AnswerChecks;

/// Holds an answer against its request. Where the answer is silent there is nothing to compare.
pub(super) struct Comparison {
    object: &'static str,
    checks: AnswerChecks,
    found: Violations,
}

impl Comparison {
    pub(super) const fn at(object: &'static str, checks: AnswerChecks) -> Self {
        Self {
            object,
            checks,
            found: Violations::new(),
        }
    }

    /// What it found.
    pub(super) fn into_violations(self) -> Violations {
        self.found
    }

    pub(super) fn currency(&mut self, field: &str, answered: &str, asked: &str) {
        // What an answer holds may be anything; only what can be a currency code is repeated.
        let is_code = |text: &str| {
            text.len() <= 24
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
        };
        if answered != asked && is_code(answered) && is_code(asked) {
            self.contradiction(field, &format!("is {answered}, but {asked} was asked for"));
        } else {
            self.text(field, answered, asked);
        }
    }

    pub(super) fn text(&mut self, field: &str, answered: &str, asked: &str) {
        if answered != asked {
            self.contradiction(field, "is not what was asked for");
        }
    }

    pub(super) fn optional_text<T: AsRef<str>>(&mut self, field: &str, answered: Option<&T>, asked: &T) {
        if let Some(answered) = answered {
            self.text(field, answered.as_ref(), asked.as_ref());
        }
    }

    pub(super) fn external_id<T: AsRef<str>>(&mut self, answered: Option<&T>, asked: Option<&T>) {
        if let (Some(answered), Some(asked)) = (answered, asked)
            && answered.as_ref() != asked.as_ref()
        {
            self.contradiction(
                "ExternalID",
                "is that of another order; has this Nonce been used before?",
            );
        }
    }

    pub(super) fn amount(&mut self, field: &str, answered: Option<&ReceivedDecimal>, asked: PositiveDecimal) {
        match self.compared(answered).map(ReceivedDecimal::amount) {
            Some(None) => self.contradiction(field, "is no amount"),
            Some(Some(answered)) if answered != asked => {
                self.contradiction(field, &format!("is {answered}, but {asked} was asked for"));
            }
            _ => {}
        }
    }

    pub(super) fn at_most(
        &mut self,
        field: &str,
        answered: Option<&ReceivedDecimal>,
        allowed: PositiveDecimal,
    ) {
        match self.compared(answered).map(ReceivedDecimal::amount) {
            Some(None) => self.contradiction(field, "is no amount"),
            Some(Some(answered)) if answered > allowed => self.contradiction(
                field,
                &format!("is {answered}, but at most {allowed} was authorized"),
            ),
            _ => {}
        }
    }

    fn compared<'a>(&self, amount: Option<&'a ReceivedDecimal>) -> Option<&'a ReceivedDecimal> {
        amount.filter(|_| self.checks == AnswerChecks::Exact)
    }

    fn contradiction(&mut self, field: &str, message: &str) {
        let body = At::BODY;
        let object = body.field(self.object);
        match field.split_once('/') {
            Some((outer, inner)) => {
                self.found
                    .push(&object.field(outer).field(inner), Rule::Consistency, message);
            }
            None => self.found.push(&object.field(field), Rule::Consistency, message),
        }
    }
}
