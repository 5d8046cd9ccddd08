//! A request before it is sent: finished to the byte, and fit to be stored.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use checkout_core::received::Receive;
use checkout_core::{Idempotency, Operation, Viewed, Violation};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;

use crate::path::{MISFIT, fits};
use crate::text::{Bounded, NAME};
use crate::{Account, Attempt, Outcome, Receipt};

mod stored;

/// The target of log lines about values that are probably not meant, for those who show them otherwise.
pub(crate) const NEAR_MISS: &str = "checkout_transport::near_miss";

/// One operation as a type: what [`Prepared`] requests of it are answered with. Generated clients have one for each.
pub trait Call: Send + Sync + 'static {
    /// What a success holds.
    type Answer: Receive + Viewed + Send + 'static;

    /// The operation's row in the table.
    fn operation() -> &'static Operation;
}

/// A finished request of one operation, ready to be sent, and to be sent again after anything that may happen.
///
/// Store it before it is sent, and a process that dies at any point can go on after a restart: it is the same request to
/// the byte, with the same Nonce or idempotence key, so that the API acts once.
///
/// ```no_run
/// # use checkout_transport::{Call, Prepared};
/// # fn store(_: String) {}
/// # fn stored() -> String { String::new() }
/// # fn f<C: Call>(prepared: Prepared<C>) -> Result<(), serde_json::Error> {
/// store(serde_json::to_string(&prepared)?);
/// // … in another process:
/// let prepared: Prepared<C> = serde_json::from_str(&stored())?;
/// # Ok(())
/// # }
/// ```
///
/// The stored text holds the body, and so what customers entrusted to the shop: keep it as you keep their data. It holds
/// no credentials. It names its base URL, and by a digest the account whose credentials it was made for, and is sent to no
/// other; reading it back checks that it is whole.
///
/// Clones are the same request: what is known of its [`Outcome`] is known to all of them.
pub struct Prepared<C> {
    request: PreparedRequest,
    call: PhantomData<fn() -> C>,
}

/// A [`Prepared`] request of any operation.
#[derive(Clone)]
pub struct PreparedRequest {
    form: Arc<Form>,
    history: Arc<Mutex<History>>,
}

/// What is sent, and never changes.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) operation: &'static Operation,
    pub(crate) base_url: Arc<str>,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) body_sha256: String,
    pub(crate) key: Option<String>,
    /// The key was made for this request, so that no other can have it.
    pub(crate) is_fresh_key: bool,
    pub(crate) made: SystemTime,
    /// Whose credentials it was made for. Empty where nobody said, until it is sent with some.
    pub(crate) account: OnceLock<Account>,
    pub(crate) warnings: Vec<Violation>,
}

/// What became of the request so far.
#[derive(Clone, Copy)]
struct History {
    /// It was read from storage: whoever stored it may have sent it.
    stored: bool,
    /// Attempts that have no outcome yet.
    in_flight: u32,
    /// Of all that have, the one that matters most.
    outcome: Outcome,
}

impl History {
    fn beginning(stored: bool) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            stored,
            in_flight: 0,
            outcome: Outcome::NotSent,
        }))
    }

    /// A success counts as an attempt that may have taken effect.
    fn outcome(&self) -> Outcome {
        if self.stored || self.in_flight > 0 {
            Outcome::Unknown
        } else {
            self.outcome
        }
    }
}

impl PreparedRequest {
    /// A request that nobody has sent yet.
    pub(crate) fn of_form(form: Form) -> Self {
        Self {
            form: Arc::new(form),
            history: History::beginning(false),
        }
    }

    /// The same request, history included, at another place.
    pub(crate) fn moved(&self, base_url: Arc<str>, url: Url) -> Self {
        let mut moved = self.clone();
        let form = Arc::make_mut(&mut moved.form);
        (form.base_url, form.url) = (base_url, url);
        moved
    }

