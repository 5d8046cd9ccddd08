//! `checkout demo`: from a key pair to a settled payment on this machine, told as it happens.
//!
//! Nothing in the story is made up: each line says what an API answered or what a check found. A step whose checks do
//! not hold ends the demo.

mod forgery;
mod noah;
mod stage;
mod story;
mod webhooks;
mod worldline;

use clap::Args;

use self::stage::Stage;
use self::story::{Story, Summary, millis};
use crate::{Exit, Failure, Output};

/// The demo.
#[derive(Debug, Clone, Default, Args)]
pub struct Demo {
    /// Registered in place of the right one.
    #[arg(skip)]
    public_key: Option<String>,
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
        match self.play(&mut story).await {
            Ok(summary) => {
                story.end(&summary)?;
                Ok(())
            }
            Err(failure) => {
                if failure.exit() == Exit::Failed {
                    story.end_early(&failure)?;
                }
                Err(failure)
            }
        }
    }

    async fn play(self, story: &mut Story<'_>) -> Result<Summary, Failure> {
        let stage = Stage::set(story, self.public_key).await?;

        noah::managed_session(story, &stage).await?;
        let order = noah::pay_in(story, &stage).await?;
        noah::same_nonce(story, &stage, &order).await?;
        noah::sell(story, &stage).await?;
        noah::settle(story, &stage, &order).await?;

        let events = webhooks::verified(story, &stage, &order).await?;
        webhooks::duplicate(story, &stage).await?;
        webhooks::late_news(story, &events).await?;

        forgery::request(story, &stage).await?;
        forgery::webhook(story, &stage, &events).await?;

        let connect = worldline::test_connection(story, &stage).await?;
        let session = worldline::client_session(story, &connect).await?;
        worldline::apple_pay_session(story, &stage, &session).await?;

        let summary = Summary {
            settled_amount: events.settled.amount.to_string(),
            settled_currency: events.settled.currency.clone(),
            settled_in_microseconds: story::micros(events.settled.at.duration_since(order.began)),
            webhooks_verified: events.all.len(),
            forgeries_refused: story.refusals(),
        };
        stage.clear().await;
        Ok(summary)
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            settled_amount,
            settled_currency,
            settled_in_microseconds,
            webhooks_verified,
            forgeries_refused,
        } = self;
        write!(
            f,
            "settled {settled_amount} {settled_currency} in {} ms; {webhooks_verified} webhooks verified; \
             {forgeries_refused} forgeries refused",
            millis(*settled_in_microseconds),
        )
    }
}
