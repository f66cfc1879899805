//! Settings that lie in projects: working trees, recipes of images and pipelines. They are looked for in a few
//! folders, to a small depth and in a bounded number; links are not followed.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::places::Kind;
use super::tree::Tree;
use crate::system::files::Kind as FileKind;

/// A folder below which projects are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The folder inside the tree.
    pub folder: PathBuf,
    /// How many folders deep.
    pub depth: usize,
    /// In how many folders at most.
    pub limit: usize,
    /// Whether playbooks are read too.
    pub playbooks: bool,
}

impl Start {
    /// A folder that nobody asked for.
    pub fn usual(folder: impl Into<PathBuf>) -> Start {
        Start {
            folder: folder.into(),
            depth: 3,
            limit: 4000,
            playbooks: false,
        }
    }

    /// A folder that was asked for.
    pub fn wanted(folder: impl Into<PathBuf>) -> Start {
        Start {
            folder: folder.into(),
            depth: 12,
            limit: 50_000,
            playbooks: true,
        }
    }
}

/// Folders of the system in which projects are looked for beside the homes.
pub const FOLDERS: [&str; 2] = ["/opt", "/srv"];

/// Files of projects, relative to a folder of one; a star stands in the first component or in the last.
pub const FILES: &[(&str, Kind)] = &[
    (".git/config", Kind::Git),
    (".git/config.worktree", Kind::Git),
    // Those of submodules.
    (".git/modules/*/config", Kind::Git),
    // A repository without a working tree.
    ("*.git/config", Kind::Git),
    (".npmrc", Kind::Npm),
    (".yarnrc", Kind::Yarn),
    (".yarnrc.yml", Kind::YarnBerry),
    (".mvn/maven.config", Kind::Maven),
    (".mvn/jvm.config", Kind::Maven),
    ("ansible.cfg", Kind::Ansible),
    ("ldaprc", Kind::Ldap),
    (".cargo/config", Kind::Cargo),
    (".cargo/config.toml", Kind::Cargo),
    (".condarc", Kind::Conda),
    // Environments of Python have their own.
    ("pip.conf", Kind::Pip),
    (".venv/pip.conf", Kind::Pip),
    ("Dockerfile", Kind::Dockerfile),
    ("Dockerfile.*", Kind::Dockerfile),
    ("*.Dockerfile", Kind::Dockerfile),
    ("*.dockerfile", Kind::Dockerfile),
    ("Containerfile", Kind::Dockerfile),
    ("Containerfile.*", Kind::Dockerfile),
    ("compose.yaml", Kind::Pipeline),
    ("compose.yml", Kind::Pipeline),
    ("docker-compose.yaml", Kind::Pipeline),
    ("docker-compose.yml", Kind::Pipeline),
    ("compose.*.yaml", Kind::Pipeline),
    ("compose.*.yml", Kind::Pipeline),
    ("docker-compose.*.yaml", Kind::Pipeline),
    ("docker-compose.*.yml", Kind::Pipeline),
    (".gitlab-ci.yml", Kind::Pipeline),
    (".gitlab-ci.yaml", Kind::Pipeline),
    (".gitlab/ci/*.yml", Kind::Pipeline),
    (".github/workflows/*.yml", Kind::Pipeline),
    (".github/workflows/*.yaml", Kind::Pipeline),
    (".gitea/workflows/*.yml", Kind::Pipeline),
    (".forgejo/workflows/*.yml", Kind::Pipeline),
    (".travis.yml", Kind::Pipeline),
    (".circleci/config.yml", Kind::Pipeline),
    (".drone.yml", Kind::Pipeline),
    (".woodpecker.yml", Kind::Pipeline),
    (".woodpecker.yaml", Kind::Pipeline),
    (".woodpecker/*.yml", Kind::Pipeline),
    (".woodpecker/*.yaml", Kind::Pipeline),
    ("azure-pipelines.yml", Kind::Pipeline),
    ("azure-pipelines.yaml", Kind::Pipeline),
    ("bitbucket-pipelines.yml", Kind::Pipeline),
];

/// Endings of files that speak of others of their name.
const ABOUT: [&str; 5] = [".md", ".txt", ".dockerignore", ".example", ".sample"];

/// What is read of a project only where it was asked for.
const ASKED: &[(&str, Kind)] = &[("*.yml", Kind::Playbook), ("*.yaml", Kind::Playbook)];

/// Folders that hold what others made, in great number.
const PASSED_OVER: [&str; 6] = [
    "node_modules",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "vendor",
    "target",
];

/// A file of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file inside the tree.
    pub path: PathBuf,
    /// How it is read.
    pub kind: Kind,
    /// The folder of the project.
    pub folder: PathBuf,
}

