//! How much of what others have put somewhere is looked at: enough for every host there is, and never so much that
//! they choose how long root's audit runs, or how large it grows.

use std::collections::HashMap;
use std::path::Path;

use super::sources::Scope;
use super::tree::Tree;
use crate::system::files::Facts;
use crate::system::opened::Opened;

/// Bytes of settings of one user that are read.
pub const USER_BYTES: u64 = 8 << 20;
/// Bytes of settings of all users and projects that are read.
pub const RUN_BYTES: u64 = 256 << 20;
/// Settings of one user that are kept.
pub const USER_SETTINGS: usize = 20_000;
/// Settings of all users and projects that are kept.
pub const RUN_SETTINGS: usize = 200_000;
/// Names below one home that are looked at.
pub const USER_NAMES: usize = 200_000;
/// Files that one source leads to.
pub const FOLLOWED: usize = 256;

/// Which files are read for somebody's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All: the system's own settings name them.
    All,
    /// Those that this user could read too: their own, and what everyone may read.
    Of(u32),
}

impl Reach {
    /// Why an open file is not read, if so.
    pub fn refusal(self, tree: &Tree<'_>, opened: &Opened) -> Option<&'static str> {
        if opened.is_made_by_the_kernel() {
            return Some("the kernel makes its content up");
        }
        let Reach::Of(uid) = self else { return None };
        let Facts {
            uid: owner, mode, ..
        } = opened.facts();
        if opened.is_made_by_a_user() {
            return Some("a program makes its content up (FUSE)");
        }
        let may_read = owner == uid || mode & 0o004 != 0 || tree.is_owners_own(owner);
        (!may_read).then_some("it belongs to another user and is not world-readable")
    }
}

#[derive(Clone, Copy, Default)]
struct Spent {
    bytes: u64,
    settings: usize,
}

/// What has been read for users and projects so far.
#[derive(Default)]
pub struct Budget {
    run: Spent,
    users: HashMap<String, Spent>,
}

impl Budget {
    /// Whether a file of this size may still be read; what may not is noted.
    pub fn read(&mut self, tree: &Tree<'_>, scope: &Scope, path: &Path, size: u64) -> bool {
        let Some(user) = bounded(scope) else {
            return true;
        };
        let of_user = self.users.entry(user.clone()).or_default();
        if of_user.bytes + size > USER_BYTES && matches!(scope, Scope::User(_)) {
            tree.note(
                path,
                format!(
                    "not checked: `{user}` has more than {} MiB of settings",
                    USER_BYTES >> 20
                ),
            );
            return false;
        }
        if self.run.bytes + size > RUN_BYTES {
            tree.note(
                path,
                format!(
                    "not checked: users and projects have more than {} MiB of settings",
                    RUN_BYTES >> 20
                ),
            );
            return false;
        }
        of_user.bytes += size;
        self.run.bytes += size;
        true
    }

    /// How many of so many settings are kept; what is not is noted.
    pub fn keep(&mut self, tree: &Tree<'_>, scope: &Scope, path: &Path, count: usize) -> usize {
        let Some(user) = bounded(scope) else {
            return count;
        };
        let of_user = self.users.entry(user).or_default();
        let mut left = RUN_SETTINGS.saturating_sub(self.run.settings);
        if matches!(scope, Scope::User(_)) {
            left = left.min(USER_SETTINGS.saturating_sub(of_user.settings));
        }
        let kept = count.min(left);
        of_user.settings += kept;
        self.run.settings += kept;
        if kept < count {
            tree.note(
                path,
                format!("only the first {kept} of its {count} settings were checked"),
            );
        }
        kept
    }
}

/// The name under which others' settings are counted; the system's own are not.
fn bounded(scope: &Scope) -> Option<String> {
    match scope {
        Scope::User(name) => Some(name.clone()),
        Scope::Project(folder) => Some(folder.to_string_lossy().into_owned()),
        Scope::System | Scope::Process => None,
    }
}
