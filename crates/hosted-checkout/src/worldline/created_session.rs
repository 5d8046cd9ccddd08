//! What the server API answers when a client session is made.

use std::ops::Deref;

use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::{Error, Response};
use worldline_connect_client::call;
use worldline_connect_models::{SessionRequest, SessionResponse};

use super::{ClientSession, ClientSessionError, Server};
use crate::operation::Output;

/// A client session that the API has just made. Dereferences to the answer, with `invalid_tokens` and the raw JSON.
#[derive(Debug)]
pub struct CreatedSession {
    session: ClientSession,
    response: Response<SessionResponse>,
}

impl Output<Server, call::CreateSession> for CreatedSession {
    /// Refuses an answer that a device could not or should not use.
    fn of(on: &Server, _: &SessionRequest, response: Response<SessionResponse>) -> Result<Self, Error> {
        match ClientSession::try_from(&*response).and_then(|session| session.within(&on.reach)) {
            Ok(session) => Ok(Self { session, response }),
            Err(error) => {
                let mut found = Violations::new();
                let at = At::BODY;
                found.push(&at.field(error.field()), Rule::Consistency, error.to_string());
                Err(response.into_mismatch(found))
            }
        }
    }

    fn into_response(self) -> Response<SessionResponse> {
        self.response
    }
}

impl CreatedSession {
    /// What to hand to the device.
    #[must_use]
    pub const fn session(&self) -> &ClientSession {
        &self.session
    }
}

impl Deref for CreatedSession {
    type Target = Response<SessionResponse>;

    fn deref(&self) -> &Self::Target {
        &self.response
    }
}

/// Takes over what Create session answered.
impl TryFrom<&SessionResponse> for ClientSession {
    type Error = ClientSessionError;

    fn try_from(answer: &SessionResponse) -> Result<Self, ClientSessionError> {
        // These fields are required, so an answer without one was not read.
        let malformed = ClientSessionError::Malformed;
        let id = answer.client_session_id.text();
        let customer = answer.customer_id.text();
        let api = answer.client_api_url.text();
        Self::builder()
            .client_session_id(id.ok_or(malformed("clientSessionId"))?)
            .customer_id(customer.ok_or(malformed("customerId"))?)
            .client_api_url(api.ok_or(malformed("clientApiUrl"))?)
            .maybe_asset_url(answer.asset_url.value().cloned())
            .build()
    }
}
