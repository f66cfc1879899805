//! One walk through each area for everything that is installed by hand: environments of Python, JDKs, programs that
//! bring their own CAs. Bounded in depth and number; no link is followed.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::{Area, Found, Look, java, node, python};
use crate::system::files::Kind;

/// Folders of the system in which software is installed by hand, and how deep to look.
pub(super) const SYSTEM: &[(&str, usize)] = &[
    ("/opt", 4),
    ("/srv", 3),
    ("/usr/local", 1),
    ("/usr/lib/jvm", 1),
    ("/usr/share/elasticsearch", 1),
];

/// Where to begin in a home beside the home itself, and how deep.
const HOMES: &[(&str, usize)] = &[
    (".local", 0),
    (".local/share/pipx/venvs", 1),
    (".local/pipx/venvs", 1),
    (".local/share/uv/tools", 1),
    (".local/share/uv/python", 1),
    (".local/share/virtualenvs", 1),
    (".local/share/JetBrains/Toolbox/apps", 4),
    (".virtualenvs", 1),
    (".cache/pypoetry/virtualenvs", 1),
    (".pyenv/versions", 1),
    (".conda/envs", 1),
    (".nvm/versions/node", 1),
    (".sdkman/candidates/java", 1),
    (".jdks", 1),
    (".gradle/jdks", 2),
    (".cargo", 0),
    (".deno", 0),
    (".bun", 0),
];
/// How deep in the home itself.
const HOME: usize = 3;
/// So many folders of one area are looked into.
const LIMIT: usize = 4000;
/// Folders without a dot in front that hold what others made, in great number.
const LEFT_OUT: [&str; 8] = [
    "node_modules",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "vendor",
    "target",
    "snap",
    "share",
];
/// Hidden folders that are looked into.
const HIDDEN: [&str; 2] = [".venv", ".tox"];
/// What is looked into below an installation that is recognised.
const INNER: [&str; 4] = ["envs", "jbr", "jre", "jdk"];

pub(super) fn find(look: &Look<'_>, areas: &[Area], found: &mut Found) {
    let mut java = java::Keystores::default();
    for area in areas {
        let mut starts = vec![(PathBuf::new(), HOME)];
        match &area.user {
            Some(_) => starts.extend(HOMES.iter().map(|(path, depth)| (path.into(), *depth))),
            None => {
                let known = SYSTEM
                    .iter()
                    .find(|(path, _)| area.inside("") == Path::new(path));
                starts = vec![(PathBuf::new(), known.map_or(0, |(_, depth)| *depth))];
            }
        }
        let mut left = LIMIT;
        for (start, depth) in starts {
            walk(look, area, start, depth, &mut left, found, &mut java);
        }
        if left == 0 {
            let reason = format!(
                "only the first {LIMIT} folders were searched for programs with CAs of their own"
            );
            look.tree.note(&area.inside(""), reason);
        }
    }
    node::packaged(look, found);
    java.finish(look, found);
}

fn walk(
    look: &Look<'_>,
    area: &Area,
    start: PathBuf,
    depth: usize,
    left: &mut usize,
    found: &mut Found,
    java: &mut java::Keystores,
) {
    let mut open = VecDeque::from([(start, 0)]);
    while let Some((folder, level)) = open.pop_front() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let names = area.names(look.tree, &folder);
        let has = |name: &str| names.iter().any(|(found, _)| found == name);
        let mut recognised = has("pyvenv.cfg") || has("conda-meta");
        if has("lib") {
            python::look_into(look, area, &folder, found);
            recognised |= java.look_into(look, area, &folder, found);
        }
        if has("bin") {
            recognised |= node::look_into(look, area, &folder, found);
        }
        let inner = |name: &str| INNER.contains(&name);
        for (name, kind) in names {
            let wanted = match recognised {
                true => inner(&name),
                false => level < depth && is_looked_into(&name),
            };
            if kind == Kind::Directory && wanted && level <= depth {
                open.push_back((folder.join(name), level + 1));
            }
        }
    }
}

fn is_looked_into(name: &str) -> bool {
    (!name.starts_with('.') || HIDDEN.contains(&name)) && !LEFT_OUT.contains(&name)
}
