//! An error as engineers see it who look into it.

use std::fmt;

use super::Inner;
use super::parts::shows_detail;
use crate::headers::Visible;
use crate::text::{Bounded, DETAIL, NAME, Word};
use crate::wire::BoxError;

pub(super) fn debug(inner: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut out = f.debug_struct("Error");
    out.field("kind", &inner.kind).field("outcome", &inner.outcome);
    if let Some(operation) = inner.operation {
        out.field("operation", &operation.id);
    }
    if let Some(answer) = &inner.answer {
        out.field("status", &answer.status.as_u16())
            .field("headers", &Visible(&answer.headers))
            .field("body_bytes", &answer.body.len());
    }
    if let Some(message) = &inner.message {
        out.field("message", message);
    }
    if let Some(violations) = &inner.violations {
        out.field("violations", violations);
    }
    if let Some(api_error) = &inner.api_error {
        out.field("api_error", api_error);
        if let Some(detail) = api_error.detail.as_deref().filter(|_| shows_detail(inner)) {
            out.field("detail", &Bounded::new(detail, DETAIL));
        }
    }
    if let Some(reference) = inner
        .answer
        .as_ref()
        .and_then(|answer| answer.reference.as_deref())
    {
        out.field("reference", &Word(reference));
    }
    if let Some(key) = &inner.idempotency_key {
        out.field("idempotency_key", &Bounded::new(key, NAME));
    }
    for (name, value) in &inner.details {
        out.field(name, &Bounded::new(value, NAME));
    }
    if let Some(receipt) = &inner.receipt {
        out.field("attempts", &receipt.attempts.len());
    }
    if let Some(stop) = inner.stop {
        out.field("stopped_by", &stop);
    }
    if let Some(elapsed) = inner.elapsed {
        out.field("elapsed", &elapsed);
    }
    if let Some(source) = &inner.source {
        // By their texts: `Debug` of a foreign error may hold what it was made from.
        out.field("source", &Bounded::new(&chain(source), 3 * DETAIL));
    }
    out.finish()
}

fn chain(source: &BoxError) -> String {
    let mut text = source.to_string();
    let mut next = source.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}
