//! `checkout trigger`: one signed sample webhook, so that a receiver can be tried without waiting for a payment.

mod noah_samples;
mod worldline_samples;

use std::time::SystemTime;

use bytes::Bytes;
use checkout_core::given::quotable;
use checkout_core::key::{Algorithm, SigningKey};
use checkout_core::near::suggestion;
use clap::Args;
use hosted_checkout::noah::{EventType, SIGNATURE_HEADER, sign_for_test};
use hosted_checkout::worldline::WebhookKey;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use worldline_connect_models::WebhooksEventType;

use crate::api::Api;
use crate::files::FileArg;
use crate::hooks::{News, Verifier, required_worldline_key};
use crate::post::{Answer, Target};
use crate::secrets::Lookup;
use crate::{Failure, Output, progress};

/// Arguments of `checkout trigger`.
#[derive(Debug, Args)]
pub struct TriggerArgs {
    /// What happens: Transaction, FiatDeposit, CheckoutSession or Customer of NOAH; or an event of Worldline Connect, such as
    /// payment.paid.
    #[arg(value_name = "EVENT", required_unless_present = "list")]
    event: Option<String>,
    /// Where to send it.
    #[arg(long, value_name = "URL", required_unless_present_any = ["list", "dry_run"])]
    to: Option<String>,
    /// Print what would be sent, headers and body, and send nothing.
    #[arg(long, conflicts_with = "to")]
    dry_run: bool,
    /// List the events.
    #[arg(long, conflicts_with_all = ["event", "to", "dry_run"])]
    list: bool,
    /// The private key to sign NOAH's webhooks with, PEM or DER [default: one made for the occasion].
    #[arg(long, value_name = "FILE")]
    key: Option<FileArg>,
    #[command(flatten)]
    wanted: Wanted,
}

/// What the sample says.
#[derive(Debug, Args)]
struct Wanted {
    /// The object's status: Pending, Settled or Failed; of a Customer Pending, Approved or Declined [default: success].
    #[arg(long)]
    status: Option<String>,
    /// The object's id [default: a fresh one].
    #[arg(long)]
    id: Option<String>,
    /// The amount, in units of its currency (not in cents).
    #[arg(long, default_value = "10.10")]
    amount: String,
    /// The fiat currency.
    #[arg(long, value_name = "CODE", default_value = "USD")]
    currency: String,
    /// The crypto currency.
    #[arg(long, value_name = "CODE", default_value = "USDC_TEST")]
    crypto_currency: String,
    /// Your reference of the order.
    #[arg(long, value_name = "ID", default_value = "order-7")]
    external_id: String,
    /// Your id of the customer.
    #[arg(long, value_name = "ID", default_value = "customer-1")]
    customer_id: String,
}

/// A webhook, ready to go.
struct Sample {
    news: News,
    headers: HeaderMap,
    body: Bytes,
    /// Of a key that was made for it.
    public_key: Option<String>,
}

impl Sample {
    /// A sample that a receiver could not verify or read would mislead people.
    fn verified(headers: HeaderMap, body: Vec<u8>, verifier: &Verifier) -> Result<Self, Failure> {
        let news = verifier.verify(&headers, &body).map_err(Failure::failed)?;
        if let Some(unreadable) = &news.unreadable {
            return Err(Failure::failed(format!(
                "the sample cannot be read: {unreadable}"
            )));
        }
        Ok(Self {
            news,
            headers,
            body: body.into(),
            public_key: None,
        })
    }
}

/// A wish that no sample can fulfil.
fn unfit(name: &str, problem: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("{name} {problem}"))
}

/// Sends it.
///
/// # Errors
/// There is no such event, a key cannot be read, or it was not answered with a success.
pub async fn run(args: TriggerArgs, output: &mut Output) -> Result<(), Failure> {
    if args.list {
        return list(output);
    }
    let event = args.event.as_deref().unwrap_or_default();
    let sample = if let Some(event_type) = known(event, EventType::KNOWN, EventType::as_str) {
        of_noah(&event_type, &args)?
    } else if let Some(event_type) = known(event, WebhooksEventType::KNOWN, WebhooksEventType::as_str) {
        of_worldline(&event_type, &args.wanted)?
    } else {
        let noah = EventType::KNOWN.iter().map(EventType::as_str);
        let all = noah.chain(WebhooksEventType::KNOWN.iter().map(WebhooksEventType::as_str));
        let meant = suggestion(event, all);
        return Err(Failure::usage(format!(
            "there is no event {:?}{}; checkout trigger --list names them all",
            quotable(event),
            meant.unwrap_or_default()
        )));
    };
    match &args.to {
        None => show(&sample, output),
        Some(to) => {
            let target = Target::new(to)?;
            if let Some(pem) = &sample.public_key {
                output.lines(
                    "signed by a key made for the occasion; whoever verifies needs its public half:\n\n",
                )?;
                output.lines(format_args!("{pem}\n"))?;
            }
            let post = target.post(sample.headers.clone(), sample.body.clone());
            let answered = progress::during("waiting for the receiver", post).await;
            tell(&sample, &target, answered, output)
        }
    }
}

