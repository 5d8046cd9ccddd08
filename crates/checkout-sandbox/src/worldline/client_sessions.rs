//! The sessions of customers' devices.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::access::unauthorized::Unauthorized;
use crate::engine::ground::{Batch, Ground, StateError, Table};
use crate::engine::text::Sweeps;

/// How long a client session lives, as the spec says of `createSession`.
const LIFE: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a session that has expired is still told from one that never was.
const REMEMBERED: Duration = LIFE;

/// By their id.
const SESSIONS: Table<ClientSession> = Table::new("worldline_client_sessions");

/// The client sessions of the sandbox's merchant.
pub(crate) struct ClientSessions {
    ground: Arc<Ground>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_id: HashMap<String, ClientSession>,
    sweeps: Sweeps,
}

#[derive(Clone, Serialize, Deserialize)]
struct ClientSession {
    customer_id: String,
    expires: SystemTime,
}

/// A new client session's two ids.
pub(crate) struct Issued {
    pub(crate) client_session_id: String,
    pub(crate) customer_id: String,
}

impl ClientSessions {
    /// With those of an earlier sandbox, if there is a state file.
    pub(crate) fn new(ground: Arc<Ground>) -> Result<Self, StateError> {
        let by_id = ground.state.rows(SESSIONS)?.into_iter().collect();
        let sweeps = Sweeps::default();
        Ok(Self {
            ground,
            known: Mutex::new(Known { by_id, sweeps }),
        })
    }

    /// Opens a session for a customer of its own; kept once the batch is committed.
    pub(crate) fn open(&self, merchant_id: &str, batch: &mut Batch) -> Issued {
        let now = self.ground.now();
        let client_session_id = self.ground.ids.simple();
        let customer_id = format!("{merchant_id}-{}", self.ground.ids.simple());
        let session = ClientSession {
            customer_id: customer_id.clone(),
            expires: now + LIFE,
        };
        let mut known = self.known.lock();
        if known.sweeps.is_due(now) {
            known.by_id.retain(|id, session| {
                let remembered = session.expires + REMEMBERED > now;
                if !remembered {
                    batch.remove(SESSIONS, id);
                }
                remembered
            });
        }
        batch.put(SESSIONS, &client_session_id, &session);
        known.by_id.insert(client_session_id.clone(), session);
        Issued {
            client_session_id,
            customer_id,
        }
    }

    /// Whether the session lives and belongs to the customer that the path names.
    pub(crate) fn check(
        &self,
        client_session_id: &str,
        customer_id: &str,
        now: SystemTime,
    ) -> Result<(), Unauthorized> {
        let session = self
            .known
            .lock()
            .by_id
            .get(client_session_id)
            .cloned()
            .ok_or(Unauthorized::UnknownSession)?;
        if session.customer_id != customer_id {
            return Err(Unauthorized::OtherCustomer);
        }
        if session.expires <= now {
            return Err(Unauthorized::SessionExpired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_that_expired_long_ago_are_forgotten() {
        let ground = Arc::new(Ground::for_tests());
        let sessions = ClientSessions::new(Arc::clone(&ground)).unwrap();
        let open = || sessions.open("9991", &mut ground.batch());
        let old = open();
        let check = || sessions.check(&old.client_session_id, &old.customer_id, ground.now());
        let life = LIFE.as_secs().cast_signed();
        assert_eq!(check(), Ok(()));
        ground.clock.advance(life);
        open();
        assert_eq!(check(), Err(Unauthorized::SessionExpired));
        ground.clock.advance(life);
        open();
        assert_eq!(check(), Err(Unauthorized::UnknownSession));
        assert_eq!(sessions.known.lock().by_id.len(), 2);
    }
}
