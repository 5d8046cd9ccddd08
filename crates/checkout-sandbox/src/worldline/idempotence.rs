//! `X-GCS-Idempotence-Key`: one answer per key for a day, and 409 while the first request is still running.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

/// How long a key is kept (facts: idempotence headers).
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The keys that were used. All of them belong to the one account of the sandbox.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    slots: Mutex<HashMap<Key, Slot>>,
}

/// Within what a key must be unique: the method and path it came with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
        let request: [u8; 32] = Sha256::digest(request).into();
        let mut slots = self.slots();
        slots
            .retain(|_, slot| now.duration_since(slot.began).is_ok_and(|age| age < KEPT) || slot.began > now);
        match slots.get(&key) {
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
                slots.insert(
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

    fn slots(&self) -> MutexGuard<'_, HashMap<Key, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running<'_> {
    /// Keeps the answer for every repetition.
    pub(crate) fn finish(mut self, stored: Stored) {
        if let Some(slot) = self.keys.slots().get_mut(&self.key) {
            slot.answer = Some(stored);
        }
        self.finished = true;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.keys.slots().remove(&self.key);
        }
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot")
            .field("began", &self.began)
            .field("finished", &self.answer.is_some())
            .finish_non_exhaustive()
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
    fn a_refused_request_frees_its_key() {
        let keys = Keys::default();
        let Claim::First(running) = keys.claim(key(), b"a", UNIX_EPOCH) else {
            panic!("first")
        };
        drop(running);
        assert!(matches!(keys.claim(key(), b"b", UNIX_EPOCH), Claim::First(_)));
    }
}
