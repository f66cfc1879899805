//! Users and groups of the tree.

use std::path::{Path, PathBuf};

/// One account of passwd(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its main group.
    pub gid: u32,
    /// Its home.
    pub home: PathBuf,
}

/// The accounts in the text of `/etc/passwd`; lines that are none are left out.
pub fn users(passwd: &str) -> Vec<User> {
    let user = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?.to_string();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        let home = PathBuf::from(fields.nth(1)?);
        Some(User {
            name,
            uid,
            gid,
            home,
        })
    };
    passwd.lines().filter_map(user).collect()
}

/// The accounts whose homes are their own: not `/`, not a folder of the system, each home once.
pub fn with_homes(users: Vec<User>) -> Vec<User> {
    let mut out: Vec<User> = Vec::new();
    for user in users {
        let shared = [
            "/",
            "/bin",
            "/sbin",
            "/usr",
            "/dev",
            "/proc",
            "/etc",
            "/nonexistent",
            "/usr/sbin",
            "/usr/bin",
        ];
        let own =
            user.home.is_absolute() && !shared.iter().any(|path| user.home == Path::new(path));
        if own && !out.iter().any(|known| known.home == user.home) {
            out.push(user);
        }
    }
    out
}

/// One group of group(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number.
    pub gid: u32,
    /// The users it is an additional group of.
    pub members: Vec<String>,
}

/// The groups in the text of `/etc/group`.
pub fn groups(group: &str) -> Vec<Group> {
    let group_of = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?.to_string();
        let gid = fields.nth(1)?.parse().ok()?;
        let members = fields
            .next()?
            .split(',')
            .filter(|m| !m.is_empty())
            .map(str::to_string)
            .collect();
        Some(Group { name, gid, members })
    };
    group.lines().filter_map(group_of).collect()
}

/// Who may act as a group: those it is an additional group of, and those whose main group it is, root left out.
pub fn members(gid: u32, groups: &[Group], users: &[User]) -> Vec<String> {
    let additional = groups
        .iter()
        .filter(|group| group.gid == gid)
        .flat_map(|group| group.members.iter().cloned());
    let main = users
        .iter()
        .filter(|user| user.gid == gid && user.uid != 0)
        .map(|user| user.name.clone());
    let mut members: Vec<String> = additional
        .chain(main)
        .filter(|name| name != "root")
        .collect();
    members.sort();
    members.dedup();
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nbin:x:2:2::/bin:/x\nann:x:1000:50::/home/ann:/bin/sh\nbroken\nx:x:y:1::/x:\n";

    #[test]
    fn accounts_with_their_own_homes() {
        let names = |users: Vec<User>| users.into_iter().map(|user| user.name).collect::<Vec<_>>();
        assert_eq!(names(users(PASSWD)), ["root", "bin", "ann"]);
        assert_eq!(names(with_homes(users(PASSWD))), ["root", "ann"]);
    }

    #[test]
    fn members_are_additional_and_main_users() {
        let groups = groups("staff:x:50:bob,root\nempty:x:51:\n");
        assert_eq!(members(50, &groups, &users(PASSWD)), ["ann", "bob"]);
        assert!(members(51, &groups, &users(PASSWD)).is_empty());
    }
}
