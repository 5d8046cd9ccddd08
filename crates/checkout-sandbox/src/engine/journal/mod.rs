//! The last requests to both APIs, what became of them, and what was checked.
//!
//! A request is kept as it came, which takes a few microseconds. What may be shown of it is worked out when it is read.

pub(crate) mod control;
mod masked;
mod record;
mod tap;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use axum::extract::Request;
use axum::response::Response;
use parking_lot::Mutex;

pub(crate) use self::masked::{Detail, webhook_body};
pub(crate) use self::record::Record;
use self::tap::{Tap, tapped};
use super::control::Feed;
use super::exchange::Checks;
use super::spec::Api;

/// How many requests are kept.
const KEPT: usize = 1_000;

/// The requests that have ended.
pub(crate) struct Journal {
    entries: Mutex<VecDeque<Arc<Record>>>,
    last_number: AtomicU64,
    feed: Feed,
}

/// A request that is being worked on. Without an [`end`](Self::end) its client hung up.
pub(crate) struct Recording {
    journal: Arc<Journal>,
    began: Instant,
    /// Until it has been written down.
    entry: Option<Record>,
}

impl Journal {
    pub(crate) fn new(feed: Feed) -> Self {
        Self {
            entries: Mutex::default(),
            last_number: AtomicU64::new(0),
            feed,
        }
    }

    /// Begins to record a request. The one that is returned is to be passed on in its place.
    pub(crate) fn begin(
        self: &Arc<Self>,
        api: Api,
        operation: Option<&'static str>,
        at: SystemTime,
        request: Request,
    ) -> (Recording, Request) {
        let (parts, body) = request.into_parts();
        let tap = Tap::default();
        let entry = Record {
            number: self.last_number.fetch_add(1, Ordering::Relaxed) + 1,
            api,
            at,
            operation,
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: record::copied(&parts.headers),
            body: tap.clone(),
            status: None,
            took: Duration::ZERO,
            fault: None,
            checks: Checks::default(),
        };
        let recording = Recording {
            journal: Arc::clone(self),
            began: Instant::now(),
            entry: Some(entry),
        };
        (recording, Request::from_parts(parts, tapped(body, tap)))
    }

    /// All that are kept, in the order of arrival.
    fn all(&self) -> Vec<Arc<Record>> {
        let mut entries: Vec<_> = self.entries.lock().iter().cloned().collect();
        // They were written down in the order of their ends.
        entries.sort_by_key(|entry| entry.number);
        entries
    }

    /// The last ones, newest first.
    pub(crate) fn latest(&self, at_most: usize) -> Vec<Arc<Record>> {
        let mut entries = self.all();
        entries.reverse();
        entries.truncate(at_most);
        entries
    }

    fn find(&self, number: u64) -> Option<Arc<Record>> {
        self.entries
            .lock()
            .iter()
            .find(|entry| entry.number == number)
            .cloned()
    }

    fn write(&self, entry: Record) {
        let entry = Arc::new(entry);
        if self.feed.is_read() {
            self.feed.publish("request", &masked::Row::of(&entry));
        }
        let oldest = {
            let mut entries = self.entries.lock();
            entries.push_back(entry);
            (entries.len() > KEPT).then(|| entries.pop_front())
        };
        // Freed without holding up others.
        drop(oldest);
    }
}

impl Recording {
    /// Notes what happens to the request on demand, in place of what was noted before; an empty text is nothing.
    pub(crate) fn fault(&mut self, fault: String) {
        if let Some(entry) = &mut self.entry {
            entry.fault = Some(fault).filter(|fault| !fault.is_empty());
        }
    }

    /// Writes the request down with its answer, or with none.
    pub(crate) fn end(mut self, answer: Option<&Response>) {
        if let (Some(entry), Some(answer)) = (&mut self.entry, answer) {
            entry.status = Some(answer.status().as_u16());
            if let Some(checks) = answer.extensions().get::<Checks>() {
                entry.checks = checks.clone();
            }
        }
        // The rest happens on dropping, as for a client that hangs up.
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(mut entry) = self.entry.take() {
            entry.took = self.began.elapsed();
            self.journal.write(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::json;
    use tokio::sync::watch;

    use super::masked::{Detail, Shown};
    use super::*;
    use crate::engine::exchange::checks::Check;

    #[tokio::test]
    async fn the_checks_of_an_answer_are_kept_without_the_key() {
        let stop = watch::Sender::new(());
        let journal = Arc::new(Journal::new(Feed::new(stop.subscribe())));
        let request = Request::post("/v1/checkout/sell")
            .header("X-Api-Key", "apikey_sandbox_0123")
            .body(Body::empty())
            .unwrap();
        let (recording, _) = journal.begin(Api::Noah, Some("createSell"), SystemTime::UNIX_EPOCH, request);
        let mut answer = Response::new(Body::empty());
        answer.extensions_mut().insert(Checks(Arc::new([Check {
            name: "aud".into(),
            expected: "https://api.noah.com".into(),
            found: "apikey_sandbox_0123".into(),
            holds: Some(false),
        }])));
        recording.end(Some(&answer));
        let entry = journal.find(1).unwrap();
        let detail = serde_json::to_value(Detail::of(&entry, Shown::Personal)).unwrap();
        assert_eq!(
            detail["checks"],
            json!([{"name": "aud", "expected": "https://api.noah.com", "found": "<secret>", "holds": false}])
        );
        assert_eq!(detail["time"], "1970-01-01T00:00:00.000Z");
    }
}
