//! Installed packages, and the order of their versions.

use std::cmp::Ordering;

/// dpkg's database of installed packages.
pub const STATUS: &str = "/var/lib/dpkg/status";
/// A database larger than this is not read.
pub const STATUS_LIMIT: u64 = 64 << 20;

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its architecture.
    pub architecture: String,
    /// Its version.
    pub version: String,
    /// The source package it was built from; fixes are published by source.
    pub source: String,
    /// The version of that source.
    pub source_version: String,
}

/// The installed ones of the packages `wanted`, in the order of the database.
pub fn installed(status: &str, wanted: impl Fn(&str) -> bool) -> Vec<Package> {
    let known = |stanza: &str| {
        let name = stanza.strip_prefix("Package: ")?.lines().next()?;
        wanted(name).then(|| package(stanza)).flatten()
    };
    status
        .split("\n\n")
        .filter_map(|stanza| known(stanza.trim_start_matches('\n')))
        .collect()
}

fn package(stanza: &str) -> Option<Package> {
    field(stanza, "Status")?
        .ends_with(" installed")
        .then_some(())?;
    from_stanza(stanza)
}

/// The package of a stanza of `status` or of a `Packages` file.
pub fn from_stanza(stanza: &str) -> Option<Package> {
    let name = field(stanza, "Package")?.to_string();
    let version = field(stanza, "Version")?.to_string();
    let source = field(stanza, "Source").unwrap_or(&name);
    let (source, built_from) = match source.split_once(" (") {
        Some((source, rest)) => (source, rest.trim_end_matches(')')),
        None => (source, version.as_str()),
    };
    Some(Package {
        architecture: field(stanza, "Architecture")?.to_string(),
        source: source.to_string(),
        source_version: built_from.to_string(),
        name,
        version,
    })
}

/// A field of a stanza (deb822), its first line.
pub fn field<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':');
    stanza.lines().find_map(value).map(str::trim)
}

/// The order of versions of deb-version(7): epoch, upstream version, revision.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    a.epoch
        .cmp(&b.epoch)
        .then_with(|| order(a.upstream, b.upstream))
        .then_with(|| order(a.revision, b.revision))
}

struct Parts<'a> {
    epoch: u64,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Parts<'a> {
        let version = version.trim();
        let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Parts {
            epoch: epoch.parse().unwrap_or(0),
            upstream,
            revision,
        }
    }
}

/// Non-digits by their weight, then digits as numbers, in turn until one differs.
fn order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while !a.is_empty() || !b.is_empty() {
        let (text_a, text_b) = (
            take(&mut a, |c| !c.is_ascii_digit()),
            take(&mut b, |c| !c.is_ascii_digit()),
        );
        let (number_a, number_b) = (
            take(&mut a, u8::is_ascii_digit),
            take(&mut b, u8::is_ascii_digit),
        );
        let differs = text(text_a, text_b).then_with(|| number(number_a, number_b));
        if differs != Ordering::Equal {
            return differs;
        }
    }
    Ordering::Equal
}

fn take<'a>(rest: &mut &'a [u8], belongs: impl Fn(&u8) -> bool) -> &'a [u8] {
    let end = rest.iter().position(|c| !belongs(c)).unwrap_or(rest.len());
    let (taken, left) = rest.split_at(end);
    *rest = left;
    taken
}

/// `~` before the end, the end before letters, letters before everything else.
fn weight(c: Option<&u8>) -> i32 {
    match c {
        None => 0,
        Some(b'~') => -1,
        Some(c) if c.is_ascii_alphabetic() => i32::from(*c),
        Some(c) => i32::from(*c) + 256,
    }
}

fn text(a: &[u8], b: &[u8]) -> Ordering {
    let places = a.len().max(b.len());
    let differs = |place: usize| weight(a.get(place)).cmp(&weight(b.get(place)));
    (0..places)
        .map(differs)
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

/// Numbers of any length: without leading zeros the longer one is the greater.
fn number(a: &[u8], b: &[u8]) -> Ordering {
    let significant = |digits: &'_ [u8]| {
        digits
            .iter()
            .position(|c| *c != b'0')
            .unwrap_or(digits.len())
    };
    let (a, b) = (&a[significant(a)..], &b[significant(b)..]);
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_fact_sheet_are_in_order() {
        let table = [
            ("1.1.1f-1ubuntu2.24", "1.1.1f-1ubuntu2.24+esm5"),
            (
                "1.1.1-1ubuntu2.1~18.04.23",
                "1.1.1-1ubuntu2.1~18.04.23+esm9",
            ),
            ("3.0.2-0ubuntu1.12+Fips1", "3.0.2-0ubuntu1.30"),
            ("1.1.1f-1ubuntu2.24+esm5", "1.1.1f-1ubuntu2.fips.7.1"),
            ("3.0.9-1", "3.0.20-1~deb12u2"),
            ("2.0", "1:0.1"),
            ("1.0~rc1", "1.0"),
            ("1.0", "1.0-1"),
            ("9999999999999999999998", "9999999999999999999999"),
        ];
        for (lower, higher) in table {
            assert_eq!(compare(lower, higher), Ordering::Less, "{lower} {higher}");
            assert_eq!(
                compare(higher, lower),
                Ordering::Greater,
                "{lower} {higher}"
            );
            assert_eq!(compare(lower, lower), Ordering::Equal);
        }
        assert_eq!(compare("1.0-0", "1.0"), Ordering::Equal);
        assert_eq!(compare("1.007", "1.7"), Ordering::Equal);
    }

    #[test]
    fn only_installed_packages_are_read() {
        let status = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl (3.0.1-1)\nVersion: 3.0.1-1+b1\n\n\
                      Package: openssl\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 3\n\n\
                      Package: zlib\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n";
        let found = installed(status, |name| name != "zlib");
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].source.as_str(), found[0].source_version.as_str()),
            ("openssl", "3.0.1-1")
        );
        assert_eq!(installed(status, |name| name == "zlib")[0].source, "zlib");
    }
}
