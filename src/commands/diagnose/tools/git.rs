//! git over HTTPS: git-config(1), "http", "url" and "include", and the remotes of a repository.
//!
//! Measured with git 2.47 and libcurl-gnutls 7.88, as Debian builds it.

use std::path::{Path, PathBuf};

use super::{Found, Look, Route, broken};
use crate::commands::diagnose::Plan;
use crate::error::{Error, ErrorKind, Result};
use crate::host::format::Setting;
use crate::host::format::git::{self, fits, glob};
use crate::programs::no_proxy::NoProxy;
use crate::rules::diagnosis::Ruling;

/// Includes lead to further files at most this often in a row (git's own limit).
const DEPTH: usize = 10;

/// The libraries that Debian's git can be told to use for TLS.
const BACKEND: &str = "gnutls";

/// What git is told, least important first.
struct Told {
    settings: Vec<(Setting, PathBuf)>,
    /// The folder `.git` of the repository.
    repository: Option<PathBuf>,
}

pub(super) fn plan(look: &mut Look<'_>, urls: &[String]) -> Result<Plan> {
    let told = Told::read(look);
    let urls = if urls.is_empty() {
        told.remotes()?
    } else {
        urls.iter().map(|url| (url.clone(), None)).collect()
    };
    for (url, remote) in &urls {
        let url = told.rewritten(look, url);
        one(look, &told, &url, remote.as_deref());
    }
    Ok(look.plan("git", &["gnutls"], Some(NoProxy::Curl)))
}

/// What git does with one URL.
fn one(look: &mut Look<'_>, told: &Told, url: &str, remote: Option<&str>) {
    let backend = told
        .http("sslbackend", url)
        .filter(|found| found.value != BACKEND);
    let anchors = told.variable(look, "GIT_SSL_CAINFO", "sslcainfo", url);
    let folder = told.variable(look, "GIT_SSL_CAPATH", "sslcapath", url);
    let own = [
        told.variable(look, "GIT_SSL_CERT", "sslcert", url),
        told.variable(look, "GIT_SSL_KEY", "sslkey", url),
    ];
    let proxy = remote
        .and_then(|name| told.last(&|setting| setting.is(&["remote", name, "proxy"])))
        .or_else(|| told.http("proxy", url));
    let off = look.variable("GIT_SSL_NO_VERIFY").or_else(|| {
        told.http("sslverify", url)
            .filter(|found| git::is_false(&found.value))
    });
    let every = [&backend, &anchors, &folder, &proxy]
        .into_iter()
        .chain(&own);
    for found in every.flatten() {
        look.effective(found);
    }
    let path = |found: &Found| look.without_tilde(&found.value);
    let unread = |found: &&Found| look.bytes(&path(found)).is_none();
    let ruling = if let Some(found) = &backend {
        let supported = "`Unsupported SSL backend`; Debian's and Ubuntu's git has `gnutls` alone";
        Some(broken(found, supported))
    } else if let Some(found) = anchors.iter().find(unread) {
        Some(broken(
            found,
            "the file can't be read; git says `Problem with the SSL CA cert (path? access rights?)`",
        ))
    } else if let Some(found) = own.iter().flatten().find(unread) {
        Some(broken(
            found,
            "the file can't be read; git says `error reading X.509 key or certificate file`",
        ))
    } else {
        off.as_ref().map(|found| Ruling::Unverified {
            program: "git",
            setting: found.shown(),
        })
    };
    // The file counts beside the system's folder of certificates, another folder instead of it.
    let file = anchors.and_then(|found| look.own(&found, &path(&found), folder.is_none()));
    let own = match (file, folder) {
        (Some(mut file), Some(folder)) => {
            let more = look.own_folder(&folder, &path(&folder), false);
            file.label = format!("{} and {}", file.label, more.label);
            file.certificates.extend(more.certificates);
            Some(file)
        }
        (None, Some(folder)) => Some(look.own_folder(&folder, &path(&folder), false)),
        (file, None) => file,
    };
    let route = match &proxy {
        None => Route::Environment(NoProxy::Curl),
        Some(found) if found.value.is_empty() || is_excepted(look, url) => Route::Direct,
        Some(found) => Route::Proxy(found.value.clone()),
    };
    if let Some(found) = off {
        let text = match found.origin.as_str() {
            "the environment" => "git checks no certificate; any value does this, even 0",
            _ => "git checks no certificate",
        };
        let remedy =
            "add the CA to the system store, or set `http.<url>.sslCAInfo`, then delete it";
        look.advise("bypass", &found, text, remedy);
    }
    if let Some(asked) = look.url(url, None) {
        (asked.own, asked.route, asked.ruling) = (own, route, ruling);
    }
}

/// `NO_PROXY` counts for a proxy of git's own configuration too.
fn is_excepted(look: &Look<'_>, url: &str) -> bool {
    let value = look.filled("no_proxy").or_else(|| look.filled("NO_PROXY"));
    let target = crate::probe::target::Target::parse(url, None).ok();
    value.zip(target).is_some_and(|(value, target)| {
        NoProxy::Curl.is_direct(&value.value, &target.host.to_string(), target.port)
    })
}

