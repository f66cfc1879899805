//! A file that is meant to hold certificates, with everything there is to say about it.

mod encoding;
mod joined;

use std::borrow::Cow;
use std::collections::BTreeSet;

use x509_parser::prelude::{CertificateRevocationList, FromDer};

use super::armour::{Found, RawBlock, Scanner};
use super::certificate::Certificate;
use super::der::{DerFault, Reader, SEQUENCE};
use super::fingerprint::Fingerprint;
use super::kind::BlockKind;
use super::known::Known;
use super::pkcs7;
use super::problem::{Problem, ProblemCode};
use super::sst;
use super::text::{self, Characters};
pub use encoding::Encoding;

/// One block of a PEM file, or the whole of a binary one.
#[derive(Clone, Debug)]
pub struct Block {
    /// The line of its BEGIN marker, counted from 1; 0 in a binary file.
    pub line: usize,
    /// The offset of that line.
    pub offset: usize,
    /// What stands after BEGIN; empty in a binary file.
    pub label: String,
    /// What it is.
    pub kind: BlockKind,
    /// The certificate or, from PKCS#7, certificates in it; the offset in a fault counts from the first byte of the
    /// block's content. Empty where the block holds none or its Base64 is broken (then a problem says so).
    pub certificates: Vec<Result<Certificate, DerFault>>,
    /// What there is to say about it.
    pub problems: Vec<Problem>,
}

impl Block {
    /// Whether nothing is wrong with it beyond notes.
    pub fn is_sound(&self) -> bool {
        self.problems.iter().all(Problem::is_note) && self.certificates.iter().all(Result::is_ok)
    }
}

/// A block, or something outside the blocks.
#[derive(Clone, Debug)]
pub enum Item {
    /// A block.
    Block(Block),
    /// A problem outside any block.
    Problem(Problem),
}

/// A file's bytes, looked at from outside; [`Source::items`] goes through them without keeping anything.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    encoding: Encoding,
    characters: Characters,
    text: Cow<'a, [u8]>,
}

impl<'a> Source<'a> {
    /// Looks at the bytes of a file.
    pub fn new(bytes: &'a [u8]) -> Self {
        let (characters, text) = text::decode(bytes);
        Self {
            encoding: Encoding::of(&text),
            characters,
            text,
        }
    }

    /// What the file is.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How its characters are written (meaningless in binary files).
    pub fn characters(&self) -> Characters {
        self.characters
    }

    /// Whether lines end with CR LF or CR.
    pub fn has_cr(&self) -> bool {
        self.encoding == Encoding::Pem && self.text.contains(&b'\r')
    }

    /// Whether the last line has an end.
    pub fn ends_with_newline(&self) -> bool {
        matches!(self.text.last(), Some(b'\n' | b'\r'))
    }

    /// Everything in the file, one after the other.
    pub fn items(&self) -> Items<'_> {
        self.items_known(None)
    }

    /// As [`Source::items`], with certificates that were read before.
    fn items_known<'b>(&'b self, mut known: Option<&'b mut Known>) -> Items<'b> {
        let problem = |code| {
            Some(Item::Problem(Problem {
                code,
                line: 0,
                offset: 0,
            }))
        };
        let (single, scanner) = match self.encoding {
            Encoding::Pem => (None, Some(Scanner::new(&self.text))),
            Encoding::Der | Encoding::Pkcs7Der => {
                let block = binary(&self.text, known.as_deref_mut());
                (Some(Item::Block(block)), None)
            }
            Encoding::SerializedStore => (Some(Item::Block(serialized(&self.text))), None),
            Encoding::Pkcs12 => (problem(ProblemCode::Pkcs12), None),
            Encoding::JavaKeystore => (problem(ProblemCode::JavaKeystore), None),
            Encoding::Empty => (problem(ProblemCode::Empty), None),
            Encoding::Unknown => (problem(encoding::unknown(&self.text)), None),
        };
        Items {
            single,
            scanner,
            known,
        }
    }
}

