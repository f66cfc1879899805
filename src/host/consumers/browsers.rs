//! Browsers: databases of NSS, policies, and what comes of both.

use std::path::{Path, PathBuf};

use super::{Area, Found, Look, reader_of_mozilla, reader_of_nss};
use crate::cert::{self, Certificate, Fingerprint};
use crate::host::format::words::quoted;
use crate::host::reach::{Kind, Said, Store, Verdict};
use crate::host::tree::Tree;
use crate::store::nss::{self, Database, Reader, Trust};
use crate::store::policies::{self, Chromium};
use crate::system::files::Kind as FileKind;

/// A browser of the Chromium family whose places are known.
pub(super) struct Browser {
    pub(super) name: &'static str,
    pub(super) programs: &'static [&'static str],
    pub(super) policies: &'static str,
    /// Its profiles in a home.
    profiles: &'static str,
}

pub(super) const CHROMIUM: [Browser; 4] = [
    Browser {
        name: "Chromium",
        programs: &["/usr/bin/chromium", "/usr/lib/chromium/chromium"],
        policies: "/etc/chromium/policies",
        profiles: ".config/chromium",
    },
    Browser {
        name: "Google Chrome",
        programs: &["/opt/google/chrome/chrome", "/usr/bin/google-chrome-stable"],
        policies: "/etc/opt/chrome/policies",
        profiles: ".config/google-chrome",
    },
    // The two below: places by the vendors' documentation, not measured.
    Browser {
        name: "Microsoft Edge",
        programs: &["/opt/microsoft/msedge/msedge"],
        policies: "/etc/opt/edge/policies",
        profiles: ".config/microsoft-edge",
    },
    Browser {
        name: "Brave",
        programs: &["/opt/brave.com/brave/brave"],
        policies: "/etc/brave/policies",
        profiles: ".config/BraveSoftware/Brave-Browser",
    },
];

/// Where the Chromium family looks for its database: the second counts only where the first is not there.
const OLD_PLACE: &str = ".pki/nssdb";
const NEW_PLACE: &str = ".local/share/pki/nssdb";

/// Firefox or Thunderbird.
pub(super) struct Mozilla {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    folders: &'static [&'static str],
    pub(super) policies: &'static str,
    /// Folders of a home that hold `profiles.ini`.
    roots: &'static [&'static str],
}

pub(super) const MOZILLA: [Mozilla; 2] = [
    Mozilla {
        name: "Firefox",
        kind: Kind::Firefox,
        folders: &["/usr/lib/firefox-esr", "/usr/lib/firefox", "/opt/firefox"],
        policies: "/etc/firefox/policies/policies.json",
        roots: &[
            ".mozilla/firefox",
            ".config/mozilla/firefox",
            "snap/firefox/common/.mozilla/firefox",
        ],
    },
    Mozilla {
        name: "Thunderbird",
        kind: Kind::Thunderbird,
        folders: &["/usr/lib/thunderbird", "/opt/thunderbird"],
        policies: "/etc/thunderbird/policies/policies.json",
        roots: &[".thunderbird"],
    },
];

impl Mozilla {
    /// Its files of this name that are there: each of its folders can have one.
    pub(super) fn files(&self, tree: &Tree<'_>, name: &str) -> Vec<PathBuf> {
        let folders = self.folders.iter().map(Path::new);
        let files = folders.map(|folder| folder.join(name));
        files.filter(|file| tree.facts(file).is_some()).collect()
    }
}

/// What tells that the program is there, and its version.
pub(super) const INSTALLED: &str = "application.ini";
/// Policies that come with the program; read only where the administrator has none.
pub(super) const DISTRIBUTION: &str = "distribution/policies.json";

