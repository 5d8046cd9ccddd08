//! When a webhook that failed is sent again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::engine::text::span;

/// The waits before the second, the third and each further attempt. After the last one a webhook is given up.
///
/// Neither vendor publishes its own. As text, `1s,5s,30s,2m`; `none` for a single attempt.
///
/// ```
/// use std::time::Duration;
/// use checkout_sandbox::WebhookSchedule;
///
/// let schedule: WebhookSchedule = "1s,5s".parse()?;
/// assert_eq!(schedule, WebhookSchedule::from_iter([1, 5].map(Duration::from_secs)));
/// assert_eq!(schedule.to_string(), "1s, 5s");
/// # Ok::<(), checkout_sandbox::ScheduleError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSchedule(Vec<Duration>);

/// A text that is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a wait of at most a day, such as 200ms, 5s or 2m; write several as 1s,5s,30s, or `none`", checkout_core::given::quotable_piece(.0)
)]
pub struct ScheduleError(String);

impl WebhookSchedule {
    /// The waits, in order.
    #[must_use]
    pub fn waits(&self) -> &[Duration] {
        &self.0
    }

    /// How long to wait after so many failed attempts; `None` if there is to be no other.
    pub(super) fn wait_after(&self, attempts: usize) -> Option<Duration> {
        self.0.get(attempts.checked_sub(1)?).copied()
    }
}

/// 100 ms and 200 ms: short enough for tests.
impl Default for WebhookSchedule {
    fn default() -> Self {
        [100, 200].map(Duration::from_millis).into_iter().collect()
    }
}

/// Waits of more than a day count as a day.
impl FromIterator<Duration> for WebhookSchedule {
    fn from_iter<I: IntoIterator<Item = Duration>>(waits: I) -> Self {
        Self(waits.into_iter().map(|wait| wait.min(span::LONGEST)).collect())
    }
}

impl IntoIterator for WebhookSchedule {
    type Item = Duration;
    type IntoIter = std::vec::IntoIter<Duration>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromStr for WebhookSchedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        if text.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        text.split(',')
            .map(|wait| span::parse(wait).ok_or_else(|| ScheduleError(wait.trim().to_owned())))
            .collect()
    }
}

impl fmt::Display for WebhookSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let waits: Vec<String> = self.0.iter().map(|wait| span::written(*wait)).collect();
        f.write_str(&waits.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_its_wait_until_there_is_none() {
        let schedule = WebhookSchedule::default();
        let waits: Vec<_> = (0..4).map(|attempts| schedule.wait_after(attempts)).collect();
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(waits, [None, ms(100), ms(200), None]);
        assert_eq!(WebhookSchedule::from_iter([]).wait_after(1), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["none", "1s, 5s, 30s, 2m", "0s"] {
            assert_eq!(text.parse::<WebhookSchedule>().unwrap().to_string(), text);
        }
        let error = "1s,,2s".parse::<WebhookSchedule>().unwrap_err().to_string();
        assert!(error.starts_with("`` is not a wait"), "{error}");
        assert!("1s,48h".parse::<WebhookSchedule>().is_err());
    }
}
