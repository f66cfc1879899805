//! A TCP connection that ends by itself: every read and write is bounded by one deadline and one budget.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// So many of the first bytes received are kept, to tell what answered instead of TLS.
pub(crate) const KEPT: u64 = 1024;

/// A connection with a deadline and a budget of bytes to receive.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    deadline: Instant,
    budget: u64,
    received: u64,
    head: Vec<u8>,
    last: Instant,
}

impl Wire {
    /// Connects within `limit` and before `deadline`.
    pub(crate) fn connect(
        address: SocketAddr,
        limit: Duration,
        deadline: Instant,
        budget: u64,
    ) -> io::Result<Self> {
        let limit = limit.min(left(deadline)?);
        let stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            deadline,
            budget,
            received: 0,
            head: Vec::new(),
            last: Instant::now(),
        })
    }

    /// From now on ends at this time.
    pub(crate) fn until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Forgets what was received so far: from here on another protocol is spoken.
    pub(crate) fn begin(&mut self) {
        self.received = 0;
        self.head.clear();
        self.last = Instant::now();
    }

    /// Ends earlier than planned.
    pub(crate) fn hurry(&mut self, limit: Duration) {
        self.deadline = self.deadline.min(Instant::now() + limit);
    }

    /// The first bytes received since [`Wire::begin`].
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// How many bytes came since [`Wire::begin`].
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// How long nothing has come.
    pub(crate) fn quiet(&self) -> Duration {
        self.last.elapsed()
    }

    /// Whether the peer sent more than it may.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.received >= self.budget
    }

    /// One byte, or `None` at the end.
    pub(crate) fn byte(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((self.read(&mut byte)? == 1).then_some(byte[0]))
    }
}

/// What is left until the deadline, or the error that nothing is.
fn left(deadline: Instant) -> io::Result<Duration> {
    match deadline.checked_duration_since(Instant::now()) {
        Some(left) if !left.is_zero() => Ok(left),
        _ => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// A socket's time limit shows as `WouldBlock` (socket(7), SO_RCVTIMEO).
fn timed(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_exhausted() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        let count = self.stream.read(buffer).map_err(timed)?;
        self.received += count as u64;
        if count > 0 {
            self.last = Instant::now();
        }
        let room = (KEPT as usize).saturating_sub(self.head.len());
        let fresh = buffer.get(..count.min(room)).unwrap_or_default();
        self.head.extend_from_slice(fresh);
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.deadline)?))?;
        self.stream.write(buffer).map_err(timed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
