//! The package: what is in it, what it does to a distribution, and how it leaves.
//!
//! `make test-package` builds what these tests need: the package of this commit, once more from a fresh clone in
//! another folder, and that of an earlier commit.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test acts on folders of its own, and fails by panicking"
)]

mod autopkgtest;
mod contents;
mod interrupted;
mod lifecycle;
mod packages;
mod readme;
mod repository;
mod shells;
