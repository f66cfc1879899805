//! pip: its configuration files and variables (pip documentation, "Configuration").

use std::path::{Path, PathBuf};

use super::{Found, Look, Route, broken};
use crate::commands::diagnose::Plan;
use crate::commands::diagnose::gather::Own;
use crate::host::format;
use crate::probe::target::Target;
use crate::programs::no_proxy::NoProxy;

pub(super) fn plan(look: &mut Look<'_>) -> Plan {
    for path in files(look) {
        look.file(&path, format::ini::pip);
    }
    let index = option(look, "index-url");
    let url = look.or_default(index.clone(), "index-url", "https://pypi.org/simple");
    look.url(&url, index.as_ref());
    if index.is_none() {
        // Where the index of pypi.org points to.
        look.url("https://files.pythonhosted.org/", None);
    }
    let mut extra: Vec<Found> = option(look, "extra-index-url").into_iter().collect();
    extra.extend(option(look, "find-links"));
    extra.extend(requirements(look));
    for found in extra {
        look.effective(&found);
        for url in found
            .value
            .split_whitespace()
            .filter(|url| url.contains("://"))
        {
            look.url(url, Some(&found));
        }
    }
    let pip = installed(look);
    let told = told(look);
    let own = told
        .as_ref()
        .and_then(|found| look.own(found, &look.without_tilde(&found.value), false));
    let is_broken = told.is_some() && own.is_none();
    let ruling = told.filter(|_| is_broken).map(|found| {
        broken(&found, "the file can't be read; pip says `Could not find a suitable TLS CA certificate bundle, invalid path`")
    });
    let own = own.or_else(|| match pip {
        Some(pip) => pip.store(look),
        None => {
            look.note("no pip is found in `PATH`; pip from 24.2 on reads the system store, and so does Debian's; earlier versions from PyPI bring a list of their own and need `PIP_CERT=/etc/ssl/certs/ca-certificates.crt`");
            None
        }
    });
    let proxy = option(look, "proxy");
    if let Some(found) = &proxy {
        look.effective(found);
    }
    for asked in &mut look.targets {
        (asked.own, asked.ruling) = (own.clone(), ruling.clone());
        if let Some(found) = &proxy {
            asked.route = Route::Proxy(found.value.clone());
        }
    }
    if let Some(found) = option(look, "trusted-host") {
        let hosts: Vec<String> = found
            .value
            .split_whitespace()
            .map(str::to_ascii_lowercase)
            .collect();
        let covers = |target: &Target| {
            let names = [target.host.to_string(), target.to_string()];
            hosts.iter().any(|host| names.contains(host))
        };
        if ruling.is_none() {
            look.unverified("pip", &found, &covers);
        }
        look.advise(
            "bypass",
            &found,
            "certificates of these hosts are not checked",
            "add the CA of the host to the system store instead, then delete it",
        );
    }
    let mirror = look.targets.first().filter(|_| index.is_some());
    let mirror = mirror.map(|asked| asked.target.clone());
    let mut plan = look.plan("pip", &["python"], Some(NoProxy::Requests));
    plan.meanwhile = mirror.map(|target| (target, MEANWHILE.to_string()));
    plan
}

/// What gets by without a mirror.
const MEANWHILE: &str = "until it is repaired, public packages can be had for one command at a time: `pip install --index-url https://pypi.org/simple NAME`. The price: names become known outside, and a private package's name may belong to somebody else there; certificates and hashes are still checked. Nothing is left behind";

/// Options in the requirements files of the folder of the call (pip documentation, "Requirements File Format").
fn requirements(look: &Look<'_>) -> Vec<Found> {
    let path = Path::new("requirements.txt");
    let text = look.text(path).unwrap_or_default();
    let names = [
        "--extra-index-url",
        "--index-url",
        "--find-links",
        "-i",
        "-f",
    ];
    let read = |(at, line): (usize, &str)| {
        let (name, value) = line.trim().split_once([' ', '='])?;
        names.contains(&name).then(|| Found {
            name: name.to_string(),
            value: value.trim_start_matches(['=', ' ']).to_string(),
            origin: format!("{}:{}", path.display(), at + 1),
        })
    };
    text.lines().enumerate().filter_map(read).collect()
}

/// The pip that the search path leads to.
struct Pip {
    /// The folder of its code.
    folder: PathBuf,
    version: String,
}

