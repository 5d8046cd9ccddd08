//! What was answered, held against what was asked.

use checkout_core::received::{ReadFault, Unreadable};
use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{PositiveDecimal, Received};

use super::AnswerChecks;

/// Holds an answer against its request. Where the answer is silent there is nothing to compare; what cannot be read is
/// taken for a contradiction, never for silence.
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

    /// The object that was answered. One that cannot be read contradicts whatever was asked.
    pub(super) fn object<'a, T>(&mut self, answered: &'a Received<T>) -> Option<&'a T> {
        if let Some(what) = answered.unreadable() {
            let message = not_comparable(what, self.object);
            self.found
                .push(&At::BODY.field(self.object), Rule::Consistency, message);
        }
        answered.value()
    }

    /// The same for a field of it.
    pub(super) fn read<'a, T>(&mut self, field: &str, answered: &'a Received<T>) -> Option<&'a T> {
        if let Some(what) = answered.unreadable() {
            self.contradiction(field, &not_comparable(what, field));
        }
        answered.value()
    }

    pub(super) fn currency<T: AsRef<str>>(&mut self, field: &str, answered: &Received<T>, asked: &str) {
        let Some(answered) = self.read(field, answered).map(AsRef::as_ref) else {
            return;
        };
        // What an answer holds may be anything; only what can be a currency code is repeated.
        let is_code = |text: &str| {
            text.len() <= 24
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
        };
        if answered == asked {
        } else if is_code(answered) && is_code(asked) {
            self.contradiction(field, &format!("is {answered}, but {asked} was asked for"));
        } else {
            self.contradiction(field, "is not what was asked for");
        }
    }

    pub(super) fn text<T: AsRef<str>>(&mut self, field: &str, answered: &Received<T>, asked: &T) {
        if let Some(answered) = self.read(field, answered)
            && answered.as_ref() != asked.as_ref()
        {
            self.contradiction(field, "is not what was asked for");
        }
    }

    pub(super) fn external_id<T: AsRef<str>>(&mut self, answered: &Received<T>, asked: Option<&T>) {
        let Some(asked) = asked else { return };
        if let Some(answered) = self.read("ExternalID", answered)
            && answered.as_ref() != asked.as_ref()
        {
            self.contradiction(
                "ExternalID",
                "is that of another order; has this Nonce been used before?",
            );
        }
    }

    pub(super) fn amount(
        &mut self,
        field: &str,
        answered: &Received<PositiveDecimal>,
        asked: PositiveDecimal,
    ) {
        if self.checks == AnswerChecks::Exact
            && let Some(answered) = self.read(field, answered)
            && *answered != asked
        {
            self.contradiction(field, &format!("is {answered}, but {asked} was asked for"));
        }
    }

    pub(super) fn at_most(
        &mut self,
        field: &str,
        answered: &Received<PositiveDecimal>,
        allowed: PositiveDecimal,
    ) {
        if self.checks == AnswerChecks::Exact
            && let Some(answered) = self.read(field, answered)
            && *answered > allowed
        {
            self.contradiction(
                field,
                &format!("is {answered}, but at most {allowed} was authorized"),
            );
        }
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

/// Why a field cannot be held against the request.
fn not_comparable(what: &Unreadable, field: &str) -> String {
    match what.error().fault() {
        ReadFault::Type { due } if what.error().pointer().ends_with(field) => {
            format!("is not {due}, so it cannot be what was asked for")
        }
        _ => format!("cannot be compared with what was asked for: {}", what.error()),
    }
}
