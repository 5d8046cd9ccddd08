//! What the sandbox knows: customers, sessions, first answers, and what was paid.
//!
//! One lock guards it all, and every change is one call, so that these hold at any moment:
//! - One API key, operation and `Nonce` together have at most one answer, and that answer made at most one session.
//! - A session leaves `Pending` at most once, and each change posts its webhooks in the order of the changes.
//! - The ledger holds exactly the sessions that are settled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use noah_models::CustomerId;
use serde_json::Value;

use super::auth::Caller;
use super::courier::{Courier, Event};
use super::ledger::Entry;
use super::refusal::Refusal;
use super::session::{Outcome, Session, TransitionError};
use crate::digest::sha256;

/// Everything that the NOAH side keeps until the sandbox stops. A `Nonce` is never forgotten: the next request with it
/// would pay again.
pub(crate) struct Store {
    courier: Arc<Courier>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Customers as last given; their content is kept for the pages.
    customers: HashMap<CustomerId, Known>,
    sessions: HashMap<String, Session>,
    answers: HashMap<Scope, Answer>,
    ledger: Vec<Entry>,
}

/// A customer's data, or that the customer is known.
struct Known(
    #[expect(
        dead_code,
        reason = "shown on the pages that manage payment methods, once they exist"
    )]
    Value,
);

/// Within what a `Nonce` must be unique. NOAH does not say; the sandbox takes the API key and the operation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    caller: Caller,
    operation: &'static str,
    nonce: String,
}

/// The first answer to a `Nonce`, and the hash of the body that it answered.
#[derive(Clone)]
struct Answer {
    request: [u8; 32],
    body: Bytes,
}

/// Whose session is being made.
pub(crate) struct CustomerRef {
    pub(crate) id: CustomerId,
    /// The `Customer` of the request, if it has one: the customer is then created or updated.
    pub(crate) given: Option<Value>,
}

/// A session that is ready to be kept, with the answer that tells of it.
pub(crate) struct Opening {
    pub(crate) session: Session,
    pub(crate) answer: Bytes,
    pub(crate) events: Vec<Event>,
}

impl Scope {
    pub(crate) fn new(caller: &Caller, operation: &'static str, nonce: &str) -> Self {
        Self {
            caller: caller.clone(),
            operation,
            nonce: nonce.to_owned(),
        }
    }
}

impl Store {
    pub(crate) fn new(courier: Arc<Courier>) -> Self {
        Self {
            courier,
            state: Mutex::default(),
        }
    }

    /// Opens a session, or gives the first answer again if the scope has one. `open` runs only for a new session.
    pub(crate) fn open_once(
        &self,
        scope: Scope,
        request: &[u8],
        customer: CustomerRef,
        open: impl FnOnce() -> Result<Opening, Refusal>,
    ) -> Result<Bytes, Refusal> {
        let request = sha256(request);
        let mut state = self.state();
        if let Some(first) = state.answers.get(&scope) {
            return if first.request == request {
                Ok(first.body.clone())
            } else {
                Err(Refusal::conflict(
                    "Nonce already used with another body: repeat the first body byte for byte, or take a new Nonce",
                ))
            };
        }
        let answer = self.open_in(&mut state, customer, open)?;
        state.answers.insert(
            scope,
            Answer {
                request,
                body: answer.clone(),
            },
        );
        Ok(answer)
    }

    /// Opens a session each time it is called.
    pub(crate) fn open(
        &self,
        customer: CustomerRef,
        open: impl FnOnce() -> Result<Opening, Refusal>,
    ) -> Result<Bytes, Refusal> {
        self.open_in(&mut self.state(), customer, open)
    }

    /// Ends a session. Ending it the same way again changes nothing and posts nothing.
    pub(crate) fn end(
        &self,
        id: &str,
        outcome: Outcome,
        now: std::time::SystemTime,
    ) -> Result<Session, TransitionError> {
        let mut state = self.state();
        let session = state.sessions.get_mut(id).ok_or(TransitionError::Unknown)?;
        let Some(change) = session.end(outcome, now)? else {
            return Ok(session.clone());
        };
        let ended = session.clone();
        state.ledger.extend(change.entry);
        self.courier.post(change.events);
        Ok(ended)
    }

    /// A session, by the id that `end` takes.
    pub(crate) fn session(&self, id: &str) -> Option<Session> {
        self.state().sessions.get(id).cloned()
    }

    /// Everything that was settled, in order.
    pub(crate) fn ledger(&self) -> Vec<Entry> {
        self.state().ledger.clone()
    }

    fn open_in(
        &self,
        state: &mut State,
        customer: CustomerRef,
        open: impl FnOnce() -> Result<Opening, Refusal>,
    ) -> Result<Bytes, Refusal> {
        if customer.given.is_none() && !state.customers.contains_key(&customer.id) {
            return Err(Refusal::not_found(
                "customer not found: send Customer with the first request for a CustomerID",
            ));
        }
        let Opening {
            session,
            answer,
            events,
        } = open()?;
        if let Some(given) = customer.given {
            state.customers.insert(customer.id, Known(given));
        }
        state.sessions.insert(session.id().to_owned(), session);
        self.courier.post(events);
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
