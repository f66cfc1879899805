//! Goes through one file block by block, so that a bundle of any length needs little more memory than itself.

use std::collections::HashMap;

use super::known::{Known, signed};
use super::{
    Answer, CertificateReport, FileReport, IssuerPlace, LISTED, ReaderReport, Remark, Row,
};
use crate::cert::judge::{self, Verdict, Weight};
use crate::cert::readers as programs;
use crate::cert::{
    self, Block, BlockKind, Certificate, Characters, Encoding, Fingerprint, Item, Problem,
    SelfSigned, Source,
};
use crate::commands::Context;
use crate::commands::anchor::AsAnchor;
use crate::commands::facts::Facts;
use crate::commands::input::Input;
use crate::programs::Release;
use crate::store::inventory::BUNDLE_LIMIT;

/// Larger files are not read once more for each program.
const READ_AGAIN: usize = 16 << 20;

/// What there is to say about one file.
pub(super) fn check(
    input: &Input,
    known: &Known,
    releases: &[Release],
    context: &Context,
) -> FileReport {
    match input.read(BUNDLE_LIMIT) {
        Ok(bytes) => Reader::new(input, known, releases, context).read(&bytes),
        Err(error) => FileReport::unread(input.name.clone(), error.to_string()),
    }
}

/// Goes through one file; keeps only what the report needs.
struct Reader<'a> {
    input: &'a Input,
    known: &'a Known,
    /// The programs that judge it as an anchor.
    releases: &'a [Release],
    context: &'a Context,
    report: FileReport,
    kept: Vec<(usize, Certificate)>,
    /// What was found of certificates that are only counted; large bundles have the same ones many times.
    counted: HashMap<Fingerprint, Vec<Counted>>,
    seen: Seen,
}

