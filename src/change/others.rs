//! The other stores of trust that a change reaches beside the system's: policies of browsers, Java's keystores,
//! registries of containers, the environment of logins, users' databases of NSS.
//!
//! What a store is to hold is worked out here, by reading; a file of a store then is one more step of the change, with
//! its backup and its undoing. Databases of NSS are changed by `certutil` as their owner once all files stand.

mod database;
mod keystore;

mod place;
mod removal;
mod staging;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use self::database::{DatabaseStep, follow};

pub use self::place::{is_folder_of_place, is_place};

use self::place::Place;
use super::plan::State;
use crate::cert::{self, Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::host::consumers::{self, Found, Look, PolicyFile};
use crate::host::keystore::{CACERTS, LIMIT as KEYSTORE_LIMIT};
use crate::host::reach::{Asked, Kind, Store, Verdict};
use crate::host::tree::Tree;
use crate::host::users::{self, User};
use crate::store::layout::Layout;
use crate::store::names::StoreName;
use crate::store::policies;
use crate::system::files;

/// The certificates that trustctl has added, by the file or folder of the store.
pub type Placed = BTreeMap<PathBuf, BTreeSet<Fingerprint>>;

/// What a request asks of the other stores.
#[derive(Debug)]
pub struct Wish<'a> {
    /// Certificates to add, and where to.
    pub add: Vec<Addition>,
    /// Certificates to take out.
    pub remove: Vec<Certificate>,
    /// Where trustctl has added certificates.
    pub placed: &'a Placed,
    /// Whether they are removed from every store, not only where trustctl added them.
    pub everywhere: bool,
    /// Who asks.
    pub uid: u32,
}

/// A certificate that other stores are to trust.
#[derive(Clone, Debug)]
pub struct Addition {
    /// The stores.
    pub stores: Vec<StoreName>,
    /// The file of the system's store that has it.
    pub file: PathBuf,
    /// The certificate.
    pub certificate: Certificate,
}

/// What is to be done in other stores.
#[derive(Clone, Debug, Default)]
pub struct Others {
    /// Files to be made another.
    pub edits: Vec<Edit>,
    /// Files to be made what they were, by undoing.
    pub restore: BTreeMap<PathBuf, State>,
    /// Databases to be changed.
    pub databases: Vec<DatabaseStep>,
    /// The certificates that the databases are to be given, in PEM.
    pub certificates: Vec<String>,
    /// Where the certificates are once it is done.
    pub placed: Placed,
    /// What cannot be reached, and what a person can do.
    pub open: Vec<String>,
    /// Worth knowing.
    pub notes: Vec<String>,
}

/// One file of a store, and what is to become of it.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The file, inside the tree.
    pub path: PathBuf,
    /// What is to become of it.
    pub what: What,
}

/// What is to become of a file.
#[derive(Clone, Debug)]
pub enum What {
    /// This content; `None`: it goes.
    Content(Option<Vec<u8>>),
    /// A keystore with these certificates more, by alias, and without those aliases.
    Keystore {
        /// Certificates to import.
        add: Vec<(String, Certificate)>,
        /// Aliases to delete.
        remove: Vec<String>,
    },
}

impl Others {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.restore.is_empty() && self.databases.is_empty()
    }
}

pub use staging::stage;

/// Works out what a request comes to in the other stores, by reading them.
///
/// # Errors
/// A store that was named and cannot be given the certificate is a refusal; of a whole group the others go on.
pub fn plan(layout: &Layout, wish: &Wish<'_>) -> Result<Others> {
    let stays = wish.remove.is_empty() || (wish.placed.is_empty() && !wish.everywhere);
    if stays && wish.add.iter().all(|addition| addition.stores.is_empty()) {
        return Ok(Others::default());
    }
    let mut goals: BTreeMap<StoreName, (bool, Vec<(PathBuf, Certificate)>)> = BTreeMap::new();
    for Addition {
        stores,
        file,
        certificate,
    } in &wish.add
    {
        for store in stores {
            for part in store.parts() {
                let (named, all) = goals.entry(part.clone()).or_default();
                *named |= part == *store;
                all.push((file.clone(), certificate.clone()));
            }
        }
    }
    let tree = Tree::new(layout);
    let mut planner = Planner {
        layout,
        tree: &tree,
        wish,
        accounts: users::users(&tree.text("/etc/passwd").unwrap_or_default()),
        files: BTreeMap::new(),
        others: Others::default(),
    };
    for (store, (named, add)) in &goals {
        planner.add_to(store, *named, add)?;
    }
    if !wish.remove.is_empty() {
        planner.take_out();
        if wish.everywhere {
            planner.take_out_everywhere();
        }
    }
    planner.finish()
}

