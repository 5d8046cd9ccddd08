//! `X-GCS-Idempotence-Key`: one answer per key for a day, and 409 while the first request is still running.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use bytes::Bytes;

use crate::digest::sha256;
use crate::time::Sweeps;

/// How long a key is kept (facts: idempotence headers).
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The keys that were used. All of them belong to the one account of the sandbox.
#[derive(Default)]
pub(crate) struct Keys {
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    by_key: HashMap<Key, Slot>,
    sweeps: Sweeps,
}

/// Within what a key must be unique: the method and path it came with.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) resource: String,
    pub(crate) key: String,
}

struct Slot {
    began: SystemTime,
    request: [u8; 32],
    answer: Option<Stored>,
}

/// A finished answer.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

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

impl Keys {
    /// Takes the key, or says what became of its first request.
    pub(crate) fn claim(&self, key: Key, request: &[u8], now: SystemTime) -> Claim<'_> {
        let request = sha256(request);
        let mut slots = self.slots();
        if slots.sweeps.is_due(now) {
            slots.by_key.retain(|_, slot| slot.is_kept(now));
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

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running<'_> {
    /// Keeps the answer for every repetition.
    pub(crate) fn finish(mut self, stored: Stored) {
        if let Some(slot) = self.keys.slots().by_key.get_mut(&self.key) {
            slot.answer = Some(stored);
        }
        self.finished = true;
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
    /// A clock that was set back makes no key older.
    fn is_kept(&self, now: SystemTime) -> bool {
        now.duration_since(self.began).map_or(true, |age| age < KEPT)
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

    fn stored() -> Stored {
        Stored {
            status: StatusCode::OK,
            body: Bytes::from_static(b"{}"),
        }
    }

    #[test]
    fn a_key_goes_from_running_to_answered() {
        let keys = Keys::default();
        let Claim::First(running) = keys.claim(key(), b"a", UNIX_EPOCH) else {
            panic!("first")
        };
        assert!(matches!(
            keys.claim(key(), b"a", UNIX_EPOCH),
            Claim::InProgress { .. }
        ));
        running.finish(stored());
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
        let keys = Keys::default();
        let claim = |name: &str, now| match keys.claim(
            Key {
                key: name.into(),
                ..key()
            },
            b"a",
            now,
        ) {
            Claim::First(running) => running.finish(stored()),
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

    #[test]
    fn a_refused_request_frees_its_key() {
        let keys = Keys::default();
        let Claim::First(running) = keys.claim(key(), b"a", UNIX_EPOCH) else {
            panic!("first")
        };
        drop(running);
        assert!(matches!(keys.claim(key(), b"b", UNIX_EPOCH), Claim::First(_)));
    }
}
