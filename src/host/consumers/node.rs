//! Programs that bring a list of CAs of their own: Node.js, Deno, Bun, uv.
//!
//! Measured with Node 20.20 to 26.10 (the builds of nodejs.org, and Debian's 18 and 20, which follow the system),
//! Deno 2.9.6, Bun 1.4.5, uv 0.13.9.

use std::ops::ControlFlow;
use std::path::Path;

use memchr::memmem;

use super::{Area, Found, Look, python};
use crate::host::reach::{Kind, SYSTEM_BUNDLE, Store, Verdict};
use crate::system::files::Kind as FileKind;

/// Of one program at most so much is looked at.
const LIMIT: u64 = 256 << 20;
/// Smaller files are scripts that call another, or Debian's, which has everything in a library.
const SMALLEST: u64 = 10 << 20;
/// What the builds of nodejs.org say of themselves: `node-v22.14.0`.
const NAME: &[u8] = b"node-v";

/// Looks at the programs in the `bin` of a folder; whether the folder is an installation of one of them.
pub(super) fn look_into(look: &Look<'_>, area: &Area, folder: &Path, found: &mut Found) -> bool {
    let mut recognised = false;
    for (name, kind) in [
        ("node", Kind::Node),
        ("deno", Kind::Deno),
        ("bun", Kind::Bun),
        ("uv", Kind::Uv),
    ] {
        let path = folder.join("bin").join(name);
        let Some(facts) = area.facts(&path) else {
            continue;
        };
        if facts.kind != FileKind::File || facts.size < SMALLEST {
            continue;
        }
        // `/usr/local` and `~/.local` are installations of many things.
        recognised |= kind == Kind::Node && !folder.as_os_str().is_empty();
        if !look.wants(kind) {
            continue;
        }
        let store = match kind {
            Kind::Node => {
                let mut version = folder_version(folder);
                if version.is_none() {
                    area.scan(&path, LIMIT, 64, &mut |piece| {
                        until_known(piece, &mut version)
                    });
                }
                of_node(&area.inside(&path), version.as_deref())
            }
            Kind::Deno => own_list(kind, &area.inside(&path), "Deno")
                .remedy("`export DENO_TLS_CA_STORE=mozilla,system`"),
            Kind::Bun => Store::all(
                kind,
                area.inside(&path),
                Verdict::NotJudged,
                "Bun 1.4.5 follows the system's store; other versions were not measured",
            ),
            _ => of_uv(look, area, &path),
        };
        let owner = area.user.as_ref().map(|user| user.name.clone());
        found.stores.push(store.owned_by(owner));
    }
    recognised
}

/// The Node that is installed as a package.
pub(super) fn packaged(look: &Look<'_>, found: &mut Found) {
    let path = Path::new("/usr/bin/node");
    if !look.wants(Kind::Node) {
        return;
    }
    let Some(facts) = look.tree.facts(path) else {
        return;
    };
    let mut version = None;
    if facts.size >= SMALLEST {
        look.tree.scan_until(path, LIMIT, 64, &mut |piece| {
            until_known(piece, &mut version)
        });
    }
    let store = match version {
        Some(version) => of_node(path, Some(&version)),
        None => {
            let libraries = ["/usr/lib/*/libnode.so*", "/usr/lib/libnode.so*"];
            let mut there = libraries
                .iter()
                .flat_map(|pattern| look.tree.expand(pattern));
            match there.any(|library| look.tree.facts(library).is_some()) {
                true => Store::all(
                    Kind::Node,
                    path,
                    Verdict::FollowsSystem,
                    "Debian's build, which uses OpenSSL's store",
                ),
                false => of_node(path, None),
            }
        }
    };
    found
        .stores
        .push(store.owned_by(Some(look.owner(facts.uid))));
}

fn own_list(kind: Kind, path: &Path, title: &str) -> Store {
    let evidence = format!("{title} trusts its own list of CAs");
    Store::all(kind, path, Verdict::DoesNot, evidence).with_builtin()
}

