//! Calls without a runtime, against the sandbox, which has one of its own.

use checkout_core::key::{Algorithm, SigningKey};
use checkout_sandbox::Sandbox;
use hosted_checkout::blocking::Wait as _;
use hosted_checkout::noah::{Credentials, Noah, PayIn, line_item};
use hosted_checkout::worldline::{self, Connect, Endpoint};
use hosted_checkout::{Error, Outcome};
use noah_models::{FullName, IndividualCustomerInput, StreetAddress};
use secrecy::ExposeSecret as _;

/// A sandbox and the runtime that it lives on.
struct Served {
    sandbox: Sandbox,
    _runtime: tokio::runtime::Runtime,
}

fn served() -> Served {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let sandbox = runtime.block_on(Sandbox::builder().start()).unwrap();
    Served {
        sandbox,
        _runtime: runtime,
    }
}

fn noah(served: &Served) -> Noah {
    let noah = served.sandbox.noah();
    let key = SigningKey::from_pem(noah.private_key_pem().unwrap().expose_secret()).unwrap();
    Noah::local(&noah.report().base_url, &noah.report().api_key, key).unwrap()
}

fn customer() -> IndividualCustomerInput {
    let residence = StreetAddress::builder()
        .street("Musterweg 3")
        .city("Berlin")
        .post_code("10115")
        .state("Berlin")
        .country("DE")
        .build();
    IndividualCustomerInput::builder()
        .full_name(FullName::builder().first_name("Bo").last_name("Sample").build())
        .date_of_birth("1985-01-31")
        .identities(Vec::new())
        .primary_residence(residence)
        .build()
}

fn introduce(noah: &Noah) {
    noah.checkout()
        .manage()
        .customer_id("customer-1")
        .customer(customer())
        .send()
        .wait()
        .unwrap();
}

fn pay(noah: &Noah, nonce: &str) -> Result<PayIn, Error> {
    noah.checkout()
        .pay_in_fiat()
        .customer_id("customer-1")
        .payment_method_category("Card")
        .fiat_currency("USD")
        .fiat_amount("10.10")
        .crypto_currency("USDC_TEST")
        .return_url("https://shop.example/done")
        .nonce(nonce)
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .send()
        .wait()
}

#[test]
fn every_call_works_from_several_threads_without_a_runtime() {
    let served = served();
    let noah = noah(&served);
    introduce(&noah);
    let sessions: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let session = pay(&noah, "n-1").unwrap();
                    session.checkout_session().checkout_session_id.to_string()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(sessions.iter().all(|session| *session == sessions[0]));

    let account = served.sandbox.worldline();
    let credentials = worldline::Credentials::builder()
        .merchant_id(account.report().merchant_id.as_str())
        .api_key_id(account.report().api_key_id.as_str())
        .secret_api_key(account.report().secret_api_key.as_str())
        .integrator("Sample Coffee")
        .build()
        .unwrap();
    let connect = Connect::new(Endpoint::parse(&account.report().endpoint).unwrap(), credentials).unwrap();
    connect.server().test_connection().wait().unwrap();
}

#[test]
fn within_a_runtime_it_works_too() {
    let served = served();
    let noah = noah(&served);
    introduce(&noah);
    let current = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    current.block_on(async { pay(&noah, "n-2").unwrap() });
    let pool = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let session = pool.block_on(async {
        let noah = noah.clone();
        tokio::task::spawn_blocking(move || pay(&noah, "n-2"))
            .await
            .unwrap()
            .unwrap()
    });
    assert_eq!(session.nonce(), "n-2");
}

#[test]
fn an_error_is_that_of_the_call() {
    let served = served();
    let noah = served.sandbox.noah();
    let stranger = SigningKey::generate(Algorithm::ES384).unwrap();
    let client =
        Noah::new(Credentials::local(&noah.report().base_url, &noah.report().api_key, stranger).unwrap())
            .unwrap();
    let error = pay(&client, "n-3").unwrap_err();
    assert_eq!(error.status().unwrap(), 401);
    assert_eq!(error.outcome(), Outcome::Refused);
}
