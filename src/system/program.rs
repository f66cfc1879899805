//! Programs: absolute path, emptied environment, no shell, bounded time and output.

#![expect(clippy::disallowed_methods, reason = "system owns the programs")]

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::signals::{interrupted, leave_to_main_thread};

/// The search path handed to every program (the same for root and for users).
///
/// Nothing below `/usr/local`: on many hosts the group `staff` may write there, and what it puts in the place of `sed`
/// would run as root.
pub const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// At most this much of each output stream is kept; the rest is read and dropped.
const KEPT: u64 = 4 << 20;

/// A program to run, with nothing inherited but what is said here.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    input: Vec<u8>,
    folder: PathBuf,
    limit: Duration,
    user: Option<(u32, u32)>,
}

/// What a program that ended by itself left behind.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// The first 4 MiB of its standard output.
    pub stdout: Vec<u8>,
    /// The first 4 MiB of its standard error.
    pub stderr: Vec<u8>,
}

/// Why a program gave no [`Output`].
#[derive(Debug)]
pub enum ProgramError {
    /// It could not be started.
    Start(PathBuf, io::Error),
    /// It ran longer than its limit; it and its children were killed.
    TimedOut(PathBuf, Duration),
    /// An interrupt came; it and its children were killed.
    Interrupted,
    /// It ended, but nobody can say how.
    Lost(PathBuf, io::Error),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(path, error) => {
                let reason = super::plain(error);
                write!(f, "cannot run `{}`: {reason}", path.display())
            }
            Self::TimedOut(path, limit) => {
                let seconds = limit.as_secs();
                let path = path.display();
                write!(f, "`{path}` did not end within {seconds} s and was killed")
            }
            Self::Interrupted => f.write_str("interrupted"),
            Self::Lost(path, error) => {
                let reason = super::plain(error);
                let path = path.display();
                write!(f, "cannot tell how `{path}` ended: {reason}")
            }
        }
    }
}

impl std::error::Error for ProgramError {}

impl From<ProgramError> for crate::error::Error {
    fn from(error: ProgramError) -> Self {
        crate::error::Error::new(error.to_string()).kind(crate::error::ErrorKind::Program)
    }
}

impl Output {
    /// How it ended, in words, with the last line it wrote to standard error.
    pub fn explain(&self) -> String {
        let how = match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("killed by signal {signal}"),
            _ => "ended".to_string(),
        };
        let text = String::from_utf8_lossy(&self.stderr);
        match text.lines().rev().find(|line| !line.trim().is_empty()) {
            Some(line) => format!("{how}: {}", line.trim()),
            None => how,
        }
    }
}

impl Program {
    /// A program by its absolute path, to be killed after `limit`.
    pub fn new(path: &Path, limit: Duration) -> Self {
        let fixed = [("LC_ALL", "C"), ("PATH", PATH)];
        Self {
            path: path.to_path_buf(),
            arguments: Vec::new(),
            environment: fixed.map(|(k, v)| (k.into(), v.into())).to_vec(),
            input: Vec::new(),
            folder: PathBuf::from("/"),
            limit,
            user: None,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = I>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds one variable to the otherwise empty environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// What the program reads from its standard input.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Runs it as this user, with this group and no other: only root can.
    #[must_use]
    pub fn user(mut self, uid: u32, gid: u32) -> Self {
        self.user = Some((uid, gid));
        self
    }

    /// The folder it starts in (`/` unless told).
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = folder.to_path_buf();
        self
    }

    /// Runs it to its end, or kills it and its children at the limit.
    pub fn run(self) -> Result<Output, ProgramError> {
        debug_assert!(self.path.is_absolute());
        let mut child = self
            .spawn()
            .map_err(|error| ProgramError::Start(self.path.clone(), error))?;
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        feed(child.stdin.take(), self.input);
        let (ended, deadline) = (ended(&child), Instant::now() + self.limit);
        while ended.recv_timeout(PAUSE.min(self.limit)) == Err(RecvTimeoutError::Timeout) {
            let error = match (interrupted(), Instant::now() >= deadline) {
                (true, _) => ProgramError::Interrupted,
                (false, true) => ProgramError::TimedOut(self.path, self.limit),
                (false, false) => continue,
            };
            kill_group(&mut child);
            return Err(error);
        }
        let status = child
            .wait()
            .map_err(|error| ProgramError::Lost(self.path, error))?;
        Ok(Output {
            status,
            stdout: collect(&stdout),
            stderr: collect(&stderr),
        })
    }

    /// Starts it and goes on; it and its children are killed when the value is dropped.
    ///
    /// The limit does not apply: have the program started by `timeout(1)` where it must end even if this one is killed.
    pub fn start(self) -> Result<Background, ProgramError> {
        debug_assert!(self.path.is_absolute());
        let mut child = self
            .spawn()
            .map_err(|error| ProgramError::Start(self.path.clone(), error))?;
        drain(child.stderr.take());
        let lines = lines(child.stdout.take());
        Ok(Background { child, lines })
    }

    fn spawn(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.path);
        if let Some((uid, gid)) = self.user {
            // Root's further groups are given up with it (std calls setgroups(2) before setuid(2)).
            command.uid(uid).gid(gid);
        }
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
    }
}

