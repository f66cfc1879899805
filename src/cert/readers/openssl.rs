//! OpenSSL: `PEM_read_bio` (crypto/pem/pem_lib.c) and its two callers, `PEM_X509_INFO_read_bio` for files with many
//! certificates and `X509_load_cert_file` for those behind hash links.

use super::{Reading, lenient};
use crate::cert::certificate::Certificate;
use crate::cert::der::{self, DerFault};
use crate::cert::document::is_crl;
use crate::cert::kind::BlockKind;

/// What differs between releases.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Three,
}

/// `fgets` is given a buffer of 255 bytes, one of them for the NUL.
const LINE: usize = 254;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const UTF8: u8 = 0x0c;
const TAIL: &[u8] = b"-----\n";

/// `X509_load_cert_crl_file`: all or nothing.
pub(super) fn file(bytes: &[u8], version: Version) -> Reading {
    let mut pem = Pem::new(bytes, version);
    let mut reading = Reading::default();
    loop {
        match pem.block() {
            Ok(block) => match block.content(version) {
                Ok(found) => reading.certificates.extend(found),
                Err(()) => {
                    reading.stop(bytes, block.offset);
                    break;
                }
            },
            Err(Fail::NoStart) => {
                reading.ended = pem.ended_early();
                break;
            }
            Err(Fail::Bad(offset)) => {
                reading.stop(bytes, offset);
                break;
            }
        }
    }
    if reading.stopped.is_some() {
        reading.certificates.clear();
    }
    reading
}

/// `X509_load_cert_file`: what comes before a fault stays.
pub(super) fn linked(bytes: &[u8], version: Version) -> Reading {
    let mut pem = Pem::new(bytes, version);
    let mut reading = Reading::default();
    loop {
        let offset = match pem.block() {
            Ok(block) if !block.is_certificate() => continue,
            Ok(block) => match block.trusted_form() {
                Ok(found) => {
                    reading.certificates.push(found);
                    continue;
                }
                Err(()) => block.offset,
            },
            Err(Fail::NoStart) if !reading.certificates.is_empty() => {
                reading.ended = pem.ended_early();
                return reading;
            }
            Err(Fail::NoStart) => 0,
            Err(Fail::Bad(offset)) => offset,
        };
        reading.stop(bytes, offset);
        return reading;
    }
}

/// Why there is no further block.
enum Fail {
    /// `PEM_R_NO_START_LINE`, which callers take for the end.
    NoStart,
    /// Anything else, at this offset.
    Bad(usize),
}

/// What stands between two markers.
struct Block {
    offset: usize,
    name: Vec<u8>,
    header: Vec<u8>,
    data: Vec<u8>,
}

impl Block {
    fn is_certificate(&self) -> bool {
        matches!(
            self.name.as_slice(),
            b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE"
        )
    }

    /// `PEM_get_EVP_CIPHER_INFO` and `PEM_do_header`: a header means encryption, and there is no password.
    fn is_plain(&self) -> bool {
        matches!(self.header.first(), None | Some(b'\n'))
    }

    /// `d2i_X509_AUX`, whatever the label.
    fn trusted_form(&self) -> Result<Certificate, ()> {
        let (found, rest) = lenient(&self.data).filter(|_| self.is_plain()).ok_or(())?;
        let sound = rest.is_empty() || is_settings(rest).is_ok();
        sound.then_some(found).ok_or(())
    }

    /// What `PEM_X509_INFO_read_bio` makes of it: a certificate, nothing, or the end of everything.
    fn content(&self, version: Version) -> Result<Option<Certificate>, ()> {
        match self.name.as_slice() {
            b"TRUSTED CERTIFICATE" => self.trusted_form().map(Some),
            b"CERTIFICATE" | b"X509 CERTIFICATE" => {
                let found = lenient(&self.data).filter(|_| self.is_plain());
                found.map(|(found, _)| Some(found)).ok_or(())
            }
            b"X509 CRL" => (self.is_plain() && is_crl(&self.data))
                .then_some(None)
                .ok_or(()),
            name if is_key(name, version) => self.key(),
            _ => Ok(None),
        }
    }

