//! Every file of settings on the host, read: who it is for, and what it says.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::format::{self, Setting};
use super::places::{self, Kind};
use super::tree::Tree;
use super::users::User;

/// Includes and variables lead to further files at most this often in a row.
const FOLLOW_DEPTH: usize = 4;

/// Whom a setting is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everybody on the host.
    System,
    /// One user.
    User(String),
    /// This call of the program.
    Process,
}

/// One file of settings, or the environment of this call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file inside the tree; `None` for the environment of this call.
    pub path: Option<PathBuf>,
    /// How it was read.
    pub kind: Kind,
    /// Whom it is for.
    pub scope: Scope,
    /// The home that `~` and `$HOME` in it mean.
    pub home: Option<PathBuf>,
    /// What it says, in order.
    pub settings: Vec<Setting>,
}

/// Reads a text as its program does.
pub fn parse(kind: Kind, text: &str) -> Vec<Setting> {
    use format::shell::{Exported, parse as shell};
    match kind {
        Kind::PamEnvironment => format::last_of_each(format::environment::pam(text)),
        Kind::PamConf => format::last_of_each(format::environment::pam_conf(text)),
        Kind::Profile => shell(text, Exported::Marked),
        Kind::Defaults => shell(text, Exported::All),
        Kind::SystemdEnvironment => format::last_of_each(format::environment::systemd(text)),
        Kind::Unit => {
            let unit = format::systemd::parse(text);
            let mut variables = format::systemd::variables(&unit);
            variables.extend(format::systemd::variables_of_commands(&unit));
            variables
        }
        Kind::UnitCommands => format::systemd::arguments(&format::systemd::parse(text)),
        Kind::SystemCrontab => format::crontab::parse(text, true),
        Kind::Crontab => format::crontab::parse(text, false),
        Kind::Go => format::last_of_each(format::environment::go(text)),
        Kind::Process => Vec::new(),
        Kind::Git => format::last_of_each(format::git::parse(text)),
        Kind::Curl => format::curl::parse(text),
        Kind::Wget => format::last_of_each(format::lines::wget(text)),
        Kind::Pip => format::last_of_each(format::ini::pip(text)),
        Kind::Ansible => format::last_of_each(format::ini::ansible(text)),
        Kind::Npm => format::last_of_each(format::ini::npm(text)),
        Kind::Yarn => format::last_of_each(format::lines::yarn(text)),
        Kind::YarnBerry | Kind::Gem | Kind::Conda | Kind::Helm | Kind::Kube => {
            format::yaml::parse(text)
        }
        Kind::AptConf => format::apt::parse(text),
        Kind::AptList => format::lines::sources_list(text),
        Kind::AptSources => format::lines::sources_deb822(text),
        Kind::Docker => format::json::parse(text),
        Kind::Registries | Kind::Containerd | Kind::Cargo => format::toml::parse(text),
        Kind::Ldap => format::last_of_each(format::lines::ldap(text)),
        Kind::Gnutls => format::ini::gnutls(text),
        Kind::JavaSecurity => format::last_of_each(format::properties::parse(text)),
        Kind::Maven => words(text),
    }
}

/// The words of each line, without a name.
fn words(text: &str) -> Vec<Setting> {
    let commands = format::words::commands(text).into_iter().flatten();
    commands
        .map(|word| Setting::new(word.line, &["option"], word.text))
        .collect()
}

/// Reads everything: the system's files, those in the homes given, and where they lead.
pub fn gather(tree: &Tree<'_>, homes: &[User], process: Option<Source>) -> Vec<Source> {
    let mut reader = Reader {
        tree,
        seen: HashSet::new(),
        sources: Vec::new(),
    };
    for (pattern, kind) in places::SYSTEM {
        let owner = |path: &Path| match kind {
            Kind::Crontab => user_named(path, homes),
            _ => (Scope::System, None),
        };
        for path in tree.expand(pattern) {
            if is_passed_over(&path, *kind) {
                continue;
            }
            let (scope, home) = owner(&path);
            reader.take(&path, *kind, &scope, home.as_deref(), 0);
        }
    }
    for user in homes {
        reader.home(user);
    }
    if let Some(source) = process {
        reader.follow(&source, "", 0);
        reader.sources.push(source);
    }
    // apt reads all its files as one.
    let apt = reader
        .sources
        .iter_mut()
        .filter(|s| s.kind == Kind::AptConf);
    let mut apt: Vec<&mut Vec<Setting>> = apt.map(|source| &mut source.settings).collect();
    format::apt::effective(&mut apt);
    reader.sources
}

/// A crontab in the spool belongs to the user it is named after.
fn user_named(path: &Path, homes: &[User]) -> (Scope, Option<PathBuf>) {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let home = homes
        .iter()
        .find(|user| user.name == name)
        .map(|user| user.home.clone());
    (Scope::User(name), home)
}