/// The policies of a host's browsers.
#[derive(Debug, Default)]
pub struct Policies {
    /// Of the Chromium family, by the browser's name.
    pub chromium: Vec<(&'static str, Chromium)>,
    /// Of Firefox and Thunderbird.
    pub mozilla: Vec<MozillaPolicies>,
}

/// What Firefox or Thunderbird is told.
#[derive(Debug, Default)]
pub struct MozillaPolicies {
    /// The program's name.
    pub name: &'static str,
    /// The file that is read.
    pub file: Option<PathBuf>,
    /// Whether it is no JSON, so that there are no policies at all.
    pub broken: bool,
    /// Files of policies that are not read because of it.
    pub shadowed: Vec<PathBuf>,
    /// Certificates that are installed into every profile.
    pub installed: Vec<(Fingerprint, PathBuf)>,
    /// Certificates to be installed whose file is not there or holds none.
    pub missing: Vec<String>,
    /// The module through which the system's store is followed.
    pub module: Option<String>,
}

/// A database as it was found.
enum Base {
    Missing,
    Unread(String),
    Read {
        database: Database,
        /// The module through which the system's store is followed.
        module: Option<String>,
    },
}

pub(super) fn find(look: &Look<'_>, areas: &[Area], found: &mut Found) {
    chromium(look, areas, found);
    for program in &MOZILLA {
        mozilla(look, areas, program, found);
    }
}

fn chromium(look: &Look<'_>, areas: &[Area], found: &mut Found) {
    let reader = reader_of_nss(look.nss.as_deref());
    let is_there = |browser: &&Browser| {
        let mut programs = browser.programs.iter();
        programs.any(|program| look.tree.facts(program).is_some())
    };
    let installed: Vec<(&Browser, Chromium)> = CHROMIUM
        .iter()
        .filter(is_there)
        .map(|browser| (browser, policies_of(look, browser)))
        .collect();
    let before = found.stores.len();
    for area in areas.iter().filter(|area| area.user.is_some()) {
        let (folder, base, hidden) = of_home(look, area);
        let uses = |browser: &Browser| area.is_folder(browser.profiles);
        let mut read_by_known = false;
        for (browser, policies) in &installed {
            if matches!(base, Base::Missing) && !uses(browser) {
                continue;
            }
            read_by_known = true;
            let mut store = of_database(look, area, &folder, &base, reader, browser.name);
            store.kind = Kind::Chromium;
            if let Some(hidden) = &hidden {
                let hidden = area.inside(hidden);
                store.otherwise.evidence = format!(
                    "{}; `{}` is not read as long as that is there",
                    store.otherwise.evidence,
                    hidden.display()
                );
            }
            found.stores.push(ruled(store, browser, policies));
        }
        if !read_by_known && !matches!(base, Base::Missing) {
            let who = "programs of the Chromium family";
            found
                .stores
                .push(of_database(look, area, &folder, &base, reader, who));
        }
    }
    let nobody = found.stores.len() == before;
    for (browser, policies) in installed {
        if nobody {
            let evidence = format!(
                "{} trusts its own list of CAs, and no policy adds this one",
                browser.name
            );
            let store = Store::all(Kind::Chromium, browser.policies, Verdict::DoesNot, evidence)
                .with_builtin()
                .remedy(by_policy(browser, &policies));
            found.stores.push(ruled(store, browser, &policies));
        }
        found.policies.chromium.push((browser.name, policies));
    }
}

/// What makes every user's browser trust a certificate.
fn by_policy(browser: &Browser, policies: &Chromium) -> String {
    if let Some((file, _)) = &policies.trusted {
        // Of two files with this policy only one counts.
        return format!(
            "add what `openssl x509 -in {{file}} -outform DER | base64 -w0` prints to `CACertificates` in `{}`",
            file.display()
        );
    }
    let folder = format!("{}/managed", browser.policies);
    format!(
        "`mkdir -p {folder}`, then `printf '{{\"CACertificates\":[\"%s\"]}}' \"$(openssl x509 -in {{file}} -outform DER | base64 -w0)\" > {folder}/{{name}}.json`"
    )
}

fn policies_of(look: &Look<'_>, browser: &Browser) -> Chromium {
    policies_but(look.tree, browser, Path::new(""))
}

/// What its files of policies say, but for this one.
pub(super) fn policies_but(tree: &Tree<'_>, browser: &Browser, but: &Path) -> Chromium {
    let mut policies = Chromium::default();
    for level in ["recommended", "managed"] {
        let folder = Path::new(browser.policies).join(level);
        for name in tree.names(&folder) {
            let path = folder.join(name);
            if path == but {
                continue;
            }
            if let Some(bytes) = tree.bytes(&path, policies::LIMIT) {
                policies.add(path, &String::from_utf8_lossy(&bytes));
            }
        }
    }
    policies
}

/// The database that the Chromium family reads in a home, and one that it passes by because of it.
fn of_home(look: &Look<'_>, area: &Area) -> (PathBuf, Base, Option<PathBuf>) {
    let (old, new) = (Path::new(OLD_PLACE), Path::new(NEW_PLACE));
    let place = match area.look(old) {
        Err(reason) => return (old.into(), Base::Unread(reason), None),
        Ok(Some(facts)) if facts.kind == FileKind::Directory => old,
        Ok(Some(facts)) if facts.kind == FileKind::Link => {
            let reason = format!("`{OLD_PLACE}` is a symbolic link, which is not followed");
            return (old.into(), Base::Unread(reason), None);
        }
        Ok(_) => new,
    };
    let hidden = (place == old && area.is_file(new.join(nss::CERTIFICATES))).then(|| new.into());
    (place.into(), base(look, area, place), hidden)
}

/// Reads a database; no link is followed, nothing is locked.
fn base(look: &Look<'_>, area: &Area, folder: &Path) -> Base {
    let under_way = || {
        let journal = area.facts(folder.join(nss::JOURNAL));
        journal.is_some_and(|facts| facts.size > 0)
    };
    let bytes = match area.read(folder.join(nss::CERTIFICATES), nss::LIMIT) {
        None => return Base::Missing,
        Some(Err(reason)) => return Base::Unread(reason),
        Some(Ok(bytes)) => bytes,
    };
    // Asked after the reading: a change that began before or during it left its journal.
    if under_way() {
        return Base::Unread(format!(
            "a change of it is under way or was cut off: `{}` is not empty",
            nss::JOURNAL
        ));
    }
    match nss::read(&bytes) {
        Ok(database) => Base::Read {
            database,
            module: module(look, area, folder),
        },
        Err(fault) => Base::Unread(fault.to_string()),
    }
}

/// The module of p11-kit, if the database names one that is there.
fn module(look: &Look<'_>, area: &Area, folder: &Path) -> Option<String> {
    let text = area.text(look.tree, folder.join(nss::MODULES))?;
    let mut libraries = nss::libraries(&text);
    libraries
        .find(|library| follows_system(look, library))
        .map(str::to_string)
}

fn follows_system(look: &Look<'_>, library: &str) -> bool {
    let path = Path::new(library);
    path.is_absolute()
        && path
            .file_name()
            .is_some_and(|name| name == nss::SYSTEM_MODULE)
        && look.tree.facts(path).is_some()
}

/// What a database alone says.
fn of_database(
    look: &Look<'_>,
    area: &Area,
    folder: &Path,
    base: &Base,
    reader: Reader,
    who: &str,
) -> Store {
    let path = area.inside(folder);
    let shown = path.display();
    let mut store = match base {
        Base::Missing => Store::all(
            Kind::Nss,
            &path,
            Verdict::DoesNot,
            format!("{who}: there is no database"),
        ),
        Base::Unread(reason) => Store::all(Kind::Nss, &path, Verdict::NotJudged, reason.clone()),
        Base::Read {
            module: Some(module),
            ..
        } => Store::all(
            Kind::Nss,
            &path,
            Verdict::FollowsSystem,
            format!("{who}: through the module `{module}`"),
        ),
        Base::Read { .. } => Store::all(
            Kind::Nss,
            &path,
            Verdict::DoesNot,
            format!("{who}: the database does not have it"),
        ),
    };
    if let Base::Read { database, module } = base {
        for entry in &database.entries {
            let said = said(entry, reader, look.nss.as_deref(), who, module.is_some());
            store.labels.insert(entry.sha256, entry.label.clone());
            if let Some(said) = said {
                store.special.entry(entry.sha256).or_insert(said);
            }
        }
        if database.orphans > 0 && store.otherwise.verdict == Verdict::DoesNot {
            store.otherwise.evidence = format!(
                "{} ({} entries of trust without their certificate are left in it, which trust nothing)",
                store.otherwise.evidence, database.orphans
            );
        }
    }
    let run = look.run_as(area.user.as_ref());
    let at = quoted(&format!("sql:{shown}"));
    let folder = match base {
        Base::Missing => format!("`{run}mkdir -p {}`, then ", quoted(&shown.to_string())),
        _ => String::new(),
    };
    let tool = match look.tree.facts("/usr/bin/certutil") {
        Some(_) => "",
        None => "`apt-get install libnss3-tools`, then ",
    };
    store.remedies.lacks =
        format!("{tool}{folder}`{run}certutil -A -d {at} -t C,, -n {{name}} -i {{file}}`");
    store.remedies.distrusts = format!("{tool}`{run}certutil -M -d {at} -t C,, -n {{label}}`");
    store.remedies.surplus = format!("{tool}`{run}certutil -D -d {at} -n {{label}}`");
    store
        .with_builtin()
        .owned_by(area.user.as_ref().map(|user| user.name.clone()))
}

/// What an entry says; `None` where the rest of the store decides.
fn said(
    entry: &nss::Entry,
    reader: Reader,
    version: Option<&str>,
    who: &str,
    followed: bool,
) -> Option<Said> {
    let label = &entry.label;
    Some(match entry.trust(reader) {
        Some(Trust::Anchor) => Said::new(
            Verdict::Trusts,
            format!("{who}: entry `{label}` is an anchor"),
        ),
        Some(Trust::Distrusted) => Said::new(
            Verdict::Distrusts,
            format!("{who}: entry `{label}` is expressly not trusted"),
        ),
        Some(Trust::Nothing) if followed => return None,
        Some(Trust::Nothing) => {
            let newer = match entry.new {
                Some(Trust::Anchor) => {
                    let version = version.unwrap_or("this one");
                    format!(" for this host's NSS ({version}); a newer one trusts it")
                }
                _ => String::new(),
            };
            Said::new(
                Verdict::DoesNot,
                format!("{who}: entry `{label}` is there without trust{newer}"),
            )
        }
        None => Said::new(
            Verdict::DependsOnReader,
            format!(
                "{who}: entry `{label}` has trust in two formats: {} for older NSS, {} for newer",
                in_words(entry.old),
                in_words(entry.new)
            ),
        ),
    })
}

fn in_words(trust: Option<Trust>) -> &'static str {
    match trust {
        Some(Trust::Anchor) => "trusted",
        Some(Trust::Distrusted) => "expressly not trusted",
        Some(Trust::Nothing) | None => "not trusted",
    }
}

