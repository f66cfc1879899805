//! Units of systemd and their drop-ins, which count as one (systemd.unit(5)).

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Scope;
use crate::host::budget::Reach;
use crate::host::format::{Setting, systemd};

/// Folders of links to units that something wants.
const LINKS: [&str; 3] = ["wants", "requires", "upholds"];

/// One file of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnitFile {
    /// The file inside the tree.
    pub path: PathBuf,
    /// Whom it is for.
    pub scope: Scope,
    /// The home that `%h` in it means.
    pub home: Option<PathBuf>,
    /// Which files may be read for it.
    pub reach: Reach,
    /// What it says, as it stands there.
    pub settings: Vec<Setting>,
}

/// Files of the same unit.
#[derive(Default)]
struct Unit {
    /// The unit itself, then its drop-ins, in the order in which systemd reads them.
    files: Vec<UnitFile>,
}

/// The files with what later files of the same unit take back left out, and the variables that each must do without
/// (`NAME`, or `NAME=VALUE` where the value is that).
pub(super) fn effective(files: Vec<UnitFile>) -> Vec<(UnitFile, HashSet<String>)> {
    let mut units: BTreeMap<(PathBuf, String), Unit> = BTreeMap::new();
    for file in files {
        units
            .entry(unit_of(&file.path))
            .or_default()
            .files
            .push(file);
    }
    units.into_values().flat_map(Unit::effective).collect()
}

impl Unit {
    fn effective(mut self) -> Vec<(UnitFile, HashSet<String>)> {
        let own = |file: &UnitFile| !is_drop_in(&file.path) && !is_link(&file.path);
        if self.files.iter().any(own) {
            // The unit in the folder itself counts, wherever the links lead.
            self.files.retain(|file| !is_link(&file.path));
        }
        self.files.sort_by_key(|file| {
            let name = file.path.file_name().map(OsStr::to_os_string);
            (is_drop_in(&file.path), name)
        });
        let mut settings: Vec<&mut Vec<Setting>> = self
            .files
            .iter_mut()
            .map(|file| &mut file.settings)
            .collect();
        systemd::drop_reset(&mut settings);
        let mut gone = unset(&self.files);
        let mut out = Vec::new();
        for file in self.files.into_iter().rev() {
            let set = systemd::variables(&file.settings);
            out.push((file, gone.clone()));
            gone.extend(set.iter().map(|variable| variable.key().to_string()));
        }
        out.reverse();
        out
    }
}

/// Whether a variable is among those that a file must do without.
pub(super) fn is_gone(variable: &Setting, gone: &HashSet<String>) -> bool {
    let whole = || format!("{}={}", variable.key(), variable.value);
    gone.contains(variable.key()) || gone.contains(&whole())
}

/// What `UnsetEnvironment=` takes away in the end.
fn unset(files: &[UnitFile]) -> HashSet<String> {
    let names = files.iter().flat_map(|file| systemd::unset(&file.settings));
    names.collect()
}

/// The folder of the manager, and the unit's name.
fn unit_of(path: &Path) -> (PathBuf, String) {
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    let above = folder.parent().unwrap_or(Path::new("/"));
    match name(folder).strip_suffix(".d") {
        Some(unit) => (above.to_path_buf(), unit.to_string()),
        None if is_link(path) => (above.to_path_buf(), name(path)),
        None => (folder.to_path_buf(), name(path)),
    }
}

fn folder_ends_with(path: &Path, endings: &[&str]) -> bool {
    let ending = path.parent().and_then(Path::extension);
    ending.is_some_and(|found| endings.iter().any(|ending| found == *ending))
}

pub(super) fn is_drop_in(path: &Path) -> bool {
    folder_ends_with(path, &["d"])
}

fn is_link(path: &Path) -> bool {
    folder_ends_with(path, &LINKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| UnitFile {
            path: PathBuf::from("/s").join(path),
            scope: Scope::System,
            home: None,
            reach: Reach::All,
            settings: systemd::parse(text),
        };
        let shown = |(file, gone): (UnitFile, HashSet<String>)| {
            let path = file.path.display().to_string();
            let variables = systemd::variables(&file.settings).into_iter();
            variables
                .filter(|variable| !is_gone(variable, &gone))
                .map(|v| format!("{path}:{}:{}={}", v.line, v.key(), v.value))
                .collect::<Vec<_>>()
        };
        let all = effective(files.iter().map(file).collect());
        all.into_iter().flat_map(shown).collect()
    }

    /// Paths and texts, and the variables that are left.
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

    const A: &str = "[Service]\nEnvironment=A=0 B=0\n";

    #[test]
    fn later_files_of_a_unit_take_back() {
        let table: [Case<'_>; 9] = [
            (
                &[("x.service", A)],
                &["/s/x.service:2:A=0", "/s/x.service:2:B=0"],
            ),
            (
                &[
                    ("x.service", A),
                    ("x.service.d/1.conf", "[Service]\nEnvironment=\n"),
                ],
                &[],
            ),
            (
                &[
                    (
                        "x.service.d/2.conf",
                        "[Service]\nEnvironment=\nEnvironment=C=0\n",
                    ),
                    ("x.service.d/1.conf", A),
                ],
                &["/s/x.service.d/2.conf:3:C=0"],
            ),
            (
                &[
                    ("x.service", A),
                    ("x.service.d/1.conf", "[Service]\nEnvironment=A=1\n"),
                ],
                &["/s/x.service:2:B=0", "/s/x.service.d/1.conf:2:A=1"],
            ),
            (
                &[
                    ("x.service", A),
                    ("x.service.d/1.conf", "[Service]\nUnsetEnvironment=A B=1\n"),
                ],
                &["/s/x.service:2:B=0"],
            ),
            (
                &[
                    ("x.service", A),
                    ("y.service.d/1.conf", "[Service]\nEnvironment=\n"),
                ],
                &["/s/x.service:2:A=0", "/s/x.service:2:B=0"],
            ),
            (
                &[
                    ("x.service", A),
                    ("x.service.d/1.conf", "[Unit]\nEnvironment=\n"),
                ],
                &["/s/x.service:2:A=0", "/s/x.service:2:B=0"],
            ),
            (
                &[
                    ("m.target.wants/x.service", A),
                    ("x.service.d/1.conf", "[Service]\nEnvironment=\n"),
                ],
                &[],
            ),
            (
                &[
                    ("m.target.wants/x.service", A),
                    ("x.service", "[Service]\n"),
                ],
                &[],
            ),
        ];
        for (files, expected) in table {
            assert_eq!(left(files), expected, "{files:?}");
        }
    }
}
