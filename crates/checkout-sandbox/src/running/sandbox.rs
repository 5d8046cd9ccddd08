//! A running sandbox and its two sides.

use std::sync::Arc;
use std::time::Duration;

use checkout_core::impl_debug;
use checkout_core::key::{KeyError, SigningKey};
use secrecy::SecretString;
use std::time::SystemTime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::report::{NoahReport, ReadyReport, WebhooksReport, WorldlineReport};
use crate::engine::courier::{Attempt, Courier, Delivery, ResendError, WebhookSwitches};
use crate::engine::faults::Faults;
use crate::engine::spec::Api;
use crate::noah::service::Service;
use crate::noah::{Ending, Ledger, NoahTrigger, RegisterError, SessionStatus, TransitionError};
use crate::trigger::TriggerError;
use crate::worldline::WorldlineTrigger;

/// How long [`Sandbox::shutdown`] waits for open requests.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

/// A NOAH and a Worldline Connect on this machine, each on a listener of its own. Stops when dropped.
#[derive(Debug)]
#[must_use = "a sandbox stops when it is dropped"]
pub struct Sandbox {
    pub(crate) noah: NoahSandbox,
    pub(crate) worldline: WorldlineSandbox,
    pub(crate) faults: Arc<Faults>,
    pub(crate) stop: watch::Sender<()>,
    pub(crate) tasks: Vec<JoinHandle<()>>,
}

/// The NOAH side of a [`Sandbox`].
pub struct NoahSandbox {
    pub(crate) report: NoahReport,
    pub(crate) service: Arc<Service>,
    pub(crate) signing_key: SigningKey,
}

/// The Worldline Connect side of a [`Sandbox`].
pub struct WorldlineSandbox {
    pub(crate) report: WorldlineReport,
    pub(crate) courier: Arc<Courier>,
}

