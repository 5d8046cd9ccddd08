//! What both APIs answer: the session of a payment product.

use std::ops::Deref;

use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::{Error, Response};
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, CreatePaymentProductSessionResponse,
    MobilePaymentProductSession302SpecificInput,
};

use super::{APPLE_PAY, ApplePayHosts, ApplePaySession};

/// What server and device have in common.
macro_rules! product_session {
    ($client:ident: $call:ident, $builder:ident, $state:ident $(, $(#[$meta:meta])* $key:ident: $type:ident)?) => {
        impl crate::CallOf<$client> for call::$call {
            fn check(on: &$client, request: &requests::$call, found: &mut Violations) {
                let (product, hosts) = (request.payment_product_id, &on.apple_pay_hosts);
                super::product_sessions::check_product_session(product, &request.body, hosts, found);
            }
        }

        impl crate::operation::Output<$client, call::$call> for super::ProductSession {
            fn of(
                _: &$client,
                request: &super::models::CreatePaymentProductSessionRequest,
                response: Response<super::models::CreatePaymentProductSessionResponse>,
            ) -> Result<Self, Error> {
                Self::of(request, response)
            }

            fn into_response(self) -> Response<super::models::CreatePaymentProductSessionResponse> {
                self.into_response()
            }
        }

        #[bon::bon]
        impl $client {
            /// Gets Apple's merchant session for a page that shows an Apple Pay button.
            #[builder(
                on(String, into),
                builder_type(name = $builder, vis = "pub"),
                state_mod(name = $state, vis = "pub", doc { /** Which fields of the builder are set. */ }),
                finish_fn(name = finish, vis = ""),
            )]
            pub fn apple_pay_session(
                &self,
                /// The domain of the page with the button, as registered with Apple: no scheme, no path.
                domain_name: String,
                /// The `validationURL` of Apple's event, untouched. Worldline's server calls it, so only Apple's hosts pass.
                validation_url: String,
                /// The shop's name, as Apple Pay shows it.
                display_name: Option<String>,
                $($(#[$meta])* #[builder(into)] $key: Option<$type>,)?
            ) -> Result<(&Self, Prepared<call::$call>), Error> {
                let request = requests::$call {
                    payment_product_id: super::APPLE_PAY,
                    $($key,)?
                    body: super::product_sessions::apple_pay_request(domain_name, validation_url, display_name),
                };
                Ok((self, crate::operation::prepare(self, request, Violations::new())?))
            }
        }

        impl<S: $state::IsComplete> $builder<'_, S> {
            /// Checks the request and finishes it to the byte, without sending it. `send` of the client sends it, and
            /// [`ProductSession::apple_pay`](super::ProductSession::apple_pay) has what it answers.
            ///
            /// # Errors
            /// The domain is not bare, or the URL is none of Apple's.
            pub fn prepare(self) -> Result<Prepared<call::$call>, Error> {
                Ok(self.finish()?.1)
            }

            /// Checks the request, sends it, and takes the session out of the answer.
            ///
            /// # Errors
            /// As for [`prepare`](Self::prepare), or the call fails.
            pub async fn send(self) -> Result<super::ApplePaySession, Error> {
                let (on, prepared) = self.finish()?;
                on.send(&prepared).await?.into_apple_pay()
            }
        }
    };
}
pub(super) use product_session;

/// The session of a payment product. Dereferences to the answer.
#[derive(Debug)]
pub struct ProductSession {
    response: Response<CreatePaymentProductSessionResponse>,
}

impl ProductSession {
    /// A request for Apple Pay's session must be answered with one.
    pub(super) fn of(
        request: &CreatePaymentProductSessionRequest,
        response: Response<CreatePaymentProductSessionResponse>,
    ) -> Result<Self, Error> {
        let session = Self { response };
        let is_apple_pay = request.payment_product_session302_specific_input.is_some();
        if is_apple_pay && session.apple_pay().is_none() {
            return Err(session.without_apple_pay());
        }
        Ok(session)
    }

    pub(super) fn into_response(self) -> Response<CreatePaymentProductSessionResponse> {
        self.response
    }

    /// Apple's merchant session, if the answer holds one.
    #[must_use]
    pub fn apple_pay(&self) -> Option<ApplePaySession> {
        let output = self.response.payment_product_session302_specific_output.value()?;
        let session = output.session_object.text().filter(|text| !text.is_empty());
        session.map(ApplePaySession::new)
    }

    /// Apple's merchant session.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`](checkout_transport::ErrorKind::Mismatch) if the answer holds none.
    pub fn into_apple_pay(self) -> Result<ApplePaySession, Error> {
        self.apple_pay().ok_or_else(|| self.without_apple_pay())
    }

    fn without_apple_pay(self) -> Error {
        let mut found = Violations::new();
        let body = At::BODY;
        let output = body.field("paymentProductSession302SpecificOutput");
        found.push(
            &output.field("sessionObject"),
            Rule::Consistency,
            "is missing, empty or no text; ask for a new session",
        );
        self.response.into_mismatch(found)
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

/// What the spec cannot say about a product's session: Apple Pay needs its input, and a URL of Apple's.
pub(super) fn check_product_session(
    payment_product_id: i32,
    request: &CreatePaymentProductSessionRequest,
    hosts: &ApplePayHosts,
    found: &mut Violations,
) {
    let body = At::BODY;
    let at = body.field("paymentProductSession302SpecificInput");
    match &request.payment_product_session302_specific_input {
        // A URL that a server will call is checked for every product.
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
