//! The package: what is in it, what it does to a distribution, and how it leaves.
//!
//! `make test-package` builds what these tests need: the package of this commit, once more from a fresh clone in
//! another folder, that of an earlier commit, and this commit's for arm64.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test acts on folders of its own, tells what it measured, and fails by panicking"
)]

mod arm64;
mod autopkgtest;
mod contents;
mod interrupted;
pub mod lifecycle;
pub mod packages;
mod readme;
mod repository;
mod shells;
