//! `check`: one block for each file: the answer and the certificates first, then the form of the file.

use crate::cert::Encoding;
use crate::cert::judge::{Rule, Verdict, Weight};
use crate::commands::check::{
    Answer, CertificateReport, CheckReport, FileReport, IssuerPlace, Row,
};
use crate::output::page::{Page, Tone};

/// Files with more certificates than this get one line for each.
const CARDS: usize = 4;

/// Width of the labels on a card.
const LABEL: usize = 10;

pub(super) fn render(report: &CheckReport) -> Page {
    let mut page = Page::default();
    let unlimited = unlimited(report);
    for (index, file) in report.files.iter().enumerate() {
        if index > 0 {
            page.end();
        }
        render_file(&mut page, file, unlimited > 1);
    }
    if unlimited > 1 {
        let text = format!("{unlimited} of these certificates may issue for every name");
        page.end().styled(Tone::Faint, "note: ").put(text);
        page.styled(Tone::Faint, format!(" [{}]", Rule::NoNameConstraints))
            .end();
    }
    page
}

/// How many certificates may issue for every name: nearly all of a list do, and it is said once.
fn unlimited(report: &CheckReport) -> usize {
    let certificates = report.files.iter().flat_map(|file| &file.certificates);
    let is_unlimited = |certificate: &&CertificateReport| {
        let mut verdicts = certificate.verdicts.iter();
        verdicts.any(|found| found.rule == Rule::NoNameConstraints)
    };
    certificates.filter(is_unlimited).count()
}

fn render_file(page: &mut Page, file: &FileReport, said_once: bool) {
    let (tone, answer) = match file.answer {
        Answer::Skipped => (Tone::Faint, "skipped: no certificate in it"),
        Answer::Addable => (Tone::Good, "could be added"),
        Answer::AddableConverted => (
            Tone::Warning,
            "could be added by trustctl, but no program reads it as it is",
        ),
        Answer::RefusedUnlessAllowed => (Tone::Error, "would be refused unless allowed"),
        Answer::Refused => (Tone::Error, "would be refused"),
        Answer::Unreadable => (Tone::Error, "no readable certificate"),
    };
    let name = if file.path == "-" {
        "standard input"
    } else {
        &file.path
    };
    page.styled(Tone::Strong, name)
        .put(": ")
        .styled(tone, answer)
        .end();
    if let Some(reason) = &file.unread {
        page.put("  ").line(reason);
        return;
    }
    if file.answer == Answer::Skipped {
        return;
    }
    file.verdicts
        .iter()
        .for_each(|found| verdict(page, "  ", found));
    let cards = file.certificates.len() <= CARDS;
    for (index, certificate) in file.certificates.iter().enumerate() {
        if cards {
            card(page, certificate, said_once);
        } else {
            short(page, index + 1, certificate);
        }
    }
    unlisted(page, file);
    page.end();
    file.format.iter().for_each(|row| format_row(page, row));
    for remark in &file.remarks {
        let line = if remark.line > 0 {
            format!("line {}: ", remark.line)
        } else {
            String::new()
        };
        page.styled(Tone::Faint, "  note     ")
            .line(format!("{line}{}", remark.message));
    }
    programs(page, file);
}

/// Programs that do not find every certificate in a text as it is.
fn programs(page: &mut Page, file: &FileReport) {
    if file.encoding != Some(Encoding::Pem) {
        return;
    }
    let all = file.certificate_count;
    let mut said: Vec<(&str, String)> = Vec::new();
    for reader in file.readers.iter().flatten() {
        let found = reader.certificates.len();
        let says = match reader.stopped {
            _ if reader.reader.ends_with("-directory") => continue,
            Some(line) => format!("refuses the file at line {line}"),
            None if found < all => format!("finds {found} of {all} certificates in it"),
            None => continue,
        };
        match said.last_mut() {
            // OpenSSL 1.1.1 and 3 nearly always agree: one line does for both, without a release.
            Some((name, same))
                if *same == says && name.trim_end_matches(" 1.1.1") == reader.name =>
            {
                *name = reader.name;
            }
            _ => said.push((reader.name, says)),
        }
    }
    for (name, says) in said {
        page.styled(Tone::Faint, "  note     ")
            .line(format!("{name} {says}"));
    }
}

fn format_row(page: &mut Page, row: &Row) {
    let (tone, word) = if row.ok {
        (Tone::Good, "ok")
    } else {
        (Tone::Warning, "not ok")
    };
    page.put("  ")
        .styled(tone, format!("{word:<7}"))
        .put("  ")
        .put(row.demand);
    if let Some(detail) = &row.detail {
        page.put(format!(": {detail}"));
    }
    if row.converted {
        page.styled(Tone::Faint, " (`trustctl add` puts this right)");
    }
    page.end();
}

