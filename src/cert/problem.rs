//! What can be wrong with a file that is meant to hold certificates.

use std::fmt;

use serde::Serialize;

/// One thing to say about a file, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub code: ProblemCode,
    /// The line it is on, counted from 1; 0 in a file without lines.
    pub line: usize,
    /// The offset of that line in the file (in the text as UTF-8, where the file is UTF-16).
    pub offset: usize,
}

macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $variant:ident $weight:ident $code:literal $message:literal)+) => {
        /// Everything that is said about a file and its blocks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ProblemCode {
            /// All of them, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, in kebab case.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)+ }
            }

            fn weight(self) -> Weight {
                match self { $(Self::$variant => Weight::$weight,)+ }
            }
        }
    };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Fault,
    Note,
}

problems! {
    /// No byte, or nothing but white space.
    Empty Fault "empty" "the file is empty"
    /// Neither PEM nor DER.
    NotCertificates Fault "not-certificates" "neither PEM nor DER: there is no certificate in it"
    /// Base64 without the markers around it.
    BareBase64 Fault "bare-base64" "Base64 without `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----` around it"
    /// PKCS#12, which holds certificates and usually a private key behind a password.
    Pkcs12 Fault "pkcs12" "a PKCS#12 file; its certificates have to be extracted first"
    /// HTML.
    WebPage Fault "web-page" "a web page (HTML), not a certificate: perhaps a login or an error page was downloaded"
    /// A Java keystore.
    JavaKeystore Fault "java-keystore" "a Java keystore; its certificates have to be exported first"
    /// A marker that is nearly right.
    MalformedMarker Fault "malformed-marker" "a line that is nearly, but not quite, a `-----BEGIN …-----` or `-----END …-----` marker"
    /// A marker after other characters.
    MarkerInsideLine Fault "marker-inside-line" "a marker that does not start its line; some programs see it, others do not"
    /// A byte order mark before a marker that is not the first.
    ByteOrderMarkInside Fault "byte-order-mark-inside" "a byte order mark before a marker: files were joined, and programs leave the certificate behind it out"
    /// BEGIN behind END.
    JoinedFiles Fault "joined-files" "a BEGIN marker on the line of an END marker: files were joined without a newline between them"
    /// Lines of an old Macintosh.
    CarriageReturns Fault "carriage-returns" "lines end with CR alone, so that OpenSSL and Go find no certificate"
    /// `\\n` as two characters.
    LiteralNewlines Fault "literal-newlines" "newlines are written as `\\n`, as in JSON or in a variable"
    /// Characters after a marker.
    TextAfterMarker Fault "text-after-marker" "characters after a marker on the same line"
    /// END, nothing open.
    EndWithoutBegin Fault "end-without-begin" "an END marker without a BEGIN marker before it"
    /// END with another label than BEGIN.
    EndLabelMismatch Fault "end-label-mismatch" "the END marker names another thing than the BEGIN marker"
    /// BEGIN while a block is open.
    BeginInsideBlock Fault "begin-inside-block" "a BEGIN marker before the END marker of this block; the block is cut off"
    /// The file ends inside a block.
    UnterminatedBlock Fault "unterminated-block" "the file ends before the END marker; the block is cut off"
    /// RFC 1421 encryption headers.
    EncryptedBlock Fault "encrypted-block" "the block is encrypted (RFC 1421 headers)"
    /// RFC 1421 headers without encryption.
    Headers Note "headers" "header lines inside the block"
    /// A character outside Base64.
    BadBase64 Fault "bad-base64" "a character that does not belong to Base64"
    /// Padding that does not fit.
    BadPadding Fault "bad-padding" "the Base64 ends in the wrong place: `=` missing, superfluous, or characters lost"
    /// Bits set that no byte has.
    LooseBits Fault "loose-bits" "the last Base64 character has bits that belong to no byte; strict programs refuse it"
    /// No content.
    EmptyBlock Fault "empty-block" "there is nothing between the markers"
    /// The label promises something else.
    LabelMismatch Fault "label-mismatch" "the content is not what the marker says"
    /// PKCS#7 that cannot be read.
    BadPkcs7 Fault "bad-pkcs7" "PKCS#7 that cannot be read"
    /// PKCS#7 under the label of a certificate.
    Pkcs7AsCertificate Note "pkcs7-as-certificate" "PKCS#7 under a `CERTIFICATE` marker, as Microsoft's certificate services write it; no program reads it as it is"
    /// What Windows writes for a whole store.
    SerializedStore Note "serialized-store" "a serialized certificate store of Windows (`.sst`); no program reads it as it is"
    /// One that cannot be read.
    BadSerializedStore Fault "bad-serialized-store" "a serialized certificate store (`.sst`) that cannot be read to its end"
    /// A revocation list that cannot be read.
    BadCrl Fault "bad-crl" "a revocation list that cannot be read, at which OpenSSL gives up the whole file"
    /// PKCS#7 without certificates.
    EmptyPkcs7 Fault "empty-pkcs7" "PKCS#7 without a certificate in it"
    /// More certificates than asked for.
    TooManyCertificates Fault "too-many-certificates" "more certificates than the limit; the rest was not read"
    /// X509_AUX after the certificate.
    TrustSettings Note "trust-settings" "OpenSSL trust settings after the certificate; they are left out"
    /// X509_AUX that leaves TLS servers out.
    RejectsServers Fault "rejects-servers" "its OpenSSL trust settings reject TLS servers, and in the store it would be trusted for them"
    /// Lines not of 64 characters.
    OddLineLength Note "odd-line-length" "Base64 lines that are not 64 characters long"
    /// Blanks or empty lines inside the Base64.
    BlanksInBase64 Note "blanks-in-base64" "blanks or empty lines inside the Base64"
    /// Anything outside the blocks.
    TextOutside Note "text-outside" "text outside the markers; it is left out"
    /// A NUL byte in a text.
    NulByte Fault "nul-byte" "a NUL byte in a text file; programs written in C stop reading there"
}

