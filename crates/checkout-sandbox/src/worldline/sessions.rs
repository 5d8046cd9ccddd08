//! Client sessions and Apple Pay sessions.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::json;
use url::Url;
use uuid::Uuid;
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, CreatePaymentProductSessionResponse,
    MobilePaymentProductSession302SpecificInput, MobilePaymentProductSession302SpecificOutput,
};

use super::auth::Unauthorized;
use super::refusal::Refusal;
use crate::time::milliseconds;

/// How long a client session lives (facts: session hand-over).
const LIFE: Duration = Duration::from_secs(2 * 60 * 60);
/// How long Apple honours a merchant session.
const APPLE_LIFE: Duration = Duration::from_secs(60 * 60);

/// The client sessions of the sandbox's merchant.
#[derive(Debug, Default)]
pub(crate) struct ClientSessions {
    known: Mutex<HashMap<String, ClientSession>>,
}

#[derive(Clone)]
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
    /// Opens a session for a customer of its own.
    pub(crate) fn open(&self, merchant_id: &str, now: SystemTime) -> Issued {
        let client_session_id = Uuid::new_v4().simple().to_string();
        let customer_id = format!("{merchant_id}-{}", Uuid::new_v4().simple());
        let session = ClientSession {
            customer_id: customer_id.clone(),
            expires: now + LIFE,
        };
        self.known().insert(client_session_id.clone(), session);
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
            .known()
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

    fn known(&self) -> MutexGuard<'_, HashMap<String, ClientSession>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of a payment product that has sessions.
pub(crate) fn check_product(payment_product_id: &str) -> Result<(), Refusal> {
    match payment_product_id.parse::<i32>() {
        Ok(302) => Ok(()),
        Ok(1..) => Err(Refusal::no_session_for_product()),
        Ok(_) | Err(_) => Err(Refusal::unknown_product()),
    }
}

/// An Apple Pay session. The sandbox asks nobody: the merchant session is invented, and no address is opened.
pub(crate) fn apple_pay(
    request: CreatePaymentProductSessionRequest,
    now: SystemTime,
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
    let merchant_session = json!({
        "epochTimestamp": milliseconds(now),
        "expiresAt": milliseconds(now + APPLE_LIFE),
        "merchantSessionIdentifier": format!("SANDBOX_{}", Uuid::new_v4().simple()),
        "nonce": Uuid::new_v4().simple().to_string(),
        "merchantIdentifier": "SANDBOX",
        "domainName": domain_name,
        "displayName": display_name.unwrap_or_default(),
        "signature": "SANDBOX",
        "operationalAnalyticsIdentifier": "SANDBOX",
        "retries": 0,
        "pspId": "SANDBOX",
    });
    let output = MobilePaymentProductSession302SpecificOutput::builder()
        .session_object(merchant_session.to_string())
        .build();
    Ok(CreatePaymentProductSessionResponse::builder()
        .payment_product_session302_specific_output(output)
        .build())
}

impl std::fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSession")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
