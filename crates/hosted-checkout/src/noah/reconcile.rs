//! What became of an order whose webhook did not come.

use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use checkout_core::Validate as _;
use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::{Call as _, Error};
use noah_client::call;
use noah_models::{ExternalId, GetTransactionsResponse, SortDirection, Transaction, TransactionId};

use super::Transactions;

/// How far back transactions are read, and how many of them at most.
#[derive(Debug, Clone, Copy)]
pub struct LookBack {
    /// When the order was taken, by the clock of whoever took it.
    pub ordered_at: SystemTime,
    /// How much further back, for clocks that differ.
    pub margin: Duration,
    /// How many pages of 100 transactions at most.
    pub pages: u32,
    /// After how long no other page is asked for.
    pub time: Duration,
}

impl LookBack {
    /// Back to an hour before the order, in at most 100 pages and two minutes: `LookBack { pages: 10, ..LookBack::to(ordered_at) }`.
    #[must_use]
    pub fn to(ordered_at: impl Into<SystemTime>) -> Self {
        Self {
            ordered_at: ordered_at.into(),
            margin: Duration::from_secs(60 * 60),
            pages: 100,
            time: Duration::from_secs(120),
        }
    }

    fn end(self) -> SystemTime {
        // No order is older than this, and every later time has a text.
        let end = self.ordered_at.checked_sub(self.margin);
        end.unwrap_or(SystemTime::UNIX_EPOCH).max(SystemTime::UNIX_EPOCH)
    }
}

/// What the transactions say of an order. None of it says that an order was not paid.
#[derive(Debug)]
#[must_use]
pub enum Reconciled {
    /// All transactions of that time that bear the id, newest first: their `Status` is what became of the order.
    Found(Vec<Transaction>),
    /// None bears the id. The customer may be about to pay: look again later, and do not pay anew with another `Nonce`.
    NotSeen {
        /// The time of the order less the margin: all since then were read.
        back_to: SystemTime,
    },
    /// It is not known whether there are more than these.
    Unfinished {
        /// Those that were found before it ended, newest first.
        found: Vec<Transaction>,
        /// The oldest transaction that was read, by when it was made.
        back_to: Option<SystemTime>,
        /// Why it ended, and what to do.
        why: Unfinished,
    },
}

/// Why a look at transactions ended before its time was reached. `Display` says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unfinished {
    /// As many pages were read as [`LookBack::pages`] allows.
    Pages,
    /// It took as long as [`LookBack::time`] allows.
    Time,
    /// A page could not be had.
    Failed(Error),
    /// The `ExternalID` of this transaction cannot be read, so that it may be the one.
    Unreadable(Option<TransactionId>),
    /// The list is not as it should be, so that it does not show its end. Says how.
    Odd(&'static str),
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pages => {
                f.write_str("as many pages were read as are allowed; allow more, or name a later time")
            }
            Self::Time => f.write_str("the time for it is over; allow more, or name a later time"),
            Self::Failed(error) => write!(f, "a page could not be had, so look again: {error}"),
            Self::Unreadable(id) => {
                let id = id.as_ref().map_or("without an ID", TransactionId::as_str);
                write!(
                    f,
                    "the ExternalID of transaction {id} cannot be read; look at that one by hand"
                )
            }
            Self::Odd(how) => write!(f, "{how}, so that others may be missing; look by hand"),
        }
    }
}