impl Told {
    fn read(look: &mut Look<'_>) -> Self {
        let mut told = Self {
            settings: Vec::new(),
            repository: repository(look),
        };
        for path in told.files(look) {
            told.file(look, &path, 0);
        }
        let mut add = |name: &str, value: &str| {
            let path = split_name(name);
            told.settings.push((
                Setting {
                    line: 0,
                    path,
                    value: value.to_string(),
                },
                PathBuf::new(),
            ));
        };
        let count = look
            .filled("GIT_CONFIG_COUNT")
            .and_then(|found| found.value.parse().ok());
        for at in 0..count.unwrap_or(0_usize).min(1000) {
            let key = look.variable(&format!("GIT_CONFIG_KEY_{at}"));
            let value = look.variable(&format!("GIT_CONFIG_VALUE_{at}"));
            if let Some((key, value)) = key.zip(value) {
                add(&key.value, &value.value);
            }
        }
        if let Some(found) = look.filled("GIT_CONFIG_PARAMETERS") {
            for (name, value) in git::parameters(&found.value) {
                add(&name, &value);
            }
        }
        told
    }

    /// Least important first.
    fn files(&self, look: &Look<'_>) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        let is_on = |name: &str| {
            look.variable(name)
                .is_some_and(|found| !git::is_false(&found.value))
        };
        if !is_on("GIT_CONFIG_NOSYSTEM") {
            let system = look.variable("GIT_CONFIG_SYSTEM");
            paths.push(system.map_or_else(|| "/etc/gitconfig".into(), |found| found.value.into()));
        }
        match look.variable("GIT_CONFIG_GLOBAL") {
            Some(found) => paths.push(found.value.into()),
            None => {
                paths.extend(look.config_home("git/config"));
                paths.extend(look.home(".gitconfig"));
            }
        }
        paths.extend(self.repository.iter().map(|folder| folder.join("config")));
        paths
    }

    /// A file's settings in their order, those of included files where the include stands.
    fn file(&mut self, look: &Look<'_>, path: &Path, depth: usize) {
        let Some(text) = look.text(path).filter(|_| depth <= DEPTH) else {
            return;
        };
        for setting in git::parse(&text) {
            let is_wanted = match setting.path.as_slice() {
                [_, condition, _] if setting.is(&["includeif", "*", "path"]) => {
                    self.holds(look, condition, path)
                }
                _ => git::is_include(&setting),
            };
            if is_wanted {
                let folder = path.parent().unwrap_or(Path::new("/"));
                let included = folder.join(look.without_tilde(&setting.value));
                self.file(look, &included, depth + 1);
            }
            self.settings.push((setting, path.to_path_buf()));
        }
    }

    /// Whether the condition of an `includeIf` is met.
    fn holds(&self, look: &Look<'_>, condition: &str, file: &Path) -> bool {
        let Some((kind, pattern)) = condition.split_once(':') else {
            return false;
        };
        match (kind, &self.repository) {
            ("gitdir", Some(folder)) => is_in(look, pattern, folder, file),
            ("gitdir/i", Some(folder)) => {
                let folder = folder.to_string_lossy().to_lowercase();
                is_in(look, &pattern.to_lowercase(), Path::new(&folder), file)
            }
            ("onbranch", Some(folder)) => {
                let head = look.text(&folder.join("HEAD")).unwrap_or_default();
                let branch = head.trim().strip_prefix("ref: refs/heads/");
                branch.is_some_and(|branch| glob(&open_ended(pattern), branch.as_bytes()))
            }
            ("hasconfig", _) => pattern
                .strip_prefix("remote.*.url:")
                .is_some_and(|pattern| {
                    let urls = self.all(&|setting| setting.is(&["remote", "*", "url"]));
                    urls.iter()
                        .any(|url| glob(&open_ended(pattern), url.value.as_bytes()))
                }),
            _ => false,
        }
    }

    fn all(&self, wanted: &dyn Fn(&Setting) -> bool) -> Vec<Found> {
        let found = self.settings.iter().filter(|(setting, _)| wanted(setting));
        found.map(|(setting, path)| shown(setting, path)).collect()
    }

    fn last(&self, wanted: &dyn Fn(&Setting) -> bool) -> Option<Found> {
        let (setting, path) = self
            .settings
            .iter()
            .rev()
            .find(|(setting, _)| wanted(setting))?;
        Some(shown(setting, path))
    }

    /// `http.KEY` for a URL: the section that fits best, and of equal ones the last.
    fn http(&self, key: &str, url: &str) -> Option<Found> {
        let rank = |setting: &Setting| match setting.path.as_slice() {
            [section, name] if section == "http" && name == key => Some((0, 0, false)),
            [section, wanted, name] if section == "http" && name == key => fits(wanted, url),
            _ => None,
        };
        let ranked = self.settings.iter();
        let ranked = ranked.filter_map(|both| Some((rank(&both.0)?, both)));
        let (_, (setting, path)) = ranked.max_by_key(|(rank, _)| *rank)?;
        Some(shown(setting, path))
    }

    /// A variable of the environment comes before the configuration.
    fn variable(&self, look: &Look<'_>, name: &str, key: &str, url: &str) -> Option<Found> {
        let found = look.variable(name).or_else(|| self.http(key, url));
        found.filter(|found| !found.value.is_empty())
    }

    /// The URLs of all remotes, and whose they are.
    fn remotes(&self) -> Result<Vec<(String, Option<String>)>> {
        let of_remote = |(setting, _): &(Setting, PathBuf)| match setting.path.as_slice() {
            [section, name, key]
                if section == "remote" && matches!(key.as_str(), "url" | "pushurl") =>
            {
                Some((setting.value.clone(), Some(name.clone())))
            }
            _ => None,
        };
        let found: Vec<_> = self.settings.iter().filter_map(of_remote).collect();
        if found.is_empty() {
            return Err(Error::new(
                "no URL was given, and the folder of the call is no repository with a remote",
            )
            .kind(ErrorKind::Usage)
            .hint("name one: `trustctl diagnose git https://git.example.org/repository.git`"));
        }
        Ok(found)
    }

    /// The URL that is asked for in the end: `url.BASE.insteadOf`, the longest that fits.
    fn rewritten(&self, look: &mut Look<'_>, url: &str) -> String {
        let rules = self.settings.iter().filter_map(|(setting, path)| {
            let [_, base, _] = setting.path.as_slice() else {
                return None;
            };
            let fits = setting.is(&["url", "*", "insteadof"]) && url.starts_with(&setting.value);
            fits.then_some((setting.value.len(), base, setting, path))
        });
        let Some((length, base, setting, path)) = rules.max_by_key(|(length, ..)| *length) else {
            return url.to_string();
        };
        let found = shown(setting, path);
        look.effective(&found);
        let new = format!("{base}{}", url.get(length..).unwrap_or_default());
        let how = if new.starts_with("https://") {
            String::new()
        } else if new.starts_with("http://") {
            ": nothing is encrypted".to_string()
        } else {
            ": no TLS, and no certificate is involved".to_string()
        };
        look.note(format!(
            "git asks for `{new}` instead of `{url}` ({}){how}",
            found.origin
        ));
        new
    }
}

