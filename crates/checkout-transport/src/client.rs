//! What generated clients are made of, around the methods that form requests: [`prepare`] finishes a formed request; the transport
//! then sends it and reads the answer, in one place for all operations.

use std::sync::Arc;

use checkout_core::Operation;

use crate::forming::{Formed, Unformed};
use crate::{Call, Error, Prepared, PreparedRequest, Reply, Transport};

/// The client that a generated crate gives, around the `Client` of its module `generated`.
#[macro_export]
macro_rules! api {
    ($(#[$docs:meta])* pub struct $name:ident;) => {
        $(#[$docs])*
        #[derive(Debug, Clone)]
        pub struct $name {
            /// Forms requests, and sends none.
            client: generated::Client,
            transport: $crate::Transport,
        }

        impl $name {
            /// A client that sends through `transport` to what lies below `base_url`.
            #[must_use]
            pub fn new(transport: $crate::Transport, base_url: &$crate::BaseUrl) -> Self {
                let client = generated::Client {
                    baseurl: base_url.as_str().into(),
                    client: $crate::forming::Forming,
                };
                Self { client, transport }
            }

            /// Sends a prepared request: one that was just made, or that was stored before the program ended.
            ///
            /// # Errors
            /// The request was made for another base URL, or the call fails; [`Error::outcome`]($crate::Error::outcome) says
            /// what that means for the money, over all attempts of this request.
            pub async fn send<C: $crate::Call>(
                &self,
                prepared: &$crate::Prepared<C>,
            ) -> Result<$crate::Response<C::Answer>, $crate::Error> {
                self.reply(prepared).await?.receive()
            }

            /// The same for a request of any operation: its answer is taken as it comes, and read by whoever knows the
            /// operation.
            ///
            /// # Errors
            /// As for [`send`](Self::send), save that the answer is not read.
            pub async fn reply(&self, prepared: &$crate::PreparedRequest) -> Result<$crate::Reply, $crate::Error> {
                $crate::client::reply(&self.transport, &self.client.baseurl, prepared).await
            }

            /// The same client with other options for the calls made through it.
            ///
            /// # Errors
            /// [`ErrorKind::Configuration`]($crate::ErrorKind) for a time limit of zero.
            pub fn with_options(&self, options: $crate::CallOptions) -> Result<Self, $crate::Error> {
                let (client, transport) = (self.client.clone(), self.transport.with_options(options)?);
                Ok(Self { client, transport })
            }

            /// Below which its operations lie: a stored request is sent to its own
            /// [base URL]($crate::PreparedRequest::base_url) alone.
            #[must_use]
            pub fn base_url(&self) -> &str {
                &self.client.baseurl
            }

            /// What this client sends through.
            #[must_use]
            pub fn transport(&self) -> &$crate::Transport {
                &self.transport
            }
        }
    };
}

/// Prepares the request that a generated method formed below `base_url`.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if parameters, body and base URL make no request, or one whose path is not the base
/// URL's followed by the operation's.
pub fn prepare<C: Call>(
    transport: &Transport,
    base_url: impl Into<Arc<str>>,
    formed: Result<Formed, Unformed>,
) -> Result<Prepared<C>, Error> {
    finish(transport, C::operation(), base_url.into(), formed).map(Prepared::of)
}

fn finish(
    transport: &Transport,
    operation: &'static Operation,
    base_url: Arc<str>,
    formed: Result<Formed, Unformed>,
) -> Result<PreparedRequest, Error> {
    let (made, account) = (transport.now(), transport.account());
    PreparedRequest::new(operation, base_url, formed, made, account)
        .map_err(|error| error.with_operation(operation).with_api(transport.api_name()))
}

/// Sends a prepared request of any operation for the client that works below `base_url`; its answer is not read yet.
///
/// # Errors
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if it was made for another base URL, where it would be another request; else as for
/// [`Transport::send_prepared`].
pub async fn reply(
    transport: &Transport,
    base_url: &str,
    prepared: &PreparedRequest,
) -> Result<Reply, Error> {
    if prepared.base_url() != base_url {
        let message = format!(
            "the request was made for {}, and this client works with {base_url}",
            prepared.base_url()
        );
        return Err(prepared
            .unsendable(message)
            .with_remedy("Prepared::for_base_url is for two base URLs of the same environment")
            .with_api(transport.api_name()));
    }
    transport.send_prepared(prepared).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forming::{Forming, texts};
    use crate::path::MISFIT;
    use crate::testing::{ScriptedWire, Step};
    use crate::{BaseUrl, ErrorKind, Outcome, Unauthenticated};
    use checkout_core::{Idempotency, Operation};

    static READ: Operation = Operation::new("read", "POST", "/{id}/read", "t", Idempotency::Read, false);

    struct Read;

    impl Call for Read {
        type Answer = ();
        fn operation() -> &'static Operation {
            &READ
        }
    }

    fn transport(wire: &ScriptedWire) -> Transport {
        Transport::builder()
            .wire(wire.clone())
            .authenticator(Unauthenticated)
            .build()
            .unwrap()
    }

    fn prepared(url: &str, base_url: &str) -> Result<Prepared<Read>, Error> {
        let mut request = reqwest::Request::new(http::Method::POST, url.parse().unwrap());
        *request.body_mut() = Some("body".into());
        prepare(
            &transport(&ScriptedWire::default()),
            base_url,
            Formed::try_from(&request),
        )
    }

    #[test]
    fn a_formed_request_is_prepared_whole() {
        let prepared = prepared("http://localhost/a/v1/7/read?a=b", "http://localhost/a/v1").unwrap();
        assert_eq!(prepared.method(), "POST");
        assert_eq!(prepared.path(), "/7/read?a=b");
        assert_eq!(prepared.base_url(), "http://localhost/a/v1");
        assert_eq!(prepared.body(), b"body");
    }

    #[test]
    fn a_parameter_cannot_swallow_the_base_url() {
        let base = "http://localhost/a/v1";
        let form = |id: &str| prepared(&format!("{base}/{id}/read"), base);
        assert_eq!(form("7").unwrap().path(), "/7/read");
        for id in ["..", ".", "", "%2e%2e", "../v2", "a/b", "a%2Fb", "a\\b", "a%5cb"] {
            let error = form(id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{id}");
            assert!(error.to_string().contains(MISFIT), "{id}");
        }
    }

    /// As a generated method forms it: escaped once, and read back as it was given.
    #[test]
    fn a_query_is_escaped_once() {
        let base = "http://localhost/v1";
        for (value, escaped) in [
            ("a b", "a%20b"),
            ("a+b", "a%2Bb"),
            ("a&b=c", "a%26b%3Dc"),
            ("50%", "50%25"),
            ("%20", "%2520"),
            ("a/b?c#d", "a%2Fb%3Fc%23d"),
            ("é€", "%C3%A9%E2%82%AC"),
            ("", ""),
        ] {
            let formed = Forming
                .post(format!("{base}/7/read"))
                .query("one", &Some(value))
                .query("none", &None::<&str>)
                .query("more", &texts(&[value, "x"]))
                .build();
            let prepared: Prepared<Read> =
                prepare(&transport(&ScriptedWire::default()), base, formed).unwrap();
            let query = format!("one={escaped}&more={escaped}&more=x");
            assert_eq!(prepared.path(), format!("/7/read?{query}"));
            let read: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
            assert_eq!((&*read[0].1, &*read[1].1), (value, value));
        }
    }

    #[tokio::test]
    async fn a_request_for_one_environment_is_not_sent_to_another() {
        let (sandbox, live) = ("http://localhost/sandbox", "http://localhost/live");
        let prepared = prepared(&format!("{sandbox}/7/read"), sandbox).unwrap();
        let wire = ScriptedWire::new([Step::respond(204)]);
        let transport = transport(&wire);
        let error = reply(&transport, live, &prepared).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Configuration, Outcome::NotSent)
        );
        assert!(wire.sent().is_empty());

        let moved = prepared.for_base_url(&BaseUrl::parse(live).unwrap()).unwrap();
        reply(&transport, live, &moved).await.unwrap();
        assert_eq!(wire.sent()[0].url.path(), "/live/7/read");
    }

    #[test]
    fn what_cannot_be_formed_is_an_error_that_quotes_nothing() {
        let bad_header = http::HeaderValue::from_str("SECRET\n").unwrap_err();
        for unformed in [
            Forming.get("no url: SECRET".to_owned()).build().err().unwrap(),
            Unformed::from(bad_header),
        ] {
            let prepared = prepare::<Read>(
                &transport(&ScriptedWire::default()),
                "http://localhost",
                Err(unformed),
            );
            let error = prepared.unwrap_err();
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::InvalidRequest, Outcome::NotSent)
            );
            assert_eq!(error.operation(), Some(&READ));
            assert!(!format!("{error} {error:?}").contains("SECRET"));
        }
    }
}
