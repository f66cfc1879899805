//! Which store each program reads, and what is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::versions;
use super::{FILE_LIMIT, Own, Question};
use crate::cert::{self, Certificate, Fingerprint};
use crate::commands::Context;
use crate::host::reach::SYSTEM_BUNDLE;
use crate::host::tree::Tree;
use crate::programs::{Release, Version};
use crate::rules::diagnosis::facts::{Reader, Store};
use crate::store::inventory::{Content, Inventory};

/// No more files of a folder named by a variable are read.
const FOLDER_NAMES: usize = 5000;
/// `cert.pem` of the distribution's OPENSSLDIR: since Debian 12 it makes OpenSSL read the bundle too.
const CERT_PEM: &str = "/usr/lib/ssl/cert.pem";

/// Finds the store of each program.
pub(super) struct Gatherer<'a> {
    context: &'a Context,
    inventory: &'a Inventory,
    tree: &'a Tree<'a>,
    keystore: &'a Result<BTreeSet<Fingerprint>, String>,
    known: BTreeMap<Fingerprint, Certificate>,
    /// Every program as this host has it, or as its newest release.
    releases: &'a [Release],
    /// Files read so far: several programs read the same.
    files: BTreeMap<PathBuf, Vec<Certificate>>,
    /// The stores read; the system store is the first.
    pub(super) stores: Vec<Store>,
    /// The programs and their stores.
    pub(super) readers: Vec<Reader>,
    /// Programs that could not be asked about, and why.
    pub(super) skipped: Vec<(&'static str, String)>,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(
        context: &'a Context,
        inventory: &'a Inventory,
        tree: &'a Tree<'a>,
        keystore: &'a Result<BTreeSet<Fingerprint>, String>,
        releases: &'a [Release],
    ) -> Self {
        let contents = inventory
            .entries
            .values()
            .filter_map(|entry| entry.content.as_deref());
        let contents = contents.chain(inventory.sources.iter().map(|source| &*source.content));
        let known = contents.flat_map(Content::certificates);
        let known = known
            .map(|certificate| (certificate.sha256(), certificate.clone()))
            .collect();
        let mut gatherer = Self {
            context,
            inventory,
            tree,
            keystore,
            known,
            releases,
            files: BTreeMap::new(),
            stores: Vec::new(),
            readers: Vec::new(),
            skipped: Vec::new(),
        };
        let all = gatherer.bundle_and_hashes();
        gatherer.store("the system store", None, &all);
        gatherer
    }

    fn bundle_and_hashes(&self) -> BTreeSet<Fingerprint> {
        let mut all = self.inventory.bundle_view();
        all.extend(self.inventory.hash_view());
        all
    }

    /// The place of a store, made only once.
    fn store(
        &mut self,
        label: &str,
        variable: Option<&str>,
        view: &BTreeSet<Fingerprint>,
    ) -> usize {
        let certificates = view
            .iter()
            .filter_map(|sha256| self.known.get(sha256))
            .cloned()
            .collect();
        self.push(label, variable, certificates)
    }

    fn push(
        &mut self,
        label: &str,
        variable: Option<&str>,
        certificates: Vec<Certificate>,
    ) -> usize {
        let same = self.stores.iter().position(|store| store.label == label);
        same.unwrap_or_else(|| {
            self.stores.push(Store {
                label: label.to_string(),
                variable: variable.map(ToString::to_string),
                certificates,
            });
            self.stores.len() - 1
        })
    }

    pub(super) fn readers(&mut self, question: &Question<'_>) {
        for profile in versions::profiles(question.consumers, self.releases) {
            let found = match question.own {
                // Told to read the system's bundle: what helps the system helps it.
                Some(own) if own.label == format!("`{SYSTEM_BUNDLE}`") => {
                    let view = self.inventory.bundle_view();
                    Ok(self.store("the bundle", None, &view))
                }
                Some(own) if own.adds => self.reader(profile).map(|base| self.beside(base, own)),
                Some(own) => {
                    Ok(self.push(&own.label, Some(&own.setting), own.certificates.clone()))
                }
                None => self.reader(profile),
            };
            let Some(release) = versions::release(profile, self.releases) else {
                continue;
            };
            match found {
                Ok(store) => self.readers.push(Reader {
                    profile,
                    store,
                    offers: versions::offers(&release, self.releases),
                    release,
                }),
                Err(reason) => self.skipped.push((profile, reason)),
            }
        }
    }

    /// What each program reads by default, and under which variables something else (facts of each program's
    /// own documentation and source, see trustctl(8), "CONSUMERS").
    fn reader(&mut self, profile: &str) -> Result<usize, String> {
        match profile {
            "curl" => Ok(self.curl()),
            "go" => Ok(self.go()),
            "gnutls" => {
                let found = self
                    .inventory
                    .bundle_of(crate::cert::readers::Reader::GnuTls);
                Ok(self.store("the bundle", None, &found))
            }
            "java" => self.java(),
            "webpki-rs" => Ok(self.rustls()),
            "node" => Ok(self.node()),
            _ => Ok(self.openssl()),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.context
            .variable(name)
            .filter(|value| !value.is_empty())
            .map(ToString::to_string)
    }

    /// `SSL_CERT_FILE` replaces only the default file, `SSL_CERT_DIR` only the default folder.
    fn openssl(&mut self) -> usize {
        let (file, folder) = (
            self.variable("SSL_CERT_FILE"),
            self.variable("SSL_CERT_DIR"),
        );
        let reads_bundle = self.tree.facts(CERT_PEM).is_some();
        if file.is_none() && folder.is_none() {
            let (label, view) = if reads_bundle {
                (
                    "the hash directory and the bundle",
                    self.bundle_and_hashes(),
                )
            } else {
                ("the hash directory", self.inventory.hash_view())
            };
            return self.store(label, None, &view);
        }
        let mut certificates = match &file {
            Some(file) => self.certificates_of(Path::new(file)),
            None if reads_bundle => self.known_of(&self.inventory.bundle_view()),
            None => Vec::new(),
        };
        certificates.extend(match &folder {
            Some(folders) => self.certificates_in(folders),
            None => self.known_of(&self.inventory.hash_view()),
        });
        self.redirected("OpenSSL", file.as_deref(), folder.as_deref(), certificates)
    }

    fn go(&mut self) -> usize {
        let (file, folder) = (
            self.variable("SSL_CERT_FILE"),
            self.variable("SSL_CERT_DIR"),
        );
        if file.is_none() && folder.is_none() {
            return self.store(
                "the bundle and every file beside it",
                None,
                &self.inventory.file_view(),
            );
        }
        let mut certificates = match &file {
            Some(file) => self.certificates_of(Path::new(file)),
            None => {
                let found = self.inventory.bundle_of(crate::cert::readers::Reader::Go);
                self.known_of(&found)
            }
        };
        certificates.extend(match &folder {
            Some(folders) => self.certificates_in(folders),
            None => self.known_of(&self.inventory.file_view()),
        });
        self.redirected("Go", file.as_deref(), folder.as_deref(), certificates)
    }

    /// Either variable makes rustls-native-certs read nothing else.
    fn rustls(&mut self) -> usize {
        let (file, folder) = (
            self.variable("SSL_CERT_FILE"),
            self.variable("SSL_CERT_DIR"),
        );
        if file.is_none() && folder.is_none() {
            return self.store("the system store", None, &BTreeSet::new());
        }
        let mut certificates = Vec::new();
        if let Some(file) = &file {
            certificates.extend(self.certificates_of(Path::new(file)));
        }
        if let Some(folders) = &folder {
            certificates.extend(self.certificates_in(folders));
        }
        self.redirected("rustls", file.as_deref(), folder.as_deref(), certificates)
    }

    /// The order of curl 7.88 (`tool_operate.c`). A file takes the place of the bundle only, a folder that of the hash
    /// directory only (measured on Debian 11, 12 and 13).
    fn curl(&mut self) -> usize {
        if let Some(file) = self.variable("CURL_CA_BUNDLE") {
            return self.curl_of("CURL_CA_BUNDLE", Some(&file), None);
        }
        if let Some(folders) = self.variable("SSL_CERT_DIR") {
            // Both together count only for the curl that Debian 13 has (8.14; not for 7.74 and 7.88).
            let newer = |curl: Release| curl.library_version >= Version::new(3, 5);
            let curl = versions::openssl(self.releases)
                .and_then(|_| versions::release("curl", self.releases));
            let file = self.variable("SSL_CERT_FILE");
            let file = file.filter(|_| curl.is_some_and(newer));
            return self.curl_of("SSL_CERT_DIR", file.as_deref(), Some(&folders));
        }
        if let Some(file) = self.variable("SSL_CERT_FILE") {
            return self.curl_of("SSL_CERT_FILE", Some(&file), None);
        }
        self.store("the system store", None, &BTreeSet::new())
    }

    fn curl_of(&mut self, variable: &str, file: Option<&str>, folder: Option<&str>) -> usize {
        let mut certificates = match file {
            Some(file) => self.certificates_of(Path::new(file)),
            None => self.known_of(&self.inventory.bundle_view()),
        };
        certificates.extend(match folder {
            Some(folders) => self.certificates_in(folders),
            None => self.known_of(&self.inventory.hash_view()),
        });
        let name = file.or(folder).unwrap_or_default();
        self.push(&format!("`{name}` (curl)"), Some(variable), certificates)
    }

    /// Debian's Node.js reads the system store; others bring a list of their own, which is not read here.
    fn node(&mut self) -> usize {
        let base = self.openssl();
        let Some(file) = self.variable("NODE_EXTRA_CA_CERTS") else {
            return base;
        };
        let own = Own {
            setting: "NODE_EXTRA_CA_CERTS".to_string(),
            label: format!("`{file}`"),
            certificates: self.certificates_of(Path::new(&file)),
            adds: true,
        };
        self.beside(base, &own)
    }

    /// A store, and certificates that count beside it.
    fn beside(&mut self, base: usize, own: &Own) -> usize {
        let Some(store) = self.stores.get(base) else {
            return base;
        };
        let mut certificates = store.certificates.clone();
        certificates.extend(own.certificates.iter().cloned());
        let label = format!("{} and {}", store.label, own.label);
        self.push(&label, None, certificates)
    }

    fn java(&mut self) -> Result<usize, String> {
        let view = self.keystore.clone()?;
        Ok(self.store("the Java keystore", None, &view))
    }

    fn redirected(
        &mut self,
        program: &str,
        file: Option<&str>,
        folder: Option<&str>,
        certificates: Vec<Certificate>,
    ) -> usize {
        let names: Vec<&str> = [file, folder].into_iter().flatten().collect();
        let variable = match (file, folder) {
            (Some(_), Some(_)) => "SSL_CERT_FILE and SSL_CERT_DIR",
            (Some(_), None) => "SSL_CERT_FILE",
            _ => "SSL_CERT_DIR",
        };
        self.push(
            &format!("`{}` ({program})", names.join("`, `")),
            Some(variable),
            certificates,
        )
    }

    fn known_of(&self, view: &BTreeSet<Fingerprint>) -> Vec<Certificate> {
        view.iter()
            .filter_map(|sha256| self.known.get(sha256))
            .cloned()
            .collect()
    }

    fn certificates_of(&mut self, path: &Path) -> Vec<Certificate> {
        if let Some(read) = self.files.get(path) {
            return read.clone();
        }
        let bytes = self.tree.bytes(path, FILE_LIMIT).unwrap_or_default();
        let document = cert::read(&bytes);
        let certificates = document.certificates().map(|(_, one)| one.clone());
        let certificates: Vec<Certificate> = certificates.collect();
        self.files.insert(path.to_path_buf(), certificates.clone());
        certificates
    }

    /// A list of folders separated by colons.
    fn certificates_in(&mut self, folders: &str) -> Vec<Certificate> {
        let mut certificates = Vec::new();
        for folder in folders.split(':').filter(|folder| !folder.is_empty()) {
            for name in self.tree.names(folder).into_iter().take(FOLDER_NAMES) {
                certificates.extend(self.certificates_of(&Path::new(folder).join(name)));
            }
        }
        certificates
    }
}
