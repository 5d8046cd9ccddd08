//! Operations by their id: for programs that learn at run time what to call.

use std::fmt;
use std::str::FromStr;

use checkout_core::given::quotable;
use checkout_core::near::nearest;
use checkout_core::validate::{At, Rule, Validate, Violations};
use checkout_core::{DecimalInput, Operation, PositiveDecimal, json};
use checkout_transport::{Error, PreparedRequest, Reply, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::operation::{self, CallOf, Client, Output as _, accept, key_field, sent_body};

/// What an operation is called with: parameters by the API's own names, with their values as text, and the body as JSON.
///
/// ```
/// use hosted_checkout::Arguments;
/// use serde_json::json;
///
/// let arguments = Arguments::new()
///     .parameter("paymentProductId", "302")
///     .body(json!({"paymentProductSession302SpecificInput": {"domainName": "shop.example"}}));
/// ```
///
/// `Debug` shows the names of the parameters alone.
#[derive(Clone, Default)]
pub struct Arguments {
    parameters: Vec<(String, String)>,
    body: Option<Value>,
}

impl Arguments {
    /// None at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a parameter of the path, the query or a header. One that takes a list is given once for each item.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.parameters.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Arguments")
            .field("parameters", &names)
            .field("has_body", &self.body.is_some())
            .finish()
    }
}

/// One operation of a client, reached by its id.
#[expect(missing_debug_implementations, reason = "nobody outside has one")]
pub struct Entry<On> {
    operation: fn() -> &'static Operation,
    prepare: fn(&On, Reader<'_, On>) -> Result<PreparedRequest, Error>,
    can_read: fn(&PreparedRequest) -> Result<(), Error>,
    accept: fn(&On, Reply) -> Result<Response<Value>, Error>,
}

impl<On: Client> Entry<On> {
    /// The entry of this operation.
    pub(crate) const fn of<C: CallOf<On>>() -> Self {
        Self {
            operation: C::operation,
            prepare: by_arguments::<On, C>,
            can_read: |request| sent_body::<On, C>(request).map(drop),
            accept: |on, reply| {
                let answer = accept::<On, C>(on, reply)?.into_response();
                let json = answer.json();
                Ok(answer.map(|_| json))
            },
        }
    }
}

/// See [`Noah::prepare_by_id`](crate::noah::Noah::prepare_by_id).
pub(crate) fn prepare_by_id<On: Client>(
    on: &On,
    id: &str,
    arguments: Arguments,
) -> Result<PreparedRequest, Error> {
    let entries = On::entries();
    let Some(entry) = entries.iter().find(|entry| (entry.operation)().id == id) else {
        let ids = entries.iter().map(|entry| (entry.operation)().id);
        let meant = nearest(id, ids).map_or_else(String::new, |meant| format!("; was {meant} meant?"));
        return Err(Error::configuration(format!(
            "{} is no operation of this client of {}{meant}",
            quotable(id),
            On::API
        )));
    };
    (entry.prepare)(on, Reader::new(on, (entry.operation)(), arguments))
}

/// See [`Noah::send_by_id`](crate::noah::Noah::send_by_id).
pub(crate) async fn send_by_id<On: Client + Sync>(
    on: &On,
    request: &PreparedRequest,
) -> Result<Response<Value>, Error> {
    let mut entries = On::entries().iter();
    let Some(entry) = entries.find(|entry| *(entry.operation)() == *request.operation()) else {
        let message = format!("its operation is none of this client of {}", On::API);
        return Err(request.unsendable(message));
    };
    (entry.can_read)(request)?;
    let reply = on.reply(request).await;
    (entry.accept)(on, reply.map_err(|error| operation::named::<On>(error, request))?)
}

fn by_arguments<On: Client, C: CallOf<On>>(
    on: &On,
    mut from: Reader<'_, On>,
) -> Result<PreparedRequest, Error> {
    let is_fresh = from.fill(C::FRESH);
    let request = C::read(&mut from);
    let found = from.finish(request.is_some());
    let Some(request) = request else {
        return Err(Error::invalid_request(C::operation(), found));
    };
    let prepared = operation::prepare::<On, C>(on, request, found)?;
    let prepared = if is_fresh {
        prepared.with_fresh_key()
    } else {
        prepared
    };
    Ok(PreparedRequest::clone(&prepared))
}

/// Takes the arguments of one operation, one by one, and notes what is wrong with them. No message holds a value.
#[expect(missing_debug_implementations, reason = "nobody outside has one")]
pub struct Reader<'a, On> {
    on: &'a On,
    operation: &'static Operation,
    arguments: Arguments,
    known: Vec<&'static str>,
    found: Violations,
    of_body: Violations,
}

