//! Addresses for documents: what is left of an upload that goes wrong, what of them shows, and how many are kept.

use checkout_sandbox::Sandbox;
use reqwest::Response;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::noah_accounts::Caller;
use crate::raw::{exchange, host, request};
use crate::signer::http;

const FILE: &str = "the whole";

async fn address(caller: &Caller<'_>) -> String {
    let path = "/onboarding/customer-1/prefill/documents/upload-url?Type=Passport&CountryCode=US";
    let answer = caller.get(path).await;
    answer["PresignedURL"].as_str().unwrap().to_owned()
}

async fn put(address: &str) -> Response {
    let request = http().put(address).header("Content-Type", "image/png");
    request.body(FILE).send().await.unwrap()
}

#[tokio::test]
async fn nothing_is_kept_of_a_file_that_is_cut_or_has_no_length_and_the_address_goes_on() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    assert_eq!(caller.put("customer-1").await, 201);
    let address = address(&caller).await;
    let (origin, path) = address.split_at(address.find("/uploads").unwrap());
    let (host, start) = (host(origin), format!("PUT {path}"));
    let page = json!(format!("{origin}/onboarding/customer-1"));

    let kind: &[u8] = b"Content-Type: image/png";
    let cut = request(&start, &host, &[kind, b"Content-Length: 9"], b"half");
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(&cut).await.unwrap();
    stream.shutdown().await.unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    assert!(caller.page(&page).await.contains("awaited"));

    // In chunks as much may come as its sender likes, so what else it says of the length does not count.
    let chunked: [&[u8]; 3] = [kind, b"Content-Length: 4", b"Transfer-Encoding: chunked"];
    let body = b"9\r\nthe whole\r\n0\r\n\r\n";
    let answer = exchange(&host, &[&request(&start, &host, &chunked, body)]).await;
    assert!(answer.starts_with("HTTP/1.1 411 "), "{answer}");
    assert!(caller.page(&page).await.contains("awaited"));

    assert_eq!(put(&address).await.status(), 200);
    assert!(caller.page(&page).await.contains("9 bytes, image/png"));
}

/// What comes after the file is no part of it.
#[tokio::test]
async fn a_file_is_as_long_as_it_was_said_to_be() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    assert_eq!(caller.put("customer-1").await, 201);
    let address = address(&caller).await;
    let (origin, path) = address.split_at(address.find("/uploads").unwrap());
    let host = host(origin);
    let headers: [&[u8]; 2] = [b"Content-Type: image/png", b"Content-Length: 4"];
    let long = request(&format!("PUT {path}"), &host, &headers, FILE.as_bytes());
    let answer = exchange(&host, &[&long]).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let page = json!(format!("{origin}/onboarding/customer-1"));
    assert!(caller.page(&page).await.contains("4 bytes, image/png"));
}

#[tokio::test]
async fn no_signature_of_an_address_shows_in_the_journal() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let address = address(&caller).await;
    let (origin, path) = address.split_at(address.find("/uploads").unwrap());
    let (_, signature) = path.split_once("signature=").unwrap();
    assert_eq!(put(&address).await.status(), 200);
    // By mistake.
    let elsewhere = format!("{}{path}", sandbox.worldline().report().endpoint);
    assert_eq!(put(&elsewhere).await.status(), 404);
    let mut shown = String::new();
    for path in ["requests", "requests/2?reveal=1", "?reveal=1"] {
        shown += &caller.page(&json!(format!("{origin}/_sandbox/{path}"))).await;
    }
    assert!(!shown.contains(signature), "{shown}");
    assert_eq!(shown.matches("signature=<secret>").count(), 2, "{shown}");
}

#[tokio::test]
async fn the_last_thousand_addresses_are_kept() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let first = address(&caller).await;
    for _ in 1..1_000 {
        address(&caller).await;
    }
    assert_eq!(put(&first).await.status(), 200);
    let last = address(&caller).await;
    assert_eq!(put(&first).await.status(), 403);
    assert_eq!(put(&last).await.status(), 200);
}
