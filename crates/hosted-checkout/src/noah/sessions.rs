//! What opened sessions hand back.

use std::ops::Deref;
use std::sync::LazyLock;

use checkout_core::Received;
use checkout_transport::Response;
use noah_models::{
    CheckoutSellResponse, CheckoutSession, CheckoutSessionResponse, ExternalId, HostedSessionResponse,
    HostedUrl, Nonce, Transaction,
};

/// A session that was opened, held against its request, with the names of its order. Dereferences to the answer.
///
/// Keep [`nonce`](Self::nonce) and [`external_id`](Self::external_id) with the order: no call looks a session up later,
/// and webhooks name the order by its `ExternalID`.
#[derive(Debug)]
pub struct Session<A, O = Order> {
    order: O,
    response: Response<A>,
}

/// What an order is known by: see [`Session`].
#[derive(Debug)]
pub struct Order {
    nonce: Nonce,
    external_id: ExternalId,
}

/// A session in which a customer pays fiat money.
pub type PayIn = Session<CheckoutSessionResponse>;
/// A session in which a customer sells crypto.
pub type Sell = Session<CheckoutSellResponse>;
/// A session in which a customer manages payment methods. It is of no order.
pub type Managed = Session<HostedSessionResponse, ()>;

impl Order {
    /// Builders always fill the `ExternalID`; without one the `Nonce` names the order.
    pub(super) fn new(nonce: &Nonce, external_id: Option<&ExternalId>) -> Self {
        Self {
            nonce: nonce.clone(),
            external_id: external_id.map_or_else(|| nonce.as_str().into(), ExternalId::clone),
        }
    }
}

/// An answer with a link.
pub trait Hosted {
    /// The link.
    #[doc(hidden)]
    fn link(&self) -> &Received<HostedUrl>;
}

macro_rules! hosted {
    ($($answer:ident),*) => {$(
        impl Hosted for $answer {
            fn link(&self) -> &Received<HostedUrl> {
                &self.hosted_url
            }
        }
    )*};
}

hosted!(
    CheckoutSellResponse,
    CheckoutSessionResponse,
    HostedSessionResponse
);

impl<A, O> Session<A, O> {
    pub(super) const fn new(response: Response<A>, order: O) -> Self {
        Self { order, response }
    }

    /// The answer with its status, headers and raw body.
    #[must_use]
    pub const fn response(&self) -> &Response<A> {
        &self.response
    }

    /// The same, owned.
    #[must_use]
    pub fn into_response(self) -> Response<A> {
        self.response
    }
}

impl<A: Hosted, O> Session<A, O> {
    /// Where to send the customer, on a host of the environment. Whoever has this link has the session: give it to the
    /// customer alone, and keep it out of logs.
    #[must_use]
    pub fn hosted_url(&self) -> &str {
        // An answer without one was refused.
        self.response.link().text().unwrap_or_default()
    }
}

impl<A> Session<A> {
    /// The `Nonce` of the request, given or made: a repeat with it does not take effect twice.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.order.nonce
    }

    /// The `ExternalID` of the request, given or made: it comes back in webhooks.
    #[must_use]
    pub const fn external_id(&self) -> &ExternalId {
        &self.order.external_id
    }
}

impl PayIn {
    /// The session as NOAH opened it, held against the request.
    #[must_use]
    pub fn checkout_session(&self) -> &CheckoutSession {
        static NONE: LazyLock<CheckoutSession> = LazyLock::new(CheckoutSession::default);
        // An answer without one was refused.
        self.response.checkout_session.value().unwrap_or(&NONE)
    }
}

impl Sell {
    /// The transaction as NOAH made it, held against the request.
    #[must_use]
    pub fn transaction(&self) -> &Transaction {
        static NONE: LazyLock<Transaction> = LazyLock::new(Transaction::default);
        // An answer without one was refused.
        self.response.transaction.value().unwrap_or(&NONE)
    }
}

impl<A, O> Deref for Session<A, O> {
    type Target = Response<A>;
    fn deref(&self) -> &Self::Target {
        &self.response
    }
}
