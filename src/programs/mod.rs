//! Programs that read a trust store, by version: what they can check, what they refuse, what they cannot read.
//!
//! Pure: facts as data. A judge is the program as it is on the host, or another release that was asked for.

mod algorithms;
mod release;

pub(crate) use algorithms::{
    Answer, offers_in_handshake, reads, strength, verifies, verifies_with,
};
pub use release::{Library, Release, Version};