    fn key(&self) -> Result<Option<Certificate>, ()> {
        let encrypted = self.name == b"ENCRYPTED PRIVATE KEY";
        let sound = match self.header.len() > 10 || encrypted {
            true => self.is_plain() || names_cipher(&self.header),
            false => self.is_plain() && BlockKind::of_der(&self.data) == BlockKind::PrivateKey,
        };
        sound.then_some(None).ok_or(())
    }
}

/// `X509_CERT_AUX` (crypto/x509/x_x509a.c): uses to trust it for, to distrust it for, a name, an identifier.
fn is_settings(bytes: &[u8]) -> Result<(), DerFault> {
    let mut all = der::Reader::new(bytes);
    let all_of = all.expect(der::SEQUENCE, "trust settings")?;
    let mut fields = all.inside(&all_of);
    if let Some(uses) = fields.optional(der::SEQUENCE)? {
        let mut uses = fields.inside(&uses);
        while !uses.is_empty() {
            uses.expect(der::OID, "a use")?;
        }
    }
    for tag in [0xa0, UTF8, der::OCTET_STRING, 0xa1] {
        fields.optional(tag)?;
    }
    fields.finish()
}

/// Keys that are read in a file of certificates, too.
fn is_key(name: &[u8], version: Version) -> bool {
    match version {
        Version::One => matches!(
            name,
            b"RSA PRIVATE KEY" | b"DSA PRIVATE KEY" | b"EC PRIVATE KEY"
        ),
        Version::Three => memchr::memmem::find(name, b"PRIVATE KEY").is_some(),
    }
}

/// The header of an encrypted block (RFC 1421 §4.6), as `PEM_get_EVP_CIPHER_INFO` wants it.
fn names_cipher(header: &[u8]) -> bool {
    let text = String::from_utf8_lossy(header);
    let mut lines = text.lines();
    let kind = lines
        .next()
        .and_then(|line| line.strip_prefix("Proc-Type:"));
    let kind = kind.map(|kind| kind.trim_matches([' ', '\t', '\r']));
    let cipher = lines.next().and_then(|line| line.strip_prefix("DEK-Info:"));
    let cipher = cipher.and_then(|cipher| cipher.trim().split_once(','));
    kind == Some("4,ENCRYPTED")
        && cipher.is_some_and(|(name, vector)| {
            !name.is_empty() && vector.len() >= 16 && vector.bytes().all(|b| b.is_ascii_hexdigit())
        })
}

/// Where in a block the reader is.
#[derive(PartialEq, Eq)]
enum Header {
    Maybe,
    Inside,
    Over,
}

/// `PEM_read_bio`, called again and again on a `BIO_s_file`.
struct Pem<'a> {
    bytes: &'a [u8],
    at: usize,
    version: Version,
    /// The offset of a line that begins with NUL, which looks like the end of the file.
    nul: Option<usize>,
}

impl<'a> Pem<'a> {
    fn new(bytes: &'a [u8], version: Version) -> Self {
        Pem {
            bytes,
            at: 0,
            version,
            nul: None,
        }
    }

