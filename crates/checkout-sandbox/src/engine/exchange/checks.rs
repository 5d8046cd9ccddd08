//! What was checked of a request, one by one: the trace that an answer carries to the journal.
//!
//! Checking goes on after a failure, so that a reader sees all that is wrong with a request. The first failure is the refusal. No text
//! here is a secret: neither a signature nor a key nor a body.

use std::borrow::Cow;
use std::sync::Arc;

use axum::response::Response;
use serde::{Serialize, Serializer};

/// Longest text that is shown of what a request says of itself, in characters.
const LONGEST: usize = 120;

/// One check of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was checked: a claim, a header, a signature.
    pub(crate) name: Cow<'static, str>,
    /// What had to be found.
    pub(crate) expected: Cow<'static, str>,
    /// What was found.
    pub(crate) found: Cow<'static, str>,
    /// `None` if it was not reached, or does not apply.
    pub(crate) holds: Option<bool>,
}

/// The checks of a request, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checks(pub(crate) Arc<[Check]>);

impl Serialize for Checks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

impl Checks {
    /// The answer that carries them.
    pub(crate) fn tell(self, mut answer: Response) -> Response {
        answer.extensions_mut().insert(self);
        answer
    }
}

/// Checks while they are made, and the refusal of the first one that failed.
#[derive(Debug)]
pub(crate) struct Trace<R> {
    checks: Vec<Check>,
    refusal: Option<R>,
}

impl<R> Trace<R> {
    pub(crate) fn new() -> Self {
        Self {
            checks: Vec::with_capacity(16),
            refusal: None,
        }
    }

    /// A check that was made.
    pub(crate) fn note(
        &mut self,
        name: &'static str,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<Cow<'static, str>>,
        outcome: Result<(), R>,
    ) {
        self.push(name, expected.into(), found.into(), Some(outcome.is_ok()));
        if let Err(refusal) = outcome {
            self.refusal.get_or_insert(refusal);
        }
    }

    /// A check for which there is nothing to check.
    pub(crate) fn pass_over(
        &mut self,
        name: &'static str,
        expected: impl Into<Cow<'static, str>>,
        why: &'static str,
    ) {
        self.push(name, expected.into(), why.into(), None);
    }

    fn push(
        &mut self,
        name: &'static str,
        expected: Cow<'static, str>,
        found: Cow<'static, str>,
        holds: Option<bool>,
    ) {
        self.checks.push(Check {
            name: name.into(),
            expected,
            found,
            holds,
        });
    }

    /// The checks into `checks`, and whether all of them hold.
    pub(crate) fn finish(self, checks: &mut Checks) -> Result<(), R> {
        *checks = Checks(self.checks.into());
        self.refusal.map_or(Ok(()), Err)
    }
}

/// A text of the request, as far as a reader needs it.
pub(crate) fn shortened(text: &str) -> Cow<'static, str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]).into(),
        None => text.to_owned().into(),
    }
}

#[cfg(test)]
impl Checks {
    /// One line for each, for snapshots.
    pub(crate) fn table(&self) -> String {
        let line = |check: &Check| {
            let mark = match check.holds {
                Some(true) => "+",
                Some(false) => "-",
                None => " ",
            };
            let Check {
                name,
                expected,
                found,
                ..
            } = check;
            format!("{mark} {name}: {found} (expected: {expected})")
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("é"), "é");
        assert_eq!(shortened(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
        assert_eq!(
            shortened(&"é".repeat(LONGEST + 1)),
            format!("{}...", "é".repeat(LONGEST))
        );
    }
}
