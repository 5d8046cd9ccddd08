//! Lists that come page by page.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;
use std::{fmt, mem};

use checkout_core::Received;
use checkout_core::operation::PagingBy;
use checkout_core::received::ReadError;
use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::{BoxFuture, Error, Response};
use futures_core::Stream;
use serde_json::Value;

use crate::echo;
use crate::operation::{CallOf, Client, Form, Output as _, make, send_made};

/// An operation that lists items page by page.
pub trait Paged<On: Client>: CallOf<On, Request: Clone + Send + Sync> {
    /// What is listed.
    type Item: Send + 'static;

    /// The items of a page.
    #[doc(hidden)]
    fn list(answer: &Self::Answer) -> &Received<Vec<Self::Item>>;

    /// The same, owned.
    #[doc(hidden)]
    fn into_list(answer: Self::Answer) -> Received<Vec<Self::Item>>;

    /// Turns to the page after one with so many items, and names it; `None` if that was the last.
    #[doc(hidden)]
    fn turn(request: &mut Self::Request, answer: &Self::Answer, count: usize) -> Option<String>;
}

/// The pages of a list, each asked for when it is wanted, and none held for longer than the caller does.
///
/// The list ends with a page that names no next one, with an empty page, and with the total that the API tells. A page that names
/// one that was asked for before is an error, though pages may have come twice when that is noticed; so is one that should tell
/// a total and does not. What changes at the API in between may move an item to another page, so that it comes twice or not at
/// all.
#[must_use]
pub struct Pages<On: Client, C: Form<On>> {
    on: On,
    request: Option<C::Request>,
    /// The page asked for last, and one of those before, so that a circle of any length is noticed in constant memory (Brent).
    names: [Option<String>; 2],
    steps: u64,
    call: PhantomData<fn() -> C>,
}

impl<On: Client + Send + Sync, C: Paged<On>> Pages<On, C> {
    #[allow(dead_code, reason = "specs may have no lists")]
    pub(crate) fn new(on: On, request: C::Request) -> Self {
        Self {
            on,
            request: Some(request),
            names: [None, None],
            steps: 0,
            call: PhantomData,
        }
    }

    /// The next page; `None` after the last one and after an error. Where its future is dropped before the page is there, as
    /// under a time limit, the next call asks for that page again.
    ///
    /// # Errors
    /// Those of a call of the operation; or the page does not say where the list goes on, in words that can be read, or leads
    /// back to one before it.
    pub async fn next(&mut self) -> Option<Result<Response<C::Answer>, Error>> {
        // It stays until there is an answer, so that a page that was given up can be asked for again.
        let request = self.request.clone()?;
        let answered = self.page(request).await;
        let mut next = self.request.take()?;
        let page = match answered {
            Ok(page) => page,
            Err(error) => return Some(Err(error)),
        };
        let count = C::list(&page).value().map_or(0, Vec::len);
        if count > 0
            && let Some(name) = C::turn(&mut next, &page, count)
        {
            if !self.is_new(name) {
                let mut found = Violations::new();
                let message = "names a page that was asked for before, so that the list is not complete";
                found.push(&At::BODY.field(end::<C>()), Rule::Consistency, message);
                return Some(Err(page.into_mismatch(found)));
            }
            self.request = Some(next);
        }
        Some(Ok(page))
    }

    async fn page(&self, request: C::Request) -> Result<Response<C::Answer>, Error> {
        let made = make::<On, C>(&self.on, request, Violations::new())?;
        let page = send_made(&self.on, made).await?.into_response();
        let Some(paging) = C::operation().paging else {
            return Ok(page);
        };
        let at = At::BODY;
        let end = end::<C>();
        let end_at = at.field(end).to_string();
        let is_lost = |error: &ReadError| echo::lost(error, &end_at).is_some();
        let mut found = Violations::new();
        for (field, is_lost) in [
            (paging.items, C::list(&page).unreadable().is_some()),
            (end, page.unreadable().iter().any(is_lost)),
        ] {
            if is_lost {
                let message = "cannot be read, so that nobody knows what else is on the list";
                found.push(&at.field(field), Rule::Format, message);
            }
        }
        // Without a total, an API that passes over the offset would give the same page for ever.
        let is_endless = matches!(paging.by, PagingBy::Offset { .. })
            && C::list(&page).value().is_some_and(|items| !items.is_empty())
            && page.json().get(end).is_none_or(Value::is_null);
        if is_endless {
            let message = "is missing, so that nobody knows what else is on the list";
            found.push(&at.field(end), Rule::Shape, message);
        }
        match found.into_result() {
            Ok(_) => Ok(page),
            Err(found) => Err(page.into_mismatch(found)),
        }
    }

