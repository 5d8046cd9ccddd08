//! What opened sessions hand back.

use std::ops::Deref;
use std::sync::LazyLock;

use checkout_core::impl_debug;
use checkout_transport::Response;
use noah_models::{
    CheckoutSellResponse, CheckoutSession, CheckoutSessionResponse, ExternalId, HostedSessionResponse, Nonce,
    Transaction,
};

/// A session in which a customer pays fiat money. Dereferences to the answer.
///
/// Keep [`nonce`](Self::nonce) and [`external_id`](Self::external_id) with the order: no call looks a session up later,
/// and webhooks name the order by its `ExternalID`.
pub struct PayIn {
    response: Response<CheckoutSessionResponse>,
    identifiers: Identifiers,
}

/// A session in which a customer sells crypto. Dereferences to the answer.
///
/// Keep [`nonce`](Self::nonce) and [`external_id`](Self::external_id) with the order, as for [`PayIn`].
pub struct Sell {
    response: Response<CheckoutSellResponse>,
    identifiers: Identifiers,
}

/// A session in which a customer manages payment methods. Dereferences to the answer.
pub struct Managed {
    response: Response<HostedSessionResponse>,
}

struct Identifiers {
    nonce: Nonce,
    external_id: ExternalId,
}

impl Identifiers {
    /// Builders always fill the `ExternalID`; without one the `Nonce` names the order.
    fn new(nonce: Nonce, external_id: Option<ExternalId>) -> Self {
        let external_id = external_id.unwrap_or_else(|| nonce.as_str().into());
        Self { nonce, external_id }
    }
}

impl Managed {
    pub(super) const fn new(response: Response<HostedSessionResponse>) -> Self {
        Self { response }
    }
}

macro_rules! session {
    ($name:ident: $answer:ty) => {
        impl $name {
            /// Where to send the customer, on a host of the environment. Whoever has this link has the session: give it
            /// to the customer alone, and keep it out of logs.
            #[must_use]
            pub fn hosted_url(&self) -> &str {
                // An answer without one was refused.
                self.response.hosted_url.text().unwrap_or_default()
            }

            /// The answer with its status, headers and raw body.
            #[must_use]
            pub const fn response(&self) -> &Response<$answer> {
                &self.response
            }

            /// The same, owned.
            #[must_use]
            pub fn into_response(self) -> Response<$answer> {
                self.response
            }
        }

        impl Deref for $name {
            type Target = Response<$answer>;
            fn deref(&self) -> &Self::Target {
                &self.response
            }
        }
    };
}

session!(PayIn: CheckoutSessionResponse);
session!(Sell: CheckoutSellResponse);
session!(Managed: HostedSessionResponse);

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

macro_rules! order {
    ($name:ident: $answer:ty) => {
        impl $name {
            pub(super) fn new(
                response: Response<$answer>,
                nonce: Nonce,
                external_id: Option<ExternalId>,
            ) -> Self {
                Self {
                    response,
                    identifiers: Identifiers::new(nonce, external_id),
                }
            }

            /// The `Nonce` of the request, given or made: a repeat with it does not take effect twice.
            #[must_use]
            pub const fn nonce(&self) -> &Nonce {
                &self.identifiers.nonce
            }

            /// The `ExternalID` of the request, given or made: it comes back in webhooks.
            #[must_use]
            pub const fn external_id(&self) -> &ExternalId {
                &self.identifiers.external_id
            }
        }

        impl_debug!($name: self => {
            nonce: self.nonce(),
            external_id: self.external_id(),
            response: self.response,
        });
    };
}

order!(PayIn: CheckoutSessionResponse);
order!(Sell: CheckoutSellResponse);

impl_debug!(Managed: self => { response: self.response });
