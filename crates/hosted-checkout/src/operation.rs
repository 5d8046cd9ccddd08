//! What every call of either API goes through: its rules, its request, and its answer held against both.

use std::future::Future;

use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{Idempotency, Operation};
use checkout_transport::{Call, Error, Prepared, PreparedRequest, Reply, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::door::{Entry, Reader};
use crate::echo::{self, Echo};

/// A client of an API, as the functions of this module see it.
pub trait Client: Sized + 'static {
    /// Whose API it is, for messages.
    const API: &'static str;
    /// The field of a body that names an order. Every error of a request that was sent names it too.
    const ORDER: Option<&'static str> = None;

    /// Every operation that this client has.
    fn entries() -> &'static [Entry<Self>];

    /// Sends the request, and takes the answer as it comes.
    fn reply(&self, request: &PreparedRequest) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// Judges a value of a component that the settings list under `judged`, wherever it stands.
    fn judge(&self, _component: &str, _value: &str, _at: &At<'_>, _found: &mut Violations) {}

    /// Looks at every body that is sent for what is probably not meant.
    fn warn(&self, _body: &Value, _found: &mut Violations) {}

    /// Whether amounts of an answer are held against those that were asked for.
    fn compares_amounts(&self) -> bool {
        true
    }
}

/// An operation of the client `On` as a type. The generator writes it by the spec.
pub trait Form<On>: Call {
    /// What a success hands back.
    type Output: Output<On, Self>;
    /// The parameters and the body, by their names.
    #[doc(hidden)]
    type Request;
    /// The body; `()` where there is none.
    #[doc(hidden)]
    type Body: Serialize + DeserializeOwned;

    /// Fields of the body that are filled where none is given: the first with a new UUID, the others with its text.
    #[doc(hidden)]
    const FRESH: &'static [&'static str] = &[];
    /// Where judged components stand in the body.
    #[doc(hidden)]
    const SENT: &'static [Judged] = &[];
    /// Where they stand in the answer.
    #[doc(hidden)]
    const ANSWERED: &'static [Judged] = &[];
    /// What the answer has to repeat of the body.
    #[doc(hidden)]
    const ECHO: &'static [Echo] = &[];

    /// Takes the request out of arguments; what is wrong with them is noted there.
    #[doc(hidden)]
    fn read(from: &mut Reader<'_, On>) -> Option<Self::Request>;

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
pub trait CallOf<On>: Form<On> + Sized {
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
pub trait Output<On, C: Form<On> + ?Sized>: Sized {
    /// Takes the answer over, which has passed all checks.
    fn of(on: &On, body: C::Body, answer: Response<C::Answer>) -> Result<Self, Error>;

    /// The answer alone.
    fn into_response(self) -> Response<C::Answer>;
}

impl<On, C: Form<On>> Output<On, C> for Response<C::Answer> {
    fn of(_: &On, _: C::Body, answer: Self) -> Result<Self, Error> {
        Ok(answer)
    }

    fn into_response(self) -> Self {
        self
    }
}

/// Where a judged component stands: a JSON pointer in which `*` is each item of a list, and the component's name.
pub(crate) type Judged = (&'static str, &'static str);

/// All rules: those of the spec, those of the client, those of the operation, and what was `found` before. All that are broken
/// are told in one error, and nothing is sent.
pub(crate) fn prepare<On: Client, C: CallOf<On>>(
    on: &On,
    mut request: C::Request,
    mut found: Violations,
) -> Result<Prepared<C>, Error> {
    C::complete(&mut request);
    if let Ok(body) = serde_json::to_value(C::body(&request))
        && !body.is_null()
    {
        judge(on, C::SENT, &body, &mut found);
        on.warn(&body, &mut found);
    }
    C::check(on, &request, &mut found);
    let refused = |found| Error::invalid_request(C::operation(), found);
    match C::form(on, &request) {
        Ok(prepared) => found
            .into_result()
            .map(|warnings| prepared.with_warnings(warnings))
            .map_err(refused),
        Err(error) => match error.violations() {
            Some(of_spec) => {
                let mut all = of_spec.clone();
                all.extend(found);
                Err(refused(all))
            }
            None => Err(error),
        },
    }
}

/// Sends a prepared request, just made or read from storage, and reads the answer.
pub(crate) async fn send<On: Client + Sync, C: CallOf<On>>(
    on: &On,
    prepared: &Prepared<C>,
) -> Result<C::Output, Error> {
    sent_body::<On, C>(prepared)?;
    let reply = on
        .reply(prepared)
        .await
        .map_err(|error| named::<On>(error, prepared))?;
    accept::<On, C>(on, reply)
}

/// Reads the answer, and holds it against the request. One that contradicts it is an error of unknown outcome with the whole
/// answer in it.
pub(crate) fn accept<On: Client, C: CallOf<On>>(on: &On, reply: Reply) -> Result<C::Output, Error> {
    let request = reply.prepared().clone();
    checked::<On, C>(on, &request, reply).map_err(|error| named::<On>(error, &request))
}

fn checked<On: Client, C: CallOf<On>>(
    on: &On,
    request: &PreparedRequest,
    reply: Reply,
) -> Result<C::Output, Error> {
    let body = sent_body::<On, C>(request)?;
    let answer = reply.receive::<C::Answer>()?;
    let mut found = Violations::new();
    if !C::ECHO.is_empty() || !C::ANSWERED.is_empty() {
        let sent = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let (answered, unread) = (answer.json(), answer.unreadable());
        echo::compare(
            C::ECHO,
            &sent,
            &answered,
            unread,
            on.compares_amounts(),
            &mut found,
        );
        for (pointer, _) in C::ANSWERED {
            if let Some(error) = unread
                .iter()
                .find(|error| echo::lost(error, pointer) == Some(pointer))
            {
                let message = format!("cannot be read, so there is no link: {error}");
                found.push(&At::parameter(pointer), Rule::Format, message);
            }
        }
        judge(on, C::ANSWERED, &answered, &mut found);
    }
    C::accept(on, &answer, &mut found);
    match found.into_result() {
        Ok(_) => C::Output::of(on, body, answer),
        Err(found) => Err(answer.into_mismatch(found)),
    }
}

/// The body of a request that may have been stored by another version.
pub(crate) fn sent_body<On, C: Form<On>>(request: &PreparedRequest) -> Result<C::Body, Error> {
    let body = match request.body() {
        [] => b"null",
        body => body,
    };
    serde_json::from_slice(body).map_err(|_| {
        request.unsendable("the request cannot be read by this version, so that its answer could not be checked; send it by api()")
    })
}

/// The error with the name of its order.
pub(crate) fn named<On: Client>(error: Error, request: &PreparedRequest) -> Error {
    let Some(field) = On::ORDER else { return error };
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    match body.get(field).and_then(Value::as_str) {
        Some(order) => error.with_detail(field, order),
        None => error,
    }
}

fn judge<On: Client>(on: &On, rows: &[Judged], body: &Value, found: &mut Violations) {
    for (pattern, component) in rows {
        each(body, pattern, String::new(), &mut |pointer, value| {
            if let Some(text) = value.as_str() {
                on.judge(component, text, &At::parameter(pointer), found);
            }
        });
    }
}

fn each(value: &Value, pattern: &str, pointer: String, visit: &mut dyn FnMut(&str, &Value)) {
    let Some(rest) = pattern.strip_prefix('/') else {
        return visit(&pointer, value);
    };
    let (step, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match value {
        Value::Array(items) if step == "*" => {
            for (index, item) in items.iter().enumerate() {
                each(item, rest, format!("{pointer}/{index}"), visit);
            }
        }
        Value::Object(fields) => {
            if let Some(value) = fields.get(step) {
                each(value, rest, format!("{pointer}/{step}"), visit);
            }
        }
        _ => {}
    }
}

/// The field of a body by which the API knows a repeat.
pub(crate) const fn key_field(operation: &Operation) -> Option<&'static str> {
    match operation.idempotency {
        Idempotency::BodyField(name) => Some(name),
        _ => None,
    }
}