/// A verdict as far as it is counted.
type Counted = (Weight, &'static str);

/// What the rows of the format table need to know.
#[derive(Default)]
struct Seen {
    block: bool,
    broken_markers: bool,
    broken_der: bool,
    private_key: bool,
    pkcs7: bool,
    request: bool,
    worst: Option<Weight>,
}

impl<'a> Reader<'a> {
    fn new(
        input: &'a Input,
        known: &'a Known,
        releases: &'a [Release],
        context: &'a Context,
    ) -> Self {
        let report = FileReport {
            unread: None,
            ..FileReport::unread(input.name.clone(), String::new())
        };
        Self {
            input,
            known,
            releases,
            context,
            report,
            kept: Vec::new(),
            counted: HashMap::new(),
            seen: Seen::default(),
        }
    }

    fn read(mut self, bytes: &[u8]) -> FileReport {
        let source = Source::new(bytes);
        self.report.encoding = Some(source.encoding());
        self.report.characters = Some(source.characters());
        self.report.bytes = bytes.len();
        self.report.carriage_returns = source.has_cr();
        self.report.final_newline = source.ends_with_newline();
        for item in source.items() {
            match item {
                Item::Block(block) => self.block(&block),
                Item::Problem(problem) => self.problem(&problem),
            }
        }
        let meant = !self.input.from_folder || self.input.is_named_as_certificate();
        if !meant && !self.seen.block {
            self.report.answer = Answer::Skipped;
            return self.report;
        }
        self.limits(bytes.len() as u64);
        self.issuers();
        self.report.format = self.format(&source);
        self.report.answer = self.answer(&source);
        self.report.readers = readers(bytes);
        self.report
    }

    fn problem(&mut self, problem: &Problem) {
        self.seen.broken_markers |= !problem.is_note();
        match judge::problem(problem) {
            Some(verdict) => self.verdict(verdict),
            None => self.remark(problem),
        }
    }

    fn remark(&mut self, problem: &Problem) {
        if self.report.remarks.len() < LISTED {
            let message = problem.message().to_owned();
            self.report.remarks.push(Remark {
                code: problem.code,
                line: problem.line,
                message,
            });
        }
    }

    fn verdict(&mut self, verdict: Verdict) {
        self.weigh(verdict.weight);
        if self.report.verdicts.len() < LISTED {
            self.report.verdicts.push(verdict);
        } else {
            self.count(verdict.rule.id());
        }
    }

    fn weigh(&mut self, weight: Weight) {
        self.seen.worst = Some(self.seen.worst.map_or(weight, |worst| worst.min(weight)));
    }

    fn count(&mut self, rule: &'static str) {
        *self.report.unlisted.entry(rule).or_default() += 1;
    }

    fn block(&mut self, block: &Block) {
        self.seen.block = true;
        for problem in block.problems.iter().filter(|problem| problem.is_note()) {
            self.remark(problem);
        }
        self.seen.broken_markers |= block.problems.iter().any(|problem| !problem.is_note());
        self.seen.broken_der |= block.certificates.iter().any(Result::is_err);
        self.seen.pkcs7 |= block.kind == BlockKind::Pkcs7;
        self.seen.request |= block.kind == BlockKind::Csr;
        self.seen.private_key |= block.kind == BlockKind::PrivateKey;
        for verdict in judge::block(block) {
            self.verdict(verdict);
        }
        for certificate in block.certificates.iter().flatten() {
            self.certificate(block.line, certificate);
        }
    }

    fn certificate(&mut self, line: usize, certificate: &Certificate) {
        self.report.certificate_count += 1;
        if self.report.certificates.len() >= LISTED {
            return self.count_certificate(certificate);
        }
        let verdicts = judge::certificate(certificate, self.context.now);
        for verdict in &verdicts {
            self.weigh(verdict.weight);
        }
        self.kept.push((line, certificate.clone()));
        self.report.certificates.push(CertificateReport {
            line,
            facts: Facts::of(certificate),
            days_left: self.context.now.days_until(certificate.not_after()),
            issuer_place: IssuerPlace::Missing,
            as_anchor: AsAnchor::of(certificate, self.context.now, self.releases),
            in_store: self.known.holders(certificate),
            verdicts,
        });
    }

    fn count_certificate(&mut self, certificate: &Certificate) {
        let now = self.context.now;
        let judged = self.counted.entry(certificate.sha256()).or_insert_with(|| {
            let verdicts = judge::certificate(certificate, now).into_iter();
            verdicts.map(|one| (one.weight, one.rule.id())).collect()
        });
        for (weight, rule) in judged.clone() {
            self.weigh(weight);
            self.count(rule);
        }
    }

    fn limits(&mut self, bytes: u64) {
        let limits = &self.context.config.limits;
        if bytes > limits.file_bytes {
            self.verdict(judge::too_large(bytes, limits.file_bytes));
        }
        let count = self.report.certificate_count;
        if count > limits.certificates_per_file {
            self.verdict(judge::too_many(count, limits.certificates_per_file));
        }
        if count == 0 && self.seen.worst.is_none_or(|worst| worst == Weight::Note) {
            self.verdict(judge::nothing(self.seen.request));
        }
    }

    /// Looks the issuers up once the whole file is known.
    fn issuers(&mut self) {
        let mut by_subject: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (index, (_, certificate)) in self.kept.iter().enumerate() {
            by_subject
                .entry(certificate.subject().canonical())
                .or_default()
                .push(index);
        }
        for ((_, certificate), report) in self.kept.iter().zip(&mut self.report.certificates) {
            let in_file = || {
                let candidates = by_subject.get(&certificate.issuer().canonical())?;
                let mut candidates = candidates.iter().filter_map(|&index| self.kept.get(index));
                let (line, issuer) = candidates
                    .find(|(_, issuer)| issuer != certificate && signed(certificate, issuer))?;
                Some(IssuerPlace::File {
                    sha256: issuer.sha256(),
                    line: *line,
                })
            };
            report.issuer_place = match certificate.self_signed() {
                SelfSigned::Yes => IssuerPlace::Itself,
                _ => in_file()
                    .or_else(|| self.known.issuer_of(certificate))
                    .unwrap_or(IssuerPlace::Missing),
            };
        }
    }

    fn answer(&self, source: &Source<'_>) -> Answer {
        let as_it_is = matches!(
            (source.encoding(), source.characters()),
            (Encoding::Pem, Characters::Utf8 | Characters::Utf8Bom)
        );
        if self.report.certificate_count == 0 {
            return Answer::Unreadable;
        }
        match self.seen.worst {
            Some(Weight::Refused) => Answer::Refused,
            Some(Weight::RefusedUnlessAllowed) => Answer::RefusedUnlessAllowed,
            _ if self.seen.pkcs7 || !as_it_is => Answer::AddableConverted,
            _ => Answer::Addable,
        }
    }

    fn row(demand: &'static str, fault: Option<String>, converted: bool) -> Row {
        Row {
            demand,
            ok: fault.is_none(),
            converted: converted && fault.is_some(),
            detail: fault,
        }
    }

    /// The article's demands (extension, PEM, markers), and those that the store adds to them.
    fn format(&self, source: &Source<'_>) -> Vec<Row> {
        let extension =
            (self.input.extension() != Some("crt")).then(|| match self.input.extension() {
                Some(found) => format!("it ends in `.{found}`"),
                None => "it has no extension".to_owned(),
            });
        let markers = (self.seen.broken_markers || source.encoding() != Encoding::Pem)
            .then(|| "missing or broken".to_owned());
        let single = match self.report.certificate_count {
            1 => None,
            count => Some(format!("{count} readable certificates")),
        };
        let der = (self.seen.broken_der || self.report.certificate_count == 0)
            .then(|| "not readable to the last byte".to_owned());
        let private_key = self.seen.private_key.then(|| "contains one".to_owned());
        let converted = self.seen.pkcs7
            || matches!(source.encoding(), Encoding::Der | Encoding::SerializedStore);
        let several = self.report.certificate_count > 1;
        vec![
            Self::row("file name ends in `.crt`", extension, true),
            Self::row(
                "PEM, that is Base64 text",
                not_pem(source),
                self.report.certificate_count > 0,
            ),
            Self::row(
                "`BEGIN CERTIFICATE` and `END CERTIFICATE` markers",
                markers,
                converted,
            ),
            Self::row("exactly one certificate", single, several),
            Self::row("certificates in DER without trailing bytes", der, false),
            Self::row("no private key", private_key, false),
        ]
    }
}

/// What each program finds in a file as it is.
fn readers(bytes: &[u8]) -> Option<Vec<ReaderReport>> {
    if bytes.len() > READ_AGAIN {
        return None;
    }
    let alike = cert::read(bytes).is_plain(bytes);
    let all = programs::Reader::ALL.into_iter().filter(|_| !alike);
    Some(all.map(|reader| ReaderReport::of(reader, bytes)).collect())
}

/// How a file is not plain PEM.
fn not_pem(source: &Source<'_>) -> Option<String> {
    let what = match (source.encoding(), source.characters()) {
        (Encoding::Pem, Characters::Utf8) => return None,
        (Encoding::Pem, Characters::Utf8Bom) => "a byte order mark stands before the text",
        (Encoding::Pem, Characters::Utf16Le | Characters::Utf16Be) => "the text is UTF-16",
        (Encoding::Der, _) => "binary (DER)",
        (Encoding::Pkcs7Der, _) => "binary (PKCS#7)",
        (Encoding::SerializedStore, _) => "a serialized store of Windows",
        (Encoding::Pkcs12, _) => "PKCS#12",
        (Encoding::JavaKeystore, _) => "a Java keystore",
        (Encoding::Empty, _) => "empty",
        (Encoding::Unknown, _) => "something else",
    };
    Some(what.to_owned())
}
