//! What an operation is called with where it is called by its id, and how its request is read out of that.

use std::fmt;
use std::str::FromStr;

use checkout_core::given::quotable;
use checkout_core::near::nearest;
use checkout_core::received::{ReadError, ReadFault};
use checkout_core::validate::{At, Rule, Validate, Violations};
use checkout_core::{DecimalInput, Idempotency, Operation, PositiveDecimal, Sent, json};
use serde_json::Value;

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

impl<'a, On> Reader<'a, On> {
    pub(crate) fn new(on: &'a On, operation: &'static Operation, arguments: Arguments) -> Self {
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
    pub(crate) fn fill(&mut self, fresh: &[&str]) -> bool {
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
                    is_fresh |=
                        matches!(self.operation.idempotency, Idempotency::BodyField(key) if key == *name);
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
        self.take(place, parse)
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
    #[allow(dead_code, reason = "specs may have none")]
    pub(crate) fn texts<T: From<String>>(&mut self, place: &'static str) -> Option<Vec<T>> {
        self.list(place, |text| Ok(text.into()))
    }

    /// A list of numbers and the like.
    #[allow(dead_code, reason = "specs may have none")]
    pub(crate) fn all_parsed<T: FromStr>(&mut self, place: &'static str) -> Option<Vec<T>> {
        self.list(place, parse)
    }

    /// One that the operation cannot do without.
    pub(crate) fn required<T>(
        &mut self,
        place: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        let value = read(self, place);
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
    pub(crate) fn body<T: Sent + Validate>(&mut self) -> Option<T> {
        let Some(body) = self.arguments.body.take() else {
            let message = format!("is missing, and {} needs one", self.operation.id);
            self.found.push(&At::BODY, Rule::Shape, message);
            return None;
        };
        let read = T::from_json(&body, &At::BODY)
            .map_err(|error| self.misfit(&error))
            .ok()?;
        self.unknown(&body, &read.view().to_value());
        read.check(&At::BODY, &mut self.of_body);
        Some(read)
    }

    /// The same where the body may be left out.
    #[allow(dead_code, reason = "specs may have none")]
    pub(crate) fn maybe_body<T: Sent + Validate>(&mut self) -> Option<Option<T>> {
        match &self.arguments.body {
            None => Some(None),
            Some(_) => self.body().map(Some),
        }
    }

    fn unknown(&mut self, body: &Value, understood: &Value) {
        for pointer in json::not_understood(body, understood) {
            let message = "is not known to the API; correct its name";
            self.found.push(&At::parameter(&pointer), Rule::Shape, message);
        }
    }

    fn misfit(&mut self, error: &ReadError) {
        let pointer = error.pointer();
        let at = At::parameter(pointer);
        match error.fault() {
            ReadFault::Missing { field } => self.found.push(&at.field(field), Rule::Shape, "is required"),
            _ if self.found.iter().any(|told| told.pointer == pointer) => {}
            _ => {
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

    fn list<T>(&mut self, place: &'static str, read: impl Fn(String) -> Result<T, String>) -> Option<Vec<T>> {
        let items: Result<Vec<T>, String> = self.values(place).into_iter().map(read).collect();
        items
            .map_err(|message| self.found.push(&At::parameter(place), Rule::Format, message))
            .ok()
            .filter(|items| !items.is_empty())
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
    pub(crate) fn finish(mut self, is_read: bool) -> Violations {
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

fn parse<T: FromStr>(text: String) -> Result<T, String> {
    let due = match std::any::type_name::<T>() {
        "bool" => "true or false",
        "i32" | "i64" => "a whole number within its range",
        _ => "of the form that the spec gives",
    };
    text.parse().map_err(|_| format!("is not {due}"))
}
