//! What many hosts need of the world: a browser, Ansible, Prometheus.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests act on trees and folders of their own, and fail by panicking"
)]

mod ansible;
mod browser;
mod prometheus;
mod puppet;

use std::path::Path;

/// A certificate's fingerprint, as the README's examples print it.
const PRINTED: &str = "6b401eba3cacb6d0dd3d24ea5eed31d7c093a4ebe367e6e39a20cbbcf31f9b69";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The first block of this language in a document that has these words.
#[track_caller]
fn block(document: &str, language: &str, words: &str) -> String {
    let text = std::fs::read_to_string(repository().join(document)).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = text
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let found = blocks.find(|block| block.contains(words));
    found
        .unwrap_or_else(|| panic!("{document}: no {language} with `{words}`"))
        .to_string()
}
