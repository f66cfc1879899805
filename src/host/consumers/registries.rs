//! Certificates for one registry of containers: `certs.d` of Docker and of containers/image (podman, buildah,
//! skopeo). They add to the system's store; only names that end in `.crt` count.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Area, BUNDLE_LIMIT, Found, Look};
use crate::cert::Fingerprint;
use crate::host::reach::{Kind, Store, Verdict};
use crate::system::files::Kind as FileKind;

const SYSTEM: [&str; 2] = ["/etc/docker/certs.d", "/etc/containers/certs.d"];
const HOME: &str = ".config/containers/certs.d";
/// Registries in one folder at most.
const LIMIT: usize = 1000;

/// What the files of one registry hold.
#[derive(Default)]
struct Files {
    counted: BTreeSet<Fingerprint>,
    /// Files of certificates with another ending, which nobody reads.
    ignored: Vec<(String, Arc<BTreeSet<Fingerprint>>)>,
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|found| found == ending)
}

impl Files {
    fn add(&mut self, look: &Look<'_>, name: &str, bytes: &[u8]) {
        let found = look.certificates(bytes);
        if has_ending(name, "crt") {
            self.counted.extend(found.iter().copied());
        } else if !found.is_empty() && !has_ending(name, "cert") {
            self.ignored.push((name.to_string(), found));
        }
    }

    fn store(self, registry: &str, path: PathBuf) -> Store {
        let evidence = format!("`{registry}`: the system's store counts too");
        let mut store = Store::all(Kind::Registry, path, Verdict::FollowsSystem, evidence);
        store.present = format!("`{registry}`: one of the `*.crt` in the folder");
        for (name, found) in self.ignored {
            let evidence = format!(
                "`{registry}`: the system's store counts, `{name}` in the folder does not (only `*.crt` is read)"
            );
            for sha256 in found
                .iter()
                .filter(|sha256| !self.counted.contains(*sha256))
            {
                let said = crate::host::reach::Said::new(Verdict::FollowsSystem, evidence.clone());
                store.special.insert(*sha256, said);
            }
        }
        store.trusted = Arc::new(self.counted);
        store
    }
}

pub(super) fn find(look: &Look<'_>, areas: &[Area], found: &mut Found) {
    if !look.wants(Kind::Registry) {
        return;
    }
    for folder in SYSTEM.map(Path::new) {
        for (registry, kind) in look.tree.entries(folder).into_iter().take(LIMIT) {
            if kind != FileKind::File && kind != FileKind::Special {
                let path = folder.join(&registry);
                let mut files = Files::default();
                for name in look.tree.names(&path) {
                    if let Some(bytes) = look.tree.bytes(path.join(&name), BUNDLE_LIMIT) {
                        files.add(look, &name, &bytes);
                    }
                }
                let store = files.store(&registry, path);
                found.stores.push(store.owned_by(Some("root".to_string())));
            }
        }
    }
    for area in areas {
        let Some(user) = &area.user else { continue };
        let folder = Path::new(HOME);
        if !area.is_folder(folder) {
            continue;
        }
        for (registry, kind) in area.names(look.tree, folder).into_iter().take(LIMIT) {
            if kind != FileKind::Directory {
                continue;
            }
            let path = folder.join(&registry);
            let mut files = Files::default();
            for (name, _) in area.names(look.tree, &path) {
                if let Some(Ok(bytes)) = area.read(path.join(&name), BUNDLE_LIMIT) {
                    files.add(look, &name, &bytes);
                }
            }
            let store = files.store(&registry, area.inside(path));
            found.stores.push(store.owned_by(Some(user.name.clone())));
        }
    }
}