/// The items of a [`Source`], in order.
#[derive(Debug)]
pub struct Items<'a> {
    single: Option<Item>,
    scanner: Option<Scanner<'a>>,
    known: Option<&'a mut Known>,
}

impl Iterator for Items<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if let Some(item) = self.single.take() {
            return Some(item);
        }
        Some(match self.scanner.as_mut()?.next()? {
            Found::Block(raw) => Item::Block(block(raw, self.known.as_deref_mut())),
            Found::Outside(problem) => Item::Problem(problem),
        })
    }
}

/// A file read to its end.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the file is.
    pub encoding: Encoding,
    /// How its characters are written.
    pub characters: Characters,
    /// Whether lines end with CR LF or CR.
    pub has_cr: bool,
    /// Whether the last line has an end.
    pub ends_with_newline: bool,
    /// Its blocks in order.
    pub blocks: Vec<Block>,
    /// What there is to say about what is outside the blocks.
    pub problems: Vec<Problem>,
}

impl Document {
    /// All certificates that could be read, with their blocks.
    pub fn certificates(&self) -> impl Iterator<Item = (&Block, &Certificate)> {
        self.blocks.iter().flat_map(|block| {
            block
                .certificates
                .iter()
                .flatten()
                .map(move |certificate| (block, certificate))
        })
    }

    /// Whether there is a private key in it.
    pub fn has_private_key(&self) -> bool {
        self.blocks
            .iter()
            .any(|block| block.kind == BlockKind::PrivateKey)
    }
}

/// Reads a file whole; never fails, never panics.
pub fn read(bytes: &[u8]) -> Document {
    document(bytes, usize::MAX, None)
}

/// The certificates that [`read`] finds, by their fingerprints alone.
pub fn fingerprints(bytes: &[u8]) -> BTreeSet<Fingerprint> {
    let source = Source::new(bytes);
    let blocks = source.items().filter_map(|item| match item {
        Item::Block(block) => Some(block),
        Item::Problem(_) => None,
    });
    let certificates = blocks.flat_map(|block| block.certificates.into_iter().flatten());
    certificates
        .map(|certificate| certificate.sha256())
        .collect()
}

/// As [`read`], for one of many files with the same certificates.
pub fn read_known(bytes: &[u8], known: &mut Known) -> Document {
    document(bytes, usize::MAX, Some(known))
}

/// As [`read`], but stops with a problem after `limit` certificates.
pub fn read_at_most(bytes: &[u8], limit: usize) -> Document {
    document(bytes, limit, None)
}

fn document(bytes: &[u8], limit: usize, known: Option<&mut Known>) -> Document {
    let source = Source::new(bytes);
    let mut document = Document {
        encoding: source.encoding,
        characters: source.characters,
        has_cr: source.has_cr(),
        ends_with_newline: source.ends_with_newline(),
        // Most files have one.
        blocks: Vec::with_capacity(1),
        problems: Vec::new(),
    };
    let mut count = 0;
    for item in source.items_known(known) {
        match item {
            Item::Problem(problem) => document.problems.push(problem),
            Item::Block(block) => {
                count += block.certificates.len();
                if count > limit {
                    let (line, offset) = (block.line, block.offset);
                    document.problems.push(Problem {
                        code: ProblemCode::TooManyCertificates,
                        line,
                        offset,
                    });
                    break;
                }
                document.blocks.push(block);
            }
        }
    }
    document
}

/// The block that a binary file is.
fn binary(bytes: &[u8], known: Option<&mut Known>) -> Block {
    let kind = match BlockKind::of_der(bytes) {
        BlockKind::Unknown if pkcs7::certificates(bytes).is_some() => BlockKind::Pkcs7,
        BlockKind::Unknown => BlockKind::Certificate,
        kind => kind,
    };
    let mut block = Block {
        line: 0,
        offset: 0,
        label: String::new(),
        kind,
        certificates: vec![],
        problems: vec![],
    };
    fill(&mut block, bytes, known);
    block
}

