//! A program that was run, and what a test asks of it.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

/// The search path of every program that tests start.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its exit status; 128 + N when signal N killed it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Run {
    /// The run itself, if it ended with this status; otherwise the test fails with all it wrote.
    #[track_caller]
    pub fn exits(self, code: i32) -> Run {
        assert_eq!(self.code, code, "exit status; {self}");
        self
    }

    /// The run itself, if either stream holds this text.
    #[track_caller]
    pub fn says(self, text: &str) -> Run {
        assert!(self.has(text), "nowhere `{text}`; {self}");
        self
    }

    /// The run itself, if neither stream holds this text.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Run {
        assert!(!self.has(text), "somewhere `{text}`; {self}");
        self
    }

    /// Whether either stream holds this text.
    pub fn has(&self, text: &str) -> bool {
        self.stdout.contains(text) || self.stderr.contains(text)
    }

    /// Whether it ended with status 0.
    pub fn ok(&self) -> bool {
        self.code == 0
    }

    /// What `--format json` printed; it must be what the schema that is shipped says.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value = serde_json::from_str(&self.stdout);
        let value = value.unwrap_or_else(|error| panic!("{error}; {self}"));
        let faults = crate::schema::faults(&value);
        assert!(
            faults.is_empty(),
            "not what the schema says: {faults:#?}; {self}"
        );
        value
    }

    /// The `report` in what `--format json` printed.
    #[track_caller]
    pub fn report(&self) -> Value {
        self.json()["report"].take()
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Run {
            code,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "exit status {code}\n-- stdout:\n{stdout}\n-- stderr:\n{stderr}"
        )
    }
}

/// Runs a program without input.
#[track_caller]
pub fn output(command: &mut Command) -> Run {
    output_with(command, b"")
}

/// Runs a program that reads these bytes from its standard input.
#[track_caller]
pub fn output_with(command: &mut Command, input: &[u8]) -> Run {
    let name = format!("{command:?}");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut stdin = child.stdin.take().expect("it was piped");
    let input = input.to_vec();
    // A program that ends without reading its input is no error of the test.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child
        .wait_with_output()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    writer.join().expect("it does not panic");
    Run {
        code: code(output.status),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs a command that is told something when it has asked for it on standard output, and nothing more.
pub fn output_when(command: &mut Command, question: &str, answer: &str) -> Run {
    let name = format!("{command:?}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut stdin = child.stdin.take().expect("it was piped");
    let mut stdout = child.stdout.take().expect("it was piped");
    let (mut written, mut piece, mut told) = (Vec::new(), [0; 4096], false);
    loop {
        let count = stdout.read(&mut piece).expect("a pipe can be read");
        if count == 0 {
            break;
        }
        written.extend_from_slice(&piece[..count]);
        if !told && String::from_utf8_lossy(&written).contains(question) {
            told = true;
            stdin
                .write_all(answer.as_bytes())
                .expect("who asks listens");
        }
    }
    let text = String::from_utf8_lossy(&written).into_owned();
    assert!(told, "{name} never asked: {text}");
    Run {
        code: code(child.wait().expect("it was started")),
        stdout: text,
        stderr: String::new(),
    }
}

fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}
