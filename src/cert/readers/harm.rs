//! Files that cost a program more than what is in them: the certificates before and after them in a bundle.

use super::Reader;
use crate::cert::document::{Block, Document, Encoding};
use crate::cert::problem::{Problem, ProblemCode};
use crate::cert::text::Characters;

/// Stand before and after a file in place of the rest of a bundle; nobody has their keys.
const BEFORE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBZTCCAQygAwIBAgIBATAKBggqhkjOPQQDAjARMQ8wDQYDVQQDDAZiZWZvcmUw
IBcNMjYxMTI5MTYyNDU1WhgPMjEyNjExMDUxNjI0NTVaMBExDzANBgNVBAMMBmJl
Zm9yZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKN2pM9uh7IYalQf5o43+r+w
XC6o+yS881ORGQ7gcHKgwPd4nyvSHQ/XjoQxEvD8ti24TLzFJjh1MH0ZiIQxuv+j
UzBRMB0GA1UdDgQWBBQG0GnKxwAcCyWfFCMUXsU2jVqu8TAfBgNVHSMEGDAWgBQG
0GnKxwAcCyWfFCMUXsU2jVqu8TAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMC
A0cAMEQCIGrfTGpM6dfcUt/9rNZUceMtoKlQoVSYVColx4tYc9RWAiAUdHJTqvJ/
EqOTZGHeIRRWsSjUUue6DmTkvRPF9g19Bw==
-----END CERTIFICATE-----
";
const AFTER: &str = "\
-----BEGIN CERTIFICATE-----
MIIBZDCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVhZnRlcjAg
Fw0yNjExMjkxNjI0NTVaGA8yMTI2MTEwNTE2MjQ1NVowEDEOMAwGA1UEAwwFYWZ0
ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATyw3PFcIIeesM/ftf88D3JA7X+
iUqbz/UHpaMgdk5znu8Q/B7GpqMhTlv6W1Z4eqI9myOHPhMlqNtYS8pdEGb9o1Mw
UTAdBgNVHQ4EFgQU39SevZBLkNJ6W2srZ42uPnBkPvgwHwYDVR0jBBgwFoAU39Se
vZBLkNJ6W2srZ42uPnBkPvgwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNI
ADBFAiEA3Zag2pszqr2xUfolhZ2Rc0NoucVUMNJdPbh2JxNR/fkCIDCCfQtw7fE7
tNm75tICvLJs5fvNTWxBx1D0d3JrcID7
-----END CERTIFICATE-----
";

/// What a file does to the bundle that it becomes a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harm {
    /// Where it does it; 0 in a file without lines.
    pub line: usize,
    /// What is there.
    pub cause: String,
    /// The readers that lose certificates of other files.
    pub readers: Vec<Reader>,
}

impl Harm {
    /// Whether OpenSSL (and so curl, Python and most others) is among them.
    pub fn hits_openssl(&self) -> bool {
        let of = [Reader::OpenSsl1, Reader::OpenSsl3];
        self.readers.iter().any(|reader| of.contains(reader))
    }

    /// The programs, in words.
    pub fn programs(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for reader in &self.readers {
            let name = reader.name();
            let covered = *reader == Reader::OpenSsl1 && self.readers.contains(&Reader::OpenSsl3);
            if !covered {
                names.push(name);
            }
        }
        match names.as_slice() {
            [names @ .., last] if !names.is_empty() => format!("{} and {last}", names.join(", ")),
            names => names.concat(),
        }
    }
}

/// Whether a file keeps a program from certificates that stand before or after it in a bundle.
pub fn harm(bytes: &[u8], document: &Document) -> Option<Harm> {
    if document.is_plain(bytes) {
        return None;
    }
    let mut whole = BEFORE.as_bytes().to_vec();
    let first = whole.len();
    whole.extend_from_slice(bytes);
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        whole.push(b'\n');
    }
    whole.extend_from_slice(AFTER.as_bytes());
    let probes = [BEFORE, AFTER].map(|pem| Reader::Go.read(pem.as_bytes()).certificates);
    let (mut readers, mut line) = (Vec::new(), None::<usize>);
    for reader in Reader::OF_BUNDLE {
        let reading = reader.read(&whole);
        let loses = probes
            .iter()
            .flatten()
            .any(|probe| !reading.certificates.contains(probe));
        if loses {
            readers.push(reader);
            let before = super::line_of(&whole, first);
            let at = reading.stopped.or(reading.ended);
            line = line.or(at.map(|at| (at + 1).saturating_sub(before)));
        }
    }
    if readers.is_empty() {
        return None;
    }
    let (line, cause) = cause(bytes, document, line);
    Some(Harm {
        line,
        cause,
        readers,
    })
}

/// What there is to say about the place at which a reader stops: the block that it is in, else what is near it.
fn cause(bytes: &[u8], document: &Document, line: Option<usize>) -> (usize, String) {
    let at = line.unwrap_or(1);
    if let Some(whole) = of_the_whole(bytes, document) {
        return (at, whole.to_owned());
    }
    let block = document.blocks.iter().rfind(|block| block.line <= at);
    let outside = document
        .problems
        .iter()
        .filter(|problem| !problem.is_note());
    let nearest = outside.clone().rfind(|problem| problem.line <= at);
    if let Some(problem) = nearest
        && block.is_none_or(|block| block.line < problem.line)
    {
        return (problem.line.max(1), problem.message().to_owned());
    }
    let told = block.and_then(of_block);
    let told = told.or_else(|| document.blocks.iter().find_map(of_block));
    let later = || {
        let problem = outside.clone().next()?;
        Some((problem.line.max(1), problem.message().to_owned()))
    };
    told.or_else(later)
        .unwrap_or_else(|| (at, "something that is not a certificate".to_owned()))
}

/// How the characters or lines of a file are written, where that is the reason.
fn of_the_whole(bytes: &[u8], document: &Document) -> Option<&'static str> {
    if let Characters::Utf16Le | Characters::Utf16Be = document.characters {
        return Some("the text is UTF-16, which no program reads");
    }
    let in_block = |block: &Block| {
        let nul = |problem: &Problem| problem.code == ProblemCode::NulByte;
        block.problems.iter().any(nul)
    };
    let no_text = document.encoding != Encoding::Pem && bytes.contains(&0);
    (no_text || document.blocks.iter().any(in_block))
        .then_some("NUL bytes, at which programs written in C take the file for ended")
}

/// The gravest thing there is to say about a block.
fn of_block(block: &Block) -> Option<(usize, String)> {
    let faults = block.problems.iter().filter(|problem| !problem.is_note());
    let problem = faults.into_iter().next_back();
    let fault = block
        .certificates
        .iter()
        .find_map(|read| read.as_ref().err());
    if let Some(problem) = problem {
        return Some((problem.line, problem.message().to_owned()));
    }
    if let Some(fault) = fault {
        return Some((
            block.line,
            format!("it is not a valid certificate: {fault}"),
        ));
    }
    if let Some(problem) = block.problems.first() {
        return Some((problem.line, problem.message().to_owned()));
    }
    let other = block.label != "CERTIFICATE";
    other.then(|| (block.line, format!("a `{}` block", block.label)))
}
