//! The answers, and what is documented of them.

use std::time::Duration;

use checkout_transport::AttemptResult;

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    Success,
    BadRequest,
    Unauthorized,
    Conflict,
    TooMany,
    Unavailable,
    CutBefore,
    CutAfter,
}

const ANSWERS: [Answer; 8] = [
    Answer::Success,
    Answer::BadRequest,
    Answer::Unauthorized,
    Answer::Conflict,
    Answer::TooMany,
    Answer::Unavailable,
    Answer::CutBefore,
    Answer::CutAfter,
];

pub(super) const ATTEMPTS: usize = 5;
pub(super) const SCRIPTS: u32 = 8_u32.pow(5);
/// The time that each attempt takes.
pub(super) const LATENCY: Duration = Duration::from_millis(30);
/// The time of a call, all in all.
pub(super) const DEADLINE: Duration = Duration::from_secs(40);
/// The runtime's timer counts whole milliseconds and wakes no one early.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// What is documented, written down a second time.
impl Answer {
    pub(super) const fn status(self) -> Option<u16> {
        match self {
            Self::Success => Some(200),
            Self::BadRequest => Some(400),
            Self::Unauthorized => Some(401),
            Self::Conflict => Some(409),
            Self::TooMany => Some(429),
            Self::Unavailable => Some(503),
            Self::CutBefore | Self::CutAfter => None,
        }
    }

    /// Whether the server takes the payment.
    pub(super) const fn acts(self) -> bool {
        matches!(self, Self::Success | Self::CutAfter)
    }

    pub(super) const fn result(self) -> AttemptResult {
        match self {
            Self::Success => AttemptResult::Answered,
            Self::BadRequest | Self::Unauthorized | Self::TooMany => AttemptResult::Refused,
            Self::Conflict | Self::Unavailable | Self::CutBefore | Self::CutAfter => AttemptResult::Unknown,
        }
    }

    /// The longest waits after the first to the fourth attempt, in milliseconds, and what each costs of the budget. `None`
    /// if no other attempt is made.
    pub(super) const fn again(self) -> Option<([u64; 4], u32)> {
        match self {
            Self::Success | Self::BadRequest | Self::Unauthorized | Self::Conflict => None,
            Self::TooMany | Self::Unavailable => Some(([1_000, 2_000, 4_000, 8_000], 5)),
            Self::CutBefore | Self::CutAfter => Some(([50, 100, 200, 400], 14)),
        }
    }
}

/// The `number`-th script: its digits in base 8.
pub(super) fn script(number: u32) -> [Answer; ATTEMPTS] {
    let mut rest = number as usize;
    [(); ATTEMPTS].map(|()| {
        let answer = ANSWERS[rest % 8];
        rest /= 8;
        answer
    })
}

/// Chance that anyone can repeat: in a quarter of the runs the shortest waits, in a quarter the longest, else some between.
pub(super) fn random(script: u32, failure: usize) -> u64 {
    match mixed(u64::from(script)) % 4 {
        0 => 0,
        1 => u64::MAX,
        _ => mixed(u64::from(script) << 8 | failure as u64),
    }
}

/// SplitMix64.
const fn mixed(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
