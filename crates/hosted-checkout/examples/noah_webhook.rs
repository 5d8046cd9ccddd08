//! Receives NOAH's webhooks, believes the signed ones alone, and passes over repeats and stale news.
//!
//! ```text
//! export NOAH_ENVIRONMENT=sandbox      # or production; or local, with NOAH_WEBHOOK_KEY (public key, PEM)
//! cargo run -p hosted-checkout --example noah_webhook
//! ```
//!
//! It listens on 127.0.0.1:8080, or where `LISTEN` says.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hosted_checkout::key::VerifyingKey;
use hosted_checkout::noah::{Environment, Event, EventData, EventIdentity, Recency, WebhookData, Webhooks};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let receiver = Receiver {
        webhooks: webhooks()?,
        newest: Mutex::default(),
    };
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .map_err(|error| format!("LISTEN: cannot listen on {address}: {error}"))?;
    println!("POST webhooks to http://{}/webhooks", listener.local_addr()?);
    let router = Router::new()
        .route("/webhooks", post(receive))
        .with_state(Arc::new(receiver));
    Ok(axum::serve(listener, router).await?)
}

/// By the key of the environment: published by NOAH, or one's own.
fn webhooks() -> Result<Webhooks, Box<dyn Error>> {
    let environment = variable("NOAH_ENVIRONMENT", "sandbox, production or local")?
        .parse::<Environment>()
        .map_err(|error| format!("NOAH_ENVIRONMENT: {error}"))?;
    Ok(match environment {
        Environment::Sandbox => Webhooks::sandbox(),
        Environment::Production => Webhooks::production(),
        Environment::Local => {
            let pem = variable("NOAH_WEBHOOK_KEY", "the public key of the webhooks, as PEM text")?;
            let key = VerifyingKey::from_pem(&pem).map_err(|error| format!("NOAH_WEBHOOK_KEY: {error}"))?;
            Webhooks::local(key)?
        }
    })
}

fn variable(name: &str, what: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name}: is not set; set it to {what}"))
}

struct Receiver {
    webhooks: Webhooks,
    /// The newest event of each object. A shop keeps this in its database, in the transaction that changes the order.
    newest: Mutex<HashMap<String, EventIdentity>>,
}

/// The body must come raw: an extractor that parses JSON would hand over other bytes than were signed.
async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    match receiver.webhooks.verify(&headers, &body) {
        Ok(event) => {
            receiver.handle(&event);
            StatusCode::OK
        }
        // NOAH's, but not as documented. Refusing it would lose it: a shop keeps the body for a person to look at.
        Err(error) if error.is_authentic() => {
            eprintln!("kept for a look: {error} ({} bytes)", body.len());
            StatusCode::OK
        }
        Err(error) => {
            eprintln!("refused: {error}");
            StatusCode::UNAUTHORIZED
        }
    }
}

impl Receiver {
    fn handle(&self, event: &Event) {
        let identity = event.identity();
        if let Some(object) = identity.object_id() {
            let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = newest.get(object) {
                if identity.is_duplicate_of(known) {
                    return println!("repeated: {identity}");
                }
                if identity.supersedes(known) == Recency::Older {
                    return println!("older than what is known: {identity}");
                }
            }
            newest.insert(object.to_owned(), identity.clone());
        }
        for odd in event.unreadable() {
            eprintln!("look at {identity}: {odd}");
        }
        match event.data() {
            EventData::Known(WebhookData::Transaction(transaction)) => println!(
                "order {}: transaction {} is {}",
                transaction.external_id.text().unwrap_or("without ExternalID"),
                transaction.id,
                transaction.status,
            ),
            EventData::Known(WebhookData::CheckoutSession(session)) => println!(
                "order {}: session is {}",
                session.external_id.text().unwrap_or("without ExternalID"),
                session.status,
            ),
            EventData::Known(_) | EventData::Unknown(_) => println!("no concern of this shop: {identity}"),
            // It is signed and may be about money: somebody must look at it.
            EventData::Undecodable { error, .. } => eprintln!("look at {identity}: {error}"),
        }
    }
}
