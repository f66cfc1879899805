//! Certificates and the files they come in. Pure: bytes in, values out; no paths, no clock.

mod armour;
mod base64;
mod certificate;
mod der;
mod document;
mod extensions;
mod fingerprint;
pub mod judge;
mod key;
mod kind;
pub mod known_bad;
mod name;
mod pkcs7;
mod problem;
mod signature;
#[cfg(test)]
mod tests;
mod text;
mod time;

pub use certificate::{Certificate, SelfSigned};
pub use der::{DerFault, DerFaultKind};
pub use document::{
    Block, Document, Encoding, Item, Items, Known, Source, read, read_at_most, read_known,
};
pub use extensions::{BasicConstraints, Defect, Extensions, KeyUsage, NameConstraints};
pub use fingerprint::{BadFingerprint, Fingerprint, hex};
pub use key::Key;
pub use kind::BlockKind;
pub use name::Name;
pub use problem::{Problem, ProblemCode};
pub use signature::{Check, Hash};
pub use text::Characters;
pub use time::{BadTime, Time};
