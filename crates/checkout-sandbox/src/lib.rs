//! Local NOAH and Worldline Connect servers to build a shop against, without an account or a network.
//!
//! They check what the real ones check (API keys, request tokens claim by claim, HMACs, schemas), answer as documented,
//! remember what happened until they stop, and deliver signed webhooks. They stand on the models alone, never on this project's clients,
//! and check signatures by another path than the one that makes them.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use checkout_sandbox::Sandbox;
//!
//! let sandbox = Sandbox::builder().noah_webhook("http://127.0.0.1:9/hooks").start().await?;
//! let noah = sandbox.noah();
//! assert!(noah.report().base_url.ends_with("/v1"));
//! assert!(noah.report().api_key.starts_with("apikey_sandbox_"));
//!
//! // Let a client open a session, then end it as a customer would:
//! // noah.settle(&session.checkout_session_id)?;
//! sandbox.drain().await;
//! println!("{}", serde_json::to_string(&sandbox.ready_report())?);
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Over HTTP
//! The NOAH listener also serves, to this machine alone:
//! - `POST /_sandbox/sessions/{id}/settle`, `…/fail` and `…/expire`: end a session, by a pay-in's `CheckoutSessionID` or a sale's
//!   transaction `ID`. Doing it again is 200, doing the other afterwards 409.
//! - `POST /_sandbox/customers/{id}/approve`, `…/decline` and `…/ask`: ends the checks of a customer, or has NOAH ask for more, and
//!   posts the `Customer` event.
//! - `POST /_sandbox/onchain-deposits` with `{"Address": "0x…", "CryptoAmount": "50"}`: crypto comes to an address at which a
//!   workflow waits. The payout that follows ends like a sale.
//! - `GET /_sandbox/clock`; `POST` with `{"AdvanceSeconds": 900}` moves it.
//! - `GET /_sandbox/ledger`: what was paid.
//! - `GET /_sandbox/deliveries`, `GET /_sandbox/deliveries/{number}`: what became of the last 10,000 webhooks of both APIs.
//!   One by itself comes with its signature and body, masked but with `?reveal=1`.
//! - `POST /_sandbox/deliveries/{number}/resend`: sends it again, and answers when that has ended.
//! - `GET` and `PUT /_sandbox/webhooks`: the oddities of webhooks, as [`WebhookSwitches`] in JSON.
//! - `GET /_sandbox/noah/webhook-key`: the public key of NOAH's webhooks, as PEM.
//! - `POST /_sandbox/noah/webhooks`, `POST /_sandbox/worldline/webhooks`: events on demand, as [`NoahTrigger`] and
//!   [`WorldlineTrigger`] in JSON.
//! - `GET /_sandbox`: the console, in a browser: requests with each check, sessions, ledger, webhooks, fault rules and the
//!   clock, live. Personal data is masked until it is asked for.
//! - `GET /hosted/{id}`: the page that `HostedURL` opens. A pay-in or a sale is paid, declined or left to expire there, and
//!   the browser goes back to `ReturnURL`; a managed session shows the customer's payment methods. What its forms post to
//!   takes them from the sandbox's own pages alone.
//! - `GET /onboarding/{id}`: the page that `HostedURL` of an onboarding opens; the customer's checks end there, as by the control calls.
//! - `GET /deposit/{id}`: the page that `HostedURL` of a workflow opens, with the bank details.
//! - `GET`, `POST` and `DELETE /_sandbox/faults`, `DELETE …/faults/{id}`: the fault rules in force, each with its id and
//!   how many requests it was for (`matched`) and happened to (`fired`). `POST` takes a rule, as JSON text or object, or a
//!   list of them, and answers 201 with what was added.
//! - `GET /_sandbox/requests`: the last 1,000 requests to both APIs, in the order of arrival: operation, path, `status`
//!   (`null` if there was no answer), microseconds, the fault that happened to it. `GET …/requests/{number}` has headers,
//!   body and checks too. Secrets never show; personal data does with `?reveal=1`.
//! - `GET /_sandbox/events`: server-sent events as things happen: `request`, `session`, `delivery`, `fault`, and `lagged`
//!   for a reader that was too slow.
//!
//! # When things go wrong
//! A [`FaultRule`] says to which requests something happens, and a [`Fault`] what: an error of the API's own, a page of a
//! proxy, a redirect, a late, stalled or truncated answer, a connection that is cut before or after the work, a clock that
//! is off, a value that nobody knows, a compressed answer. Rules are given to [`SandboxBuilder::faults`], read from a file by
//! [`FaultRule::read_file`], and changed while it runs by [`Sandbox::faults`] and over HTTP. The same seed and the same
//! requests give the same faults.
//!
//! The header `X-Sandbox-Fault` asks for faults for the one request that carries it, and sets rules aside for it:
//! `X-Sandbox-Fault: 503, retry-after=2s`. No signature covers it. Answers tell what was done to them in
//! `X-Sandbox-Fault-Applied`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use checkout_sandbox::Sandbox;
//!
//! // The first pay-in is accepted, but nobody hears of it.
//! let sandbox = Sandbox::builder().faults(["createFiatPayin cut-after count=1".parse()?]).start().await?;
//! // Pay; then:
//! assert_eq!(sandbox.faults().list()[0].fired, 0);
//! # Ok(())
//! # }
//! ```
//!
//! # Webhooks
//! NOAH's are signed with a P-384 key of the sandbox's own (`Webhook-Signature`), Worldline Connect's with an HMAC under a
//! secret of its own (`X-GCS-Signature`, `X-GCS-KeyId`); [`ReadyReport`] has both. Each API has its own address.
//!
//! NOAH's dashboard is said to offer the event types `Transaction`, `FiatDeposit` and `Customer`. `CheckoutSession` stands
//! in its spec and not among them, so a shop should not depend on it: build against
//! `event_types(["Transaction", "FiatDeposit", "Customer"])`. Sessions post all but `Customer`, which comes by onboarding and by
//! [`NoahSandbox::trigger`]; so do all events of Worldline Connect, by [`WorldlineSandbox::trigger`].
//!
//! First attempts go out in order, one after the other for each API. A webhook that is not answered with 2xx within five
//! seconds waits by itself, as [`SandboxBuilder::webhook_schedule`] says, and holds up none behind it; after the last wait
//! it is given up. Redirects are not followed. A repeated attempt has the same bytes and the same signature.
//!
//! [`WebhookSwitches`] make webhooks odd on purpose: duplicates, another order, delays, wrong signatures, unknown event
//! types and values, extra fields.
//!
//! # Where the vendors are silent
//! What a client may meet stands in the specs too, as `x-sandbox`.
//!
//! - NOAH, a `Nonce` used again with another body: 409. The scope of a `Nonce` is the API key and the operation; only
//!   successes are kept. The same body means the same bytes.
//! - NOAH, an unknown customer without `Customer`: 404.
//! - NOAH, a payment method category or a crypto currency that its documents do not name, a crypto currency without
//!   `_TEST`, a fiat currency that is not three capital letters, a quantity of zero, a sale that costs more crypto than
//!   authorised: 400 with `IntegrityValidation`. Any other three letters pass: what an account may use depends on it.
//! - NOAH, payment methods: a customer's are kept by the hosted page for managed sessions, and survive an update of the
//!   customer. The id of a bank account is made as live ones are; those of cards and identifiers are the sandbox's own. A
//!   deposit's sender is the payment method that was chosen to pay with, else an invented one.
//! - NOAH, balances: they begin at nothing. A transaction in adds to them when it is settled; a payout or a sale by call takes what it
//!   costs from `Available` at once, and gives it back when it fails. One that costs more is refused with 400 and
//!   `InsufficientBalance`. A sale by call ends by the control calls for sessions, under its transaction's `ID`.
//! - NOAH, customers: whom a request brings is approved at once, whom onboarding brings waits for a control call. Each step of the checks
//!   posts one event for each currency of `FiatOptions`; they do not say which of them it is about. Onboarding of a
//!   customer who is approved: 400. Either may pay while the checks go on; who was declined gets 403 from whatever moves money.
//! - NOAH, documents: an address works for 15 minutes and takes a file of at most 64 MiB (`PUT /uploads/{id}`) for any customer; a
//!   request with a key or without `Content-Type` or `Content-Length` is refused there. The page of the customer's onboarding shows size
//!   and digest of what came last; of a file that was cut nothing is kept. The last 1,000 addresses are known.
//! - NOAH, deposits that are `Reversed`: NOAH says that it handles reversals by hand, so they come by [`NoahTrigger`] alone.
//! - NOAH, a payout or a sale by call in a currency without a price, or whose cost has too many digits: 400. What was prepared is sold
//!   once; after that its `FormSessionID` is unknown (404).
//! - NOAH, channels: the same eight always, without fees; their forms ask for the account alone. A sale to an
//!   `AccountHolderName` that begins with `Mock-` has a further step, `Cob`, which is confirmed by preparing it again.
//! - NOAH, a simulated deposit: becomes USDC, and belongs to the customer who has stored its payment method, if one has. It stands
//!   in the ledger under its `FiatDepositID`. One to the bank details of a workflow becomes that one's crypto, which goes out to
//!   the address at once; the details are the same for the same order, and have no fees.
//! - NOAH, crypto that is paid in: over one network for each currency. The ledger has the crypto as what was paid. `POST
//!   /checkout/buy`: its transaction stands in the place of a session, from the beginning.
//! - NOAH, crypto that a workflow waits for: it comes by a control call alone, and is refused (409) if no condition of the trigger is
//!   met or the trigger has run out. It is the account's, which pays the prepared sale with it; without `FiatAmount`, all of it
//!   is sold.
//! - NOAH, a rule: kept as a row with an address. Nothing sets it off.
//! - NOAH, a `ReturnURL` that is no http or https address: taken, shown, and never followed.
//! - NOAH, prices: 1 for USDC, 100,000 for a bitcoin, in every fiat currency, without fees. Both amounts at once: 400.
//! - NOAH, what was prepared and not sold: the last 1,000 are kept; of those before, a `FormSessionID` is unknown (404). Money can be paid
//!   out to a stored payment method, and nothing else (`Capability`).
//! - NOAH, a sale that is prepared without a stored payment method and without what the channel's form asks for, or beyond its limits:
//!   400. A `PageToken` that no page of the same list gave: 400.
//! - Both, a body that does not fit the schema: 400 with every fault, up to 1,000 of them. NOAH lists them in
//!   `RequestExtension`, Worldline Connect in `errors`. `null` is no absent field, and a person who sells has no `Type`.
//!   A body is at most 1 MiB long (413), is not compressed (415), and says that it is `application/json` (415). A byte order
//!   mark before it is passed over, and counts in a signature; a field that stands twice in its object is refused (400).
//! - Both, an operation that the sandbox has no behaviour for: the first example of its documented success, with the ids of the
//!   request where names agree, once authentication, parameters, schema and idempotency have passed. A `HostedURL` in it leads to a
//!   page of the sandbox's that says so. One that moves money (`x-moves-money`) is refused with 400 instead: nothing was done.
//! - Both, a query parameter that the operation does not have: passed over, and told of like a field, as `?name`. A parameter that
//!   does not fit its schema: 400.
//! - Both, another method: 405 with `Allow`, `OPTIONS` included; `HEAD` is answered where `GET` is. An unknown path: 404. What is no HTTP at all gets
//!   a bare 400, 414 or 431.
//! - Both, the schedule of webhooks: neither publishes when, how often and for how long it tries again. The sandbox's is
//!   short by default, for tests.
//! - Both, the order of webhooks: neither promises one. The sandbox keeps to that of the changes until told to reorder.
//! - Worldline Connect, the objects of its events: the spec leaves them open. The sandbox fills in what the vendor's own
//!   examples show, and puts each status into one of the vendor's categories as it reads them.
//! - Both, a field that the schema does not have (`ExternalId` for `ExternalID`): dropped. The header
//!   `X-Sandbox-Ignored-Fields` lists such fields as JSON pointers, parted by commas, percent-encoded where a header needs
//!   it, on every answer to a request that fits the schema otherwise.
//! - Both, a client that hangs up: what was accepted is done to its end, and a repetition with the same `Nonce` or
//!   idempotence key gets the first answer.
//! - Worldline Connect, pages: those of any origin may call the Client API, and read the headers of the sandbox's own.
//! - Worldline Connect, bad credentials: 401 with code 9002; another merchant: 403; an idempotence key used again with
//!   another body: 409. Codes that no document of the vendor knows begin with `SANDBOX_`, and the header
//!   `X-Sandbox-Detail` says what exactly is wrong.

