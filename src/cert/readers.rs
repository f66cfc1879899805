//! What the programs of a host find in a PEM file: the one place for it.
//!
//! [`super::read`] tells all there is in a file, for people. Programs do not: each stops at, leaves out or reads what
//! is odd in its own way, and what stops one of them costs it every certificate of the bundle. Each row of [`Reader`]
//! is the algorithm of one of them, written down from its source and held against the program itself by a test with
//! generated files, certificate by certificate (`tests/fast/pem`; `tests/slow/pem.rs` for Go and the distributions).
//!
//! Measured: OpenSSL 1.1.1w, 3.0.19, 3.0.20 and 3.5.7 (a file with many), 1.1.1w, 3.0.19 and 3.0.20 (a folder), Python 3.9
//! and 3.11 (which have OpenSSL read it), GnuTLS 3.7.1 and 3.7.9, Go 1.19.

mod gnutls;
mod go;
mod harm;
mod openssl;

pub use harm::{Harm, harm};

use super::certificate::Certificate;
use super::der::DerFaultKind;
use super::document::Document;
use super::text::Lines;

/// A program, or a library that programs read certificates with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// OpenSSL 1.1.1, a file with many (`CAfile`), and Python with it.
    OpenSsl1,
    /// OpenSSL 3, a file with many (`CAfile`), and Python with it.
    OpenSsl3,
    /// OpenSSL 1.1.1, a file that a hash link leads to (`CApath`).
    Folder1,
    /// OpenSSL 3, a file that a hash link leads to (`CApath`).
    Folder3,
    /// GnuTLS.
    GnuTls,
    /// Go's `crypto/x509`.
    Go,
}

impl Reader {
    /// All of them.
    pub const ALL: [Reader; 6] = [
        Reader::OpenSsl1,
        Reader::OpenSsl3,
        Reader::Folder1,
        Reader::Folder3,
        Reader::GnuTls,
        Reader::Go,
    ];

    /// Those that read the bundle.
    pub const OF_BUNDLE: [Reader; 4] = [
        Reader::OpenSsl1,
        Reader::OpenSsl3,
        Reader::GnuTls,
        Reader::Go,
    ];

    /// Its name in reports.
    pub fn id(self) -> &'static str {
        match self {
            Reader::OpenSsl1 => "openssl-1.1.1",
            Reader::OpenSsl3 => "openssl-3",
            Reader::Folder1 => "openssl-1.1.1-directory",
            Reader::Folder3 => "openssl-3-directory",
            Reader::GnuTls => "gnutls",
            Reader::Go => "go",
        }
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Reader::OpenSsl1 | Reader::Folder1 => "OpenSSL 1.1.1",
            Reader::OpenSsl3 | Reader::Folder3 => "OpenSSL",
            Reader::GnuTls => "GnuTLS",
            Reader::Go => "Go",
        }
    }

    /// What it finds in a file with these bytes, which `document` has in full.
    pub fn read_known(self, bytes: &[u8], document: &Document) -> Reading {
        match document.is_plain(bytes) {
            true => Reading::of(document),
            false => self.read(bytes),
        }
    }

    /// What it finds in a file with these bytes.
    pub fn read(self, bytes: &[u8]) -> Reading {
        match self {
            Reader::OpenSsl1 => openssl::file(bytes, openssl::Version::One),
            Reader::OpenSsl3 => openssl::file(bytes, openssl::Version::Three),
            Reader::Folder1 => openssl::linked(bytes, openssl::Version::One),
            Reader::Folder3 => openssl::linked(bytes, openssl::Version::Three),
            Reader::GnuTls => gnutls::file(bytes),
            Reader::Go => go::file(bytes),
        }
    }
}

/// What a reader found, and whether it came to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The certificates that it takes up, in order.
    pub certificates: Vec<Certificate>,
    /// The line (from 1) at which it gives up: what it found before is lost too, but for [`Reader::Folder3`], which
    /// keeps that and looks at no further link of the same hash.
    pub stopped: Option<usize>,
    /// The line (from 1) at which it takes the file for ended though there is more.
    pub ended: Option<usize>,
}

impl Reading {
    /// Of a file that every program reads alike.
    fn of(document: &Document) -> Reading {
        Reading {
            certificates: document
                .certificates()
                .map(|(_, found)| found.clone())
                .collect(),
            ..Reading::default()
        }
    }

    fn stop(&mut self, bytes: &[u8], offset: usize) {
        self.stopped = Some(line_of(bytes, offset));
    }
}

/// The line that holds the byte at `offset`.
fn line_of(bytes: &[u8], offset: usize) -> usize {
    Lines::new(bytes)
        .take_while(|line| line.offset <= offset)
        .last()
        .map_or(1, |line| line.number)
}

/// A certificate, as everyone but OpenSSL reads one: nothing may follow it.
fn strict(der: &[u8]) -> Option<Certificate> {
    Certificate::from_der(der).ok()
}

/// A certificate as OpenSSL reads it, and what stands behind it.
fn lenient(der: &[u8]) -> Option<(Certificate, &[u8])> {
    match Certificate::from_der(der) {
        Ok(certificate) => Some((certificate, &[])),
        Err(fault) => {
            let DerFaultKind::Trailing(count) = fault.kind else {
                return None;
            };
            let (certificate, rest) = der.split_at_checked(der.len().checked_sub(count)?)?;
            Some((strict(certificate)?, rest))
        }
    }
}

/// Where `needle` begins in `text` from `at` on.
fn find(text: &[u8], needle: &[u8], at: usize) -> Option<usize> {
    let found = memchr::memmem::find(text.get(at..)?, needle)?;
    Some(at + found)
}