/// The files of projects below a folder, the nearest first.
pub fn find(tree: &Tree<'_>, start: &Start) -> Vec<Found> {
    let mut out = Vec::new();
    let mut open = VecDeque::from([(start.folder.clone(), 0)]);
    let mut looked_into = 0;
    while let Some((folder, depth)) = open.pop_front() {
        if looked_into == start.limit {
            let reason = format!(
                "only the first {} folders were searched for projects",
                start.limit
            );
            tree.note(&start.folder, reason);
            break;
        }
        looked_into += 1;
        for (name, kind) in tree.entries(&folder) {
            let asked = if start.playbooks { ASKED } else { &[] };
            for row in FILES.iter().chain(asked) {
                out.extend(wanted(tree, row, &folder, &name, kind));
            }
            if kind == FileKind::Directory && depth < start.depth && is_looked_into(&name) {
                open.push_back((folder.join(&name), depth + 1));
            }
        }
    }
    out
}

fn is_looked_into(name: &str) -> bool {
    !name.starts_with('.') && !PASSED_OVER.contains(&name)
}

/// What a name in a folder leads to by one row of the table.
fn wanted(
    tree: &Tree<'_>,
    (pattern, kind): &(&str, Kind),
    folder: &Path,
    name: &str,
    is: FileKind,
) -> Vec<Found> {
    let path = folder.join(name);
    let paths = match pattern.split_once('/') {
        Some((first, rest)) if is == FileKind::Directory && fits(first, name) => {
            tree.expand(&path.join(rest).to_string_lossy())
        }
        // What is not a regular file is not read, but said.
        None if matches!(is, FileKind::File | FileKind::Special) && names(pattern, name) => {
            vec![path]
        }
        _ => Vec::new(),
    };
    let found = paths.into_iter().map(|path| Found {
        path,
        kind: *kind,
        folder: folder.to_path_buf(),
    });
    found.collect()
}

fn names(pattern: &str, name: &str) -> bool {
    fits(pattern, name) && !ABOUT.iter().any(|ending| name.ends_with(ending))
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            name.len() > before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        }
        None => name == pattern,
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests {
    use super::*;
    use crate::store::layout::Layout;
    use std::os::unix::fs::symlink;

    fn found(files: &[&str], start: &Start, links: &[(&str, &str)]) -> (Vec<String>, usize) {
        let root = tempfile::tempdir().unwrap();
        for path in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        for (link, target) in links {
            symlink(target, root.path().join(link)).unwrap();
        }
        let layout = Layout::new(root.path());
        let tree = Tree::new(&layout);
        let found = find(&tree, start);
        let shown = found
            .iter()
            .map(|f| format!("{} {:?}", f.path.display(), f.kind));
        (shown.collect(), tree.unread().len())
    }

    #[test]
    fn files_of_projects_are_found_by_their_names() {
        let files = [
            "srv/a/.git/config",
            "srv/a/.git/modules/x/config",
            "srv/a/.github/workflows/x.yml",
            "srv/a/Dockerfile.dev",
            "srv/a/deep/Dockerfile",
            "srv/b.git/config",
            "srv/b.git/hooks/x",
            "srv/.npmrc",
        ];
        let expected = [
            "/srv/.npmrc Npm",
            "/srv/b.git/config Git",
            "/srv/a/.git/config Git",
            // Whether a file in a folder that is there is there too shows when it is read.
            "/srv/a/.git/config.worktree Git",
            "/srv/a/.git/modules/x/config Git",
            "/srv/a/.github/workflows/x.yml Pipeline",
            "/srv/a/Dockerfile.dev Dockerfile",
            "/srv/a/deep/Dockerfile Dockerfile",
        ];
        assert_eq!(found(&files, &Start::usual("/srv"), &[]).0, expected);
    }

    #[test]
    fn what_lies_deep_in_hidden_folders_or_behind_links_is_passed_over() {
        let files = [
            "srv/a/b/c/d/.npmrc",
            "srv/.cache/a/.npmrc",
            "srv/node_modules/a/.npmrc",
            "srv/MyDockerfile",
            "srv/Dockerfile.dockerignore",
            "srv/Dockerfile.md",
            "srv/.git",
            "other/.npmrc",
            "srv/Dockerfile/x",
        ];
        let links = [
            ("srv/link", "/other"),
            ("srv/loop", "/srv"),
            ("srv/.npmrc", "/other/.npmrc"),
        ];
        assert_eq!(found(&files, &Start::usual("/srv"), &links).0, [""; 0]);
        let wanted = found(&files, &Start::wanted("/srv"), &links).0;
        assert_eq!(wanted, ["/srv/a/b/c/d/.npmrc Npm"]);
    }

    #[test]
    fn the_number_of_folders_is_bounded_and_said() {
        let start = Start {
            limit: 3,
            ..Start::usual("/srv")
        };
        let files = ["srv/1/.npmrc", "srv/2/.npmrc", "srv/3/.npmrc"];
        let expected = ["/srv/1/.npmrc Npm", "/srv/2/.npmrc Npm"].map(String::from);
        assert_eq!(found(&files, &start, &[]), (expected.to_vec(), 1));
    }
}
