//! The order of modules, read from the sources: a module uses only what stands below it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the sources it judges"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// From the top to the bottom; `main.rs` and `lib.rs` stand above all of them.
const ORDER: &[&str] = &[
    "complete", "cli", "output", "commands", "fleet", "rules", "change", "host", "probe", "store",
    "verify", "programs", "cert", "data", "config", "system", "redact", "error",
];

/// What computes and never touches the machine.
const PURE: &[&str] = &["fleet", "verify", "programs", "cert", "data"];

#[test]
fn a_module_uses_only_what_stands_below_it() {
    let mut wrong = BTreeSet::new();
    for (file, module, text) in sources() {
        let place = position(&module);
        for used in used_modules(&text) {
            let upward = position(&used) < place;
            let impure = PURE.contains(&module.as_str()) && used == "system";
            if upward || impure {
                wrong.insert(format!("{} uses {used}", file.display()));
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

/// Programs are many and certificates costly to read: who judges is handed what was read (`Presented`, `Anchors`), and
/// no judge below them reads for itself.
#[test]
fn certificates_are_read_for_all_judges_at_once() {
    let of = |module: &str, text: &str| -> BTreeSet<String> {
        let all = sources().into_iter();
        let found = all.filter(|(_, of, code)| of == module && code.contains(text));
        found.map(|(file, ..)| file.display().to_string()).collect()
    };
    let known = |files: &[&str]| {
        files
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        of("verify", "Parsed::read("),
        known(&[
            // Once for all releases, and the subject of a remedy.
            "verify/consumers.rs",
            "verify/mod.rs",
            // Responders, which no chain holds.
            "verify/ocsp.rs",
            "verify/presented.rs",
        ])
    );
    assert_eq!(
        of("rules", "Presented::read("),
        known(&["rules/diagnosis/trust.rs"])
    );
    for module in ["rules", "commands"] {
        assert_eq!(of(module, "verify::verify("), BTreeSet::new());
    }
}

#[test]
fn imports_are_found_in_every_spelling() {
    let text = "use crate::a;\nuse crate::{b, c::{d, e}, f::g};\nlet x = crate::h::i();\n// crate::comment\n";
    let found: Vec<String> = used_modules(text).into_iter().collect();
    assert_eq!(found, ["a", "b", "c", "f", "h"]);
}

fn position(module: &str) -> usize {
    ORDER
        .iter()
        .position(|name| *name == module)
        .unwrap_or_else(|| panic!("the module `{module}` has no place in ORDER"))
}

/// Every source file below a module, without its unit tests.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(&root) {
        let path = entry.unwrap().into_path();
        let name = path.strip_prefix(&root).unwrap().to_path_buf();
        let is_test = name.components().any(|part| part.as_os_str() == "tests")
            || name.file_stem().is_some_and(|stem| stem == "tests");
        if path.extension().is_none_or(|ending| ending != "rs") || is_test {
            continue;
        }
        let first = name.components().next().unwrap().as_os_str();
        let module = Path::new(first)
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if ["main", "lib"].contains(&module.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
        found.push((name, module, code));
    }
    assert!(found.len() > 100, "the sources were not found");
    found
}

/// The first names behind `crate::`, of groups too.
fn used_modules(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => found.extend(names_of_group(group)),
            None => found.extend(leading_name(rest)),
        }
    }
    found
}

/// The first name of each member of `{a, b::{c, d}}`, given without its opening brace.
fn names_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0_u32, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.extend(leading_name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.extend(leading_name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// A module's name, if one begins here: types and functions of the crate's root have none.
fn leading_name(text: &str) -> Option<String> {
    let name: String = text
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit())
        .collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn the_pages_for_developers_name_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = BTreeSet::new();
    for (page, below) in [
        ("ARCHITECTURE.md", ""),
        ("CONTRIBUTING.md", ""),
        ("tests/README.md", "tests"),
    ] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        for name in text.split('`').skip(1).step_by(2) {
            let is_file = [".rs", ".md", ".tsv"].iter().any(|end| name.ends_with(end));
            let is_folder = ["src/", "tests/"]
                .iter()
                .any(|start| name.starts_with(start))
                || below == "tests"
                    && !name.contains([' ', '-', ':'])
                    && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            if !is_file && !is_folder {
                continue;
            }
            let places = [
                root.join(name),
                root.join("src").join(name),
                root.join(below).join(name),
            ];
            if !places.iter().any(|place| place.exists()) {
                missing.insert(format!("{page}: {name}"));
            }
        }
        for target in text.split("make ").skip(1) {
            let target: String = target
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect();
            let makefile = std::fs::read_to_string(root.join("Makefile")).unwrap();
            let known = makefile.contains(&format!("\n{target}:"));
            if target.len() > 2 && !known && !target.starts_with("test-") {
                missing.insert(format!("{page}: make {target}"));
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}
