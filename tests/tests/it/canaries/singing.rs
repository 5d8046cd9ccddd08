//! The shop that makes the calls, and prints all that it gets hold of.

use std::cell::RefCell;
use std::fmt::{Debug, Display};
use std::io::{self, Write as _};

use checkout_core::clock::FixedClock;
use checkout_core::key::SigningKey;
use checkout_transport::{CallOptions, Error, Receipt, Wire};
use hosted_checkout::noah::{Credentials, Noah};
use hosted_checkout::worldline::{self, ClientMetaInfo, ClientSession, Connect, Endpoint};
use serde_json::Value;
use tests::spec::Role;

use super::songs::{Song, Songbook};
use crate::matrix::{Api, Client, Given};
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

    /// Makes the call and shows what came of it: of what is written by hand, by its type.
    pub(super) async fn sing(&self, song: &Song, given: &Given) -> Result<(), Error> {
        use hosted_checkout::{noah::call as noah, worldline::call as worldline};

        let client = self.client(song);
        show(&given.arguments());
        if let (Some(body), Some(value)) = (&song.row.described.body, &given.body) {
            self.model(song, &body.schema, Role::Request, &value.to_string());
        }
        let prepared = client.prepare(song.id(), given)?;
        show(&prepared);
        macro_rules! typed {
            ($client:expr, $call:ty) => {{
                let answer = $client.send(&prepared.typed::<$call>().unwrap()).await?;
                show_receipt(answer.receipt());
                show(&answer);
                if self.mode == Mode::Models {
                    show(&**answer);
                }
                answer
            }};
        }
        match (song.id(), &client) {
            ("createManagedSession", Client::Noah(noah)) => drop(typed!(noah, noah::CreateManagedSession)),
            ("createSell", Client::Noah(noah)) => drop(typed!(noah, noah::CreateSell)),
            ("createFiatPayin", Client::Noah(noah)) => drop(typed!(noah, noah::CreateFiatPayin)),
            ("createSession", Client::Server(server)) => {
                let session = typed!(server, worldline::CreateSession);
                show(&(session.session(), session.session().hand_over()));
            }
            ("createProductSession", Client::Server(server)) => {
                show(&typed!(server, worldline::CreateProductSession).apple_pay());
            }
            ("createClientProductSession", Client::Device(device)) => {
                show(&typed!(device, worldline::CreateClientProductSession).apple_pay());
            }
            _ => {
                let answer = client.send(&prepared).await?;
                show_receipt(answer.receipt());
                show(&answer.unreadable());
                if let Some(schema) = &song.row.described.success().unwrap().schema {
                    let raw = String::from_utf8(answer.raw().to_vec()).unwrap();
                    self.model(song, schema, Role::Answer, &raw);
                }
            }
        }
        Ok(())
    }

    fn client(&self, song: &Song) -> Client {
        match song.row.api() {
            Api::Noah => Client::Noah(self.noah.clone()),
            Api::Server => Client::Server(self.connect.server()),
            Api::Device => {
                let session: ClientSession = serde_json::from_value(self.book.session.clone()).unwrap();
                let device = ClientMetaInfo::from_json(self.book.device.to_string()).unwrap();
                let client = self.connect.client(&session, &device).unwrap();
                show(&(&session, session.hand_over(), &device, &client));
                Client::Device(client)
            }
        }
    }

    /// Prints what is sent or received by its type, where that is asked for.
    fn model(&self, song: &Song, schema: &'static Value, role: Role, text: &str) {
        if self.mode == Mode::Models {
            let model = song.row.spec.model(song.row.component(schema), role);
            print(model.debug(text).unwrap());
        }
    }
}
