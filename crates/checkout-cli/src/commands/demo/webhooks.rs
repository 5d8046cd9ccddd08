//! What the shop's endpoint received: verified, told apart, put in order.

use checkout_sandbox::DeliveryState;
use hosted_checkout::noah::{CheckoutSessionStatus, Event, EventData, EventType, Recency, WebhookData};
use serde_json::Value;

use super::inbox::Receipt;
use super::noah::Order;
use super::stage::Stage;
use super::story::{BoxError, Story, ensure, found};
use crate::failure::chain;

/// What was received, without repeats.
pub(super) struct Events {
    pub(super) all: Vec<Receipt>,
    /// The order's session when it opened.
    pub(super) opened: Receipt,
    /// The order's session when it was paid.
    pub(super) settled: Receipt,
}

impl Stage {
    pub(super) async fn verified(&self, story: &mut Story<'_>, order: &Order) -> Result<Events, BoxError> {
        story.begins("webhooks");
        self.sandbox.drain().await;
        let deliveries = self.sandbox.noah().deliveries();
        let mut states = deliveries.iter().map(|delivery| &delivery.state);
        let is_delivered = states.all(|state| *state == DeliveryState::Delivered);
        ensure(is_delivered, "NOAH has delivered every webhook")?;
        let all = distinct(self.inbox.receipts())?;
        ensure(
            all.len() == deliveries.len(),
            "the shop has every webhook of NOAH's",
        )?;
        let events = all.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        let label = found(events.first(), "webhook")?.key_label();
        ensure(
            events.iter().all(|event| event.key_label() == label),
            "one key signed them all",
        )?;

        let count = all.len();
        story.line(format!(
            "{count} events; each signature held (key `{label}`) before its body was read"
        ));
        for event in &events {
            story.line(described(event)?);
        }
        let identities = events.iter().map(|event| event.identity().to_string());
        story.fact("events", identities.collect::<Vec<_>>());
        Ok(Events {
            opened: session(&all, order, &CheckoutSessionStatus::Pending)?,
            settled: session(&all, order, &CheckoutSessionStatus::Settled)?,
            all,
        })
    }

    pub(super) fn duplicate(&self, story: &mut Story<'_>) -> Result<(), BoxError> {
        story.begins("duplicate");
        let receipts = self.inbox.receipts();
        let first = event(found(receipts.first(), "webhook")?)?;
        let events = receipts
            .iter()
            .filter_map(|receipt| receipt.verdict.as_ref().ok());
        let copies = events.filter(|copy| copy.is_duplicate_of(first)).count();
        ensure(
            copies == 2,
            "the webhook that the shop failed to answer came twice",
        )?;
        let what = first.event_type();
        story
            .line(format!(
                "{what} came again after a 503: the same bytes, counted once"
            ))
            .fact("identity", first.identity().to_string())
            .fact("deliveries", copies);
        Ok(())
    }
}

impl Events {
    pub(super) fn late_news(&self, story: &mut Story<'_>) -> Result<(), BoxError> {
        story.begins("late news");
        let (pending, settled) = (event(&self.opened)?, event(&self.settled)?);
        let is_newer = settled.supersedes(pending) == Recency::Newer;
        ensure(is_newer, "the paid state is the newer one")?;
        let recency = pending.supersedes(settled);
        ensure(recency == Recency::Older, "the state before it is the older one")?;
        let (before, after) = (pending.version(), settled.version());
        story
            .line(format!(
                "Pending {before} after Settled {after} is {recency:?}, and undoes nothing"
            ))
            .fact("newest_version", after);
        Ok(())
    }
}

/// The event, or an error that says why the shop refused it.
fn event(receipt: &Receipt) -> Result<&Event, BoxError> {
    let refused = |error| format!("a webhook was refused: {}", chain(error)).into();
    receipt.verdict.as_ref().map_err(|error| refused(error))
}

fn distinct(receipts: Vec<Receipt>) -> Result<Vec<Receipt>, BoxError> {
    let mut all: Vec<Receipt> = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        let new = event(&receipt)?;
        let mut known = all.iter().filter_map(|earlier| earlier.verdict.as_ref().ok());
        if !known.any(|known| new.is_duplicate_of(known)) {
            all.push(receipt);
        }
    }
    Ok(all)
}

/// One line about a typed event.
fn described(event: &Event) -> Result<String, BoxError> {
    let is_known = matches!(event.data(), EventData::Known(_));
    ensure(
        is_known,
        format_args!("a {} is as the spec has it", event.event_type()),
    )?;
    let body: Value = serde_json::from_slice(event.raw())?;
    let text = |name: &str| body["Data"][name].as_str().unwrap_or_default();
    let (amount, currency) = match event.event_type() {
        EventType::Transaction => ("Amount", "CryptoCurrency"),
        EventType::FiatDeposit => ("FiatAmount", "FiatCurrency"),
        _ => ("SourceAmount", "SourceCurrency"),
    };
    let object = format!("{} {}", event.event_type(), text("Direction"));
    let (status, amount, currency) = (text("Status"), text(amount), text(currency));
    Ok(format!(
        "  {:<15}  {status:<7}  {amount} {currency}",
        object.trim_end()
    ))
}

/// The order's session in that state, over what was asked for: what a shop checks before it ships.
fn session(all: &[Receipt], order: &Order, status: &CheckoutSessionStatus) -> Result<Receipt, BoxError> {
    let is_ours = |receipt: &&Receipt| match receipt.verdict.as_ref().map(Event::data) {
        Ok(EventData::Known(WebhookData::CheckoutSession(session))) => {
            session.checkout_session_id.text() == Some(&order.session_id)
                && session.external_id.text() == Some(&order.external_id)
                && session.source_amount.value() == Some(&order.amount)
                && session.source_currency.to_string() == order.currency
                && session.status == *status
        }
        _ => false,
    };
    let what = format_args!(
        "CheckoutSession of {} that is {status}, as it was asked for",
        order.external_id
    );
    found(all.iter().find(is_ours).cloned(), what)
}
