//! A running sandbox and its two sides.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use checkout_core::key::{KeyError, SigningKey};
use noah_models::EventType;
use secrecy::SecretString;
use std::time::SystemTime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::builder::SandboxBuilder;
use crate::faults::Faults;
use crate::noah::service::Service;
use crate::noah::{Delivery, Ledger, Outcome, RegisterError, SessionStatus, TransitionError};
use crate::report::{NoahReport, ReadyReport, WorldlineReport};
use crate::worldline::auth::Account;

/// How long [`Sandbox::shutdown`] waits for open requests.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

/// A NOAH and a Worldline Connect on this machine, each on a listener of its own. Stops when dropped.
#[derive(Debug)]
#[must_use = "a sandbox stops when it is dropped"]
pub struct Sandbox {
    noah: NoahSandbox,
    worldline: WorldlineSandbox,
    faults: Arc<Faults>,
    stop: watch::Sender<()>,
    tasks: Vec<JoinHandle<()>>,
}

/// The NOAH side of a [`Sandbox`].
pub struct NoahSandbox {
    pub(crate) service: Arc<Service>,
    pub(crate) api_key: String,
    pub(crate) unsigned_api_key: String,
    pub(crate) signing_key: SigningKey,
    pub(crate) signing_key_path: Option<PathBuf>,
    pub(crate) webhook_public_key: String,
}

/// The Worldline Connect side of a [`Sandbox`].
pub struct WorldlineSandbox {
    endpoint: String,
    merchant_id: String,
    api_key_id: String,
    secret_api_key: String,
}

