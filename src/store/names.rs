//! The names of stores, as `add --to` and `stores` in files take them. Pure.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A store, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreName {
    /// The system's store, which every certificate goes to.
    System,
    /// Browsers and Java's keystores as far as they are installed, and the environment of logins.
    All,
    /// Firefox and the Chromium family.
    Browsers,
    /// The keystores of JDKs in folders of the system.
    Java,
    /// Firefox and Thunderbird, for every user, by policy.
    Firefox,
    /// The Chromium family, for every user, by policy.
    Chromium,
    /// The environment of logins: Node.js, Python's requests and others then read the system's bundle.
    Env,
    /// One JDK or its keystore.
    Keystore(PathBuf),
    /// The databases of NSS of one user.
    Nss(String),
    /// One registry, for Docker.
    Docker(String),
    /// One registry, for podman, buildah and skopeo.
    Containers(String),
}

impl StoreName {
    /// The forms of a name, for messages and completions.
    pub const FORMS: [&str; 11] = [
        "system",
        "all",
        "browsers",
        "java",
        "firefox",
        "chromium",
        "env",
        "java:PATH",
        "nss:USER",
        "docker:HOST[:PORT]",
        "containers:HOST[:PORT]",
    ];

    /// The single stores that a name means.
    pub fn parts(&self) -> Vec<StoreName> {
        let browsers = [StoreName::Firefox, StoreName::Chromium];
        match self {
            StoreName::System => Vec::new(),
            StoreName::Browsers => browsers.to_vec(),
            StoreName::All => {
                let mut all = browsers.to_vec();
                all.extend([StoreName::Java, StoreName::Env]);
                all
            }
            one => vec![one.clone()],
        }
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreName::System => f.write_str("system"),
            StoreName::All => f.write_str("all"),
            StoreName::Browsers => f.write_str("browsers"),
            StoreName::Java => f.write_str("java"),
            StoreName::Firefox => f.write_str("firefox"),
            StoreName::Chromium => f.write_str("chromium"),
            StoreName::Env => f.write_str("env"),
            StoreName::Keystore(path) => write!(f, "java:{}", path.display()),
            StoreName::Nss(user) => write!(f, "nss:{user}"),
            StoreName::Docker(host) => write!(f, "docker:{host}"),
            StoreName::Containers(host) => write!(f, "containers:{host}"),
        }
    }
}

impl FromStr for StoreName {
    type Err = String;

    fn from_str(text: &str) -> Result<StoreName, String> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        Ok(match (name, argument) {
            ("system", None) => StoreName::System,
            ("all", None) => StoreName::All,
            ("browsers", None) => StoreName::Browsers,
            ("java", None) => StoreName::Java,
            ("firefox", None) => StoreName::Firefox,
            ("chromium", None) => StoreName::Chromium,
            ("env", None) => StoreName::Env,
            ("java", Some(path)) if is_plain_path(path) => StoreName::Keystore(path.into()),
            ("nss", Some(user)) if !user.is_empty() => StoreName::Nss(user.to_string()),
            ("docker", Some(host)) if is_registry(host) => StoreName::Docker(host.to_string()),
            ("containers", Some(host)) if is_registry(host) => {
                StoreName::Containers(host.to_string())
            }
            _ => return Err(format!("it can be one of: {}", StoreName::FORMS.join(", "))),
        })
    }
}

fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && Path::new(path)
            .components()
            .all(|part| part.as_os_str() != "..")
}

/// A host with a port or without, as the folders of `certs.d` are called.
fn is_registry(host: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    !host.is_empty() && !host.starts_with('.') && host.len() <= 255 && host.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_others_refused() {
        for form in StoreName::FORMS {
            let text = form.replace("PATH", "/opt/jdk").replace("[:PORT]", ":5000");
            assert_eq!(text.parse::<StoreName>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "java:opt",
            "java:/opt/../etc",
            "docker:",
            "docker:..",
            "docker:a/b",
            "nss:",
            "env:x",
        ] {
            assert!(text.parse::<StoreName>().is_err(), "{text}");
        }
        assert_eq!(StoreName::All.parts().len(), 4);
    }
}
