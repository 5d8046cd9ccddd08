//! One thing that goes wrong, and how it is written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use checkout_core::given::quotable_piece;

use crate::engine::text::span;

/// Longest error type, field name or address in a fault, in bytes.
const LONGEST: usize = 512;

/// What goes wrong with a request. [`FromStr`] and [`Display`](fmt::Display) use the texts given with each.
///
/// Several may apply to one request: at most one that answers instead of the API (`503`, `html`, `redirect`, `cut-before`,
/// `reset`), at most one that spoils the way back (`stall`, `cut-after`, `truncate`), and one of each other kind.
///
/// ```
/// use checkout_sandbox::Fault;
///
/// let fault: Fault = "400:InvalidMessage".parse()?;
/// assert_eq!(fault.to_string(), "400:InvalidMessage");
/// # Ok::<_, checkout_sandbox::FaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `503`, `400:InvalidMessage`: the API's own error, and nothing is done.
    Status {
        /// From 400 to 599.
        status: u16,
        /// NOAH's `Type`, or Worldline Connect's `code`; one that goes with the status if absent.
        error: Option<String>,
    },
    /// `html`, `html=503`, `html=200`: a page of a proxy that stands before the API, and nothing is done.
    Html {
        /// From 200 to 599; 502 if not given.
        status: u16,
    },
    /// `redirect`, `redirect=https://elsewhere.example/`: 307, and nothing is done.
    Redirect {
        /// A path or an http or https address. If absent, `/redirected` below the path of the request.
        to: Option<String>,
    },
    /// `cut-before`: the connection is closed without an answer, and nothing is done.
    CutBefore,
    /// `reset`: the connection is reset without an answer, and nothing is done.
    Reset,
    /// `cut-after`: all is done, and the connection is closed without an answer.
    CutAfter,
    /// `truncate`: headers promise the whole body, half of it comes, and the connection is closed.
    Truncate,
    /// `stall=2s`: half of the body comes at once, the other half so much later.
    Stall(
        /// How much later.
        Duration,
    ),
    /// `delay=2s`: all is done at once, but headers and body come so much later.
    Delay(
        /// How much later.
        Duration,
    ),
    /// `skew=+10m`, `skew=-1h`: tokens and sessions are judged, and the header `Date` written, by a clock that is off.
    Skew {
        /// By how much.
        by: Duration,
        /// Whether the clock is behind, rather than ahead.
        behind: bool,
    },
    /// `retry-after=30s`: the answer has the header `Retry-After`, in whole seconds.
    RetryAfter(
        /// Rounded down to whole seconds.
        Duration,
    ),
    /// `unknown-enum`, `unknown-enum=Status`: the real answer, but one value of a list is one that nobody knows.
    UnknownEnum {
        /// The field. If absent, the first of those that are known to hold such values.
        field: Option<String>,
    },
    /// `gzip`: the answer is compressed, though nobody asked for that.
    Gzip,
}

/// Why a text is not a [`Fault`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// No fault is called that.
    #[error(
        "no fault is called {0:?}; possible are a status such as 503 or 400:InvalidMessage, html, redirect, cut-before, \
         reset, cut-after, truncate, stall=2s, delay=2s, skew=+10m, retry-after=30s, unknown-enum and gzip"
    )]
    Unknown(
        /// The text.
        String,
    ),
    /// The value behind `=` or `:` is missing, or is not what the fault takes.
    #[error("{fault} does not take {value:?}; it is written {form}")]
    Value {
        /// The fault.
        fault: &'static str,
        /// What stands there.
        value: String,
        /// How it is written.
        form: &'static str,
    },
    /// Two faults that cannot happen to one request.
    #[error("{first} and {second} cannot happen to the same request; leave one out")]
    Clash {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// No fault at all.
    #[error("no fault is given; write one such as 503, delay=2s or cut-after")]
    Missing,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        if text.is_empty() {
            return Err(FaultError::Missing);
        }
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return status(text);
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        match name {
            "html" => page(value),
            "redirect" => redirect(value),
            "cut-before" => bare("cut-before", value, Self::CutBefore),
            "reset" => bare("reset", value, Self::Reset),
            "cut-after" => bare("cut-after", value, Self::CutAfter),
            "truncate" => bare("truncate", value, Self::Truncate),
            "stall" => time("stall", value, "stall=2s or stall=500ms").map(Self::Stall),
            "delay" => time("delay", value, "delay=2s or delay=500ms").map(Self::Delay),
            "retry-after" => time("retry-after", value, "retry-after=30s").map(Self::RetryAfter),
            "skew" => skew(value),
            "unknown-enum" => unknown_enum(value),
            "gzip" => bare("gzip", value, Self::Gzip),
            _ => Err(FaultError::Unknown(quotable_piece(text))),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, error: None } => write!(f, "{status}"),
            Self::Status {
                status,
                error: Some(error),
            } => write!(f, "{status}:{error}"),
            Self::Html { status } => write!(f, "html={status}"),
            Self::Redirect { to: None } => f.write_str("redirect"),
            Self::Redirect { to: Some(to) } => write!(f, "redirect={to}"),
            Self::CutBefore => f.write_str("cut-before"),
            Self::Reset => f.write_str("reset"),
            Self::CutAfter => f.write_str("cut-after"),
            Self::Truncate => f.write_str("truncate"),
            Self::Stall(span) => write!(f, "stall={}", span::written(*span)),
            Self::Delay(span) => write!(f, "delay={}", span::written(*span)),
            Self::Skew { by, behind } => write!(
                f,
                "skew={}{}",
                if *behind { '-' } else { '+' },
                span::written(*by)
            ),
            Self::RetryAfter(span) => write!(f, "retry-after={}", span::written(*span)),
            Self::UnknownEnum { field: None } => f.write_str("unknown-enum"),
            Self::UnknownEnum { field: Some(field) } => write!(f, "unknown-enum={field}"),
            Self::Gzip => f.write_str("gzip"),
        }
    }
}

