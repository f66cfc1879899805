//! Java's keystores: the system's, and those of JDKs that bring their own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Area, Found, Keystore, Look, of_keystore};
use crate::host::format::words::quoted;
use crate::host::keystore::{self, Entry, KeystoreFault};
use crate::host::reach::{Kind, Said, Store, Verdict};
use crate::system::files::Kind as FileKind;

const FOLDER: &str = "lib/security";
/// Where Debian's JDKs kept their keystore before, as their links still do.
const OLD_CACERTS: &str = "/etc/ssl/certs/java/cacerts";
/// PKCS#7's encryptedData, in which a keystore with a password keeps its certificates.
const ENCRYPTED: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6];

const JCEKS: [u8; 4] = [0xce; 4];

/// What has been seen of Java so far.
#[derive(Default)]
pub(super) struct Keystores {
    /// JDKs that read the system's keystore.
    follow: Vec<PathBuf>,
    /// Files that have been judged, by device and inode.
    seen: BTreeSet<(u64, u64)>,
}

/// How Java opens a keystore that nobody gives it a password for.
pub(super) enum Opened {
    /// It sees these certificates.
    Read(Vec<Entry>),
    /// It sees none, and every connection fails.
    Nothing(String),
    /// That cannot be told.
    Unknown(String),
}

/// Opens a keystore as Java does without a password.
pub(super) fn opened(bytes: &[u8]) -> Opened {
    // Measured with JDK 17: no trust manager comes of it.
    if bytes.starts_with(&JCEKS) {
        let reason = "it is JCEKS, which Java does not take here: every connection fails";
        return Opened::Nothing(reason.to_string());
    }
    match keystore::read(bytes, "") {
        Ok(entries) => Opened::Read(entries),
        Err(KeystoreFault::Locked(_)) if memchr::memmem::find(bytes, &ENCRYPTED).is_some() => {
            Opened::Nothing(
                "it is PKCS#12 with a password, and Java opens it without one: it finds no certificate, and every connection fails".to_string(),
            )
        }
        Err(fault @ (KeystoreFault::Locked(_) | KeystoreFault::Costly(_))) => {
            Opened::Unknown(fault.to_string())
        }
        Err(fault) => Opened::Nothing(format!("{fault}: every connection of Java fails")),
    }
}

impl Keystores {
    /// Looks at the folder of a JDK or JRE; whether it is one.
    pub(super) fn look_into(
        &mut self,
        look: &Look<'_>,
        area: &Area,
        folder: &Path,
        found: &mut Found,
    ) -> bool {
        let security = folder.join(FOLDER);
        // Where this one is there, the other is not read at all.
        let instead = security.join("jssecacerts");
        let usual = security.join("cacerts");
        let file = match (area.facts(&instead), area.facts(&usual)) {
            (Some(_), _) => instead,
            (None, Some(_)) => usual,
            (None, None) => return false,
        };
        if !look.wants(Kind::Java) {
            return true;
        }
        let owner = area.user.as_ref().map(|user| user.name.clone());
        let store = match area.facts(&file) {
            Some(facts) if facts.kind == FileKind::Link => {
                match self.behind_link(look, area, folder, &file) {
                    Some(store) => store,
                    None => return true,
                }
            }
            Some(facts) if !self.seen.insert((facts.device, facts.inode)) => return true,
            _ => match area.read(&file, keystore::LIMIT) {
                None => return true,
                Some(Err(reason)) => {
                    Store::all(Kind::Java, area.inside(&file), Verdict::NotJudged, reason)
                }
                Some(Ok(bytes)) => Self::judged(
                    look,
                    &area.inside(&file),
                    &area.inside(folder),
                    &bytes,
                    found,
                ),
            },
        };
        found.stores.push(store.owned_by(owner));
        true
    }

    /// A keystore behind a link: the system's, or another in a folder of the system.
    fn behind_link(
        &mut self,
        look: &Look<'_>,
        area: &Area,
        folder: &Path,
        file: &Path,
    ) -> Option<Store> {
        let target = area.link_target(file)?;
        if target == Path::new(OLD_CACERTS) {
            self.follow.push(area.inside(folder));
            return None;
        }
        let path = area.inside(file);
        if area.user.is_some() {
            let reason = "it is a symbolic link, which is not followed";
            return Some(Store::all(Kind::Java, path, Verdict::NotJudged, reason));
        }
        if look
            .inside(&path)
            .is_some_and(|real| real == Path::new(OLD_CACERTS))
        {
            self.follow.push(area.inside(folder));
            return None;
        }
        Some(match look.tree.bytes(&path, keystore::LIMIT) {
            Some(bytes) => {
                let mut none = Found::default();
                Self::judged(look, &path, &area.inside(folder), &bytes, &mut none)
            }
            None => Store::all(
                Kind::Java,
                path,
                Verdict::DoesNot,
                "the link leads nowhere: every connection of Java fails",
            ),
        })
    }

    fn judged(look: &Look<'_>, path: &Path, home: &Path, bytes: &[u8], found: &mut Found) -> Store {
        let store = of_bytes(path, bytes, found);
        let own = home.join("bin/keytool");
        let tool = match look.tree.facts(&own) {
            Some(_) => own,
            None => PathBuf::from("keytool"),
        };
        with_keytool(store, &quoted(&tool.to_string_lossy()), path)
    }

