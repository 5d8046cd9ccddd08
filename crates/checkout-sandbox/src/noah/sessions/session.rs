//! The three kinds of session and how they end.
//!
//! Which webhooks are posted when. NOAH's documents say it (`x-source` of the webhooks in the spec), and the sandbox chooses where
//! they do not:
//! - A pay-in posts its `CheckoutSession` when it opens. By bank or identifier, ending it brings a `FiatDeposit`
//!   (`Pending`, then its end); settled, or paid by card, also a `Transaction` in (`Pending`, then its end); at last the
//!   `CheckoutSession`. A failed deposit carries the refund that begins. A pay-in that expires posts its `CheckoutSession`
//!   alone: nobody paid.
//! - A sale posts its `Transaction` out when it opens and when it ends.
//! - A session that manages payment methods posts nothing and has no end.

use noah_models::CustomerId;
use serde::{Deserialize, Serialize};

use super::ending::{Bill, Change, Ending, status_text};
use super::payin::Payin;
use super::payment_method::PaymentMethod;
use super::sale::Sale;
use crate::engine::ground::{Ground, StateError};
use crate::noah::books::BalanceFault;

/// Why a session cannot be ended as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// No session has this id.
    #[error("session not found: a pay-in goes by its CheckoutSessionID, a sale by its transaction's ID")]
    Unknown,
    /// The session manages payment methods: nothing is paid in it.
    #[error("session has nothing to pay: it manages payment methods")]
    NothingToPay,
    /// The customer has no such payment method for this session.
    #[error(
        "payment method not found: it must be one of the customer's, of the session's category and currency"
    )]
    UnknownPaymentMethod,
    /// The session has ended the other way.
    #[error("session has already ended as {0:?}, which is final")]
    Final(Ending),
    /// The balance would have more digits than an amount can hold; the session is as it was.
    #[error("the balance would have more digits than can be kept; the session is as it was")]
    BalanceTooLong,
    /// The end could not be kept in the state file; the session is as it was.
    #[error("the end could not be written to the state file; the session is as it was")]
    NotKept,
}

impl From<BalanceFault> for TransitionError {
    /// An end takes only what was held, so too little is never the reason.
    fn from(_: BalanceFault) -> Self {
        Self::BalanceTooLong
    }
}

impl From<StateError> for TransitionError {
    fn from(error: StateError) -> Self {
        tracing::error!(%error, "the end of a session was not kept");
        Self::NotKept
    }
}

/// A session of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Session {
    Managed { id: String, customer_id: CustomerId },
    Payin(Box<Payin>),
    Sale(Box<Sale>),
}

impl Session {
    /// The id by which [`end`](Self::end) finds it.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Managed { id, .. } => id,
            Self::Payin(payin) => &payin.id,
            Self::Sale(sale) => &sale.id,
        }
    }

    /// How it ended, if it has.
    pub(crate) fn outcome(&self) -> Option<Ending> {
        match self {
            Self::Managed { .. } => None,
            Self::Payin(payin) => payin.outcome,
            Self::Sale(sale) => sale.outcome,
        }
    }

    /// Whose it is.
    pub(crate) fn customer_id(&self) -> &CustomerId {
        match self {
            Self::Managed { customer_id, .. } => customer_id,
            Self::Payin(payin) => &payin.request.customer_id,
            Self::Sale(sale) => &sale.request.customer_id,
        }
    }

    /// Where the browser goes at the end, with NOAH's three query parameters added to the shop's own. `None` for what is
    /// no web address: a page must not run what a shop calls its address.
    pub(crate) fn return_url(&self) -> Option<String> {
        let bill = self.bill()?;
        let mut url = url::Url::parse(bill.return_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("CheckoutSessionID", self.id());
            if let Some(external_id) = bill.external_id {
                query.append_pair("ExternalID", external_id.as_str());
            }
            query.append_pair("Status", status_text(self.outcome()));
        }
        Some(url.into())
    }

    /// The shop's address as it was given, whatever it is.
    pub(crate) fn given_return_url(&self) -> Option<&str> {
        self.bill().map(|bill| bill.return_url)
    }

    /// What its page shows; `None` where nothing is paid.
    pub(crate) fn bill(&self) -> Option<Bill<'_>> {
        match self {
            Self::Managed { .. } => None,
            Self::Payin(payin) => Some(payin.bill()),
            Self::Sale(sale) => Some(sale.bill()),
        }
    }

    /// Ends the session; `None` if it had ended this way before. A pay-in may be paid with one of the customer's methods.
    pub(crate) fn end(
        &mut self,
        outcome: Ending,
        paid_with: Option<PaymentMethod>,
        ground: &Ground,
    ) -> Result<Option<Change>, TransitionError> {
        match self {
            Self::Managed { .. } => Err(TransitionError::NothingToPay),
            Self::Payin(payin) => {
                Ok(decide(&mut payin.outcome, outcome)?.then(|| payin.ended(outcome, paid_with, ground)))
            }
            Self::Sale(sale) => Ok(decide(&mut sale.outcome, outcome)?.then(|| sale.ended(outcome, ground))),
        }
    }
}

/// Sets the outcome. False if the session had it already.
fn decide(current: &mut Option<Ending>, outcome: Ending) -> Result<bool, TransitionError> {
    match *current {
        None => {
            *current = Some(outcome);
            Ok(true)
        }
        Some(same) if same == outcome => Ok(false),
        Some(other) => Err(TransitionError::Final(other)),
    }
}

/// Where a session stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct SessionStatus {
    /// The id that it was asked by: a checkout session's id, or a sale's transaction id.
    #[serde(rename = "SessionID")]
    pub session_id: String,
    /// `None` while it is pending.
    #[serde(serialize_with = "outcome_text", rename = "Status")]
    pub outcome: Option<Ending>,
}

impl SessionStatus {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            session_id: session.id().to_owned(),
            outcome: session.outcome(),
        }
    }
}

fn outcome_text<S: serde::Serializer>(outcome: &Option<Ending>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status_text(*outcome))
}