struct Reader<'a> {
    tree: &'a Tree<'a>,
    seen: HashSet<(PathBuf, Kind)>,
    sources: Vec<Source>,
}

impl Reader<'_> {
    fn home(&mut self, user: &User) {
        let names: HashSet<String> = self.tree.names(&user.home).into_iter().collect();
        let scope = Scope::User(user.name.clone());
        for (place, kind) in places::USER {
            let first = place.split('/').next().unwrap_or_default();
            if !names.contains(first) {
                continue;
            }
            let pattern = user.home.join(place);
            for path in self.tree.expand(&pattern.to_string_lossy()) {
                self.take(&path, *kind, &scope, Some(&user.home), 0);
            }
        }
    }

    fn take(&mut self, path: &Path, kind: Kind, scope: &Scope, home: Option<&Path>, depth: usize) {
        let Some(real) = self.tree.real(path) else {
            return;
        };
        if !self.seen.insert((real, kind)) || is_left_over(path) || depth > FOLLOW_DEPTH {
            return;
        }
        let Some(text) = self.tree.text(path) else {
            return;
        };
        let source = Source {
            path: Some(path.to_path_buf()),
            kind,
            scope: scope.clone(),
            home: home.map(Path::to_path_buf),
            settings: parse(kind, &text),
        };
        self.follow(&source, &text, depth);
        if kind == Kind::Unit {
            let settings = parse(Kind::UnitCommands, &text);
            self.sources.push(Source {
                kind: Kind::UnitCommands,
                settings,
                ..source.clone()
            });
        }
        self.sources.push(source);
    }

    /// Reads the files that a source leads to.
    fn follow(&mut self, source: &Source, text: &str, depth: usize) {
        let home = source.home.as_deref();
        for (path, kind) in led_to(source, text) {
            let text = path.to_string_lossy();
            let paths = match text.contains('*') {
                true => self.tree.expand(&text),
                false if kind == Kind::AptConf && text.ends_with('/') => {
                    self.tree.expand(&format!("{text}*"))
                }
                false => vec![path],
            };
            for path in paths.iter().filter(|path| !is_passed_over(path, kind)) {
                self.take(path, kind, &source.scope, home, depth + 1);
            }
        }
    }
}

/// Whether the program that reads a folder passes a name in it over: cron wants names without a dot (cron(8)), apt
/// those without an ending or with `.conf` (apt.conf(5)).
fn is_passed_over(path: &Path, kind: Kind) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let in_folder = |folder: &str| path.parent().is_some_and(|parent| parent.ends_with(folder));
    let odd = |also: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
        !name.chars().all(fits)
    };
    match kind {
        Kind::SystemCrontab => in_folder("cron.d") && odd("-_"),
        Kind::AptConf => {
            let ending = name.rsplit_once('.').map(|(_, ending)| ending);
            in_folder("apt.conf.d") && (odd("-_.") || ending.is_some_and(|e| e != "conf"))
        }
        _ => false,
    }
}

/// Names that the programs reading a folder pass over, and so does this one (run-parts(8), apt.conf(5), dpkg).
fn is_left_over(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let endings = [
        "~",
        ".dpkg-old",
        ".dpkg-dist",
        ".dpkg-new",
        ".dpkg-tmp",
        ".bak",
        ".save",
        ".disabled",
        ".swp",
        ".ucf-old",
        ".ucf-dist",
    ];
    name == ".placeholder" || endings.iter().any(|ending| name.ends_with(ending))
}

fn led_to(source: &Source, text: &str) -> Vec<(PathBuf, Kind)> {
    let absolute = |path: &str| expanded(source, path).filter(|path| path.is_absolute());
    let values = |wanted: &'static [&'static [&'static str]]| {
        let settings = source.settings.iter();
        settings
            .filter(|setting| wanted.iter().any(|path| setting.is(path)))
            .map(|setting| setting.value.as_str())
    };
    let kind = source.kind;
    let mut out: Vec<PathBuf> = match kind {
        Kind::Unit => {
            let files = format::systemd::environment_files(&format::systemd::parse(text));
            let files = files.iter().filter_map(|path| pattern(source, path));
            return files
                .map(|path| (path, Kind::SystemdEnvironment))
                .chain(variables(source))
                .collect();
        }
        Kind::Git => values(&[&["include", "path"], &["includeif", "*", "path"]])
            .filter_map(|path| relative(source, path))
            .collect(),
        Kind::Curl => values(&[&["config"], &["-K"]])
            .filter_map(absolute)
            .collect(),
        Kind::AptConf => format::apt::includes(&source.settings)
            .filter_map(absolute)
            .collect(),
        Kind::Containerd => values(&[&["imports", "*"]])
            .filter_map(|path| pattern(source, path))
            .collect(),
        Kind::Profile => format::shell::sourced(text)
            .iter()
            .filter_map(|path| absolute(path))
            .collect(),
        _ => Vec::new(),
    };
    out.retain(|path| path.is_absolute());
    let led = out.into_iter().map(|path| (path, kind));
    led.chain(variables(source)).collect()
}

