//! What both APIs answer: the session of a payment product.

use std::ops::Deref;

use checkout_core::Operation;
use checkout_core::validate::{At, Rule, Validate as _, Violations};
use checkout_transport::{Call, Error, Response};
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, CreatePaymentProductSessionResponse,
    MobilePaymentProductSession302SpecificInput,
};

use super::{APPLE_PAY, ApplePayHosts, ApplePaySession};

/// An operation with a prepared request of its own.
pub trait SessionCall: Call + sealed::Sealed {
    /// Whose call it is: `Server` or `Client`.
    type On;
    /// What it answers.
    type Session;

    #[doc(hidden)]
    fn accept(on: &Self::On, answer: Response<Self::Answer>) -> Result<Self::Session, Error>;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// The session of a payment product. Dereferences to the answer.
#[derive(Debug)]
pub struct ProductSession {
    response: Response<CreatePaymentProductSessionResponse>,
}

impl ProductSession {
    pub(super) const fn new(response: Response<CreatePaymentProductSessionResponse>) -> Self {
        Self { response }
    }

    /// Apple's merchant session, if the answer holds one.
    #[must_use]
    pub fn apple_pay(&self) -> Option<ApplePaySession> {
        let output = self.response.payment_product_session302_specific_output.value()?;
        output.session_object.text().map(ApplePaySession::new)
    }

    /// Apple's merchant session.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`](checkout_transport::ErrorKind::Mismatch) if the answer holds none.
    pub fn into_apple_pay(self) -> Result<ApplePaySession, Error> {
        self.apple_pay().ok_or_else(|| {
            let mut found = Violations::new();
            let body = At::BODY;
            let output = body.field("paymentProductSession302SpecificOutput");
            found.push(
                &output.field("sessionObject"),
                Rule::Consistency,
                "is missing; ask for a new session",
            );
            self.response.into_mismatch(found)
        })
    }
}

impl Deref for ProductSession {
    type Target = Response<CreatePaymentProductSessionResponse>;

    fn deref(&self) -> &Self::Target {
        &self.response
    }
}

/// A request for Apple's merchant session.
pub(super) fn apple_pay_request(
    domain_name: String,
    validation_url: String,
    display_name: Option<String>,
) -> CreatePaymentProductSessionRequest {
    let input = MobilePaymentProductSession302SpecificInput::builder()
        .domain_name(domain_name)
        .validation_url(validation_url)
        .maybe_display_name(display_name)
        .build();
    CreatePaymentProductSessionRequest::builder()
        .payment_product_session302_specific_input(input)
        .build()
}

/// All rules for a product's session, the spec's and Apple's, and what has been `found` before, in one error; nothing is
/// sent.
pub(super) fn refuse_product_session(
    operation: &'static Operation,
    payment_product_id: i32,
    request: &CreatePaymentProductSessionRequest,
    hosts: &ApplePayHosts,
    mut found: Violations,
) -> Result<(), Error> {
    request.check(&At::BODY, &mut found);
    check_product_session(payment_product_id, request, hosts, &mut found);
    found
        .into_result()
        .map(drop)
        .map_err(|found| Error::invalid_request(operation, found))
}

/// What the spec cannot say about a product's session: Apple Pay needs its input, and a URL of Apple's.
fn check_product_session(
    payment_product_id: i32,
    request: &CreatePaymentProductSessionRequest,
    hosts: &ApplePayHosts,
    found: &mut Violations,
) {
    let body = At::BODY;
    let at = body.field("paymentProductSession302SpecificInput");
    match &request.payment_product_session302_specific_input {
        // Whatever the product: a URL that a server will call is checked.
        Some(input) => {
            let (display, domain) = (input.display_name.as_deref(), input.domain_name.as_deref());
            hosts.check(display, domain, input.validation_url.as_deref(), &at, found);
        }
        None if payment_product_id == APPLE_PAY => {
            found.push(
                &at,
                Rule::Consistency,
                "is missing; payment product 302 (Apple Pay) needs it",
            );
        }
        None => {}
    }
}