/// A listed value by its name, in any case.
fn known<T: Clone>(name: &str, known: &[T], text: fn(&T) -> &str) -> Option<T> {
    known
        .iter()
        .find(|value| text(value).eq_ignore_ascii_case(name))
        .cloned()
}

fn list(output: &mut Output) -> Result<(), Failure> {
    let noah: Vec<&str> = EventType::KNOWN.iter().map(EventType::as_str).collect();
    let worldline: Vec<&str> = WebhooksEventType::KNOWN
        .iter()
        .map(WebhooksEventType::as_str)
        .collect();
    for (api, events) in [(Api::Noah, &noah), (Api::Worldline, &worldline)] {
        output.line(api)?;
        for event in events {
            output.line(format_args!("  {event}"))?;
        }
    }
    output.json(&json!({"noah": noah, "worldline": worldline}))?;
    Ok(())
}

fn of_noah(event_type: &EventType, args: &TriggerArgs) -> Result<Sample, Failure> {
    let (key, public_key) = match &args.key {
        Some(file) => (file.signing_key()?, None),
        None => {
            let key = SigningKey::generate(Algorithm::ES384).map_err(Failure::unavailable)?;
            let pem = key.public_key_pem();
            (key, Some(pem))
        }
    };
    let body = noah_samples::body(event_type, &args.wanted, SystemTime::now())?;
    let signature = sign_for_test(&key, &body).map_err(Failure::failed)?;
    let signature: HeaderValue = signature.parse().map_err(Failure::failed)?;
    let headers = HeaderMap::from_iter([json_type(), (SIGNATURE_HEADER, signature)]);
    let verifier = Verifier::by_noah_key("sample", key.verifying_key().clone())?;
    Ok(Sample {
        public_key,
        ..Sample::verified(headers, body, &verifier)?
    })
}

fn of_worldline(event_type: &WebhooksEventType, wanted: &Wanted) -> Result<Sample, Failure> {
    let key: WebhookKey = required_worldline_key(&Lookup::of_process())?;
    let body = worldline_samples::body(event_type, wanted, SystemTime::now())?;
    let value = |text: &str| text.parse::<HeaderValue>().map_err(Failure::failed);
    let key_id = (HeaderName::from_static("x-gcs-keyid"), value(key.id())?);
    let signature = value(&key.sign(&body))?;
    let signature = (HeaderName::from_static("x-gcs-signature"), signature);
    let headers = HeaderMap::from_iter([json_type(), key_id, signature]);
    Sample::verified(headers, body, &Verifier::worldline(key))
}

fn json_type() -> (HeaderName, HeaderValue) {
    (CONTENT_TYPE, HeaderValue::from_static("application/json"))
}

fn show(sample: &Sample, output: &mut Output) -> Result<(), Failure> {
    let headers: Vec<(&str, &str)> = sample
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    for (name, value) in &headers {
        output.line(format_args!("{name}: {value}"))?;
    }
    let body = String::from_utf8_lossy(&sample.body);
    output.line("")?;
    output.line(body.as_ref())?;
    output.json(&json!({
        "ok": true, "sent": false, "api": sample.news.api, "event_type": sample.news.event_type,
        "identity": sample.news.identity, "headers": headers, "body": body, "public_key": sample.public_key,
    }))?;
    Ok(())
}

fn tell(
    sample: &Sample,
    target: &Target,
    answered: Result<Answer, String>,
    output: &mut Output,
) -> Result<(), Failure> {
    let (status, problem) = match &answered {
        Ok(answer) if answer.status.is_success() => (Some(answer.status.as_u16()), None),
        Ok(answer) => (
            Some(answer.status.as_u16()),
            Some(format!("it answered {}", answer.status)),
        ),
        Err(reason) => (None, Some(format!("no answer: {reason}"))),
    };
    output.json(&json!({
        "ok": problem.is_none(), "api": sample.news.api, "event_type": sample.news.event_type, "identity": sample.news.identity,
        "status": status, "public_key": sample.public_key, "error": problem,
    }))?;
    if let Some(problem) = problem {
        let hint = match (&sample.public_key, status) {
            (Some(_), Some(400..=499)) => "; if it verifies, give it a key that it knows by --key",
            _ => "",
        };
        return Err(Failure::failed(format!(
            "{} was not taken: {problem}{hint}",
            target.shown()
        )));
    }
    let took = answered.map(|answer| answer.took.as_millis()).unwrap_or_default();
    output.line(format_args!(
        "{} {} to {}: {} in {took} ms",
        sample.news.api,
        sample.news.identity,
        target.shown(),
        status.unwrap_or_default()
    ))?;
    Ok(())
}
