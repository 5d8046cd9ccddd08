//! What the sandbox knows: customers, sessions, and what was paid.
//!
//! One lock guards it all, and every change is one call, so that these hold at any moment:
//! - A session leaves `Pending` at most once, and each change posts its webhooks in the order of the changes.
//! - The ledger holds exactly the sessions that are settled, and the deposits that were simulated.
//!
//! A change is committed, its webhooks with it, before memory shows it. So they hold after a kill too.

pub(crate) mod events;

use std::sync::Arc;

use axum::http::StatusCode;
use indexmap::IndexMap;
use noah_models::CustomerId;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::books::{BalanceFault, Entry, Hold, balances};
use super::refusal::Refusal;
use super::sessions::{Ending, PaymentMethod, Session, SessionStatus, TransitionError};
use super::store::events::Barred;
use crate::engine::control::Feed;
use crate::engine::courier::{Courier, Event};
use crate::engine::exchange::Answer;
use crate::engine::ground::{Ground, StateError, Table, nth};
use crate::engine::pipeline::{Keep, Numbered, ResourceTable, Resources, Stage};

const CUSTOMERS: Table<Customer> = Table::new("noah_customers");
/// By their number.
const SESSIONS: Table<Session> = Table::new("noah_sessions");
/// By their number.
const LEDGER: Table<Entry> = Table::new("noah_ledger");
const THINGS: ResourceTable = Table::new("noah_things");

/// Everything that the NOAH side keeps, but for its keys and nonces.
pub(crate) struct Store {
    ground: Arc<Ground>,
    courier: Arc<Courier>,
    feed: Feed,
    memory: Mutex<Memory>,
}

struct Memory {
    customers: IndexMap<CustomerId, Customer>,
    /// In the order of their opening.
    sessions: IndexMap<String, Session>,
    ledger: Vec<Entry>,
    /// What lists and look-ups show: each object as its last event told it.
    things: Resources,
}

/// A customer, as last given.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: CustomerId,
    /// The `Customer` object, as last sent.
    pub(crate) content: Value,
    /// What they pay with, in the order of adding. An update of the customer does not touch it.
    pub(crate) payment_methods: Vec<PaymentMethod>,
}

/// Why a payment method is not stored, as the page says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeepError {
    #[error("The sandbox does not know this customer any more.")]
    UnknownCustomer,
    #[error("This payment method is stored already.")]
    Stored,
    #[error("The state file cannot be written. Nothing has changed.")]
    NotKept,
}

/// Whose session is being made.
pub(crate) struct CustomerRef {
    pub(crate) id: CustomerId,
    /// The `Customer` of the request, if it has one: the customer is then created or updated.
    pub(crate) given: Option<Value>,
}

/// A change that is ready to be kept, with the answer that tells of it.
pub(crate) struct Changed {
    /// Created or updated.
    pub(crate) customer: Option<CustomerRef>,
    pub(crate) session: Option<Session>,
    pub(crate) events: Vec<Event>,
    /// What the account pays, once the events have taken effect.
    pub(crate) hold: Option<Hold>,
    /// What was paid at once.
    pub(crate) entry: Option<Entry>,
    pub(crate) answer: Answer,
}

impl From<Answer> for Changed {
    /// With nothing changed yet.
    fn from(answer: Answer) -> Self {
        Self {
            customer: None,
            session: None,
            events: Vec::new(),
            hold: None,
            entry: None,
            answer,
        }
    }
}

impl Memory {
    /// A customer who came with a request, or by onboarding alone.
    fn customer(&self, id: &CustomerId) -> Option<Customer> {
        self.customers.get(id).cloned().or_else(|| {
            self.things.get(events::CUSTOMER, id.as_str())?;
            Some(Customer {
                id: id.clone(),
                content: Value::Object(Map::new()),
                payment_methods: Vec::new(),
            })
        })
    }

    fn usable_methods<'a>(&'a self, session: &'a Session) -> impl Iterator<Item = &'a PaymentMethod> {
        let wanted = session
            .bill()
            .and_then(|bill| Some((bill.category?, bill.fiat_currency)));
        self.customers
            .get(session.customer_id())
            .into_iter()
            .flat_map(|customer| &customer.payment_methods)
            .filter(move |method| wanted.is_some_and(|(category, currency)| method.pays(category, currency)))
    }
}

