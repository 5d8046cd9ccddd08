//! The last resort against a panic of the generator: it becomes an error that says where.
//!
//! The lint is there to find whatever progenitor would panic on. What it does not know yet must still not end in
//! a backtrace.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

#[derive(Debug, Default)]
struct Watch {
    /// How many guards are around what runs now.
    guards: usize,
    place: String,
    panic: String,
}

thread_local! {
    static WATCH: RefCell<Watch> = RefCell::default();
}

/// Notes what is worked on, for the error of [`guarded`].
pub fn at(place: impl Into<String>) {
    WATCH.with_borrow_mut(|watch| watch.place = place.into());
}

/// Does the work; a panic in it becomes an error, and prints nothing.
pub fn guarded<T>(file: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !note(info) {
                previous(info);
            }
        }));
    });
    WATCH.with_borrow_mut(|watch| watch.guards += 1);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    WATCH.with_borrow_mut(|watch| watch.guards -= 1);
    done.unwrap_or_else(|_| {
        WATCH.with_borrow(|watch| {
            Err(format!(
                "{file}: the generator stopped at {}: {}\nNothing was written. The lint should have found this: reduce the document to that place, and add a rule (ARCHITECTURE.md, \"In which room\").",
                watch.place, watch.panic
            ))
        })
    })
}

fn note(info: &PanicHookInfo<'_>) -> bool {
    WATCH.with_borrow_mut(|watch| {
        let message = info.payload_as_str().unwrap_or("no message");
        let source = info.location().map(|location| {
            let file = location.file().rsplit('/').next().unwrap_or_default();
            format!(" ({file}:{})", location.line())
        });
        watch.panic = format!("{message}{}", source.unwrap_or_default());
        watch.guards > 0
    })
}
