//! A service that is told to end while payments are under way, and its successor that finishes them: nobody pays twice, and
//! no order is forgotten.
//!
//! ```text
//! cargo run -p hosted-checkout --example shutdown
//! ```
//!
//! NOAH is a sandbox in this process. One of its answers takes half a minute, and nobody waits so long at the end. The
//! service does what any should do when it is told to end:
//!
//! 1. it **takes** no more orders;
//! 2. it **waits** for those under way, for a while;
//! 3. what is still unknown then is **stored**: here it was, before it was sent, so that a crash is no different;
//! 4. after the restart it **sends that again**, before it takes new orders: the same requests with the same `Nonce`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

#[path = "common/customer.rs"]
mod customer;

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use checkout_sandbox::Sandbox;
use hosted_checkout::key::SigningKey;
use hosted_checkout::noah::{
    Checkout, CryptoCurrencyCode, FiatCurrencyCode, Noah, PaymentMethodCategory, PreparedPayIn, line_item,
};
use hosted_checkout::{Error as CallError, Outcome};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

/// How long the service waits at its end. A supervisor kills after a time of its own (Kubernetes: 30 s), so this is less; to
/// wait longer than a call may take (`Timeouts`, 40 s by default) is of no use.
const PATIENCE: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match story().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Two lives of a service, and the ledger at the end.
pub(crate) async fn story() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let sandbox = Sandbox::builder()
        .key_directory(folder.path().join("keys"))
        // The first answer is late. NOAH has acted all the same.
        .faults(["createFiatPayin delay=30s count=1".parse()?])
        .start()
        .await?;
    let report = sandbox.noah().report();
    let key = report.signing_key_path.as_deref();
    let key = key.ok_or("the sandbox has a key directory")?;
    let noah = Noah::local(&report.base_url, &report.api_key, SigningKey::from_file(key)?)?;
    let service = Service {
        checkout: noah.checkout(),
        outbox: folder.path().join("outbox"),
    };
    fs::create_dir(&service.outbox)?;

    println!("first life");
    let (orders, taken) = mpsc::channel(10);
    for order in ["order-1", "order-2", "order-3"] {
        orders.send(order.to_owned()).await?;
    }
    let supervisor = tokio::spawn(async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        end_this_process()
    });
    service.run(taken).await?;
    supervisor.await??;

    println!("second life");
    service.recover().await?;

    // Customers pay every page that was opened.
    let noah = sandbox.noah();
    for delivery in noah.deliveries() {
        let event: serde_json::Value = serde_json::from_slice(&delivery.body)?;
        if let Some(session) = event["Data"]["CheckoutSessionID"].as_str() {
            // Told of twice: when it was opened, and when it was paid.
            let _ = noah.settle(session);
        }
    }
    for order in ["order-1", "order-2", "order-3"] {
        let ledger = noah.ledger().entries;
        let of_it = ledger
            .iter()
            .filter(|entry| entry.external_id.as_ref().is_some_and(|id| id.as_str() == order));
        let payments = of_it.count();
        println!("{order}: payments in the ledger: {payments}");
        if payments != 1 {
            return Err(format!("{order} should be paid once").into());
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Service {
    checkout: Checkout,
    /// With a real service, a table of its database.
    outbox: PathBuf,
}

impl Service {
    /// Takes orders until it is told to end.
    async fn run(&self, mut orders: mpsc::Receiver<String>) -> io::Result<()> {
        let mut told = Told::listen()?;
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                () = told.asked() => break,
                Some(order) = orders.recv() => {
                    let service = self.clone();
                    under_way.spawn(async move {
                        if let Err(error) = service.pay(&order).await {
                            eprintln!("{order}: {error}");
                        }
                    });
                }
            }
        }
        // 1. Take no more: who asks for a page now is answered 503 by a real service, and comes back.
        orders.close();
        println!("told to end; {} payments were begun", under_way.len());
        // 2. Wait, for a while.
        let all = async { while under_way.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            // 3. A call that is dropped may have taken effect. It is in the outbox since before it was sent.
            println!(
                "{} of them have no answer yet; they stay in the outbox",
                under_way.len()
            );
            under_way.shutdown().await;
        }
        Ok(())
    }

    /// Step 4: sends what the last life left, before anything new is taken. Do this often, not at the start alone: a call may end
    /// as unknown at any time.
    async fn recover(&self) -> Result<(), Failure> {
        for entry in fs::read_dir(&self.outbox)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let pay_in: PreparedPayIn = serde_json::from_slice(&fs::read(&path)?)?;
            println!(
                "found Nonce {}; what became of it: {}",
                pay_in.idempotency_key().unwrap_or_default(),
                pay_in.outcome()
            );
            self.send(&path, &pay_in).await?;
        }
        Ok(())
    }

    async fn pay(&self, order: &str) -> Result<(), Failure> {
        let pay_in = self
            .checkout
            .pay_in_fiat()
            .external_id(order)
            .customer_id("customer-1")
            .customer(customer::ada())
            .payment_method_category(PaymentMethodCategory::Card)
            .fiat_currency(FiatCurrencyCode::Usd)
            .fiat_amount("10.10")
            .crypto_currency(CryptoCurrencyCode::UsdcTest)
            .return_url("https://shop.example/done")
            .line_items([line_item("Coffee beans", 2, "5.05")])
            .prepare()?;
        let path = self.outbox.join(format!("{order}.json"));
        store(&path, &serde_json::to_vec(&pay_in)?)?;
        self.send(&path, &pay_in).await
    }

    /// The request leaves the outbox when its end is known and kept, and not before.
    async fn send(&self, path: &Path, pay_in: &PreparedPayIn) -> Result<(), Failure> {
        match self.checkout.send(pay_in).await {
            Ok(session) => {
                println!(
                    "{}: session {}",
                    session.external_id().as_str(),
                    session.checkout_session().checkout_session_id
                );
                // A real service writes the session to the order's row, in the transaction that removes the request.
                fs::remove_file(path)?;
                Ok(())
            }
            Err(error) => {
                if is_over(&error) {
                    fs::remove_file(path)?;
                }
                Err(error.into())
            }
        }
    }
}

/// Nothing happened: a new request is safe. Anything else is asked again.
fn is_over(error: &CallError) -> bool {
    matches!(error.outcome(), Outcome::NotSent | Outcome::Refused)
}

/// On the disk, whole, when this returns: a request that is sent before it is stored is lost with the process.
fn store(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let unfinished = path.with_extension("tmp");
    let mut file = fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    // So that its name is there too, after a loss of power.
    fs::File::open(path.parent().unwrap_or(path))?.sync_all()
}

/// The ways in which a service is told to end: Ctrl-C, and SIGTERM of a supervisor.
struct Told {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Told {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }

    #[cfg(not(unix))]
    async fn asked(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// What a supervisor does, when a new version is rolled out.
fn end_this_process() -> io::Result<()> {
    let own_id = std::process::id().to_string();
    std::process::Command::new("kill")
        .args(["-TERM", &own_id])
        .status()
        .map(|_| ())
}
