//! Many hosts: desired state, reports, what monitoring is given.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees and folders of their own, and fail by panicking"
)]

mod apply;
mod monitoring;
mod report;
