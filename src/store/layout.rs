//! Every path of the store under one root.

use std::path::{Path, PathBuf};

use crate::system::resolve;

/// The certificates an administrator adds (`update-ca-certificates(8)`: LOCALCERTSDIR).
pub const LOCAL: &str = "/usr/local/share/ca-certificates";
/// The certificates that packages deliver (CERTSDIR).
pub const VENDOR: &str = "/usr/share/ca-certificates";
/// Which vendor certificates are selected (CERTSCONF).
pub const CONF: &str = "/etc/ca-certificates.conf";
/// What readers read (ETCCERTSDIR).
pub const CERTS: &str = "/etc/ssl/certs";
/// The file name of the bundle in [`CERTS`].
pub const BUNDLE: &str = "ca-certificates.crt";
/// The hooks that are told of changes (HOOKSDIR).
pub const HOOKS: &str = "/etc/ca-certificates/update.d";
/// What trustctl keeps: lock, generations, stages.
pub const STATE: &str = "/var/lib/trustctl";
/// The configuration of trustctl.
pub const CONFIG: &str = "/etc/trustctl/trustctl.toml";

/// One folder or file of the tree: its name inside the tree and where it really lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name inside the tree, as `update-ca-certificates` uses it in link targets.
    pub name: PathBuf,
    /// The path on this machine, every link on the way followed inside the tree.
    pub real: PathBuf,
}

impl Place {
    /// A file or folder in this folder.
    #[must_use]
    pub fn join(&self, relative: impl AsRef<Path>) -> Place {
        Place {
            name: self.name.join(relative.as_ref()),
            real: self.real.join(relative.as_ref()),
        }
    }
}

/// Where everything lies under one root.
#[derive(Clone, Debug)]
pub struct Layout {
    /// `/`, or the folder given with `--root`.
    pub root: PathBuf,
    /// Local certificates.
    pub local: Place,
    /// Vendor certificates.
    pub vendor: Place,
    /// The selection of vendor certificates.
    pub conf: Place,
    /// Bundle, links and hash links.
    pub certs: Place,
    /// Hooks of packages.
    pub hooks: Place,
    /// Lock, generations, stages of trustctl.
    pub state: Place,
}

impl Layout {
    /// Finds the places under a root (an absolute path).
    pub fn new(root: &Path) -> Layout {
        let place = |name: &str| find(root, Path::new(name));
        Layout {
            root: root.to_path_buf(),
            local: place(LOCAL),
            vendor: place(VENDOR),
            conf: place(CONF),
            certs: place(CERTS),
            hooks: place(HOOKS),
            state: place(STATE),
        }
    }

    /// Whether this is the running system's own tree.
    pub fn is_live(&self) -> bool {
        self.root == Path::new("/")
    }

    /// The bundle.
    pub fn bundle(&self) -> Place {
        self.certs.join(BUNDLE)
    }

    /// The place of any other absolute name inside the tree.
    pub fn place(&self, name: impl AsRef<Path>) -> Place {
        find(&self.root, name.as_ref())
    }
}

/// A name that cannot be resolved (missing folder, loop) keeps its plain place: using it tells the reason.
fn find(root: &Path, name: &Path) -> Place {
    let inside = resolve::inside(root, name).unwrap_or_else(|_| name.to_path_buf());
    Place {
        name: name.to_path_buf(),
        real: resolve::under(root, &inside),
    }
}