/// The block that a serialized store is.
fn serialized(bytes: &[u8]) -> Block {
    let found = sst::certificates(bytes);
    let code = match found {
        Some(_) => ProblemCode::SerializedStore,
        None => ProblemCode::BadSerializedStore,
    };
    let mut block = Block {
        line: 0,
        offset: 0,
        label: String::new(),
        kind: BlockKind::SerializedStore,
        certificates: found.unwrap_or_default(),
        problems: vec![],
    };
    say(&mut block, code);
    block
}

/// The block that a scanned block is.
fn block(raw: RawBlock, known: Option<&mut Known>) -> Block {
    let kind = BlockKind::of_label(&raw.label);
    let RawBlock {
        line,
        offset,
        label,
        bytes,
        problems,
    } = raw;
    let mut block = Block {
        line,
        offset,
        label,
        kind,
        certificates: vec![],
        problems,
    };
    match bytes {
        Some(bytes) if bytes.is_empty() => say(&mut block, ProblemCode::EmptyBlock),
        Some(bytes) => fill(&mut block, &bytes, known),
        None => {}
    }
    block
}

fn say(block: &mut Block, code: ProblemCode) {
    let (line, offset) = (block.line, block.offset);
    block.problems.push(Problem { code, line, offset });
}

/// Reads a block's content as what its kind says.
fn fill(block: &mut Block, bytes: &[u8], known: Option<&mut Known>) {
    match block.kind {
        BlockKind::Certificate => certificate(block, bytes, known),
        BlockKind::TrustedCertificate => trusted(block, bytes, known),
        BlockKind::Pkcs7 => match pkcs7::certificates(bytes) {
            None => say(block, ProblemCode::BadPkcs7),
            Some(found) if found.is_empty() => say(block, ProblemCode::EmptyPkcs7),
            Some(found) => block.certificates = found,
        },
        BlockKind::Crl if !is_crl(bytes) => say(block, ProblemCode::BadCrl),
        // A key under a wrong name is a key all the same.
        BlockKind::Unknown if BlockKind::of_der(bytes) == BlockKind::PrivateKey => {
            mislabelled(block, bytes);
        }
        _ => {}
    }
}

/// Whether OpenSSL can read it as a revocation list; what lies behind it is left aside.
pub(super) fn is_crl(bytes: &[u8]) -> bool {
    CertificateRevocationList::from_der(bytes).is_ok()
}

fn certificate(block: &mut Block, bytes: &[u8], known: Option<&mut Known>) {
    let read = match known {
        Some(known) => known.read(bytes),
        None => Certificate::from_der(bytes),
    };
    if read.is_err()
        && let Some(found) = pkcs7::certificates(bytes).filter(|found| !found.is_empty())
    {
        block.kind = BlockKind::Pkcs7;
        block.certificates = found;
        say(block, ProblemCode::Pkcs7AsCertificate);
    } else if read.is_err()
        && !matches!(
            BlockKind::of_der(bytes),
            BlockKind::Unknown | BlockKind::Certificate
        )
    {
        mislabelled(block, bytes);
    } else {
        block.certificates = vec![read];
    }
}

fn mislabelled(block: &mut Block, bytes: &[u8]) {
    block.kind = BlockKind::of_der(bytes);
    say(block, ProblemCode::LabelMismatch);
}

/// A certificate, and after it OpenSSL's X509_CERT_AUX if there are settings (openssl-x509(1), "-addtrust").
fn trusted(block: &mut Block, bytes: &[u8], known: Option<&mut Known>) {
    let mut reader = Reader::new(bytes);
    let end = reader.next().map_or(bytes.len(), |first| first.content.end);
    let (der, settings) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    if settings.is_empty() {
        return certificate(block, bytes, known);
    }
    match super::der::check(settings) {
        Ok(()) if settings.first() == Some(&SEQUENCE) => {
            say(block, ProblemCode::TrustSettings);
            if super::trust_settings::rejects_servers(settings) {
                say(block, ProblemCode::RejectsServers);
            }
            certificate(block, der, known);
        }
        _ => certificate(block, bytes, known),
    }
}