impl Store {
    /// With what an earlier sandbox kept, if there is a state file.
    pub(crate) fn new(ground: Arc<Ground>, courier: Arc<Courier>, feed: Feed) -> Result<Self, StateError> {
        let state = &ground.state;
        let customers = state.rows(CUSTOMERS)?.into_iter();
        let sessions = state.rows(SESSIONS)?.into_iter();
        let memory = Memory {
            customers: customers
                .map(|(_, customer)| (customer.id.clone(), customer))
                .collect(),
            sessions: sessions
                .map(|(_, session)| (session.id().to_owned(), session))
                .collect(),
            ledger: state.rows(LEDGER)?.into_iter().map(|(_, entry)| entry).collect(),
            things: Resources::new(state, THINGS)?,
        };
        Ok(Self {
            ground,
            courier,
            feed,
            memory: Mutex::new(memory),
        })
    }

    /// Ends a session. Ending it the same way again changes nothing and posts nothing.
    pub(crate) fn end(&self, id: &str, outcome: Ending) -> Result<Session, TransitionError> {
        self.end_with(id, outcome, None)
    }

    /// Ends a session as [`end`](Self::end) does, with one of the customer's payment methods.
    pub(crate) fn end_with(
        &self,
        id: &str,
        outcome: Ending,
        method: Option<&str>,
    ) -> Result<Session, TransitionError> {
        let mut memory = self.memory.lock();
        let session = memory.sessions.get(id).ok_or(TransitionError::Unknown)?;
        let mut ended = session.clone();
        // What has ended is not paid again: it does not matter with what.
        let paid_with = match method.filter(|_| session.outcome().is_none()) {
            Some(method) => Some(
                memory
                    .usable_methods(session)
                    .find(|usable| usable.id.as_str() == method)
                    .cloned()
                    .ok_or(TransitionError::UnknownPaymentMethod)?,
            ),
            None => None,
        };
        let Some(change) = ended.end(outcome, paid_with, &self.ground)? else {
            return Ok(ended);
        };
        let changed = Changed {
            session: Some(ended.clone()),
            events: change.events,
            entry: change.entry,
            ..Answer::empty(StatusCode::OK).into()
        };
        let mut keep = Keep::new(&self.ground, None);
        self.keep(&mut memory, &mut keep, |_, _| Ok::<_, TransitionError>(changed))?;
        Ok(ended)
    }

    /// A session, by the id that `end` takes.
    pub(crate) fn session(&self, id: &str) -> Option<Session> {
        self.memory.lock().sessions.get(id).cloned()
    }

    /// The last sessions, newest first.
    pub(crate) fn sessions(&self, at_most: usize) -> Vec<Session> {
        self.memory
            .lock()
            .sessions
            .values()
            .rev()
            .take(at_most)
            .cloned()
            .collect()
    }

    /// A customer, by id.
    pub(crate) fn customer(&self, id: &CustomerId) -> Option<Customer> {
        self.memory.lock().customer(id)
    }

    /// The customer's payment methods that the session can be paid with.
    pub(crate) fn usable_methods(&self, session: &Session) -> Vec<PaymentMethod> {
        self.memory.lock().usable_methods(session).cloned().collect()
    }

    /// Stores a payment method of a customer.
    pub(crate) fn add_method(&self, id: &CustomerId, method: PaymentMethod) -> Result<(), KeepError> {
        self.change_customer(id, |customer| {
            if customer
                .payment_methods
                .iter()
                .any(|stored| stored.id == method.id)
            {
                return Err(KeepError::Stored);
            }
            customer.payment_methods.push(method);
            Ok(())
        })
    }

    /// Forgets a payment method of a customer, by its handle; removing it again changes nothing.
    pub(crate) fn remove_method(&self, id: &CustomerId, handle: &str) -> Result<(), KeepError> {
        self.change_customer(id, |customer| {
            customer
                .payment_methods
                .retain(|stored| stored.handle() != handle);
            Ok(())
        })
    }

    /// Everything that was settled, in order.
    pub(crate) fn ledger(&self) -> Vec<Entry> {
        self.memory.lock().ledger.clone()
    }

