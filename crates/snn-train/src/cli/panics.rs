//! A panic becomes a sentence.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Mutex;

/// Where the first panic happened, on whichever thread.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// Runs `work`; a panic in it, or on a thread which works for it, is returned as a sentence. With `RUST_BACKTRACE`
/// set it is also shown as usual.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let usual = std::env::var_os("RUST_BACKTRACE").map(|_| take_hook());
    set_hook(Box::new(move |info| {
        if let Some(usual) = &usual {
            usual(info);
        }
        let message = info.payload_as_str().unwrap_or("something failed without a message").to_owned();
        let place = info.location().map(|place| format!(" (at {}:{})", place.file(), place.line())).unwrap_or_default();
        if let Ok(mut first) = FIRST.lock() {
            first.get_or_insert(message + &place);
        }
    }));
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let first = FIRST.lock().ok().and_then(|mut first| first.take());
        first.unwrap_or_else(|| "something failed without a message".to_owned())
    })
}