impl Sandbox {
    /// Settings to start one with.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    pub(crate) fn new(
        noah: NoahSandbox,
        worldline: WorldlineSandbox,
        faults: Arc<Faults>,
        stop: watch::Sender<()>,
        tasks: Vec<JoinHandle<()>>,
    ) -> Self {
        Self {
            noah,
            worldline,
            faults,
            stop,
            tasks,
        }
    }

    /// The NOAH side.
    #[must_use]
    pub const fn noah(&self) -> &NoahSandbox {
        &self.noah
    }

    /// The Worldline Connect side.
    #[must_use]
    pub const fn worldline(&self) -> &WorldlineSandbox {
        &self.worldline
    }

    /// The rules for what is to go wrong: looked at, added and taken back while the sandbox runs.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Everything that a client must be given.
    #[must_use]
    pub fn ready_report(&self) -> ReadyReport {
        let subscription = self.noah.service.courier().subscription();
        ReadyReport {
            noah: NoahReport {
                base_url: self.noah.base_url(),
                api_key: self.noah.api_key.clone(),
                unsigned_api_key: self.noah.unsigned_api_key.clone(),
                signing_key_path: self.noah.signing_key_path.clone(),
                webhook_public_key: self.noah.webhook_public_key.clone(),
                webhook_url: subscription.address.as_ref().map(ToString::to_string),
                event_types: subscription
                    .event_types
                    .iter()
                    .map(|event_type| event_type.as_str().to_owned())
                    .collect(),
            },
            worldline: WorldlineReport {
                endpoint: self.worldline.endpoint.clone(),
                merchant_id: self.worldline.merchant_id.clone(),
                api_key_id: self.worldline.api_key_id.clone(),
                secret_api_key: self.worldline.secret_api_key.clone(),
            },
        }
    }

    /// Moves the sandbox's clock by so many seconds, backwards if below zero, and tells its new time. `None`, and nothing is
    /// moved, if that is more than about 300 years away.
    pub fn advance(&self, seconds: i64) -> Option<SystemTime> {
        self.noah.service.ground().clock().advance(seconds)
    }

    /// Waits until every webhook posted so far is delivered or given up.
    pub async fn drain(&self) {
        self.noah.service.courier().drain().await;
    }

    /// Stops taking requests, answers the open ones, and waits for that, but not forever. Webhooks that still wait are
    /// dropped: [`drain`](Self::drain) first to have them delivered.
    pub async fn shutdown(self) {
        let Self { stop, tasks, .. } = self;
        drop(stop);
        for mut task in tasks {
            if tokio::time::timeout(SHUTDOWN_PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

impl NoahSandbox {
    /// With `/v1`, without a trailing slash: `http://127.0.0.1:4010/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.service.origin())
    }

    /// The API key whose requests must be signed with [`private_key_pem`](Self::private_key_pem). Random for each start.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The API key that has no public key: its requests must not be signed. Random for each start.
    #[must_use]
    pub fn unsigned_api_key(&self) -> &str {
        &self.unsigned_api_key
    }

    /// The client's request signing key (P-384) as PKCS#8 PEM. Random for each start.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn private_key_pem(&self) -> Result<SecretString, KeyError> {
        self.signing_key.to_pkcs8_pem()
    }

    /// Where the private key was written, if [`key_directory`](SandboxBuilder::key_directory) was set.
    #[must_use]
    pub fn private_key_path(&self) -> Option<&Path> {
        self.signing_key_path.as_deref()
    }

    /// The public key that webhooks are verified with, as PEM.
    #[must_use]
    pub fn webhook_public_key_pem(&self) -> &str {
        &self.webhook_public_key
    }

    /// Makes a further API key, for a key pair of your own: give its public half (P-384 or P-256) as PEM.
    ///
    /// # Errors
    /// The PEM is not a public key on one of these curves, or the state file cannot be written.
    pub fn register_public_key(&self, public_key_pem: &str) -> Result<String, RegisterError> {
        self.service.keys().register(Some(public_key_pem))
    }

    /// Pays a session: a pay-in by its `CheckoutSessionID`, a sale by its transaction's `ID`. Once paid it stays paid,
    /// and paying it again changes nothing.
    ///
    /// # Errors
    /// There is no such session, it has nothing to pay, or it has failed.
    pub fn settle(&self, id: &str) -> Result<SessionStatus, TransitionError> {
        self.end(id, Outcome::Settled)
    }

    /// Declines a session, by the same ids as [`settle`](Self::settle). Failing it again changes nothing.
    ///
    /// # Errors
    /// There is no such session, it has nothing to pay, or it is settled.
    pub fn fail(&self, id: &str) -> Result<SessionStatus, TransitionError> {
        self.end(id, Outcome::Failed)
    }

    /// Ends a session that nobody paid in time, by the same ids as [`settle`](Self::settle). Its status is `Failed`.
    ///
    /// # Errors
    /// There is no such session, it has nothing to pay, or it has ended otherwise.
    pub fn expire(&self, id: &str) -> Result<SessionStatus, TransitionError> {
        self.end(id, Outcome::Expired)
    }

    /// What was paid.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::of(self.service.store().ledger())
    }

    /// The last 10,000 webhooks, delivered or not, in order; older ones are dropped unless they still wait.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.service.courier().deliveries()
    }

    /// The event types that are delivered.
    pub fn event_types(&self) -> impl Iterator<Item = &EventType> {
        self.service.courier().subscription().event_types.iter()
    }

    fn end(&self, id: &str, outcome: Outcome) -> Result<SessionStatus, TransitionError> {
        self.service
            .store()
            .end(id, outcome)
            .map(|session| SessionStatus::of(&session))
    }
}

impl WorldlineSandbox {
    pub(crate) fn new(endpoint: String, account: &Account) -> Self {
        Self {
            endpoint,
            merchant_id: account.merchant_id.clone(),
            api_key_id: account.api_key_id.clone(),
            secret_api_key: account.secret_api_key.clone(),
        }
    }

    /// Without a path: `http://127.0.0.1:4020`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The only merchant.
    #[must_use]
    pub fn merchant_id(&self) -> &str {
        &self.merchant_id
    }

    /// The id of the API key. Random for each start.
    #[must_use]
    pub fn api_key_id(&self) -> &str {
        &self.api_key_id
    }

    /// The secret of the API key. Random for each start.
    #[must_use]
    pub fn secret_api_key(&self) -> SecretString {
        SecretString::from(self.secret_api_key.as_str())
    }
}

impl fmt::Debug for NoahSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoahSandbox")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WorldlineSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorldlineSandbox")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
