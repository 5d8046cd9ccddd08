//! Requests that may be repeated: one answer per key, for as long as the API keeps keys, and one request at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::engine::exchange::Answer;
use crate::engine::ground::{Batch, Ground, StateError, Table};
use crate::engine::text::{Sweeps, sha256};

/// By their text.
pub(crate) type KeyTable = Table<(Key, Slot)>;

/// The keys that were used with an API.
pub(crate) struct Keys {
    ground: Arc<Ground>,
    table: KeyTable,
    /// How long a key is kept; without end if `None`.
    life: Option<Duration>,
    slots: Mutex<Slots>,
    /// Told whenever a key is answered or free again.
    ended: Notify,
}

#[derive(Default)]
struct Slots {
    by_key: HashMap<Key, Slot>,
    sweeps: Sweeps,
}

/// An idempotency key, and the scope in which its API has it unique.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) resource: String,
    pub(crate) key: String,
}

/// A file holds only keys that were answered. Work that was under way when the process died has changed nothing.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Slot {
    began: SystemTime,
    request: [u8; 32],
    answer: Option<Stored>,
}

/// A finished answer. Only successes are kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    status: u16,
    #[serde(with = "crate::engine::text::text_bytes")]
    body: Bytes,
}

/// What to do with a request that carries a key.
pub(crate) enum Claim<'a> {
    /// Nobody used the key: do the work, and [`Running::finish`] it.
    First(Running<'a>),
    /// Answer like the first time.
    Replay { answer: Answer, began: SystemTime },
    /// The first request has not ended.
    InProgress { began: SystemTime },
    /// The key came with another body before.
    Reused { began: SystemTime },
}

/// The first request with a key. Dropped without an answer, it frees the key again: nothing was done.
pub(crate) struct Running<'a> {
    keys: &'a Keys,
    key: Key,
    finished: bool,
}

impl Key {
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.resource, self.key)
    }
}

impl Keys {
    /// With those of an earlier sandbox, if there is a state file.
    pub(crate) fn new(
        ground: Arc<Ground>,
        table: KeyTable,
        life: Option<Duration>,
    ) -> Result<Self, StateError> {
        let rows = ground.state.rows(table)?;
        let by_key = rows.into_iter().map(|(_, kept)| kept).collect();
        let sweeps = Sweeps::default();
        Ok(Self {
            ground,
            table,
            life,
            slots: Mutex::new(Slots { by_key, sweeps }),
            ended: Notify::new(),
        })
    }

    /// Takes the key, or says what became of its first request.
    pub(crate) fn claim(&self, key: Key, request: &[u8], now: SystemTime) -> Claim<'_> {
        self.claim_or_wait(key, request, now, false)
    }

    /// A caller that waits hears of another body only after the first request succeeded, for a refused one frees the key.
    fn claim_or_wait(&self, key: Key, request: &[u8], now: SystemTime, waits: bool) -> Claim<'_> {
        let request = sha256(request);
        let mut slots = self.slots.lock();
        if slots.sweeps.is_due(now) {
            self.sweep(&mut slots, now);
        }
        match slots.by_key.get(&key).filter(|slot| slot.is_kept(now, self.life)) {
            Some(slot) if slot.request != request && !(waits && slot.answer.is_none()) => {
                Claim::Reused { began: slot.began }
            }
            Some(Slot {
                answer: Some(Stored { status, body }),
                began,
                ..
            }) => Claim::Replay {
                answer: Answer {
                    status: StatusCode::from_u16(*status).unwrap_or_default(),
                    body: body.clone(),
                },
                began: *began,
            },
            Some(slot) => Claim::InProgress { began: slot.began },
            None => {
                slots.by_key.insert(
                    key.clone(),
                    Slot {
                        began: now,
                        request,
                        answer: None,
                    },
                );
                Claim::First(Running {
                    keys: self,
                    key,
                    finished: false,
                })
            }
        }
    }

    /// As [`claim`](Self::claim), after every other request with the key has ended.
    pub(crate) async fn claim_in_turn(&self, key: Key, request: &[u8], now: SystemTime) -> Claim<'_> {
        loop {
            // Before the claim, so that no end is missed in between.
            let ended = self.ended.notified();
            match self.claim_or_wait(key.clone(), request, now, true) {
                Claim::InProgress { .. } => ended.await,
                claim => return claim,
            }
        }
    }

    fn sweep(&self, slots: &mut Slots, now: SystemTime) {
        let mut batch = self.ground.batch();
        slots.by_key.retain(|key, slot| {
            let kept = slot.is_kept(now, self.life);
            if !kept {
                batch.remove(self.table, key.text());
            }
            kept
        });
        // What stays in the file has expired all the same. The next sweep after a restart removes it.
        if let Err(error) = self.ground.commit(batch) {
            tracing::error!(%error, "old idempotence keys stay in the file");
        }
    }
}

