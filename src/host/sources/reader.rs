//! Reads every file of settings, and where they lead.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::follow::{handed_on, led_to};
use super::skip::{is_left_over, is_passed_over};
use super::units::{self, UnitFile};
use super::{Scope, Source, commanded, of_unit, parse, said};
use crate::host::budget::{Budget, FOLLOWED, Reach, USER_NAMES};
use crate::host::format::{self, Setting};
use crate::host::places::{self, Kind};
use crate::host::projects::{self, Start};
use crate::host::spoken::Spoken;
use crate::host::tree::{TEXT_LIMIT, Tree};
use crate::host::users::User;

/// Includes and variables lead to further files at most this often in a row.
const FOLLOW_DEPTH: usize = 4;

/// What is looked at beside the system's own files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The users in whose homes to look.
    pub homes: Vec<User>,
    /// Folders of projects that were asked for.
    pub projects: Vec<PathBuf>,
    /// The environment of this call.
    pub process: Option<Source>,
    /// Whether projects are left out altogether.
    pub without_projects: bool,
}

/// Whose files are read.
#[derive(Clone, Debug)]
struct Whose {
    scope: Scope,
    /// The home that `~` and `$HOME` in them mean.
    home: Option<PathBuf>,
    /// Which files may be read for them.
    reach: Reach,
}

/// Reads everything: the system's files, those in homes and projects, and where they lead.
pub fn gather(tree: &Tree<'_>, wanted: Wanted) -> Vec<Source> {
    let mut reader = Reader {
        tree,
        seen: HashSet::new(),
        budget: Budget::default(),
        units: Vec::new(),
        sources: Vec::new(),
        logins: Vec::new(),
        spoken: Vec::new(),
    };
    reader.system(&wanted.homes);
    for user in &wanted.homes {
        reader.home(user);
    }
    reader.projects(&wanted);
    if let Some(source) = wanted.process {
        reader.follow(&source, "", Reach::All, 0);
        reader.sources.push(source);
    }
    reader.finish()
}

struct Reader<'a> {
    tree: &'a Tree<'a>,
    /// By device and inode: one file can have many names.
    seen: HashSet<(u64, u64, Kind)>,
    budget: Budget,
    /// Files of units, which only together tell what counts.
    units: Vec<UnitFile>,
    sources: Vec<Source>,
    /// The scripts that a login runs one after the other: their place among the sources, and what each touches.
    logins: Vec<(usize, HashSet<String>)>,
    /// What commands say.
    spoken: Vec<Source>,
}

