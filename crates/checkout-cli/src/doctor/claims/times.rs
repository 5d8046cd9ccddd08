//! `iat`, `exp` and `nbf`.

use serde_json::{Map, Value};

use crate::doctor::clock::{Clock, TOLERANCE, shown};
use crate::doctor::diagnosis::Findings;
use crate::doctor::{Check, Rule};

/// Longest time from `iat` to `exp`, in seconds.
const LONGEST_LIFE: i64 = 15 * 60;
/// No time in seconds is as large before the year 5138, and every one in milliseconds since 1973 is.
const FIRST_MILLISECOND: i64 = 100_000_000_000;

enum Time {
    Seconds(i64),
    Milliseconds,
    NotANumber,
    Missing,
}

fn time(claims: &Map<String, Value>, claim: &str) -> Time {
    let number = match claims.get(claim) {
        None => return Time::Missing,
        Some(Value::Number(number)) => number,
        Some(_) => return Time::NotANumber,
    };
    // Some libraries write fractions; `as` saturates at the ends.
    let whole = number
        .as_i64()
        .or_else(|| number.as_f64().map(|seconds| seconds.floor() as i64));
    match whole {
        Some(whole) if whole >= FIRST_MILLISECOND => Time::Milliseconds,
        Some(whole) => Time::Seconds(whole),
        None => Time::NotANumber,
    }
}

pub(super) fn check(claims: &Map<String, Value>, clock: &Clock, findings: &mut Findings<'_>) {
    let issued = issued(claims, clock, findings);
    expires(claims, clock, issued, findings);
    match time(claims, "nbf") {
        Time::Missing => findings.holds(Check::NotBefore, "absent, which is as documented"),
        Time::Seconds(from) if from <= clock.judge().saturating_add(TOLERANCE) => {
            findings.holds(Check::NotBefore, "past; NOAH does not ask for this claim");
        }
        Time::Seconds(_) | Time::Milliseconds => {
            findings.fails(Rule::NbfFuture);
        }
        Time::NotANumber => {
            findings.fails(Rule::NbfNotANumber);
        }
    }
}

/// The time of making, or the rule that says why there is none.
fn issued(claims: &Map<String, Value>, clock: &Clock, findings: &mut Findings<'_>) -> Result<i64, Rule> {
    let rule = match time(claims, "iat") {
        Time::Missing => findings.fails(Rule::IatMissing),
        Time::NotANumber => findings.fails(Rule::IatNotANumber),
        Time::Milliseconds => findings.fails(Rule::IatMilliseconds),
        Time::Seconds(iat) => {
            let ahead = iat.saturating_sub(clock.judge());
            match clock.off {
                _ if ahead <= TOLERANCE => {
                    findings.holds(
                        Check::IssuedAt,
                        format!("{}, {} s ago", shown(iat), ahead.saturating_neg().max(0)),
                    );
                }
                Some(off) if iat.saturating_sub(clock.now) <= TOLERANCE => {
                    findings.explained(Check::IssuedAt, off);
                }
                _ => {
                    let whose = if clock.server.is_some() {
                        "the API's clock"
                    } else {
                        "the clock judged by"
                    };
                    findings.fails((
                        Rule::IatFuture,
                        format!("{} is {ahead} s ahead of {whose}", shown(iat)),
                    ));
                }
            }
            return Ok(iat);
        }
    };
    Err(rule)
}

fn expires(
    claims: &Map<String, Value>,
    clock: &Clock,
    issued: Result<i64, Rule>,
    findings: &mut Findings<'_>,
) {
    let exp = match time(claims, "exp") {
        Time::Seconds(exp) => exp,
        Time::Missing => {
            findings.fails(Rule::ExpMissing);
            return;
        }
        Time::NotANumber => {
            findings.fails(Rule::ExpNotANumber);
            return;
        }
        Time::Milliseconds => {
            match issued {
                Err(rule @ Rule::IatMilliseconds) => findings.explained(Check::Expires, rule),
                _ => {
                    findings.fails(Rule::ExpMilliseconds);
                }
            }
            return;
        }
    };
    if let Ok(iat) = issued {
        let life = exp.saturating_sub(iat);
        if life <= 0 {
            findings.fails((
                Rule::ExpBeforeIat,
                format!("it is {} s before iat, or at it", life.saturating_neg()),
            ));
            return;
        }
        if life > LONGEST_LIFE {
            findings.fails((
                Rule::ExpTooFar,
                format!("it is {life} s after iat, and at most {LONGEST_LIFE} s are allowed"),
            ));
            return;
        }
    }
    let left = exp.saturating_sub(clock.judge());
    match clock.off {
        _ if left > 0 => findings.holds(Check::Expires, format!("{}, in {left} s", shown(exp))),
        Some(off) if exp > clock.now => findings.explained(Check::Expires, off),
        _ => {
            findings.fails((
                Rule::ExpPast,
                format!("{}, {} s ago", shown(exp), left.saturating_neg()),
            ));
        }
    }
}
