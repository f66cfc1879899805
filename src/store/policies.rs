//! Policies of browsers, as the browsers read them: files of JSON in, certificates and switches out; and the same
//! files with a certificate more or less. Pure.

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonc_parser::ast::Value as Ast;
use jsonc_parser::cst::{CstInputValue, CstRootNode};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Map, Value, json};

use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};

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

/// The text of the policy file that trustctl keeps for a browser of the Chromium family, with these certificates more
/// and those less; every other key stays. `None` where nothing is left in it, so that the file goes.
///
/// # Errors
/// A file that is not an object of JSON is left alone: what was put there is not known.
pub fn chromium_with(
    text: &str,
    add: &[&Certificate],
    remove: &BTreeSet<Fingerprint>,
) -> Result<Option<String>> {
    let mut policies: Map<String, Value> = match text.trim().is_empty() {
        true => Map::new(),
        false => serde_json::from_str(text).map_err(|error| {
            Error::new(format!("it is not valid JSON: {error}")).kind(ErrorKind::Refused)
        })?,
    };
    let known = policies.get("CACertificates").and_then(Value::as_array);
    let mut all: Vec<Vec<u8>> = known
        .into_iter()
        .flatten()
        .filter_map(|entry| STANDARD.decode(entry.as_str()?).ok())
        .filter(|der| !remove.contains(&Fingerprint::of(der)))
        .collect();
    for certificate in add {
        if !all.iter().any(|der| der == certificate.der()) {
            all.push(certificate.der().to_vec());
        }
    }
    let all: Vec<String> = all.iter().map(|der| STANDARD.encode(der)).collect();
    match all.is_empty() {
        true => drop(policies.remove("CACertificates")),
        false => drop(policies.insert("CACertificates".to_string(), json!(all))),
    }
    if policies.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_string_pretty(&policies)
        .map_err(|error| Error::new(format!("it cannot be written as JSON: {error}")))?;
    Ok(Some(text + "\n"))
}

/// A `policies.json` with these entries of `Certificates.Install` more and those less; every other key stays as it is
/// written. `None` where nothing is left in it.
///
/// # Errors
/// What Firefox cannot read is not written to: it takes no policy from such a file, and says so nowhere.
pub fn mozilla_with(
    text: &str,
    add: &[String],
    remove: &BTreeSet<String>,
) -> Result<Option<String>> {
    let strict = match text.trim().is_empty() {
        true => Ok(json!({})),
        false => serde_json::from_str::<Value>(text),
    };
    let strict = strict.map_err(|error| {
        Error::new(format!("it is not valid JSON: {error}")).kind(ErrorKind::Refused)
    })?;
    let wrong = |what: &str| {
        Error::new(format!("{what}, so that no policy counts")).kind(ErrorKind::Refused)
    };
    for (at, is_right) in [
        ("", strict.is_object()),
        (
            "/policies",
            strict.pointer("/policies").is_none_or(Value::is_object),
        ),
        (
            "/policies/Certificates",
            strict
                .pointer("/policies/Certificates")
                .is_none_or(Value::is_object),
        ),
        (
            "/policies/Certificates/Install",
            strict
                .pointer("/policies/Certificates/Install")
                .is_none_or(Value::is_array),
        ),
    ] {
        if !is_right {
            return Err(wrong(&format!(
                "`{at}` is of another type than the browser expects"
            )));
        }
    }
    let source = if text.trim().is_empty() {
        "{\n}\n"
    } else {
        text
    };
    let root = CstRootNode::parse(source, &ParseOptions::default())
        .map_err(|error| wrong(&error.to_string()))?;
    let top = root.object_value_or_set();
    let policies = top.object_value_or_set("policies");
    let certificates = policies.object_value_or_set("Certificates");
    let install = certificates.array_value_or_set("Install");
    let mut there = BTreeSet::new();
    for element in install.elements() {
        let entry = element
            .as_string_lit()
            .and_then(|text| text.decoded_value().ok());
        match entry {
            Some(entry) if remove.contains(&entry) => element.remove(),
            Some(entry) => drop(there.insert(entry)),
            None => {}
        }
    }
    for entry in add.iter().filter(|entry| !there.contains(*entry)) {
        install.append(CstInputValue::String(entry.clone()));
    }
    // Nothing stays behind of what was put there only for this.
    if install.elements().is_empty() {
        let parents = [
            ("Install", &certificates),
            ("Certificates", &policies),
            ("policies", &top),
        ];
        for (name, object) in parents {
            let empty = match object.get(name).and_then(|property| property.value()) {
                Some(value) => value.children_exclude_trivia_and_tokens().is_empty(),
                None => true,
            };
            if let Some(property) = object.get(name).filter(|_| empty) {
                property.remove();
            }
        }
        if top.properties().is_empty() {
            return Ok(None);
        }
    }
    Ok(Some(root.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_and_goes_and_every_other_byte_stays() {
        let text = "{\n  \"policies\": {\n    \"DisableTelemetry\":true,\n    \"Certificates\": {\"ImportEnterpriseRoots\": true}\n  }\n}\n";
        let entry = ["/usr/local/share/ca-certificates/a.crt".to_string()];
        let with = mozilla_with(text, &entry, &BTreeSet::new())
            .unwrap()
            .unwrap();
        assert_eq!(mozilla(&with).unwrap().install, entry);
        assert!(with.contains("\"DisableTelemetry\":true"), "{with}");
        assert_eq!(
            mozilla_with(&with, &entry, &BTreeSet::new())
                .unwrap()
                .unwrap(),
            with
        );
        let gone = BTreeSet::from(entry.clone());
        let without = mozilla_with(&with, &[], &gone).unwrap().unwrap();
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(&without), value(text));
        let new = mozilla_with("", &entry, &BTreeSet::new()).unwrap().unwrap();
        assert_eq!(mozilla(&new).unwrap().install, entry);
        assert_eq!(mozilla_with(&new, &[], &gone).unwrap(), None);
    }

    #[test]
    fn what_firefox_cannot_read_is_refused() {
        let entry = ["/a.crt".to_string()];
        for text in [
            "{\"policies\": {},}",
            "[]",
            "{\"policies\": []}",
            "{\"policies\": {\"Certificates\": {\"Install\": \"/b\"}}}",
        ] {
            assert!(
                mozilla_with(text, &entry, &BTreeSet::new()).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn our_policy_file_of_chromium_holds_what_was_put_there() {
        let der = STANDARD.decode(DER.trim()).unwrap();
        let certificate = Certificate::from_der(&der).unwrap();
        let with = |text: &str, add: &[&Certificate], remove: &BTreeSet<Fingerprint>| {
            chromium_with(text, add, remove).unwrap()
        };
        let none = BTreeSet::new();
        let text = with("", &[&certificate], &none).unwrap();
        let mut policies = Chromium::default();
        policies.add("/m.json".into(), &text);
        assert!(policies.trusted.unwrap().1.contains(&certificate.sha256()));
        assert_eq!(with(&text, &[&certificate], &none).unwrap(), text);
        let gone = BTreeSet::from([certificate.sha256()]);
        assert_eq!(with(&text, &[], &gone), None);
        // What somebody else wrote into the file stays there.
        let more = text.replace('{', "{ \"HomepageLocation\": \"https://corp.test\",");
        let left = with(&more, &[], &gone).unwrap();
        assert!(
            left.contains("HomepageLocation") && !left.contains("CACertificates"),
            "{left}"
        );
        for text in ["{", "[]", "{},"] {
            assert!(
                chromium_with(text, &[&certificate], &none).is_err(),
                "{text}"
            );
        }
    }

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
