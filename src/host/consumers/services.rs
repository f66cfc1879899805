//! Programs with a file of trust of their own: OpenLDAP's and PostgreSQL's libraries, PHP, AWS, snapd.

use std::path::{Path, PathBuf};

use super::{Area, BUNDLE_LIMIT, Found, Look};
use crate::host::format;
use crate::host::reach::{Kind, SYSTEM_BUNDLE, Said, Store, Verdict};

pub(super) fn find(look: &Look<'_>, areas: &[Area], found: &mut Found) {
    if look.wants(Kind::Ldap) {
        found.stores.extend(ldap(look));
    }
    if look.wants(Kind::Php) {
        php(look, found);
    }
    if look.wants(Kind::Snap) {
        snap(look, found);
    }
    for area in areas.iter().filter(|area| area.user.is_some()) {
        if look.wants(Kind::Postgresql) {
            found.stores.extend(postgresql(look, area));
        }
        if look.wants(Kind::Aws) {
            found.stores.extend(aws(look, area));
        }
    }
}

/// A file that a setting names as the whole of what is trusted.
pub(super) fn of_file(look: &Look<'_>, kind: Kind, path: &Path, title: &str) -> Store {
    if look.tree.real(path).is_some() && look.inside(path) == look.inside(Path::new(SYSTEM_BUNDLE))
    {
        let evidence = format!("{title}: the system's bundle");
        return Store::all(kind, path, Verdict::FollowsSystem, evidence);
    }
    let Some(bytes) = look.tree.bytes(path, BUNDLE_LIMIT) else {
        let (verdict, reason) = match look.tree.facts(path) {
            None => (Verdict::DoesNot, "is not there"),
            Some(_) => (Verdict::NotJudged, "cannot be read"),
        };
        let evidence = format!("{title}: `{}` {reason}", path.display());
        return Store::all(kind, path, verdict, evidence);
    };
    Store::of(
        kind,
        path,
        look.certificates(&bytes),
        format!("{title}: in the file"),
        format!("{title}: not in the file, which replaces the system's store"),
    )
}

/// libldap trusts nothing unless `ldap.conf` (package libldap-common, only recommended) says so.
fn ldap(look: &Look<'_>) -> Option<Store> {
    let libraries = [
        "/usr/lib/*/libldap*.so.2",
        "/usr/lib/*/libldap-2*.so.2",
        "/usr/lib/*/libldap.so.2",
    ];
    let mut there = libraries
        .iter()
        .flat_map(|pattern| look.tree.expand(pattern));
    if !there.any(|library| look.tree.facts(library).is_some()) {
        return None;
    }
    let path = Path::new("/etc/ldap/ldap.conf");
    let settings = look.tree.text(path).map(|text| format::lines::ldap(&text));
    let named = settings
        .iter()
        .flatten()
        .rfind(|setting| setting.is(&["tls_cacert"]));
    let remedy = format!("`echo 'TLS_CACERT {SYSTEM_BUNDLE}' >> {}`", path.display());
    let root = Some("root".to_string());
    Some(match named {
        Some(setting) => {
            let title = format!("`TLS_CACERT` in `{}`", path.display());
            let mut store = of_file(look, Kind::Ldap, Path::new(&setting.value), &title);
            store.path = path.to_path_buf();
            store.owned_by(root).remedy(remedy)
        }
        None => {
            let evidence = match settings {
                None => "libldap trusts nothing without this file (package `libldap-common`)",
                Some(_) => "libldap trusts nothing without `TLS_CACERT` in this file",
            };
            Store::all(Kind::Ldap, path, Verdict::DoesNot, evidence)
                .owned_by(root)
                .remedy(remedy)
        }
    })
}

/// The directives of PHP that name a file of CAs.
fn php(look: &Look<'_>, found: &mut Found) {
    let files = ["/etc/php/*/*/php.ini", "/etc/php/*/*/conf.d/*.ini"];
    for path in files.iter().flat_map(|pattern| look.tree.expand(pattern)) {
        let Some(text) = look.tree.text(&path) else {
            continue;
        };
        for line in text.lines().map(str::trim) {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let key = key.trim();
            let value = value.trim().trim_matches('"');
            if !["openssl.cafile", "curl.cainfo"].contains(&key) || !value.starts_with('/') {
                continue;
            }
            let title = format!("`{key}` in `{}`", path.display());
            let store = of_file(look, Kind::Php, Path::new(value), &title);
            let remedy = format!("let `{key}` in `{}` name `{SYSTEM_BUNDLE}`", path.display());
            found
                .stores
                .push(store.owned_by(Some("root".to_string())).remedy(remedy));
        }
    }
}