    /// `BIO_gets`: the line up to its end, to a NUL, or to the end of the buffer; `None` at what looks like the end.
    fn gets(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length.min(LINE))?;
        let start = self.at;
        self.at += line.len();
        let line = line.split(|&byte| byte == 0).next()?;
        if line.is_empty() {
            self.nul = Some(start);
        }
        (!line.is_empty()).then_some(line)
    }

    /// The line of the NUL that was taken for the end, where there is more after it.
    fn ended_early(&self) -> Option<usize> {
        self.nul.map(|offset| super::line_of(self.bytes, offset))
    }

    /// The name of the next block and the offset of its line (`get_name`).
    fn name(&mut self) -> Result<(usize, Vec<u8>), Fail> {
        let mut first = true;
        loop {
            let offset = self.at;
            let line = self.gets().ok_or(Fail::NoStart)?;
            let line = match self.version {
                Version::Three if first && line.len() > 3 => {
                    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
                }
                _ => line,
            };
            first = false;
            let line = sanitized(line);
            let name = line
                .strip_prefix(BEGIN)
                .and_then(|rest| rest.strip_suffix(TAIL));
            if let Some(name) = name {
                return Ok((offset, name.to_vec()));
            }
        }
    }

    fn block(&mut self) -> Result<Block, Fail> {
        let (offset, name) = self.name()?;
        let (header, text) = self.header_and_data(&name)?;
        let data = decode(&text)
            .filter(|data| !data.is_empty())
            .ok_or(Fail::Bad(offset))?;
        Ok(Block {
            offset,
            name,
            header,
            data,
        })
    }

    /// `get_header_and_data`.
    fn header_and_data(&mut self, name: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Fail> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let (mut header, mut end, mut partial) = (Header::Maybe, false, false);
        loop {
            let offset = self.at;
            let line = self.gets().ok_or(Fail::Bad(offset))?;
            let was_partial = partial;
            partial = line.len() == LINE && line.last() != Some(&b'\n');
            if header == Header::Maybe && line.contains(&b':') {
                header = Header::Inside;
            }
            let line = sanitized(line);
            if line == b"\n" {
                match header {
                    _ if was_partial => {}
                    // Another empty line.
                    Header::Over => return Err(Fail::Bad(offset)),
                    _ => header = Header::Over,
                }
                continue;
            }
            if let Some(rest) = line.strip_prefix(END) {
                let rest = rest.strip_prefix(name).ok_or(Fail::Bad(offset))?;
                return match rest.starts_with(TAIL) {
                    true if header == Header::Maybe => Ok((after, before)),
                    true => Ok((before, after)),
                    false => Err(Fail::Bad(offset)),
                };
            }
            if end {
                return Err(Fail::Bad(offset));
            }
            match header {
                Header::Over => after.extend_from_slice(&line),
                _ => before.extend_from_slice(&line),
            }
            if header == Header::Over {
                // With the newline.
                match line.len() {
                    66.. => return Err(Fail::Bad(offset)),
                    length => end = length < 65,
                }
            }
        }
    }
}

/// `sanitize_line`: nothing up to the blank at its end, where bytes above 127 are below it (`char` is signed).
fn sanitized(line: &[u8]) -> Vec<u8> {
    let keep = line
        .iter()
        .rposition(|&byte| byte > b' ' && byte < 0x80)
        .map_or(0, |last| last + 1);
    [line.get(..keep).unwrap_or_default(), b"\n"].concat()
}

/// `EVP_DecodeUpdate` and `EVP_DecodeFinal` (crypto/evp/encode.c).
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut group, mut padding) = (Vec::new(), Vec::with_capacity(64), 0);
    for &byte in text {
        match byte {
            b'-' => break,
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'=' => padding += 1,
            _ if value(byte).is_none() || padding > 0 => return None,
            _ => {}
        }
        if padding > 2 {
            return None;
        }
        group.push(value(byte).unwrap_or(0));
        if group.len() == 64 {
            flush(&mut out, &mut group, padding)?;
        }
    }
    match group.len() % 4 {
        0 => flush(&mut out, &mut group, padding)?,
        _ => return None,
    }
    Some(out)
}

/// `evp_decodeblock_int`, less the bytes that padding stands for.
fn flush(out: &mut Vec<u8>, group: &mut Vec<u8>, padding: usize) -> Option<()> {
    if group.is_empty() {
        return Some(());
    }
    let (fours, _) = group.as_chunks::<4>();
    let mut bytes: Vec<u8> = fours
        .iter()
        .flat_map(|[a, b, c, d]| [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d])
        .collect();
    bytes.truncate(bytes.len().checked_sub(padding)?);
    out.extend(bytes);
    group.clear();
    Some(())
}

fn value(byte: u8) -> Option<u8> {
    crate::cert::base64::value(byte)
}