// Which of them are called is for the specs to say.
#[allow(dead_code)]
impl<'a, On> Reader<'a, On> {
    fn new(on: &'a On, operation: &'static Operation, arguments: Arguments) -> Self {
        Self {
            on,
            operation,
            arguments,
            known: Vec::new(),
            found: Violations::new(),
            of_body: Violations::new(),
        }
    }

    /// Fills fields that the caller may leave out, the first by a new UUID. Whether that is the key of the request. One that is
    /// null was not left out.
    fn fill(&mut self, fresh: &[&str]) -> bool {
        let Some(Value::Object(body)) = &mut self.arguments.body else {
            return false;
        };
        let mut text: Option<Value> = None;
        let mut is_fresh = false;
        for name in fresh {
            match body.get(*name) {
                // A stored key that was lost on the way is no wish for a new one: with that, a repeat would pay twice.
                Some(Value::Null) => {
                    let message =
                        "is null; leave it out for a new one, or give that of the request that this repeats";
                    self.found.push(&At::BODY.field(name), Rule::Shape, message);
                }
                Some(given) => text = text.or_else(|| Some(given.clone())),
                None => {
                    is_fresh |= key_field(self.operation) == Some(*name);
                    let text = text.get_or_insert_with(|| crate::fresh_id().into());
                    body.insert((*name).to_owned(), text.clone());
                }
            }
        }
        is_fresh
    }

    /// A text, a code, an id. `place` is `query:PageToken` or the like.
    pub(crate) fn text<T: From<String>>(&mut self, place: &'static str) -> Option<T> {
        self.take(place, |text| Ok(text.into()))
    }

    /// A number, a yes or no, a date or time.
    pub(crate) fn parsed<T: FromStr>(&mut self, place: &'static str) -> Option<T> {
        let due = match std::any::type_name::<T>() {
            "bool" => "true or false",
            "i32" | "i64" => "a whole number within its range",
            _ => "of the form that the spec gives",
        };
        self.take(place, |text| text.parse().map_err(|_| format!("is not {due}")))
    }

    /// An amount.
    pub(crate) fn decimal(&mut self, place: &'static str) -> Option<PositiveDecimal> {
        self.take(place, |text| {
            DecimalInput::from(text)
                .into_result()
                .map_err(|error| error.to_string())
        })
    }

    /// A list of texts.
    pub(crate) fn texts<T: From<String>>(&mut self, place: &'static str) -> Option<Vec<T>> {
        let texts: Vec<T> = self.values(place).into_iter().map(T::from).collect();
        (!texts.is_empty()).then_some(texts)
    }

    /// One that the operation cannot do without.
    pub(crate) fn required<T>(&mut self, place: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.found.iter().any(|violation| violation.pointer == place) {
            let message = format!("is missing, and {} needs it", self.operation.id);
            self.found.push(&At::parameter(place), Rule::Shape, message);
        }
        value
    }

    /// One that the client knows already. It may be given if it is the same.
    pub(crate) fn given(&mut self, place: &'static str, known: impl FnOnce(&On) -> &str) {
        let known = known(self.on);
        if self.values(place).iter().any(|value| value != known) {
            let message = "is not that of this client, which fills it in; leave it out";
            self.found.push(&At::parameter(place), Rule::Consistency, message);
        }
    }

    /// The body, in which every field has to be known.
    pub(crate) fn body<T: DeserializeOwned + Serialize + Validate>(&mut self) -> Option<T> {
        let Some(body) = self.arguments.body.take() else {
            let message = format!("is missing, and {} needs one", self.operation.id);
            self.found.push(&At::BODY, Rule::Shape, message);
            return None;
        };
        let read: T = match serde_path_to_error::deserialize(&body) {
            Ok(read) => read,
            Err(error) => {
                self.misfit(&error);
                return None;
            }
        };
        let understood = serde_json::to_value(&read).unwrap_or_default();
        for pointer in json::not_understood(&body, &understood) {
            let message = "is not known to the API; correct its name";
            self.found.push(&At::parameter(&pointer), Rule::Shape, message);
        }
        read.check(&At::BODY, &mut self.of_body);
        Some(read)
    }

    /// The same where the body may be left out.
    pub(crate) fn maybe_body<T: DeserializeOwned + Serialize + Validate>(&mut self) -> Option<Option<T>> {
        match &self.arguments.body {
            None => Some(None),
            Some(_) => self.body().map(Some),
        }
    }

