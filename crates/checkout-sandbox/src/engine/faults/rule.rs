//! When something goes wrong: the rule, and its text.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use checkout_core::Operation;
use checkout_core::given::quotable_piece;
use checkout_core::near::nearest;

use super::fault::{Fault, FaultError};
use super::together;
use crate::engine::spec::Api;

/// Which requests something happens to, and what.
///
/// As text, in this order, parted by spaces:
///
/// ```text
/// rule       = operation fault *("," fault) [skip] [count] [probability] [seed]
/// operation  = an operation id such as createFiatPayin, or "noah:*", "worldline:*" or "*"
/// fault      = see Fault; ";" parts them as well
/// skip       = "skip=" number          requests that pass before the rule begins; 0 if absent
/// count      = "count=" number         how often it fires at most; without end if absent
/// probability = "probability=" 0 to 1  chance of each request, up to six decimals; 1 if absent
/// seed       = "seed=" number          of the draws; the same seed and the same requests give the same draws
/// ```
///
/// The four options may stand in any order; [`Display`](fmt::Display) writes them in this one and leaves out what is not
/// set. In JSON and TOML a rule is its text, or an object with `operation`, `fault`, `skip`, `count`, `probability` and
/// `seed`.
///
/// ```
/// use checkout_sandbox::{Fault, FaultRule};
///
/// let rule: FaultRule = "createFiatPayin 503,retry-after=1s count=2".parse()?;
/// assert_eq!(rule, "createFiatPayin 503;retry-after=1000ms count=2".parse()?);
/// assert_eq!(rule.to_string(), "createFiatPayin 503,retry-after=1s count=2");
/// assert_eq!(FaultRule::new("*", Fault::CutAfter)?.skip(1).to_string(), "* cut-after skip=1");
/// # Ok::<_, checkout_sandbox::FaultRuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a rule does nothing before it is given to a sandbox"]
pub struct FaultRule {
    pub(super) target: Target,
    /// At least one, and no two that clash.
    pub(super) faults: Vec<Fault>,
    pub(super) skip: u64,
    pub(super) count: Option<NonZeroU64>,
    pub(super) probability: Probability,
    pub(super) seed: Option<u64>,
}

/// The requests that a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Everything,
    Api(Api),
    Operation(&'static str),
}

/// A chance from 0 to 1 in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probability(u32);

/// Why a text is not a [`FaultRule`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultRuleError {
    /// There is no such operation.
    #[error(
        "no operation is called {0:?}{meant}; possible are *, noah:*, worldline:* and ids of the specs such as createFiatPayin",
        meant = meant(.0)
    )]
    Operation(
        /// The text.
        String,
    ),
    /// There is no such fault.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// There is no such option, or it stands there twice.
    #[error(
        "{0:?} is not an option, or is given twice; possible are skip=2, count=2, probability=0.25 and seed=7"
    )]
    Option(
        /// The text.
        String,
    ),
    /// The option has no such value.
    #[error("{option} does not take {value:?}; it is {form}")]
    Value {
        /// The option.
        option: &'static str,
        /// What stands there.
        value: String,
        /// What it takes.
        form: &'static str,
    },
}

impl FaultRule {
    /// A rule for every request of an operation: its id, `noah:*`, `worldline:*` or `*`.
    ///
    /// # Errors
    /// No operation is called that, or a fault made by hand could not be written.
    pub fn new(operation: &str, fault: Fault) -> Result<Self, FaultRuleError> {
        // What a caller put together must be good for a header and a file as well.
        let text = fault.to_string();
        if text.parse::<Fault>()? != fault {
            return Err(FaultError::Value {
                fault: "a rule",
                value: quotable_piece(&text),
                form: "with spans of whole milliseconds, and a skew of zero as one ahead",
            }
            .into());
        }
        Ok(Self {
            target: operation.parse()?,
            faults: vec![fault],
            skip: 0,
            count: None,
            probability: Probability::ALWAYS,
            seed: None,
        })
    }

    /// Has another fault happen to the same requests.
    ///
    /// # Errors
    /// The two cannot happen to one request, or the fault could not be written.
    pub fn and(mut self, fault: Fault) -> Result<Self, FaultRuleError> {
        let Self { faults, .. } = Self::new("*", fault)?;
        self.faults.extend(faults);
        together::check(&self.faults)?;
        Ok(self)
    }

    /// Lets so many requests pass first.
    pub const fn skip(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// Fires so often at most; 0 is without end.
    pub const fn count(mut self, count: u64) -> Self {
        self.count = NonZeroU64::new(count);
        self
    }

    /// The chance of each request; certain by default.
    pub const fn probability(mut self, probability: Probability) -> Self {
        self.probability = probability;
        self
    }

    /// The seed of the draws; the sandbox's own by default.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The operation id, `noah:*`, `worldline:*` or `*`.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        self.target.text()
    }