/// Certificates, each with the file of the system's store that has it.
type Added = [(PathBuf, Certificate)];

/// The stores that changes of trustctl have put a certificate into, and that still trust it.
pub fn stores_of(
    layout: &Layout,
    placed: &Placed,
    file: &Path,
    certificate: &Certificate,
    uid: u32,
) -> Vec<StoreName> {
    let text = Tree::new(layout).text("/etc/passwd").unwrap_or_default();
    let accounts = users::users(&text);
    let has =
        |(_, found): &(&PathBuf, &BTreeSet<Fingerprint>)| found.contains(&certificate.sha256());
    let names = placed
        .iter()
        .filter(has)
        .filter_map(|(path, _)| place::store_of(path, &accounts));
    let trusts = |store: &StoreName| {
        let wish = Wish {
            add: vec![Addition {
                stores: vec![store.clone()],
                file: file.to_path_buf(),
                certificate: certificate.clone(),
            }],
            remove: Vec::new(),
            placed,
            everywhere: false,
            uid,
        };
        // What would have to be done to it is nothing.
        plan(layout, &wish).is_ok_and(|others| others.is_empty() && others.open.is_empty())
    };
    let names: BTreeSet<StoreName> = names.collect();
    names.into_iter().filter(trusts).collect()
}

/// What one file is to have more and less.
#[derive(Default)]
struct Changes {
    add: Vec<(PathBuf, Certificate)>,
    remove: bool,
}

struct Planner<'a> {
    layout: &'a Layout,
    tree: &'a Tree<'a>,
    wish: &'a Wish<'a>,
    accounts: Vec<User>,
    files: BTreeMap<PathBuf, Changes>,
    others: Others,
}

