//! Every string of every operation is a canary, and nothing that anybody can read sings.
//!
//! The calls are made in a process of their own, whose whole output is searched: logs at TRACE, and everything that can be
//! printed of clients, requests, answers and errors.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use checkout_core::key::SigningKey;
use checkout_transport::CallOptions;
use checkout_transport::testing::ScriptedWire;
use hosted_checkout::noah::{Credentials, Noah};
use serde_json::Value;
use tests::spec::{self, Spec};

use self::answers::{steps, too_long};
use self::heard::{SHOWN, heard};
use self::singing::{Mode, Shop, show, show_error};
use self::songs::Songbook;
use crate::matrix::rows;
use crate::shop::key;

mod answers;
mod birds;
mod heard;
mod output;
mod quoted;
mod singing;
mod songs;

/// To this process's standard error, whatever there is. The other test may have set it up.
fn log_everything() {
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .try_init();
}

const MODE: &str = "CANARIES_MODE";
const KEY: &str = "CANARIES_KEY";

#[tokio::test(start_paused = true)]
#[ignore = "run by the tests below in a process of its own"]
async fn all_birds_sing() {
    let mode = match std::env::var(MODE).unwrap().as_str() {
        "bodies" => Mode::Bodies,
        "models" => Mode::Models,
        _ => Mode::Plain,
    };
    let key = SigningKey::from_pem(&std::env::var(KEY).unwrap()).unwrap();
    log_everything();
    let book = Songbook::new(&key);
    let mut hoarse = Vec::new();
    for song in &book.songs {
        for request in &song.requests {
            for (number, step) in steps(&book, song, request).into_iter().enumerate() {
                let wire = ScriptedWire::new([step.clone(), step]);
                let shop = Shop::new(&book, &key, wire.clone(), mode);
                match shop.sing(song, request).await {
                    Err(error) if number > 0 => show_error(error),
                    Err(error) => hoarse.push(format!("{}: {error}", song.id())),
                    Ok(()) => {}
                }
                if wire.sent().is_empty() {
                    hoarse.push(format!("{}: nothing was sent", song.id()));
                }
            }
            let mut request = request.clone();
            request.body.iter_mut().for_each(too_long);
            let shop = Shop::new(&book, &key, ScriptedWire::default(), mode);
            if let Err(error) = shop.sing(song, &request).await {
                show_error(error);
            }
        }
    }
    assert!(hoarse.is_empty(), "{}", hoarse.join("\n"));
}

/// The same over sockets, where the libraries below have their say too.
#[tokio::test]
#[ignore = "run by the tests below in a process of its own"]
async fn all_birds_sing_over_sockets() {
    let key = SigningKey::from_pem(&std::env::var(KEY).unwrap()).unwrap();
    log_everything();
    let book = Songbook::new(&key);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let song = book
        .songs
        .iter()
        .find(|song| song.id() == "createFiatPayin")
        .unwrap();
    let (request, refusal) = (&song.requests[0], song.refusal.to_string());
    let good = song
        .row
        .agreeing(&song.answer, request)
        .to_string()
        .replace("https://checkout.sandbox.noah.com", "http://127.0.0.1");
    let (calls, cookie) = (Arc::new(AtomicUsize::new(0)), book.other_header.clone());
    let answer = async move || {
        let (status, body) =
            [(200, &good), (400, &refusal), (503, &refusal)][calls.fetch_add(1, Ordering::Relaxed) % 3];
        let status = axum::http::StatusCode::from_u16(status).unwrap();
        (status, [("set-cookie", cookie.clone())], body.clone())
    };
    tokio::spawn(async move {
        axum::serve(listener, axum::Router::new().fallback(answer))
            .await
            .unwrap();
    });

    let credentials = Credentials::local(&url, &book.api_key, key).unwrap();
    let noah = Noah::builder(credentials)
        .options(CallOptions::DEFAULT.attempts(2))
        .build()
        .unwrap();
    let prepared = noah.prepare_by_id(song.id(), request.arguments()).unwrap();
    let prepared = prepared
        .typed::<hosted_checkout::noah::call::CreateFiatPayin>()
        .unwrap();
    for _ in 0..6 {
        match noah.send(&prepared).await {
            Ok(session) => show(&session),
            Err(error) => show_error(error),
        }
    }
    drop(noah);
}

#[test]
fn nothing_sings_but_what_is_shown_on_purpose() {
    let heard = heard("plain");
    heard.assert_silent(|_| false);
    for (field, side, _) in SHOWN {
        let found = heard
            .canaries
            .iter()
            .any(|canary| canary.field == *field && canary.side == *side);
        assert!(found, "{field} is not shown; take it off the list");
    }
}

/// A log goes by names: of those that may be sensitive anywhere, and of those that the spec does not know, it shows nothing.
#[test]
fn with_bodies_in_the_log_sensitive_fields_are_silent() {
    let heard = heard("bodies");
    let (harmless, sensitive) = fields();
    assert!(harmless.contains("PaymentMethodCategory") && sensitive.contains("FirstName"));
    let may_sing = |field: &String| harmless.contains(field) && !sensitive.contains(field);
    heard.assert_silent(|canary| may_sing(&canary.field));
}

/// A type knows its fields: `ID` is harmless in one object and sensitive in another.
#[test]
fn sensitive_fields_of_printed_models_are_silent() {
    let heard = heard("models");
    let (harmless, _) = fields();
    heard.assert_silent(|canary| harmless.contains(&canary.field));
    assert!(
        heard
            .canaries
            .iter()
            .any(|canary| canary.field == "City" || canary.field == "ReturnURL"),
        "models are printed"
    );
}

/// Names of fields that are harmless in some object, and of those that are sensitive in some.
fn fields() -> (BTreeSet<String>, BTreeSet<String>) {
    fn is_sensitive(spec: &Spec, schema: &Value) -> bool {
        let referred = |schema: &Value| {
            let reference = schema["$ref"].as_str()?.strip_prefix('#')?;
            spec.document
                .pointer(reference)
                .map(|schema| is_sensitive(spec, schema))
        };
        match schema["x-sensitive"].as_str() {
            Some(word) => word != "none",
            None => {
                let parts = schema["allOf"].as_array().into_iter().flatten();
                let values = schema.get("additionalProperties");
                parts
                    .chain([schema, &schema["items"]])
                    .any(|part| referred(part).unwrap_or_default())
                    || values.is_some_and(|values| is_sensitive(spec, values))
            }
        }
    }
    let (mut harmless, mut sensitive) = (BTreeSet::new(), BTreeSet::new());
    for spec in spec::all() {
        for (component, schema) in spec.components() {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let properties = properties.map(|(name, schema)| (name.as_str(), schema));
            // What is in a map has no name in the spec.
            let map = schema.get("additionalProperties").map(|_| (component, schema));
            for (name, schema) in properties.chain(map) {
                let names = if is_sensitive(spec, schema) {
                    &mut sensitive
                } else {
                    &mut harmless
                };
                names.insert(name.to_owned());
            }
        }
    }
    (harmless, sensitive)
}

/// Where there is no room, the schema says so.
#[test]
fn every_text_of_every_request_holds_a_canary_or_has_no_room_for_one() {
    let book = Songbook::new(&key());
    for (field, schema) in &book.aviary.without {
        let rule = ["enum", "x-extensible-enum", "pattern", "format", "maxLength"]
            .iter()
            .find(|rule| schema.get(rule).is_some());
        assert!(rule.is_some(), "{field} has room for a canary: {schema}");
    }
    assert_eq!(book.songs.len(), rows().len(), "an operation without a song");
}
