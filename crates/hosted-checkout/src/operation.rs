//! What every call of either API goes through: its rules, its request, and its answer held against both.

use std::future::Future;

use checkout_core::received::ReadError;
use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{Operation, Sent, View, Viewed};
use checkout_transport::{Call, Error, Prepared, PreparedRequest, Reply, Response};
use serde_json::Value;

#[cfg(feature = "by-id")]
use crate::arguments::Reader;
use crate::echo::{self, Echo};

/// A client of an API, as the functions of this module see it.
pub trait Client: Sized + 'static {
    /// Whose API it is, for messages.
    const API: &'static str;
    /// The field of a body that names an order. Every error of a request that was sent names it too.
    const ORDER: Option<&'static str> = None;

    /// Sends the request, and takes the answer as it comes.
    fn reply(&self, request: &PreparedRequest) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// Looks at every body that is sent: what lies between fields of any operation, and what is probably not meant.
    fn look(&self, _body: View<'_>, _found: &mut Violations) {}

    /// Whether amounts of an answer are held against those that were asked for.
    fn compares_amounts(&self) -> bool {
        true
    }
}

/// An operation of the client `On` as a type. The generator writes it by the spec.
pub trait Form<On: Client>: Call {
    /// What a success hands back.
    type Output: Output<On, Self>;
    /// The parameters and the body, by their names.
    #[doc(hidden)]
    type Request: Send;
    /// The body; `()` where there is none.
    #[doc(hidden)]
    type Body: Sent + Send;

    /// Fields of the body that are filled where none is given: the first with a new UUID, the others with its text.
    #[doc(hidden)]
    const FRESH: &'static [&'static str] = &[];
    /// Where judged components stand in the body.
    #[doc(hidden)]
    const SENT: &'static [Judged<On>] = &[];
    /// Where they stand in the answer.
    #[doc(hidden)]
    const ANSWERED: &'static [Judged<On>] = &[];
    /// What the answer has to repeat of the body.
    #[doc(hidden)]
    const ECHO: &'static [Echo] = &[];

    /// Takes the request out of arguments; what is wrong with them is noted there.
    #[cfg(feature = "by-id")]
    #[doc(hidden)]
    fn read(from: &mut Reader<'_, On>) -> Option<Self::Request>;

    /// Judges the parameters that are of judged components.
    #[doc(hidden)]
    fn judge(_on: &On, _request: &Self::Request, _found: &mut Violations) {}

    /// The body of a request.
    #[doc(hidden)]
    fn body(request: &Self::Request) -> &Self::Body;

    /// Checks the request against the spec, and finishes it to the byte.
    #[doc(hidden)]
    fn form(on: &On, request: &Self::Request) -> Result<Prepared<Self>, Error>
    where
        Self: Sized;
}

/// An operation of the client `On` as a type, with what is asked of it beyond its spec. Most ask nothing.
pub trait CallOf<On: Client>: Form<On> + Sized {
    /// Writes in another way what the caller wrote.
    #[doc(hidden)]
    fn complete(_request: &mut Self::Request) {}

    /// Checks what lies between fields.
    #[doc(hidden)]
    fn check(_on: &On, _request: &Self::Request, _found: &mut Violations) {}

    /// Checks an answer.
    #[doc(hidden)]
    fn accept(_on: &On, _answer: &Self::Answer, _found: &mut Violations) {}
}

/// What a success hands back: the answer, or a type that holds it.
pub trait Output<On: Client, C: Form<On> + ?Sized>: Sized {
    /// Takes the answer over, which has passed all checks.
    fn of(on: &On, body: &C::Body, answer: Response<C::Answer>) -> Result<Self, Error>;

    /// The answer alone.
    fn into_response(self) -> Response<C::Answer>;
}

impl<On: Client, C: Form<On>> Output<On, C> for Response<C::Answer> {
    fn of(_: &On, _: &C::Body, answer: Self) -> Result<Self, Error> {
        Ok(answer)
    }

    fn into_response(self) -> Self {
        self
    }
}

/// Where a component stands that the client judges, as a JSON pointer in which `*` is each item of a list or map, and how it does.
pub(crate) type Judged<On> = (&'static str, fn(&On, &str, &At<'_>, &mut Violations));

/// All rules: those of the spec, those of the client, those of the operation, and what was `found` before. All that are broken
/// are told in one error, and nothing is sent.
// Here and below, what does not depend on the operation stands apart: a compiler makes the rest once for each.
pub(crate) fn prepare<On: Client, C: CallOf<On>>(
    on: &On,
    request: C::Request,
    found: Violations,
) -> Result<Prepared<C>, Error> {
    Ok(make(on, request, found)?.prepared)
}

