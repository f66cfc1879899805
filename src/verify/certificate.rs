//! Checks on one certificate in its place, apart from the path around it.

use super::constraints::{Constraints, is_host, mailbox, well_formed};
use super::der::{self, Malformed};
use super::extensions::Extension;
use super::fault::{Code, Faults, Role};
use super::key::{Curve, Kind};
use super::names::GeneralName;
use super::options::Options;
use super::parsed::Parsed;
use super::profile::{Constraining, Who};
use super::{baseline, capability, form, habits, oids, peer, reading};
use crate::programs::{self, Answer, Library};

/// All faults of one certificate at one place of a path.
pub(crate) fn judge<'p>(
    certificate: &Parsed<'_>,
    role: Role,
    at: usize,
    options: &'p Options,
) -> Faults<'p> {
    let mut faults = Faults::new(options);
    let mut judge = Judge {
        certificate,
        role,
        at,
        options,
        faults: &mut faults,
    };
    judge.time();
    judge.structure();
    judge.critical_extensions();
    capability::check(&mut judge);
    judge.constraints();
    form::check(&mut judge);
    if options.profile.is_strict() {
        baseline::check(&mut judge);
    }
    if role == Role::Leaf {
        peer::check(&mut judge);
    }
    faults
}

/// One certificate under judgement.
pub(crate) struct Judge<'j, 'c, 'p> {
    pub(crate) certificate: &'j Parsed<'c>,
    pub(crate) role: Role,
    pub(crate) at: usize,
    pub(crate) options: &'p Options,
    pub(crate) faults: &'j mut Faults<'p>,
}

