//! Policies of browsers, as the browsers read them: files of JSON in, certificates and switches out. Pure.

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cert::Fingerprint;

/// A file of policies larger than this is not read.
pub const LIMIT: u64 = 4 << 20;

/// What the policies of a Chromium say about trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chromium {
    /// `CACertificates`: further anchors.
    pub trusted: BTreeSet<Fingerprint>,
    /// `CADistrustedCertificates`: not trusted whatever else says so.
    pub distrusted: BTreeSet<Fingerprint>,
    /// `CAPlatformIntegrationEnabled` is false, and in which file: databases of NSS are not read.
    pub without_platform: Option<PathBuf>,
    /// The files, each with the names of the policies about trust in it.
    pub files: Vec<(PathBuf, Vec<&'static str>)>,
    /// Files that cannot be read as JSON: Chromium takes nothing from them.
    pub broken: Vec<PathBuf>,
    /// Entries that are no Base64 of a certificate in DER, by file: Chromium leaves them out without a word.
    pub unusable: Vec<(PathBuf, &'static str)>,
}

const NAMES: [&str; 3] = [
    "CACertificates",
    "CADistrustedCertificates",
    "CAPlatformIntegrationEnabled",
];

impl Chromium {
    /// Takes up one more file.
    pub fn add(&mut self, path: PathBuf, text: &str) {
        let Ok(Value::Object(policies)) = serde_json::from_str(text) else {
            self.broken.push(path);
            return;
        };
        let named: Vec<&'static str> = NAMES
            .into_iter()
            .filter(|name| policies.contains_key(*name))
            .collect();
        for (name, trusted) in [(NAMES[0], true), (NAMES[1], false)] {
            for entry in policies
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                match entry.as_str().and_then(der) {
                    Some(sha256) if trusted => self.trusted.insert(sha256),
                    Some(sha256) => self.distrusted.insert(sha256),
                    None => {
                        self.unusable.push((path.clone(), name));
                        false
                    }
                };
            }
        }
        if policies.get(NAMES[2]) == Some(&Value::Bool(false)) {
            self.without_platform = Some(path.clone());
        }
        if !named.is_empty() {
            self.files.push((path, named));
        }
    }

    /// A policy that stands in more than one file: only one of them counts, and which is not defined.
    pub fn twice(&self) -> Option<(&'static str, Vec<&PathBuf>)> {
        NAMES.into_iter().find_map(|name| {
            let with = self.files.iter().filter(|(_, names)| names.contains(&name));
            let files: Vec<&PathBuf> = with.map(|(path, _)| path).collect();
            (files.len() > 1).then_some((name, files))
        })
    }
}

/// Base64 of DER, and nothing else: PEM fails.
fn der(text: &str) -> Option<Fingerprint> {
    let bytes = STANDARD.decode(text).ok()?;
    crate::cert::Certificate::from_der(&bytes).ok()?;
    Some(Fingerprint::of(&bytes))
}

/// What the policies of a Firefox or Thunderbird say about trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mozilla {
    /// `Certificates.Install`: files, absolute or by name.
    pub install: Vec<String>,
    /// Libraries that `SecurityDevices` adds.
    pub libraries: Vec<String>,
}

/// Reads a `policies.json`; what is no JSON says nothing (Firefox shows no message).
pub fn mozilla(text: &str) -> Option<Mozilla> {
    let document: Value = serde_json::from_str(text).ok()?;
    let policies = document.get("policies")?;
    let strings = |value: &Value| -> Vec<String> {
        let all = value.as_array().into_iter().flatten();
        all.filter_map(|entry| entry.as_str().map(str::to_string))
            .collect()
    };
    let install = policies.pointer("/Certificates/Install");
    let devices = policies.get("SecurityDevices").and_then(Value::as_object);
    // Either `{"name": "path"}` or `{"Add": {"name": "path"}}`.
    let added = devices
        .and_then(|devices| devices.get("Add"))
        .and_then(Value::as_object);
    let libraries = devices
        .into_iter()
        .chain(added)
        .flat_map(|map| map.values());
    Some(Mozilla {
        install: install.map(strings).unwrap_or_default(),
        libraries: libraries
            .filter_map(|path| path.as_str().map(str::to_string))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &str = include_str!("policies/ca.b64");

    #[test]
    fn chromium_takes_base64_of_der_only() {
        let ca = DER.trim();
        let mut policies = Chromium::default();
        policies.add(
            "/m/a.json".into(),
            &format!("{{\"CACertificates\": [\"{ca}\"]}}"),
        );
        assert_eq!(policies.trusted.len(), 1);
        let pem = format!("-----BEGIN CERTIFICATE-----\\n{ca}\\n-----END CERTIFICATE-----");
        policies.add(
            "/m/b.json".into(),
            &format!(
                "{{\"CADistrustedCertificates\": [\"{pem}\", 1, \"{ca}\"], \"CACertificates\": []}}"
            ),
        );
        assert_eq!(policies.distrusted.len(), 1);
        assert_eq!(policies.unusable.len(), 2);
        assert_eq!(policies.twice().unwrap().1.len(), 2);
        policies.add(
            "/m/c.json".into(),
            "{\"CAPlatformIntegrationEnabled\": false,}",
        );
        assert_eq!(policies.without_platform, None);
        assert_eq!(policies.broken, [PathBuf::from("/m/c.json")]);
        policies.add(
            "/m/d.json".into(),
            "{\"CAPlatformIntegrationEnabled\": false}",
        );
        assert!(policies.without_platform.is_some());
    }

    #[test]
    fn firefox_knows_devices_in_two_forms() {
        let read = |devices: &str| {
            let text = format!("{{\"policies\": {{\"SecurityDevices\": {devices}}}}}");
            mozilla(&text).unwrap().libraries
        };
        assert_eq!(read("{\"p11\": \"/a.so\"}"), ["/a.so"]);
        assert_eq!(read("{\"Add\": {\"p11\": \"/a.so\"}}"), ["/a.so"]);
        let install = "{\"policies\": {\"Certificates\": {\"Install\": [\"a.crt\", \"/b.crt\"], \"ImportEnterpriseRoots\": true}}}";
        assert_eq!(mozilla(install).unwrap().install, ["a.crt", "/b.crt"]);
        assert_eq!(mozilla("{\"policies\": {},}"), None);
        assert_eq!(mozilla("{}"), None);
    }
}
