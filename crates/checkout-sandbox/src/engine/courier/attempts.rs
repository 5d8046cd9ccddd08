//! Attempts to deliver a webhook, and what they change.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::time::Instant;

use super::delivery::{Attempt, Delivery, DeliveryState};
use super::log::DELIVERIES;
use super::queue::Courier;
use crate::engine::ground::{Batch, nth};

/// Why a delivery was not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResendError {
    /// No delivery has this number, or the log has dropped it.
    #[error("no delivery has this number; the log keeps the last 10,000")]
    Unknown,
    /// The sandbox was started without a webhook address for this API.
    #[error("the sandbox was started without an address for the webhooks of this API")]
    NoAddress,
}

impl Courier {
    /// Sends a delivery at once, whatever its state: the same bytes under the same signature. Its schedule goes on unless
    /// this attempt arrives.
    pub(crate) async fn resend(&self, number: u64) -> Result<Attempt, ResendError> {
        let delivery = self.delivery(number).ok_or(ResendError::Unknown)?;
        if self.channel(delivery.api).is_none() {
            return Err(ResendError::NoAddress);
        }
        let attempt = self.send(&delivery, true).await;
        self.note(number, attempt.clone());
        Ok(attempt)
    }

    /// An attempt of the schedule. Gives the wait before the next one, if there is to be one.
    pub(super) async fn attempt(&self, number: u64) -> Option<Duration> {
        // Sent again by hand meanwhile, it may have arrived.
        let delivery = self.delivery(number).filter(Delivery::waits)?;
        let attempt = self.send(&delivery, false).await;
        self.note(number, attempt)
    }

    async fn send(&self, delivery: &Delivery, resent: bool) -> Attempt {
        let (at, began) = (self.ground.now(), Instant::now());
        let channel = self.channel(delivery.api);
        let wire = channel.and_then(|channel| Some((channel.wire.as_ref()?, &channel.form)));
        let outcome = match (wire, self.signature(delivery)) {
            (Some((wire, form)), Ok(signature)) => {
                wire.post(form.headers(&signature), delivery.body.clone()).await
            }
            (None, _) => Err("no address".to_owned()),
            (_, Err(reason)) => Err(reason),
        };
        let attempt = Attempt {
            at,
            took: began.elapsed(),
            resent,
            outcome,
        };
        tracing::debug!(
            number = delivery.number,
            delivered = attempt.is_delivered(),
            "webhook sent"
        );
        attempt
    }

    /// That of the first attempt, or a new one, which is kept for every further attempt and for the duplicates.
    fn signature(&self, delivery: &Delivery) -> Result<String, String> {
        if let Some(signature) = &delivery.signature {
            return Ok(signature.clone());
        }
        let form = self.form(delivery.api).ok_or("not signed: no key")?;
        let fresh = form
            .sign(&delivery.body, delivery.wrong_signature, &self.ground.ids)
            .map_err(|error| format!("not signed: {error}"))?;
        let fresh = BASE64_STANDARD.encode(fresh);
        let mut batch = self.ground.batch();
        let mut log = self.log.lock();
        // Another attempt may have signed meanwhile.
        let kept = log
            .get(delivery.number)
            .and_then(|delivery| delivery.signature.clone());
        let signature = kept.unwrap_or(fresh);
        for member in log.family_mut(delivery.number) {
            member.signature = Some(signature.clone());
            batch.put(DELIVERIES, nth(member.number), member);
        }
        // While the log is locked, so that no later change is overwritten by this one.
        self.keep(batch);
        drop(log);
        Ok(signature)
    }

    /// Notes how an attempt went. Gives the wait before the next one, if there is to be one.
    pub(super) fn note(&self, number: u64, attempt: Attempt) -> Option<Duration> {
        let now = self.ground.now();
        let (delivered, resent) = (attempt.is_delivered(), attempt.resent);
        let mut batch = self.ground.batch();
        let mut log = self.log.lock();
        let delivery = log.get_mut(number)?;
        let waited = delivery.waits();
        delivery.attempts.push(attempt);
        let mut next = None;
        if delivered {
            delivery.state = DeliveryState::Delivered;
            delivery.next_attempt = None;
        } else if waited && !resent {
            next = self.schedule.wait_after(delivery.tried());
            delivery.next_attempt = next.and_then(|wait| now.checked_add(wait));
            if next.is_none() {
                delivery.state = DeliveryState::GivenUp;
            }
        }
        batch.put(DELIVERIES, nth(number), delivery);
        // Before it is counted off: whoever drains may stop the sandbox then.
        self.keep(batch);
        self.tell(delivery);
        if waited && !delivery.waits() {
            self.open.send_modify(|open| *open = open.saturating_sub(1));
        }
        next
    }

    /// That a file cannot be written costs a repetition after a restart, no webhook.
    fn keep(&self, batch: Batch) {
        if let Err(error) = self.ground.commit(batch) {
            tracing::error!(%error, "a delivery was not kept");
        }
    }
}