impl Judge<'_, '_, '_> {
    pub(crate) fn note(&mut self, code: Code, message: impl FnOnce() -> String) {
        self.faults.note(code, self.role, self.at, message);
    }

    /// The profile is one of these.
    pub(crate) fn is(&self, who: Who) -> bool {
        who.has(self.options.profile.who)
    }

    fn time(&mut self) {
        let (now, start, end) = (
            self.options.time,
            self.certificate.not_before,
            self.certificate.not_after,
        );
        let profile = self.options.profile;
        if now < start {
            self.note(Code::NotYetValid, || {
                format!("is not valid before {}", moment(start))
            });
        }
        let over = now > end
            || (now == end
                && (!profile.end_inclusive || (profile.fractions && self.options.fraction)));
        if over {
            self.note(Code::Expired, || format!("expired on {}", moment(end)));
        }
    }

    fn structure(&mut self) {
        let certificate = self.certificate;
        if certificate.x509.signature_algorithm != certificate.x509.tbs_certificate.signature {
            self.note(Code::AlgorithmMismatch, || {
                "names two different signature algorithms".into()
            });
        }
        if let Some(place) = certificate.extensions.repeated {
            let oid = certificate
                .x509
                .tbs_certificate
                .extensions()
                .get(place)
                .map(|found| found.oid.to_id_string());
            self.note(Code::ExtensionRepeated, || {
                format!("has extension {} more than once", oid.unwrap_or_default())
            });
        }
        let tbs = &certificate.x509.tbs_certificate;
        let version = certificate.version();
        if version < 3 && !tbs.extensions().is_empty() {
            self.note(Code::ExtensionsBeforeV3, || {
                format!("has extensions, but version {version}")
            });
        }
        if version == 1 && (tbs.issuer_uid.is_some() || tbs.subject_uid.is_some()) {
            self.note(Code::UniqueIdInV1, || {
                "has a unique identifier, but version 1".into()
            });
        }
        if let Some(Extension {
            value: Ok(policies),
            ..
        }) = &certificate.extensions.policies
            && (1..policies.len()).any(|at| policies[..at].contains(&policies[at]))
        {
            self.note(Code::PolicyRepeated, || {
                "has a certificate policy more than once".into()
            });
        }
        if let Some(name) = self.unread_by_parser() {
            self.note(Code::Unreadable, || {
                format!("has {name}, which this program can't read")
            });
        }
        self.key_is_read();
        if let Some(name) = reading::stumbles(certificate, self.role, self.options) {
            self.note(Code::ExtensionMalformed, || {
                format!("has an unreadable {name} extension")
            });
        }
        if certificate.issuer.is_empty() {
            self.note(Code::EmptyIssuer, || "has an empty issuer name".into());
        }
    }

    /// A key that the program can't read: the certificate does not exist for it, or serves no handshake.
    fn key_is_read(&mut self) {
        let key = self.certificate.key;
        let Some((library, version)) = self.options.library() else {
            return;
        };
        let read = match programs::reads(library, version, &key) {
            Answer::Can => !(matches!(key.kind, Kind::Malformed) && library == Library::Go),
            Answer::Refuses => self.role != Role::Leaf,
            Answer::CannotParse => false,
        };
        if !read {
            self.note(Code::KeyUnsupported, || {
                format!("has a key this program can't read ({})", key.describe())
            });
        }
        if self.role == Role::Leaf && !programs::offers_in_handshake(version, &key) {
            self.note(Code::NotOffered, || {
                format!(
                    "has a key for which this program offers no signature algorithm or group ({})",
                    key.describe()
                )
            });
        }
    }

    /// What a consumer's own parser stumbles over, so that the certificate doesn't exist for it.
    fn unread_by_parser(&self) -> Option<&'static str> {
        let certificate = self.certificate;
        let tbs = &certificate.x509.tbs_certificate;
        let points = certificate.extensions.relative_point;
        let (go, rustls) = (self.is(Who::GO), self.is(Who::RUSTLS));
        let anchor = self.role == Role::Anchor;
        let unique = tbs.issuer_uid.is_some() || tbs.subject_uid.is_some();
        // Of an anchor it reads no dates.
        let early = certificate.not_before < 0 && !anchor;
        let version = certificate.version();
        let mixed = version == 2 || (version == 1 && !tbs.extensions().is_empty());
        let port = |name: &GeneralName<'_>| matches!(name, GeneralName::Uri(uri) if !habits::has_sound_port(uri));
        [
            (
                version > 3
                    && self.is(Who::GO.and(Who::JAVA).and(Who::RUSTLS))
                    && !self.options.go_before(17),
                "a version that there isn't",
            ),
            (
                rustls && anchor && mixed,
                "a version that rustls does not read",
            ),
            (rustls && unique, "a unique identifier"),
            (rustls && early, "a date before 1970"),
            (
                (rustls || go) && points == Some(Err(Malformed)),
                "malformed CRL distribution points",
            ),
            (
                go && points == Some(Ok(true)),
                "a relative distribution point",
            ),
            (
                go && certificate.alt_names().iter().any(port),
                "a URI whose port is no number",
            ),
        ]
        .into_iter()
        .find_map(|(is, what)| is.then_some(what))
    }

    fn critical_extensions(&mut self) {
        let known = self.options.profile.processes;
        // Go has read them since 1.24.
        let later = [
            oids::POLICY_MAPPINGS,
            oids::POLICY_CONSTRAINTS,
            oids::INHIBIT_ANY_POLICY,
        ];
        let old = self.options.go_before(24);
        let ocsp = self.options.openssl_is_old();
        let unknown: Vec<String> = self
            .certificate
            .critical()
            .filter(|oid| {
                !known.contains(oid)
                    || (old && later.contains(oid))
                    || (ocsp && *oid == oids::OCSP_NO_CHECK)
            })
            .map(der::dotted)
            .collect();
        for oid in unknown {
            self.note(Code::CriticalExtension, || {
                format!("has the critical extension {oid}, which is not processed")
            });
        }
        self.critical_contents();
        if self.is(Who::GNUTLS) && self.has_other_constraint() {
            let message = || "has a name constraint of a kind that GnuTLS does not process".into();
            self.note(Code::ConstraintUnsupported, message);
        }
        if self.is(Who::GO) && self.go_leaves_constraint() {
            self.note(Code::CriticalExtension, || {
                "has critical name constraints of a kind that Go does not process".into()
            });
        }
    }

    /// Critical extensions that the standard's judges know, but can't process as they stand (RFC 5280 §4.2).
    fn critical_contents(&mut self) {
        fn garbage<T>(extension: Option<&Extension<T>>) -> bool {
            extension.is_some_and(|extension| extension.critical && extension.value.is_err())
        }
        if !self.options.profile.is_strict() {
            return;
        }
        let all = &self.certificate.extensions;
        for (bad, name) in [
            (garbage(all.issuer_alt_names.as_ref()), "issuerAltName"),
            (garbage(all.points.as_ref()), "cRLDistributionPoints"),
        ] {
            if bad {
                self.note(Code::CriticalExtension, || {
                    format!("has a critical {name} extension that can't be read")
                });
            }
        }
        let policies = all.policies.as_ref();
        if all.other_qualifier && policies.is_some_and(|policies| policies.critical) {
            self.note(Code::CriticalExtension, || {
                "has critical certificate policies with an unknown qualifier".into()
            });
        }
    }

    /// Go gives up on critical constraints of a kind it doesn't know, whether or not such a name appears.
    fn go_leaves_constraint(&self) -> bool {
        let known = |name: &GeneralName<'_>| {
            !matches!(
                name,
                GeneralName::Directory(_) | GeneralName::Smtp(_) | GeneralName::Other(..)
            )
        };
        matches!(&self.certificate.extensions.constraints, Some(Extension { critical: true, value: Ok(constraints) })
            if constraints.all().any(|subtree| !known(&subtree.base)))
    }

    /// Kinds it can't read at all, and exclusions of kinds it doesn't process (`check_unsupported_constraint`).
    fn has_other_constraint(&self) -> bool {
        matches!(&self.certificate.extensions.constraints, Some(Extension { value: Ok(constraints), .. })
        if constraints.all().any(|subtree| matches!(subtree.base, GeneralName::Smtp(_) | GeneralName::Other(..)))
            || (self.role != Role::Leaf && constraints.excluded.iter().any(|subtree| {
                matches!(subtree.base, GeneralName::Directory(_) | GeneralName::Uri(_))
            })))
    }

    fn constraints(&mut self) {
        let Some(extension) = &self.certificate.extensions.constraints else {
            return;
        };
        let Ok(constraints) = &extension.value else {
            return;
        };
        let who = self.options.profile.who;
        let bad = |base: &GeneralName<'_>| {
            if Who::STRICT.and(Who::RUSTLS).has(who) {
                well_formed(base).is_err()
            } else {
                habits::stops_at(base, self.options)
            }
        };
        if let Some(bad) = constraints.all().find(|subtree| bad(&subtree.base)) {
            self.note(Code::ConstraintMalformed, || {
                format!(
                    "has the malformed name constraint `{}`",
                    bad.base.describe()
                )
            });
        }
        self.constraint_form(constraints);
    }

    fn constraint_form(&mut self, constraints: &Constraints<'_>) {
        let dotted = |name: &GeneralName<'_>| matches!(name, GeneralName::Dns(text) if text.starts_with(b"."));
        if constraints.all().any(|subtree| dotted(&subtree.base)) {
            self.note(Code::ConstraintLeadingDot, || {
                "has a DNS name constraint with a leading dot".into()
            });
        }
        if constraints.all().any(|subtree| subtree.bounded) {
            self.note(Code::ConstraintBounded, || {
                "has a name constraint with minimum or maximum".into()
            });
        }
        if constraints.empty {
            self.note(Code::ConstraintsEmpty, || {
                "has name constraints without a single subtree".into()
            });
        }
    }
}

