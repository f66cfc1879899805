//! Programs that read a trust store, by version: what they can check, what they offer, what they refuse, what they say.
//!
//! Pure: facts as data that everybody asks. A judge is the program as it is on the host, or another release that was
//! asked for.

mod algorithms;
pub mod hellos;
pub mod messages;
pub mod no_proxy;
mod release;

pub(crate) use algorithms::{
    Answer, offers_in_handshake, reads, strength, verifies, verifies_with,
};
pub use release::{Library, Release, Version};

/// The module proxy that go asks where none is set (`go help environment`; there `,direct` follows it).
pub(crate) const GO_PROXY: &str = "https://proxy.golang.org";
