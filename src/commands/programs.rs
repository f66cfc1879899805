//! Which programs judge: those of this host, and releases that were asked for.

use super::Context;
use crate::error::{Error, Result};
use crate::host::installed;
use crate::host::tree::Tree;
use crate::programs::Release;

/// Every program that is judged, as it is installed in this tree or as its newest release.
pub fn of_host(context: &Context) -> Vec<Release> {
    let tree = Tree::new(&context.layout);
    installed::on_host(&context.layout, &tree)
}

/// Releases that were asked for, such as `go@1.22`.
pub fn asked(texts: &[String]) -> Result<Vec<Release>> {
    let read = |text: &String| {
        Release::named(text).ok_or_else(|| {
            Error::new(format!("`{text}` is not a known program"))
                .hint("write it like go@1.22, openssl@3.0, java@17, or without a version")
        })
    };
    texts.iter().map(read).collect()
}
