//! A bundle of files that were read already.

use super::{Block, Characters, Document, Encoding};

impl Document {
    /// Whether what it says stays true wherever it stands in a larger file: ordinary text with nothing to remark.
    fn is_ordinary(&self) -> bool {
        self.encoding == Encoding::Pem
            && self.characters == Characters::Utf8
            && !self.has_cr
            && self.problems.is_empty()
            && self.blocks.iter().all(|block| block.problems.is_empty())
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
