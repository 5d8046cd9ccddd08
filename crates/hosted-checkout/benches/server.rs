//! An HTTP/1.1 server in a process of its own, so that its work is none of our CPU time.
//!
//! The process is the same program again, with [`ROLE`] set. It answers every pay-in with the same session, or, below
//! [`Server::parked`], never. It ends when its standard input does, so it cannot outlive us.

#![allow(
    clippy::unwrap_used,
    reason = "without the server there is nothing to measure"
)]
#![allow(clippy::print_stdout, reason = "how the two processes talk")]
#![allow(dead_code, reason = "each program uses its part")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::{env, future, io, process, thread};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;

/// Set to anything, it makes a program of ours a server.
const ROLE: &str = "HOSTED_CHECKOUT_BENCH_SERVER";

/// A valid answer to the pay-in of `load.rs`: same amount, currencies and order, and a page on this machine.
pub(crate) const SESSION: &str = r#"{"HostedURL":"http://127.0.0.1:4010/hosted/274c39d2-2245-4427-b65d-882b6a685343","CheckoutSession":{"CheckoutSessionID":"274c39d2-2245-4427-b65d-882b6a685343","PaymentMethodCategory":"Card","SourceCurrency":"USD","DestinationCurrency":"USDC_TEST","SourceAmount":"10.10","Status":"Pending","ExternalID":"order-7","CustomerID":"customer-1","ReturnURL":"https://shop.example/done","LineItems":[{"Description":"Coffee beans","Quantity":"2","UnitAmount":"5.05","TotalAmount":"10.10"}],"Type":"PayinFiat","Created":"2025-02-03T10:20:55.000Z"}}"#;

/// The other process; it ends with this value.
pub(crate) struct Server {
    child: Child,
    /// Closed, it ends the child.
    _stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    /// To be called first in `main`: serves, and never returns, if this process is to be the server.
    pub(crate) fn serve_if_asked() {
        if env::var_os(ROLE).is_some() {
            serve();
            process::exit(0);
        }
    }

    /// Starts one.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self {
            child,
            _stdin: stdin,
            stdout,
            port: line.trim().parse().unwrap(),
        }
    }

    /// Base URL of the API that answers.
    pub(crate) fn answering(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Base URL of the API that reads a request and then keeps silent.
    pub(crate) fn parked(&self) -> String {
        format!("http://127.0.0.1:{}/parked/v1", self.port)
    }

    /// Waits until so many more requests are parked.
    pub(crate) fn wait_for_parked(&mut self, requests: usize) {
        let mut marks = vec![0; requests];
        self.stdout.read_exact(&mut marks).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already, or going: both are well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve() {
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        let router = Router::new()
            .route("/v1/checkout/payin/fiat", post(answer))
            .route("/parked/v1/checkout/payin/fiat", post(park));
        axum::serve(listener, router).await.unwrap();
    });
}

async fn answer(_whole: Bytes) -> ([(axum::http::HeaderName, &'static str); 1], &'static str) {
    ([(CONTENT_TYPE, "application/json")], SESSION)
}

async fn park(_whole: Bytes) {
    let mut stdout = io::stdout();
    stdout.write_all(b".").unwrap();
    stdout.flush().unwrap();
    future::pending::<()>().await;
}