impl Problem {
    /// Whether it only describes: nothing is lost and nothing is refused for it.
    pub fn is_note(&self) -> bool {
        self.code.weight() == Weight::Note
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self.code {
            ProblemCode::MarkerInsideLine => {
                "let each marker start its line: `sed 's/^[[:blank:]]*//' FILE > ca.crt` takes away what is indented"
            }
            ProblemCode::ByteOrderMarkInside => {
                "take the byte order marks out: `sed 's/\\xef\\xbb\\xbf//g' FILE > ca.crt`"
            }
            ProblemCode::JoinedFiles => {
                "put each marker on a line of its own: `sed 's/-----BEGIN/\\n&/g' FILE > ca.crt`"
            }
            ProblemCode::CarriageReturns => {
                "turn them into newlines: `tr '\\r' '\\n' < FILE > ca.crt`"
            }
            ProblemCode::LiteralNewlines => {
                "write the newlines out: `printf '%b\\n' \"$(cat FILE)\" > ca.crt`"
            }
            ProblemCode::TextAfterMarker => "remove what follows the marker on its line",
            ProblemCode::MalformedMarker => {
                "correct the marker: five dashes, `BEGIN` or `END`, the label, five dashes"
            }
            ProblemCode::EndLabelMismatch => "write the same label after `END` as after `BEGIN`",
            ProblemCode::EndWithoutBegin => {
                "remove the END marker, or get an intact copy of the file"
            }
            ProblemCode::EmptyBlock => "remove the empty block",
            ProblemCode::EncryptedBlock => "ask for the certificate itself, which is not secret",
            ProblemCode::BadCrl => "remove the revocation list: the store holds certificates only",
            ProblemCode::NulByte => {
                "export the certificate again as PEM; `._` files are metadata of macOS and of no use here"
            }
            ProblemCode::WebPage => {
                "look at where it was downloaded from; `curl -fL` fails where a login is asked for by status"
            }
            _ => "get an intact copy of the file",
        }
    }

    /// What it is, for people.
    pub fn message(&self) -> &'static str {
        self.code.message()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(self.message()),
            line => write!(f, "line {line}: {}", self.message()),
        }
    }
}

impl Serialize for ProblemCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let mut codes: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.code()).collect();
        assert!(codes.iter().all(|code| {
            code.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        }));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ProblemCode::ALL.len());
    }

    #[test]
    fn a_problem_names_its_line_where_there_are_lines() {
        let problem = |line| Problem {
            code: ProblemCode::Empty,
            line,
            offset: 0,
        };
        assert_eq!(problem(0).to_string(), "the file is empty");
        assert_eq!(problem(3).to_string(), "line 3: the file is empty");
    }
}
