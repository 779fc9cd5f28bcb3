//! What people see while the program works: lines, and on a terminal a live bar.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use snn_data::Transfer;

/// Where lines go: standard output, or standard error if standard output is kept for one JSON document.
#[derive(Clone, Debug)]
pub struct Console {
    json: bool,
    live: bool,
}

impl Console {
    /// A console which keeps standard output free if `json` is set.
    pub fn new(json: bool) -> Self {
        Self { json, live: std::io::stderr().is_terminal() }
    }

    /// Whether a live bar is shown, which makes many lines unnecessary.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// A line of text.
    pub fn line(&self, text: &str) {
        // A reader who goes away (`| head`) is no reason to stop training.
        let _gone = if self.json {
            writeln!(std::io::stderr().lock(), "{text}")
        } else {
            writeln!(std::io::stdout().lock(), "{text}")
        };
    }

    /// A bar which counts up to `samples`; invisible unless standard error is a terminal.
    pub fn bar(&self, samples: usize, title: &str) -> Bar {
        let target = if self.live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(samples as u64), target).with_prefix(title.to_owned());
        let style = ProgressStyle::with_template("{prefix} {bar:16} {pos}/{len}  {msg}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Bar { bar, console: self.clone() }
    }
}

/// A bar for each file of a download, moved by what it is called with; invisible unless standard error is a terminal.
pub fn download_bars() -> impl FnMut(Transfer) {
    let mut bar = ProgressBar::hidden();
    move |transfer| match transfer {
        Transfer::Began { file, bytes } => {
            bar = ProgressBar::new(bytes.unwrap_or(0)).with_message(file);
            let style =
                ProgressStyle::with_template("{msg}  {bar:30}  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        Transfer::Received(bytes) => bar.set_position(bytes),
        Transfer::Ended => bar.finish_and_clear(),
    }
}

/// A bar which counts samples.
pub struct Bar {
    bar: ProgressBar,
    console: Console,
}

impl Bar {
    /// Some more samples are done.
    pub fn advance(&self, samples: usize) {
        self.bar.inc(samples as u64);
    }

    /// What is beside the bar.
    pub fn say(&self, text: &str) {
        self.bar.set_message(text.to_owned());
    }

    /// A line which stays, above the bar.
    pub fn line(&self, text: &str) {
        self.bar.suspend(|| self.console.line(text));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    /// Also where an error ends the work: the sentence stands alone.
    fn drop(&mut self) {
        self.finish();
    }
}