impl Running<'_> {
    /// Keeps the answer for every repetition, together with what the work changed.
    fn finish(mut self, answer: &Answer, mut batch: Batch) -> Result<(), StateError> {
        let mut slots = self.keys.slots.lock();
        if let Some(slot) = slots.by_key.get_mut(&self.key) {
            let answered = Slot {
                answer: Some(Stored {
                    status: answer.status.as_u16(),
                    body: answer.body.clone(),
                }),
                ..slot.clone()
            };
            batch.put(
                self.keys.table,
                self.key.text(),
                &(self.key.clone(), answered.clone()),
            );
            self.keys.ground.commit(batch)?;
            *slot = answered;
        }
        drop(slots);
        self.finished = true;
        Ok(())
    }
}

/// What the work on a request changes is kept by this, together with the first answer to its key.
pub(crate) struct Keep<'a> {
    ground: &'a Ground,
    running: Option<Running<'a>>,
}

impl<'a> Keep<'a> {
    pub(crate) const fn new(ground: &'a Ground, running: Option<Running<'a>>) -> Self {
        Self { ground, running }
    }

    /// Keeps the change and the answer that tells of it, or neither.
    pub(crate) fn commit(&mut self, batch: Batch, answer: &Answer) -> Result<(), StateError> {
        match self.running.take() {
            Some(running) => running.finish(answer, batch),
            None => self.ground.commit(batch),
        }
    }

    /// Keeps the answer of work that changed nothing, if it has a key that was not kept yet.
    pub(crate) fn end(mut self, answer: &Answer) -> Result<(), StateError> {
        match self.running.take() {
            Some(running) => running.finish(answer, self.ground.batch()),
            None => Ok(()),
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.keys.slots.lock().by_key.remove(&self.key);
        }
        self.keys.ended.notify_waiters();
    }
}

impl Slot {
    /// A clock that was set back ages no key. Work that is under way holds its key however long it takes.
    fn is_kept(&self, now: SystemTime, life: Option<Duration>) -> bool {
        let is_over = life.zip(now.duration_since(self.began).ok());
        self.answer.is_none() || is_over.is_none_or(|(life, age)| age < life)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

    fn key() -> Key {
        Key {
            resource: "POST /v1/9991/sessions".into(),
            key: "order-7".into(),
        }
    }

    fn keys() -> Keys {
        Keys::new(Arc::new(Ground::for_tests()), Table::new("keys"), Some(KEPT)).unwrap()
    }

    fn first(keys: &Keys, key: Key, now: SystemTime) -> Running<'_> {
        match keys.claim(key, b"a", now) {
            Claim::First(running) => running,
            _ => panic!("first"),
        }
    }

    fn finish(running: Running<'_>) {
        let batch = running.keys.ground.batch();
        let answer = Answer {
            status: StatusCode::CREATED,
            body: Bytes::from_static(b"{}"),
        };
        running.finish(&answer, batch).unwrap();
    }

