//! A sign of life while something takes long.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// What is done sooner needs no sign.
const LONG: Duration = Duration::from_secs(1);
const FRAME: Duration = Duration::from_millis(120);

/// Waits, and from the first second on says for what: on stderr, and only if that is a terminal.
pub(crate) async fn during<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(LONG) => {}
    }
    // Gone too if the work is given up.
    let spinner = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.set_message(what);
    spinner.enable_steady_tick(FRAME);
    let done = work.await;
    spinner.finish_and_clear();
    done
}

/// How many of so many bytes have gone: on stderr, and only if that is a terminal.
pub(crate) fn bytes(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length).with_finish(ProgressFinish::AndClear);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