/// The first `pip` in `PATH`, as far as its place tells.
fn installed(look: &Look<'_>) -> Option<Pip> {
    let path = look.filled("PATH")?.value;
    let mut folders = path
        .split(':')
        .map(Path::new)
        .filter(|folder| folder.is_absolute());
    let is_there = |folder: &&Path| {
        ["pip", "pip3"]
            .iter()
            .any(|name| look.tree.facts(folder.join(name)).is_some())
    };
    let prefix = folders.find(is_there)?.parent()?.to_path_buf();
    let pattern = |place: &str| prefix.join(place).display().to_string();
    let patterns = [
        pattern("lib/python3*/site-packages/pip"),
        pattern("lib/python3*/dist-packages/pip"),
        pattern("lib/python3/dist-packages/pip"),
    ];
    let folder = patterns
        .iter()
        .flat_map(|pattern| look.tree.expand(pattern))
        .next()?;
    let versions = look.tree.names(folder.parent()?);
    let version = versions.iter().find_map(|name| {
        let version = name.strip_prefix("pip-")?;
        version
            .strip_suffix(".dist-info")
            .or_else(|| version.strip_suffix(".egg-info"))
    })?;
    Some(Pip {
        version: version.to_string(),
        folder,
    })
}

impl Pip {
    /// What it reads instead of the system's store: the list that it brings, unless it is Debian's or new enough.
    fn store(&self, look: &mut Look<'_>) -> Option<Own> {
        let (folder, version) = (self.folder.display().to_string(), &self.version);
        let mut numbers = version
            .split('.')
            .map(|part| part.parse::<u32>().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        let certifi = self.folder.join("_vendor/certifi");
        let code = look.text(&certifi.join("core.py")).unwrap_or_default();
        let bundle = certifi.join("cacert.pem");
        if (next(), next()) >= (24, 2) {
            look.note(format!(
                "pip {version} (`{folder}`) reads the system store, as every pip from 24.2 on"
            ));
            return None;
        }
        if code.contains("/etc/ssl/certs") || look.bytes(&bundle).is_none() {
            look.note(format!(
                "pip {version} (`{folder}`) is the distribution's and reads the system store"
            ));
            return None;
        }
        look.note(format!("pip {version} (`{folder}`) brings a list of its own and does not read the system store: `export PIP_CERT=/etc/ssl/certs/ca-certificates.crt` makes it do so"));
        let mut own = look.own(
            &super::default_of("the list that pip brings", ""),
            &bundle,
            false,
        )?;
        own.label = format!("the list of pip {version} (`{}`)", bundle.display());
        Some(own)
    }
}

/// Most important first.
fn files(look: &Look<'_>) -> Vec<PathBuf> {
    let variable = |name| {
        look.context
            .variable(name)
            .filter(|value| !value.is_empty())
    };
    let mut files = Vec::new();
    files.extend(variable("PIP_CONFIG_FILE").map(PathBuf::from));
    files.extend(variable("VIRTUAL_ENV").map(|folder| Path::new(folder).join("pip.conf")));
    files.extend(match variable("XDG_CONFIG_HOME") {
        Some(folder) => Some(Path::new(folder).join("pip/pip.conf")),
        None => look.home(".config/pip/pip.conf"),
    });
    files.extend(look.home(".pip/pip.conf"));
    files.extend(["/etc/pip.conf", "/etc/xdg/pip/pip.conf"].map(PathBuf::from));
    files
}

/// `PIP_NAME`, or the key in `[global]`, `[install]` or `[download]`.
fn option(look: &Look<'_>, name: &str) -> Option<Found> {
    let variable = format!("PIP_{}", name.to_uppercase().replace('-', "_"));
    look.variable(&variable)
        .filter(|found| !found.value.is_empty())
        .or_else(|| {
            let sections = ["global", "install", "download"];
            look.setting(&|setting| sections.iter().any(|section| setting.is(&[section, name])))
        })
}

/// The file that pip is told to read instead of a store.
fn told(look: &mut Look<'_>) -> Option<Found> {
    let told = option(look, "cert")
        .or_else(|| look.variable("REQUESTS_CA_BUNDLE"))
        .or_else(|| look.variable("CURL_CA_BUNDLE"))
        .filter(|found| !found.value.is_empty())?;
    look.effective(&told);
    Some(told)
}