/// What comes of a database under a browser's policies.
fn ruled(mut store: Store, browser: &Browser, policies: &Chromium) -> Store {
    let name = browser.name;
    if let Some((file, false)) = &policies.platform {
        let file = file.display();
        let evidence = format!(
            "{name}: `CAPlatformIntegrationEnabled` is false in `{file}`, so that databases of NSS are not read"
        );
        store.special.clear();
        store.otherwise = Said::new(Verdict::DoesNot, evidence);
        store.remedies.lacks = format!("delete `CAPlatformIntegrationEnabled` from `{file}`");
    }
    if let Some((file, trusted)) = &policies.trusted {
        let evidence = format!("{name}: `CACertificates` in `{}`", file.display());
        for sha256 in trusted {
            let by_hand = store.special.get(sha256).map(|said| said.verdict);
            // Distrust wins (measured).
            if by_hand != Some(Verdict::Distrusts) {
                let said = Said::new(Verdict::Trusts, evidence.clone());
                store.special.insert(*sha256, said);
            }
        }
    }
    if let Some((file, distrusted)) = &policies.distrusted {
        let evidence = format!("{name}: `CADistrustedCertificates` in `{}`", file.display());
        for sha256 in distrusted {
            let said = Said::new(Verdict::Distrusts, evidence.clone());
            store.special.insert(*sha256, said);
        }
        store.remedies.distrusts = match distrusted.is_empty() {
            true => store.remedies.distrusts,
            false => format!(
                "delete it from `CADistrustedCertificates` in `{}`",
                file.display()
            ),
        };
    }
    store
}