/// The files of settings that the variables of a source name.
fn variables(source: &Source) -> Vec<(PathBuf, Kind)> {
    if !source.kind.is_environment() {
        return Vec::new();
    }
    let settings = source.settings.iter();
    settings
        .flat_map(|setting| named(source, setting))
        .collect()
}

/// The files of settings that a variable names.
fn named(source: &Source, setting: &Setting) -> Vec<(PathBuf, Kind)> {
    let mut out = Vec::new();
    for (_, kind) in places::VARIABLES
        .iter()
        .filter(|(name, _)| *name == setting.key())
    {
        let paths = setting
            .value
            .split(':')
            .filter_map(|path| expanded(source, path));
        out.extend(paths.map(|path| (path, *kind)));
    }
    for (_, file, kind) in places::FOLDER_VARIABLES
        .iter()
        .filter(|(name, ..)| *name == setting.key())
    {
        out.extend(expanded(source, &setting.value).map(|folder| (folder.join(file), *kind)));
    }
    out.retain(|(path, _)| path.is_absolute());
    out
}

/// The path with `~` and `$HOME` replaced; none where something else would have to be known.
pub fn expanded(source: &Source, text: &str) -> Option<PathBuf> {
    let home = source.home.as_ref().map(|home| home.display().to_string());
    for prefix in ["~/", "$HOME/", "${HOME}/", "%h/", "@{HOME}/"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return home.map(|home| Path::new(&home).join(rest));
        }
    }
    (!text.contains(['$', '`', '%', '*', '{'])).then(|| PathBuf::from(text))
}

/// The path, which may have stars in it; none where something else would have to be known.
fn pattern(source: &Source, text: &str) -> Option<PathBuf> {
    let starless = expanded(source, &text.replace('*', ""))?;
    starless.is_absolute().then_some(())?;
    match text.strip_prefix("%h/") {
        Some(rest) => source.home.as_ref().map(|home| home.join(rest)),
        None => Some(PathBuf::from(text)),
    }
}

