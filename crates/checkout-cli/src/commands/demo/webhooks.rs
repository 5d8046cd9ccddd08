//! What the shop's endpoint received: verified, told apart, put in order.

use std::time::Instant;

use checkout_core::{PositiveDecimal, Received};
use checkout_sandbox::DeliveryState;
use hosted_checkout::noah::{CheckoutSessionStatus, Event, EventData, Recency, WebhookData};

use super::noah::Order;
use super::stage::Stage;
use super::story::{BoxError, Story, ensure, found};
use crate::Failure;
use crate::failure::chain;
use crate::listener::Receipt;

/// What was received, without repeats.
pub(super) struct Events {
    pub(super) all: Vec<Receipt>,
    /// The order's session when it opened.
    pub(super) opened: Opened,
    /// The order's session when it was paid.
    pub(super) settled: Settled,
}

/// The webhook of a session that waits for its payment.
pub(super) struct Opened {
    pub(super) event: Event,
    pub(super) receipt: Receipt,
}

/// The webhook of a session that is paid.
pub(super) struct Settled {
    pub(super) at: Instant,
    pub(super) event: Event,
    pub(super) amount: PositiveDecimal,
    pub(super) currency: String,
}

pub(super) async fn verified(story: &mut Story<'_>, stage: &Stage, order: &Order) -> Result<Events, Failure> {
    story
        .step("webhooks", async |telling| {
            stage.sandbox.drain().await;
            let deliveries = stage.sandbox.noah().deliveries();
            ensure(
                deliveries
                    .iter()
                    .all(|delivery| delivery.state == DeliveryState::Delivered),
                "NOAH has delivered every webhook",
            )?;
            let all = distinct(stage.inbox.receipts())?;
            ensure(
                all.len() == deliveries.len(),
                "the shop has every webhook of NOAH's",
            )?;
            let events = all.iter().map(event).collect::<Result<Vec<_>, _>>()?;
            let label = found(events.first(), "webhook")?.key_label().to_owned();
            ensure(
                events.iter().all(|event| event.key_label() == label),
                "one key signed them all",
            )?;

            telling.line(format!(
                "{} events; each signature held (key `{label}`) before its body was read",
                all.len()
            ));
            for event in &events {
                telling.line(described(event)?);
            }
            telling.fact(
                "events",
                events
                    .iter()
                    .map(|event| event.identity().to_string())
                    .collect::<Vec<_>>(),
            );
            let opened = opened(&all, order)?;
            let settled = settled(&all, order)?;
            Ok(Events { opened, settled, all })
        })
        .await
}

pub(super) async fn duplicate(story: &mut Story<'_>, stage: &Stage) -> Result<(), Failure> {
    story
        .step("duplicate", async |telling| {
            let receipts = stage.inbox.receipts();
            let first = event(found(receipts.first(), "webhook")?)?;
            let copies = receipts
                .iter()
                .filter_map(|receipt| receipt.verdict.as_ref().ok());
            let copies = copies.filter(|copy| copy.is_duplicate_of(first)).count();
            ensure(
                copies == 2,
                "the webhook that the shop failed to answer came twice",
            )?;
            telling
                .line(format!(
                    "{} came again after a 503: the same bytes, counted once",
                    first.event_type()
                ))
                .fact("identity", first.identity().to_string())
                .fact("deliveries", copies);
            Ok(())
        })
        .await
}

pub(super) async fn late_news(story: &mut Story<'_>, events: &Events) -> Result<(), Failure> {
    story
        .step("late news", async |telling| {
            let (pending, settled) = (&events.opened.event, &events.settled.event);
            ensure(
                settled.supersedes(pending) == Recency::Newer,
                "the paid state is the newer one",
            )?;
            let recency = pending.supersedes(settled);
            ensure(recency == Recency::Older, "the state before it is the older one")?;
            telling
                .line(format!(
                    "Pending {} after Settled {} is {recency:?}, and undoes nothing",
                    pending.version(),
                    settled.version()
                ))
                .fact("newest_version", settled.version());
            Ok(())
        })
        .await
}

/// The event, or an error that says why the shop refused it.
fn event(receipt: &Receipt) -> Result<&Event, BoxError> {
    receipt
        .verdict
        .as_ref()
        .map_err(|error| format!("a webhook was refused: {}", chain(error)).into())
}

fn distinct(receipts: Vec<Receipt>) -> Result<Vec<Receipt>, BoxError> {
    let mut all: Vec<Receipt> = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        let new = event(&receipt)?;
        let known = all.iter().filter_map(|earlier| earlier.verdict.as_ref().ok());
        if !known.into_iter().any(|known| new.is_duplicate_of(known)) {
            all.push(receipt);
        }
    }
    Ok(all)
}

/// One line about a typed event.
fn described(event: &Event) -> Result<String, BoxError> {
    let EventData::Known(data) = event.data() else {
        return Err(format!("a {} is not as the spec has it", event.event_type()).into());
    };
    fn amount(amount: &Received<PositiveDecimal>, currency: &impl std::fmt::Display) -> String {
        let told = |amount: &PositiveDecimal| format!("{amount} {currency}");
        amount.value().map_or_else(String::new, told)
    }
    let (object, status, amount) = match data {
        WebhookData::Transaction(it) => (
            format!("Transaction {}", it.direction),
            it.status.to_string(),
            amount(&it.amount, &it.crypto_currency),
        ),
        WebhookData::FiatDeposit(it) => (
            "FiatDeposit".to_owned(),
            it.status.to_string(),
            amount(&it.fiat_amount, &it.fiat_currency),
        ),
        WebhookData::CheckoutSession(it) => (
            "CheckoutSession".to_owned(),
            it.status.to_string(),
            amount(&it.source_amount, &it.source_currency),
        ),
        other => return Err(format!("nothing of this demo posts {other:?}").into()),
    };
    Ok(format!("  {object:<15}  {status:<7}  {amount}")
        .trim_end()
        .to_owned())
}

fn opened(all: &[Receipt], order: &Order) -> Result<Opened, BoxError> {
    let (receipt, _) = session(all, order, &CheckoutSessionStatus::Pending)?;
    Ok(Opened {
        event: event(receipt)?.clone(),
        receipt: receipt.clone(),
    })
}

/// What a shop checks before it ships.
fn settled(all: &[Receipt], order: &Order) -> Result<Settled, BoxError> {
    let (receipt, session) = session(all, order, &CheckoutSessionStatus::Settled)?;
    let amount = *found(session.source_amount.value(), "amount in the settled session")?;
    let currency = session.source_currency.to_string();
    ensure(
        amount == order.amount && currency == order.currency,
        "what was paid is what was asked for",
    )?;
    Ok(Settled {
        at: receipt.at,
        event: event(receipt)?.clone(),
        amount,
        currency,
    })
}

fn session<'a>(
    all: &'a [Receipt],
    order: &Order,
    status: &CheckoutSessionStatus,
) -> Result<(&'a Receipt, &'a noah_models::CheckoutSession), BoxError> {
    let mut sessions = all
        .iter()
        .filter_map(|receipt| match receipt.verdict.as_ref().ok()?.data() {
            EventData::Known(WebhookData::CheckoutSession(session)) => Some((receipt, session)),
            _ => None,
        });
    let ours = sessions.find(|(_, session)| {
        session.checkout_session_id.text() == Some(order.session_id.as_str())
            && session.external_id.text() == Some(order.external_id.as_str())
            && session.status == *status
    });
    found(
        ours,
        format_args!("CheckoutSession of {} that is {status}", order.external_id),
    )
}
