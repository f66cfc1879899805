//! Certificates and the files they come in. Pure: bytes in, values out; no paths, no clock.

mod armour;
mod base64;
mod certificate;
pub(crate) mod curve;
mod der;
mod document;
mod extensions;
mod fingerprint;
mod hash;
pub mod judge;
mod key;
mod kind;
mod known;
pub mod known_bad;
mod name;
pub(crate) mod oids;
mod pkcs7;
mod problem;
pub(crate) mod public_key;
pub mod readers;
pub(crate) mod signature;
mod sst;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod time;
pub(crate) mod tlv;
mod trust_settings;

pub use certificate::{Certificate, SelfSigned};
pub use der::{DerFault, DerFaultKind};
pub use document::{
    Block, Document, Encoding, Item, Items, Source, fingerprints, read, read_at_most, read_known,
};
pub use extensions::{BasicConstraints, Defect, Extensions, KeyUsage, NameConstraints};
pub use fingerprint::{BadFingerprint, Fingerprint, hex};
pub use hash::Hash;
pub use key::Key;
pub use kind::BlockKind;
pub use known::Known;
pub use name::Name;
pub use pkcs7::fingerprints as pkcs7_fingerprints;
pub use problem::{Problem, ProblemCode};
pub use signature::Check;
pub use text::Characters;
pub use time::{BadTime, Time};
