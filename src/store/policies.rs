//! Policies of browsers, as the browsers read them: files of JSON in, certificates and switches out. Pure.

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonc_parser::ast::Value as Ast;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

use crate::cert::Fingerprint;

/// A file of policies larger than this is not read.
pub const LIMIT: u64 = 4 << 20;

/// What the policies of a Chromium say about trust. Measured with Chromium 156: every file of the folder counts,
/// whatever its ending; of a policy in several files the last by name counts, and managed before recommended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chromium {
    /// `CACertificates`: further anchors.
    pub trusted: Option<(PathBuf, BTreeSet<Fingerprint>)>,
    /// `CADistrustedCertificates`: not trusted whatever else says so.
    pub distrusted: Option<(PathBuf, BTreeSet<Fingerprint>)>,
    /// `CAPlatformIntegrationEnabled`: whether databases of NSS are read.
    pub platform: Option<(PathBuf, bool)>,
    /// Files that cannot be read as JSON: Chromium takes nothing from them.
    pub broken: Vec<PathBuf>,
}

/// Chromium's JSON: comments and a comma behind the last element are let pass (measured).
const LENIENT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

impl Chromium {
    /// Takes up one more file: recommended ones before managed ones, each in order of their names.
    pub fn add(&mut self, path: PathBuf, text: &str) {
        let text = text.trim_start_matches('\u{feff}');
        let parsed = parse_to_ast(text, &CollectOptions::default(), &LENIENT);
        let Some(Ast::Object(policies)) = parsed.ok().and_then(|parsed| parsed.value) else {
            self.broken.push(path);
            return;
        };
        let value = |name: &str| policies.get(name).map(|property| &property.value);
        if let Some(Ast::Array(all)) = value("CACertificates") {
            self.trusted = Some((path.clone(), certificates(&all.elements)));
        }
        if let Some(Ast::Array(all)) = value("CADistrustedCertificates") {
            self.distrusted = Some((path.clone(), certificates(&all.elements)));
        }
        if let Some(Ast::BooleanLit(enabled)) = value("CAPlatformIntegrationEnabled") {
            self.platform = Some((path, enabled.value));
        }
    }
}

/// What is no certificate is left out, and the rest counts (measured).
fn certificates(entries: &[Ast<'_>]) -> BTreeSet<Fingerprint> {
    let text = |entry: &Ast<'_>| match entry {
        Ast::StringLit(text) => der(&text.value),
        _ => None,
    };
    entries.iter().filter_map(text).collect()
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
    fn chromium_takes_base64_of_der_only_and_the_last_file() {
        let ca = DER.trim();
        let of = |files: &[String]| {
            let mut policies = Chromium::default();
            for (number, text) in files.iter().enumerate() {
                policies.add(format!("/m/{number}.json").into(), text);
            }
            policies
        };
        let count = |files: &[String]| of(files).trusted.map_or(0, |(_, all)| all.len());
        let with = format!("{{\"CACertificates\": [\"{ca}\"]}}");
        assert_eq!(count(std::slice::from_ref(&with)), 1);
        let odd = [
            format!("// why\n{with}"),
            format!("\u{feff}{with}"),
            format!("{{\"CACertificates\": [\"{ca}\", 1, \"junk\",],}}"),
        ];
        for text in odd {
            assert_eq!(count(std::slice::from_ref(&text)), 1, "{text}");
        }
        let pem = format!("-----BEGIN CERTIFICATE-----\\n{ca}\\n-----END CERTIFICATE-----");
        assert_eq!(count(&[format!("{{\"CACertificates\": [\"{pem}\"]}}")]), 0);
        let none = "{\"CACertificates\": []}".to_string();
        assert_eq!(count(&[with.clone(), none.clone()]), 0);
        assert_eq!(count(&[none, with.clone()]), 1);
        let off = "{\"CAPlatformIntegrationEnabled\": false}".to_string();
        let both = of(&[with, off, "{".to_string()]);
        assert_eq!(both.platform.map(|(_, enabled)| enabled), Some(false));
        assert_eq!(both.broken.len(), 1);
        assert!(both.trusted.is_some());
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
