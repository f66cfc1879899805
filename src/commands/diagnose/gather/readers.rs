//! Which store each program reads, and what is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::versions::{self, Versions};
use super::{FILE_LIMIT, Question};
use crate::cert::{self, Certificate, Fingerprint};
use crate::commands::Context;
use crate::host::tree::Tree;
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
    versions: &'a Versions,
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
        versions: &'a Versions,
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
            versions,
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
        for profile in versions::profiles(question.consumers, self.versions) {
            let found = match &question.own_file {
                Some((path, setting)) => Ok(self.file(path, setting)),
                None => self.reader(profile),
            };
            match found {
                Ok(store) => self.readers.push(Reader {
                    profile,
                    store,
                    offers: versions::offers(profile, self.versions),
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

    /// The order of curl 7.88 (`tool_operate.c`); each replaces everything else.
    fn curl(&mut self) -> usize {
        if let Some(file) = self.variable("CURL_CA_BUNDLE") {
            let certificates = self.certificates_of(Path::new(&file));
            return self.push(&format!("`{file}`"), Some("CURL_CA_BUNDLE"), certificates);
        }
        if let Some(folders) = self.variable("SSL_CERT_DIR") {
            let certificates = self.certificates_in(&folders);
            return self.push(
                &format!("`{folders}` (curl)"),
                Some("SSL_CERT_DIR"),
                certificates,
            );
        }
        if let Some(file) = self.variable("SSL_CERT_FILE") {
            let certificates = self.certificates_of(Path::new(&file));
            return self.push(
                &format!("`{file}` (curl)"),
                Some("SSL_CERT_FILE"),
                certificates,
            );
        }
        self.store("the system store", None, &BTreeSet::new())
    }

    /// Debian's Node.js reads the system store; others bring a list of their own, which is not read here.
    fn node(&mut self) -> usize {
        let base = self.openssl();
        let Some(file) = self.variable("NODE_EXTRA_CA_CERTS") else {
            return base;
        };
        let mut certificates = self
            .stores
            .get(base)
            .map_or_else(Vec::new, |store| store.certificates.clone());
        certificates.extend(self.certificates_of(Path::new(&file)));
        self.push(&format!("OpenSSL's store and `{file}`"), None, certificates)
    }

    fn java(&mut self) -> Result<usize, String> {
        let view = self.keystore.clone()?;
        Ok(self.store("the Java keystore", None, &view))
    }

    fn file(&mut self, path: &Path, setting: &str) -> usize {
        let certificates = self.certificates_of(path);
        self.push(
            &format!("`{}`", path.display()),
            Some(setting),
            certificates,
        )
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
