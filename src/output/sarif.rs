//! An audit as SARIF 2.1.0, which code-scanning tools show.

use std::path::Path;

use serde_json::{Value, json};

use crate::commands::audit::AuditReport;
use crate::rules::{self, Finding};

/// Where findings stand that have no file of their own.
const ENVIRONMENT: &str = "/proc/self/environ";

/// The whole document.
pub(super) fn document(report: &AuditReport) -> Value {
    let rules: Vec<&rules::Rule> = rules::all().collect();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(finding, &rules))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "trustctl",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "originalUriBaseIds": { "ROOT": { "uri": "file:///" } },
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": report.time,
                "toolExecutionNotifications": report.skipped.iter().map(notification).collect::<Vec<_>>(),
            }],
            "results": results,
        }],
    })
}

fn descriptor(rule: &rules::Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.explanation },
        "help": { "text": format!("{} See {}.", rule.remedy, rule.reference) },
        "defaultConfiguration": { "level": rule.severity.name() },
        "properties": { "tags": [rule.family.name()] },
    })
}

fn notification(skip: &crate::commands::audit::Skip) -> Value {
    json!({ "level": "note", "message": { "text": format!("{}: {}", skip.rule, skip.reason) } })
}

fn result(finding: &Finding, rules: &[&rules::Rule]) -> Value {
    let subject = &finding.subject;
    let path = subject.path.as_deref().unwrap_or(Path::new(ENVIRONMENT));
    let mut location = json!({ "artifactLocation": { "uri": uri(path), "uriBaseId": "ROOT" } });
    if let Some(line) = subject.line {
        location["region"] = json!({ "startLine": line });
    }
    let mut location = json!({ "physicalLocation": location });
    if let Some(name) = subject.name.as_ref().filter(|name| !name.is_empty()) {
        location["logicalLocations"] = json!([{ "name": name }]);
    }
    json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.iter().position(|rule| rule.id == finding.rule),
        "level": finding.severity.name(),
        "message": { "text": format!("{}: {} What to do: {}.", finding.title, finding.evidence, finding.remedy) },
        "locations": [location],
        "partialFingerprints": { "subject/v1": identity(finding) },
    })
}

/// The same for the same finding on another day: no line, no evidence.
fn identity(finding: &Finding) -> String {
    let subject = &finding.subject;
    let path = subject
        .path
        .as_ref()
        .map_or_else(String::new, |path| path.display().to_string());
    let sha256 = subject
        .sha256
        .map_or_else(String::new, |sha256| sha256.to_string());
    let name = subject.name.clone().unwrap_or_default();
    crate::cert::Fingerprint::of(format!("{}\n{path}\n{sha256}\n{name}", finding.rule).as_bytes())
        .to_string()
}

/// A path as a relative URI reference (RFC 3986): everything but unreserved characters and `/` as `%XX`.
fn uri(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    let mut out = String::new();
    for byte in path
        .as_os_str()
        .as_bytes()
        .iter()
        .skip_while(|byte| **byte == b'/')
    {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(*byte));
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri(Path::new("/etc/a b/ü%.crt")), "etc/a%20b/%C3%BC%25.crt");
    }
}