    #[test]
    fn a_key_goes_from_running_to_answered() {
        let keys = keys();
        let running = first(&keys, key(), UNIX_EPOCH);
        assert!(matches!(
            keys.claim(key(), b"a", UNIX_EPOCH),
            Claim::InProgress { .. }
        ));
        finish(running);
        assert!(matches!(
            keys.claim(key(), b"a", UNIX_EPOCH + KEPT / 2),
            Claim::Replay {
                began: UNIX_EPOCH,
                answer: Answer {
                    status: StatusCode::CREATED,
                    ..
                },
            }
        ));
        assert!(matches!(
            keys.claim(key(), b"b", UNIX_EPOCH),
            Claim::Reused { .. }
        ));
        assert!(matches!(
            keys.claim(key(), b"b", UNIX_EPOCH + KEPT),
            Claim::First(_)
        ));
    }

    #[test]
    fn old_keys_do_not_pile_up() {
        let keys = keys();
        let claim = |name: &str, now| {
            let key = Key {
                key: name.into(),
                ..key()
            };
            finish(first(&keys, key, now));
        };
        claim("one", UNIX_EPOCH);
        claim("two", UNIX_EPOCH + KEPT / 2);
        assert_eq!(keys.slots.lock().by_key.len(), 2);
        claim("three", UNIX_EPOCH + KEPT);
        assert_eq!(keys.slots.lock().by_key.len(), 2, "one is forgotten");
        // Between two sweeps a key is over all the same when its day is.
        claim("four", UNIX_EPOCH + KEPT + KEPT / 2 - Duration::from_secs(1));
        claim("two", UNIX_EPOCH + KEPT + KEPT / 2);
    }

    /// The clock can be moved by a day in between. What was done must then be kept, and not be done twice.
    #[test]
    fn a_running_request_holds_its_key_longer_than_a_day() {
        let keys = keys();
        let running = first(&keys, key(), UNIX_EPOCH);
        let later = UNIX_EPOCH + KEPT;
        assert!(matches!(keys.claim(key(), b"a", later), Claim::InProgress { .. }));
        finish(running);
        assert!(keys.slots.lock().by_key.contains_key(&key()));
    }

    #[tokio::test]
    async fn a_request_that_waits_for_its_turn_gets_the_first_answer() {
        let keys = keys();
        let running = first(&keys, key(), UNIX_EPOCH);
        let second = keys.claim_in_turn(key(), b"a", UNIX_EPOCH);
        let (claim, ()) = tokio::join!(second, async { finish(running) });
        assert!(matches!(claim, Claim::Replay { .. }));
    }

    #[tokio::test]
    async fn another_body_waits_for_what_becomes_of_the_first() {
        let keys = keys();
        for is_refused in [true, false] {
            let Claim::First(running) = keys.claim(key(), b"a", UNIX_EPOCH) else {
                panic!("first")
            };
            let second = keys.claim_in_turn(key(), b"b", UNIX_EPOCH);
            let end = async {
                if is_refused {
                    drop(running);
                } else {
                    finish(running);
                }
            };
            let (claim, ()) = tokio::join!(second, end);
            match claim {
                Claim::First(_) => assert!(is_refused),
                Claim::Reused { .. } => assert!(!is_refused),
                _ => panic!("neither done nor refused"),
            }
        }
    }

    /// A payment's key must never be forgotten where the API says nothing of its end.
    #[test]
    fn a_key_without_an_end_is_kept() {
        let keys = Keys::new(Arc::new(Ground::for_tests()), Table::new("keys"), None).unwrap();
        let running = first(&keys, key(), UNIX_EPOCH);
        finish(running);
        let later = UNIX_EPOCH + 10_000 * KEPT;
        assert!(matches!(keys.claim(key(), b"a", later), Claim::Replay { .. }));
    }

    #[test]
    fn a_refused_request_frees_its_key() {
        let keys = keys();
        let running = first(&keys, key(), UNIX_EPOCH);
        drop(running);
        assert!(matches!(keys.claim(key(), b"b", UNIX_EPOCH), Claim::First(_)));
    }
}