    /// The system's keystore, with the JDKs that read it.
    pub(super) fn finish(self, look: &Look<'_>, found: &mut Found) {
        if !look.wants(Kind::Java) {
            return;
        }
        let path = Path::new(keystore::CACERTS);
        let Some(facts) = look.tree.facts(path) else {
            for jdk in self.follow {
                let evidence = format!(
                    "`{}` is not there: every connection of Java fails",
                    path.display()
                );
                let remedy =
                    "`apt-get install --reinstall ca-certificates-java`, then `trustctl refresh`";
                found
                    .stores
                    .push(Store::all(Kind::Java, jdk, Verdict::DoesNot, evidence).remedy(remedy));
            }
            return;
        };
        let Some(bytes) = look.tree.bytes(path, keystore::LIMIT) else {
            let reason = "it cannot be read";
            found
                .stores
                .push(Store::all(Kind::Java, path, Verdict::NotJudged, reason));
            return;
        };
        let mut store = of_bytes(path, &bytes, found).owned_by(Some(look.owner(facts.uid)));
        store.remedies.lacks = "`trustctl refresh`".to_string();
        store.remedies.surplus = format!(
            "`keytool -delete -noprompt -alias {{label}} -keystore {} -storepass changeit`",
            path.display()
        );
        if !self.follow.is_empty() {
            let jdks: Vec<String> = self
                .follow
                .iter()
                .map(|jdk| format!("`{}`", jdk.display()))
                .collect();
            let readers = format!("read by {}", jdks.join(", "));
            store.present = format!("{}; {readers}", store.present);
            store.otherwise.evidence = format!("{}; {readers}", store.otherwise.evidence);
        }
        found.stores.push(store);
    }
}

fn of_bytes(path: &Path, bytes: &[u8], found: &mut Found) -> Store {
    match opened(bytes) {
        Opened::Read(entries) => {
            let mut store = Store::of(
                Kind::Java,
                path,
                of_keystore(&entries),
                format!("one of {} entries of the keystore", entries.len()),
                format!("not among the {} entries of the keystore", entries.len()),
            );
            if entries.is_empty() {
                let evidence = "the keystore is empty: every connection of Java fails";
                store.otherwise = Said::new(Verdict::DoesNot, evidence);
            }
            let labels = entries.into_iter().map(|entry| (entry.sha256, entry.alias));
            store.labels = labels.collect::<BTreeMap<_, _>>();
            store
        }
        Opened::Nothing(reason) => {
            found.unusable.push((path.to_path_buf(), reason.clone()));
            Store {
                trusted: Arc::default(),
                ..Store::all(Kind::Java, path, Verdict::DoesNot, reason)
            }
        }
        Opened::Unknown(reason) => Store::all(Kind::Java, path, Verdict::NotJudged, reason),
    }
}

fn with_keytool(mut store: Store, tool: &str, path: &Path) -> Store {
    let at = format!(
        "-keystore {} -storepass changeit",
        quoted(&path.to_string_lossy())
    );
    // An unusable keystore is not helped by one more certificate.
    if store.present.is_empty() && store.otherwise.verdict == Verdict::DoesNot {
        let link = format!("ln -sf {OLD_CACERTS} {}", quoted(&path.to_string_lossy()));
        store.remedies.lacks = format!("let it follow the system's: `{link}`");
        return store;
    }
    store.remedies.lacks =
        format!("`{tool} -importcert -noprompt -alias {{name}} -file {{file}} {at}`");
    store.remedies.surplus = format!("`{tool} -delete -noprompt -alias {{label}} {at}`");
    store
}

/// A keystore that an option names instead of the JDK's own.
pub(super) fn named(look: &Look<'_>, named: &Keystore<'_>) -> Store {
    let (path, title) = (named.path, named.title);
    let Some(bytes) = look.tree.bytes(path, keystore::LIMIT) else {
        let (verdict, reason) = match look.tree.facts(path) {
            None => (
                Verdict::DoesNot,
                "it is not there: every connection of Java fails",
            ),
            Some(_) => (Verdict::NotJudged, "it cannot be read"),
        };
        return Store::all(Kind::Java, path, verdict, format!("{title}: {reason}"));
    };
    let opened = match named.password {
        Some(password) => match keystore::read(&bytes, password) {
            Ok(entries) => Opened::Read(entries),
            Err(fault) => Opened::Unknown(fault.to_string()),
        },
        None => opened(&bytes),
    };
    match opened {
        Opened::Read(entries) => Store::of(
            Kind::Java,
            path,
            of_keystore(&entries),
            format!("{title}: one of {} entries of the keystore", entries.len()),
            format!(
                "{title}: not among the {} entries of the keystore",
                entries.len()
            ),
        ),
        Opened::Nothing(reason) => Store::all(
            Kind::Java,
            path,
            Verdict::DoesNot,
            format!("{title}: {reason}"),
        ),
        Opened::Unknown(reason) => Store::all(
            Kind::Java,
            path,
            Verdict::NotJudged,
            format!("{title}: {reason}"),
        ),
    }
}
