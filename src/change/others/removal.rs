//! What is to be done in other stores to remove a certificate.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::place::{self, Place};
use super::{DatabaseStep, Planner, asked, database, keystore};
use crate::cert::{self, Certificate, Fingerprint};
use crate::host::consumers::{self, Policies};
use crate::host::keystore::CACERTS;
use crate::host::reach::{Kind, Store, Verdict};
use crate::host::tree::Tree;
use crate::host::users::{self, User};
use crate::store::policies;

impl Planner<'_> {
    /// Removes certificates from the stores that trustctl added them to.
    pub(super) fn take_out(&mut self) {
        let gone = self.gone();
        let mut browsers = false;
        for (path, placed) in self.wish.placed {
            if placed.is_disjoint(&gone) {
                continue;
            }
            match place::of(path) {
                Some(place) => {
                    browsers |= matches!(place, Place::Mozilla);
                    self.files.entry(path.clone()).or_default().remove = true;
                }
                None => match self.owner_of(path) {
                    Some(user) => {
                        self.take_out_of_databases(&[user], |store| store.path == *path);
                    }
                    None if self.tree.facts(path).is_some() => self.others.open.push(format!(
                        "`{}` was not looked at: its user is gone; delete it if no one needs it",
                        path.display()
                    )),
                    None => {}
                },
            }
        }
        // Firefox keeps in each profile what a policy installed, after the policy is gone (measured).
        if browsers {
            let all = users::with_homes(self.accounts.clone());
            self.take_out_of_databases(&all, |store| {
                matches!(store.kind, Kind::Firefox | Kind::Thunderbird)
            });
        }
    }

    pub(super) fn gone(&self) -> BTreeSet<Fingerprint> {
        self.wish.remove.iter().map(Certificate::sha256).collect()
    }

    fn owner_of(&self, path: &Path) -> Option<User> {
        let mut users = self.accounts.iter();
        users
            .find(|user| user.home != Path::new("/") && path.starts_with(&user.home))
            .cloned()
    }

    fn take_out_of_databases(&mut self, users: &[User], is_meant: impl Fn(&Store) -> bool) {
        let kinds = [Kind::Chromium, Kind::Firefox, Kind::Thunderbird, Kind::Nss];
        let stores = self.found(users, &kinds);
        for store in stores.into_iter().filter(is_meant) {
            let owner = users
                .iter()
                .find(|user| store.owner.as_ref() == Some(&user.name));
            for certificate in &self.wish.remove {
                let label = store.labels.get(&certificate.sha256());
                let (Some(user), Some(label)) = (owner, label) else {
                    continue;
                };
                match database::obstacle(self.layout, self.wish.uid, user) {
                    Some(reason) => {
                        let (path, subject) =
                            (store.path.display(), certificate.subject().display());
                        let help = store.surplus_remedy(&asked(certificate, Path::new("")));
                        let help = help.map_or_else(String::new, |help| format!(": {help}"));
                        let open = format!("`{path}` still has `{subject}` ({reason}){help}");
                        if !self.others.open.contains(&open) {
                            self.others.open.push(open);
                        }
                    }
                    None => {
                        let step = DatabaseStep::removing(user, &store.path, certificate, label);
                        self.others.certificates.push(certificate.to_pem());
                        if !self.others.databases.contains(&step) {
                            self.others.databases.push(step);
                        }
                    }
                }
            }
        }
    }

    /// Removes certificates from every store that has them, even where trustctl did not add them.
    pub(super) fn take_out_everywhere(&mut self) {
        let mut homes = users::with_homes(self.accounts.clone());
        homes.retain(|user| [0, user.uid].contains(&self.wish.uid));
        self.take_out_of_databases(&homes, |_| true);
        for path in consumers::policy_paths() {
            self.files.entry(path).or_default().remove = true;
        }
        let gone = self.gone();
        let found = self.look(&homes, &[]);
        self.policies_of_others(&found.policies);
        for store in &found.stores {
            let has = store.trusts().any(|sha256| gone.contains(&sha256));
            let can_change = || keystore::obstacle(self.layout, self.tree, store).is_none();
            match store.kind {
                _ if !has || store.path == Path::new(CACERTS) => {}
                // The system's store is what the change is of; databases and policies were seen to above.
                Kind::System | Kind::Chromium | Kind::Firefox | Kind::Thunderbird | Kind::Nss => {}
                Kind::Java if can_change() => {
                    self.files.entry(store.path.clone()).or_default().remove = true;
                }
                Kind::Registry if store.owner.as_deref() == Some("root") => {
                    for path in registry_files(self.tree, &store.path, &gone) {
                        self.files.entry(path).or_default().remove = true;
                    }
                }
                _ => self.left_alone(store),
            }
        }
    }

    /// Policies in files that are not ours to change.
    fn policies_of_others(&mut self, policies: &Policies) {
        let chromium = policies
            .chromium
            .iter()
            .filter_map(|(_, found)| found.trusted.as_ref());
        let chromium =
            chromium.flat_map(|(file, all)| all.iter().map(move |sha256| (*sha256, file)));
        let mozilla = policies.mozilla.iter().flat_map(|found| &found.installed);
        let all: Vec<(Fingerprint, &PathBuf)> = chromium
            .chain(mozilla.map(|(sha256, file)| (*sha256, file)))
            .filter(|(_, file)| !place::is_place(file))
            .collect();
        for certificate in &self.wish.remove {
            let (sha256, subject) = (certificate.sha256(), certificate.subject().display());
            for (_, file) in all.iter().filter(|(found, _)| *found == sha256) {
                let file = file.display();
                self.others.open.push(format!(
                    "the policy file `{file}` trusts `{subject}` and is not managed by trustctl: remove the certificate from it"
                ));
            }
        }
    }

    fn left_alone(&mut self, store: &Store) {
        for certificate in &self.wish.remove {
            let asked = asked(certificate, Path::new(""));
            let said = store.judge(&asked);
            if said.verdict != Verdict::Trusts {
                continue;
            }
            let help = store.surplus_remedy(&asked);
            let help = help.map_or_else(String::new, |help| format!("; {help}"));
            let (path, subject) = (store.path.display(), certificate.subject().display());
            self.others.open.push(format!(
                "`{path}` trusts `{subject}` and was left alone ({}){help}",
                said.evidence
            ));
        }
    }
}

fn registry_files(tree: &Tree<'_>, folder: &Path, gone: &BTreeSet<Fingerprint>) -> Vec<PathBuf> {
    let names = tree.names(folder);
    let all = names.iter().map(|name| folder.join(name));
    all.filter(|path| place::of(path) == Some(Place::Registry))
        .filter(|path| {
            let bytes = tree.bytes(path, policies::LIMIT).unwrap_or_default();
            let document = cert::read(&bytes);
            let mut found = document.certificates().map(|(_, c)| c.sha256()).peekable();
            found.peek().is_some() && found.all(|sha256| gone.contains(&sha256))
        })
        .collect()
}