    /// What serde says may quote the value, save of a field that is missing.
    fn misfit(&mut self, error: &serde_path_to_error::Error<serde_json::Error>) {
        let message = error.inner().to_string();
        let missing = message
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next());
        let pointer = pointer(error.path());
        let at = At::parameter(&pointer);
        match missing {
            Some(name) => self.found.push(&at.field(name), Rule::Shape, "is required"),
            None if self.found.iter().any(|told| told.pointer == pointer) => {}
            None => {
                let message = "has another type or form than the spec gives";
                self.found.push(&at, Rule::Shape, message);
            }
        }
    }

    fn take<T>(&mut self, place: &'static str, read: impl FnOnce(String) -> Result<T, String>) -> Option<T> {
        let mut values = self.values(place);
        let at = At::parameter(place);
        let value = values.pop()?;
        if !values.is_empty() {
            self.found.push(&at, Rule::Unique, "is given more than once");
            return None;
        }
        read(value)
            .map_err(|message| self.found.push(&at, Rule::Format, message))
            .ok()
    }

    fn values(&mut self, place: &'static str) -> Vec<String> {
        let name = place.split_once(':').map_or(place, |(_, name)| name);
        self.known.push(name);
        let given = self
            .arguments
            .parameters
            .extract_if(.., |(given, _)| given == name);
        given.map(|(_, value)| value).collect()
    }

    /// Everything that is wrong, in one.
    fn finish(mut self, is_read: bool) -> Violations {
        let id = self.operation.id;
        for (name, _) in &self.arguments.parameters {
            let all = match self.known.as_slice() {
                [] => ", which has none".to_owned(),
                known => format!(", which has {}", known.join(", ")),
            };
            let meant = nearest(name, self.known.iter().copied());
            let meant = meant.map_or(all, |meant| format!("; was {meant} meant?"));
            let (place, message) = (quotable(name), format!("is no parameter of {id}{meant}"));
            self.found.push(&At::parameter(&place), Rule::Shape, message);
        }
        if self.arguments.body.is_some() {
            let message = format!("is not taken by {id}, which has none");
            self.found.push(&At::BODY, Rule::Shape, message);
        }
        if !is_read {
            self.found.extend(self.of_body);
        }
        self.found
    }
}

fn pointer(path: &Path) -> String {
    path.iter().fold(String::new(), |pointer, segment| {
        let at = At::parameter(&pointer);
        match segment {
            Segment::Seq { index } => at.item(*index).to_string(),
            Segment::Map { key } => at.field(key).to_string(),
            Segment::Enum { .. } | Segment::Unknown => pointer,
        }
    })
}

/// What each client has for all of its operations.
macro_rules! door {
    ($client:ident, $example:literal) => {
        impl $client {
            /// Sends a prepared request, just made or read from storage, and reads the answer: one that does not fit is an
            /// error.
            ///
            /// # Errors
            /// The request was made for another base URL or is older than its key, or the call fails; [`Error::outcome`] says
            /// what that means for the money, over all attempts of this request.
            ///
            /// [`Error::outcome`]: checkout_transport::Error::outcome
            pub async fn send<C: $crate::CallOf<Self>>(
                &self,
                prepared: &checkout_transport::Prepared<C>,
            ) -> Result<C::Output, checkout_transport::Error> {
                $crate::operation::send::<Self, C>(self, prepared).await
            }

            #[doc = concat!("The request of an operation by its id, such as `", $example, "`: read strictly, completed where ")]
            /// the call builders complete it (a `Nonce` that is not given is made afresh), and held to all rules of the spec and
            /// of this client.
            ///
            /// # Errors
            /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): there is no such operation.
            /// [`ErrorKind::InvalidRequest`](checkout_transport::ErrorKind::InvalidRequest): arguments are missing, unknown or
            /// break rules. All of it is told in one error, each with its place; no value is quoted.
            pub fn prepare_by_id(
                &self,
                id: &str,
                arguments: $crate::Arguments,
            ) -> Result<checkout_transport::PreparedRequest, checkout_transport::Error> {
                $crate::door::prepare_by_id(self, id, arguments)
            }

            /// Sends a request of any operation, and gives its answer as JSON. The answer passes all that a typed call holds it
            /// to first, and what of it could not be read is in
            /// [`unreadable`](checkout_transport::Response::unreadable).
            ///
            /// # Errors
            /// Those of [`send`](Self::send); or the operation is none of this client.
            pub async fn send_by_id(
                &self,
                request: &checkout_transport::PreparedRequest,
            ) -> Result<checkout_transport::Response<serde_json::Value>, checkout_transport::Error> {
                $crate::door::send_by_id(self, request).await
            }
        }
    };
}
pub(crate) use door;
