//! Who put a local certificate there, where that can be told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::inventory::{Inventory, Source};
use super::layout::{LOCAL, Layout};
use crate::cert::Certificate;
use crate::system::files::Kind;

/// A package's file list is refused when larger.
const LIST_LIMIT: u64 = 64 << 20;

/// Who put a local certificate there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "by", content = "name")]
pub enum Provenance {
    /// A package owns the file.
    Package(String),
    /// A recorded change of trustctl.
    Trustctl,
    /// `trustctl adopt`: it was trusted before, without a source.
    Adopted,
    /// cloud-init's `ca_certs` module.
    CloudInit,
    /// Ubuntu's Active Directory client.
    Adsys,
    /// A developer's `mkcert -install`.
    Mkcert,
    /// `step certificate install`.
    Step,
    /// The Caddy web server's local authority.
    Caddy,
    /// Puppet.
    Puppet,
    /// Ansible.
    Ansible,
    /// Nobody known.
    Unknown,
}

impl std::fmt::Display for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Provenance::Package(package) => return write!(f, "package {package}"),
            Provenance::Trustctl => "trustctl",
            Provenance::Adopted => "adopted",
            Provenance::CloudInit => "cloud-init",
            Provenance::Adsys => "adsys",
            Provenance::Mkcert => "mkcert",
            Provenance::Step => "step",
            Provenance::Caddy => "caddy",
            Provenance::Puppet => "puppet",
            Provenance::Ansible => "ansible",
            Provenance::Unknown => "unknown",
        };
        f.write_str(name)
    }
}

/// The provenance of every local source; `recorded` tells the files that trustctl's generations have written, and
/// whether it adopted them.
pub fn of_local(
    layout: &Layout,
    inventory: &Inventory,
    recorded: impl FnOnce() -> BTreeMap<PathBuf, Provenance>,
) -> BTreeMap<PathBuf, Provenance> {
    if inventory.local().next().is_none() {
        return BTreeMap::new();
    }
    let (owned, recorded) = (owned_by_packages(layout), recorded());
    inventory
        .local()
        .map(|source| {
            let name = source.place.name.clone();
            let provenance = match owned.get(&name) {
                Some(package) => Provenance::Package(package.clone()),
                None => match recorded.get(&name) {
                    Some(recorded) => recorded.clone(),
                    None => recognise(layout, source),
                },
            };
            (name, provenance)
        })
        .collect()
}

/// Files under the local folder that dpkg's file lists name.
fn owned_by_packages(layout: &Layout) -> BTreeMap<PathBuf, String> {
    let folder = layout.place("/var/lib/dpkg/info").real;
    let mut owned = BTreeMap::new();
    for name in layout.tree.names(&folder).unwrap_or_default() {
        let Some(package) = name.to_str().and_then(|name| name.strip_suffix(".list")) else {
            continue;
        };
        let Ok(bytes) = layout.tree.read(&folder.join(&name), LIST_LIMIT) else {
            continue;
        };
        if memchr::memmem::find(&bytes, LOCAL.as_bytes()).is_none() {
            continue;
        }
        for line in bytes.split(|byte| *byte == b'\n') {
            let Some(path) = line.strip_prefix(LOCAL.as_bytes()) else {
                continue;
            };
            let path = String::from_utf8_lossy(path);
            owned.insert(PathBuf::from(format!("{LOCAL}{path}")), package.to_string());
        }
    }
    owned
}

/// Signs that the tools leave: cloud-init's `cloud-init-ca-cert-N.crt` (cc_ca_certs.py), adsys's links into
/// `/var/lib/adsys`, the names and subjects of mkcert and smallstep/truststore, and comments of the others.
fn recognise(layout: &Layout, source: &Source) -> Provenance {
    let name = source.place.name.as_path();
    let file = name.file_name().unwrap_or_default().to_string_lossy();
    let subject = source
        .content
        .certificates()
        .next()
        .map_or("", |certificate| {
            Certificate::subject(certificate).display()
        });
    let text = text_before_certificate(source);
    let signs = [
        (leads_into_adsys(layout, name), Provenance::Adsys),
        (
            file.starts_with("cloud-init-ca-cert"),
            Provenance::CloudInit,
        ),
        (
            subject.contains("mkcert development CA"),
            Provenance::Mkcert,
        ),
        (subject.contains("Caddy Local Authority"), Provenance::Caddy),
        (
            file.starts_with("Smallstep_Development_CA"),
            Provenance::Step,
        ),
        (subject.contains("Smallstep Development"), Provenance::Step),
        (text.contains("ansible managed"), Provenance::Ansible),
        (text.contains("managed by puppet"), Provenance::Puppet),
        (subject.contains("Puppet CA"), Provenance::Puppet),
    ];
    let sign = signs.into_iter().find(|(present, _)| *present);
    sign.map_or(Provenance::Unknown, |(_, provenance)| provenance)
}

fn leads_into_adsys(layout: &Layout, name: &Path) -> bool {
    let place = layout
        .local
        .real
        .join(name.strip_prefix(LOCAL).unwrap_or(name));
    let is_link = layout
        .tree
        .facts(&place)
        .ok()
        .flatten()
        .is_some_and(|facts| facts.kind == Kind::Link);
    is_link
        && layout
            .tree
            .link_target(&place)
            .is_ok_and(|target| target.starts_with("/var/lib/adsys"))
}

/// The first kilobyte before the first `BEGIN`, lower case.
fn text_before_certificate(source: &Source) -> String {
    let bytes = source.content.bytes().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_lowercase();
    text.split("-----begin")
        .next()
        .unwrap_or_default()
        .to_string()
}