fn relative(source: &Source, text: &str) -> Option<PathBuf> {
    let folder = source.path.as_ref()?.parent()?;
    expanded(source, text).map(|path| folder.join(path))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests act on trees of their own")]
mod tests {
    use super::*;
    use crate::store::layout::Layout;

    fn gathered(files: &[(&str, &str)]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let layout = Layout::new(root.path());
        let user = User {
            name: "ann".into(),
            uid: 1000,
            gid: 1000,
            home: "/home/ann".into(),
        };
        let sources = gather(&Tree::new(&layout), &[user], None);
        let show = |source: &Source| {
            let path = source.path.clone().unwrap_or_default();
            let says: Vec<_> = source
                .settings
                .iter()
                .map(|s| format!("{}={}", s.path.join("/"), s.value))
                .collect();
            format!("{} {:?} {}", path.display(), source.kind, says.join(" "))
        };
        sources
            .iter()
            .filter(|source| !source.settings.is_empty())
            .map(show)
            .collect()
    }

    #[test]
    fn includes_variables_and_environment_files_are_followed() {
        let found = gathered(&[
            ("home/ann/.gitconfig", "[include]\npath = more\n"),
            ("home/ann/more", "[http]\nsslVerify = false\n"),
            (
                "etc/systemd/system/x.service",
                "[Service]\nEnvironmentFile=-/etc/x.env\nExecStart=/bin/x -v\n",
            ),
            ("etc/x.env", "WGETRC=/etc/wg\n"),
            ("etc/wg", "check_certificate = off\n"),
        ]);
        assert_eq!(
            found,
            [
                "/etc/wg Wget checkcertificate=off",
                "/etc/x.env SystemdEnvironment WGETRC=/etc/wg",
                "/etc/systemd/system/x.service UnitCommands Exec/x=-v",
                "/home/ann/more Git http/sslverify=false",
                "/home/ann/.gitconfig Git include/path=more",
            ]
        );
    }

    #[test]
    fn further_files_are_read_where_their_programs_read_them() {
        let found = gathered(&[
            ("home/ann/.bashrc", "[ -f ~/.more ] && . ~/.more\n"),
            ("home/ann/.more", "export A=0\n"),
            (
                "etc/systemd/system/x.service",
                "[Service]\nEnvironmentFile=/etc/x.d/*.env\nExecStart=/usr/bin/env B=0 x\n",
            ),
            ("etc/x.d/1.env", "C=0\n"),
            ("etc/x.d/1.txt", "D=0\n"),
            ("home/ann/.curlrc", "config = /etc/curl\n"),
            ("etc/curl", "-k\n"),
            (
                "etc/containerd/config.toml",
                "imports = [\"/etc/c/*.toml\"]\n",
            ),
            ("etc/c/1.toml", "skip_verify = true\n"),
        ]);
        assert_eq!(
            found,
            [
                "/etc/x.d/1.env SystemdEnvironment C=0",
                "/etc/systemd/system/x.service UnitCommands Exec/env=B=0 Exec/env=x",
                "/etc/systemd/system/x.service Unit B=0",
                "/etc/c/1.toml Containerd skip_verify=true",
                "/etc/containerd/config.toml Containerd imports/0=/etc/c/*.toml",
                "/home/ann/.more Profile A=0",
                "/etc/curl Curl -k=",
                "/home/ann/.curlrc Curl config=/etc/curl",
            ]
        );
    }

    #[test]
    fn names_that_cron_and_apt_pass_over_are_passed_over() {
        let found = gathered(&[
            ("etc/cron.d/x.sh", "A=0\n"),
            ("etc/cron.d/y-1", "A=0\n"),
            ("etc/apt/apt.conf.d/1.txt", "A \"0\";"),
            ("etc/apt/apt.conf.d/2.conf", "A \"0\";"),
            ("etc/apt/apt.conf.d/3+", "A \"0\";"),
        ]);
        assert_eq!(
            found,
            [
                "/etc/cron.d/y-1 SystemCrontab A=0",
                "/etc/apt/apt.conf.d/2.conf AptConf a=0"
            ]
        );
    }

    #[test]
    fn apt_reads_its_files_as_one() {
        let found = gathered(&[
            (
                "etc/apt/apt.conf.d/1",
                "A \"0\"; B \"0\"; C::D \"0\";\n#include \"/etc/apt/more/\";",
            ),
            ("etc/apt/more/1", "E \"0\";"),
            ("etc/apt/apt.conf.d/2", "B \"1\"; #clear C;"),
            ("etc/apt/apt.conf", "A \"1\";"),
        ]);
        assert_eq!(
            found,
            [
                "/etc/apt/more/1 AptConf e=0",
                "/etc/apt/apt.conf.d/1 AptConf #include=/etc/apt/more/",
                "/etc/apt/apt.conf.d/2 AptConf b=1",
                "/etc/apt/apt.conf AptConf a=1",
            ]
        );
    }

    #[test]
    fn a_file_reached_twice_is_read_once_and_loops_end() {
        let found = gathered(&[
            (
                "home/ann/.gitconfig",
                "[include]\npath = .gitconfig\npath = more\n",
            ),
            ("home/ann/more", "[include]\npath = .gitconfig\n"),
        ]);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn left_over_files_are_passed_over() {
        assert!(
            gathered(&[
                ("etc/default/x.dpkg-old", "A=0\n"),
                ("etc/cron.d/x~", "A=0\n")
            ])
            .is_empty()
        );
    }

    const KINDS: [Kind; 31] = [
        Kind::PamEnvironment,
        Kind::PamConf,
        Kind::Profile,
        Kind::Defaults,
        Kind::SystemdEnvironment,
        Kind::Unit,
        Kind::UnitCommands,
        Kind::SystemCrontab,
        Kind::Crontab,
        Kind::Go,
        Kind::Git,
        Kind::Curl,
        Kind::Wget,
        Kind::Pip,
        Kind::Npm,
        Kind::Yarn,
        Kind::YarnBerry,
        Kind::AptConf,
        Kind::AptList,
        Kind::AptSources,
        Kind::Docker,
        Kind::Registries,
        Kind::Containerd,
        Kind::Cargo,
        Kind::Gem,
        Kind::Kube,
        Kind::Ansible,
        Kind::Ldap,
        Kind::Gnutls,
        Kind::JavaSecurity,
        Kind::Maven,
    ];

    proptest::proptest! {
        #[test]
        fn no_reader_panics_and_lines_exist(text in "[a-zA-Z0-9 \\t\\n\\r\"'`\\\\$(){}\\[\\]<>#;:=,.%&|!*@/~_-]{0,300}|\\PC{0,100}") {
            let lines = text.split('\n').count();
            for kind in KINDS {
                for setting in parse(kind, &text) {
                    assert!((1..=lines.max(1)).contains(&setting.line), "{kind:?} {setting:?}");
                }
            }
            crate::host::format::openssl::parse("x", &text, &mut |_| Vec::new()).tls();
        }
    }
}