/// A request that was just made, before and after it was written.
pub(crate) struct Made<On: Client, C: Form<On>> {
    request: C::Request,
    pub(crate) prepared: Prepared<C>,
}

impl<On: Client, C: Form<On>> Made<On, C> {
    /// As [`Prepared::with_fresh_key`], if it was made for this request.
    pub(crate) fn with_fresh_key(mut self, is_fresh: bool) -> Self {
        if is_fresh {
            self.prepared = self.prepared.with_fresh_key();
        }
        self
    }
}

/// As [`prepare`], for a request that is sent at once: its answer is held against it without reading it back.
pub(crate) fn make<On: Client, C: CallOf<On>>(
    on: &On,
    mut request: C::Request,
    mut found: Violations,
) -> Result<Made<On, C>, Error> {
    C::complete(&mut request);
    C::judge(on, &request, &mut found);
    look(on, C::SENT, C::body(&request).view(), &mut found);
    C::check(on, &request, &mut found);
    match C::form(on, &request) {
        Ok(prepared) => match found.into_result() {
            Ok(warnings) => {
                let prepared = prepared.with_key(crate::fresh_id).with_warnings(warnings);
                Ok(Made { request, prepared })
            }
            Err(found) => Err(Error::invalid_request(C::operation(), found)),
        },
        Err(error) => Err(refused(C::operation(), error, found)),
    }
}

fn look<On: Client>(on: &On, rows: &[Judged<On>], body: View<'_>, found: &mut Violations) {
    if !matches!(body, View::Null) {
        judge(on, rows, body, found);
        on.look(body, found);
    }
}

/// The rules of the spec that are broken, and what was found beside them.
fn refused(operation: &'static Operation, error: Error, found: Violations) -> Error {
    let Some(of_spec) = error.violations() else {
        return error;
    };
    let mut all = of_spec.clone();
    all.extend(found);
    Error::invalid_request(operation, all)
}

/// Sends a prepared request, just made or read from storage, and reads the answer.
pub(crate) async fn send<On: Client + Sync, C: CallOf<On>>(
    on: &On,
    prepared: &Prepared<C>,
) -> Result<C::Output, Error> {
    let body = sent_body::<On, C>(prepared)?;
    let reply = on.reply(prepared).await;
    checked::<On, C>(on, prepared, &body, reply)
}

/// The same for a request that was just made.
pub(crate) async fn send_made<On: Client + Sync, C: CallOf<On>>(
    on: &On,
    made: Made<On, C>,
) -> Result<C::Output, Error> {
    let Made { request, prepared } = made;
    let reply = on.reply(&prepared).await;
    checked::<On, C>(on, &prepared, C::body(&request), reply)
}

/// Reads the answer, and holds it against the request. One that contradicts it is an error of unknown outcome with the whole
/// answer in it.
pub(crate) fn accept<On: Client, C: CallOf<On>>(
    on: &On,
    request: &PreparedRequest,
    reply: Result<Reply, Error>,
) -> Result<C::Output, Error> {
    checked::<On, C>(on, request, &sent_body::<On, C>(request)?, reply)
}

fn checked<On: Client, C: CallOf<On>>(
    on: &On,
    request: &PreparedRequest,
    body: &C::Body,
    reply: Result<Reply, Error>,
) -> Result<C::Output, Error> {
    reply
        .and_then(|reply| fitting::<On, C>(on, body, reply))
        .map_err(|error| named::<On>(error, request))
}

fn fitting<On: Client, C: CallOf<On>>(on: &On, body: &C::Body, reply: Reply) -> Result<C::Output, Error> {
    let answer = reply.receive::<C::Answer>()?;
    let mut found = Violations::new();
    let (sent, answered) = (body.view(), answer.as_ref().view());
    compare(
        on,
        (C::ECHO, C::ANSWERED),
        sent,
        answered,
        answer.unreadable(),
        &mut found,
    );
    C::accept(on, &answer, &mut found);
    match found.into_result() {
        Ok(_) => C::Output::of(on, body, answer),
        Err(found) => Err(answer.into_mismatch(found)),
    }
}

/// Holds an answer against its request.
fn compare<On: Client>(
    on: &On,
    (echo, links): (&[Echo], &[Judged<On>]),
    sent: View<'_>,
    answered: View<'_>,
    unread: &[ReadError],
    found: &mut Violations,
) {
    echo::compare(echo, sent, answered, unread, on.compares_amounts(), found);
    for (pointer, _) in links {
        let lost = unread
            .iter()
            .find_map(|error| Some((echo::lost(error, pointer)?, error)));
        if let Some((place, error)) = lost
            && !found.iter().any(|told| told.pointer == place)
        {
            let message = format!("cannot be read, so there is no link: {error}");
            found.push(&At::parameter(place), Rule::Format, message);
        }
    }
    judge(on, links, answered, found);
}

