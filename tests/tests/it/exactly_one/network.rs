//! A network that fails by a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{DATE, HeaderValue};
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
    scripts_ended_by(length, &[Pass, MadeUp(400), MadeUp(401), MadeUp(409)])
}

/// The same for a client that goes on after all but these.
pub(super) fn scripts_ended_by(length: usize, ends: &[Fault]) -> Vec<Vec<Fault>> {
    let mut scripts = vec![Vec::new()];
    for _ in 0..length {
        scripts = scripts
            .into_iter()
            .flat_map(|script: Vec<Fault>| {
                let ended = script.last().is_some_and(|last| ends.contains(last));
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
    /// What the sandbox's clock showed last. Who refuses in its stead goes by the same.
    date: Option<HeaderValue>,
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
            let date = answer.headers().get(DATE).cloned();
            let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
            let json: Value = serde_json::from_slice(&body).unwrap();
            let ids = ["/CheckoutSession/CheckoutSessionID", "/Transaction/ID"];
            let opened = ids.iter().filter_map(|id| json.pointer(id)?.as_str());
            {
                let mut state = network.state.lock().unwrap();
                state.opened.extend(opened.map(str::to_owned));
                state.date = date;
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
            let mut answer = http::Response::new(body);
            *answer.status_mut() = status.try_into().unwrap();
            let date = self.state.lock().unwrap().date.clone();
            answer.headers_mut().extend(date.map(|date| (DATE, date)));
            Ok(answer.into())
        })
    }
}