/// Fails to compile if a type has `Debug`, for what it holds must never reach a log.
#[cfg(test)]
macro_rules! assert_unprintable {
    ($($type:ty),+ $(,)?) => {$({
        struct Printable;
        #[allow(dead_code)]
        trait Unprintable<Marker> {
            fn proof() {}
        }
        impl<T: ?Sized> Unprintable<()> for T {}
        impl<T: ?Sized + ::std::fmt::Debug> Unprintable<Printable> for T {}
        // Ambiguous if both implementations fit.
        let _ = <$type as Unprintable<_>>::proof;
    })+};
}

mod console;
mod engine;
mod noah;
mod profiles;
mod running;
mod trigger;
mod worldline;

pub use engine::courier::{
    Attempt, Delivery, DeliveryState, ResendError, ScheduleError, SwitchError, WebhookSchedule,
    WebhookSwitches,
};
pub use engine::faults::{
    ActiveRule, Fault, FaultError, FaultFileError, FaultRule, FaultRuleError, Faults, Probability,
};
pub use engine::ground::StateError;
pub use engine::spec::Api;
pub use noah::{Ending, Entry, Ledger, NoahTrigger, RegisterError, SessionStatus, Total, TransitionError};
pub use running::{
    NoahReport, NoahSandbox, ReadyReport, Sandbox, SandboxBuilder, StartError, WebhooksReport,
    WorldlineReport, WorldlineSandbox,
};
pub use trigger::TriggerError;
pub use worldline::WorldlineTrigger;

#[cfg(test)]
mod tests {
    #[test]
    fn requests_have_no_debug() {
        // Keys and tokens in headers, persons in bodies.
        assert_unprintable!(
            crate::engine::exchange::Received,
            crate::engine::journal::Record,
            crate::engine::journal::Journal,
            crate::engine::journal::Recording,
            crate::engine::front::Gate,
        );
    }
}
