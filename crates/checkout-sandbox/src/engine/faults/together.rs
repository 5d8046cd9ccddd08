//! Several faults of one request: which can go together, and how they are written.

use super::fault::{Fault, FaultError};

/// Where in the course of a request a fault acts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Clock,
    /// An answer in place of the API's.
    Instead,
    /// The connection's end in place of an answer.
    InsteadOfAll,
    Change,
    Coding,
    Header,
    Delay,
    WayBack,
    /// The connection's end after the work.
    EndOfAll,
}

const fn stage(fault: &Fault) -> Stage {
    match fault {
        Fault::Skew { .. } => Stage::Clock,
        Fault::Status { .. } | Fault::Html { .. } | Fault::Redirect { .. } => Stage::Instead,
        Fault::CutBefore | Fault::Reset => Stage::InsteadOfAll,
        Fault::UnknownEnum { .. } => Stage::Change,
        Fault::Gzip => Stage::Coding,
        Fault::RetryAfter(_) => Stage::Header,
        Fault::Delay(_) => Stage::Delay,
        Fault::Truncate | Fault::Stall(_) => Stage::WayBack,
        Fault::CutAfter => Stage::EndOfAll,
    }
}

/// Whether one request cannot have both.
pub(super) fn clash(first: &Fault, second: &Fault) -> bool {
    use Stage::{Change, Clock, Coding, EndOfAll, Header, Instead, InsteadOfAll, WayBack};
    let one_way = |first, second| {
        matches!(
            (first, second),
            // Where nothing is done, nothing is judged or changed.
            (Instead, InsteadOfAll | Change | EndOfAll)
                | (InsteadOfAll, Clock | Change | Coding | EndOfAll | Header | WayBack)
                // An answer that nobody gets cannot be spoilt.
                | (EndOfAll, Change | Coding | Header | WayBack)
        )
    };
    let (first, second) = (stage(first), stage(second));
    first == second || one_way(first, second) || one_way(second, first)
}

/// Whether all of them can happen to one request.
pub(super) fn check(faults: &[Fault]) -> Result<(), FaultError> {
    for (index, second) in faults.iter().enumerate() {
        if let Some(first) = faults[..index].iter().find(|first| clash(first, second)) {
            return Err(FaultError::Clash {
                first: first.to_string(),
                second: second.to_string(),
            });
        }
    }
    Ok(())
}

/// Writes faults parted by commas.
pub(super) fn text(faults: &[Fault]) -> String {
    let texts: Vec<String> = faults.iter().map(Fault::to_string).collect();
    texts.join(",")
}