    /// Which operation it calls.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.form.operation
    }

    /// The method as sent.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.form.method
    }

    /// The path below the base URL as sent, with the query if there is one.
    #[must_use]
    pub fn path(&self) -> &str {
        let url = self.form.url.as_str();
        url.strip_prefix(self.base_url()).unwrap_or(url)
    }

    /// The base URL that it was made for.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.form.base_url
    }

    /// The bytes of the body, the same in every attempt; empty if there is none. They hold customers' data.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.form.body.as_deref().unwrap_or_default()
    }

    /// SHA-256 of the body, in lower-case hex.
    #[must_use]
    pub fn body_sha256(&self) -> &str {
        &self.form.body_sha256
    }

    /// The key by which the API recognises a repeat: the `Nonce` of the body, or the header `X-GCS-Idempotence-Key`.
    /// `None` if the operation has none, or the request carries none.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.form.key.as_deref()
    }

    /// Whether the key was made for this request, so that no other can have it: [`with_fresh_key`](Self::with_fresh_key). Not of one that was
    /// read from storage.
    #[must_use]
    pub fn has_fresh_key(&self) -> bool {
        self.form.is_fresh_key
    }

    /// What the API may take and is probably not meant, such as `card` for `Card`. A service shows them to whoever wrote the
    /// request; each is also logged as a warning when the request is made. None of one that was read from storage.
    #[must_use]
    pub fn warnings(&self) -> &[Violation] {
        &self.form.warnings
    }

    /// Whether the API recognises a repeat of it as one: a read, or a request with a key.
    #[must_use]
    pub fn is_recognised(&self) -> bool {
        self.operation().idempotency == Idempotency::Read || self.idempotency_key().is_some()
    }

    /// When it was made.
    #[must_use]
    pub fn made(&self) -> SystemTime {
        self.form.made
    }

    /// Whose credentials it was made for, and is sent with. `None` if that is not known, as of one that an earlier version of
    /// this library stored: then it becomes that of the first client that sends it.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.form.account.get()
    }

    /// The same request, with the word of its owner that the credentials it is sent with next are of the account that it was
    /// made for: those of then were replaced. From then on it is bound to them. Another account does not know its key, and
    /// would act a second time.
    #[must_use]
    pub fn of_same_account(mut self) -> Self {
        Arc::make_mut(&mut self.form).account = OnceLock::new();
        self
    }

    /// Whether it is of another account than that of these credentials, which are about to send it. One of no account yet
    /// becomes one of theirs.
    pub(crate) fn is_of_other_account(&self, account: Option<&Account>) -> bool {
        account.is_some_and(|now| self.form.account.get_or_init(|| now.clone()) != now)
    }

    /// What is known of its effect so far, over all attempts of all calls: [`Outcome::NotSent`] for one that was just
    /// made, [`Outcome::Unknown`] while an attempt is under way, after a success, and for one that was read from storage,
    /// since the process that stored it may have sent it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.past().outcome()
    }

    /// A request of its own for one attempt. The body's bytes are shared, not copied.
    pub(crate) fn request(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.form.method.clone(), self.form.url.clone());
        // With room for those that are added on the way.
        let mut headers = HeaderMap::with_capacity(self.form.headers.len() + 8);
        let own = self.form.headers.iter();
        headers.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        *request.headers_mut() = headers;
        *request.body_mut() = self.form.body.clone().map(reqwest::Body::from);
        request
    }

    /// The account of a call that made these attempts.
    pub(crate) fn receipt(&self, attempts: Vec<Attempt>) -> Receipt {
        Receipt {
            operation: self.operation().id.to_owned(),
            idempotency_key: self.idempotency_key().map(str::to_owned),
            body_sha256: self.body_sha256().to_owned(),
            made: self.made(),
            attempts,
        }
    }

    /// Notes that an attempt is about to leave. Until [`Flight::landed`] says otherwise it may take effect. `None` if it must
    /// not leave: it moves money, may have been sent before, and the API would take it for a second request.
    pub(crate) fn takes_off(&self) -> Option<Flight<'_>> {
        let mut past = self.past();
        if past.outcome() == Outcome::Unknown && self.operation().moves_money && !self.is_recognised() {
            return None;
        }
        past.in_flight += 1;
        drop(past);
        Some(Flight {
            request: self,
            outcome: Outcome::Unknown,
        })
    }

    fn past(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same request, with the word of its maker that the key was made for it. If it is refused, nothing happened at all: no
    /// other request with that key may have taken effect. The call builders say so of the keys that they make.
    #[must_use]
    pub fn with_fresh_key(mut self) -> Self {
        Arc::make_mut(&mut self.form).is_fresh_key = true;
        self
    }

    /// The same request, with the word of its owner that it was never sent before it was read from storage: for an outbox
    /// that writes down *before* sending that it is about to. A refusal of it can then be reported as one, where it would
    /// else be [`Outcome::Unknown`]; and one without a key, which moves money, can be sent at all. What became of it since
    /// it was read stays, for all clones.
    #[must_use]
    pub fn never_sent(self) -> Self {
        self.past().stored = false;
        self
    }

    fn warn(&mut self, warnings: Vec<Violation>) {
        for Violation { pointer, message, .. } in &warnings {
            let operation = self.operation().id;
            tracing::warn!(target: NEAR_MISS, operation, pointer, message, "this is probably not meant");
        }
        if !warnings.is_empty() {
            Arc::make_mut(&mut self.form).warnings.extend(warnings);
        }
    }

    /// The request as one of this operation; `None` if it is of another.
    #[must_use]
    pub fn typed<C: Call>(&self) -> Option<Prepared<C>> {
        (*self.operation() == *C::operation()).then(|| Prepared::of(self.clone()))
    }
}

