//! Diagnosis on whole distributions, with their own OpenSSL, nginx, Python and Go.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "tests read what they have made")]

mod causes;
mod pki;
mod servers;
mod stores;
mod story;
mod tls;

/// The server's name, which each cell resolves to itself.
const HOST: &str = "goproxy.corp.example";
