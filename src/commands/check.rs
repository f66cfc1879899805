//! `trustctl check`: could a file be added, and why not. Touches nothing.

mod known;
mod reader;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::anchor::AsAnchor;
use super::facts::Facts;
use super::input;
use super::programs;
use super::{Context, Outcome, Report};
use crate::cert::judge::Verdict;
use crate::cert::readers::Reader;
use crate::cert::{Certificate, Characters, Encoding, Fingerprint, ProblemCode};
use crate::error::Exit;

/// Certificates of one file that are described one by one; of the rest only the verdicts are counted.
const LISTED: usize = 1000;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 `trustctl add` would take every file, 1 it would refuse one, 2 a file could not be read or
holds no readable certificate.

Examples:
  trustctl check corp-ca.crt
  trustctl check --format json /path/to/folder
  curl -s https://pki.example/ca.pem | trustctl check -")]
pub struct CheckArgs {
    /// Files, folders, or `-` for standard input
    #[arg(required = true, value_name = "FILE|DIR|-")]
    pub files: Vec<PathBuf>,
    /// Look at the files of sub-folders too
    #[arg(short, long)]
    pub recursive: bool,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// One entry for each file, in the order given.
    pub files: Vec<FileReport>,
}

/// Whether a file could be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// A file of a folder that is not meant as a certificate: `add` leaves it out too.
    Skipped,
    /// Yes.
    Addable,
    /// By trustctl, which takes the certificates out; no program reads the file as it is.
    AddableConverted,
    /// Only with `--allow` for every rule that stands in the way.
    RefusedUnlessAllowed,
    /// No.
    Refused,
    /// There is no readable certificate.
    Unreadable,
}

impl Answer {
    /// The exit status for it.
    fn exit(self) -> Exit {
        match self {
            Self::Skipped | Self::Addable | Self::AddableConverted => Exit::Done,
            Self::RefusedUnlessAllowed | Self::Refused => Exit::Findings,
            Self::Unreadable => Exit::Failed,
        }
    }
}

/// What was found in one file.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// The name as given.
    pub path: String,
    /// Whether it could be added.
    pub answer: Answer,
    /// Why it could not be read; the rest is empty then.
    pub unread: Option<String>,
    /// Its size in bytes.
    pub bytes: usize,
    /// What the file is.
    pub encoding: Option<Encoding>,
    /// How its characters are written.
    pub characters: Option<Characters>,
    /// Whether lines end with CR LF (or CR).
    pub carriage_returns: bool,
    /// Whether the last line has an end.
    pub final_newline: bool,
    /// The demands on a file in `/usr/local/share/ca-certificates`, one by one.
    pub format: Vec<Row>,
    /// Verdicts on the file and its blocks.
    pub verdicts: Vec<Verdict>,
    /// Other things seen, with their line.
    pub remarks: Vec<Remark>,
    /// How many readable certificates there are.
    pub certificate_count: usize,
    /// The first of them.
    pub certificates: Vec<CertificateReport>,
    /// Verdicts on those not listed, counted by rule.
    pub unlisted: BTreeMap<&'static str, usize>,
    /// What each program finds in the file as it is; empty where every one finds every certificate, absent where the
    /// file is too large to say.
    pub readers: Option<Vec<ReaderReport>>,
}

/// What a program finds in a file as it is.
#[derive(Debug, Serialize)]
pub struct ReaderReport {
    /// Which program, see [`Reader::id`].
    pub reader: &'static str,
    /// The certificates that it loads, in order.
    pub certificates: Vec<Fingerprint>,
    /// The line at which it refuses the file.
    pub stopped: Option<usize>,
    /// The line at which it takes the file for ended though there is more.
    pub ended: Option<usize>,
    /// The program, for people.
    #[serde(skip)]
    pub name: &'static str,
}

impl ReaderReport {
    /// What one program makes of these bytes.
    fn of(reader: Reader, bytes: &[u8]) -> Self {
        let reading = reader.read(bytes);
        Self {
            reader: reader.id(),
            certificates: reading
                .certificates
                .iter()
                .map(Certificate::sha256)
                .collect(),
            stopped: reading.stopped,
            ended: reading.ended,
            name: reader.name(),
        }
    }
}

impl FileReport {
    /// The report on what could not be read.
    fn unread(path: String, reason: String) -> Self {
        Self {
            path,
            answer: Answer::Unreadable,
            unread: Some(reason),
            bytes: 0,
            encoding: None,
            characters: None,
            carriage_returns: false,
            final_newline: false,
            format: Vec::new(),
            verdicts: Vec::new(),
            remarks: Vec::new(),
            certificate_count: 0,
            certificates: Vec::new(),
            unlisted: BTreeMap::new(),
            readers: None,
        }
    }
}

/// One demand on the file's form.
#[derive(Debug, Serialize)]
pub struct Row {
    /// What is demanded.
    pub demand: &'static str,
    /// Whether it is met.
    pub ok: bool,
    /// How it is not met.
    pub detail: Option<String>,
    /// Not met, but `trustctl add` puts it right on its own.
    pub converted: bool,
}

/// Something that is only described.
#[derive(Debug, Serialize)]
pub struct Remark {
    /// Its stable name.
    pub code: ProblemCode,
    /// Where; 0 in a file without lines.
    pub line: usize,
    /// What it is.
    pub message: String,
}

/// Where the certificate of the issuer is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "where")]
pub enum IssuerPlace {
    /// It is its own issuer.
    Itself,
    /// In the same file.
    File {
        /// Its fingerprint.
        sha256: Fingerprint,
        /// The line of its block; 0 in a file without lines.
        line: usize,
    },
    /// In the store.
    Store {
        /// Its fingerprint.
        sha256: Fingerprint,
        /// The file.
        path: String,
    },
    /// In neither.
    Missing,
}

/// One certificate of the file.
#[derive(Debug, Serialize)]
pub struct CertificateReport {
    /// The line of its block; 0 in a file without lines.
    pub line: usize,
    /// Its facts.
    #[serde(flatten)]
    pub facts: Facts,
    /// Days until the end of validity, rounded down; negative after it.
    pub days_left: i64,
    /// Where its issuer is.
    pub issuer_place: IssuerPlace,
    /// Which programs take it as an anchor.
    pub as_anchor: AsAnchor,
    /// The files of the store that hold it already.
    pub in_store: Vec<String>,
    /// Every verdict on it.
    pub verdicts: Vec<Verdict>,
}

/// Carries the command out.
pub fn check(context: &Context, arguments: &CheckArgs) -> anyhow::Result<Outcome> {
    let known = known::Known::read(&context.layout);
    let releases = programs::of_host(context);
    let mut files = Vec::new();
    for argument in &arguments.files {
        let inputs = input::files_of(context, argument, arguments.recursive);
        if inputs.is_empty() {
            let reason = "there are no files in this folder".to_owned();
            files.push(FileReport::unread(argument.display().to_string(), reason));
        }
        files.extend(
            inputs
                .iter()
                .map(|input| reader::check(input, &known, &releases, context)),
        );
    }
    let exit = files.iter().map(|file| file.answer.exit()).max();
    let outcome = Outcome::done(Report::Check(CheckReport { files }));
    Ok(outcome.exit(exit.unwrap_or(Exit::Failed)))
}
