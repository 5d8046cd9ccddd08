//! `X-GCS-Idempotence-Key`: one answer per key for a day, and 409 while the first request is still running.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::engine::digest::sha256;
use crate::engine::ground::{Batch, Ground, StateError, Table};
use crate::engine::time::Sweeps;

/// How long a key is kept (facts: idempotence headers).
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

const KEYS: Table<(Key, Slot)> = Table::new("worldline_idempotence_keys");

/// The keys that were used. All of them belong to the one account of the sandbox.
pub(crate) struct Keys {
    ground: Arc<Ground>,
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    by_key: HashMap<Key, Slot>,
    sweeps: Sweeps,
}

/// Within what a key must be unique: the method and path it came with.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) resource: String,
    pub(crate) key: String,
}

/// Only what is answered reaches a file: what was under way when a process died did nothing.
#[derive(Clone, Serialize, Deserialize)]
struct Slot {
    began: SystemTime,
    request: [u8; 32],
    answer: Option<Stored>,
}

/// The body of a finished answer. Only successes are kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Stored(#[serde(with = "crate::engine::text_bytes")] pub(crate) Bytes);

/// What to do with a request that carries a key.
pub(crate) enum Claim<'a> {
    /// Nobody used the key: do the work, and [`Running::finish`] it.
    First(Running<'a>),
    /// Answer like the first time.
    Replay { stored: Stored, began: SystemTime },
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
    fn text(&self) -> String {
        format!("{} {}", self.resource, self.key)
    }
}

impl Keys {
    /// With those of an earlier sandbox, if there is a state file.
    pub(crate) fn new(ground: Arc<Ground>) -> Result<Self, StateError> {
        let rows = ground.state().rows(KEYS)?;
        let by_key = rows.into_iter().map(|(_, kept)| kept).collect();
        let sweeps = Sweeps::default();
        Ok(Self {
            ground,
            slots: Mutex::new(Slots { by_key, sweeps }),
        })
    }

    /// Takes the key, or says what became of its first request.
    pub(crate) fn claim(&self, key: Key, request: &[u8], now: SystemTime) -> Claim<'_> {
        let request = sha256(request);
        let mut slots = self.slots();
        if slots.sweeps.is_due(now) {
            self.sweep(&mut slots, now);
        }
        match slots.by_key.get(&key).filter(|slot| slot.is_kept(now)) {
            Some(slot) if slot.request != request => Claim::Reused { began: slot.began },
            Some(Slot {
                answer: Some(stored),
                began,
                ..
            }) => Claim::Replay {
                stored: stored.clone(),
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

    fn sweep(&self, slots: &mut Slots, now: SystemTime) {
        let mut batch = self.ground.batch();
        slots.by_key.retain(|key, slot| {
            let kept = slot.is_kept(now);
            if !kept {
                batch.remove(KEYS, key.text());
            }
            kept
        });
        // What stays in the file is over all the same, and goes with the next sweep after a restart.
        if let Err(error) = self.ground.commit(batch) {
            tracing::error!(%error, "old idempotence keys stay in the file");
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running<'_> {
    /// Keeps the answer for every repetition, together with what the work changed.
    pub(crate) fn finish(mut self, stored: Stored, mut batch: Batch) -> Result<(), StateError> {
        let mut slots = self.keys.slots();
        if let Some(slot) = slots.by_key.get_mut(&self.key) {
            let answered = Slot {
                answer: Some(stored),
                ..slot.clone()
            };
            batch.put(KEYS, self.key.text(), &(self.key.clone(), answered.clone()));
            self.keys.ground.commit(batch)?;
            *slot = answered;
        }
        drop(slots);
        self.finished = true;
        Ok(())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.keys.slots().by_key.remove(&self.key);
        }
    }
}

impl Slot {
    /// A clock that was set back makes no key older, and work that is under way holds its key however long it takes.
    fn is_kept(&self, now: SystemTime) -> bool {
        self.answer.is_none() || now.duration_since(self.began).map_or(true, |age| age < KEPT)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn key() -> Key {
        Key {
            resource: "POST /v1/9991/sessions".into(),
            key: "order-7".into(),
        }
    }

    fn keys() -> Keys {
        Keys::new(Arc::new(Ground::for_tests())).unwrap()
    }

    fn finish(running: Running<'_>) {
        let batch = running.keys.ground.batch();
        running.finish(Stored(Bytes::from_static(b"{}")), batch).unwrap();
    }

    #[test]
    fn a_key_goes_from_running_to_answered() {
        let keys = keys();
        let Claim::First(running) = keys.claim(key(), b"a", UNIX_EPOCH) else {
            panic!("first")
        };
        assert!(matches!(
            keys.claim(key(), b"a", UNIX_EPOCH),
            Claim::InProgress { .. }
        ));
        finish(running);
        assert!(matches!(
            keys.claim(key(), b"a", UNIX_EPOCH + KEPT / 2),
            Claim::Replay {
                began: UNIX_EPOCH,
                ..
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
        let claim = |name: &str, now| match keys.claim(
            Key {
                key: name.into(),
                ..key()
            },
            b"a",
            now,
        ) {
            Claim::First(running) => finish(running),
            _ => panic!("first"),
        };
        claim("one", UNIX_EPOCH);
        claim("two", UNIX_EPOCH + KEPT / 2);
        assert_eq!(keys.slots().by_key.len(), 2);
        claim("three", UNIX_EPOCH + KEPT);
        assert_eq!(keys.slots().by_key.len(), 2, "one is forgotten");
        // Between two sweeps a key is over all the same when its day is.
        claim("four", UNIX_EPOCH + KEPT + KEPT / 2 - Duration::from_secs(1));
        claim("two", UNIX_EPOCH + KEPT + KEPT / 2);
    }

    /// The clock can be moved by a day in between. What was done must then be kept, and not be done twice.
    #[test]
    fn a_running_request_holds_its_key_longer_than_a_day() {
        let keys = keys();
        let Claim::First(running) = keys.claim(key(), b"a", UNIX_EPOCH) else {
            panic!("first")
        };
        let later = UNIX_EPOCH + KEPT;
        assert!(matches!(keys.claim(key(), b"a", later), Claim::InProgress { .. }));
        finish(running);
        assert!(keys.slots().by_key.contains_key(&key()));
    }

    #[test]
    fn a_refused_request_frees_its_key() {
        let keys = keys();
        let Claim::First(running) = keys.claim(key(), b"a", UNIX_EPOCH) else {
            panic!("first")
        };
        drop(running);
        assert!(matches!(keys.claim(key(), b"b", UNIX_EPOCH), Claim::First(_)));
    }
}