impl Sandbox {
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
        let courier = self.courier();
        ReadyReport {
            console_url: format!("{}/_sandbox", self.noah.service.origin),
            noah: self.noah.report.clone(),
            worldline: self.worldline.report.clone(),
            webhooks: WebhooksReport {
                schedule: courier.schedule.to_string(),
                switches: courier.switches(),
            },
        }
    }

    /// Moves the sandbox's clock by so many seconds, backwards if below zero, and tells its new time. `None`, and nothing is
    /// moved, if that is more than about 300 years away.
    pub fn advance(&self, seconds: i64) -> Option<SystemTime> {
        self.noah.service.ground.clock.advance(seconds)
    }

    /// The last 10,000 webhooks of both APIs, delivered or not, by their number; older ones are dropped unless they or one
    /// before them still wait.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.courier().deliveries()
    }

    /// Sends a delivery at once, whatever its state: the same bytes under the same signature. Tells how that went; the log
    /// tells it too. A schedule that still runs goes on unless this attempt arrives.
    ///
    /// # Errors
    /// There is no such delivery, or its API has no webhook address.
    pub async fn resend(&self, number: u64) -> Result<Attempt, ResendError> {
        self.courier().resend(number).await
    }

    /// The oddities that webhooks have at present.
    #[must_use]
    pub fn webhook_switches(&self) -> WebhookSwitches {
        self.courier().switches()
    }

    /// Gives other oddities to the webhooks that are posted from now on.
    pub fn switch_webhooks(&self, switches: WebhookSwitches) {
        self.courier().switch(switches);
    }

    /// Waits until every webhook posted so far is delivered or given up, with all its duplicates, delays and attempts.
    pub async fn drain(&self) {
        self.courier().drain().await;
    }

    fn courier(&self) -> &Courier {
        &self.noah.service.courier
    }

    /// Stops taking requests, answers the open ones, and waits for that, but not forever. Webhooks that still wait are
    /// dropped, or kept in the state file: [`drain`](Self::drain) first to have them delivered.
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
    /// What a client needs to talk to it, where its webhooks go, and what they are verified with. Keys are others at each start,
    /// but for a state file or a seed.
    #[must_use]
    pub const fn report(&self) -> &NoahReport {
        &self.report
    }

    /// The client's request signing key (P-384) as PKCS#8 PEM. Another at each start, but for a state file or a seed.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn private_key_pem(&self) -> Result<SecretString, KeyError> {
        self.signing_key.to_pkcs8_pem()
    }

    /// Makes a further API key, for a key pair of your own: give its public half (P-384 or P-256) as PEM.
    ///
    /// # Errors
    /// The PEM is not a public key on one of these curves, or the state file cannot be written.
    pub fn register_public_key(&self, public_key_pem: &str) -> Result<String, RegisterError> {
        self.service.keys.register(Some(public_key_pem))
    }

    /// Pays a session: a pay-in by its `CheckoutSessionID`, a sale by its transaction's `ID`. Once paid it stays paid,
    /// and paying it again changes nothing.
    ///
    /// # Errors
    /// There is no such session, it has nothing to pay, or it has failed.
    pub fn settle(&self, id: &str) -> Result<SessionStatus, TransitionError> {
        self.end(id, Ending::Settled)
    }

    /// Declines a session, by the same ids as [`settle`](Self::settle). Failing it again changes nothing.
    ///
    /// # Errors
    /// There is no such session, it has nothing to pay, or it is settled.
    pub fn fail(&self, id: &str) -> Result<SessionStatus, TransitionError> {
        self.end(id, Ending::Failed)
    }

    /// Ends a session that nobody paid in time, by the same ids as [`settle`](Self::settle). Its status is `Failed`.
    ///
    /// # Errors
    /// There is no such session, it has nothing to pay, or it has ended otherwise.
    pub fn expire(&self, id: &str) -> Result<SessionStatus, TransitionError> {
        self.end(id, Ending::Expired)
    }

    /// What was paid.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::of(self.service.store.ledger())
    }

    /// Those of [`Sandbox::deliveries`] that are NOAH's.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        of_api(&self.service.courier, Api::Noah)
    }

    /// Posts an event that no request brings about, such as a `Customer`. Gives what it became: the event itself, after
    /// what [`WebhookSwitches`] puts before it, and before its duplicates.
    ///
    /// # Errors
    /// An event of its type needs data, its data is no object, or the state file cannot be written.
    pub fn trigger(&self, event: NoahTrigger) -> Result<Vec<Delivery>, TriggerError> {
        event.post(&self.service.courier)
    }

    fn end(&self, id: &str, outcome: Ending) -> Result<SessionStatus, TransitionError> {
        self.service
            .store
            .end(id, outcome)
            .map(|session| SessionStatus::of(&session))
    }
}

impl WorldlineSandbox {
    /// What a client needs to talk to it, where its webhooks go, and what they are signed with. Keys are others at each start,
    /// but for a state file or a seed.
    #[must_use]
    pub const fn report(&self) -> &WorldlineReport {
        &self.report
    }

    /// Posts an event. Gives what it became: the event itself, after what [`WebhookSwitches`] puts before it, and before
    /// its duplicates.
    ///
    /// # Errors
    /// It has no event type of Worldline Connect's, or the state file cannot be written.
    pub fn trigger(&self, event: WorldlineTrigger) -> Result<Vec<Delivery>, TriggerError> {
        event.post(&self.courier)
    }

    /// Those of [`Sandbox::deliveries`] that are Worldline Connect's.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        of_api(&self.courier, Api::Worldline)
    }
}

fn of_api(courier: &Courier, api: Api) -> Vec<Delivery> {
    let mut deliveries = courier.deliveries();
    deliveries.retain(|delivery| delivery.api == api);
    deliveries
}

impl_debug!(NoahSandbox: self => { base_url: self.report.base_url, .. });

impl_debug!(WorldlineSandbox: self => { endpoint: self.report.endpoint, .. });