impl Reader<'_> {
    fn system(&mut self, homes: &[User]) {
        let everybody = Whose {
            scope: Scope::System,
            home: None,
            reach: Reach::All,
        };
        for (pattern, kind) in places::SYSTEM {
            for path in self.tree.expand(pattern) {
                if is_passed_over(&path, *kind) {
                    continue;
                }
                match kind {
                    Kind::Crontab => {
                        let whose = self.user_named(&path, homes);
                        self.take(&path, *kind, &whose, 0);
                    }
                    _ => self.take(&path, *kind, &everybody, 0),
                }
            }
        }
        self.join_units();
    }

    /// A crontab in the spool belongs to the user it is named after, and so does what it leads to.
    fn user_named(&self, path: &Path, homes: &[User]) -> Whose {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let home = homes
            .iter()
            .find(|user| user.name == name)
            .map(|user| user.home.clone());
        let owner = self.tree.facts(path).map_or(u32::MAX, |facts| facts.uid);
        Whose {
            scope: Scope::User(name),
            home,
            reach: Reach::Of(owner),
        }
    }

    fn home(&mut self, user: &User) {
        self.tree.allow_names(USER_NAMES);
        let names: HashSet<String> = self.tree.names(&user.home).into_iter().collect();
        let whose = Whose {
            scope: Scope::User(user.name.clone()),
            home: Some(user.home.clone()),
            reach: Reach::Of(user.uid),
        };
        for (place, kind) in places::USER {
            let first = place.split('/').next().unwrap_or_default();
            if !names.contains(first) {
                continue;
            }
            let pattern = user.home.join(place);
            for path in self.tree.expand(&pattern.to_string_lossy()) {
                if !is_passed_over(&path, *kind) {
                    self.take(&path, *kind, &whose, 0);
                }
            }
        }
        self.join_units();
    }

    fn projects(&mut self, wanted: &Wanted) {
        if wanted.without_projects {
            return;
        }
        for folder in &wanted.projects {
            self.project(&Start::wanted(folder), None);
        }
        for user in &wanted.homes {
            self.tree.allow_names(USER_NAMES);
            self.project(&Start::usual(&user.home), Some(user));
        }
        self.tree.allow_names(usize::MAX);
        for folder in projects::FOLDERS {
            self.project(&Start::usual(folder), None);
        }
    }

    fn project(&mut self, start: &Start, user: Option<&User>) {
        for found in projects::find(self.tree, start) {
            let reach = match user {
                Some(user) => user.uid,
                // Who owns the folder chose what is in it.
                None => self
                    .tree
                    .facts(&found.folder)
                    .map_or(u32::MAX, |facts| facts.uid),
            };
            let whose = Whose {
                scope: match user {
                    Some(user) => Scope::User(user.name.clone()),
                    None => Scope::Project(found.folder),
                },
                home: user.map(|user| user.home.clone()),
                reach: Reach::Of(reach),
            };
            self.take(&found.path, found.kind, &whose, 0);
        }
    }

    fn take(&mut self, path: &Path, kind: Kind, whose: &Whose, depth: usize) {
        if is_left_over(path) || depth > FOLLOW_DEPTH {
            return;
        }
        let Some(text) = self.text(path, kind, whose) else {
            return;
        };
        if kind == Kind::Unit {
            let settings = self.kept(path, &whose.scope, format::systemd::parse(&text));
            self.units.push(UnitFile {
                path: path.to_path_buf(),
                scope: whose.scope.clone(),
                home: whose.home.clone(),
                reach: whose.reach,
                settings,
            });
            return;
        }
        let source = Source {
            path: Some(path.to_path_buf()),
            kind,
            scope: whose.scope.clone(),
            home: whose.home.clone(),
            settings: self.kept(path, &whose.scope, parse(kind, &text)),
            said: None,
        };
        self.follow(&source, &text, whose.reach, depth);
        let commanded = self.kept(path, &whose.scope, commanded(kind, &text));
        self.speak(&source, commanded);
        if is_for_login(path) {
            let touched = format::shell::touched(&text);
            self.logins.push((self.sources.len(), touched));
        }
        self.sources.push(source);
    }

    /// The text of a file that has not been read yet, if it may be read.
    fn text(&mut self, path: &Path, kind: Kind, whose: &Whose) -> Option<String> {
        let opened = self.tree.open(path)?;
        let facts = opened.facts();
        if !self.seen.insert((facts.device, facts.inode, kind)) {
            return None;
        }
        if let Some(reason) = whose.reach.refusal(self.tree, &opened) {
            self.tree.note(path, reason);
            return None;
        }
        let size = facts.size.min(TEXT_LIMIT);
        if !self.budget.read(self.tree, &whose.scope, path, size) {
            return None;
        }
        self.tree.text_of(path, &opened)
    }

    /// As many of the settings as may still be kept.
    fn kept<T>(&mut self, path: &Path, scope: &Scope, mut all: Vec<T>) -> Vec<T> {
        all.truncate(self.budget.keep(self.tree, scope, path, all.len()));
        all
    }

    /// Judges the files of each unit read so far as one.
    fn join_units(&mut self) {
        let files = std::mem::take(&mut self.units);
        for (file, gone) in units::effective(files) {
            let mut settings = of_unit(&file.settings);
            settings.retain(|variable| !units::is_gone(variable, &gone));
            let source = Source {
                path: Some(file.path),
                kind: Kind::Unit,
                scope: file.scope,
                home: file.home,
                settings,
                said: None,
            };
            let files = handed_on(&source, &file.settings);
            self.follow_to(&source, files, file.reach, 0);
            self.speak(&source, said(&format::systemd::runs(&file.settings)));
            self.sources.push(source);
        }
    }

    /// Keeps what the commands of a source say.
    fn speak(&mut self, source: &Source, all: Vec<Spoken>) {
        self.spoken.extend(all.into_iter().map(|said| Source {
            kind: said.kind,
            settings: vec![said.setting],
            said: Some(said.text),
            ..source.clone()
        }));
    }

    /// Reads the files that a source leads to.
    fn follow(&mut self, source: &Source, text: &str, reach: Reach, depth: usize) {
        if !source.kind.is_recipe() {
            self.follow_to(source, led_to(source, text), reach, depth);
        }
    }

    fn follow_to(
        &mut self,
        source: &Source,
        mut files: Vec<(PathBuf, Kind)>,
        reach: Reach,
        depth: usize,
    ) {
        if let (Some(path), true) = (&source.path, files.len() > FOLLOWED) {
            self.tree.note(
                path,
                format!("only the first {FOLLOWED} of the files it names were checked"),
            );
            files.truncate(FOLLOWED);
        }
        let whose = Whose {
            scope: source.scope.clone(),
            home: source.home.clone(),
            reach,
        };
        for (path, kind) in files {
            let text = path.to_string_lossy();
            let paths = match text.contains('*') {
                true => self.tree.expand(&text),
                false if kind == Kind::AptConf && text.ends_with('/') => {
                    self.tree.expand(&format!("{text}*"))
                }
                false => vec![path],
            };
            for path in paths.iter().filter(|path| !is_passed_over(path, kind)) {
                self.take(path, kind, &whose, depth + 1);
            }
        }
    }

    /// What counts in the end.
    fn finish(mut self) -> Vec<Source> {
        let apt = self.sources.iter_mut().filter(|s| s.kind == Kind::AptConf);
        let mut apt: Vec<&mut Vec<Setting>> = apt.map(|source| &mut source.settings).collect();
        format::apt::effective(&mut apt);
        let mut folders: HashMap<PathBuf, Vec<&mut Vec<Setting>>> = HashMap::new();
        for source in &mut self.sources {
            if let Some(folder) = source.path.as_deref().and_then(one_environment) {
                folders
                    .entry(folder)
                    .or_default()
                    .push(&mut source.settings);
            }
        }
        folders.into_values().for_each(drop_replaced);
        let mut later: HashSet<String> = HashSet::new();
        for (index, touched) in self.logins.into_iter().rev() {
            if let Some(source) = self.sources.get_mut(index) {
                source.settings.retain(|s| !later.contains(s.key()));
            }
            later.extend(touched);
        }
        self.sources.extend(self.spoken);
        self.sources
    }
}

/// Whether the script is one of those that a login runs in the order in which they are read here.
fn is_for_login(path: &Path) -> bool {
    let folder = Path::new("/etc/profile.d");
    path == Path::new("/etc/profile") || path.parent() == Some(folder)
}

/// The folder whose files make one environment, where the file is in such a one (environment.d(5)).
fn one_environment(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    folder
        .ends_with("environment.d")
        .then(|| folder.to_path_buf())
}

/// Takes away what a later file sets anew.
fn drop_replaced(files: Vec<&mut Vec<Setting>>) {
    let mut set: HashSet<Vec<String>> = HashSet::new();
    for file in files.into_iter().rev() {
        file.retain(|setting| !set.contains(&setting.path));
        set.extend(file.iter().map(|setting| setting.path.clone()));
    }
}
