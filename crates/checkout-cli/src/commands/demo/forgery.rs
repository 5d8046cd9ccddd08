//! Two forgeries, each with a signature that was good for other bytes.

use std::time::Duration;

use bytes::Bytes;
use checkout_transport::{BoxFuture, Outcome, ReqwestWire, Timeouts, Wire, WireError};
use hosted_checkout::noah::{Noah, SIGNATURE_HEADER};
use http::{Method, StatusCode, header};
use reqwest::{Body, Request, Response, Url};

use super::noah::coffee;
use super::stage::Stage;
use super::story::{Story, ensure, found};
use super::webhooks::Events;
use crate::Failure;

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

pub(super) async fn request(story: &mut Story<'_>, stage: &Stage) -> Result<(), Failure> {
    story
        .step("forged request", async |telling| {
            let (from, to) = (r#""FiatAmount":"10.10""#, r#""FiatAmount":"1.10""#);
            let posted = stage.sandbox.noah().deliveries().len();
            let wire = Tamperer {
                wire: stage.wire.clone(),
                from,
                to,
            };
            let noah = Noah::builder(stage.credentials.clone()).wire(wire).build()?;
            let error = found(
                coffee(&noah, None).await.err(),
                "refusal: NOAH took what was not signed",
            )?;
            let detail = found(
                error.api_error().and_then(|error| error.detail.clone()),
                "reason in NOAH's answer",
            )?;
            let status = found(error.status(), "answer from NOAH")?;
            ensure(
                status == StatusCode::UNAUTHORIZED,
                format_args!("the answer is 401, not {status} ({detail})"),
            )?;
            ensure(
                error.outcome() == Outcome::Refused,
                "the client knows that nothing happened",
            )?;
            ensure(
                stage.sandbox.noah().deliveries().len() == posted,
                "NOAH opened no session",
            )?;
            telling
                .line(format!("after signing, {from} became {to}"))
                .refusal(format!("{} {detail}", status.as_u16()))
                .line(format!("the client's verdict on the money: {}", error.outcome()))
                .fact("status", status.as_u16())
                .fact("outcome", error.outcome().as_str());
            Ok(())
        })
        .await
}

pub(super) async fn webhook(story: &mut Story<'_>, stage: &Stage, events: &Events) -> Result<(), Failure> {
    story
        .step("forged webhook", async |telling| {
            let (from, to) = (r#""Status":"Pending""#, r#""Status":"Settled""#);
            let original = &events.opened.receipt;
            let forged = replaced(&original.body, from, to);
            ensure(forged != original.body, "the forged body differs")?;
            let signature = found(original.headers.get(SIGNATURE_HEADER), "signature on the webhook")?;

            let mut request = Request::new(Method::POST, Url::parse(stage.inbox.url())?);
            request.headers_mut().insert(SIGNATURE_HEADER, signature.clone());
            *request.body_mut() = Some(forged.clone().into());
            let answer = stage.wire.send(request, Timeouts::DEFAULT.connect).await?;
            let status = answer.status();
            let reason = answer.text().await?;
            ensure(
                status == StatusCode::UNAUTHORIZED,
                format_args!("the shop answers 401, not {status}"),
            )?;
            let last = found(stage.inbox.receipts().pop(), "forged webhook at the shop")?;
            ensure(
                last.body == forged && last.verdict.is_err(),
                "the shop read nothing of it",
            )?;
            telling
                .line(format!("with a signature of NOAH's, {from} became {to}"))
                .refusal(format!("{} {reason}", status.as_u16()))
                .fact("status", status.as_u16());
            Ok(())
        })
        .await
}

/// The first occurrence replaced; the rest byte for byte as it was.
fn replaced(body: &[u8], from: &str, to: &str) -> Bytes {
    let Some(at) = body
        .windows(from.len())
        .position(|window| window == from.as_bytes())
    else {
        return Bytes::copy_from_slice(body);
    };
    [&body[..at], to.as_bytes(), &body[at + from.len()..]]
        .concat()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_is_replaced() {
        assert_eq!(replaced(b"a=1,a=1", "a=1", "b=22"), "b=22,a=1");
        assert_eq!(replaced(b"\xffa=1", "a=1", ""), &b"\xff"[..]);
        assert_eq!(replaced(b"a=2", "a=1", "b"), "a=2");
    }
}
