//! The shop that makes the calls, and prints all that it gets hold of.

use std::cell::RefCell;
use std::fmt::{Debug, Display};
use std::io::{self, Write as _};

use checkout_core::clock::FixedClock;
use checkout_core::key::SigningKey;
use checkout_transport::{CallOptions, Error, Receipt, Wire};
use hosted_checkout::noah::{Credentials, Noah};
use hosted_checkout::worldline::{self, ClientMetaInfo, ClientSession, Connect, Endpoint};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::songs::{Song, Songbook};
use crate::shop::NOW;

thread_local! {
    static ASIDE: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// A writer to where this thread's output is kept apart.
pub(super) struct Aside;

impl io::Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        ASIDE.with_borrow_mut(|aside| aside.get_or_insert_default().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What has been kept apart since this was asked last. All that follows is.
pub(super) fn aside() -> String {
    let said = ASIDE.replace(Some(Vec::new()));
    String::from_utf8(said.unwrap_or_default()).unwrap()
}

/// Everything that can be read of a value, on this process's output or kept apart.
#[allow(clippy::print_stdout, reason = "the output is what is searched")]
fn print(text: impl Display) {
    if ASIDE.with_borrow(Option::is_some) {
        writeln!(Aside, "{text}").unwrap();
    } else {
        println!("{text}");
    }
}

pub(super) fn show(value: &impl Debug) {
    print(format_args!("{value:?}\n{value:#?}"));
}

fn show_receipt(receipt: &Receipt) {
    show(receipt);
    print(serde_json::to_string(receipt).unwrap());
}

pub(super) fn show_error(error: Error) {
    describe(&error);
    let unwrap = |failed: Result<(), Error>| failed.unwrap();
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unwrap(Err(error)))).unwrap_err();
}

/// All of an error but the panic that it may end in.
pub(super) fn describe(error: &Error) {
    print(format_args!("kind: {:?}", error.kind()));
    print(error);
    show(error);
    show(&(
        error.api_error(),
        error.prepared(),
        error.violations(),
        error.decode_error(),
        error.details(),
    ));
    if let Some(receipt) = error.receipt() {
        show_receipt(receipt);
    }
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        print(error);
        show(&error);
        source = error.source();
    }
}

/// What may show fields that the spec does not call sensitive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing.
    Plain,
    /// Bodies in the log, by the names of their fields.
    Bodies,
    /// Requests and answers, printed by their types.
    Models,
}

/// The shop of a run, over a wire that plays these steps.
pub(super) struct Shop<'a> {
    book: &'a Songbook,
    noah: Noah,
    connect: Connect,
    mode: Mode,
}

impl<'a> Shop<'a> {
    pub(super) fn new(book: &'a Songbook, key: &SigningKey, wire: impl Wire + Clone, mode: Mode) -> Self {
        let options = CallOptions::DEFAULT
            .attempts(2)
            .log_bodies(mode == Mode::Bodies)
            .mend_clock(true);
        let credentials = Credentials::sandbox(&book.api_key, key.clone()).unwrap();
        show(&credentials);
        let builder = Noah::builder(credentials)
            .wire(wire.clone())
            .options(options)
            .clock(FixedClock::at_unix(NOW));
        show(&builder);
        let noah = builder.build().unwrap();
        show(&(&noah, noah.checkout(), noah.api(), noah.api().transport()));

        let credentials = worldline::Credentials::builder()
            .merchant_id("9991")
            .api_key_id("key-id-1")
            .secret_api_key(book.secret_api_key.as_str())
            .integrator("Sample Coffee")
            .build()
            .unwrap();
        show(&credentials);
        let connect = Connect::builder()
            .endpoint(Endpoint::sandbox())
            .credentials(credentials)
            .wire(wire.clone())
            .options(options)
            .clock(FixedClock::at_unix(NOW))
            .build()
            .unwrap();
        show(&(&connect, connect.server()));
        Self {
            book,
            noah,
            connect,
            mode,
        }
    }

    /// Makes the call and shows what came of it.
    pub(super) async fn sing(&self, song: &Song, request: &Value) -> Result<(), Error> {
        let checkout = self.noah.checkout();
        let server = self.connect.server();
        let input = &request["paymentProductSession302SpecificInput"];
        let key = self.book.idempotence_key.as_str();
        match song.operation.id {
            "createManagedSession" => {
                let request = self.model(request);
                let prepared = self.noah.api().prepare_create_managed_session(&request)?;
                show(&prepared);
                let session = checkout.send(&prepared).await?;
                show_receipt(session.receipt());
                self.heard(&session, &**session);
            }
            "createSell" => {
                let request = self.model(request);
                let prepared = self.noah.api().prepare_create_sell(&request)?;
                show(&prepared);
                let session = checkout.send(&prepared).await?;
                show_receipt(session.receipt());
                self.heard(&session, &**session);
            }
            "createFiatPayin" => {
                let request = self.model(request);
                let prepared = self.noah.api().prepare_create_fiat_payin(&request)?;
                show(&prepared);
                let session = checkout.send(&prepared).await?;
                show_receipt(session.receipt());
                self.heard(&session, &**session);
            }
            "createSession" => {
                let call = server.create_session().idempotence_key(key);
                let request: worldline_connect_models::SessionRequest = self.model(request);
                let call = call.maybe_payment_product_filters(request.payment_product_filters);
                let prepared = call.maybe_tokens(request.tokens).prepare()?;
                show(&prepared);
                let session = server.send(&prepared).await?;
                show_receipt(session.receipt());
                show(&(session.session(), session.session().hand_over()));
                self.heard(&session, &**session);
            }
            "createProductSession" => {
                let call = server
                    .create_product_session()
                    .payment_product_id(302)
                    .idempotence_key(key);
                let prepared = call
                    .payment_product_session302_specific_input(self.model::<ApplePayInput>(input))
                    .prepare()?;
                show(&prepared);
                let session = server.send(&prepared).await?;
                show_receipt(session.receipt());
                show(&session.apple_pay());
                self.heard(&session, &**session);
            }
            "testConnection" => {
                let response = server.test_connection().await?;
                show_receipt(response.receipt());
                self.heard(&response, &*response);
            }
            "createClientProductSession" => {
                let session: ClientSession = serde_json::from_value(self.book.session.clone()).unwrap();
                let device = ClientMetaInfo::from_json(self.book.device.to_string()).unwrap();
                let client = self.connect.client(&session, &device)?;
                show(&(&session, session.hand_over(), &device, &client));
                let prepared = client
                    .create_product_session()
                    .payment_product_id(302)
                    .payment_product_session302_specific_input(self.model::<ApplePayInput>(input))
                    .prepare()?;
                show(&prepared);
                let session = client.send(&prepared).await?;
                show_receipt(session.receipt());
                show(&session.apple_pay());
                self.heard(&session, &**session);
            }
            other => panic!("{other} has no song; add it here"),
        }
        Ok(())
    }

    fn model<T: DeserializeOwned + Debug>(&self, request: &Value) -> T {
        let model = serde_json::from_value(request.clone()).unwrap();
        if self.mode == Mode::Models {
            show(&model);
        }
        model
    }

    fn heard(&self, session: &impl Debug, model: &impl Debug) {
        show(session);
        if self.mode == Mode::Models {
            show(model);
        }
    }
}

type ApplePayInput = worldline_connect_models::MobilePaymentProductSession302SpecificInput;
