//! What the console shows, in plain texts, whatever it comes from. Personal data is masked in them already, or asked for.

/// Everything on the page.
pub(super) struct View {
    pub(super) requests: Vec<RequestRow>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) ledger: LedgerView,
    pub(super) deliveries: Vec<DeliveryRow>,
    pub(super) rules: Vec<RuleRow>,
    pub(super) switches: SwitchesView,
    /// The sandbox's time.
    pub(super) now: String,
}

/// A request to either API.
pub(super) struct RequestRow {
    pub(super) number: u64,
    pub(super) api: &'static str,
    pub(super) time: String,
    /// The operation, or method and path where it is none.
    pub(super) title: String,
    pub(super) line: String,
    /// `None` if there was no answer.
    pub(super) status: Option<u16>,
    pub(super) took: String,
    pub(super) fault: Option<String>,
    pub(super) checks: Vec<CheckRow>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
}

/// One thing that was checked of a request.
pub(super) struct CheckRow {
    pub(super) name: String,
    pub(super) expected: String,
    pub(super) found: String,
    /// `None` if it was not reached.
    pub(super) holds: Option<bool>,
}

/// A session of any kind.
pub(super) struct SessionRow {
    pub(super) id: String,
    pub(super) title: &'static str,
    pub(super) amount: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) customer: String,
    pub(super) state: SessionState,
}

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionState {
    /// Nothing is paid in it.
    Managed,
    Pending,
    Settled,
    Failed,
    Expired,
}

/// What was paid, and its sums.
pub(super) struct LedgerView {
    pub(super) entries: Vec<LedgerRow>,
    /// How many there are in all.
    pub(super) count: usize,
    pub(super) totals: Vec<TotalRow>,
}

/// One payment.
pub(super) struct LedgerRow {
    pub(super) settled: String,
    pub(super) direction: String,
    pub(super) fiat: String,
    pub(super) crypto: String,
    pub(super) reference: Option<String>,
}

/// The sum of one currency in one direction.
pub(super) struct TotalRow {
    pub(super) direction: String,
    pub(super) sum: String,
}

/// A webhook and what became of it.
pub(super) struct DeliveryRow {
    pub(super) number: u64,
    pub(super) api: &'static str,
    pub(super) event_type: String,
    pub(super) state: &'static str,
    pub(super) is_good: Option<bool>,
    /// What is odd about it, on demand.
    pub(super) oddities: Vec<String>,
    pub(super) attempts: Vec<AttemptRow>,
    pub(super) next_attempt: Option<String>,
    pub(super) can_resend: bool,
    pub(super) body: String,
}

/// One attempt to deliver a webhook.
pub(super) struct AttemptRow {
    pub(super) at: String,
    pub(super) took: String,
    pub(super) outcome: String,
    pub(super) is_good: bool,
    pub(super) resent: bool,
}

/// A fault rule.
pub(super) struct RuleRow {
    pub(super) id: u64,
    pub(super) text: String,
    pub(super) matched: u64,
    pub(super) fired: u64,
}

/// How webhooks are made odd.
pub(super) struct SwitchesView {
    pub(super) duplicates: u8,
    /// Empty for none.
    pub(super) delay: String,
    /// Name of the form's field, what it says, and whether it is on.
    pub(super) flags: Vec<(&'static str, &'static str, bool)>,
    /// Between the attempts, as a text.
    pub(super) schedule: String,
}

/// A form that was filled in wrongly: what it said, and what is wrong.
pub(super) struct Fault {
    pub(super) form: Form,
    pub(super) given: String,
    pub(super) text: String,
}

/// The forms that can be filled in wrongly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Rule,
    Webhooks,
    Clock,
    Other,
}