fn mozilla(look: &Look<'_>, areas: &[Area], program: &'static Mozilla, found: &mut Found) {
    let installed = program.files(look.tree, INSTALLED);
    let mut readers: Vec<Reader> = installed
        .iter()
        .map(|file| reader_of_mozilla(version(look, file)))
        .collect();
    readers.dedup();
    let reader = match readers.as_slice() {
        [one] => *one,
        _ => Reader::Unknown,
    };
    let policies = mozilla_policies(look, program);
    let before = found.stores.len();
    for area in areas.iter().filter(|area| area.user.is_some()) {
        for (folder, base) in mozilla_profiles(look, area, program) {
            let mut store = of_database(look, area, &folder, &base, reader, program.name);
            store.kind = program.kind;
            found.stores.push(with_installed(store, program, &policies));
        }
    }
    if found.stores.len() == before && !installed.is_empty() {
        let evidence = format!(
            "{} trusts its own list of CAs, and no policy adds this one",
            program.name
        );
        let store = Store::all(program.kind, program.policies, Verdict::DoesNot, evidence)
            .with_builtin()
            .remedy(mozilla_by_policy(program, &policies));
        found.stores.push(with_installed(store, program, &policies));
    }
    found.policies.mozilla.push(policies);
}

/// What installs a certificate into every profile.
fn mozilla_by_policy(program: &Mozilla, policies: &MozillaPolicies) -> String {
    if let Some(file) = &policies.file {
        return format!(
            "add `{{file}}` to `Certificates.Install` in `{}`",
            file.display()
        );
    }
    let file = Path::new(program.policies);
    let folder = file.parent().unwrap_or(file);
    format!(
        "`mkdir -p {}`, then `printf '{{\"policies\":{{\"Certificates\":{{\"Install\":[\"%s\"]}}}}}}' {{file}} > {}`",
        folder.display(),
        file.display()
    )
}