/// How often a program that runs is left for a look at whether it is still wanted.
const PAUSE: Duration = Duration::from_millis(50);

/// A program that runs beside this one.
#[derive(Debug)]
pub struct Background {
    child: Child,
    lines: Receiver<String>,
}

impl Background {
    /// The next line of its standard output that begins with `prefix`, waited for no longer than `limit`.
    pub fn line(&self, prefix: &str, limit: Duration) -> Option<String> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.checked_duration_since(Instant::now())?;
            let line = self.lines.recv_timeout(left).ok()?;
            if line.starts_with(prefix) {
                return Some(line);
            }
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        kill_group(&mut self.child);
    }
}

/// So many lines are kept for whoever asks; of each no more than a screen's worth.
const LINES: usize = 256;
const LINE: u64 = 4096;

/// Reads a stream line by line in a thread, to its end whatever it holds.
fn lines(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stream) = stream {
        thread::spawn(move || {
            leave_to_main_thread();
            let mut stream = BufReader::new(stream);
            for _ in 0..LINES {
                let mut line = Vec::new();
                match stream.by_ref().take(LINE).read_until(b'\n', &mut line) {
                    Ok(1..) => {}
                    _ => return,
                }
                let text = String::from_utf8_lossy(&line).trim_end().to_string();
                if sender.send(text).is_err() {
                    break;
                }
            }
            let _ = io::copy(&mut stream, &mut io::sink());
        });
    }
    receiver
}

/// Tells when a program has ended.
///
/// It is left for `Child::wait`, so that its number cannot become that of another process before it is killed.
fn ended(child: &Child) -> Receiver<()> {
    let (sender, receiver) = channel();
    let process = Pid::from_raw(child.id() as i32);
    thread::spawn(move || {
        leave_to_main_thread();
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        while waitid(Id::Pid(process), flags) == Err(Errno::EINTR) {}
        // Nobody listens any more once the time is up.
        let _ = sender.send(());
    });
    receiver
}

fn kill_group(child: &mut Child) {
    // The group is its own (process_group(0)), so this never reaches us. It may be gone already.
    let _ = killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
    let _ = child.wait();
}

/// Writes the input beside the reading; a program that does not read it is no error.
fn feed(stdin: Option<impl Write + Send + 'static>, input: Vec<u8>) {
    if let Some(mut stdin) = stdin {
        thread::spawn(move || {
            leave_to_main_thread();
            stdin.write_all(&input)
        });
    }
}

/// Reads a stream to its end in a thread, so that neither stream can block the program.
fn drain(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    if let Some(mut stream) = stream {
        thread::spawn(move || {
            leave_to_main_thread();
            let mut kept = Vec::new();
            let _ = stream.by_ref().take(KEPT).read_to_end(&mut kept);
            let _ = sender.send(kept);
            let _ = io::copy(&mut stream, &mut io::sink());
        });
    }
    receiver
}

/// What was read; a grandchild that keeps the stream open is not waited for longer than a second.
fn collect(stream: &Receiver<Vec<u8>>) -> Vec<u8> {
    stream
        .recv_timeout(Duration::from_secs(1))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Program {
        Program::new(Path::new("/bin/sh"), Duration::from_secs(5)).args(["-c", text])
    }

    #[test]
    fn a_program_beside_this_one_is_heard_and_ends_with_its_value() {
        let program = shell("echo noise; echo ready $$; sleep 60")
            .start()
            .unwrap();
        let line = program.line("ready", Duration::from_secs(5)).unwrap();
        let id: i32 = line.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(program.line("never", Duration::from_millis(50)).is_none());
        drop(program);
        assert!(nix::sys::signal::kill(Pid::from_raw(id), None).is_err());
    }

    #[test]
    fn a_program_gets_no_environment_but_the_fixed_one() {
        let output = shell("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort")
            .run()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text, format!("LC_ALL=C\nPATH={PATH}\n"));
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let mut program = shell("sleep 60 | sleep 60");
        program.limit = Duration::from_millis(200);
        assert!(matches!(program.run(), Err(ProgramError::TimedOut(..))));
    }

    #[test]
    fn input_that_nobody_reads_is_no_error() {
        let output = shell("exit 3").input(vec![b'x'; 1 << 20]).run().unwrap();
        assert_eq!(output.explain(), "exit status 3");
    }

    #[test]
    fn endless_output_is_bounded() {
        let output = shell("head -c 9000000 /dev/zero").run().unwrap();
        assert_eq!(output.stdout.len() as u64, KEPT);
    }
}