    fn is_new(&mut self, name: String) -> bool {
        let [last, earlier] = &mut self.names;
        if last.as_ref() == Some(&name) || earlier.as_ref() == Some(&name) {
            return false;
        }
        self.steps += 1;
        if self.steps.is_power_of_two() {
            *earlier = Some(name.clone());
        }
        *last = Some(name);
        true
    }
}

/// The field of a page that says where the list goes on or ends.
fn end<C: checkout_transport::Call>() -> &'static str {
    match C::operation().paging.map(|paging| paging.by) {
        Some(PagingBy::Token { next: end } | PagingBy::Offset { total: end }) => end,
        None => "",
    }
}

/// The items of a list, page after page: a [`Stream`], and with feature `blocking` an iterator too. One page is held at a time.
///
/// It ends as [`Pages`] does, and after an error, which comes as the last item.
#[must_use]
pub struct Items<On: Client, C: Paged<On>> {
    pages: State<On, C>,
    page: IntoIter<C::Item>,
}

enum State<On: Client, C: Paged<On>> {
    Ready(Box<Pages<On, C>>),
    Asking(BoxFuture<'static, Asked<On, C>>),
    Ended,
}

type Asked<On, C> = (
    Box<Pages<On, C>>,
    Option<Result<Response<<C as checkout_transport::Call>::Answer>, Error>>,
);

impl<On: Client + Send + Sync, C: Paged<On>> Items<On, C> {
    #[allow(dead_code, reason = "specs may have no lists")]
    pub(crate) fn new(on: On, request: C::Request) -> Self {
        Self {
            pages: State::Ready(Box::new(Pages::new(on, request))),
            page: Vec::new().into_iter(),
        }
    }

    /// The next item of the page that is here.
    #[cfg(feature = "blocking")]
    pub(crate) fn of_page(&mut self) -> Option<C::Item> {
        self.page.next()
    }

    /// The next item; `None` after the last one and after an error.
    ///
    /// # Errors
    /// Those of [`Pages::next`].
    pub async fn next(&mut self) -> Option<Result<C::Item, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

/// Nothing in it is pinned in place.
impl<On: Client, C: Paged<On>> Unpin for Items<On, C> {}

impl<On: Client + Send + Sync, C: Paged<On>> Stream for Items<On, C> {
    type Item = Result<C::Item, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match mem::replace(&mut self.pages, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Ready(mut pages) => {
                    self.pages = State::Asking(Box::pin(async move {
                        let page = pages.next().await;
                        (pages, page)
                    }));
                }
                State::Asking(mut asking) => {
                    let Poll::Ready((pages, page)) = asking.as_mut().poll(context) else {
                        self.pages = State::Asking(asking);
                        return Poll::Pending;
                    };
                    match page {
                        None => return Poll::Ready(None),
                        Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                        Some(Ok(page)) => {
                            let items = C::into_list(page.into_inner()).into_value();
                            self.page = items.unwrap_or_default().into_iter();
                            self.pages = State::Ready(pages);
                        }
                    }
                }
            }
        }
    }
}

impl<On: Client, C: Form<On>> fmt::Debug for Pages<On, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &C::operation().id)
            .field("has_more", &self.request.is_some())
            .finish_non_exhaustive()
    }
}

impl<On: Client, C: Paged<On>> fmt::Debug for Items<On, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("operation", &C::operation().id)
            .field("left_of_page", &self.page.len())
            .finish_non_exhaustive()
    }
}

/// Puts the name of the next page into the parameter that asks for it.
#[allow(dead_code, reason = "which of the two is called is for the specs to say")]
pub(crate) fn by_token<T: for<'a> From<&'a str>>(
    parameter: &mut Option<T>,
    next: Option<&str>,
) -> Option<String> {
    let next = next.filter(|next| !next.is_empty())?;
    *parameter = Some(next.into());
    Some(next.to_owned())
}

/// Counts a page's items into the parameter that says where a page begins.
#[allow(dead_code, reason = "which of the two is called is for the specs to say")]
pub(crate) fn by_offset<N: Copy + Into<i64> + TryFrom<i64>>(
    parameter: &mut Option<N>,
    total: Option<impl Copy + Into<i64>>,
    count: usize,
) -> Option<String> {
    let before = parameter.map_or(0, Into::into);
    let next = before.checked_add(i64::try_from(count).ok()?)?;
    if total.is_some_and(|total| next >= total.into()) {
        return None;
    }
    *parameter = Some(N::try_from(next).ok()?);
    Some(next.to_string())
}

