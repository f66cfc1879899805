//! The programs of this host that validate certificates, as releases. Nothing is run.

use super::dpkg::{self, Package};
use super::openssl;
use super::release::OsRelease;
use super::tree::Tree;
use crate::programs::{Release, Version};
use crate::store::layout::Layout;
use crate::system::files;

/// `os-release(5)` is a handful of lines.
const OS_RELEASE_LIMIT: u64 = 1 << 16;

/// Packages of libcrypto, the newest generation first.
const OPENSSL: [&str; 3] = ["libssl3t64", "libssl3", "libssl1.1"];
const GNUTLS: [&str; 2] = ["libgnutls30t64", "libgnutls30"];

/// What files tell of a program: its version, and where it lies.
#[derive(Debug)]
struct Lying {
    version: String,
    place: String,
}

/// Every program that is judged: the release on this host, or the newest.
pub fn on_host(layout: &Layout, tree: &Tree<'_>) -> Vec<Release> {
    let read = |path: &str, limit| {
        let place = layout.place(path);
        files::read(&place.real, limit).unwrap_or_default()
    };
    let status = read(dpkg::STATUS, dpkg::STATUS_LIMIT);
    let name = read("/etc/os-release", OS_RELEASE_LIMIT);
    let is_ubuntu = OsRelease::parse(&String::from_utf8_lossy(&name)).id == "ubuntu";
    releases(
        &String::from_utf8_lossy(&status),
        is_ubuntu,
        |program| match program {
            "openssl" => libcrypto(layout),
            "python" => python(tree),
            "java" => jdk(tree),
            "node" => node(tree),
            _ => None,
        },
        || go(tree),
    )
}

/// `own` tells of a program that no package brings, `local` of a Go that comes before a package's.
fn releases(
    status: &str,
    ubuntu: bool,
    own: impl Fn(&str) -> Option<Lying>,
    local: impl Fn() -> Option<Lying>,
) -> Vec<Release> {
    let packages = dpkg::installed(status, |name| {
        OPENSSL.contains(&name)
            || GNUTLS.contains(&name)
            || matches!(name, "curl" | "nodejs" | "python3-minimal" | "python3")
            || versioned(name, "golang-", "-go").is_some()
            || java(name).is_some()
    });
    let named = |names: &[&str]| {
        let mut all = names.iter();
        all.find_map(|name| packages.iter().find(|package| package.name == *name))
    };
    let openssl = named(&OPENSSL);
    let mut releases = Vec::new();
    let mut linked = openssl.and_then(|package| Version::read(&package.version));
    for (program, package) in [
        ("openssl", openssl),
        ("curl", named(&["curl"])),
        ("python", named(&["python3", "python3-minimal"])),
        (
            "go",
            newest(&packages, |name| versioned(name, "golang-", "-go")),
        ),
        ("gnutls", named(&GNUTLS)),
        ("java", newest(&packages, java)),
        ("node", named(&["nodejs"])),
    ] {
        let first = (program == "go").then(&local).flatten();
        let lying = || first.or_else(|| package.is_none().then(|| own(program)).flatten());
        let release = match lying() {
            Some(lying) => lying_release(program, &lying, linked),
            None => release(program, package, linked, ubuntu),
        };
        if program == "openssl" {
            linked = linked.or_else(|| {
                let found = release.as_ref().filter(|release| release.package.is_some());
                found.map(|release| release.library_version)
            });
        }
        releases.extend(release);
    }
    // Without Python it is not known whether it is the strict kind.
    let is_unknown = |release: &Release| release.program == "python" && release.package.is_none();
    if releases.iter().any(is_unknown) {
        releases.extend(Release::newest("python-strict"));
    }
    releases.extend(Release::newest("webpki-rs"));
    releases
}

fn lying_release(program: &str, lying: &Lying, linked: Option<Version>) -> Option<Release> {
    let mut release = Release::named(&format!("{program}@{}", lying.version))?;
    if let Some(linked) = linked.filter(|_| program == "python") {
        release.library_version = linked;
    }
    release.package = Some(format!("{} {}", lying.place, lying.version));
    Some(release)
}

/// The version text in the newest libcrypto.
fn libcrypto(layout: &Layout) -> Option<Lying> {
    let line = openssl::library_line(layout)?;
    let version = line.split(' ').nth(1)?.to_string();
    let place = "libcrypto".to_string();
    Some(Lying { version, place })
}

/// The newest `python3.N`.
fn python(tree: &Tree<'_>) -> Option<Lying> {
    let files = tree.expand("/usr/bin/python3.*");
    let minor = files.iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix("python3.")?.parse::<u32>().ok()
    });
    let version = format!("3.{}", minor.max()?);
    let place = format!("/usr/bin/python{version}");
    Some(Lying { version, place })
}

/// The first line of an installation's `VERSION` (`go1.24.1`), or the name of a distribution's folder.
fn go(tree: &Tree<'_>) -> Option<Lying> {
    const LOCAL: &str = "/usr/local/go";
    let own = tree.text(format!("{LOCAL}/VERSION"));
    let own = own.and_then(|text| Some(text.lines().next()?.strip_prefix("go")?.to_string()));
    if let Some(version) = own {
        let place = LOCAL.to_string();
        return Some(Lying { version, place });
    }
    let folders = tree.expand("/usr/lib/go-*");
    let versions = folders.iter().filter_map(|path| {
        let version = path.file_name()?.to_str()?.strip_prefix("go-")?.to_string();
        let place = path.display().to_string();
        Some((Version::read(&version)?, Lying { version, place }))
    });
    versions
        .max_by_key(|(version, _)| *version)
        .map(|(_, lying)| lying)
}

