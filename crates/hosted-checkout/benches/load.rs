//! The same pay-in by our client and by bare reqwest, and the signature between the two.

#![allow(
    clippy::unwrap_used,
    reason = "fixed inputs, and a call that fails ends the measurement"
)]
#![allow(dead_code, reason = "each program uses its part")]

use std::sync::Arc;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Signature};
use bytes::Bytes;
use checkout_core::key::SigningKey;
use checkout_transport::testing::{ScriptedWire, Sent, Step};
use hosted_checkout::PreparedRequest;
use hosted_checkout::noah::{
    Credentials, CryptoCurrencyCode, FiatCurrencyCode, Noah, PaymentMethodCategory, line_item,
};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::server::SESSION;

/// A builder's type names each field that is set.
macro_rules! built {
    ($checkout:ident) => {
        $checkout
            .pay_in_fiat()
            .customer_id("customer-1")
            .payment_method_category(PaymentMethodCategory::Card)
            .fiat_currency(FiatCurrencyCode::Usd)
            .fiat_amount("10.10")
            .crypto_currency(CryptoCurrencyCode::UsdcTest)
            .return_url("https://shop.example/done")
            .external_id("order-7")
            .line_items([line_item("Coffee beans", 2, "5.05")])
    };
}

pub(crate) const API_KEY: &str = "apikey_sandbox_12345abcdef";

/// A key for [`SigningKey`] and for bare AWS-LC.
pub(crate) struct Key {
    bare: EcdsaKeyPair,
    random: SystemRandom,
}

impl Key {
    pub(crate) fn generate() -> Self {
        Self {
            bare: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
            random: SystemRandom::new(),
        }
    }

    pub(crate) fn ours(&self) -> SigningKey {
        SigningKey::from_der(self.bare.private_key().as_der().unwrap().as_ref()).unwrap()
    }

    /// One bare P-384 signature as a token has it, and the hash of the body that it covers.
    pub(crate) fn sign(&self, sent: &Bare) -> (Digest, Signature) {
        let hash = digest(&SHA256, &sent.sent.body);
        (hash, self.bare.sign(&self.random, sent.signing_input()).unwrap())
    }
}

/// A client of that server, with defaults for all else.
pub(crate) fn noah(base_url: &str, key: &Key) -> Noah {
    Noah::local(base_url, API_KEY, key.ours()).unwrap()
}

/// One pay-in from its parts to the checked answer, as an application writes it.
pub(crate) async fn pay_in(noah: &Noah) {
    let checkout = noah.checkout();
    built!(checkout).send().await.unwrap();
}

/// The same before it is sent.
pub(crate) fn prepared(noah: &Noah) -> PreparedRequest {
    let checkout = noah.checkout();
    PreparedRequest::clone(&built!(checkout).prepare().unwrap())
}

/// The pay-in as it goes out, signed, for that server.
pub(crate) async fn capture(base_url: &str, key: &Key) -> Sent {
    let wire = ScriptedWire::new([Step::respond(200).body(SESSION)]);
    let noah = Noah::builder(Credentials::local(base_url, API_KEY, key.ours()).unwrap())
        .wire(wire.clone())
        .build()
        .unwrap();
    pay_in(&noah).await;
    wire.sent().remove(0)
}

/// Sends captured bytes again and again by plain reqwest: no checks, no JSON, no signature.
pub(crate) struct Bare {
    client: reqwest::Client,
    sent: Sent,
}

impl Bare {
    /// With the settings of our client, and nothing of ours around it.
    pub(crate) fn new(sent: Sent) -> Arc<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .build()
            .unwrap();
        Arc::new(Self { client, sent })
    }

    /// The captured `Api-Signature`, a token.
    pub(crate) fn signature(&self) -> &str {
        self.sent.headers["api-signature"].to_str().unwrap()
    }

    /// What the signature in the token covers.
    fn signing_input(&self) -> &[u8] {
        self.signature().rsplit_once('.').unwrap().0.as_bytes()
    }

    /// One request, its answer read to the end.
    pub(crate) async fn send(&self) -> Bytes {
        let answer = self
            .client
            .request(self.sent.method.clone(), self.sent.url.clone())
            .headers(self.sent.headers.clone())
            .body(self.sent.body.clone())
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await.unwrap()
    }
}

/// One thread for everything that we do: what a call costs is then its CPU time, and throughput is that of one core.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Keeps `in_flight` tasks at work, each of which makes `calls` calls, one after the other.
pub(crate) async fn keep_in_flight<F>(
    in_flight: usize,
    calls: usize,
    call: impl Fn() -> F + Clone + Send + 'static,
) where
    F: Future<Output = ()> + Send,
{
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        let call = call.clone();
        tasks.spawn(async move {
            for _ in 0..calls {
                call().await;
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}
