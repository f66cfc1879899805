//! What is being done: on a terminal in one line that who waits longer than half a second sees; elsewhere said once,
//! after a second.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use console::{Term, truncate_str};

use super::escape;
use crate::redact;
use crate::system::signals;

/// Who waits no longer than this is told nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same where no line can be taken away again.
const PATIENCE_OF_LOGS: Duration = Duration::from_secs(1);

/// One for the whole process.
static LINE: Mutex<Line> = Mutex::new(Line {
    text: String::new(),
    since: None,
    shown: false,
});

struct Line {
    /// What is being done; empty where nothing is to be shown.
    text: String,
    /// When the first of it began.
    since: Option<Instant>,
    shown: bool,
}

impl Line {
    fn get() -> MutexGuard<'static, Line> {
        LINE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // A standard error that cannot be written to is no reason to fail: there is nobody to tell.

    fn show(&mut self) {
        self.hide();
        let terminal = Term::stderr();
        let width = usize::from(terminal.size().1);
        let text = format!("{} …", self.text);
        self.shown = terminal.write_str(&truncate_str(&text, width, "…")).is_ok();
    }

    fn hide(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = Term::stderr().clear_line();
        }
    }
}

/// Says what is being done, where it takes its time.
pub fn progress(text: &str) {
    let stderr = std::io::stderr();
    let mut line = Line::get();
    line.text = escape::terminal(&redact::text(text));
    // Elsewhere than on a terminal that understands escape sequences nothing can be taken back.
    if !stderr.is_terminal() || AutoStream::choice(&stderr) == ColorChoice::Never {
        if line.since.is_none() {
            line.since = Some(Instant::now());
            std::thread::spawn(say_later);
        }
        return;
    }
    match line.since {
        None => {
            line.since = Some(Instant::now());
            std::thread::spawn(show_later);
        }
        Some(since) if since.elapsed() >= PATIENCE => line.show(),
        Some(_) => {}
    }
}

fn show_later() {
    signals::leave_to_main_thread();
    std::thread::sleep(PATIENCE);
    let mut line = Line::get();
    if !line.text.is_empty() {
        line.show();
    }
}

fn say_later() {
    signals::leave_to_main_thread();
    std::thread::sleep(PATIENCE_OF_LOGS);
    let line = Line::get();
    if !line.text.is_empty() {
        let _ = writeln!(
            std::io::stderr().lock(),
            "trustctl: still {} ...",
            line.text
        );
    }
}

/// Takes the line away before anything else is written.
pub(super) fn still() {
    let mut line = Line::get();
    line.text.clear();
    line.hide();
}
