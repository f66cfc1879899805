//! Releases of programs and the libraries that validate for them.

use std::fmt;

/// A version as far as behaviour changes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Version {
    /// `Version::new(3, 5)` is 3.5.0.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self {
            major,
            minor,
            patch: 0,
        }
    }

    /// `Version::with(1, 24, 11)` is 1.24.11.
    pub const fn with(major: u16, minor: u16, patch: u16) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// From `3.0.19-1~deb12u2`, `2:1.19~1`, `17`, `1.8.0`: an epoch is left out, and so is all after three numbers.
    /// `None`: it does not begin with a number.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.split_once(':').map_or(text, |(_, rest)| rest);
        let mut parts = text.split('.').map(leading_number);
        let major = parts.next()??;
        let next =
            |parts: &mut dyn Iterator<Item = Option<u16>>| parts.next().flatten().unwrap_or(0);
        let minor = next(&mut parts);
        let patch = parts.next().map_or(UNNAMED, Option::unwrap_or_default);
        Some(Self::with(major, minor, patch))
    }
}

/// The last number of a version that was named without it.
const UNNAMED: u16 = u16::MAX;

fn leading_number(text: &str) -> Option<u16> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch > 0 && self.patch < UNNAMED {
            write!(f, ".{}", self.patch)?;
        }
        Ok(())
    }
}

/// What validates for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// libcrypto.
    OpenSsl,
    /// libgnutls.
    GnuTls,
    /// Go's crypto/x509.
    Go,
    /// The JDK's PKIX validator.
    Java,
    /// rustls-webpki with aws-lc.
    Webpki,
}

/// A program at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The name of its profile.
    pub program: &'static str,
    /// Its own version.
    pub version: Version,
    /// What validates for it.
    pub library: Library,
    /// The version of that.
    pub library_version: Version,
    /// The Debian package it was found in; `None`: it is not installed, and judged as this release.
    pub package: Option<String>,
    /// GnuTLS at its profile MEDIUM, as Ubuntu's default priority and `certtool` have it; Debian's is LOW.
    pub medium: bool,
}

/// Profile, library, newest release.
const NEWEST: [(&str, Library, Version); 9] = [
    ("openssl", Library::OpenSsl, Version::new(3, 5)),
    ("curl", Library::OpenSsl, Version::new(8, 14)),
    ("python", Library::OpenSsl, Version::new(3, 12)),
    ("python-strict", Library::OpenSsl, Version::new(3, 14)),
    ("go", Library::Go, Version::new(1, 27)),
    ("gnutls", Library::GnuTls, Version::new(3, 8)),
    ("java", Library::Java, Version::new(25, 0)),
    ("node", Library::OpenSsl, Version::new(26, 0)),
    ("webpki-rs", Library::Webpki, Version::new(0, 103)),
];

impl Release {
    /// The newest release of every program.
    pub fn all_newest() -> Vec<Self> {
        NEWEST
            .iter()
            .filter_map(|row| Self::newest(row.0))
            .collect()
    }

    /// The newest release that is known of the program with this profile.
    pub fn newest(profile: &str) -> Option<Self> {
        let &(program, library, version) = NEWEST.iter().find(|row| row.0 == profile)?;
        Some(Self {
            program,
            version,
            library,
            library_version: linked(program, version).unwrap_or(version),
            package: None,
            medium: true,
        })
    }

    /// From `go@1.22`, `python@3.13`, `gnutls`; the version is the newest where none is given. `curl@7.88/openssl@3.0`
    /// names the OpenSSL as well that a program links.
    pub fn named(text: &str) -> Option<Self> {
        if let Some((program, library)) = text.split_once('/') {
            let release = Self::named(program).filter(Self::is_on_openssl)?;
            let library_version = Version::read(library.strip_prefix("openssl@")?)?;
            return Some(Self {
                library_version,
                ..release
            });
        }
        let (name, version) = text.split_once('@').unwrap_or((text, ""));
        let mut release = Self::newest(name)?;
        if !version.is_empty() {
            let version = Version::read(version)?;
            release = Self::newest(Self::python_profile(name, version))?;
            release.version = version;
            release.library_version = linked(name, version).unwrap_or(match release.library {
                // A program that links whatever OpenSSL there is keeps the newest.
                Library::OpenSsl if name != "openssl" => release.library_version,
                _ => version,
            });
        }
        Some(release)
    }

