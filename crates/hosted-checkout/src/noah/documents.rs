//! Documents of customers: NOAH is asked where a file goes, and it is sent there.

use checkout_core::operation::Hint;
use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{Idempotency, Operation};
use checkout_transport::{Error, Prepared, Upload, is_loopback};
use noah_client::call;
use noah_models::{DocumentSide, PrefillDocumentUploadUrlResponse};
use url::Url;

use super::generated::onboarding_get_document_upload_url_builder::{IsComplete, IsUnset, State};
use super::generated::requests;
use super::{Environment, Noah, Onboarding, OnboardingGetDocumentUploadUrlBuilder};
use crate::links::link;
use crate::operation::prepare;

/// The sending of a file as an operation, for errors of the document's host, which is not NOAH's.
static UPLOAD: Operation = Operation {
    hints: [
        &[
            hint("400", "check the file and its type, and upload it again"),
            hint(
                "403",
                "the address has run out, or is not for this file: upload it again, which asks for a new one",
            ),
            hint("404", "upload it again, which asks for a new address"),
            hint(
                "413",
                "the file is larger than is taken there: send a smaller one",
            ),
        ],
        &[],
    ],
    ..Operation::new(
        "uploadDocument",
        "PUT",
        "",
        "Onboarding",
        Idempotency::None,
        false,
    )
};

const fn hint(answer: &'static str, template: &'static str) -> Hint {
    Hint { answer, template }
}

impl Onboarding {
    /// Asks where the document goes, and sends the file there, once: over https, without a key or another header of NOAH's, and not
    /// after the address has run out. [`Upload`] tells the progress.
    ///
    /// # Errors
    /// Those of the call; [`ErrorKind::Mismatch`](checkout_transport::ErrorKind::Mismatch) where no file may be sent to the address;
    /// or those of the sending, which say what became of the file. After any of them the document can be uploaded anew.
    pub async fn upload(&self, to: &Prepared<call::GetDocumentUploadUrl>, file: Upload) -> Result<(), Error> {
        let answer = self.client.send(to).await?;
        match address(&self.client, &answer) {
            Ok(address) => self.client.api.transport().upload(&UPLOAD, address, file).await,
            Err(found) => Err(answer.into_mismatch(found)),
        }
    }
}

impl<S: IsComplete> OnboardingGetDocumentUploadUrlBuilder<S> {
    /// Asks where the document goes, and sends the file there, as one call.
    ///
    /// ```no_run
    /// # use hosted_checkout::noah::{DocumentType, Noah};
    /// use hosted_checkout::Upload;
    ///
    /// # async fn f(noah: Noah) -> Result<(), hosted_checkout::Error> {
    /// let file = Upload::open("passport.jpg", "image/jpeg").await?;
    /// let length = file.length();
    /// noah.onboarding()
    ///     .get_document_upload_url()
    ///     .customer_id("customer-1")
    ///     .type_(DocumentType::Passport)
    ///     .country_code("US")
    ///     .upload(file.on_progress(move |sent| println!("{sent} of {length} bytes")))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The request breaks a rule, or those of [`Onboarding::upload`].
    pub async fn upload(self, file: Upload) -> Result<(), Error> {
        let (on, request) = self.finish();
        let to = prepare(&on.client, request, Violations::new())?;
        on.upload(&to, file).await
    }

    /// As [`upload`](Self::upload), for a document with two sides, such as a driving licence: the front, then the back, each to an
    /// address of its own.
    ///
    /// # Errors
    /// As for [`upload`](Self::upload). The `Side` that failed is among the [`details`](Error::details): where that is `Back`, the
    /// front has arrived, and [`upload`](Self::upload) sends the back alone.
    pub async fn upload_both_sides(self, front: Upload, back: Upload) -> Result<(), Error>
    where
        S: State<Side: IsUnset>,
    {
        let (on, request) = self.finish();
        let of = |side| requests::GetDocumentUploadUrl {
            customer_id: request.customer_id.clone(),
            type_: request.type_.clone(),
            side: Some(side),
            country_code: request.country_code.clone(),
            associate_id: request.associate_id.clone(),
        };
        for (side, file) in [(DocumentSide::Front, front), (DocumentSide::Back, back)] {
            let to = prepare(&on.client, of(side.clone()), Violations::new())?;
            let sent = on.upload(&to, file).await;
            sent.map_err(|error| error.with_detail("Side", side.as_str()))?;
        }
        Ok(())
    }
}

/// The address in NOAH's answer, if a file may be sent there.
fn address(on: &Noah, answer: &PrefillDocumentUploadUrlResponse) -> Result<Url, Violations> {
    let mut found = Violations::new();
    let at = At::BODY;
    let expires = answer
        .expires_at
        .value()
        .and_then(|expires| expires.instant_iso8601().ok());
    let now = on.api.transport().now();
    if expires.is_some_and(|expires| expires <= now) {
        let message = "is past, so that the address has run out; set this machine's clock right";
        found.push(&at.field("ExpiresAt"), Rule::Range, message);
    }
    let is_local = on.environment() == Environment::Local;
    let may_be_plain = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        on.inner.named.is_plain_http(host) || (is_local && is_loopback(url))
    };
    let url = link(answer.presigned_url.text().unwrap_or_default(), may_be_plain);
    match url {
        Ok(url) if found.is_empty() => return Ok(url),
        Ok(_) => {}
        Err(problem) => {
            let message = format!("{problem}, so that no document is sent there");
            found.push(&at.field("PresignedURL"), Rule::Format, message);
        }
    }
    Err(found)
}
