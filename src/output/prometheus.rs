//! Audit and reach in Prometheus's text format, for the textfile collector of node_exporter.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::cert::Time;
use crate::commands::audit::AuditReport;
use crate::commands::reach::ReachReport;
use crate::redact;
use crate::rules::Severity;
use crate::store::inventory::Origin;

/// What `audit` found.
pub(super) fn audit(report: &AuditReport) -> String {
    let mut out = Text::default();
    findings(&mut out, report);
    store(&mut out, report);
    certificates(&mut out, report);
    library(&mut out, report);
    changes(&mut out, report);
    data(&mut out, report);
    out.0
}

/// How many stores of each kind give each answer, and for each certificate how many lack it.
pub(super) fn reach(report: &ReachReport) -> String {
    let mut out = Text::default();
    let mut stores: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut lacking: BTreeMap<String, i64> = BTreeMap::new();
    for row in &report.rows {
        *stores
            .entry((row.kind.name(), row.verdict.name()))
            .or_default() += 1;
        *lacking.entry(row.sha256.to_string()).or_default() += i64::from(row.verdict.lacks());
    }
    let name = "trustctl_reach_stores";
    out.head(
        name,
        "Stores and programs by what they say of the certificates asked about.",
    );
    for ((kind, verdict), count) in stores {
        out.sample(name, &[("kind", kind), ("verdict", verdict)], count);
    }
    let name = "trustctl_reach_lacking";
    out.head(name, "Stores and programs that do not trust a certificate.");
    for (sha256, count) in &lacking {
        out.sample(name, &[("sha256", sha256)], *count);
    }
    let name = "trustctl_reach_timestamp_seconds";
    out.head(name, "When it was looked at.");
    out.sample(name, &[], report.time.0);
    out.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: i64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(key, value)| format!("{key}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

/// A label's value: backslash, quote and line break are escaped, other control characters dropped.
fn escaped(value: &str) -> String {
    let mut out = String::new();
    for c in redact::text(value).chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn findings(out: &mut Text, report: &AuditReport) {
    out.head(
        "trustctl_audit_timestamp_seconds",
        "When the audit was made.",
    );
    out.sample("trustctl_audit_timestamp_seconds", &[], report.time.0);
    out.head("trustctl_audit_findings", "Findings by severity.");
    for severity in Severity::ALL {
        let count = report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count();
        out.sample(
            "trustctl_audit_findings",
            &[("severity", severity.name())],
            count as i64,
        );
    }
    let mut by_rule: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for finding in &report.findings {
        *by_rule
            .entry((finding.rule, finding.severity.name()))
            .or_default() += 1;
    }
    if !by_rule.is_empty() {
        out.head(
            "trustctl_audit_rule_findings",
            "Findings by rule and severity.",
        );
    }
    for ((rule, severity), count) in by_rule {
        out.sample(
            "trustctl_audit_rule_findings",
            &[("rule", rule), ("severity", severity)],
            count,
        );
    }
    out.head(
        "trustctl_audit_accepted",
        "Findings that the configuration accepts.",
    );
    out.sample(
        "trustctl_audit_accepted",
        &[],
        report.counts.accepted as i64,
    );
    out.head(
        "trustctl_audit_skipped",
        "What could not be judged or looked at.",
    );
    out.sample("trustctl_audit_skipped", &[], report.counts.skipped as i64);
}

fn store(out: &mut Text, report: &AuditReport) {
    let store = &report.store;
    out.head(
        "trustctl_store_sources",
        "Certificate files by where they come from.",
    );
    for (origin, count) in [
        ("local", store.local),
        ("vendor", store.vendor_selected),
        ("deselected", store.vendor_deselected),
    ] {
        out.sample(
            "trustctl_store_sources",
            &[("origin", origin)],
            count as i64,
        );
    }
    out.head(
        "trustctl_store_certificates",
        "Trusted certificates by kind of reader.",
    );
    for (view, count) in [
        ("bundle", store.bundle),
        ("hash_directory", store.hash_directory),
        ("every_file", store.every_file),
    ] {
        out.sample(
            "trustctl_store_certificates",
            &[("view", view)],
            count as i64,
        );
    }
}

fn certificates(out: &mut Text, report: &AuditReport) {
    if report.certificates.is_empty() {
        return;
    }
    let name = "trustctl_certificate_expiry_timestamp_seconds";
    out.head(name, "The end of a trusted certificate's validity.");
    for validity in &report.certificates {
        let origin = match validity.origin {
            Origin::Local => "local",
            Origin::Vendor => "vendor",
            Origin::Foreign => "foreign",
        };
        let sha256 = validity.sha256.to_string();
        out.sample(
            name,
            &[
                ("sha256", &sha256),
                ("name", &validity.name),
                ("origin", origin),
            ],
            validity.not_after.0,
        );
    }
}

fn library(out: &mut Text, report: &AuditReport) {
    let Some(library) = &report.openssl else {
        return;
    };
    out.head(
        "trustctl_openssl_info",
        "The OpenSSL library that programs use; always 1.",
    );
    let upstream = library.upstream.as_deref().unwrap_or("unknown");
    let labels = [
        ("version", upstream),
        ("package", library.package.as_str()),
        ("package_version", library.version.as_str()),
    ];
    out.sample("trustctl_openssl_info", &labels, 1);
}

/// What is on record, and what changed beside it; nothing where nothing is on record.
fn changes(out: &mut Text, report: &AuditReport) {
    let Some(last) = &report.last_change else {
        return;
    };
    let name = "trustctl_last_change_timestamp_seconds";
    out.head(name, "When trustctl last changed the store.");
    out.sample(name, &[], last.time.0);
    let name = "trustctl_generation";
    out.head(name, "The number of that change.");
    out.sample(name, &[], last.generation as i64);
    let name = "trustctl_store_drift";
    let drift = report.findings.iter();
    let drift = drift.filter(|finding| finding.rule == "drift").count();
    out.head(name, "Local files that changed outside trustctl since.");
    out.sample(name, &[], drift as i64);
}

/// The days of the tables that rules rest on.
fn data(out: &mut Text, report: &AuditReport) {
    let name = "trustctl_data_timestamp_seconds";
    out.head(name, "The day of a table that rules rest on.");
    let tables = &report.tables;
    for (table, day) in [
        ("certificates", &tables.certificates),
        ("openssl", &tables.openssl),
        ("releases", &tables.releases),
    ] {
        if let Some(end) = Time::end_of_day(day.text()) {
            out.sample(name, &[("table", table)], end.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd\u{1b}"), "a\\\"b\\\\c\\nd");
    }
}
