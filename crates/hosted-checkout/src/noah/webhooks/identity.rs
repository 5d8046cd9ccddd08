//! What makes two deliveries the same event, and which of two events is newer.

use std::fmt;

use checkout_core::escape::is_unsafe;
use noah_models::EventType;

/// Tells events apart. NOAH gives them no id: type, object and version together name one, and the hash of the body
/// says whether a delivery is the very same. Signatures say nothing here: anyone can turn a valid one into another.
///
/// `Display` gives one line without white space, such as `Transaction:3b1c…:1738578061234:9f86…`, to store under a
/// unique index. It ends in the hash of the body, so that no two different deliveries share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventIdentity {
    event_type: EventType,
    object_id: Option<String>,
    version: i64,
    body_sha256: [u8; 32],
}

/// How one event relates to another of the same object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recency {
    /// It has the greater version: its state replaces the other's.
    Newer,
    /// It has the smaller version: it came late, and its state is history.
    Older,
    /// Both have the same version. Bodies may still differ: see [`EventIdentity::is_duplicate_of`].
    Same,
    /// They are about different objects, or one does not say which: versions cannot be compared.
    DifferentObject,
}

impl EventIdentity {
    pub(super) const fn new(
        event_type: EventType,
        object_id: Option<String>,
        version: i64,
        body_sha256: [u8; 32],
    ) -> Self {
        Self {
            event_type,
            object_id,
            version,
            body_sha256,
        }
    }

    /// What kind of object it is about.
    #[must_use]
    pub const fn event_type(&self) -> &EventType {
        &self.event_type
    }

    /// Which object: the transaction's or deposit's `ID`, the `CheckoutSessionID`, the `CustomerID`. `None` if the
    /// data does not say.
    #[must_use]
    pub fn object_id(&self) -> Option<&str> {
        self.object_id.as_deref()
    }

    /// `EventVersion`: Unix milliseconds in live events, and greater for newer states of the same object.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// SHA-256 of the body's bytes.
    #[must_use]
    pub const fn body_sha256(&self) -> &[u8; 32] {
        &self.body_sha256
    }

    /// Whether both are deliveries of one event: same type, object and version, and the same bytes.
    #[must_use]
    pub fn is_duplicate_of(&self, other: &Self) -> bool {
        self == other
    }

    /// Which of the two is the newer state of their object.
    #[must_use]
    pub fn supersedes(&self, other: &Self) -> Recency {
        let same_object = self.event_type == other.event_type
            && self.object_id.is_some()
            && self.object_id == other.object_id;
        if !same_object {
            return Recency::DifferentObject;
        }
        match self.version.cmp(&other.version) {
            std::cmp::Ordering::Greater => Recency::Newer,
            std::cmp::Ordering::Less => Recency::Older,
            std::cmp::Ordering::Equal => Recency::Same,
        }
    }
}

impl fmt::Display for EventIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |text: &str| text.replace(|c: char| c.is_whitespace() || is_unsafe(c), "_");
        write!(
            f,
            "{}:{}:{}:",
            word(self.event_type.as_str()),
            word(self.object_id().unwrap_or_default()),
            self.version
        )?;
        self.body_sha256
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(event_type: &str, object_id: Option<&str>, version: i64, body: u8) -> EventIdentity {
        EventIdentity::new(
            event_type.into(),
            object_id.map(str::to_owned),
            version,
            [body; 32],
        )
    }

    #[test]
    fn duplicates_agree_in_everything() {
        let event = identity("Transaction", Some("t"), 1, 7);
        assert!(event.is_duplicate_of(&identity("Transaction", Some("t"), 1, 7)));
        for other in [
            identity("FiatDeposit", Some("t"), 1, 7),
            identity("Transaction", Some("u"), 1, 7),
            identity("Transaction", None, 1, 7),
            identity("Transaction", Some("t"), 2, 7),
            identity("Transaction", Some("t"), 1, 8),
        ] {
            assert!(!event.is_duplicate_of(&other), "{other}");
        }
    }

    #[test]
    fn versions_count_within_one_object_only() {
        let event = identity("Transaction", Some("t"), 5, 7);
        let versus = |other| event.supersedes(&other);
        assert_eq!(versus(identity("Transaction", Some("t"), 4, 0)), Recency::Newer);
        assert_eq!(versus(identity("Transaction", Some("t"), 6, 0)), Recency::Older);
        assert_eq!(versus(identity("Transaction", Some("t"), 5, 0)), Recency::Same);
        assert_eq!(
            versus(identity("Transaction", Some("u"), 4, 0)),
            Recency::DifferentObject
        );
        assert_eq!(
            versus(identity("FiatDeposit", Some("t"), 4, 0)),
            Recency::DifferentObject
        );
        let nameless = identity("Transaction", None, 5, 7);
        assert_eq!(nameless.supersedes(&nameless), Recency::DifferentObject);
    }

    #[test]
    fn one_line_names_an_event() {
        let line = identity("Transaction", Some("a b\n"), -1, 0xab).to_string();
        assert_eq!(line, format!("Transaction:a_b_:-1:{}", "ab".repeat(32)));
    }
}
