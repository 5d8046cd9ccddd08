//! Operations by their id: for programs that learn at run time what to call.

use std::fmt;

use checkout_core::Operation;
use checkout_core::given::quotable;
use checkout_core::near::nearest;
use checkout_core::validate::Violations;
use checkout_transport::{BoxFuture, Error, PreparedRequest, Reply, Response};
use serde_json::Value;

use crate::arguments::{Arguments, Reader};
use crate::operation::{CallOf, Client, Output as _, accept, prepare, sent_body};
use crate::paging::{Paged, Pages};

/// A client whose operations are reached by their ids.
pub(crate) trait ById: Client + Sync {
    /// Every operation that it has.
    fn entries() -> &'static [Entry<Self>];
}

/// One operation of a client, reached by its id.
pub(crate) struct Entry<On> {
    operation: fn() -> &'static Operation,
    prepare: Of<On, PreparedRequest>,
    pages: Option<Of<On, JsonPages>>,
    can_read: fn(&PreparedRequest) -> Result<(), Error>,
    accept: Accept<On>,
}

/// What is made of the answer to a request.
type Accept<On> = fn(&On, &PreparedRequest, Result<Reply, Error>) -> Result<Response<Value>, Error>;

/// What is made of arguments.
type Of<On, T> = fn(&On, Reader<'_, On>) -> Result<T, Error>;

impl<On: Client> Entry<On> {
    /// The entry of this operation.
    pub(crate) const fn of<C: CallOf<On>>() -> Self {
        Self {
            operation: C::operation,
            prepare: |on, mut from| {
                let is_fresh = from.fill(C::FRESH);
                let (request, found) = read::<On, C>(from)?;
                let prepared = prepare::<On, C>(on, request, found)?;
                Ok(if is_fresh {
                    PreparedRequest::clone(&prepared).with_fresh_key()
                } else {
                    PreparedRequest::clone(&prepared)
                })
            },
            pages: None,
            can_read: |request| sent_body::<On, C>(request).map(drop),
            accept: |on, request, reply| Ok(accept::<On, C>(on, request, reply)?.into_response().into_json()),
        }
    }
}

impl<On: Client + Clone + Send + Sync> Entry<On> {
    /// The entry of an operation that lists items page by page.
    #[allow(dead_code, reason = "specs may have no lists")]
    pub(crate) const fn paged<C: Paged<On>>() -> Self {
        Self {
            pages: Some(|on, from| {
                let (request, found) = read::<On, C>(from)?;
                // What is wrong is told at once, and not by the first page.
                prepare::<On, C>(on, request.clone(), found)?;
                Ok(JsonPages::new::<On, C>(on.clone(), request))
            }),
            ..Self::of::<C>()
        }
    }
}

fn read<On: Client, C: CallOf<On>>(mut from: Reader<'_, On>) -> Result<(C::Request, Violations), Error> {
    let request = C::read(&mut from);
    let found = from.finish(request.is_some());
    match request {
        Some(request) => Ok((request, found)),
        None => Err(Error::invalid_request(C::operation(), found)),
    }
}

fn entry<On: ById>(id: &str) -> Result<&'static Entry<On>, Error> {
    let entries = On::entries();
    let found = entries.iter().find(|entry| (entry.operation)().id == id);
    found.ok_or_else(|| {
        let ids = entries.iter().map(|entry| (entry.operation)().id);
        let meant = nearest(id, ids).map_or_else(String::new, |meant| format!("; was {meant} meant?"));
        Error::configuration(format!(
            "{} is no operation of this client of {}{meant}",
            quotable(id),
            On::API
        ))
    })
}

/// See [`Noah::prepare_by_id`](crate::noah::Noah::prepare_by_id).
pub(crate) fn prepare_by_id<On: ById>(
    on: &On,
    id: &str,
    arguments: Arguments,
) -> Result<PreparedRequest, Error> {
    let entry = entry::<On>(id)?;
    (entry.prepare)(on, Reader::new(on, (entry.operation)(), arguments))
}

/// See [`Noah::pages_by_id`](crate::noah::Noah::pages_by_id).
pub(crate) fn pages_by_id<On: ById>(on: &On, id: &str, arguments: Arguments) -> Result<JsonPages, Error> {
    let entry = entry::<On>(id)?;
    let pages = entry.pages.ok_or_else(|| {
        Error::configuration(format!("{} is no list that comes page by page", quotable(id)))
    })?;
    pages(on, Reader::new(on, (entry.operation)(), arguments))
}

/// See [`Noah::send_by_id`](crate::noah::Noah::send_by_id).
pub(crate) async fn send_by_id<On: ById>(
    on: &On,
    request: &PreparedRequest,
) -> Result<Response<Value>, Error> {
    let mut entries = On::entries().iter();
    let Some(entry) = entries.find(|entry| *(entry.operation)() == *request.operation()) else {
        let message = format!("its operation is none of this client of {}", On::API);
        return Err(request.unsendable(message));
    };
    (entry.can_read)(request)?;
    (entry.accept)(on, request, on.reply(request).await)
}

/// The pages of a list that was asked for by the id of its operation, each as JSON. They come and end as those of [`Pages`] do.
#[must_use]
pub struct JsonPages(Box<dyn Turn>);

trait Turn: Send {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Response<Value>, Error>>>;
}

impl<On: Client + Send + Sync, C: Paged<On>> Turn for Pages<On, C> {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Response<Value>, Error>>> {
        Box::pin(async { Some(self.next().await?.map(Response::into_json)) })
    }
}

impl JsonPages {
    pub(crate) fn new<On: Client + Send + Sync, C: Paged<On>>(on: On, request: C::Request) -> Self {
        Self(Box::new(Pages::<On, C>::new(on, request)))
    }

    /// As [`Pages::next`].
    ///
    /// # Errors
    /// Those of [`Pages::next`].
    pub async fn next(&mut self) -> Option<Result<Response<Value>, Error>> {
        self.0.next().await
    }
}

impl fmt::Debug for JsonPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonPages").finish_non_exhaustive()
    }
}

/// What each client has for operations by their id.
macro_rules! door {
    ($client:ident, $entries:path, $example:literal) => {
        impl $crate::door::ById for $client {
            fn entries() -> &'static [$crate::door::Entry<Self>] {
                $entries
            }
        }

        impl $client {
            #[doc = concat!("The request of an operation by its id, such as `", $example, "`: read strictly, completed where ")]
            /// the call builders complete it, and held to all rules of the spec and of this client. A `Nonce` or an idempotence
            /// key that is not given is made afresh; one within an object of the body is the caller's to give.
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

            /// The pages of an operation that lists items page by page, by its id, from the one that the arguments ask for: each
            /// passes all that a typed call holds it to.
            ///
            /// # Errors
            /// As for [`prepare_by_id`](Self::prepare_by_id), or the operation does not list page by page.
            pub fn pages_by_id(
                &self,
                id: &str,
                arguments: $crate::Arguments,
            ) -> Result<$crate::JsonPages, checkout_transport::Error> {
                $crate::door::pages_by_id(self, id, arguments)
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