    fn change_customer(
        &self,
        id: &CustomerId,
        change: impl FnOnce(&mut Customer) -> Result<(), KeepError>,
    ) -> Result<(), KeepError> {
        let mut memory = self.memory.lock();
        let mut customer = memory.customer(id).ok_or(KeepError::UnknownCustomer)?;
        change(&mut customer)?;
        let mut batch = self.ground.batch();
        batch.put(CUSTOMERS, id.as_str(), &customer);
        self.ground.commit(batch).map_err(|error| {
            tracing::error!(%error, "a payment method was not kept");
            KeepError::NotKept
        })?;
        memory.customers.insert(id.clone(), customer);
        Ok(())
    }

    /// Opens a session of a customer who is known or given, and keeps the answer with it.
    pub(crate) fn open(
        &self,
        customer: CustomerRef,
        keep: &mut Keep<'_>,
        open: impl FnOnce(&mut Stage<'_>) -> Result<Changed, Refusal>,
    ) -> Result<Answer, Refusal> {
        self.change(keep, |_, stage| {
            match events::check_customer(stage, customer.id.as_str()) {
                Err(Barred::Unknown) if customer.given.is_some() => {}
                checked => checked?,
            }
            let opened = open(stage)?;
            Ok(Changed {
                customer: customer.given.is_some().then_some(customer),
                ..opened
            })
        })
    }

    /// Changes something, and keeps the answer with it: all of it or nothing.
    pub(crate) fn change(
        &self,
        keep: &mut Keep<'_>,
        work: impl FnOnce(&IndexMap<CustomerId, Customer>, &mut Stage<'_>) -> Result<Changed, Refusal>,
    ) -> Result<Answer, Refusal> {
        self.keep(&mut self.memory.lock(), keep, work)
    }

    /// As [`change`](Self::change), for a caller that holds the lock and has an error of its own.
    fn keep<E: From<BalanceFault> + From<StateError>>(
        &self,
        memory: &mut Memory,
        keep: &mut Keep<'_>,
        work: impl FnOnce(&IndexMap<CustomerId, Customer>, &mut Stage<'_>) -> Result<Changed, E>,
    ) -> Result<Answer, E> {
        let mut stage = memory.things.stage();
        let Changed {
            customer,
            session,
            events,
            hold,
            entry,
            answer,
        } = work(&memory.customers, &mut stage)?;
        let mut batch = self.ground.batch();
        let customer = customer.and_then(|CustomerRef { id, given }| {
            let known = memory.customers.get(&id);
            Some(Customer {
                payment_methods: known
                    .map(|known| known.payment_methods.clone())
                    .unwrap_or_default(),
                content: given?,
                id,
            })
        });
        if let Some(customer) = &customer {
            batch.put(CUSTOMERS, customer.id.as_str(), customer);
            events::stage_customer(&mut stage, &customer.id, &customer.content, &self.ground);
        }
        if let Some(session) = &session {
            let known = memory.sessions.get_index_of(session.id());
            let number = known.unwrap_or(memory.sessions.len());
            batch.put(SESSIONS, nth(number), session);
        }
        events::stage(&mut stage, &events)?;
        if let Some(hold) = hold {
            balances::hold(&mut stage, &hold)?;
        }
        if let Some(entry) = &entry {
            batch.put(LEDGER, nth(memory.ledger.len()), entry);
        }
        let staged = stage.into_batch(&mut batch);
        let posting = self.courier.draft(events, &mut batch);
        keep.commit(batch, &answer)?;
        self.courier.post(posting);
        memory.things.show(staged);
        memory.ledger.extend(entry);
        memory
            .customers
            .extend(customer.map(|customer| (customer.id.clone(), customer)));
        if let Some(session) = session {
            self.feed.publish("session", &SessionStatus::of(&session));
            memory.sessions.insert(session.id().to_owned(), session);
        }
        Ok(answer)
    }

    /// A thing as lists and look-ups give it.
    pub(crate) fn thing(&self, kind: &str, id: &str) -> Option<Value> {
        self.memory.lock().things.get(kind, id).cloned()
    }

    /// Lets those of a kind be read with their numbers, the oldest first, while nothing changes.
    pub(crate) fn things<T>(&self, kind: &str, read: impl FnOnce(&mut Numbered<'_>) -> T) -> T {
        read(&mut self.memory.lock().things.of(kind))
    }
}
