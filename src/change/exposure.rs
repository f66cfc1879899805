//! Local sources that are not plain certificates: the bundle is a copy of them, byte for byte, and everyone reads it.
//! Pure.

mod outside;

use std::path::PathBuf;

use super::plan::Wanted;
use crate::cert::{BlockKind, Document, Encoding, Fingerprint};
use crate::host::format::words::{quoted, trustctl};
use crate::store::inventory::{Content, Inventory, Source};
use crate::store::layout::Layout;
use crate::system::resolve::under;

/// A printed command names no more certificates than this.
const NAMED: usize = 8;

/// A local source that would make something public that may not be meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The source's name inside the tree.
    pub name: PathBuf,
    /// The file itself, behind every link: a link of a tree leads elsewhere outside of it.
    pub real: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// What mends it.
    pub repair: Repair,
}

/// What mends an exposure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Others may read the file.
    Readable,
    /// Its certificates are written anew, one per file and nothing else.
    Rewritten(Vec<Fingerprint>),
    /// There is no certificate in it: it goes somewhere else.
    MovedAway,
}

impl Exposure {
    /// What to do, with a command that works as printed.
    pub fn remedy(&self, layout: &Layout) -> String {
        let path = quoted(&self.real.to_string_lossy());
        let name = quoted(&under(&layout.root, &self.name).to_string_lossy());
        let file = quoted(&self.name.file_name().unwrap_or_default().to_string_lossy());
        match &self.repair {
            Repair::Readable => format!("if it may be public, run `sudo chmod a+r {path}`"),
            Repair::MovedAway => format!("move it out of the folder: `sudo mv -i {name} /root/`"),
            Repair::Rewritten(all) => {
                // With the fingerprints nobody needs to be asked; too many would fit on no line.
                let pinned = match all.len() {
                    ..=NAMED => {
                        let all: Vec<String> = all.iter().map(Fingerprint::to_string).collect();
                        format!(" --sha256 {}", all.join(","))
                    }
                    _ => String::new(),
                };
                // Behind a link the file may have another name.
                let renamed = all.len() == 1 && self.name.file_name() != self.real.file_name();
                let named = match renamed {
                    true => format!(" --name={file}"),
                    false => String::new(),
                };
                let words = format!("add --replace={file}{named}{pinned} {path}");
                let command = trustctl(layout, &words);
                format!("to keep only its certificates, run `{command}`")
            }
        }
    }
}

/// The exposures among the local sources that stay as they are.
pub fn exposures(inventory: &Inventory, wanted: &Wanted) -> Vec<Exposure> {
    let stays = |source: &&Source| {
        let name = &source.place.name;
        !wanted.removals.contains(name) && !wanted.writes.contains_key(name)
    };
    inventory
        .local()
        .filter(stays)
        .filter_map(exposure)
        .collect()
}

fn exposure(source: &Source) -> Option<Exposure> {
    let Content::Read {
        bytes,
        document,
        facts,
        ..
    } = &*source.content
    else {
        return None;
    };
    if document.encoding == Encoding::Empty {
        return None;
    }
    let name = source.place.name.as_path();
    let of = |reason: String, repair: Repair| {
        Some(Exposure {
            name: name.to_path_buf(),
            real: source.place.real.clone(),
            reason,
            repair,
        })
    };
    if let Some(reason) = content(bytes, document) {
        return of(reason, written_anew(document));
    }
    if let Some(folder) = &source.closed {
        let reason = format!(
            "it is a link to a file below `{}`, which others cannot enter, but everyone can read the bundle",
            folder.display()
        );
        return of(reason, written_anew(document));
    }
    if facts.is_some_and(|facts| facts.mode & 0o004 == 0) {
        let reason = "others cannot read it, but everyone can read the bundle".to_string();
        return of(reason, Repair::Readable);
    }
    None
}

/// What in the bytes of a file is not a plain certificate.
fn content(bytes: &[u8], document: &Document) -> Option<String> {
    match document.encoding {
        Encoding::Pkcs12 => {
            return Some("it is a PKCS#12 file, which can hold a private key".into());
        }
        Encoding::JavaKeystore => {
            return Some("it is a Java keystore, which can hold a private key".into());
        }
        Encoding::Pem | Encoding::Unknown => {}
        _ => return None,
    }
    let foreign = |kind: BlockKind| {
        matches!(
            kind,
            BlockKind::Unknown | BlockKind::Csr | BlockKind::Pkcs12
        )
    };
    if let Some(block) = document.blocks.iter().find(|block| foreign(block.kind)) {
        return Some(format!(
            "the block `{}` at line {} is not a certificate, and would be copied into the world-readable bundle",
            block.label, block.line
        ));
    }
    let subjects: Vec<String> = document
        .certificates()
        .map(|(_, certificate)| certificate.subject().display().to_string())
        .collect();
    let found = outside::suspicious(bytes, &subjects)?;
    Some(format!(
        "line {} {}, and would be copied into the world-readable bundle",
        found.line, found.what
    ))
}

/// Its certificates alone; what has none is moved away.
fn written_anew(document: &Document) -> Repair {
    let all: Vec<Fingerprint> = document
        .certificates()
        .map(|(_, certificate)| certificate.sha256())
        .collect();
    match all.is_empty() {
        true => Repair::MovedAway,
        false => Repair::Rewritten(all),
    }
}
