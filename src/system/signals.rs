//! Signals held back while the store is being changed: an interrupt takes effect when the change is whole.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use nix::sys::signal::{SigSet, Signal};

/// Hears of children that end, whatever the caller of this program did with that signal.
///
/// Where it is ignored (`trap '' CHLD`, some supervisors), the kernel keeps no record of how a child ended. A handler
/// that does nothing is to the kernel what the default is, and programs that are started get the default again.
pub fn hear_of_children() -> io::Result<()> {
    signal_hook::flag::register(signal_hook::consts::SIGCHLD, Arc::default()).map(drop)
}

/// Set by an interrupt.
static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From here on an interrupt no longer ends the program, which would leave its stage behind and say nothing: whatever
/// waits asks [`interrupted`].
pub fn hear_of_interrupts() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let flag = INTERRUPTED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // Without a handler an interrupt ends the program as ever.
        let _ = signal_hook::flag::register(signal, Arc::clone(flag));
    }
}

/// Whether there was an interrupt since then.
pub fn interrupted() -> bool {
    INTERRUPTED
        .get()
        .is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// While this lives, an interrupt waits.
#[derive(Debug)]
pub struct Shield(SigSet);

impl Shield {
    /// Holds back `SIGINT`, `SIGTERM`, `SIGHUP` and `SIGQUIT` for this thread (the program changes the store from
    /// one thread; programs it starts get an empty mask from the standard library).
    pub fn raise() -> Shield {
        let mut set = SigSet::empty();
        for signal in [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGQUIT,
        ] {
            set.add(signal);
        }
        // Failing to hold them back costs no safety: an interrupted change is undone by the next run.
        let _ = set.thread_block();
        Shield(set)
    }
}

/// Holds every signal back for this thread, so that it is the main thread that gets it, shielded or not.
pub fn leave_to_main_thread() {
    // The shield is a courtesy, see above.
    let _ = SigSet::all().thread_block();
}

impl Drop for Shield {
    fn drop(&mut self) {
        let _ = self.0.thread_unblock();
    }
}
