//! Client sessions and Apple Pay sessions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use checkout_core::filled;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, CreatePaymentProductSessionResponse,
    MobilePaymentProductSession302SpecificInput, MobilePaymentProductSession302SpecificOutput,
};

use super::refusal::Refusal;
use super::unauthorized::Unauthorized;
use crate::engine::ground::{Batch, Ground, StateError, Table};
use crate::engine::time::{Sweeps, milliseconds};

/// How long a client session lives (facts: session hand-over).
const LIFE: Duration = Duration::from_secs(2 * 60 * 60);
/// How long Apple honours a merchant session.
const APPLE_LIFE: Duration = Duration::from_secs(60 * 60);

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

/// Only Apple Pay has sessions.
pub(crate) fn check_product(payment_product_id: Option<&Value>) -> Result<(), Refusal> {
    match payment_product_id.and_then(Value::as_i64) {
        Some(302) => Ok(()),
        _ => Err(Refusal::no_session_for_product()),
    }
}

/// An Apple Pay session. The sandbox asks nobody: the merchant session is invented, and no address is opened.
pub(crate) fn apple_pay(
    request: CreatePaymentProductSessionRequest,
    ground: &Ground,
) -> Result<CreatePaymentProductSessionResponse, Refusal> {
    const INPUT: &str = "paymentProductSession302SpecificInput";
    let missing = |name: &str| Refusal::missing(name, format!("{name} missing: product 302 needs it"));
    let input = request
        .payment_product_session302_specific_input
        .ok_or_else(|| missing(INPUT))?;
    let MobilePaymentProductSession302SpecificInput {
        display_name,
        domain_name,
        validation_url,
        ..
    } = input;
    let domain_path = format!("{INPUT}.domainName");
    let url_path = format!("{INPUT}.validationUrl");
    let domain_name = domain_name
        .filter(|name| !name.is_empty())
        .ok_or_else(|| missing(&domain_path))?;
    let validation_url = validation_url
        .filter(|url| !url.is_empty())
        .ok_or_else(|| missing(&url_path))?;
    if domain_name.contains([':', '/', ' ']) {
        return Err(Refusal::invalid(
            &domain_path,
            "domainName is a host name without scheme, port and path",
        ));
    }
    if !Url::parse(&validation_url).is_ok_and(|url| url.scheme() == "https") {
        return Err(Refusal::invalid(
            &url_path,
            "validationUrl is the https address that Apple gave to the page",
        ));
    }
    let now = ground.now();
    let merchant_session = json!({
        "epochTimestamp": milliseconds(now),
        "expiresAt": milliseconds(now + APPLE_LIFE),
        "merchantSessionIdentifier": format!("SANDBOX_{}", ground.ids.simple()),
        "nonce": ground.ids.simple(),
        "merchantIdentifier": "SANDBOX",
        "domainName": domain_name,
        "displayName": display_name.unwrap_or_default(),
        "signature": "SANDBOX",
        "operationalAnalyticsIdentifier": "SANDBOX",
        "retries": 0,
        "pspId": "SANDBOX",
    });
    let output = filled!(MobilePaymentProductSession302SpecificOutput {
        session_object: merchant_session.to_string()
    });
    Ok(filled!(CreatePaymentProductSessionResponse {
        payment_product_session302_specific_output: output
    }))
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
