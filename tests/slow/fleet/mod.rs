//! What many hosts need of the world: a browser, Ansible, Prometheus.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees and folders of their own, and fail by panicking"
)]

mod ansible;
mod browser;
mod prometheus;
