//! The files of other stores that a change may touch: nothing else, whatever a record says.

use std::path::{Path, PathBuf};

use crate::cert::Fingerprint;
use crate::host::consumers;
use crate::host::reach::Kind;
use crate::host::users::User;
use crate::store::names::StoreName;

/// Certificates by registry, for Docker (`dockerd`, "Verify repository client with certificates").
pub(super) const DOCKER: &str = "/etc/docker/certs.d";
/// The same for podman, buildah and skopeo (containers-certs.d(5)).
pub(super) const CONTAINERS: &str = "/etc/containers/certs.d";
/// What shells read at login (bash(1), dash(1) by way of `/etc/profile`).
pub(super) const ENVIRONMENT: &str = "/etc/profile.d/trustctl.sh";
/// What points programs with CAs of their own to the system's bundle; measured with Node 18 to 26, requests, botocore,
/// uv 0.13 and Deno 2.9.
pub(super) const SNIPPET: &str = "\
# Written by trustctl (`add --to env`): programs with CAs of their own read the system's bundle.
export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
export AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
export UV_SYSTEM_CERTS=true
export DENO_TLS_CA_STORE=system
";

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A policy file of our own.
    Chromium,
    /// `policies.json`.
    Mozilla,
    /// A keystore of Java.
    Keystore,
    /// A certificate for one registry.
    Registry,
    /// The snippet for logins.
    Environment,
}

/// What kind of file of another store a name inside the tree is.
pub(super) fn of(path: &Path) -> Option<Place> {
    match consumers::policy_kind(path) {
        Some(Kind::Chromium) => return Some(Place::Chromium),
        Some(_) => return Some(Place::Mozilla),
        None => {}
    }
    if path == Path::new(ENVIRONMENT) {
        return Some(Place::Environment);
    }
    let name = path.file_name()?;
    let folder = path.parent()?;
    let registries = folder.parent()?;
    let is_registry = registries == Path::new(DOCKER) || registries == Path::new(CONTAINERS);
    if is_registry && path.extension().is_some_and(|ending| ending == "crt") {
        return Some(Place::Registry);
    }
    let is_keystore = name == "cacerts" || name == "jssecacerts";
    (is_keystore && folder.ends_with("lib/security")).then_some(Place::Keystore)
}

/// The store that a file or folder belongs to, by the name that `add --to` takes.
pub(super) fn store_of(path: &Path, accounts: &[User]) -> Option<StoreName> {
    let host = || Some(path.parent()?.file_name()?.to_str()?.to_string());
    Some(match of(path) {
        Some(Place::Chromium) => StoreName::Chromium,
        Some(Place::Mozilla) => StoreName::Firefox,
        Some(Place::Keystore) => StoreName::Java,
        Some(Place::Environment) => StoreName::Env,
        Some(Place::Registry) if path.starts_with(DOCKER) => StoreName::Docker(host()?),
        Some(Place::Registry) => StoreName::Containers(host()?),
        None => {
            let mut owners = accounts.iter().filter(|user| user.home != Path::new("/"));
            StoreName::Nss(
                owners
                    .find(|user| path.starts_with(&user.home))?
                    .name
                    .clone(),
            )
        }
    })
}

/// Whether a change may touch this file.
pub fn is_place(path: &Path) -> bool {
    of(path).is_some()
}

/// Whether a change may create this folder on the way to such a file.
pub fn is_folder_of_place(path: &Path) -> bool {
    let known = [DOCKER, CONTAINERS, ENVIRONMENT].map(PathBuf::from);
    let mut files = known.into_iter().chain(consumers::policy_paths());
    let is_registry = path
        .parent()
        .is_some_and(|parent| parent == Path::new(DOCKER) || parent == Path::new(CONTAINERS));
    is_registry || files.any(|file| file.starts_with(path))
}

/// The file of a certificate for one registry.
pub(super) fn of_registry(folder: &str, host: &str, sha256: Fingerprint) -> PathBuf {
    Path::new(folder)
        .join(host)
        .join(format!("{}.crt", label(sha256)))
}

/// What a certificate is called where trustctl names it: unlike every name that a person gives.
pub(super) fn label(sha256: Fingerprint) -> String {
    let digits: String = sha256.to_string().chars().take(16).collect();
    format!("trustctl-{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_stores_are_places() {
        let places = [
            "/etc/chromium/policies/managed/trustctl.json",
            "/etc/firefox/policies/policies.json",
            "/etc/docker/certs.d/registry.corp.test:5000/trustctl-0123456789abcdef.crt",
            "/opt/jdk/lib/security/cacerts",
            "/etc/profile.d/trustctl.sh",
        ];
        for path in places {
            assert!(is_place(Path::new(path)), "{path}");
        }
        let others = [
            "/etc/chromium/policies/managed/other.json",
            "/etc/docker/certs.d/a.crt",
            "/etc/docker/certs.d/host/client.key",
            "/etc/cron.d/cacerts",
            "/etc/profile.d/x.sh",
            "/",
        ];
        for path in others {
            assert!(!is_place(Path::new(path)), "{path}");
        }
        assert!(is_folder_of_place(Path::new("/etc/chromium/policies")));
        assert!(is_folder_of_place(Path::new("/etc/docker/certs.d/host")));
        assert!(!is_folder_of_place(Path::new("/etc/cron.d")));
    }
}