/// The name of a setting on the command line: the subsection may have dots in it.
fn split_name(name: &str) -> Vec<String> {
    let Some((section, rest)) = name.split_once('.') else {
        return vec![name.to_lowercase()];
    };
    let mut path = vec![section.to_lowercase()];
    match rest.rsplit_once('.') {
        Some((subsection, key)) => path.extend([subsection.to_string(), key.to_lowercase()]),
        None => path.push(rest.to_lowercase()),
    }
    path
}

fn shown(setting: &Setting, path: &Path) -> Found {
    let origin = match path.as_os_str().is_empty() {
        true => "the environment".to_string(),
        false => format!("{}:{}", path.display(), setting.line),
    };
    Found {
        name: setting.path.join("."),
        value: setting.value.clone(),
        origin,
    }
}

/// The folder `.git` of the repository around the folder of the call; a file of that name leads to it.
fn repository(look: &Look<'_>) -> Option<PathBuf> {
    if let Some(found) = look.filled("GIT_DIR") {
        return Some(look.context.absolute(Path::new(&found.value)));
    }
    look.upwards(".git").into_iter().find_map(|path| {
        let has_config = |folder: &Path| look.bytes(&folder.join("config")).is_some();
        if has_config(&path) {
            return Some(path);
        }
        let text = look.text(&path)?;
        let folder = path.parent()?.join(text.strip_prefix("gitdir:")?.trim());
        let common = look.text(&folder.join("commondir"));
        let folder = common.map_or(folder.clone(), |common| folder.join(common.trim()));
        has_config(&folder).then_some(folder)
    })
}

/// A pattern that ends in `/` covers everything below.
fn open_ended(pattern: &str) -> Vec<u8> {
    let end = if pattern.ends_with('/') { "**" } else { "" };
    format!("{pattern}{end}").into_bytes()
}

/// Whether a repository lies where `includeIf.gitdir` says.
fn is_in(look: &Look<'_>, pattern: &str, folder: &Path, file: &Path) -> bool {
    let pattern = match pattern.strip_prefix("./") {
        Some(rest) => file
            .parent()
            .unwrap_or(Path::new("/"))
            .join(rest)
            .display()
            .to_string(),
        None if pattern.starts_with("~/") => look.without_tilde(pattern).display().to_string(),
        None if pattern.starts_with('/') => pattern.to_string(),
        None => format!("**/{pattern}"),
    };
    glob(&open_ended(&pattern), folder.to_string_lossy().as_bytes())
}