fn status(text: &str) -> Result<Fault, FaultError> {
    let wrong = || wrong("a status", text, "503 or 400:InvalidMessage, from 400 to 599");
    let (number, error) = match text.split_once(':') {
        Some((number, error)) => (number, Some(error)),
        None => (text, None),
    };
    let status = three_digits(number, 400).ok_or_else(wrong)?;
    if !error.is_none_or(is_word) {
        return Err(wrong());
    }
    let error = error.map(str::to_owned);
    Ok(Fault::Status { status, error })
}

fn page(value: Option<&str>) -> Result<Fault, FaultError> {
    let Some(value) = value else {
        return Ok(Fault::Html { status: 502 });
    };
    three_digits(value, 200)
        // Answers with these have no body.
        .filter(|status| !matches!(status, 204 | 205 | 304))
        .map(|status| Fault::Html { status })
        .ok_or_else(|| {
            let form = "html, or html=503 with a status from 200 to 599 that has a body";
            wrong("html", value, form)
        })
}

fn redirect(value: Option<&str>) -> Result<Fault, FaultError> {
    let to = value.map(str::to_owned);
    let fits = to.as_deref().is_none_or(|to| {
        let known = ["/", "http://", "https://"];
        // What parts faults and rules cannot stand in one.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b',' | b';');
        to.len() <= LONGEST && known.iter().any(|start| to.starts_with(start)) && to.bytes().all(is_plain)
    });
    if fits {
        return Ok(Fault::Redirect { to });
    }
    Err(wrong(
        "redirect",
        value.unwrap_or_default(),
        "redirect, redirect=/path or redirect=https://host/path, with commas, semicolons and spaces percent-encoded",
    ))
}

fn bare(name: &'static str, value: Option<&str>, fault: Fault) -> Result<Fault, FaultError> {
    match value {
        None => Ok(fault),
        Some(value) => Err(wrong(name, value, "without a value")),
    }
}

fn time(fault: &'static str, value: Option<&str>, form: &'static str) -> Result<Duration, FaultError> {
    let value = value.unwrap_or_default();
    span::parse(value).ok_or_else(|| wrong(fault, value, form))
}

fn skew(value: Option<&str>) -> Result<Fault, FaultError> {
    let value = value.unwrap_or_default();
    let signed = match value.as_bytes().first() {
        Some(b'+') => Some((&value[1..], false)),
        Some(b'-') => Some((&value[1..], true)),
        _ => None,
    };
    signed
        .and_then(|(span, behind)| {
            let by = span::parse(span)?;
            // No skew has no sign.
            let behind = behind && !by.is_zero();
            Some(Fault::Skew { by, behind })
        })
        .ok_or_else(|| {
            wrong(
                "skew",
                value,
                "skew=+10m for a clock ahead, skew=-1h for one behind",
            )
        })
}

fn unknown_enum(value: Option<&str>) -> Result<Fault, FaultError> {
    if value.is_none_or(is_word) {
        let field = value.map(str::to_owned);
        return Ok(Fault::UnknownEnum { field });
    }
    Err(wrong(
        "unknown-enum",
        value.unwrap_or_default(),
        "unknown-enum, or unknown-enum=Status with the name of a field",
    ))
}

fn wrong(fault: &'static str, value: &str, form: &'static str) -> FaultError {
    FaultError::Value {
        fault,
        value: quotable_piece(value),
        form,
    }
}

fn three_digits(text: &str, least: u16) -> Option<u16> {
    (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
        .filter(|status| (least..=599).contains(status))
}

/// Letters, digits and underscores: error types, codes and names of fields.
fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_left_out_is_written() {
        for (text, written) in [("html", "html=502"), ("skew=-0s", "skew=+0s"), ("gzip", "gzip")] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_is_no_fault_is_told_what_is_possible() {
        let errors: Vec<String> = [
            "",
            "explode",
            "200",
            "5033",
            "400:",
            "400:Invalid Message",
            "html=99",
            "html=204",
            "redirect=elsewhere",
            "redirect=/a;b",
            "cut-before=2s",
            "stall",
            "delay=2",
            "skew=10m",
            "skew=é",
            "retry-after=soon",
            "unknown-enum=",
        ]
        .into_iter()
        .map(|text| text.parse::<Fault>().unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(errors.join("\n"));
    }
}
