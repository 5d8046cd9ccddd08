//! What keeps the clients of a failing API from burying it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A bucket of tokens that all calls of a client share. Another attempt takes some, successes put some back; when
/// it is empty, requests are sent once.
///
/// A client whose calls all fail thus sends little more than one attempt each, and one with a rare failure never
/// notices. Clones share their tokens, so that several clients of one API can share a bucket.
#[derive(Debug, Clone)]
pub struct RetryBudget(Arc<Bucket>);

#[derive(Debug)]
struct Bucket {
    tokens: Mutex<u32>,
    capacity: u32,
}

/// Tokens that were taken for an attempt that was not made yet. Dropped, they go back: a call that is given up while
/// it waits has cost nothing.
#[derive(Debug)]
pub(crate) struct Ticket<'a> {
    budget: &'a RetryBudget,
    tokens: u32,
}

impl RetryBudget {
    /// 500 tokens: 35 repeats in a row after faults, or 100 after "busy", with no success between them.
    pub const DEFAULT_CAPACITY: u32 = 500;

    /// A full bucket of this size.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        Self(Arc::new(Bucket {
            tokens: Mutex::new(capacity),
            capacity,
        }))
    }

    /// How many tokens are left, to be watched.
    #[must_use]
    pub fn left(&self) -> u32 {
        *self.tokens()
    }

    /// Takes tokens for another attempt; `None` if there are too few.
    pub(crate) fn take(&self, cost: u32) -> Option<Ticket<'_>> {
        let mut tokens = self.tokens();
        *tokens = tokens.checked_sub(cost)?;
        drop(tokens);
        Some(Ticket {
            budget: self,
            tokens: cost,
        })
    }

    /// Puts tokens back after a success, up to the size of the bucket.
    pub(crate) fn give(&self, tokens: u32) {
        let mut left = self.tokens();
        *left = left.saturating_add(tokens).min(self.0.capacity);
    }

    fn tokens(&self) -> MutexGuard<'_, u32> {
        self.0.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(Self::DEFAULT_CAPACITY)
    }
}

impl Ticket<'_> {
    /// The attempt is made: the tokens are gone until a success. Says how many they were.
    pub(crate) fn spend(mut self) -> u32 {
        std::mem::take(&mut self.tokens)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.budget.give(self.tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_neither_made_nor_lost() {
        let budget = RetryBudget::new(20);
        let shared = budget.clone();
        let spent = budget.take(14).unwrap().spend();
        assert_eq!((spent, shared.left()), (14, 6));
        assert!(shared.take(7).is_none());
        assert_eq!(shared.left(), 6);
        drop(budget.take(5).unwrap());
        assert_eq!(shared.left(), 6, "an attempt that was not made costs nothing");
        budget.give(spent);
        budget.give(1);
        assert_eq!(shared.left(), 20, "no more than the bucket holds");
    }
}