fn of_node(path: &Path, version: Option<&str>) -> Store {
    let Some(version) = version else {
        let reason = "it does not say which build of Node it is";
        return Store::all(Kind::Node, path, Verdict::NotJudged, reason);
    };
    let extra = format!("`export NODE_EXTRA_CA_CERTS={SYSTEM_BUNDLE}`");
    let remedy = match numbers(version) {
        Some(version) if system_by_variable(version) => {
            format!("{extra}, or `export NODE_USE_SYSTEM_CA=1`")
        }
        Some(version) if system_by_option(version) => {
            format!("{extra}, or start it with `--use-system-ca`")
        }
        _ => extra,
    };
    own_list(Kind::Node, path, &format!("Node {version}")).remedy(remedy)
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// Whether it knows `--use-system-ca`; older ones do not even start with it.
fn system_by_option(version: (u32, u32)) -> bool {
    version >= (22, 15) && version.0 != 23
}

/// Whether it obeys `NODE_USE_SYSTEM_CA`; others ignore it without a word.
fn system_by_variable((major, minor): (u32, u32)) -> bool {
    match major {
        22 => minor >= 19,
        24 => minor >= 6,
        _ => major > 24,
    }
}

fn until_known(piece: &[u8], version: &mut Option<String>) -> ControlFlow<()> {
    *version = memmem::find_iter(piece, NAME).find_map(|at| {
        let rest = piece.get(at + NAME.len()..)?;
        let digits = rest.iter().take(16);
        let text: String = digits
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
            .map(|byte| char::from(*byte))
            .collect();
        full_version(text.trim_end_matches('.'))
    });
    match version {
        Some(_) => ControlFlow::Break(()),
        None => ControlFlow::Continue(()),
    }
}

fn full_version(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('.').collect();
    let whole = parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok());
    whole.then(|| text.to_string())
}

/// nvm and the archives of nodejs.org tell the version in the name of the folder.
fn folder_version(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_str()?;
    let name = name.strip_prefix("node-").unwrap_or(name);
    full_version(name.strip_prefix('v')?.split('-').next()?)
}

fn of_uv(look: &Look<'_>, area: &Area, path: &Path) -> Store {
    match python::uv_settings(look, area) {
        Some(file) => Store::all(
            Kind::Uv,
            area.inside(path),
            Verdict::FollowsSystem,
            format!("`system-certs = true` in `{}`", file.display()),
        ),
        None => own_list(Kind::Uv, &area.inside(path), "uv")
            .remedy(format!("`export SSL_CERT_FILE={SYSTEM_BUNDLE}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names_and_programs() {
        let of = |name: &str| folder_version(Path::new(name));
        assert_eq!(of("/n/v22.14.0").as_deref(), Some("22.14.0"));
        assert_eq!(
            of("/opt/node-v20.20.2-linux-x64").as_deref(),
            Some("20.20.2")
        );
        assert_eq!(of("/opt/node"), None);
        assert_eq!(of("v1"), None);
        let mut version = None;
        let text = b"x node-vNEXT node-v22.14.0.tar.gz y";
        assert!(until_known(text, &mut version).is_break());
        assert_eq!(version.as_deref(), Some("22.14.0"));
        assert!(until_known(b"node-v", &mut version).is_continue());
    }

    #[test]
    fn levers_by_version_as_measured() {
        let remedy = |version| of_node(Path::new("/n"), Some(version)).remedies.lacks;
        for version in ["20.20.2", "22.14.0"] {
            assert!(!remedy(version).contains("SYSTEM_CA"), "{version}");
            assert!(!remedy(version).contains("--use-system-ca"), "{version}");
        }
        for version in ["22.15.0", "22.18.0", "24.5.0"] {
            assert!(remedy(version).contains("--use-system-ca"), "{version}");
        }
        for version in ["22.19.0", "24.6.0", "26.10.0"] {
            assert!(remedy(version).contains("NODE_USE_SYSTEM_CA"), "{version}");
        }
    }
}
