//! The names in `/etc/ssl/certs`: how `update-ca-certificates` and `openssl rehash` form them.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::layout::{LOCAL, VENDOR};

/// The link that the script makes for a source: base name without `.crt`, blanks and `,` as `_`,
/// brackets as `=`, and `.pem` (`add()` in the script, all versions).
pub fn link_name(source: &Path) -> PathBuf {
    let base = source.file_name().unwrap_or_default().as_bytes();
    let stem = base.strip_suffix(b".crt").unwrap_or(base);
    let mut name = [stem, b".pem"].concat();
    for byte in &mut name {
        match byte {
            b' ' | b',' => *byte = b'_',
            b'(' | b')' => *byte = b'=',
            _ => {}
        }
    }
    OsString::from_vec(name).into()
}

/// The subject hash and index of a hash link's name: `dd665056.0`, as `openssl rehash` writes it.
pub fn hash_name(name: &Path) -> Option<(u32, u32)> {
    let (hash, index) = name.to_str()?.split_once('.')?;
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if hash.len() != 8 || !hash.chars().all(hex) || !index.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    // `by_dir.c` asks for `.0`, never for `.00`.
    if index.len() > 1 && index.starts_with('0') {
        return None;
    }
    Some((u32::from_str_radix(hash, 16).ok()?, index.parse().ok()?))
}

/// Whether it is the name of a revocation list's hash link: `dd665056.r0`.
pub fn is_crl_name(name: &Path) -> bool {
    let plain = name.to_str().map(|name| name.replacen(".r", ".", 1));
    plain.is_some_and(|plain| Path::new(&plain) != name && hash_name(Path::new(&plain)).is_some())
}

/// The name of a hash link.
pub fn hash_link(hash: u32, index: u32) -> PathBuf {
    PathBuf::from(format!("{hash:08x}.{index}"))
}

/// Whether a link's target is a source, so that the link is the script's and not foreign.
pub fn points_to_source(target: &Path) -> bool {
    target.starts_with(VENDOR) || target.starts_with(LOCAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_names_are_formed_as_the_script_forms_them() {
        for (source, link) in [
            ("/x/corp.crt", "corp.pem"),
            ("/x/My Corp (CA), Zürich.crt", "My_Corp_=CA=__Zürich.pem"),
            ("/x/a.crt.crt", "a.crt.pem"),
        ] {
            assert_eq!(link_name(Path::new(source)), Path::new(link));
        }
    }

    #[test]
    fn only_what_rehash_writes_is_a_hash_link() {
        assert_eq!(hash_name(Path::new("dd665056.10")), Some((0xdd66_5056, 10)));
        for other in [
            "dd665056.r0",
            "DD665056.0",
            "dd665056",
            "dd66505.0",
            "dd665056.",
            "dd665056.x",
            "dd665056.00",
        ] {
            assert_eq!(hash_name(Path::new(other)), None, "{other}");
        }
        for (name, is_crl) in [
            ("dd665056.r0", true),
            ("dd665056.r12", true),
            ("dd665056.0", false),
            ("dd665056.rr0", false),
            ("dd665056.r", false),
            ("corp.root.pem", false),
        ] {
            assert_eq!(is_crl_name(Path::new(name)), is_crl, "{name}");
        }
    }
}
