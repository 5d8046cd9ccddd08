//! What happens, as it happens: the events behind `GET /_sandbox/events`.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// How many events a reader may be behind.
const CAPACITY: usize = 1_024;
/// How often a quiet stream shows that it still lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Where events are published. Clones publish to the same readers.
#[derive(Clone)]
pub(crate) struct Feed {
    events: broadcast::Sender<Published>,
    /// Told or dropped when the sandbox stops, so that open streams do not hold it up.
    stopped: watch::Receiver<()>,
}

#[derive(Clone)]
struct Published {
    kind: &'static str,
    json: String,
}

impl Feed {
    pub(crate) fn new(stopped: watch::Receiver<()>) -> Self {
        Self {
            events: broadcast::Sender::new(CAPACITY),
            stopped,
        }
    }

    /// Tells every reader. `kind` is `request`, `session`, `delivery` or `fault`; `value` is small and holds neither
    /// secrets nor personal data. Costs next to nothing while nobody reads.
    pub(crate) fn publish(&self, kind: &'static str, value: &impl Serialize) {
        if !self.is_read() {
            return;
        }
        if let Ok(json) = serde_json::to_string(value) {
            // An error means that the last reader has just left.
            let _ = self.events.send(Published { kind, json });
        }
    }

    /// Whether anybody reads, for values that are dear to make.
    pub(crate) fn is_read(&self) -> bool {
        self.events.receiver_count() > 0
    }

    /// All events from now on, until the sandbox stops. A reader that is too slow gets a `lagged` event with the number
    /// that it missed, and should ask for the lists anew.
    pub(crate) fn stream(&self) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
        let state = (self.events.subscribe(), self.stopped.clone());
        let stream = futures::stream::unfold(state, |(mut events, mut stopped)| async move {
            let event = tokio::select! {
                event = events.recv() => event,
                // An error means that the sandbox was dropped.
                _ = stopped.changed() => return None,
            };
            let event = match event {
                Ok(Published { kind, json }) => Event::default().event(kind).data(json),
                Err(RecvError::Lagged(missed)) => Event::default()
                    .event("lagged")
                    .data(format!("{{\"missed\":{missed}}}")),
                Err(RecvError::Closed) => return None,
            };
            Some((Ok(event), (events, stopped)))
        });
        Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_slow_reader_is_told_what_it_missed_and_the_end_ends_the_stream() {
        let stop = watch::Sender::new(());
        let feed = Feed::new(stop.subscribe());
        feed.publish("request", &0);
        let answer = feed.stream().into_response();
        for number in 1..=CAPACITY + 3 {
            feed.publish("request", &number);
        }
        let mut body = answer.into_body();
        let mut next = async || {
            let frame = body.frame().await?.unwrap();
            Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
        };
        assert_eq!(next().await.unwrap(), "event: lagged\ndata: {\"missed\":3}\n\n");
        assert_eq!(next().await.unwrap(), "event: request\ndata: 4\n\n");
        drop(stop);
        let mut rest = 0;
        while next().await.is_some() {
            rest += 1;
        }
        assert!(rest < CAPACITY);
    }
}