fn verdict(page: &mut Page, indent: &str, found: &Verdict) {
    let (tone, word) = match found.weight {
        Weight::Refused | Weight::RefusedUnlessAllowed => (Tone::Error, "refused"),
        Weight::Note => (Tone::Faint, "note"),
    };
    page.put(indent)
        .styled(tone, format!("{word:<7}"))
        .put("  ")
        .put(&found.message);
    page.styled(Tone::Faint, format!(" [{}]", found.rule)).end();
    if let Some(remedy) = &found.remedy {
        page.put(indent)
            .styled(Tone::Hint, "hint   ")
            .put("  ")
            .line(remedy);
    }
}

/// In binary input there are no lines: the certificates are counted.
fn short(page: &mut Page, number: usize, certificate: &CertificateReport) {
    let place = match certificate.line {
        0 => format!("certificate {number}"),
        line => format!("line {line}"),
    };
    page.put(format!("  {place}: "))
        .line(certificate.facts.certificate().subject().display());
    page.put("    SHA-256 ")
        .line(certificate.facts.certificate().sha256().to_string());
    for found in certificate
        .verdicts
        .iter()
        .filter(|found| found.is_refusal())
    {
        verdict(page, "    ", found);
    }
}

fn card(page: &mut Page, certificate: &CertificateReport, said_once: bool) {
    let facts = certificate.facts.certificate();
    page.put("  ")
        .styled(Tone::Strong, facts.subject().display())
        .end();
    let (refusals, notes): (Vec<&Verdict>, Vec<&Verdict>) = certificate
        .verdicts
        .iter()
        .partition(|found| found.is_refusal());
    for found in refusals {
        verdict(page, "  ", found);
    }
    page.field(LABEL, "issuer", issuer(certificate));
    page.field(LABEL, "valid", validity(certificate));
    page.field(
        LABEL,
        "key",
        format!(
            "{}, signed with {}",
            facts.key(),
            facts.signature_algorithm()
        ),
    );
    page.field(LABEL, "CA", authority(certificate));
    if let Some(constraints) = facts.name_constraints() {
        let list = |names: &[String]| {
            if names.is_empty() {
                "-".to_owned()
            } else {
                names.join(", ")
            }
        };
        let (permitted, excluded) = (list(&constraints.permitted), list(&constraints.excluded));
        page.field(
            LABEL,
            "names",
            format!("permitted {permitted}; excluded {excluded}"),
        );
    }
    page.field(LABEL, "SHA-256", facts.sha256().to_string());
    page.field(LABEL, "as anchor", certificate.as_anchor.sentence());
    let holders = &certificate.in_store;
    page.field(
        LABEL,
        "in store",
        if holders.is_empty() {
            "no".to_owned()
        } else {
            holders.join(", ")
        },
    );
    let said = |found: &&&Verdict| said_once && found.rule == Rule::NoNameConstraints;
    for found in notes.iter().filter(|found| !said(found)) {
        verdict(page, "  ", found);
    }
}

fn issuer(certificate: &CertificateReport) -> String {
    let issuer = certificate.facts.certificate().issuer().display();
    match &certificate.issuer_place {
        IssuerPlace::Itself => "itself (self-signed, signature verified)".to_owned(),
        IssuerPlace::File { line: 0, .. } => format!("{issuer} (in this file)"),
        IssuerPlace::File { line, .. } => format!("{issuer} (in this file, line {line})"),
        IssuerPlace::Store { path, .. } => format!("{issuer} (in the store, `{path}`)"),
        IssuerPlace::Missing => format!("{issuer} (neither in this file nor in the store)"),
    }
}

fn validity(certificate: &CertificateReport) -> String {
    let facts = certificate.facts.certificate();
    let left = match certificate.days_left {
        days if days < 0 => format!("ended {} days ago", -days),
        days => format!("{days} days left"),
    };
    format!("{} to {} ({left})", facts.not_before(), facts.not_after())
}

fn authority(certificate: &CertificateReport) -> String {
    let facts = certificate.facts.certificate();
    let answer = match facts.basic_constraints() {
        Some(found) if found.ca => "yes".to_owned(),
        Some(_) => "no".to_owned(),
        None => format!("no basicConstraints (version {})", facts.version()),
    };
    let length = facts.basic_constraints().and_then(|found| found.path_len);
    let length = length.map(|length| format!("path length {length}"));
    let uses = facts.key_usage().map(|usage| usage.uses.join(", "));
    let parts: Vec<String> = [Some(answer), length, uses].into_iter().flatten().collect();
    parts.join(", ")
}

fn unlisted(page: &mut Page, file: &FileReport) {
    let count = file
        .certificate_count
        .saturating_sub(file.certificates.len());
    if count > 0 {
        page.line(format!("  and {count} more certificates"));
    }
    for (rule, count) in &file.unlisted {
        page.line(format!("    {count} × {rule}"));
    }
}