/// The number before the first dot of `Version=` in this file.
fn version(look: &Look<'_>, file: &Path) -> Option<u32> {
    let text = look.tree.text(file)?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Version="))?;
    line.split('.').next()?.trim().parse().ok()
}

fn mozilla_policies(look: &Look<'_>, program: &Mozilla) -> MozillaPolicies {
    let mut policies = MozillaPolicies {
        name: program.name,
        ..MozillaPolicies::default()
    };
    let own = PathBuf::from(program.policies);
    let own = look.tree.facts(&own).map(|_| own);
    let distribution = program.files(look.tree, DISTRIBUTION);
    let mut there = own.into_iter().chain(distribution);
    policies.file = there.next();
    policies.shadowed = there.collect();
    let Some(file) = &policies.file else {
        return policies;
    };
    let text = look
        .tree
        .bytes(file, policies::LIMIT)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let Some(read) = text.as_deref().and_then(policies::mozilla) else {
        policies.broken = text.is_some();
        return policies;
    };
    for name in read.install {
        match installed(look, &name) {
            Some(sha256) => policies.installed.push((sha256, file.clone())),
            None => policies.missing.push(name),
        }
    }
    let mut libraries = read.libraries.into_iter();
    policies.module = libraries.find(|library| follows_system(look, library));
    policies
}

/// The certificate that an entry of `Certificates.Install` names.
fn installed(look: &Look<'_>, name: &str) -> Option<Fingerprint> {
    const FOLDERS: [&str; 2] = [
        "/usr/lib/mozilla/certificates",
        "/usr/lib64/mozilla/certificates",
    ];
    let paths = match name.starts_with('/') {
        true => vec![PathBuf::from(name)],
        false => FOLDERS.map(|folder| Path::new(folder).join(name)).to_vec(),
    };
    let mut files = paths
        .iter()
        .filter_map(|path| look.tree.bytes(path, super::BUNDLE_LIMIT));
    files.find_map(|bytes| {
        let document = cert::read(&bytes);
        let first = document.certificates().next();
        first.map(|(_, certificate)| Certificate::sha256(certificate))
    })
}

/// The profiles that `profiles.ini` names, each with its database.
fn mozilla_profiles(look: &Look<'_>, area: &Area, program: &Mozilla) -> Vec<(PathBuf, Base)> {
    let mut found = Vec::new();
    for root in program.roots.iter().map(Path::new) {
        let ini = root.join("profiles.ini");
        let text = match area.read(&ini, crate::host::tree::TEXT_LIMIT) {
            None => continue,
            Some(Err(reason)) => {
                found.push((ini, Base::Unread(reason)));
                continue;
            }
            Some(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        for (path, relative) in nss::profiles(&text).into_iter().take(100) {
            let folder = match relative {
                true => Some(root.join(&path)),
                false => Path::new(&path)
                    .strip_prefix(area.inside(""))
                    .ok()
                    .map(Path::to_path_buf),
            };
            found.push(match folder {
                Some(folder) => {
                    let base = base(look, area, &folder);
                    (folder, base)
                }
                None => {
                    let reason = format!("profile `{path}` leads out of the home");
                    (ini.clone(), Base::Unread(reason))
                }
            });
        }
    }
    found
}

/// What comes of a profile under the policies.
fn with_installed(mut store: Store, program: &Mozilla, policies: &MozillaPolicies) -> Store {
    if let (Some(module), Verdict::DoesNot) = (&policies.module, store.otherwise.verdict) {
        let evidence = format!("{}: a policy adds the module `{module}`", program.name);
        store.otherwise = Said::new(Verdict::FollowsSystem, evidence);
    }
    for (sha256, file) in &policies.installed {
        let by_hand = store.special.get(sha256).map(|said| said.verdict);
        if matches!(by_hand, Some(Verdict::Distrusts | Verdict::Trusts)) {
            continue;
        }
        let evidence = format!(
            "{}: `Certificates` in `{}` installs it at every start",
            program.name,
            file.display()
        );
        store
            .special
            .insert(*sha256, Said::new(Verdict::Trusts, evidence));
    }
    store
}
