//! A bundle of files that were read already.

use super::{Block, Characters, Document, Encoding};

/// How often bytes occur that Base64 has not.
#[derive(Default, PartialEq, Eq)]
struct Counts {
    blanks: usize,
    /// Below a blank, but newlines.
    controls: usize,
    dashes: usize,
}

impl Counts {
    fn of(bytes: &[u8]) -> Self {
        let mut counts = Self::default();
        // No more than a byte counts, in whole registers: the compiler has many of them counted at once.
        for chunk in bytes.chunks(224) {
            let (mut blanks, mut controls, mut dashes) = (0u8, 0u8, 0u8);
            for byte in chunk {
                blanks = blanks.wrapping_add(u8::from(*byte == b' '));
                controls = controls.wrapping_add(u8::from(*byte < b' ') & u8::from(*byte != b'\n'));
                dashes = dashes.wrapping_add(u8::from(*byte == b'-'));
            }
            counts.blanks += usize::from(blanks);
            counts.controls += usize::from(controls);
            counts.dashes += usize::from(dashes);
        }
        counts
    }
}

impl Document {
    /// Whether what it says stays true wherever it stands in a larger file: ordinary text with nothing to remark.
    fn is_ordinary(&self) -> bool {
        self.encoding == Encoding::Pem
            && self.characters == Characters::Utf8
            && !self.has_cr
            && self.problems.is_empty()
            && self.blocks.iter().all(|block| block.problems.is_empty())
    }

    /// Whether every program reads it alike: nothing but ordinary certificates, written as everybody writes them.
    ///
    /// Counting tells the rest apart: in such a text each marker has one blank and ten dashes, and there are no others.
    pub fn is_plain(&self, bytes: &[u8]) -> bool {
        let certificate = |block: &Block| {
            block.label == "CERTIFICATE" && matches!(block.certificates.as_slice(), [Ok(_)])
        };
        let markers = 2 * self.blocks.len();
        self.is_ordinary()
            && self.blocks.iter().all(certificate)
            && Counts::of(bytes)
                == Counts {
                    blanks: markers,
                    controls: 0,
                    dashes: 10 * markers,
                }
    }

    /// The document that `bytes` are, where they are nothing but these files one after the other (some may be
    /// missing), each ended with a newline, as `update-ca-certificates` makes its bundle: then it need not be read.
    pub fn joined<'a>(
        bytes: &[u8],
        files: impl IntoIterator<Item = (&'a [u8], &'a Document)>,
    ) -> Option<Document> {
        let (mut blocks, mut lines, mut rest) = (Vec::new(), 0, bytes);
        for (file, document) in files {
            let Some(after) = rest.strip_prefix(file).filter(|_| document.is_ordinary()) else {
                continue;
            };
            let after = match document.ends_with_newline {
                true => after,
                false => after.strip_prefix(b"\n")?,
            };
            let offset = bytes.len() - rest.len();
            blocks.extend(document.blocks.iter().map(|block| Block {
                line: block.line + lines,
                offset: block.offset + offset,
                ..block.clone()
            }));
            lines += memchr::memchr_iter(b'\n', &rest[..rest.len() - after.len()]).count();
            rest = after;
        }
        (rest.is_empty() && !blocks.is_empty()).then_some(Document {
            encoding: Encoding::Pem,
            characters: Characters::Utf8,
            has_cr: false,
            ends_with_newline: true,
            blocks,
            problems: Vec::new(),
        })
    }
}