/// A point in time as RFC 3339.
pub(crate) fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_| format!("{seconds} s after 1970"),
        |time| time.to_string(),
    )
}

/// Whether an alternative name is in the syntax that RFC 5280 §4.2.1.6 wants (DNS: RFC 1034 §3.5, so no underscore).
pub(crate) fn alt_name_in_order(name: &GeneralName<'_>) -> bool {
    match name {
        GeneralName::Dns(text) => {
            let host = text.strip_prefix(b"*.").unwrap_or(text);
            is_host(host) && !text.contains(&b'_')
        }
        GeneralName::Email(text) => mailbox(text).is_some(),
        GeneralName::Ip(octets) => matches!(octets.len(), 4 | 16),
        GeneralName::Uri(text) => text.is_ascii() && text.contains(&b':'),
        GeneralName::Directory(_) | GeneralName::Smtp(_) | GeneralName::Other(..) => true,
    }
}

/// The alternative names as the profile sees them: the JDK drops the whole extension for one name in it that it can't
/// read (`GeneralName`).
pub(crate) fn seen_alt_names<'a, 'c>(
    certificate: &'a Parsed<'c>,
    options: &Options,
) -> &'a [GeneralName<'c>] {
    let profile = options.profile;
    let names = certificate.alt_names();
    // Go reads extensions in version 3 alone (measured with 1.19 and later; 1.15 in any).
    if profile.constraining == Constraining::Go
        && certificate.version() < 3
        && !options.go_before(17)
    {
        return &[];
    }
    let java = profile.constraining == Constraining::Java;
    if java && !habits::java_reads_names(certificate) {
        &[]
    } else {
        names
    }
}

/// The key is on a curve that is written out.
pub(crate) fn has_explicit_curve(certificate: &Parsed<'_>) -> bool {
    matches!(certificate.key.kind, Kind::Ec(Curve::Explicit(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_as_dates_while_there_are_any() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(i64::MAX), format!("{} s after 1970", i64::MAX));
    }
}
