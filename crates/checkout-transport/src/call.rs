//! A call: attempts of one request until one is answered, or no other may follow.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span};

use crate::answer::Answer;
use crate::attempt::{Ended, Terms, attempt};
use crate::budget::Ticket;
use crate::hint::VISIBLE_OFFSET;
use crate::receipt::AttemptResult;
use crate::retry::{COST, Decision, Failure, Repeat, Stop, decide};
use crate::shared::Shared;
use crate::text::{Bounded, NAME};
use crate::timeouts::later;
use crate::{Attempt, Error, ErrorKind, PreparedRequest, Reply};

/// A difference beyond which a server's clock is not believed.
const INCREDIBLE_OFFSET: u64 = 24 * 3600;

/// What a success without a repeat puts into the budget.
const CLEAN_SUCCESS: u32 = 1;

/// Sends the request, again where that is safe and useful, within the time of the call.
pub(crate) async fn call(shared: &Shared, prepared: &PreparedRequest) -> Result<Reply, Error> {
    let operation = prepared.operation();
    let span = tracing::info_span!(
        "call",
        operation = operation.id,
        moves_money = operation.moves_money,
        key = prepared
            .idempotency_key()
            .map(|key| tracing::field::display(Bounded::new(key, NAME))),
        attempts = tracing::field::Empty,
        status = tracing::field::Empty,
        outcome = tracing::field::Empty,
        elapsed_ms = tracing::field::Empty,
    );
    let started = Instant::now();
    let mut made = Vec::with_capacity(1);
    let ended = attempts(shared, prepared, started, &mut made)
        .instrument(span.clone())
        .await;
    let elapsed = started.elapsed();
    let api = shared.api.name();
    let result = match ended {
        Ok(answer) => Ok(Reply {
            prepared: prepared.clone(),
            api,
            answer,
            attempts: made,
            receipt: OnceLock::new(),
            elapsed,
        }),
        Err((error, stop)) => Err(error
            .joined(prepared)
            .with_request(prepared.clone())
            .with_api(api)
            .with_receipt(prepared.receipt(made), stop, elapsed)),
    };
    span.in_scope(|| record(&span, &result));
    result
}

async fn attempts(
    shared: &Shared,
    prepared: &PreparedRequest,
    started: Instant,
    made: &mut Vec<Attempt>,
) -> Result<Answer, (Error, Option<Stop>)> {
    let deadline = later(started, shared.options.timeouts.total);
    let mut terms = Terms {
        deadline,
        number: 1,
        waited: Duration::ZERO,
        mended: 0,
    };
    let mut spent = CLEAN_SUCCESS;
    if let Some(error) = of_other_account(shared, prepared).or_else(|| expired(shared, prepared)) {
        return Err((error, None));
    }
    loop {
        let Ended {
            result,
            answered,
            record,
        } = attempt(shared, prepared, terms).await;
        let error = match result {
            Ok(answer) => {
                made.push(record);
                shared.budget.give(spent);
                return Ok(answer);
            }
            Err(error) => error,
        };
        let following = following(shared, prepared, &error, answered, &record, terms);
        made.push(record);
        let (next, ticket) = match following {
            Ok(following) => following,
            Err(stop) => return Err((error, Some(stop))),
        };
        if !next.waited.is_zero() {
            tracing::debug!(wait_ms = next.waited.as_millis(), "waiting for another attempt");
            // It may take longer than asked for.
            if timeout_at(deadline, (shared.sleep)(next.waited)).await.is_err() {
                return Err((error, Some(Stop::Time)));
            }
        }
        if expired(shared, prepared).is_some() {
            return Err((error, Some(Stop::KeyLife)));
        }
        spent = ticket.spend();
        terms = next;
    }
}

/// The terms of another attempt and what pays for it, or why there is none.
fn following<'a>(
    shared: &'a Shared,
    prepared: &PreparedRequest,
    error: &Error,
    answered: Repeat,
    last: &Attempt,
    terms: Terms,
) -> Result<(Terms, Ticket<'a>), Stop> {
    let retries = &shared.options.retries;
    let failure = Failure {
        kind: error.kind(),
        outcome: error.outcome(),
        answered,
        keyed: prepared.idempotency_key().is_some(),
    };
    let decision = decide(
        prepared.operation(),
        &failure,
        terms.number,
        last.retry_after,
        retries,
        (shared.random)(),
    );
    let mended = last.clock_offset.filter(|offset| {
        shared.options.mend_clock
            && terms.mended == 0
            && terms.number < retries.attempts
            && last.status == Some(401)
            // What may have taken effect is no question of the clock.
            && last.result == AttemptResult::Refused
            && (VISIBLE_OFFSET..INCREDIBLE_OFFSET).contains(&offset.unsigned_abs())
    });
    let (wait, cost, mended) = match (decision, mended) {
        // Nothing happened by a 401, and it was not for want of time.
        (_, Some(offset)) => (Duration::ZERO, COST, offset),
        (Decision::Again { wait, cost }, None) => (wait, cost, terms.mended),
        (Decision::Stop(stop), None) => return Err(stop),
    };
    if wait >= terms.deadline.saturating_duration_since(Instant::now()) {
        return Err(Stop::Time);
    }
    let ticket = shared.budget.take(cost).ok_or(Stop::Budget)?;
    let next = Terms {
        deadline: terms.deadline,
        number: terms.number + 1,
        waited: wait,
        mended,
    };
    Ok((next, ticket))
}

/// The error of a request that is too old to be sent: the API may have forgotten its key.
fn expired(shared: &Shared, prepared: &PreparedRequest) -> Option<Error> {
    let message = shared.options.too_old(prepared, shared.clock.now())?;
    Some(Error::not_sent(ErrorKind::Expired).with_message(message))
}

/// The error of a request that was made for another account than the one it would be sent with.
fn of_other_account(shared: &Shared, prepared: &PreparedRequest) -> Option<Error> {
    let error = || {
        Error::not_sent(ErrorKind::OtherAccount)
            .with_message("the API would not know its key there, and would act a second time")
            .with_remedy("of_same_account sends it where those were replaced by others of the same account")
    };
    prepared
        .is_of_other_account(shared.authenticator.account())
        .then(error)
}

fn record(span: &Span, result: &Result<Reply, Error>) {
    let (attempts, elapsed, status) = match result {
        Ok(reply) => (reply.attempts.len(), Some(reply.elapsed()), Some(reply.status())),
        Err(error) => {
            let attempts = error.receipt().map_or(0, |receipt| receipt.attempts.len());
            (attempts, error.elapsed(), error.status())
        }
    };
    span.record("attempts", attempts);
    if let Some(elapsed) = elapsed {
        span.record(
            "elapsed_ms",
            u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        );
    }
    if let Some(status) = status {
        span.record("status", status.as_u16());
    }
    match result {
        Ok(_) => {
            span.record("outcome", AttemptResult::Answered.as_str());
        }
        Err(error) => {
            span.record("outcome", error.outcome().as_str());
            let (kind, stopped_by) = (error.kind(), error.stopped_by());
            if error.money_may_have_moved() {
                tracing::warn!(?kind, ?stopped_by, "the call failed; money may have moved");
            } else {
                tracing::info!(?kind, ?stopped_by, "the call failed");
            }
        }
    }
}