    /// From 3.13 on Python validates strictly (`ssl.create_default_context`).
    fn python_profile(name: &str, version: Version) -> &str {
        match name {
            "python" if version >= Version::new(3, 13) => "python-strict",
            "python-strict" if version < Version::new(3, 13) => "python",
            name => name,
        }
    }

    /// A package of the distribution, built on its libraries; NodeSource's brings its own.
    pub fn is_of_distribution(&self) -> bool {
        let package = self.package.as_deref();
        package.is_some_and(|package| !package.contains("nodesource"))
    }

    /// OpenSSL's security level by default: Debian and Ubuntu set 2; a Node that brings its own OpenSSL has that one's.
    pub(crate) fn security_level(&self) -> Option<u8> {
        match (self.program, self.library) {
            ("node", _) => {
                let two = self.library_version >= Version::new(3, 2) || self.is_of_distribution();
                Some(if two { 2 } else { 1 })
            }
            (_, Library::OpenSsl) => Some(2),
            _ => None,
        }
    }

    /// Validates through an OpenSSL that is not its own.
    pub fn is_on_openssl(&self) -> bool {
        self.library == Library::OpenSsl && self.program != "openssl"
    }

    /// `3.0.19`, with the linked library where it is another's.
    pub fn describe(&self) -> String {
        let own = self.version.to_string();
        let with = if self.is_on_openssl() {
            format!("{own} with OpenSSL {}", self.library_version)
        } else {
            own
        };
        match &self.package {
            Some(_) => with,
            None => format!("{with}, not installed"),
        }
    }
}

/// The OpenSSL in a program that does not take the host's, and the newest for those that do.
fn linked(program: &str, version: Version) -> Option<Version> {
    const NEW: Version = Version::new(3, 5);
    match program {
        // `process.versions.openssl` of the official builds and of Debian's.
        "node" if version < Version::new(17, 0) => Some(Version::with(1, 1, 1)),
        "node" if version >= Version::new(22, 20) && version < Version::new(23, 0) => Some(NEW),
        "node" if version < Version::new(24, 0) => Some(Version::new(3, 0)),
        "node" | "curl" | "python" | "python-strict" => Some(NEW),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_its_last_number_is_the_newest_of_them() {
        let read = |text| Version::read(text).unwrap();
        assert!(read("1.24") > read("1.24.11") && read("1.24") < read("1.25.0"));
        assert!(read("1.24.0") < read("1.24.11") && read("17") > read("17.0.15"));
    }

    #[test]
    fn versions_of_packages_are_read_and_shown() {
        for (text, shown) in [
            ("3.0.19-1~deb12u2", "3.0.19"),
            ("2:1.19~1", "1.19"),
            ("17", "17.0"),
            ("1.1.1w-0+deb11u2", "1.1.1"),
            ("8.14.1-2", "8.14.1"),
        ] {
            let read = Version::read(text).map(|version| version.to_string());
            assert_eq!(read.as_deref(), Some(shown), "{text}");
        }
        assert_eq!(Version::read("trixie"), None);
    }

    #[test]
    fn a_release_is_named_with_or_without_its_version() {
        let of = |text: &str| {
            Release::named(text).map(|release| {
                let version = release.version.to_string();
                (
                    release.program,
                    version,
                    release.library_version.to_string(),
                )
            })
        };
        for (text, program, version, library) in [
            ("go@1.22", "go", "1.22", "1.22"),
            ("go", "go", "1.27", "1.27"),
            ("openssl@3.0", "openssl", "3.0", "3.0"),
            ("python@3.11", "python", "3.11", "3.5"),
            ("python@3.13", "python-strict", "3.13", "3.5"),
            ("node@20", "node", "20.0", "3.0"),
            ("node@24", "node", "24.0", "3.5"),
            ("node@22.20.0", "node", "22.20", "3.5"),
            ("node@22.14.0", "node", "22.14", "3.0"),
            ("curl@7.88/openssl@3.0", "curl", "7.88", "3.0"),
        ] {
            let expected = Some((program, version.to_owned(), library.to_owned()));
            assert_eq!(of(text), expected, "{text}");
        }
        assert_eq!(of("netscape@4"), None);
        assert_eq!(of("go@new"), None);
        assert_eq!(of("go/openssl@3.0"), None);
        let node = |text| Release::named(text).and_then(|node| node.security_level());
        assert_eq!((node("node@20"), node("node@24")), (Some(1), Some(2)));
    }
}
