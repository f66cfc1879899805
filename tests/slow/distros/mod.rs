//! Whole distributions with their own script, OpenSSL, curl, Go and Java: bullseye and bookworm as the twins of
//! Ubuntu 20.04 and 22.04, trixie as the newest. `make test-distros` makes what they need.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundle_alone;
pub(crate) mod clients;
mod hooks;
mod java;
mod stores;
mod tls;
