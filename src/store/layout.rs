//! Every path of the store under one root.

use std::path::{Path, PathBuf};

use crate::system::resolve;
use crate::system::root::Root;

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
pub use crate::config::STATE;
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
    /// The tree under it: what is read, written and removed there goes through this handle.
    pub tree: Root,
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
    /// The tree that they are in: this one, or with `--state` that of the machine.
    pub records: Root,
}

impl Layout {
    /// Finds the places under a root (an absolute path).
    pub fn new(root: &Path) -> Layout {
        let place = |name: &str| find(root, Path::new(name));
        let tree = Root::open(root);
        Layout {
            root: root.to_path_buf(),
            records: tree.clone(),
            tree,
            local: place(LOCAL),
            vendor: place(VENDOR),
            conf: place(CONF),
            certs: place(CERTS),
            hooks: place(HOOKS),
            state: place(STATE),
        }
    }

    /// Keeps lock, generations and stages in another folder of this machine.
    #[must_use]
    pub fn with_state_outside(self, folder: &Path) -> Layout {
        let state = Place {
            name: folder.to_path_buf(),
            real: folder.to_path_buf(),
        };
        let records = Root::open(Path::new("/"));
        Layout {
            state,
            records,
            ..self
        }
    }

    /// Keeps them in another folder of the tree.
    #[must_use]
    pub fn with_state_inside(self, name: &Path) -> Layout {
        let state = self.place(name);
        Layout { state, ..self }
    }

    /// Whether this is the running system's own tree.
    pub fn is_live(&self) -> bool {
        self.root == Path::new("/")
    }

    /// A name inside the tree as a path of this machine, no link on the way looked at: for the tree's handle.
    pub fn under_root(&self, name: &Path) -> PathBuf {
        resolve::under(&self.root, name)
    }

    /// The name inside the tree of the file that has the selection: a link to it stays a link.
    pub fn conf_name(&self) -> PathBuf {
        match self.conf.real.strip_prefix(&self.root) {
            Ok(relative) => Path::new("/").join(relative),
            Err(_) => self.conf.name.clone(),
        }
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

/// Folders that are missing are taken as they are written; what cannot be resolved otherwise (a loop, a file in the
/// way) has no place in the tree.
fn find(root: &Path, name: &Path) -> Place {
    let real = match resolve::place_inside(root, name) {
        Ok(inside) => resolve::under(root, &inside),
        // The kernel follows the same links to the same error.
        Err(_) if root == Path::new("/") => name.to_path_buf(),
        // It must not follow links of the tree out of it: nothing can be read or made below a device.
        Err(_) => resolve::under(Path::new("/dev/null"), name),
    };
    Place {
        name: name.to_path_buf(),
        real,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a tree of the test's own")]

    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_of_a_tree_leads_out_of_it() {
        let tree = tempfile::tempdir().unwrap();
        let root = tree.path();
        std::fs::create_dir_all(root.join("etc")).unwrap();
        symlink("/opt/ssl", root.join("etc/ssl")).unwrap();
        symlink("/loop", root.join("loop")).unwrap();
        symlink("/loop", root.join("usr")).unwrap();
        let layout = Layout::new(root);
        assert_eq!(layout.certs.real, root.join("opt/ssl/certs"));
        assert!(layout.local.real.starts_with("/dev/null"));
    }
}
