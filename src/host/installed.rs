//! The programs of this host that validate certificates, as releases.

use super::dpkg::{self, Package};
use crate::programs::{Release, Version};

/// Packages of libcrypto, the newest generation first.
const OPENSSL: [&str; 3] = ["libssl3t64", "libssl3", "libssl1.1"];
const GNUTLS: [&str; 2] = ["libgnutls30t64", "libgnutls30"];

/// What the database of packages says of every program that is judged: the installed release, or the newest.
pub fn releases(status: &str, ubuntu: bool) -> Vec<Release> {
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
    let linked = openssl.and_then(|package| Version::read(&package.version));
    let python = named(&["python3", "python3-minimal"]);
    let mut releases = Vec::new();
    for (program, package) in [
        ("openssl", openssl),
        ("curl", named(&["curl"])),
        ("python", python),
        (
            "go",
            newest(&packages, |name| versioned(name, "golang-", "-go")),
        ),
        ("gnutls", named(&GNUTLS)),
        ("java", newest(&packages, java)),
        ("node", named(&["nodejs"])),
    ] {
        releases.extend(release(program, package, linked, ubuntu));
    }
    // Without Python it is not known whether it is the strict kind.
    releases.extend(
        python
            .is_none()
            .then(|| Release::newest("python-strict"))
            .flatten(),
    );
    releases.extend(Release::newest("webpki-rs"));
    releases
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
    let version = match program {
        "go" => versioned(&package.name, "golang-", "-go"),
        "java" => java(&package.name),
        _ => None,
    };
    let version = version.unwrap_or(&package.version);
    let mut release = Release::named(&format!("{program}@{version}"))?;
    // Debian's and Ubuntu's Node, curl and Python link the host's OpenSSL.
    if let Some(linked) = linked
        && release.is_on_openssl()
    {
        release.library_version = linked;
    }
    release.medium = ubuntu;
    release.package = Some(format!("{} {}", package.name, package.version));
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
        let found: Vec<String> = releases(&status, false)
            .iter()
            .map(|release| format!("{} {}", release.program, release.describe()))
            .collect();
        assert_eq!(
            found,
            [
                "openssl 3.0.19",
                "curl 8.14 with OpenSSL 3.5, not installed",
                "python 3.11.2 with OpenSSL 3.0.19",
                "go 1.19",
                "gnutls 3.7.9",
                "java 17.0",
                "node 18.20.4 with OpenSSL 3.0.19",
                "webpki-rs 0.103, not installed",
            ]
        );
    }

    #[test]
    fn without_a_database_every_program_is_its_newest_release() {
        let all = releases("", false);
        assert_eq!(all.len(), 9);
        assert!(all.iter().all(|release| release.package.is_none()));
    }

    #[test]
    fn ubuntu_runs_gnutls_at_medium_and_new_pythons_are_strict() {
        let status = status(&[
            ("libgnutls30t64", "3.8.3-1.1ubuntu3"),
            ("python3", "3.13.5-1"),
        ]);
        let all = releases(&status, true);
        let of = |program: &str| all.iter().find(|release| release.program == program);
        assert!(of("gnutls").unwrap().medium);
        assert!(of("python-strict").unwrap().package.is_some() && of("python").is_none());
    }
}