/// libpq verifies nothing unless asked to; with a root.crt it does, and trusts nothing else.
fn postgresql(look: &Look<'_>, area: &Area) -> Option<Store> {
    let file = ".postgresql/root.crt";
    let path = area.inside(file);
    let owner = area.user.as_ref().map(|user| user.name.clone());
    let store = match area.read(file, BUNDLE_LIMIT)? {
        Ok(bytes) => Store::of(
            Kind::Postgresql,
            path,
            look.certificates(&bytes),
            "libpq: in the file",
            "libpq: not in the file, which is all that it trusts (`sslmode=require` verifies too once it is there)",
        ),
        Err(reason) => Store::all(Kind::Postgresql, path, Verdict::NotJudged, reason),
    };
    let remedy = format!("`export PGSSLROOTCERT={SYSTEM_BUNDLE}`");
    Some(store.owned_by(owner).remedy(remedy))
}

/// `ca_bundle` of a profile, which replaces everything else.
fn aws(look: &Look<'_>, area: &Area) -> Vec<Store> {
    let file = ".aws/config";
    let Some(text) = area.text(look.tree, file) else {
        return Vec::new();
    };
    let owner = area.user.as_ref().map(|user| user.name.clone());
    let values = text.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "ca_bundle").then(|| value.trim().to_string())
    });
    let mut stores = Vec::new();
    for value in values {
        let path = match value.strip_prefix("~/") {
            Some(rest) => area.inside(rest),
            None => PathBuf::from(&value),
        };
        let title = format!("`ca_bundle` in `{}`", area.inside(file).display());
        let mut store = match (path.is_absolute(), path.strip_prefix(area.inside(""))) {
            (false, _) => Store::all(
                Kind::Aws,
                area.inside(file),
                Verdict::NotJudged,
                format!("{title}: `{value}` depends on the folder of the call"),
            ),
            // What lies in the home is read without following links there.
            (true, Ok(relative)) => match area.read(relative, BUNDLE_LIMIT) {
                None => Store::all(
                    Kind::Aws,
                    &path,
                    Verdict::DoesNot,
                    format!("{title}: it is not there"),
                ),
                Some(Err(reason)) => Store::all(Kind::Aws, &path, Verdict::NotJudged, reason),
                Some(Ok(bytes)) => Store::of(
                    Kind::Aws,
                    &path,
                    look.certificates(&bytes),
                    format!("{title}: in the file"),
                    format!("{title}: not in the file, which replaces everything else"),
                ),
            },
            (true, Err(_)) => of_file(look, Kind::Aws, &path, &title),
        };
        store.remedies.lacks = format!(
            "let `ca_bundle` in `{}` name `{SYSTEM_BUNDLE}`",
            area.inside(file).display()
        );
        stores.push(store.owned_by(owner.clone()));
    }
    stores
}

/// snapd's own connections to the store of snaps, and the bundle that newer versions make for snaps.
fn snap(look: &Look<'_>, found: &mut Found) {
    let folder = Path::new("/var/lib/snapd/ssl/store-certs");
    let root = || Some("root".to_string());
    if look.tree.is_folder(folder) {
        let evidence = "snapd's connections to the store of snaps: the system's store counts too";
        let mut store = Store::all(Kind::Snap, folder, Verdict::FollowsSystem, evidence);
        for name in look.tree.names(folder).into_iter().filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|ending| ending == "pem")
        }) {
            if let Some(bytes) = look.tree.bytes(folder.join(&name), BUNDLE_LIMIT) {
                for sha256 in look.certificates(&bytes).iter() {
                    let said = Said::new(Verdict::Trusts, format!("`{name}`, for snapd alone"));
                    store.special.insert(*sha256, said);
                }
            }
        }
        found.stores.push(store.owned_by(root()));
    }
    let merged = Path::new("/var/lib/snapd/pki/v1/merged/ca-certificates.crt");
    if let Some(bytes) = look.tree.bytes(merged, BUNDLE_LIMIT) {
        let store = Store::of(
            Kind::Snap,
            merged,
            look.certificates(&bytes),
            "snapd's copy of the system's bundle has it",
            "snapd's copy of the system's bundle is older",
        );
        found.stores.push(
            store
                .owned_by(root())
                .remedy("`snap set system pki.certs.custom.{name}.content=\"$(cat {file})\"`"),
        );
    }
}
