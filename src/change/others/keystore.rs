//! Java's keystores: changed by keytool on a copy, read by our own reader, put in place as a file.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{What, keytool, place};
use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, Result};
use crate::host::keystore::{self, DEFAULT_PASSWORD, Entry};
use crate::host::reach::{Store, Verdict};
use crate::host::tree::Tree;
use crate::store::layout::Layout;
use crate::system::files::{self, Kind, PrivateFolder};
use crate::system::folder::Folder;
use crate::system::program::Program;

/// Debian's user `nobody`: keytool is not part of the distribution and does not need root.
const NOBODY: (u32, u32) = (65534, 65534);
/// The name of the copy, in a folder of its own.
const COPY: &str = "keystore";

/// Why a keystore is not changed, if it is not.
pub(super) fn obstacle(layout: &Layout, tree: &Tree<'_>, store: &Store) -> Option<String> {
    if store.otherwise.verdict == Verdict::NotJudged || store.present.is_empty() {
        return Some(store.otherwise.evidence.clone());
    }
    let folder = store.path.parent()?;
    let real = tree.real(folder)?.join(store.path.file_name()?);
    let facts = tree.facts_at(&real)?;
    if facts.kind == Kind::Link {
        return Some("it is a symbolic link".to_string());
    }
    if facts.uid != 0 && facts.uid != nix::unistd::geteuid().as_raw() {
        return Some(format!("it belongs to user {}", facts.uid));
    }
    if facts.mode & 0o004 == 0 {
        return Some("it is not readable by everyone".to_string());
    }
    let tool = keytool(layout, &store.path);
    match files::facts(&tool) {
        Ok(Some(_)) if is_roots(&tool) => None,
        Ok(Some(_)) => Some(format!(
            "`{}` can be changed by users other than root",
            tool.display()
        )),
        _ => Some("there is no keytool: `apt-get install default-jre-headless`".to_string()),
    }
}

/// Whether only root can put another program there.
fn is_roots(program: &Path) -> bool {
    let own = |path: &Path| {
        let facts = files::facts(path).ok().flatten();
        facts.is_some_and(|facts| {
            facts.kind == Kind::Link || (facts.uid == 0 && facts.mode & 0o022 == 0)
        })
    };
    program.ancestors().all(own)
}

/// What is to become of a keystore with these bytes; `None` where it is that already.
pub(super) fn what(
    before: Option<&[u8]>,
    add: Vec<(PathBuf, Certificate)>,
    gone: &BTreeSet<Fingerprint>,
) -> Option<What> {
    let entries = read(before?)?;
    let has = |sha256: Fingerprint| entries.iter().any(|entry| entry.sha256 == sha256);
    let add: Vec<(String, Certificate)> = add
        .into_iter()
        .filter(|(_, certificate)| !has(certificate.sha256()))
        .map(|(_, certificate)| (place::label(certificate.sha256()), certificate))
        .collect();
    let remove: Vec<String> = entries
        .iter()
        .filter(|entry| gone.contains(&entry.sha256))
        .map(|entry| entry.alias.clone())
        .collect();
    (!add.is_empty() || !remove.is_empty()).then_some(What::Keystore { add, remove })
}

/// The entries, as Java opens it: without a password, or with the one that every JDK ships with.
fn read(bytes: &[u8]) -> Option<Vec<Entry>> {
    let without = keystore::read(bytes, "");
    without
        .or_else(|_| keystore::read(bytes, DEFAULT_PASSWORD))
        .ok()
}

/// Whether it is PKCS#12 that opens without a password, as JDKs from 18 on ship it: it is to stay so.
fn has_no_password(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x30]) && keystore::read(bytes, "").is_ok()
}

/// The bytes of a keystore after keytool has changed a copy of it.
pub(super) fn changed(
    layout: &Layout,
    path: &Path,
    bytes: &[u8],
    add: &[(String, Certificate)],
    remove: &[String],
    limit: Duration,
) -> Result<Vec<u8>> {
    let parent = Path::new(crate::change::stage::TEMPORARY);
    let folder = PrivateFolder::create(parent, "trustctl-keystore-")?;
    let owner = nix::unistd::geteuid().is_root().then_some(NOBODY);
    Folder::open(folder.path())?.create(OsStr::new(COPY), bytes, 0o600, owner)?;
    if let Some((uid, gid)) = owner {
        folder.give_to(uid, gid)?;
    }
    let keytool = Keytool {
        path: keytool(layout, path),
        folder: folder.path(),
        owner,
        without_password: has_no_password(bytes),
        limit,
    };
    for alias in remove {
        keytool.run(&["-delete", "-alias", alias], b"")?;
    }
    for (alias, certificate) in add {
        let pem = certificate.to_pem();
        keytool.run(&["-importcert", "-alias", alias], pem.as_bytes())?;
    }
    let (after, _) = files::read_with_facts(&folder.path().join(COPY), keystore::LIMIT)?;
    check(bytes, &after, add, remove)?;
    Ok(after)
}

/// The program, and the copy that it works on.
struct Keytool<'a> {
    path: PathBuf,
    folder: &'a Path,
    owner: Option<(u32, u32)>,
    without_password: bool,
    limit: Duration,
}

impl Keytool<'_> {
    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<()> {
        let plain: &[&str] = match self.without_password {
            true => &[
                "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
                "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
            ],
            false => &[],
        };
        let mut program = Program::new(&self.path, self.limit)
            .args(["-J-XX:-UsePerfData", "-J-Xshare:auto"])
            .args(plain)
            .args(arguments)
            .args([
                "-noprompt",
                "-keystore",
                COPY,
                "-storepass",
                DEFAULT_PASSWORD,
            ])
            .folder(self.folder)
            .input(input);
        if let Some((uid, gid)) = self.owner {
            program = program.user(uid, gid);
        }
        let output = program.run()?;
        if output.status.success() {
            return Ok(());
        }
        // It writes its errors to standard output.
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.contains("rror"));
        let line = line.unwrap_or_default().trim();
        Err(Error::new(format!("keytool: {line}")))
    }
}

/// What came of it is what was asked for, and Java opens it as before.
fn check(
    before: &[u8],
    after: &[u8],
    add: &[(String, Certificate)],
    remove: &[String],
) -> Result<()> {
    let wrong = || Error::new("what keytool made of it is not what was asked for");
    let (old, new) = (
        read(before).ok_or_else(wrong)?,
        read(after).ok_or_else(wrong)?,
    );
    let set = |entries: &[Entry]| -> BTreeSet<(String, Fingerprint)> {
        entries
            .iter()
            .map(|entry| (entry.alias.to_lowercase(), entry.sha256))
            .collect()
    };
    let mut wanted = set(&old);
    wanted.retain(|(alias, _)| !remove.iter().any(|gone| gone.to_lowercase() == *alias));
    wanted.extend(
        add.iter()
            .map(|(alias, certificate)| (alias.to_lowercase(), certificate.sha256())),
    );
    let same_kind =
        before.first() == after.first() && has_no_password(before) == has_no_password(after);
    match set(&new) == wanted && same_kind {
        true => Ok(()),
        false => Err(wrong()),
    }
}
