//! `iat`, `exp` and `nbf`.

use serde_json::{Map, Value};

use crate::clock::{Clock, TOLERANCE, shown};
use crate::diagnosis::Findings;
use crate::{Check, Rule};

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
    let rule = match time(claims, "nbf") {
        Time::Missing => return findings.holds(Check::NotBefore, "absent, which is as documented"),
        Time::Seconds(from) if from <= clock.judge().saturating_add(TOLERANCE) => {
            return findings.holds(Check::NotBefore, "past; NOAH does not ask for this claim");
        }
        Time::Seconds(_) | Time::Milliseconds => Rule::NbfFuture,
        Time::NotANumber => Rule::NbfNotANumber,
    };
    findings.fails(rule);
}

/// The time at which the token was made, or the rule that says why it is not known.
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
    let rule = match (time(claims, "exp"), issued) {
        (Time::Seconds(exp), _) => return life(exp, clock, issued, findings),
        (Time::Milliseconds, Err(rule @ Rule::IatMilliseconds)) => {
            return findings.explained(Check::Expires, rule);
        }
        (Time::Milliseconds, _) => Rule::ExpMilliseconds,
        (Time::NotANumber, _) => Rule::ExpNotANumber,
        (Time::Missing, _) => Rule::ExpMissing,
    };
    findings.fails(rule);
}

fn life(exp: i64, clock: &Clock, issued: Result<i64, Rule>, findings: &mut Findings<'_>) {
    let left = exp.saturating_sub(clock.judge());
    let told = match (issued.map(|iat| exp.saturating_sub(iat)), clock.off) {
        (Ok(life), _) if life <= 0 => (
            Rule::ExpBeforeIat,
            format!("it is {} s before iat, or at it", life.saturating_neg()),
        ),
        (Ok(life), _) if life > LONGEST_LIFE => (
            Rule::ExpTooFar,
            format!("it is {life} s after iat, and at most {LONGEST_LIFE} s are allowed"),
        ),
        _ if left > 0 => return findings.holds(Check::Expires, format!("{}, in {left} s", shown(exp))),
        (_, Some(off)) if exp > clock.now => return findings.explained(Check::Expires, off),
        _ => (
            Rule::ExpPast,
            format!("{}, {} s ago", shown(exp), left.saturating_neg()),
        ),
    };
    findings.fails(told);
}
