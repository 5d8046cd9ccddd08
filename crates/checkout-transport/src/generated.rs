//! What generated clients call.
//!
//! A generated method knows how its request is formed. It serves as the factory of that request: its `exec` hook
//! [`hold`]s the request back inside the extensions of an answer that no server gave, and [`formed`] takes it out
//! again. The transport then sends it and reads the answer, in one place for all operations.

use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use checkout_core::Operation;
use http::StatusCode;
use progenitor_client::ResponseValue;
use reqwest::Url;

use crate::path::{MISFIT, fits_below};
use crate::{Error, ErrorKind, idempotency};

/// No generated method documents this status, so that it hands the answer back as unexpected, extensions and all.
const HELD: u16 = 599;

/// Extensions must be cloneable; a request is not.
#[derive(Clone)]
struct Held(Arc<Mutex<Option<Formed>>>);

struct Formed {
    request: reqwest::Request,
    base_url: String,
}

/// What generated clients form requests with. It sends none, so all of them share one.
///
/// # Errors
/// [`ErrorKind::Configuration`] if no HTTP client can be made on this machine.
pub fn request_factory() -> Result<reqwest::Client, Error> {
    static FACTORY: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(factory) = FACTORY.get() {
        return Ok(factory.clone());
    }
    // It opens no connection, so it asks the machine for no certificates.
    let factory = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .map_err(|error| {
            Error::configuration("no HTTP client can be made on this machine").with_source(error)
        })?;
    Ok(FACTORY.get_or_init(|| factory).clone())
}

/// For the `exec` hook: keeps the request, and the base URL that it was formed with, instead of sending it.
#[must_use]
pub fn hold(request: reqwest::Request, base_url: &str) -> reqwest::Response {
    let formed = Formed {
        request,
        base_url: base_url.to_owned(),
    };
    let mut response = http::Response::new(reqwest::Body::default());
    *response.status_mut() = StatusCode::from_u16(HELD).unwrap_or(StatusCode::IM_A_TEAPOT);
    response
        .extensions_mut()
        .insert(Held(Arc::new(Mutex::new(Some(formed)))));
    response.into()
}

/// Runs a generated method whose hook [`hold`]s, and gives its request.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] if parameters, body and base URL make no request, or one whose path is not the base
/// URL's followed by the operation's; [`ErrorKind::Configuration`] if the client's hook is not in place.
pub async fn formed<T, E>(
    operation: &'static Operation,
    call: impl Future<Output = Result<ResponseValue<T>, progenitor_client::Error<E>>>,
) -> Result<reqwest::Request, Error> {
    use progenitor_client::Error as Generated;
    let invalid = |message| Error::not_sent(ErrorKind::InvalidRequest).with_message(message);
    let error = match call.await {
        Err(Generated::UnexpectedResponse(response)) => match release(&response) {
            Some(formed) => return formed.below_its_base_url(operation),
            None => not_held(),
        },
        // Its text may quote the parameter.
        Err(Generated::InvalidRequest(_)) => {
            invalid("a parameter holds characters that cannot stand in a header, or does not fit its type")
        }
        Err(Generated::CommunicationError(source)) if source.is_builder() => {
            invalid("the request cannot be formed").with_source(source.without_url())
        }
        _ => not_held(),
    };
    Err(error.with_operation(operation))
}

fn release(response: &reqwest::Response) -> Option<Formed> {
    let Held(formed) = response.extensions().get()?;
    formed.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Formed {
    fn below_its_base_url(self, operation: &'static Operation) -> Result<reqwest::Request, Error> {
        let Self { request, base_url } = self;
        let fits = Url::parse(&base_url)
            .is_ok_and(|base| fits_below(base.path(), request.url().path(), operation.path));
        if fits {
            return Ok(request);
        }
        Err(Error::not_sent(ErrorKind::InvalidRequest)
            .with_message(MISFIT)
            .with_operation(operation)
            .with_idempotency_key(idempotency::key(operation, &request)))
    }
}

fn not_held() -> Error {
    Error::configuration("the generated client's exec hook does not hold its request back for the transport")
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkout_core::Idempotency;

    static READ: Operation = Operation::new("read", "GET", "/read", "t", Idempotency::Read, false);

    fn request() -> reqwest::Request {
        let mut request =
            reqwest::Request::new(http::Method::POST, "http://localhost/read?a=b".parse().unwrap());
        *request.body_mut() = Some("body".into());
        request
    }

    #[tokio::test]
    async fn a_held_request_comes_back_whole() {
        let call = async {
            Err::<ResponseValue<()>, _>(progenitor_client::Error::<()>::UnexpectedResponse(hold(
                request(),
                "http://localhost",
            )))
        };
        let formed = formed(&READ, call).await.unwrap();
        assert_eq!(formed.method(), "POST");
        assert_eq!(formed.url().as_str(), "http://localhost/read?a=b");
        assert_eq!(formed.body().unwrap().as_bytes(), Some(&b"body"[..]));
    }

    #[tokio::test]
    async fn a_parameter_cannot_swallow_the_base_url() {
        static SHOW: Operation = Operation::new("show", "GET", "/{id}/x", "t", Idempotency::Read, false);
        let form = async |id: &str| {
            let base = "http://localhost/a/v1";
            let url = format!("{base}/{id}/x").parse().unwrap();
            let held = hold(reqwest::Request::new(http::Method::GET, url), base);
            let call = async {
                Err::<ResponseValue<()>, _>(progenitor_client::Error::<()>::UnexpectedResponse(held))
            };
            formed(&SHOW, call).await
        };
        assert_eq!(form("7").await.unwrap().url().path(), "/a/v1/7/x");
        for id in ["..", ".", "", "%2e%2e", "../v2", "a/b", "a%2Fb", "a\\b", "a%5cb"] {
            let error = form(id).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{id}");
            assert!(error.to_string().contains(MISFIT), "{id}");
        }
    }

    #[tokio::test]
    async fn whatever_else_a_generated_method_gives_is_a_typed_error() {
        type Generated = progenitor_client::Error<()>;
        let answer = || reqwest::Response::from(http::Response::new("not held"));
        let value = || ResponseValue::new((), StatusCode::OK, http::HeaderMap::new());
        let bad_url = reqwest::Client::builder()
            .build()
            .unwrap()
            .get("no url")
            .build()
            .unwrap_err();
        for (result, kind) in [
            (
                Err(Generated::UnexpectedResponse(answer())),
                ErrorKind::Configuration,
            ),
            (Ok(value()), ErrorKind::Configuration),
            (Err(Generated::Custom("SECRET".into())), ErrorKind::Configuration),
            (
                Err(Generated::InvalidRequest("SECRET".into())),
                ErrorKind::InvalidRequest,
            ),
            (
                Err(Generated::CommunicationError(bad_url)),
                ErrorKind::InvalidRequest,
            ),
        ] {
            let error = formed(&READ, async { result }).await.unwrap_err();
            assert_eq!(error.kind(), kind);
            assert_eq!(error.outcome(), crate::Outcome::NotSent);
            assert_eq!(error.operation(), Some(&READ));
            assert!(!format!("{error} {error:?}").contains("SECRET"));
        }
    }
}
