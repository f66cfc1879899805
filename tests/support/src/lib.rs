//! What trustctl's tests are written in.
//!
//! - [`Host`]: a private tree with a small store, changed by `trustctl --root` and by the real
//!   `update-ca-certificates` of this machine; needs nothing but that package.
//! - [`Cell`]: a throw-away copy of a whole distribution, with its own script, OpenSSL, curl, Go or Java.
//! - [`Tree`]: what readers see under a root, in three views, read independently of trustctl's own code.
//! - [`Ca`] is a certification authority, [`Leaf`] a server certificate.
//!
//! Every program starts from an empty environment. Everything made is gone when the value is dropped.

#![expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]

mod ca;
mod cell;
mod host;
mod ocsp;
mod reader;
mod run;
mod sample;
mod schema;
pub mod servers;
pub mod tls_clients;
pub mod tls_servers;
mod tree;

pub use ca::{
    Ca, Dates, KEYS, Leaf, leaf_by_openssl, names_its_issuer, openssl, openssl_subject_hash,
    own_by_openssl, sha256,
};
pub use cell::Cell;
pub use host::{Host, limbo, trustctl};
pub use ocsp::{Answer, ocsp_response, ocsp_response_forged, ocsp_response_unknown};
pub use reader::{Reader, Seen};
pub use run::{PATH, Run, output, output_when, output_with};
pub use sample::{sample, seed, whole};
pub use tree::{Entry, Snapshot, Tree, certificates_in};