impl Transactions {
    /// Finds what became of an order by its `ExternalID`, as after a webhook that was lost. NOAH has no filter, so this reads the
    /// list, newest first, until all of a page is older than the order. It changes nothing. What NOAH makes beside a transaction that
    /// bears the id, such as the withdrawal that follows a deposit, need not bear it.
    ///
    /// ```no_run
    /// # use hosted_checkout::noah::{LookBack, Noah, Reconciled, TransactionStatus};
    /// # async fn f(noah: Noah, ordered_at: std::time::SystemTime) -> Result<(), hosted_checkout::Error> {
    /// match noah.transactions().reconcile("order-7", LookBack::to(ordered_at)).await? {
    ///     Reconciled::Found(all) if all.iter().any(|one| one.status == TransactionStatus::Settled) => println!("paid"),
    ///     Reconciled::Found(_) => println!("begun, or failed"),
    ///     Reconciled::NotSeen { .. } => println!("not seen so far, which is not to say unpaid"),
    ///     Reconciled::Unfinished { why, .. } => println!("not known: {why}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The id is not a valid one, the order lies in the future, or the first page cannot be read.
    pub async fn reconcile(
        &self,
        external_id: impl Into<ExternalId>,
        look: LookBack,
    ) -> Result<Reconciled, Error> {
        let external_id = external_id.into();
        let mut wrong = Violations::new();
        external_id.check(&At::parameter("ExternalID"), &mut wrong);
        let (began, end) = (Instant::now(), look.end());
        if end > self.client.api.transport().now() {
            // All transactions are older, which is not to say that the order has none.
            let message = "is in the future; name the time when the order was made";
            wrong.push(&At::parameter("ordered_at"), Rule::Range, message);
        }
        wrong
            .into_result()
            .map_err(|wrong| Error::invalid_request(call::ListTransactions::operation(), wrong))?;

        let mut seen = Seen::default();
        // As many as NOAH allows for other lists.
        let mut pages = self
            .list()
            .page_size(100)
            .sort_direction(SortDirection::Desc)
            .pages();
        let mut count = 0;
        let stopped = loop {
            if count == look.pages {
                break Some(Unfinished::Pages);
            }
            if began.elapsed() >= look.time {
                break Some(Unfinished::Time);
            }
            let page = match pages.next().await {
                None => break None,
                Some(Err(error)) if count == 0 => return Err(error),
                Some(Err(error)) => break Some(Unfinished::Failed(error)),
                Some(Ok(page)) => page.into_inner(),
            };
            count += 1;
            if let ControlFlow::Break(why) = seen.take(page, &external_id, end) {
                break why;
            }
        };
        let Seen {
            found,
            oldest: back_to,
            unreadable,
        } = seen;
        Ok(match stopped.or(unreadable) {
            Some(why) => Reconciled::Unfinished { found, back_to, why },
            None if found.is_empty() => Reconciled::NotSeen { back_to: end },
            None => Reconciled::Found(found),
        })
    }
}

/// What was read so far.
#[derive(Default)]
struct Seen {
    found: Vec<Transaction>,
    oldest: Option<SystemTime>,
    unreadable: Option<Unfinished>,
}

impl Seen {
    /// Takes those of a page that bear the id. It is the last page that is needed where it names no other, or where all of it was
    /// made before the end.
    fn take(
        &mut self,
        page: GetTransactionsResponse,
        external_id: &ExternalId,
        end: SystemTime,
    ) -> ControlFlow<Option<Unfinished>> {
        let next = &page.page_token;
        let goes_on = next.unreadable().is_some() || next.text().is_some_and(|next| !next.is_empty());
        let items = page.items.into_value().unwrap_or_default();
        if items.is_empty() && goes_on {
            return ControlFlow::Break(Some(Unfinished::Odd("a page without transactions names another")));
        }
        let mut times = Vec::new();
        for transaction in items {
            let created = transaction.created.value();
            let created = created.and_then(|created| created.instant().ok());
            times.extend(created);
            let may_be_it = created.is_none_or(|created| created >= end);
            if may_be_it && transaction.external_id.unreadable().is_some() {
                self.unreadable = Some(Unfinished::Unreadable(transaction.id.value().cloned()));
            }
            if transaction.external_id != *external_id {
                continue;
            }
            // A transaction that moved to a later page comes again, in its present state.
            let id = transaction.id.value();
            let mut known = self.found.iter_mut();
            match known.find(|known| id.is_some() && known.id.value() == id) {
                Some(known) => *known = transaction,
                None => self.found.push(transaction),
            }
        }
        self.oldest = self.oldest.into_iter().chain(times.iter().copied()).min();
        match (times.first(), times.iter().max()) {
            _ if !goes_on => ControlFlow::Break(None),
            (Some(first), Some(newest)) if *newest < end => {
                let is_newest_first = times.last() <= Some(first);
                ControlFlow::Break(
                    (!is_newest_first)
                        .then_some(Unfinished::Odd("the newest transactions are not listed first")),
                )
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