#[cfg(feature = "noah")]
#[cfg(test)]
mod tests {
    use checkout_core::key::{Algorithm, SigningKey};
    use checkout_core::{Idempotency, Operation, Paging};
    use checkout_transport::forming::Forming;
    use checkout_transport::testing::{ScriptedWire, Step};
    use checkout_transport::{Call, CallOptions, ErrorKind, Prepared, client};
    use serde_json::json;

    use super::*;
    use crate::arguments::Reader;
    use crate::noah::{Credentials, Noah};

    checkout_core::received! {
        /// A page of either kind.
        pub struct Page {
            /// What is listed.
            items: Vec<i64> = optional "Items" shown,
            /// By token.
            next: String = optional "Next" shown,
            /// By offset.
            total: i64 = optional "Total" shown,
        }
    }

    /// What asks for a page: the token, or the offset.
    #[derive(Clone, Default)]
    pub(crate) struct Asked {
        token: Option<String>,
        offset: Option<i64>,
    }

    macro_rules! listing {
        ($name:ident, $by:expr, |$request:ident, $answer:ident, $count:ident| $turn:expr) => {
            #[derive(Debug)]
            pub(crate) struct $name;

            impl Call for $name {
                type Answer = Page;
                fn operation() -> &'static Operation {
                    const PAGING: Paging = Paging {
                        parameter: "at",
                        size: "size",
                        items: "Items",
                        by: $by,
                    };
                    static LIST: Operation = Operation {
                        paging: Some(PAGING),
                        ..Operation::new("list", "GET", "/things", "Things", Idempotency::Read, false)
                    };
                    &LIST
                }
            }

            impl Form<Noah> for $name {
                type Output = Response<Page>;
                type Request = Asked;
                type Body = ();
                fn read(_: &mut Reader<'_, Noah>) -> Option<Asked> {
                    None
                }
                fn body(_: &Asked) -> &() {
                    &()
                }
                fn form(on: &Noah, request: &Asked) -> Result<Prepared<Self>, Error> {
                    let base = on.base_url();
                    let at = request
                        .token
                        .clone()
                        .or(request.offset.map(|at| at.to_string()));
                    let url = format!("{base}/things?at={}", at.unwrap_or_default());
                    let formed = Forming.get(url).build();
                    client::prepare(on.api().transport(), base, formed)
                }
            }

            impl CallOf<Noah> for $name {}

            impl Paged<Noah> for $name {
                type Item = i64;
                fn list(answer: &Page) -> &Received<Vec<i64>> {
                    &answer.items
                }
                fn into_list(answer: Page) -> Received<Vec<i64>> {
                    answer.items
                }
                fn turn($request: &mut Asked, $answer: &Page, $count: usize) -> Option<String> {
                    $turn
                }
            }
        };
    }

    listing!(
        ByToken,
        PagingBy::Token { next: "Next" },
        |request, answer, _count| by_token(&mut request.token, answer.next.text())
    );
    listing!(
        ByOffset,
        PagingBy::Offset { total: "Total" },
        |request, answer, count| by_offset(&mut request.offset, answer.total.value().copied(), count)
    );

    fn noah(wire: &ScriptedWire) -> Noah {
        let key = SigningKey::generate(Algorithm::ES384).unwrap();
        Noah::builder(Credentials::sandbox("apikey_sandbox_1", key).unwrap())
            .wire(wire.clone())
            .options(CallOptions::DEFAULT.attempts(1))
            .build()
            .unwrap()
    }

    /// What is asked for, what is listed, and how it ends.
    async fn listed<C: Paged<Noah, Request = Asked, Item = i64>>(
        answers: Vec<Value>,
    ) -> (Vec<String>, Vec<i64>, Option<Error>)
    where
        C::Answer: Send,
    {
        let steps = answers.iter().map(|answer| match answer {
            Value::Null => Step::respond(500),
            // What `Value` cannot hold.
            Value::String(text) => Step::respond(200).body(text.clone()),
            answer => Step::respond(200).body(answer.to_string()),
        });
        let wire = ScriptedWire::new(steps);
        let mut items = Items::<Noah, C>::new(noah(&wire), Asked::default());
        let (mut found, mut failed) = (Vec::new(), None);
        while let Some(item) = items.next().await {
            assert!(failed.is_none(), "an error is the last item");
            match item {
                Ok(item) => found.push(item),
                Err(error) => failed = Some(error),
            }
        }
        let sent = wire.sent();
        let asked = sent
            .iter()
            .map(|sent| sent.url.query().unwrap_or_default().to_owned());
        (asked.collect(), found, failed)
    }

    #[tokio::test]
    async fn a_list_by_token_ends_where_it_says_so_and_a_circle_is_an_error() {
        let page = |items: &[i64], next: &str| json!({"Items": items, "Next": next});
        let last = json!({"Items": [3]});
        let (asked, found, failed) = listed::<ByToken>(vec![page(&[1, 2], "b"), last]).await;
        assert_eq!(
            (asked, found),
            (vec!["at=".to_owned(), "at=b".to_owned()], vec![1, 2, 3])
        );
        assert!(failed.is_none());

        for (answers, pages) in [
            // An empty page, no name, an empty name.
            (vec![page(&[1], "b"), page(&[], "c"), page(&[1], "d")], 2),
            (vec![json!({"Items": [1], "Next": null}), page(&[1], "d")], 1),
            (vec![page(&[1], ""), page(&[1], "d")], 1),
            (vec![json!({"Next": "b"}), page(&[1], "d")], 1),
        ] {
            let (asked, _, failed) = listed::<ByToken>(answers).await;
            assert_eq!(asked.len(), pages, "{asked:?}");
            assert!(failed.is_none());
        }
        // A circle of any length, wherever it begins.
        for length in 1..8 {
            let circle = |at: usize| if at < 3 { at } else { 3 + (at - 3) % length };
            let answers = (0..200)
                .map(|at| page(&[1], &format!("p{}", circle(at))))
                .collect();
            let (asked, _, failed) = listed::<ByToken>(answers).await;
            assert!(asked.len() < 40, "{length}: {}", asked.len());
            assert_eq!(failed.unwrap().kind(), ErrorKind::Mismatch, "{length}");
        }
    }

    #[tokio::test]
    async fn a_list_by_offset_ends_at_its_total() {
        let page = |items: &[i64], total: i64| json!({"Items": items, "Total": total});
        // Nobody says how many there are at last, and the list grows meanwhile.
        let answers = vec![page(&[1, 2], 3), page(&[3, 4], 5), page(&[4], 5), page(&[9], 9)];
        let (asked, found, failed) = listed::<ByOffset>(answers).await;
        assert_eq!(asked, ["at=", "at=2", "at=4"]);
        assert_eq!(found, [1, 2, 3, 4, 4]);
        assert!(failed.is_none());
        let (asked, found, failed) = listed::<ByOffset>(vec![json!({"Items": []})]).await;
        assert_eq!((asked.len(), found), (1, vec![]));
        assert!(failed.is_none());
        // An offset that the API passes over, and no total.
        for first in [json!({"Items": [1]}), json!({"Items": [1], "Total": null})] {
            let (asked, found, failed) = listed::<ByOffset>(vec![first.clone(), first]).await;
            assert_eq!((asked.len(), found), (1, vec![]));
            assert_eq!(failed.unwrap().kind(), ErrorKind::Mismatch);
        }
    }

    /// What cannot be read is no end of a list.
    #[tokio::test]
    async fn an_error_ends_a_list_and_is_told() {
        let first = json!({"Items": [1], "Next": "b"});
        for (second, kind) in [
            (Value::Null, ErrorKind::ServerError),
            (json!({"Items": [1], "Next": 7}), ErrorKind::Mismatch),
            (json!({"Items": 7, "Next": "c"}), ErrorKind::Mismatch),
            (json!({"Items": ["x"], "Next": "c"}), ErrorKind::Mismatch),
            (
                json!(r#"{"Items":[1],"Next":"c","Next":"d"}"#),
                ErrorKind::Mismatch,
            ),
            (
                json!(r#"{"Items":[1],"Items":[2],"Next":"c"}"#),
                ErrorKind::Mismatch,
            ),
            (json!([]), ErrorKind::Undecodable),
        ] {
            let more = json!({"Items": [1]});
            let (asked, found, failed) = listed::<ByToken>(vec![first.clone(), second.clone(), more]).await;
            assert_eq!((asked.len(), found), (2, vec![1]), "{second}");
            assert_eq!(failed.unwrap().kind(), kind, "{second}");
        }
    }

    /// As under a time limit: the list does not end there.
    #[tokio::test]
    async fn a_page_that_was_given_up_is_asked_for_again() {
        let page = json!({"Items": [1]}).to_string();
        let wire = ScriptedWire::new([Step::hang(), Step::respond(200).body(page)]);
        let mut pages = Pages::<Noah, ByToken>::new(noah(&wire), Asked::default());
        {
            let mut asking = Box::pin(pages.next());
            while wire.sent().is_empty() {
                let polled = poll_fn(|context| Poll::Ready(asking.as_mut().poll(context))).await;
                assert!(polled.is_pending());
                tokio::task::yield_now().await;
            }
        }
        let page = pages.next().await.unwrap().unwrap();
        assert_eq!(page.items.value(), Some(&vec![1]));
        assert!(pages.next().await.is_none());
    }
}
