//! Two forgeries, each with a signature that was good for other bytes.

use std::time::Duration;

use bytes::Bytes;
use checkout_transport::{BoxFuture, Outcome, ReqwestWire, Timeouts, Wire, WireError};
use hosted_checkout::noah::{Noah, SIGNATURE_HEADER};
use http::{Method, StatusCode, header};
use reqwest::{Body, Request, Response, Url};

use super::noah::coffee;
use super::stage::Stage;
use super::story::{BoxError, Story, ensure, found};
use super::webhooks::Events;

/// Somebody on the way who changes what was signed, and sends the rest as it was.
struct Tamperer {
    wire: ReqwestWire,
    from: &'static str,
    to: &'static str,
}

impl Wire for Tamperer {
    fn send(&self, mut request: Request, connect: Duration) -> BoxFuture<'_, Result<Response, WireError>> {
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let body = replaced(body, self.from, self.to);
        // reqwest computes the length from the body; a header of the old one would cut or stall the request.
        request.headers_mut().remove(header::CONTENT_LENGTH);
        *request.body_mut() = Some(body.into());
        self.wire.send(request, connect)
    }
}

impl Stage {
    pub(super) async fn forged_request(&self, story: &mut Story<'_>) -> Result<(), BoxError> {
        story.begins("forged request");
        let (from, to) = (r#""FiatAmount":"10.10""#, r#""FiatAmount":"1.10""#);
        let posted = self.sandbox.noah().deliveries().len();
        let wire = Tamperer {
            wire: self.wire.clone(),
            from,
            to,
        };
        let noah = Noah::builder(self.credentials.clone()).wire(wire).build()?;
        let refused = coffee(&noah, None).await.err();
        let error = found(refused, "refusal: NOAH took what was not signed")?;
        let detail = error.api_error().and_then(|error| error.detail.as_deref());
        let detail = found(detail, "reason in NOAH's answer")?;
        let status = found(error.status(), "answer from NOAH")?;
        let is_refused = status == StatusCode::UNAUTHORIZED;
        ensure(
            is_refused,
            format_args!("the answer is 401, not {status} ({detail})"),
        )?;
        let outcome = error.outcome();
        ensure(
            outcome == Outcome::Refused,
            "the client knows that nothing happened",
        )?;
        let opened = self.sandbox.noah().deliveries().len() - posted;
        ensure(opened == 0, "NOAH opened no session")?;
        story
            .line(format!("after signing, {from} became {to}"))
            .refusal(format!("{} {detail}", status.as_u16()))
            .line(format!("the client's verdict on the money: {outcome}"))
            .fact("status", status.as_u16())
            .fact("outcome", outcome.as_str());
        Ok(())
    }

    pub(super) async fn forged_webhook(
        &self,
        story: &mut Story<'_>,
        events: &Events,
    ) -> Result<(), BoxError> {
        story.begins("forged webhook");
        let (from, to) = (r#""Status":"Pending""#, r#""Status":"Settled""#);
        let original = &events.opened;
        let forged = replaced(&original.body, from, to);
        ensure(forged != original.body, "the forged body differs")?;
        let signature = found(original.headers.get(SIGNATURE_HEADER), "signature on the webhook")?;

        let mut request = Request::new(Method::POST, Url::parse(&self.inbox.url)?);
        request.headers_mut().insert(SIGNATURE_HEADER, signature.clone());
        *request.body_mut() = Some(forged.clone().into());
        let answer = self.wire.send(request, Timeouts::DEFAULT.connect).await?;
        let (status, reason) = (answer.status(), answer.text().await?);
        let is_refused = status == StatusCode::UNAUTHORIZED;
        ensure(is_refused, format_args!("the shop answers 401, not {status}"))?;
        let last = found(self.inbox.receipts().pop(), "forged webhook at the shop")?;
        let is_unread = last.body == forged && last.verdict.is_err();
        ensure(is_unread, "the shop read nothing of it")?;
        story
            .line(format!("with a signature of NOAH's, {from} became {to}"))
            .refusal(format!("{} {reason}", status.as_u16()))
            .fact("status", status.as_u16());
        Ok(())
    }
}

/// The first occurrence replaced; the rest as it was. The bodies here are texts.
fn replaced(body: &[u8], from: &str, to: &str) -> Bytes {
    String::from_utf8_lossy(body).replacen(from, to, 1).into()
}
