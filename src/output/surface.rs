//! What the page is shown on: how wide it is, and the tree that its paths are in. Set once by `main`.

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use console::Term;

use crate::host::format::words;

/// Where nothing tells.
const WIDTH: usize = 80;
/// Narrower or wider is not read any better.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=200;

static COLUMNS: OnceLock<usize> = OnceLock::new();
static ROOT: OnceLock<PathBuf> = OnceLock::new();

/// Makes pages as wide as `$COLUMNS` says, else as the terminal is.
pub fn fit(columns: Option<&str>) {
    let told = columns.and_then(|columns| columns.parse().ok());
    let terminal = || {
        let size = stdout()
            .is_terminal()
            .then(|| Term::stdout().size_checked());
        size.flatten().map(|(_, columns)| usize::from(columns))
    };
    let width = told.filter(|columns| *columns > 0).or_else(terminal);
    let width = width.unwrap_or(WIDTH);
    // A second call would be a mistake of ours, and harmless: the first width stays.
    let _ = COLUMNS.set(width.clamp(*WIDTHS.start(), *WIDTHS.end()));
}

/// Shows paths as those of this tree.
pub fn under(root: &Path) {
    if root != Path::new("/") {
        let _ = ROOT.set(root.to_path_buf());
    }
}

/// The width of a page.
pub fn width() -> usize {
    COLUMNS.get().copied().unwrap_or(WIDTH)
}

/// The tree, where it is not the running system's own.
pub fn root() -> Option<&'static Path> {
    ROOT.get().map(PathBuf::as_path)
}

/// A path inside the tree as it is called on this machine.
pub fn path(name: &Path) -> String {
    match root() {
        Some(root) if name.is_absolute() => format!("{}{}", root.display(), name.display()),
        _ => name.display().to_string(),
    }
}

/// The words that begin a command on this tree.
pub fn command() -> String {
    match root() {
        Some(root) => format!("trustctl --root {}", words::quoted(&root.to_string_lossy())),
        None => "trustctl".to_string(),
    }
}
