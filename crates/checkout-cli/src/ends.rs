//! Tells the person what became of the money if a signal or a panic ends the program before the end of a call is known
//! and shown. All other ends are told by the call itself.

use std::future::Future;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

use checkout_transport::PreparedRequest;
use hosted_checkout::Outcome;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::account::{self, WayOn};
use crate::failure::Step;
use crate::stop::{Signals, Stopped};
use crate::{Exit, Format};

/// How long a call has to end by itself after a signal, say to write to a terminal that is held.
const GRACE: Duration = Duration::from_secs(2);
/// How long the last message may take.
const LAST_WORDS: Duration = Duration::from_millis(500);

struct UnderWay {
    request: PreparedRequest,
    way_on: WayOn,
    format: Format,
}

static UNDER_WAY: Mutex<Option<UnderWay>> = Mutex::new(None);
static LISTENER: OnceLock<watch::Receiver<Option<Stopped>>> = OnceLock::new();

/// Notices signals from its creation on.
#[derive(Debug, Clone)]
pub(crate) struct Watch(watch::Receiver<Option<Stopped>>);

impl Watch {
    /// From now on, signals do not end the program before it has told what became of the money. One that comes while no
    /// call is under way ends it as it always did.
    pub(crate) fn listen() -> io::Result<Self> {
        if let Some(listener) = LISTENER.get() {
            return Ok(Self(listener.clone()));
        }
        let (stop, stopped) = watch::channel(None);
        // A runtime of its own: the program's may be busy writing, or gone.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let signals = {
            let _context = runtime.enter();
            Signals::listen()?
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(heed(signals, stop)))?;
        Ok(Self(LISTENER.get_or_init(|| stopped).clone()))
    }

    /// Whether a signal has come.
    pub(crate) fn is_stopped(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Does the work unless a signal comes first, which drops it.
    pub(crate) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        let mut stopped = self.0.clone();
        let before = *stopped.borrow();
        if let Some(signal) = before {
            return Err(signal);
        }
        let signal = async {
            loop {
                // The listener outlives everything.
                if stopped.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                let signal = *stopped.borrow();
                if let Some(signal) = signal {
                    return signal;
                }
            }
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            signal = signal => Err(signal),
        }
    }
}

async fn heed(mut signals: Signals, stop: watch::Sender<Option<Stopped>>) {
    let first = signals.next().await;
    stop.send_replace(Some(first));
    if UNDER_WAY.lock().is_some() {
        let _ = tokio::time::timeout(GRACE, signals.next()).await;
    }
    let code = last_words(&format!("{} ended the command", first.name));
    std::process::exit(code.unwrap_or(first.exit_code()).into());
}

/// From here until [`ended`], the person does not know the end of this call.
pub(crate) fn begins(request: &PreparedRequest, way_on: &WayOn, format: Format) {
    *UNDER_WAY.lock() = Some(UnderWay {
        request: request.clone(),
        way_on: way_on.clone(),
        format,
    });
}

/// Its end is known and shown.
pub(crate) fn ended() {
    *UNDER_WAY.lock() = None;
}

/// A panic of the main thread tells of the money too, and ends with the code for it.
pub(crate) fn on_panic() {
    let main = std::thread::current().id();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        if std::thread::current().id() == main
            && let Some(code) = last_words("the command ended by a mistake of its own (a panic, see above)")
        {
            std::process::exit(code.into());
        }
    }));
}

/// Tells stderr, without waiting for one that takes nothing. Gives the exit code; `None` if there is nothing to tell.
fn last_words(what: &str) -> Option<u8> {
    // Whoever panicked may hold it.
    let under_way = UNDER_WAY.try_lock()?;
    let under_way = under_way.as_ref()?;
    let (request, way_on, format) = (&under_way.request, &under_way.way_on, under_way.format);
    let outcome = request.outcome();
    // If the request is stored already, `resume` sends it; to advise another request would make a second payment.
    let is_written = outcome == Outcome::NotSent && way_on.record.is_some();
    let next = is_written.then(|| Step {
        command: way_on.command.clone(),
        ..Step::new("it may be written down: finish it, or forget its record before you send another")
    });
    let mut report = account::report(what, request, outcome, way_on, next);
    let exit = if is_written {
        account::name_record(way_on, &mut report);
        Exit::Unknown
    } else {
        Exit::from(outcome)
    };
    let (done, wait) = mpsc::channel();
    let writer = std::thread::Builder::new().spawn(move || {
        report.write(exit, format);
        let _ = done.send(());
    });
    if writer.is_ok() {
        let _ = wait.recv_timeout(LAST_WORDS);
    }
    Some(exit.code())
}
