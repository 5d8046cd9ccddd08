//! A network that fails by a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use checkout_transport::{BoxFuture, ReqwestWire, Wire, WireError, WireErrorKind};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};

/// What the network does to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Pass,
    /// The request does not arrive.
    CutBefore,
    /// The answer does not.
    CutAfter,
    NoConnection,
    /// Somebody on the way answers in the API's stead.
    MadeUp(u16),
}

pub(super) use Fault::{CutAfter, CutBefore, MadeUp, NoConnection, Pass};

const FAULTS: [Fault; 9] = [
    Pass,
    CutBefore,
    CutAfter,
    NoConnection,
    MadeUp(503),
    MadeUp(429),
    MadeUp(401),
    MadeUp(400),
    MadeUp(409),
];

/// Every script of so many faults. Those that differ only after a call has ended are the same, and come once.
pub(super) fn scripts(length: usize) -> Vec<Vec<Fault>> {
    let mut scripts = vec![Vec::new()];
    for _ in 0..length {
        scripts = scripts
            .into_iter()
            .flat_map(|script: Vec<Fault>| {
                let ended = matches!(script.last(), Some(Pass | MadeUp(400 | 401 | 409)));
                let more: &[Fault] = if ended { &[] } else { &FAULTS };
                let longer = more
                    .iter()
                    .map(|fault| [&script[..], &[*fault]].concat())
                    .collect();
                if ended { vec![script] } else { longer }
            })
            .collect();
    }
    scripts
}

/// The network between the shop and the sandbox. It outlives the shop's process; beyond its script all passes.
#[derive(Clone)]
pub(super) struct Network {
    pub(super) wire: ReqwestWire,
    pub(super) state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    script: VecDeque<Fault>,
    /// Pages that were opened, also those whose answers never came through.
    pub(super) opened: Vec<String>,
    pub(super) under_way: Vec<JoinHandle<()>>,
}

impl Network {
    pub(super) fn plays(&self, script: &[Fault]) {
        self.state.lock().unwrap().script = script.iter().copied().collect();
    }

    /// Carries a request to its end, whether or not anybody still waits for the answer.
    fn forward(&self, request: reqwest::Request, connect: Duration) -> oneshot::Receiver<(u16, Bytes)> {
        let (sender, receiver) = oneshot::channel();
        let network = self.clone();
        let task = tokio::spawn(async move {
            let answer = network.wire.send(request, connect).await.unwrap();
            let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
            let json: Value = serde_json::from_slice(&body).unwrap();
            if let Some(id) = json.pointer("/CheckoutSession/CheckoutSessionID") {
                network
                    .state
                    .lock()
                    .unwrap()
                    .opened
                    .push(id.as_str().unwrap().to_owned());
            }
            // The process may be gone.
            let _ = sender.send((status, body));
        });
        self.state.lock().unwrap().under_way.push(task);
        receiver
    }
}

impl Wire for Network {
    fn send(
        &self,
        request: reqwest::Request,
        connect: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let fault = self.state.lock().unwrap().script.pop_front().unwrap_or(Pass);
        let fails = |kind| Err(WireError::new(kind, "scripted failure"));
        Box::pin(async move {
            // Awaits at which the process can die: before a byte has left, while the request is away, with the answer here.
            yield_now().await;
            let (status, body) = match fault {
                MadeUp(status) => (status, Bytes::new()),
                NoConnection => return fails(WireErrorKind::Connect),
                CutBefore => return fails(WireErrorKind::Interrupted),
                Pass | CutAfter => self.forward(request, connect).await.unwrap(),
            };
            yield_now().await;
            if fault == CutAfter {
                return fails(WireErrorKind::Interrupted);
            }
            let answer = http::Response::builder().status(status).body(body).unwrap();
            Ok(answer.into())
        })
    }
}
