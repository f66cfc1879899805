//! What to do about a file, as a command that can be copied.

use std::path::Path;

use crate::cert::Problem;
use crate::host::format::words::quoted;

/// A path as a shell takes it back.
pub(super) fn word(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// Removing a source and what was made of it.
pub(super) fn remove(path: &Path) -> String {
    format!("run `trustctl remove {}`", word(path))
}

/// Deleting a file of the local folder and building the store anew.
pub(super) fn delete(path: &Path) -> String {
    format!("run `rm {}`, then `trustctl refresh`", word(path))
}

/// Taking a file out of the local folder and adding what is in it properly.
pub(super) fn add_properly(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "run `mv {} /var/tmp`, then `trustctl add {}`",
        word(path),
        quoted(&format!("/var/tmp/{name}"))
    )
}

/// Taking a file out of the local folder, correcting it and adding what is in it.
pub(super) fn correct(path: &Path, problem: &Problem) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let moved = quoted(&format!("/var/tmp/{name}"));
    let how = problem
        .remedy()
        .replace("FILE > ca.crt", &format!("{moved} > /var/tmp/ca.crt"));
    format!(
        "run `mv {} /var/tmp`; {how}; then `trustctl add /var/tmp/ca.crt`",
        word(path)
    )
}

/// Renaming a file of the local folder and building the store anew.
pub(super) fn rename(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let clean = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(clean).collect();
    let to = path.with_file_name(format!("local-{name}"));
    format!(
        "run `mv {} {}`, then `trustctl refresh`",
        word(path),
        word(&to)
    )
}
