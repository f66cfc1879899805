//! A line that a person types.

use std::io;
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// A longer line is no answer to anything.
const LONGEST: usize = 4096;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A whole line, without its end.
    Text(String),
    /// The end of the input, or more than a line can hold.
    End,
    /// An interrupt, a hang-up, or a request to end.
    Interrupted,
}

/// Asks, and reads a whole line from standard input. An interrupt is an answer from before the question is seen.
///
/// The terminal stays as it is, so that nothing needs to be put back, and the kernel hands out one line at a time: what
/// is typed behind it is left for whoever reads next. Signals are taken as answers, not as the end of the program.
pub fn read_line(ask: impl FnOnce()) -> io::Result<Line> {
    let caught = Caught::begin()?;
    ask();
    let stdin = io::stdin();
    let mut line = Vec::new();
    loop {
        let mut waiting = [
            PollFd::new(caught.descriptor.as_fd(), PollFlags::POLLIN),
            PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut waiting, PollTimeout::NONE)?;
        if waiting[0].any().unwrap_or_default() {
            return Ok(Line::Interrupted);
        }
        let mut piece = [0; LONGEST];
        let count = nix::unistd::read(&stdin, &mut piece)?;
        line.extend_from_slice(piece.get(..count).unwrap_or_default());
        if count == 0 || line.len() > LONGEST {
            return Ok(Line::End);
        }
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            line.truncate(end);
            return Ok(Line::Text(String::from_utf8_lossy(&line).into_owned()));
        }
    }
}

/// While this lives, signals that end a program come through a descriptor.
struct Caught {
    set: SigSet,
    descriptor: SignalFd,
}

impl Caught {
    fn begin() -> io::Result<Caught> {
        let mut set = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            set.add(signal);
        }
        let descriptor =
            SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        set.thread_block()?;
        Ok(Caught { set, descriptor })
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        // Those that came have been answered.
        while matches!(self.descriptor.read_signal(), Ok(Some(_))) {}
        let _ = self.set.thread_unblock();
    }
}