/// `JAVA_VERSION="17.0.15"` in a JDK's file `release`, the newest.
fn jdk(tree: &Tree<'_>) -> Option<Lying> {
    let files = tree.expand("/usr/lib/jvm/*/release");
    let versions = files.iter().filter_map(|path| {
        let text = tree.text(path)?;
        let mut lines = text.lines();
        let line = lines.find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
        let version = line.trim_matches('"').to_string();
        let place = path.parent()?.display().to_string();
        Some((Version::read(&version)?, Lying { version, place }))
    });
    versions
        .max_by_key(|(version, _)| *version)
        .map(|(_, lying)| lying)
}

/// From the headers that a Node.js package brings.
fn node(tree: &Tree<'_>) -> Option<Lying> {
    const HEADER: &str = "/usr/include/node/node_version.h";
    let text = tree.text(HEADER)?;
    let number = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| {
            let rest = line.strip_prefix("#define ")?.strip_prefix(name)?;
            rest.trim().parse::<u32>().ok()
        })
    };
    let version = format!(
        "{}.{}",
        number("NODE_MAJOR_VERSION")?,
        number("NODE_MINOR_VERSION")?
    );
    let place = HEADER.to_string();
    Some(Lying { version, place })
}

fn release(
    program: &str,
    package: Option<&Package>,
    linked: Option<Version>,
    ubuntu: bool,
) -> Option<Release> {
    let Some(package) = package else {
        return Release::newest(program);
    };
    let version = &package.version;
    let mut release = Release::named(&format!("{program}@{version}"))?;
    release.medium = ubuntu;
    release.package = Some(format!("{} {}", package.name, package.version));
    // Debian's and Ubuntu's Node, curl and Python link the host's OpenSSL.
    if let Some(linked) = linked
        && release.is_on_openssl()
        && release.is_of_distribution()
    {
        release.library_version = linked;
    }
    Some(release)
}

/// The version in a package's name: `golang-1.19-go`.
fn versioned<'a>(name: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let version = name.strip_prefix(before)?.strip_suffix(after)?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some(version)
}

fn java(name: &str) -> Option<&str> {
    versioned(name, "openjdk-", "-jre-headless")
}

fn newest<'p>(
    packages: &'p [Package],
    version: impl Fn(&'p str) -> Option<&'p str>,
) -> Option<&'p Package> {
    packages
        .iter()
        .filter_map(|package| Some((Version::read(version(&package.name)?)?, package)))
        .max_by_key(|(version, _)| *version)
        .map(|(_, package)| package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(packages: &[(&str, &str)]) -> String {
        packages
            .iter()
            .map(|(name, version)| {
                format!(
                    "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
                )
            })
            .collect()
    }

    fn of(status: &str, ubuntu: bool) -> Vec<Release> {
        releases(status, ubuntu, |_| None, || None)
    }

    #[test]
    fn what_lies_where_no_package_put_it_judges_too() {
        let lying = |version: &str| Lying {
            version: version.to_string(),
            place: "/opt".to_string(),
        };
        let own = |program: &str| match program {
            "openssl" => Some(lying("3.0.19")),
            "python" => Some(lying("3.13")),
            "node" => Some(lying("20.1")),
            _ => None,
        };
        let status = status(&[("golang-1.19-go", "1.19.8-2"), ("nodejs", "18.20.4")]);
        let all = releases(&status, false, own, || Some(lying("1.24.1")));
        let found: Vec<String> = all
            .iter()
            .filter_map(|release| {
                let package = release.package.as_deref()?;
                Some(format!(
                    "{} {}: {package}",
                    release.program,
                    release.describe()
                ))
            })
            .collect();
        assert_eq!(
            found,
            [
                "openssl 3.0.19: /opt 3.0.19",
                "python-strict 3.13 with OpenSSL 3.0.19: /opt 3.13",
                "go 1.24.1: /opt 1.24.1",
                "node 18.20.4 with OpenSSL 3.0.19: nodejs 18.20.4",
            ]
        );
    }

    #[test]
    fn what_is_installed_judges_as_it_is() {
        let status = status(&[
            ("libssl3", "3.0.19-1~deb12u2"),
            ("golang-1.19-go", "1.19.8-2"),
            ("openjdk-17-jre-headless", "17.0.15+6-1~deb12u1"),
            ("openjdk-11-jre-headless", "11.0.27+6-1"),
            ("python3", "3.11.2-1+b1"),
            ("nodejs", "18.20.4+dfsg-1~deb12u1"),
            ("libgnutls30", "3.7.9-2+deb12u5"),
        ]);
        let found: Vec<String> = of(&status, false)
            .iter()
            .map(|release| format!("{} {}", release.program, release.describe()))
            .collect();
        assert_eq!(
            found,
            [
                "openssl 3.0.19",
                "curl 8.14 with OpenSSL 3.5, not installed",
                "python 3.11.2 with OpenSSL 3.0.19",
                "go 1.19.8",
                "gnutls 3.7.9",
                "java 17.0.15",
                "node 18.20.4 with OpenSSL 3.0.19",
                "webpki-rs 0.103, not installed",
            ]
        );
    }

    #[test]
    fn without_a_database_every_program_is_its_newest_release() {
        let all = of("", false);
        assert_eq!(all.len(), 9);
        assert!(all.iter().all(|release| release.package.is_none()));
    }

    #[test]
    fn ubuntu_runs_gnutls_at_medium_and_new_pythons_are_strict() {
        let status = status(&[
            ("libgnutls30t64", "3.8.3-1.1ubuntu3"),
            ("python3", "3.13.5-1"),
        ]);
        let all = of(&status, true);
        let of = |program: &str| all.iter().find(|release| release.program == program);
        assert!(of("gnutls").unwrap().medium);
        assert!(of("python-strict").unwrap().package.is_some() && of("python").is_none());
    }
}
