//! Certificates that packages of Python carry: certifi, botocore, and the certifi inside pip.

use std::path::{Path, PathBuf};

use super::{Area, BUNDLE_LIMIT, Found, Look};
use crate::host::reach::{Kind, SYSTEM_BUNDLE, Store, Verdict};
use crate::system::files::Kind as FileKind;

/// A package with a bundle of its own.
struct Package {
    name: &'static str,
    bundle: &'static str,
    /// Where it says which file is used, if it can be told to use the system's.
    code: Option<&'static str>,
    /// What lets the programs that use it find the system's bundle.
    remedy: &'static str,
}

const PACKAGES: [Package; 3] = [
    Package {
        name: "certifi",
        bundle: "certifi/cacert.pem",
        code: Some("certifi/core.py"),
        remedy: "`export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt` for requests, `export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt` for httpx",
    },
    Package {
        name: "botocore",
        bundle: "botocore/cacert.pem",
        code: Some("botocore/httpsession.py"),
        remedy: "`export AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt`",
    },
    Package {
        name: "pip",
        bundle: "pip/_vendor/certifi/cacert.pem",
        code: Some("pip/_vendor/certifi/core.py"),
        remedy: "`export PIP_CERT=/etc/ssl/certs/ca-certificates.crt`",
    },
];

/// Looks at the packages of an installation or environment of Python.
pub(super) fn look_into(look: &Look<'_>, area: &Area, folder: &Path, found: &mut Found) {
    if !look.wants(Kind::Python) {
        return;
    }
    let library = folder.join("lib");
    if !area.is_folder(&library) {
        return;
    }
    for (name, kind) in area.names(look.tree, &library) {
        if kind != FileKind::Directory || !name.starts_with("python3") {
            continue;
        }
        for packages in ["site-packages", "dist-packages"] {
            let packages = library.join(&name).join(packages);
            for package in &PACKAGES {
                found.stores.extend(store(look, area, &packages, package));
            }
        }
    }
}

fn store(look: &Look<'_>, area: &Area, packages: &Path, package: &Package) -> Option<Store> {
    let path = packages.join(package.bundle);
    let owner = area.user.as_ref().map(|user| user.name.clone());
    let bytes = match area.read(&path, BUNDLE_LIMIT)? {
        Ok(bytes) => bytes,
        Err(reason) => {
            let store = Store::all(Kind::Python, area.inside(path), Verdict::NotJudged, reason);
            return Some(store.owned_by(owner));
        }
    };
    let version = version(look, area, packages, package.name);
    let title = match &version {
        Some(version) => format!("{} {version}", package.name),
        None => package.name.to_string(),
    };
    let follows = follows_system(look, area, packages, package, version.as_deref());
    let store = match follows {
        Some(reason) => {
            let evidence = format!("{title}: {reason}");
            Store::all(
                Kind::Python,
                area.inside(path),
                Verdict::FollowsSystem,
                evidence,
            )
        }
        None => Store::of(
            Kind::Python,
            area.inside(path),
            look.certificates(&bytes),
            format!("{title}: in its own bundle"),
            format!("{title}: not in its own bundle"),
        )
        .remedy(package.remedy),
    };
    Some(store.owned_by(owner))
}

/// Why the package uses the system's bundle although it has one, if it does.
fn follows_system(
    look: &Look<'_>,
    area: &Area,
    packages: &Path,
    package: &Package,
    version: Option<&str>,
) -> Option<&'static str> {
    let code = area.text(look.tree, packages.join(package.code?));
    // Debian's own build says so in its code, in environments that its Python made too.
    if code.is_some_and(|code| code.contains(SYSTEM_BUNDLE)) {
        return Some("Debian's build, which uses the system's bundle");
    }
    let since_24_2 = || {
        // It takes Python 3.10 too.
        let library = packages.parent()?.file_name()?.to_str()?;
        let minor: u32 = library.strip_prefix("python3.")?.parse().ok()?;
        if minor < 10 {
            return Some(false);
        }
        let mut numbers = version?
            .split('.')
            .map_while(|part| part.parse::<u32>().ok());
        let version = (numbers.next()?, numbers.next().unwrap_or(0));
        Some(version >= (24, 2))
    };
    if package.name == "pip" && since_24_2() == Some(true) {
        return Some("uses the system's store since 24.2");
    }
    None
}

/// The version in the name of `NAME-VERSION.dist-info`.
fn version(look: &Look<'_>, area: &Area, packages: &Path, package: &str) -> Option<String> {
    let names = area.names(look.tree, packages);
    names.into_iter().find_map(|(name, _)| {
        let rest = name.strip_prefix(package)?.strip_prefix('-')?;
        let version = rest.strip_suffix(".dist-info")?;
        (!version.is_empty()).then(|| version.to_string())
    })
}

/// Where uv's settings lie in a home and on the host.
pub(super) const UV_SETTINGS: [&str; 2] = [".config/uv/uv.toml", "/etc/uv/uv.toml"];

/// Whether a `uv.toml` lets uv use the system's store.
pub(super) fn uv_follows(text: &str) -> bool {
    let settings = crate::host::format::toml::parse(text);
    settings
        .iter()
        .any(|setting| setting.is(&["system-certs"]) && setting.value == "true")
}

/// The settings that count for an area.
pub(super) fn uv_settings(look: &Look<'_>, area: &Area) -> Option<PathBuf> {
    let own = area.user.as_ref().and_then(|_| {
        let text = area.text(look.tree, UV_SETTINGS[0])?;
        uv_follows(&text).then(|| area.inside(UV_SETTINGS[0]))
    });
    own.or_else(|| {
        let text = look.tree.text(UV_SETTINGS[1])?;
        uv_follows(&text).then(|| PathBuf::from(UV_SETTINGS[1]))
    })
}