impl Planner<'_> {
    /// Adds to one store; `named`: it was asked for by its own name.
    fn add_to(&mut self, store: &StoreName, named: bool, add: &Added) -> Result<()> {
        match store {
            StoreName::System | StoreName::All | StoreName::Browsers => {}
            StoreName::Chromium => self.policies(&[Kind::Chromium], named, add)?,
            StoreName::Firefox => {
                self.policies(&[Kind::Firefox, Kind::Thunderbird], named, add)?;
            }
            StoreName::Java => self.keystores(None, add)?,
            StoreName::Keystore(path) => self.keystores(Some(path), add)?,
            StoreName::Env => self.add_all(Path::new(place::ENVIRONMENT), add),
            StoreName::Docker(host) | StoreName::Containers(host) => {
                let folder = match store {
                    StoreName::Docker(_) => place::DOCKER,
                    _ => place::CONTAINERS,
                };
                for one in add {
                    let path = place::of_registry(folder, host, one.1.sha256());
                    self.add_all(&path, std::slice::from_ref(one));
                }
            }
            StoreName::Nss(user) => self.databases_of(user, add)?,
        }
        Ok(())
    }

    fn add_all(&mut self, path: &Path, add: &Added) {
        let changes = self.files.entry(path.to_path_buf()).or_default();
        changes.add.extend(add.iter().cloned());
    }

    /// Policy files of these browsers: of all that are installed, or of the first where none is and it was named.
    fn policies(&mut self, kinds: &[Kind], named: bool, add: &Added) -> Result<()> {
        let mut all = consumers::policy_files(self.tree);
        all.retain(|file| kinds.contains(&file.kind));
        if !all.iter().any(|file| file.installed) {
            if !named {
                return Ok(());
            }
            // A browser that is installed later finds it there.
            all.truncate(1);
            for file in &mut all {
                file.installed = true;
            }
        }
        for file in all.into_iter().filter(|file| file.installed) {
            match self.policy(&file, add) {
                Err(error) if !named => self.others.open.push(in_words(&error)),
                result => result?,
            }
        }
        Ok(())
    }

    fn policy(&mut self, file: &PolicyFile, add: &Added) -> Result<()> {
        let path = file.path.display();
        if let Some(rival) = &file.rival {
            let rival = rival.display();
            return Err(refused(format!(
                "{}: `{rival}` has a policy `CACertificates` already, and of two files only one counts",
                file.name
            ))
            .hint(format!("move the certificates of `{rival}` to `trustctl add`, or add this one to it")));
        }
        // What cannot be read is refused before anything is done.
        let text = self.text(&file.path)?;
        let readable = match file.kind {
            Kind::Chromium => policies::chromium_with(&text, &[], &BTreeSet::new()),
            _ => policies::mozilla_with(&text, &[], &BTreeSet::new()),
        };
        readable.map_err(|error| unreadable(&file.path, &error))?;
        for shadowed in &file.shadows {
            self.others.notes.push(format!(
                "{}: `{}` is no longer read once `{path}` is there; copy its policies into that file if they are needed",
                file.name,
                shadowed.display()
            ));
        }
        self.add_all(&file.path, add);
        Ok(())
    }

    fn text(&self, path: &Path) -> Result<String> {
        if self.tree.facts(path).is_none() {
            return Ok(String::new());
        }
        let bytes = self.tree.bytes(path, policies::LIMIT);
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        text.ok_or_else(|| {
            let path = path.display();
            refused(format!("`{path}` cannot be read as text"))
                .hint(format!("look at `{path}`; the store is as it was before"))
        })
    }

    /// All keystores of JDKs in the system's folders but the system's own, or the one at this path.
    fn keystores(&mut self, only: Option<&Path>, add: &Added) -> Result<()> {
        let stores = self.found(&[], &[Kind::Java]);
        let mut known = false;
        for store in stores {
            let is_meant =
                only.is_none_or(|path| store.path == path || store.path.starts_with(path));
            if !is_meant {
                continue;
            }
            known = true;
            if store.path == Path::new(CACERTS) {
                continue;
            }
            if let Some(reason) = keystore::obstacle(self.layout, self.tree, &store) {
                let reason = format!("`{}` was not changed: {reason}", store.path.display());
                match only {
                    Some(_) => return Err(refused(reason).hint("see `trustctl reach --only java`")),
                    None => self.others.open.push(reason),
                }
                continue;
            }
            for one in add {
                if !store.trusted.contains(&one.1.sha256()) {
                    self.add_all(&store.path, std::slice::from_ref(one));
                }
            }
        }
        match only {
            Some(path) if !known => Err(refused(format!(
                "`{}` is neither a JDK nor the keystore of one in a folder of the system",
                path.display()
            ))
            .hint("`trustctl reach --only java` lists them; a keystore elsewhere is changed with keytool by its owner")),
            _ => Ok(()),
        }
    }

    fn found(&self, users: &[User], only: &[Kind]) -> Vec<Store> {
        self.look(users, only).stores
    }

    fn look(&self, users: &[User], only: &[Kind]) -> Found {
        let look = Look::new(
            self.tree,
            users,
            &self.accounts,
            BTreeSet::new(),
            self.wish.uid,
            only,
        );
        consumers::find(&look)
    }

    fn databases_of(&mut self, name: &str, add: &Added) -> Result<()> {
        let user = self.accounts.iter().find(|user| user.name == name).cloned();
        let Some(user) = user else {
            return Err(refused(format!("there is no user `{name}`"))
                .hint("`getent passwd` lists the users; the store is as it was before"));
        };
        if let Some(reason) = database::obstacle(self.layout, self.wish.uid, &user) {
            return Err(refused(format!(
                "the databases of `{name}` cannot be changed: {reason}"
            ))
            .hint("`trustctl reach` names the command for each"));
        }
        let kinds = [Kind::Chromium, Kind::Firefox, Kind::Thunderbird, Kind::Nss];
        let stores = self.found(std::slice::from_ref(&user), &kinds);
        let mut folders = BTreeSet::new();
        for store in stores
            .iter()
            .filter(|store| store.owner.as_deref() == Some(name))
        {
            if !folders.insert(store.path.clone()) {
                continue;
            }
            if store.otherwise.verdict == Verdict::NotJudged {
                let (path, reason) = (store.path.display(), &store.otherwise.evidence);
                self.others
                    .open
                    .push(format!("`{path}` was not changed: {reason}"));
                continue;
            }
            for (file, certificate) in add {
                let asked = asked(certificate, file);
                let trusts = store.labels.contains_key(&certificate.sha256())
                    && store.judge(&asked).verdict == Verdict::Trusts;
                if !trusts {
                    let step = DatabaseStep::adding(&user, &store.path, certificate);
                    self.others.certificates.push(certificate.to_pem());
                    self.database(step);
                }
            }
        }
        if folders.is_empty() {
            let step = |certificate| {
                DatabaseStep::adding(&user, &user.home.join(database::PLACE), certificate)
            };
            let steps: Vec<DatabaseStep> = add.iter().map(|(_, c)| step(c)).collect();
            self.others
                .certificates
                .extend(add.iter().map(|(_, c)| c.to_pem()));
            for step in steps {
                self.database(step);
            }
        }
        Ok(())
    }

    fn database(&mut self, step: DatabaseStep) {
        if !self.others.databases.contains(&step) {
            self.others.databases.push(step);
        }
    }

    /// What each file is to be.
    fn finish(mut self) -> Result<Others> {
        for (path, changes) in std::mem::take(&mut self.files) {
            for (_, certificate) in &changes.add {
                let placed = self.others.placed.entry(path.clone()).or_default();
                placed.insert(certificate.sha256());
            }
            let Some(place) = place::of(&path) else {
                continue;
            };
            let adds = !changes.add.is_empty();
            match self.what(place, &path, changes) {
                Ok(what) => self
                    .others
                    .edits
                    .extend(what.map(|what| Edit { path, what })),
                // What cannot be read holds nothing up that is to go.
                Err(error) if !adds => self.others.open.push(in_words(&error)),
                Err(error) => return Err(error),
            }
        }
        for step in &self.others.databases {
            if step.adds {
                let placed = self.others.placed.entry(step.folder.clone()).or_default();
                placed.insert(step.sha256);
            }
        }
        Ok(self.others)
    }

    /// What becomes of a file; `None` where it is that already.
    fn what(&self, place: Place, path: &Path, changes: Changes) -> Result<Option<What>> {
        let gone = match changes.remove {
            true => self.gone(),
            false => BTreeSet::new(),
        };
        let before = self
            .tree
            .facts(path)
            .and_then(|_| self.tree.bytes(path, KEYSTORE_LIMIT));
        let after = match place {
            Place::Keystore => return Ok(keystore::what(before.as_deref(), changes.add, &gone)),
            Place::Chromium => {
                let text = self.text(path)?;
                let add: Vec<&Certificate> = changes.add.iter().map(|(_, c)| c).collect();
                policies::chromium_with(&text, &add, &gone)
                    .map_err(|error| unreadable(path, &error))?
            }
            Place::Mozilla => self.mozilla(path, &changes, &gone)?,
            Place::Registry => changes
                .add
                .first()
                .map(|(_, certificate)| certificate.to_pem()),
            // It points to the system's bundle and stays for whatever else is there.
            Place::Environment => match changes.add.is_empty() {
                false => Some(place::SNIPPET.to_string()),
                true => return Ok(None),
            },
        };
        let after = after.map(String::into_bytes);
        Ok((before != after).then_some(What::Content(after)))
    }

    fn mozilla(
        &self,
        path: &Path,
        changes: &Changes,
        gone: &BTreeSet<Fingerprint>,
    ) -> Result<Option<String>> {
        let text = self.text(path)?;
        let add: Vec<String> = changes
            .add
            .iter()
            .map(|(file, _)| file.to_string_lossy().into_owned())
            .collect();
        let there = policies::mozilla(&text)
            .map(|read| read.install)
            .unwrap_or_default();
        let holds = |name: &String| {
            let bytes = self.tree.bytes(name, policies::LIMIT).unwrap_or_default();
            let document = cert::read(&bytes);
            document
                .certificates()
                .any(|(_, c)| gone.contains(&c.sha256()))
        };
        let remove: BTreeSet<String> = match gone.is_empty() {
            true => BTreeSet::new(),
            false => there
                .into_iter()
                .filter(|name| name.starts_with('/') && holds(name))
                .collect(),
        };
        if add.is_empty() && remove.is_empty() {
            let is_there = self.tree.facts(path).is_some();
            return Ok(is_there.then_some(text));
        }
        policies::mozilla_with(&text, &add, &remove).map_err(|error| unreadable(path, &error))
    }
}

fn asked(certificate: &Certificate, file: &Path) -> Asked {
    let sha256 = certificate.sha256();
    Asked {
        sha256,
        name: place::label(sha256),
        file: Some(file.to_path_buf()),
        in_bundle: true,
        selected: true,
        vendor: false,
    }
}

fn unreadable(file: &Path, error: &Error) -> Error {
    let path = file.display();
    refused(format!("the policy file `{path}`: {}", error.message)).hint(format!(
        "correct `{path}` and run the command again; the store is as it was before"
    ))
}

fn refused(message: String) -> Error {
    Error::new(message).kind(ErrorKind::Refused)
}

fn in_words(error: &Error) -> String {
    match &error.hint {
        Some(hint) => format!("{}: {hint}", error.message),
        None => error.message.clone(),
    }
}

/// The program that changes keystores: the JDK's own on the running system, this machine's for another tree.
fn keytool(layout: &Layout, keystore: &Path) -> PathBuf {
    let own = keystore
        .ancestors()
        .nth(3)
        .map(|jdk| jdk.join("bin/keytool"));
    match own.filter(|own| layout.is_live() && matches!(files::facts(own), Ok(Some(_)))) {
        Some(own) => own,
        None => PathBuf::from("/usr/bin/keytool"),
    }
}