/// The body of a request that may have been stored by another version.
pub(crate) fn sent_body<On: Client, C: Form<On>>(request: &PreparedRequest) -> Result<C::Body, Error> {
    let body = match request.body() {
        [] => Some(Value::Null),
        body => serde_json::from_slice(body).ok(),
    };
    body.and_then(|body| C::Body::from_json(&body, &At::BODY).ok())
        .ok_or_else(|| unread(request))
}

fn unread(request: &PreparedRequest) -> Error {
    request.unsendable("the request cannot be read by this version, so that its answer could not be checked; send it by the version that made it")
}

/// The error with the name of its order.
fn named<On: Client>(error: Error, request: &PreparedRequest) -> Error {
    let Some(field) = On::ORDER else { return error };
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    match body.get(field).and_then(Value::as_str) {
        Some(order) => error.with_detail(field, order),
        None => error,
    }
}

fn judge<On: Client>(on: &On, rows: &[Judged<On>], body: View<'_>, found: &mut Violations) {
    for (pattern, judge) in rows {
        body.at(pattern, &At::BODY, &mut |value, at| {
            if let Some(text) = value.as_str() {
                judge(on, text, at, found);
            }
        });
    }
}

#[cfg(feature = "noah")]
#[cfg(test)]
mod tests {
    use checkout_core::key::{Algorithm, SigningKey};
    use checkout_core::{Idempotency, Operation};
    use checkout_transport::forming::Forming;
    use checkout_transport::testing::{ScriptedWire, Step};
    use checkout_transport::{ErrorKind, client};
    use serde_json::json;

    use super::*;
    use crate::noah::{Credentials, Noah};

    checkout_core::received! {
        /// With a link.
        pub struct Session {
            /// Where to.
            url: String = optional "HostedURL" shown,
        }
    }

    checkout_core::received! {
        /// With a link below.
        pub struct Paid {
            /// The session.
            session: Session = optional "Session" shown,
        }
    }

    /// Moves money, and has its key in a header.
    #[derive(Debug)]
    struct Pay;

    impl Call for Pay {
        type Answer = Paid;
        fn operation() -> &'static Operation {
            const KEY: Idempotency = Idempotency::Header("X-GCS-Idempotence-Key");
            static PAY: Operation = Operation::new("pay", "POST", "/pay", "Payments", KEY, true);
            &PAY
        }
    }

    impl Form<Noah> for Pay {
        type Output = Response<Paid>;
        type Request = ();
        type Body = ();
        const ANSWERED: &'static [Judged<Noah>] = &[("/Session/HostedURL", Noah::judge_hosted_url)];
        fn read(_: &mut Reader<'_, Noah>) -> Option<()> {
            None
        }
        fn body(_: &()) -> &() {
            &()
        }
        fn form(on: &Noah, (): &()) -> Result<Prepared<Self>, Error> {
            let base = on.base_url();
            let formed = Forming.post(format!("{base}/pay")).build();
            client::prepare(on.api().transport(), base, formed)
        }
    }

    impl CallOf<Noah> for Pay {}

    fn noah(wire: &ScriptedWire) -> Noah {
        let key = SigningKey::generate(Algorithm::ES384).unwrap();
        Noah::builder(Credentials::sandbox("apikey_sandbox_1", key).unwrap())
            .wire(wire.clone())
            .build()
            .unwrap()
    }

    #[test]
    fn what_moves_money_has_a_key_wherever_its_api_takes_it() {
        let noah = noah(&ScriptedWire::new([]));
        let pay = || prepare::<Noah, Pay>(&noah, (), Violations::new()).unwrap();
        let (one, other) = (pay(), pay());
        assert!(one.idempotency_key().is_some() && one.has_fresh_key());
        assert_ne!(one.idempotency_key(), other.idempotency_key());
    }

    #[tokio::test]
    async fn a_link_that_cannot_be_reached_is_not_passed_over() {
        for answer in [json!({"Session": 7}), json!({"Session": {"HostedURL": 7}})] {
            let noah = noah(&ScriptedWire::new([Step::respond(200).body(answer.to_string())]));
            let request = prepare::<Noah, Pay>(&noah, (), Violations::new()).unwrap();
            let error = noah.send(&request).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Mismatch, "{answer}");
        }
    }
}