    /// What happens.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl Target {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Everything => "*",
            Self::Api(api) => api.profile().target,
            Self::Operation(id) => id,
        }
    }

    pub(super) fn is_for(self, api: Api, operation: &Operation) -> bool {
        match self {
            Self::Everything => true,
            Self::Api(wanted) => wanted == api,
            Self::Operation(id) => id == operation.id,
        }
    }
}

impl FromStr for Target {
    type Err = FaultRuleError;

    fn from_str(text: &str) -> Result<Self, FaultRuleError> {
        [Self::Everything]
            .into_iter()
            .chain(Api::ALL.map(Self::Api))
            .chain(operations().map(|operation| Self::Operation(operation.id)))
            .find(|target| target.text() == text)
            .ok_or_else(|| FaultRuleError::Operation(quotable_piece(text)))
    }
}

fn operations() -> impl Iterator<Item = &'static Operation> {
    Api::ALL.into_iter().flat_map(Api::operations)
}

/// The operation that was probably meant.
fn meant(text: &str) -> String {
    let meant = nearest(text, operations().map(|operation| operation.id));
    meant.map_or_else(String::new, |meant| format!("; was {meant} meant?"))
}

impl Probability {
    /// Certain.
    pub const ALWAYS: Self = Self(1_000_000);

    /// So many of a million; more than a million are a million.
    #[must_use]
    pub const fn from_millionths(millionths: u32) -> Self {
        if millionths > Self::ALWAYS.0 {
            Self::ALWAYS
        } else {
            Self(millionths)
        }
    }

    /// So many of a million.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

impl FromStr for Probability {
    type Err = FaultRuleError;

    fn from_str(text: &str) -> Result<Self, FaultRuleError> {
        let form = "a decimal from 0 to 1 with up to six places, such as 0.25";
        let wrong = || wrong("probability", text, form);
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str, longest: usize| {
            (1..=longest).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole, 1) || !is_number(places, 6) {
            return Err(wrong());
        }
        let millionths = format!("{whole}{places:0<6}").parse().map_err(|_| wrong())?;
        if millionths > Self::ALWAYS.0 {
            return Err(wrong());
        }
        Ok(Self(millionths))
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, places) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if places == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{places:06}").trim_end_matches('0'))
    }
}

/// Reads faults parted by commas or semicolons.
pub(super) fn faults(text: &str) -> Result<Vec<Fault>, FaultError> {
    if text.trim().is_empty() {
        return Err(FaultError::Missing);
    }
    let faults = text
        .split([',', ';'])
        .map(|fault| fault.trim().parse())
        .collect::<Result<Vec<Fault>, _>>()?;
    together::check(&faults)?;
    Ok(faults)
}

impl FromStr for FaultRule {
    type Err = FaultRuleError;

    fn from_str(text: &str) -> Result<Self, FaultRuleError> {
        let mut words = text.split_whitespace();
        let target = words.next().unwrap_or_default().parse()?;
        let faults = faults(words.next().unwrap_or_default())?;
        let (mut skip, mut count, mut probability, mut seed) = (None, None, None, None);
        for word in words {
            let unknown = || FaultRuleError::Option(quotable_piece(word));
            let (name, value) = word.split_once('=').ok_or_else(unknown)?;
            let first = match name {
                "skip" => skip.replace(number("skip", value)?).is_none(),
                "count" => count.replace(fires(value)?).is_none(),
                "probability" => probability.replace(value.parse()?).is_none(),
                "seed" => seed.replace(number("seed", value)?).is_none(),
                _ => false,
            };
            if !first {
                return Err(unknown());
            }
        }
        Ok(Self {
            target,
            faults,
            skip: skip.unwrap_or_default(),
            count,
            probability: probability.unwrap_or(Probability::ALWAYS),
            seed,
        })
    }
}

fn number(option: &'static str, value: &str) -> Result<u64, FaultRuleError> {
    value.parse().map_err(|_| wrong(option, value, "a whole number"))
}

fn fires(value: &str) -> Result<NonZeroU64, FaultRuleError> {
    let form = "a whole number from 1; leave it out for a rule without end";
    value.parse().map_err(|_| wrong("count", value, form))
}

fn wrong(option: &'static str, value: &str, form: &'static str) -> FaultRuleError {
    FaultRuleError::Value {
        option,
        value: quotable_piece(value),
        form,
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.target.text(), together::text(&self.faults))?;
        if self.skip > 0 {
            write!(f, " skip={}", self.skip)?;
        }
        if let Some(count) = self.count {
            write!(f, " count={count}")?;
        }
        if self.probability != Probability::ALWAYS {
            write!(f, " probability={}", self.probability)?;
        }
        if let Some(seed) = self.seed {
            write!(f, " seed={seed}")?;
        }
        Ok(())
    }
}
