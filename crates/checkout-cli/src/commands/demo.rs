//! `checkout demo`: from a key pair to a settled payment on this machine, told as it happens.
//!
//! Nothing in the story is made up: each line says what an API answered or what a check found. A step whose checks do
//! not hold ends the demo.

mod forgery;
mod inbox;
mod noah;
mod stage;
mod story;
mod webhooks;
mod worldline;

use std::fmt;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use self::stage::Stage;
use self::story::{BoxError, Story, found, micros, millis};
use crate::{Failure, Output};

/// Whatever takes longer has hung.
const PATIENCE: Duration = Duration::from_mins(1);

/// The demo.
#[derive(Debug, Clone, Default, Args)]
pub struct Demo {
    /// Registered in place of the right one.
    #[arg(skip)]
    public_key: Option<String>,
}

/// What it all comes to.
#[derive(Serialize)]
struct Summary {
    settled_amount: String,
    settled_currency: String,
    /// From the first byte of the pay-in to the verified webhook that says it is settled.
    settled_in_microseconds: u64,
    webhooks_verified: usize,
    forgeries_refused: usize,
}

impl Demo {
    /// Registers this public key (PEM) with the sandbox in place of the one that belongs to the demo's signing key, as
    /// people do who mix up their files. The first signed request is then refused.
    #[must_use]
    pub fn registering(mut self, public_key_pem: impl Into<String>) -> Self {
        self.public_key = Some(public_key_pem.into());
        self
    }

    /// Plays it.
    ///
    /// # Errors
    /// A step failed; the failure names it. Or the story cannot be written.
    pub async fn run(self, output: &mut Output) -> Result<(), Failure> {
        output.lines("A shop on this machine, from a key pair to a settled payment\n\n")?;
        let mut story = Story::new(output);
        let played = tokio::time::timeout(PATIENCE, self.play(&mut story)).await;
        match played.unwrap_or_else(|_| found(None, "end in sight after a minute")) {
            Ok(summary) => Ok(story.end(&summary)?),
            Err(error) => Err(story.end_early(error)?),
        }
    }

    async fn play(self, story: &mut Story<'_>) -> Result<Summary, BoxError> {
        let stage = Stage::set(story, self.public_key).await?;
        stage.managed_session(story).await?;
        let order = stage.pay_in(story).await?;
        stage.same_nonce(story, &order).await?;
        stage.sell(story).await?;
        stage.settle(story, &order)?;

        let events = stage.verified(story, &order).await?;
        stage.duplicate(story)?;
        events.late_news(story)?;

        stage.forged_request(story).await?;
        stage.forged_webhook(story, &events).await?;

        let connect = stage.test_connection(story).await?;
        let session = worldline::session(story, &connect).await?;
        stage.apple_pay(story, &session).await?;

        let summary = Summary {
            settled_amount: order.amount.to_string(),
            settled_currency: order.currency,
            settled_in_microseconds: micros(events.settled.at.duration_since(order.began)),
            webhooks_verified: events.all.len(),
            forgeries_refused: story.refusals,
        };
        // Answers what is open first.
        stage.sandbox.shutdown().await;
        Ok(summary)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "settled {} {} in {} ms; {} webhooks verified; {} forgeries refused",
            self.settled_amount,
            self.settled_currency,
            millis(self.settled_in_microseconds),
            self.webhooks_verified,
            self.forgeries_refused
        )
    }
}
