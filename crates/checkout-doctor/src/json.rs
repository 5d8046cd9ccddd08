//! The body of a request, read as the APIs' servers and the sandbox read it.

use checkout_core::json::{self, JsonError, REPEATED};

use super::body::{Difference, HIDING};
use super::diagnosis::{Findings, quoted};
use super::{Case, Check, Rule};

pub(super) fn check(case: &Case, findings: &mut Findings<'_>) {
    let Some(body) = &case.body else {
        return findings.unknown(Check::Json, "the body was not given: --body");
    };
    if body.is_empty() {
        return findings.holds(Check::Json, "there is no body");
    }
    match json::read(body) {
        Ok(_) => findings.holds(Check::Json, "JSON, and no field stands twice in an object"),
        Err(JsonError::Repeated { pointers }) => {
            let pointers: Vec<String> = pointers.iter().map(|pointer| quoted(pointer)).collect();
            findings.fails((
                Rule::JsonRepeatedField,
                format!("{} {REPEATED}", pointers.join(", ")),
            ));
        }
        Err(error) => {
            // What is at hand is then not what was to be sent.
            let hidden = HIDING.map(Difference::body_hash_rule);
            if let Some(rule) = findings
                .rule_of(Check::BodyHash)
                .filter(|rule| hidden.contains(rule))
            {
                return findings.explained(Check::Json, rule);
            }
            findings.fails((Rule::JsonUnreadable, format!("the body {error}")));
        }
    }
}