/// An attempt under way. Dropped without a word, as when its future is given up, it leaves the outcome unknown.
pub(crate) struct Flight<'a> {
    request: &'a PreparedRequest,
    outcome: Outcome,
}

impl Flight<'_> {
    /// The attempt is over, and this is all that it can have done.
    pub(crate) fn landed(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut history = self.request.past();
        history.in_flight -= 1;
        history.outcome = history.outcome.join(self.outcome);
    }
}

impl<C> Prepared<C> {
    /// The request must be of this operation.
    pub(crate) const fn of(request: PreparedRequest) -> Self {
        Self {
            request,
            call: PhantomData,
        }
    }

    /// As [`PreparedRequest::never_sent`].
    #[must_use]
    pub fn never_sent(self) -> Self {
        Self::of(self.request.never_sent())
    }

    /// As [`PreparedRequest::of_same_account`].
    #[must_use]
    pub fn of_same_account(self) -> Self {
        Self::of(self.request.of_same_account())
    }

    /// See [`PreparedRequest::with_fresh_key`].
    #[must_use]
    pub fn with_fresh_key(mut self) -> Self {
        self.request = self.request.with_fresh_key();
        self
    }

    /// For clients: the same request with more that was found beside broken rules.
    #[doc(hidden)]
    #[must_use]
    pub fn with_warnings(mut self, warnings: Vec<Violation>) -> Self {
        self.request.warn(warnings);
        self
    }

    /// For clients: the same request with a new key where its API takes the key in a header and none was given. Without one
    /// it could not be repeated.
    #[doc(hidden)]
    #[must_use]
    pub fn with_key(mut self, fresh: impl FnOnce() -> String) -> Self {
        let operation = self.operation();
        if let Idempotency::Header(name) = operation.idempotency
            && self.idempotency_key().is_none()
            && let Ok(name) = HeaderName::from_bytes(name.as_bytes())
            && let key = fresh()
            && let Ok(value) = HeaderValue::from_str(&key)
        {
            let form = Arc::make_mut(&mut self.request.form);
            form.headers.insert(name, value);
            form.key = Some(key);
            form.is_fresh_key = true;
        }
        self
    }
}

impl<C> Clone for Prepared<C> {
    fn clone(&self) -> Self {
        Self {
            request: self.request.clone(),
            call: PhantomData,
        }
    }
}

impl<C> Deref for Prepared<C> {
    type Target = PreparedRequest;
    fn deref(&self) -> &PreparedRequest {
        &self.request
    }
}

impl<C> fmt::Debug for Prepared<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

/// Neither the path, which may hold a customer's id, nor the body.
impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("operation", &self.operation().id)
            .field(
                "idempotency_key",
                &self.idempotency_key().map(|key| Bounded::new(key, NAME)),
            )
            .field("body_bytes", &self.body().len())
            .field("outcome", &self.outcome())
            .finish_non_exhaustive()
    }
}

/// Whether the request is what its operation says: retries, logs and idempotency all go by the operation.
pub(crate) fn check(
    operation: &Operation,
    base_url: &str,
    method: &Method,
    url: &Url,
) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the URL is neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the URL holds user information; credentials are set apart from it");
    }
    if method != operation.method {
        return Err("the request's method is not the operation's");
    }
    // Both were written by the same parser, so that equal origins are equal texts.
    let below = url.as_str().strip_prefix(base_url);
    let path = below.map(|below| below.split(['?', '#']).next().unwrap_or(below));
    match path {
        Some(path) if fits(path, operation.path) => Ok(()),
        _ => Err(MISFIT),
    }
}
